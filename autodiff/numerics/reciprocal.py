"""Reciprocals of hyperbolic functions and functions of reciprocals, to the ends of their ranges and next to 1.

1/x loses the digits of x - 1 near 1, and cosh(x) overflows where 1/cosh(x) is still a double: neither is used there.
"""

from __future__ import annotations

import math

from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.shapes import Array

TINY = 1e-300  # below it 1/x may overflow


def sech(x: Array) -> Array:
    """1 / cosh(x)."""
    decay = np.exp(-np.abs(x))
    result: Array = 2.0 * decay / (1.0 + decay * decay)
    return result


def csch(x: Array) -> Array:
    """1 / sinh(x), as 1 / (2 sinh(x/2) cosh(x/2)), neither of which overflows before it underflows."""
    half = 0.5 * x
    result: Array = 0.5 / np.sinh(half) / np.cosh(half)
    return result


def coth(x: Array) -> Array:
    """1 / tanh(x)."""
    result: Array = 1.0 / np.tanh(x)
    return result


def _leg(x: Array) -> Array:
    """sqrt(x^2 - 1), of which the square would lose the digits of |x| - 1."""
    result: Array = np.sqrt(np.abs(x) - 1.0) * np.sqrt(np.abs(x) + 1.0)
    return result


def asec(x: Array) -> Array:
    """acos(1/x), the angle at the leg 1 of the triangle with the hypotenuse x."""
    result: Array = np.arctan2(_leg(x), np.sign(x))
    return result


def acsc(x: Array) -> Array:
    """asin(1/x), the other angle of that triangle."""
    result: Array = np.arctan2(np.sign(x), _leg(x))
    return result


def acot(x: Array) -> Array:
    """atan(1/x), which is pi/2 at 0 and -pi/2 at -0."""
    result: Array = np.arctan(1.0 / x)
    return result


def asec_slope(x: Array) -> Array:
    """1 / (|x| sqrt(x^2 - 1))."""
    result: Array = 1.0 / np.abs(x) / _leg(x)
    return result


def asech(x: Array) -> Array:
    """acosh(1/x) = log(1 + sqrt(1 - x^2)) - log(x), both terms of one sign."""
    result: Array = np.log1p(np.sqrt((1.0 - x) * (1.0 + x))) - np.log(x)
    return result


def acsch(x: Array) -> Array:
    """asinh(1/x), which is log(2/|x|) with the sign of x near 0."""
    is_tiny = np.logical_and(np.abs(x) < TINY, np.not_equal(x, 0.0))
    return np.where(is_tiny, np.sign(x) * (math.log(2.0) - np.log(np.abs(x))), np.arcsinh(1.0 / x))[()]


def acsch_slope(x: Array) -> Array:
    """1 / (|x| sqrt(1 + x^2))."""
    result: Array = 1.0 / np.abs(x) / np.hypot(1.0, x)
    return result


def acoth(x: Array) -> Array:
    """atanh(1/x) = log((|x| + 1) / (|x| - 1)) / 2 with the sign of x."""
    result: Array = 0.5 * np.sign(x) * np.log1p(2.0 / (np.abs(x) - 1.0))
    return result
