"""The way down within bounds: a trust region with exact second derivatives. Knows no constraints.

Source: Conn, Gould & Toint, Trust-region methods (2000), chapters 6 and 12.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from backprop.autodiff.optimize.quadratic import gain, in_box
from backprop.autodiff.optimize.residuals import Matrix, Vector

ACCEPTED, GOOD = 1e-4, 0.75  # of the predicted reduction
MOST_REDUCED = 1e-15  # of the value: a predicted reduction that is not seen in it
NOTHING = 1e-25  # a value that is 0 for this
SMALLEST_RADIUS = 1e-15
UNBOUNDED = -1e25


class Smooth(Protocol):
    """What has a value, a gradient and a matrix of second derivatives."""

    def value(self, vector: Vector) -> float: ...

    def gradient(self, vector: Vector) -> Vector: ...

    def hessian(self, vector: Vector) -> Matrix: ...


def descend(
    smooth: Smooth,
    start: Vector,
    lower: Vector,
    upper: Vector,
    *,
    most: int,
    is_scaled: bool,
    tell: Callable[[Vector, float], None],
) -> Vector:
    """The point that no step improves, or the best after `most` steps. `is_scaled`: in lengths of the curvature."""
    vector, value = start, smooth.value(start)
    scale = np.ones_like(start)
    radius = 0.0
    slope, curvature = smooth.gradient(vector), smooth.hessian(vector)
    if not (np.isfinite(slope).all() and np.isfinite(curvature).all()):
        return vector
    for _ in range(most):
        if is_scaled:
            scale = np.maximum(scale if radius else 0.0, np.sqrt(np.abs(np.diag(curvature))))
            scale = np.where(scale > 0.0, scale, 1.0)
        if not radius:
            radius = max(1.0, float(np.linalg.norm(scale * vector)) * 0.1)
        bent = curvature / scale[:, None] / scale
        low, high = (lower - vector) * scale, (upper - vector) * scale
        step = in_box(slope / scale, bent, radius, low, high)
        expected = -gain(slope / scale, bent, step)
        if not expected > MOST_REDUCED * max(abs(value), NOTHING):
            break
        trial = np.clip(vector + step / scale, lower, upper)
        reached = smooth.value(trial)
        share = (value - reached) / expected if np.isfinite(reached) else -1.0
        length = float(np.linalg.norm(step))
        if share < 0.25:
            radius = 0.25 * min(length, radius)
        elif share > GOOD and length > 0.8 * radius:
            radius *= 2.0 if share < 0.99 else 4.0
        if share > ACCEPTED:
            further, bend = smooth.gradient(trial), smooth.hessian(trial)
            if np.isfinite(further).all() and np.isfinite(bend).all():
                vector, value, slope, curvature = trial, reached, further, bend
                tell(vector, value)
                if value < UNBOUNDED:
                    break
            else:
                radius = min(radius, 0.25 * length)
        if radius <= SMALLEST_RADIUS * max(1.0, float(np.linalg.norm(scale * vector))):
            break
    return vector
