"""The least value of a quadratic in a ball, and in a ball within bounds. Knows no function but this one.

Sources: Moré & Sorensen, Computing a trust region step (1983); Conn, Gould & Toint, Trust-region methods (2000),
chapters 7 and 12.
"""

from __future__ import annotations

import numpy as np

from backprop.autodiff.optimize.residuals import Matrix, Vector

MOST_TURNS = 60  # of the search for the multiplier of the ball
CLOSE = 1e-3  # of the radius: how long the step has to be
NEGLIGIBLE = 1e-14  # of the largest curvature


def in_ball(slope: Vector, curvature: Matrix, radius: float) -> Vector:
    """The step for which slope'step + step'curvature step / 2 is least, of length `radius` at most."""
    values, vectors = np.linalg.eigh(curvature)
    along = vectors.T @ slope
    tiny = NEGLIGIBLE * max(float(np.max(np.abs(values), initial=0.0)), np.finfo(float).tiny)
    if values[0] > tiny:
        step = -along / values
        if np.linalg.norm(step) <= radius:
            return np.asarray(vectors @ step)
    length = float(np.linalg.norm(slope))
    low = max(0.0, -float(values[0]))
    high = max(low, length / radius - float(values[0])) + tiny
    is_lowest = values <= values[0] + tiny
    rest = -np.where(is_lowest, 0.0, along) / np.where(is_lowest, 1.0, np.maximum(values + low, tiny))
    if values[0] <= tiny and np.linalg.norm(along[is_lowest]) <= NEGLIGIBLE * length and np.linalg.norm(rest) < radius:
        if values[0] < -tiny:  # the hard case: along the lowest curvature, either way
            rest[0] += np.sqrt(radius**2 - float(rest @ rest))
        return np.asarray(vectors @ rest)
    shift = max(low + tiny, min(high, length / radius))
    for _ in range(MOST_TURNS):
        with np.errstate(all="ignore"):
            step = -along / (values + shift)
            size = float(np.linalg.norm(step))
        if not np.isfinite(size) or size > radius:
            low = max(low, shift)
        else:
            high = min(high, shift)
        if abs(size - radius) <= CLOSE * radius:
            break
        with np.errstate(all="ignore"):
            slant = float(np.sum(along**2 / (values + shift) ** 3))
            shift += size**2 / slant * (size - radius) / radius
        if not low < shift < high:
            shift = max(np.sqrt(low * high), low + 1e-3 * (high - low)) if high > 0.0 else 0.0
    step = -along / np.maximum(values + shift, np.finfo(float).tiny)
    size = float(np.linalg.norm(step))
    return np.asarray(vectors @ (step * min(1.0, radius / size if size else 1.0)))


def in_box(slope: Vector, curvature: Matrix, radius: float, low: Vector, high: Vector) -> Vector:
    """A step between `low` and `high`, which hold 0, with at least the reduction of the steepest way there.

    Bounds that the best step in the ball runs into are kept, and the others go on from there.
    """
    step = np.zeros_like(slope)
    is_free = ~(((low >= 0.0) & (slope >= 0.0)) | ((high <= 0.0) & (slope <= 0.0)))
    is_free |= (low < 0.0) & (high > 0.0)
    left = radius
    while is_free.any() and left > 0.0:
        places = np.flatnonzero(is_free)
        now = slope + curvature @ step
        part = in_ball(now[places], curvature[np.ix_(places, places)], left)
        room = np.where(part > 0.0, high[places] - step[places], step[places] - low[places])
        with np.errstate(all="ignore"):
            share = np.where(part != 0.0, room / np.abs(part), np.inf)
        reach = min(1.0, float(np.min(share)))
        step[places] = np.clip(step[places] + reach * part, low[places], high[places])
        if reach >= 1.0:
            break
        is_free[places[share <= reach]] = False
        left = float(np.sqrt(max(radius**2 - float(step @ step), 0.0)))
    steepest = along_the_slope(slope, curvature, radius, low, high)
    return min(step, steepest, key=lambda one: gain(slope, curvature, one))


def along_the_slope(slope: Vector, curvature: Matrix, radius: float, low: Vector, high: Vector) -> Vector:
    """The best of some steps against the slope, cut at the bounds."""
    length = float(np.linalg.norm(slope))
    if not length:
        return np.zeros_like(slope)
    bend = float(slope @ curvature @ slope)
    whole = min(radius / length, length**2 / bend if bend > 0.0 else np.inf)
    steps = [np.clip(-whole * share * slope, low, high) for share in (1.0, 0.25, 0.0625)]
    return min(steps, key=lambda one: gain(slope, curvature, one))


def gain(slope: Vector, curvature: Matrix, step: Vector) -> float:
    """By how much the quadratic changes."""
    return float(slope @ step + 0.5 * (step @ curvature @ step))
