"""(e^x - 1)/x and sinh(x)/x with their derivatives, the moments of e^(xt) over 0 < t < 1 and -1 < t < 1.

Both f with x f = g have x f(n) + n f(n-1) = g(n), f(n) and g(n) being the derivatives of order n.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.shapes import Array

LARGEST = sys.float_info.max


def exprel_derivative(order: int, x: Array) -> Array:
    """The derivative of (e^x - 1)/x of that order, divided by e^x meanwhile where x is positive."""
    held = np.minimum(x, LARGEST)
    rise = np.where(held < 0.0, np.expm1(held), -np.expm1(-np.abs(held)))
    source = np.exp(np.minimum(held, 0.0))
    result: Array = _scaled(_quotient_derivative(order, held, rise, (source, source)), np.maximum(held, 0.0))
    return result


def sinhc_derivative(order: int, x: Array) -> Array:
    """The derivative of sinh(x)/x of that order, divided by e^|x| meanwhile."""
    size = np.minimum(np.abs(x), LARGEST)
    sine = -0.5 * np.expm1(-2.0 * size)
    cosine = 0.5 * (1.0 + np.exp(-2.0 * size))
    even = _scaled(_quotient_derivative(order, size, sine, (sine, cosine)), size)
    result: Array = np.where(x < 0.0, -even, even)[()] if order % 2 else even
    return result


def _scaled(quotient: Any, exponent: Any) -> Any:
    """quotient * e^exponent, which overflows no sooner than it must."""
    root = np.exp(0.5 * exponent)
    return (quotient * root * root)[()]


def _quotient_derivative(order: int, x: Any, rise: Any, sources: Sequence[Any]) -> Any:
    """f(n) from g = rise and g(n) = sources[n % 2], n being the order.

    Each step multiplies an error by x/n downwards, which begin at 0 for |x| <= n, and by n/x upwards, elsewhere.
    """
    far = rise / x
    for n in range(1, order + 1):
        far = (sources[n % 2] - n * far) / x
    if order == 0:
        return np.where(np.equal(x, 0.0), 1.0, far)
    near: Any = 0.0
    for n in range(2 * order + 30, order, -1):
        near = (sources[n % 2] - x * near) / n
    return np.where(np.abs(x) > max(order, 2), far, near)
