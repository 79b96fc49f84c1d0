"""The arrays of this room, as types, and the scale by which their squares neither overflow nor vanish."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np

Vector: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]  # an entry for each entry of the uncertain inputs
Matrix: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]


def scale_of(numbers: Any) -> float:
    """A power of two near the largest of them; 1 where that is zero or not finite."""
    largest = float(np.max(np.abs(numbers), initial=0.0))
    return math.ldexp(1.0, math.frexp(largest)[1] - 1) if 0.0 < largest < math.inf else 1.0


def spread(numbers: Vector) -> float:
    """Their standard deviation."""
    scale = scale_of(numbers)
    return float((numbers / scale).std(ddof=1)) * scale


def total(numbers: Any) -> float:
    """Their exact sum, rounded once; what IEEE arithmetic gives where one of them is not finite."""
    return math.fsum(numbers) if np.isfinite(numbers).all() else float(np.sum(numbers))
