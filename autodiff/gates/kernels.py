"""Second forms, by functions that every language has, of what NumPy computes by others: what code generators write.

They are made for nodes. What numerics/ computes by NumPy's elementary functions alone needs none: of nodes it builds
its own graph. (`==` of nodes is identity, and NumPy's function for it takes ten times as long for a number.)
"""

from __future__ import annotations

import math
from typing import Any

from backprop.autodiff.lazy_numpy import np


def sign(x: Any) -> Any:
    return np.where(np.not_equal(x, x), x, (x > 0.0) - (x < 0.0))


def ratio(x: Any, r: Any) -> Any:
    return np.where(np.logical_and(np.equal(x, 0.0), np.equal(r, 0.0)), 0.0, x / r)


def limit_product(x: Any, y: Any) -> Any:
    return np.where(np.equal(x, 0.0), 0.0, x * y)


def xlogy(x: Any, y: Any) -> Any:
    return np.where(np.not_equal(y, y), y, limit_product(x, np.log(y)))


def over_squared_radius(numerator: Any, other: Any) -> Any:
    """a / (a^2 + b^2), by the larger of the two, so that no square overflows; 0 where a or b is infinite."""
    largest = np.maximum(np.abs(numerator), np.abs(other))
    a, b = numerator / largest, other / largest
    quotient = a / (a * a + b * b) / largest
    return np.where(np.equal(largest, math.inf), np.sign(numerator) / largest, quotient)


def atan2_turn(y: Any, x: Any) -> Any:
    radius = np.hypot(x, y)
    return ((y - x) / radius / radius) * ((y + x) / radius / radius)
