"""Logarithms of the normal distribution function and of erfc, and their derivatives, to a few units in the last place.

The logarithm of a number that underflows is computed without it. Far on the left Φ(x) = φ(x) M(-x), Mills' ratio M
being the Laplace transform of exp(-s^2/2) on s > 0: the derivatives of log M are, but for their signs, the cumulants
of that density times exp(-t s), an exponential distribution in the end. They come from its moments, all positive.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.numerics.special import (
    NORMAL_LIMIT,
    TWO_OVER_SQRT_PI,
    erf,
    erfc,
    exp_of_minus_square,
    normcdf,
    normpdf,
)
from backprop.autodiff.shapes import Array

TAIL = -5.0  # left of it logarithms come from Mills' ratio
MOMENTS = -2.0  # left of it derivatives come from the moments' recurrence, which needs few steps there
SMOOTH = 1.0  # right of it derivatives come from their polynomial, in which nothing cancels but near its roots
STEP = 0.0625  # of the quadrature
SQRT_TWO = 1.4142135623730951
LOG_SQRT_TWO_PI = 0.9189385332046728
SQRT_PI = 1.772453850905516

Polynomial = dict[tuple[int, int], int]


def lognormcdf(x: Array) -> Array:
    """log Φ(x), which is -x^2/2 - log(-x sqrt(2 pi)) far on the left, where Φ is 0 in doubles from -38.5 on."""
    return _by_region(
        x,
        (x < TAIL, log_cdf_tail),
        (x < 0.0, lambda left: np.log(normcdf(left))),
        (None, lambda right: np.log1p(-normcdf(-right)) + 0.0),
    )


def logerfc(x: Array) -> Array:
    """log erfc(x), which is -x^2 - log(x sqrt(pi)) far on the right, where erfc is 0 in doubles from 26.6 on."""
    return _by_region(
        x,
        (x > -TAIL, log_erfc_tail),
        (x > 0.5, lambda right: np.log(erfc(right))),
        (None, lambda left: np.log1p(-erf(left))),
    )


def log_cdf_tail(far: Any, least: float | None = None) -> Any:
    return far * (-0.5 * far) - LOG_SQRT_TWO_PI - np.log(first_moment(-far, least) - far)


def log_erfc_tail(far: Any, least: float | None = None) -> Any:
    moment = first_moment(SQRT_TWO * far, least) / SQRT_TWO
    return far * -far - np.log(SQRT_PI * (far + moment))


def lognormcdf_derivative(order: int, x: Array) -> Array:
    """The derivative of log Φ of that order, 1 or more: φ(x)/Φ(x), -φ/Φ (x + φ/Φ) and so on.

    Source: the cumulants of a truncated normal distribution, Johnson, Kotz & Balakrishnan (1994), section 13.10.
    """
    result: Array = _derivative(order, x, x, lambda inside: normpdf(inside) / normcdf(inside))
    return result


def logerfc_derivative(order: int, x: Array) -> Array:
    """The derivative of log erfc of that order, 1 or more; erfc(x) is 2Φ(-sqrt(2) x)."""

    def hazard(inside: Any) -> Any:
        # From x itself: at x = -26 the rounding of sqrt(2) x would cost three digits.
        bounded = np.maximum(inside, -NORMAL_LIMIT)
        return (TWO_OVER_SQRT_PI / SQRT_TWO) * exp_of_minus_square(bounded) / erfc(bounded)

    scale = (-1.0) ** order * 2.0 ** (order // 2) * (SQRT_TWO if order % 2 else 1.0)
    result: Array = scale * _derivative(order, x, -SQRT_TWO * x, hazard)
    return result


def _derivative(order: int, x: Array, y: Any, hazard: Callable[[Any], Any]) -> Any:
    """The derivative of log Φ at y, `hazard` giving φ(y)/Φ(y) from the entries of x; they correspond."""
    points, shape = np.ravel(np.asarray(y)), np.shape(y)
    given = np.ravel(np.asarray(x))
    result = np.empty(points.shape)
    left = points < MOMENTS
    if left.any():
        result[left] = from_moments(order, -points[left])
    middle = ~left & (points < SMOOTH) if order > 1 else np.zeros(points.shape, bool)
    if middle.any():
        result[middle] = _by_quadrature(order, points[middle])
    right = ~(left | middle)
    if right.any():
        ratio = hazard(given[right])
        held = np.minimum(points[right], NORMAL_LIMIT)
        result[right] = ratio if order == 1 else value_of(hazard_polynomial(order), held, ratio)
    return result.reshape(shape)[()]


def first_moment(t: Any, least: float | None = None) -> Any:
    """The mean of the density exp(-t s - s^2/2) on s > 0, which is 1/M(t) - t, for t >= 2.

    `least` is at most the least t, which nodes need to be told.
    """
    return scaled_moments(1, t, least)[0] / t


def steps_for(order: int, least: float) -> int:
    """How many steps of the recurrence make the moments up to `order` right to 17 digits for all t >= `least`."""
    return 8 + 2 * order + math.ceil((480.0 + 60.0 * order) / (least * least))


def scaled_moments(order: int, t: Any, least: float | None) -> list[Any]:
    """t^k E(s^k), k = 1 to order: ratios of moments from k E(s^(k-1)) = E(s^(k+1)) + t E(s^k), downwards (Miller).

    Every term is positive. Source: DLMF 3.6 (iii); integration by parts. Serves numbers, arrays and graph nodes.
    """
    steps = steps_for(order, float(np.min(t)) if least is None else least)
    inverse = 1.0 / t
    ratio: Any = steps + 1.0
    ratios: list[Any] = []
    for k in range(steps, 0, -1):
        ratio = k / (1.0 + ratio * inverse * inverse)
        if k <= order:
            ratios.append(ratio)
    moments = [ratios.pop()]
    while ratios:
        moments.append(moments[-1] * ratios.pop())
    return moments


def cumulants(moments: Sequence[Any]) -> list[Any]:
    """The cumulants 1, 2 … of these moments about 0. Source: Kendall & Stuart, section 3.14."""
    by_order: list[Any] = []
    for n in range(1, len(moments) + 1):
        total = moments[n - 1]
        for j in range(1, n):
            total = total - math.comb(n - 1, j - 1) * (by_order[j - 1] * moments[n - j - 1])
        by_order.append(total)
    return by_order


def from_moments(order: int, t: Any, least: float | None = None) -> Any:
    """The derivative of log Φ at -t, for t >= 2."""
    scaled = cumulants(scaled_moments(order, t, least))[-1]
    for _ in range(order):
        scaled = scaled / t
    return t + scaled if order == 1 else scaled - 1.0 if order == 2 else scaled


def _by_quadrature(order: int, y: Any) -> Any:
    """Around the middle: the cumulants of order 2 or more by central moments."""
    nodes, weights = quadrature()
    density = [weight * np.exp(node * (y - 0.5 * node)) for node, weight in zip(nodes, weights, strict=True)]
    whole = sum(density)
    mean = sum(node * mass for node, mass in zip(nodes, density, strict=True)) / whole
    central = [0.0 * mean]
    for power in range(2, order + 1):
        central.append(sum((node - mean) ** power * mass for node, mass in zip(nodes, density, strict=True)) / whole)
    cumulant = cumulants(central)[-1]
    return cumulant - 1.0 if order == 2 else cumulant


@cache
def quadrature() -> tuple[list[float], list[float]]:
    """Nodes and weights on (0, inf): the trapezoidal rule in v where s = exp(v - exp(-v)).

    Source: Takahasi & Mori, Double exponential formulas for numerical integration (1974).
    """
    v = np.arange(-3.75, 2.75, STEP)
    nodes = np.exp(v - np.exp(-v))
    return nodes.tolist(), (nodes * (1.0 + np.exp(-v))).tolist()


@cache
def hazard_polynomial(order: int) -> Polynomial:
    """The derivative of log Φ of that order as a polynomial in x and h = φ/Φ, from h' = -h (x + h)."""
    polynomial: Polynomial = {(0, 1): 1}
    for _ in range(order - 1):
        slope: Polynomial = {}
        for (i, j), factor in polynomial.items():
            for target, change in (((i - 1, j), i), ((i + 1, j), -j), ((i, j + 1), -j)):
                slope[target] = slope.get(target, 0) + factor * change
        polynomial = {powers: factor for powers, factor in slope.items() if factor}
    return polynomial


def value_of(polynomial: Polynomial, x: Any, h: Any) -> Any:
    """The polynomial's value, by Horner's rule in x within Horner's rule in h; of graph nodes the formula."""
    rows: dict[int, dict[int, int]] = {}
    for (i, j), factor in polynomial.items():
        rows.setdefault(j, {})[i] = factor
    total: Any = None
    for j in range(max(rows), 0, -1):
        inner: Any = None
        row = rows.get(j, {})
        for i in range(max(row, default=-1), -1, -1):
            inner = row[i] if inner is None else inner * x + row[i] if i in row else inner * x
        if total is not None:
            total = total * h
        if inner is not None:
            total = inner if total is None else total + inner
    return total * h


def _by_region(x: Array, *regions: tuple[Any, Callable[[Any], Any]]) -> Array:
    """The function of the first region that an entry lies in; each sees only its own entries."""
    if not isinstance(x, np.ndarray):
        function = next(function for condition, function in regions if condition is None or condition)
        return np.float64(function(x))
    result = np.empty_like(x)
    rest = np.ones(x.shape, bool)
    for condition, function in regions:
        here = rest if condition is None else rest & condition
        if here.any():
            result[here] = function(x[here])
        rest = rest & ~here
    return result
