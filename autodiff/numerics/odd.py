"""Odd functions g that are smooth at 0, by the power series of g(z)/z, an even one: no difference of near numbers.

A series is that of the derivatives of g(z)/z by z^2/2, which are (1/z d/dz)^k (g(z)/z), even functions, too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.named_tuple import NamedTuple

MOST_TERMS = 100
NEGLIGIBLE = 1e-18  # of the sum, at the end of the series' reach


class OddSeries(NamedTuple):
    """The first `coefficients(count)` of g(z)/z, by 1, z^2, z^4, …

    `reach(order)` is up to which |z| the series of that derivative is summed: beyond it the quotients do not cancel.
    `settings` are those of the gate's attributes with which it is odd.
    """

    coefficients: Callable[[int], Sequence[float]]
    reach: Callable[[int], float]
    settings: Mapping[str, Any] = MappingProxyType({})


def alternating(coefficients: Callable[[int], Sequence[float]]) -> Callable[[int], Sequence[float]]:
    """The coefficients with every other sign turned: of g(iz)/(iz), as sin(z) is to sinh(z)."""
    return lambda count: [coefficient * (-1) ** index for index, coefficient in enumerate(coefficients(count))]


def of_sinh(count: int) -> list[float]:
    """DLMF 4.33.1."""
    return [1 / math.factorial(2 * index + 1) for index in range(count)]


@lru_cache
def of_tan(count: int) -> list[float]:
    """From g' = 1 + g^2, whose terms have one sign."""
    coefficients = [1.0]
    for index in range(1, count):
        coefficients.append(
            sum(coefficients[lower] * coefficients[index - 1 - lower] for lower in range(index)) / (2 * index + 1)
        )
    return coefficients


def of_atanh(count: int) -> list[float]:
    """DLMF 4.38.5."""
    return [1.0 / (2 * index + 1) for index in range(count)]


def of_asin(count: int) -> list[float]:
    """DLMF 4.24.1."""
    return [math.comb(2 * index, index) / 4**index / (2 * index + 1) for index in range(count)]


def of_erf(count: int) -> list[float]:
    """DLMF 7.6.1."""
    scale = 2.0 / math.sqrt(math.pi)
    return [(-1) ** index * scale * (1 / (math.factorial(index) * (2 * index + 1))) for index in range(count)]


def of_sinc_derivative(count: int) -> list[float]:
    """The derivative of sin(pi z)/(pi z), term by term."""
    powers = range(2, 2 + 2 * count, 2)
    return [(-1) ** (power // 2) * math.pi**power * (power / math.factorial(power + 1)) for power in powers]


SIN = OddSeries(alternating(of_sinh), lambda order: math.sqrt(4.0 * order + 6.0))
SINH = OddSeries(of_sinh, lambda order: math.sqrt(4.0 * order + 6.0))
TAN = OddSeries(of_tan, lambda order: 0.9)
TANH = OddSeries(alternating(of_tan), lambda order: 0.9)
ATANH = OddSeries(of_atanh, lambda order: 0.6)
ATAN = OddSeries(alternating(of_atanh), lambda order: 0.6)
ASIN = OddSeries(of_asin, lambda order: 0.6)
ASINH = OddSeries(alternating(of_asin), lambda order: 0.6)
ERF = OddSeries(of_erf, lambda order: 1.0)
SINC_DERIVATIVE = OddSeries(of_sinc_derivative, lambda order: math.sqrt(4.0 * order + 10.0) / math.pi, {"order": 1})


def derivative_series(series: OddSeries, order: int) -> list[float]:
    """The coefficients by 1, z^2, … of the derivative of g(z)/z by z^2/2 of that order, all that matter."""
    coefficients: list[float] = []
    square = series.reach(order) ** 2
    largest = 0.0
    for index, coefficient in enumerate(series.coefficients(MOST_TERMS + order)[order:], order):
        coefficients.append(coefficient * 2.0**order * math.perm(index, order))
        term = abs(coefficients[-1]) * square ** (index - order)
        largest = max(largest, term)
        if term < NEGLIGIBLE * largest:
            break
    return coefficients


def even_polynomial(coefficients: Sequence[float], z: Any) -> Any:
    """Their sum by Horner's rule."""
    square = np.square(z)
    result = np.full_like(square, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        result = result * square + coefficient
    return result
