"""Definite integrals of many rows at once: adaptive Gauss-Kronrod, and extrapolation where an end is singular.

A range is cut into rays, each of which begins at an end of the range or at infinity. The panels of a ray halve towards
its beginning, where the distance to it keeps all its digits; what a singular beginning leaves over follows from the
sequence of the sums without it. Knows functions of arrays, and no gate.
Sources: Piessens et al., QUADPACK (1983), rule qk21 and its estimate of the error; Wynn (1956), the epsilon algorithm.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from backprop.autodiff.named_tuple import NamedTuple

Rows = np.ndarray[Any, Any]
# Of the places t (n,) and of the row (n,) that each belongs to: the values (entries, n).
Integrand = Callable[[Rows, Rows], Rows]

# The places and weights on one side of a panel's middle, the middle last; every second place is one of the 10-point
# Gauss rule.
PLACES = (
    0.995657163025808080735527280689003,
    0.973906528517171720077964012084452,
    0.930157491355708226001207180059508,
    0.865063366688984510732096688423493,
    0.780817726586416897063717578345042,
    0.679409568299024406234327365114874,
    0.562757134668604683339000099272694,
    0.433395394129247190799265943165784,
    0.294392862701460198131126603103866,
    0.148874338981631210884826001129720,
    0.0,
)
KRONROD = (
    0.011694638867371874278064396062192,
    0.032558162307964727478818972459390,
    0.054755896574351996031381300244580,
    0.075039674810919952767043140916190,
    0.093125454583697605535065465083366,
    0.109387158802297641899210590325805,
    0.123491976262065851077958109831074,
    0.134709217311473325928054001771707,
    0.142775938577060080797094273138717,
    0.147739104901338491374841515972068,
    0.149445554002916905664936468389821,
)
GAUSS = (
    0.066671344308688137593568809893332,
    0.149451349150580593145776339657697,
    0.219086362515982043995534934228163,
    0.269266719309996355091226921569469,
    0.295524224714752870173892994651338,
)
EPSILON = 2.0**-52
MOST_ROUNDS = 120  # of halving what is not known well enough
MOST_PANELS = 1500  # of a row
MOST_OCTAVES = 200  # of a ray towards its beginning: 2^-200 of 1/sqrt(t) is 1e-30
OCTAVES_A_ROUND = 16
FAR = 0.03125  # a ray's first panel nearer to its beginning than this is taken for singular
AIM = 1e-15  # the error of a panel, of the integral of the absolute value
ACCEPTED = 1e-8  # the largest estimate of the error, of that integral, with which there is a value
ROWS_AT_ONCE = 512


class Ray(NamedTuple):
    """t is origin + reach*s or, to infinity, origin + reach/s, for s from 0 to 1, counted with the sign `sign`."""

    row: Rows
    origin: Rows
    reach: Rows
    is_tail: Rows
    sign: Rows


class Panels(NamedTuple):
    """Pieces of rays between `low` and `high`: powers of two from each other where they touch a beginning."""

    ray: Rows
    low: Rows
    high: Rows


class PanelEstimate(NamedTuple):
    """Of each panel: the integral (entries, panels), its error, and the integral of the absolute value.

    `is_nowhere`: there is no number at any of its places, so that halving it tells nothing.
    """

    value: Rows
    error: Rows
    size: Rows
    is_nowhere: Rows


def integrate(function: Integrand, lower: Rows, upper: Rows, entries: int = 1) -> Rows:
    """The integrals (entries, rows) from `lower` to `upper`, which may be infinite; nan where there is none.

    nan too where no value is known to 1e-8 of the integral of the absolute value: that of 1/t from 0, or with a pole
    inside. Every row takes a bounded number of values.
    """
    parts = []
    for start in range(0, len(lower), ROWS_AT_ONCE):
        rows = np.arange(start, min(start + ROWS_AT_ONCE, len(lower)))
        with np.errstate(all="ignore"):
            parts.append(_integrate(partial(_further, function, start), lower[rows], upper[rows], entries))
    return np.concatenate(parts, axis=1)


def _further(function: Integrand, first: int, t: Rows, rows: Rows) -> Rows:
    """The function of rows that are counted from `first`."""
    return function(t, rows + first)


def _integrate(function: Integrand, lower: Rows, upper: Rows, entries: int) -> Rows:
    count = len(lower)
    rays = rays_of(lower, upper)
    cuts = np.array([0.0, 0.125, 0.25, 0.5, 1.0])
    ray = np.repeat(np.arange(len(rays.row)), 4)
    panels = Panels(ray, np.tile(cuts[:-1], len(rays.row)), np.tile(cuts[1:], len(rays.row)))
    size = np.zeros(count)
    octaves = np.zeros((entries, len(rays.row), MOST_OCTAVES + OCTAVES_A_ROUND + 8))
    errors = np.zeros(octaves.shape[1:])
    deepest = np.zeros(len(rays.row), dtype=int)  # of each ray whose beginning was given up: its last octave
    used = np.zeros(count, dtype=int)
    for _ in range(MOST_ROUNDS):
        if not len(panels.ray):
            break
        estimate = _estimated(function, rays, panels)
        row = rays.row[panels.ray]
        np.add.at(used, row, 1)
        sizes = np.where(np.isfinite(estimate.size), estimate.size, 0.0)
        whole = size.copy()
        np.add.at(whole, row, sizes)
        is_known = estimate.error <= np.maximum(AIM * whole[row], _noise(rays, panels) * estimate.size)
        is_known &= np.isfinite(estimate.error)
        touches = panels.low == 0.0
        octave = np.where(panels.high < 1.0, -np.frexp(panels.high)[1] + 1, 0)
        place = (panels.ray, octave)
        is_over = octave >= _last_octave(rays)[panels.ray]
        lost = touches & ~np.isfinite(estimate.error)
        if lost.any():
            so_far = octaves.copy()
            np.add.at(so_far, (slice(None), *(part[~touches] for part in place)), estimate.value[:, ~touches])
            is_over |= lost & _is_negligible(so_far, *place, whole[row])
        ends = touches & ~is_known & is_over
        deepest[panels.ray[ends]] = octave[ends]
        too_narrow = ~touches & (panels.high - panels.low <= 4 * EPSILON * panels.high)
        hopeless = np.zeros(count, dtype=bool)
        hopeless[row[~touches & estimate.is_nowhere]] = True
        done = is_known | ends | too_narrow | hopeless[row] | (used[row] > MOST_PANELS)
        kept = done & ~ends
        np.add.at(octaves, (slice(None), *(part[kept] for part in place)), estimate.value[:, kept])
        np.add.at(size, row[kept], sizes[kept])
        np.add.at(errors, tuple([part[kept] for part in place]), estimate.error[kept])
        panels = _divided(panels, ~done)
    totals, doubts = octaves.sum(axis=2), errors.sum(axis=1)
    for one in np.flatnonzero(deepest).tolist():
        totals[:, one], doubt, known = _limits(octaves[:, one, : deepest[one]], _noise_of_octaves(rays, one))
        doubts[one] = doubt + errors[one, :known].sum()
    total, error = np.zeros((entries, count)), np.zeros(count)
    np.add.at(total.T, rays.row, totals.T)
    np.add.at(error, rays.row, doubts)
    np.add.at(error, rays.row[panels.ray], np.inf)  # what is left over after the last round
    total[:, ~(error <= ACCEPTED * size)] = np.nan
    total[:, np.isnan(lower) | np.isnan(upper)] = np.nan
    return total


def rays_of(lower: Rows, upper: Rows) -> Ray:
    """The rays of each row's range; none where it is empty."""
    low, high = np.minimum(lower, upper), np.maximum(lower, upper)
    sign = np.where(lower <= upper, 1.0, -1.0)
    is_finite = np.isfinite(low) & np.isfinite(high)
    half = high / 2 - low / 2
    from_low, from_high = ~np.isinf(low), ~np.isinf(high)
    is_whole = ~(from_low | from_high)
    parts: list[tuple[Any, Any, Any, bool]] = [
        (is_finite, low, half, False),
        (is_finite, high, -half, False),
        (from_low & ~is_finite, low, 1.0, False),
        (from_low & ~is_finite, low, 1.0, True),
        (from_high & ~is_finite, high, -1.0, False),
        (from_high & ~is_finite, high, -1.0, True),
        *[(is_whole, 0.0, reach, is_tail) for reach in (1.0, -1.0) for is_tail in (False, True)],
    ]
    columns: list[list[Any]] = [[], [], [], [], []]
    for where, *values in parts:
        (rows,) = np.nonzero(where & (low != high) & ~np.isnan(low) & ~np.isnan(high))
        for column, value in zip(columns, (np.arange(len(lower)), *values, sign), strict=True):
            column.append(np.broadcast_to(value, len(lower))[rows])
    return Ray(*map(np.concatenate, columns))


def _estimated(function: Integrand, rays: Ray, panels: Panels) -> PanelEstimate:
    places = np.array([*[-place for place in PLACES], *reversed(PLACES[:-1])])
    kronrod = np.array([*KRONROD, *reversed(KRONROD[:-1])])
    gauss = np.zeros(21)
    gauss[1:10:2] = GAUSS
    gauss[11:20:2] = GAUSS[::-1]
    half = (panels.high - panels.low) / 2
    s = panels.low[:, None] + half[:, None] * (1.0 + places)
    origin, reach, is_tail = (part[panels.ray][:, None] for part in rays[1:4])
    with np.errstate(all="ignore"):
        t = origin + reach * np.where(is_tail, 1.0 / s, s)
        stretch = np.abs(reach) * np.where(is_tail, 1.0 / s / s, 1.0)
        rows = np.broadcast_to(rays.row[panels.ray][:, None], t.shape)
        values = function(t.ravel(), rows.ravel()).reshape(-1, *t.shape)
        values = values * (stretch * half[:, None] * rays.sign[panels.ray][:, None])
        value = values @ kronrod
        sizes = np.abs(values) @ kronrod
        spread = np.abs(values - value[..., None] / 2.0) @ kronrod
        raw = np.abs(value - values @ gauss)
        shrunk = np.where(spread > 0, spread * np.minimum(1.0, (200.0 * raw / spread) ** 1.5), raw)
        error = np.where(np.isfinite(value), np.where(raw <= 10 * EPSILON * sizes, EPSILON * sizes, shrunk), np.inf)
    is_nowhere = ~np.isfinite(values).any(axis=(0, 2))
    return PanelEstimate(value, error.max(axis=0), sizes.max(axis=0), is_nowhere)


def _noise(rays: Ray, panels: Panels) -> Rows:
    """What the rounding of t, by which it is nearer to the beginning or farther, does to a panel's value."""
    near = np.abs(rays.origin[panels.ray] / rays.reach[panels.ray]) / panels.low
    return np.where(rays.is_tail[panels.ray] | (panels.low == 0.0), 0.0, EPSILON * near)


def _last_octave(rays: Ray) -> Rows:
    """How many times a ray is halved towards its beginning: near one that is not 0 there are no more doubles."""
    bits = 44.0 - np.log2(np.abs(rays.origin / rays.reach))
    return np.where(rays.is_tail | ~np.isfinite(bits), MOST_OCTAVES, np.clip(bits, 4, MOST_OCTAVES)).astype(int)


def _is_negligible(octaves: Rows, ray: Rows, octave: Rows, whole: Rows) -> Rows:
    """Whether the two octaves before a beginning count for nothing: there exp(-t^2)*cosh(t) is 0*inf."""
    before = np.abs(octaves[:, ray[:, None], np.maximum(octave[:, None] - [1, 2], 0)]).max(axis=(0, 2))
    return np.asarray((octave > 3) & (before <= 1e-20 * whole))


def _divided(panels: Panels, left: Rows) -> Panels:
    """The halves of the panels that are left; those that touch a beginning far down are cut into many octaves."""
    ray, low, high = (part[left] for part in panels)
    deep = (low == 0.0) & (high <= FAR)
    middle = (low + high) / 2
    parts = [
        Panels(ray[~deep], low[~deep], middle[~deep]),
        Panels(ray[~deep], middle[~deep], high[~deep]),
    ]
    scales = 2.0 ** -np.arange(OCTAVES_A_ROUND + 1.0)
    for first, last in zip([*scales[1:], 0.0], scales, strict=True):
        parts.append(Panels(ray[deep], high[deep] * first, high[deep] * last))
    return Panels(*[np.concatenate(columns) for columns in zip(*parts, strict=True)])


def _noise_of_octaves(rays: Ray, one: int) -> Rows:
    """How much of an octave's value the rounding of t may be."""
    scale = 0.0 if rays.is_tail[one] else abs(float(rays.origin[one] / rays.reach[one]))
    return np.asarray(np.minimum(1.0, scale * EPSILON * 2.0 ** np.arange(MOST_OCTAVES + OCTAVES_A_ROUND)))


def _limits(octaves: Rows, noise: Rows) -> tuple[Rows, float, int]:
    """The sums of all octaves of a ray, of which there are the first, the estimate of the error, and how many tell it.

    Those nearest to the beginning tell it best, unless they have lost their digits. They tell nothing where they grow.
    """
    count = octaves.shape[1]
    sizes = np.abs(octaves).max(axis=0)
    sums = np.cumsum(octaves, axis=1)
    lost = np.cumsum(sizes * noise[:count])
    best, doubt, known = sums[:, -1], np.inf, count
    for last in range(12, count + 1) if lost[-1] else [count]:
        if not sizes[last - 1] <= 0.99 * sizes[max(last - 9, 0)]:
            continue
        limits, errors = zip(*[_limit(one[max(last - 40, 0) : last]) for one in sums], strict=True)
        found = max(errors) + 8 * lost[last - 1]
        if found < doubt:
            best, doubt, known = np.array(limits), found, last
    return best, doubt, known


def _limit(sums: Rows) -> tuple[float, float]:
    """The limit of a sequence and an estimate of its error, by the epsilon algorithm."""
    before, column = np.zeros(len(sums) + 1), sums
    found, error = float(sums[-1]), np.inf
    for order in range(len(sums)):
        if order % 2 == 0 and len(column) > 2:
            change = float(np.abs(np.diff(column[-3:])).sum())
            if change < error:
                found, error = float(column[-1]), change
        difference = np.diff(column)
        if not np.all(difference) or not np.all(np.isfinite(difference)):
            break
        before, column = column, before[1:-1] + 1.0 / difference
    return found, error
