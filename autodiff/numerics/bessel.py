"""Bessel functions of whole order and real argument: J, Y, I and K.

Next to a zero up to FARTHEST J and Y are computed to 32 digits; beyond it the error is one of the envelope there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, TypeAlias

from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.numerics.double_double import DoubleDouble, polynomial
from backprop.autodiff.numerics.routines.bessel import (
    EULER,
    EULER_REST,
    FAR,
    FARTHEST,
    HUGE,
    NEAR,
    NEXT_TO_ZERO,
    STEP,
)
from backprop.autodiff.shapes import Array

Kernel: TypeAlias = Callable[[int, Array], Array]

HANKEL_TERMS = 26
SERIES_TERMS = 40


def entrywise(kernel: Kernel) -> Kernel:
    """The kernel, which takes vectors, for numbers and arrays of any shape."""

    @wraps(kernel)
    def of_any_shape(order: int, x: Array) -> Array:
        vector: Any = kernel(order, np.asarray(x, dtype=float).reshape(-1))
        result: Array = vector.reshape(np.shape(x))[()]
        return result

    return of_any_shape


def by_region(x: Any, *regions: tuple[Any, Callable[[Any], Any]]) -> Array:
    """Each function where its condition is the first that holds; nan where none does."""
    result = np.full(x.shape, np.nan)
    rest = np.ones(x.shape, bool)
    for condition, function in regions:
        here = rest & condition
        if here.any():
            result[here] = function(x[here])
        rest &= ~here
    return result


@entrywise
def jn(order: int, x: Array) -> Array:
    """The Bessel function of the first kind. Source: DLMF 10.2.2."""
    size = np.abs(x)
    result = by_region(
        size,
        (np.isinf(size), np.zeros_like),
        (size * size <= 4.0 * (order + 1), lambda near: _power_series(order, near, -1.0)),
        (size <= max(FAR, order), lambda middle: next(_downwards(order, middle))),
        (size > FAR, lambda far: _upwards(order, far, _hankel(0, far)[0], _hankel(1, far)[0])),
    )
    result = _mended(order, size, result, is_second=False)
    return np.where(x < 0.0, -result, result) if order % 2 else result


@entrywise
def yn(order: int, x: Array) -> Array:
    """The Bessel function of the second kind, -inf at 0 and nan below. Source: DLMF 10.2.3."""

    def first_two(x: Array) -> tuple[Array, Array]:
        parts = [
            by_region(x, (x <= NEAR, near), (x <= FAR, middle), (x > FAR, far))
            for near, middle, far in (
                (lambda x: _y_near(0, x), lambda x: _y_between(x)[0], lambda x: _hankel(0, x)[1]),
                (lambda x: _y_near(1, x), lambda x: _y_between(x)[1], lambda x: _hankel(1, x)[1]),
            )
        ]
        return parts[0], parts[1]

    return by_region(
        x,
        (x == np.inf, np.zeros_like),
        (x == 0.0, lambda zero: zero - np.inf),
        (x > 0.0, lambda x: _mended(order, x, _upwards(order, x, *first_two(x)), is_second=True)),
    )


def yn_slope(order: int, x: Array) -> Array:
    """The derivative of the same, inf where its neighbours are too large for a double. Source: DLMF 10.6.1."""
    before = yn(order - 1, x) if order else -yn(1, x)
    above = yn(order + 1, x)
    is_beyond = np.isinf(above)
    result: Array = np.where(is_beyond, -above, 0.5 * (np.where(is_beyond, 0.0, before) - above))[()]
    return result


@entrywise
def iv(order: int, x: Array) -> Array:
    """The modified Bessel function of the first kind. Source: DLMF 10.25.2."""
    size = np.minimum(np.abs(x), 800.0 + 2.0 * order)  # beyond it overflows
    result = by_region(
        size,
        (size * size <= 4.0 * (order + 1), lambda near: _power_series(order, near, 1.0)),
        (size <= 50.0, lambda middle: _modified_downwards(order, middle, 50.0)),
        (size > 50.0, lambda far: _modified_downwards(order, far, 800.0 + 2.0 * order)),
    )
    return np.where(x < 0.0, -result, result) if order % 2 else result


@entrywise
def kn(order: int, x: Array) -> Array:
    """The modified Bessel function of the second kind, inf at 0 and nan below. Source: DLMF 10.25.3."""

    def scaled(order: int) -> Callable[[Array], Array]:
        return lambda x: by_region(x, (x < 1.0, lambda x: _k_near(order, x) * np.exp(x)), (x >= 1.0, integral(order)))

    def integral(order: int) -> Callable[[Array], Array]:
        return lambda x: _k_integral(order, x)

    def positive(x: Array) -> Array:
        before, value = scaled(0)(x), scaled(1)(x)
        for n in range(1, order):
            before, value = value, before + 2.0 * n / x * value
        root = np.exp(-0.5 * x)
        result: Array = (value if order else before) * root * root
        return result

    return by_region(x, (x == np.inf, np.zeros_like), (x == 0.0, lambda zero: zero + np.inf), (x > 0.0, positive))


def _power_series(order: int, x: Array, sign: float) -> Array:
    """DLMF 10.2.2 and 10.25.2: (x/2)^n / n! times the sum of (sign x^2/4)^k / (k! (n + 1) ... (n + k))."""
    square = sign * 0.25 * x * x
    total = np.ones_like(x)
    for k in range(SERIES_TERMS, 0, -1):
        total = 1.0 + total * square / (k * (order + k))
    half = 0.5 * x
    for k in range(1, order + 1):
        total = total * (half / k)
    return total


def _downwards(order: int, x: Array) -> Iterator[Array]:
    """J of that order, of 0 and of 1, and the sums over all orders that Y of 0 and of 1 have. Source: DLMF 3.6 (v)."""
    most = max(order, FAR)
    first = int(most + 10.0 * math.sqrt(most)) + 22
    above, value = np.zeros_like(x), np.full(x.shape, 1e-290)
    wanted, whole, of_y0, of_y1 = (np.zeros_like(x) for _ in range(4))
    for n in range(first, -1, -1):  # value is J(n), above J(n + 1), but for a common factor
        if n == order:
            wanted = value
        k, is_odd = divmod(n, 2)
        if is_odd and k:
            of_y1 = of_y1 + (-1) ** k * (2 * k + 1) / (k * (k + 1)) * value
        elif not is_odd:
            whole = whole + (2.0 if n else 1.0) * value
            of_y0 = of_y0 - (-1) ** k / max(k, 1) * value * bool(k)
        if n:
            above, value = value, 2.0 * n / x * value - above
        scale = np.where(np.abs(value) > HUGE, 1.0 / HUGE, 1.0)
        above, value, wanted, whole, of_y0, of_y1 = (
            quantity * scale for quantity in (above, value, wanted, whole, of_y0, of_y1)
        )
    yield wanted / whole
    yield value / whole
    yield above / whole
    yield of_y0 / whole
    yield of_y1 / whole


def _mended(order: int, x: Any, rough: Any, is_second: bool) -> Array:
    """The values, of which those that are small for their envelope sqrt(2/(pi x)) are computed to 32 digits."""
    is_small = np.abs(rough) < NEXT_TO_ZERO * np.sqrt(2.0 / math.pi / x)
    for first, last, most in ((0.5, FAR, FAR), (FAR, FARTHEST, FARTHEST)):
        doubtful = is_small & (order < x + 1.0) & (x > first) & (x <= last)
        if doubtful.any():
            rough[doubtful] = _exactly(order, x[doubtful], max(float(order), most), is_second)
    mended: Array = rough
    return mended


def _exactly(order: int, x: Any, most: float, is_second: bool) -> Any:
    """J or Y of that order by the sums of _downwards with 32 digits, for x up to `most`."""
    zero, argument = DoubleDouble(np.zeros_like(x)), DoubleDouble(x)
    value, above = DoubleDouble(np.full(x.shape, 1e-290)), zero
    wanted = whole = of_y0 = of_y1 = zero
    for n in range(int(most + 14.0 * math.sqrt(most)) + 30, -1, -1):
        if n == order:
            wanted = value
        k, is_odd = divmod(n, 2)
        if not is_odd:
            whole = whole + value * (2.0 if n else 1.0)
        if is_second and k:
            if is_odd:
                of_y1 = of_y1 + value * ((-1.0) ** k * (2 * k + 1)) / float(k * (k + 1))
            else:
                of_y0 = of_y0 - value * (2.0 * (-1.0) ** k) / float(k)
        if n:
            above, value = value, value * (2.0 * n) / argument - above
        scale = np.where(np.abs(value.high) > STEP, 1.0 / STEP, 1.0)
        above, value, wanted, whole, of_y0, of_y1 = (
            DoubleDouble(pair.high * scale, pair.low * scale) for pair in (above, value, wanted, whole, of_y0, of_y1)
        )
    if not is_second:
        return (wanted / whole).value
    logarithm = DoubleDouble(0.5 * x).log() + DoubleDouble(EULER, EULER_REST)
    before = logarithm * value + of_y0
    result = (logarithm - 1.0) * above - value / argument - of_y1
    for n in range(1, order):
        before, result = result, result * (2.0 * n) / argument - before
    return 2.0 / math.pi * ((result if order else before) / whole).value


def _y_between(x: Array) -> tuple[Array, Array]:
    """Neumann's series, DLMF 10.8 and Abramowitz & Stegun 9.1.88."""
    _, zeroth, first, of_y0, of_y1 = _downwards(0, x)
    logarithm = _log_of_half(x) + EULER
    y0 = 2.0 / math.pi * (logarithm * zeroth + 2.0 * of_y0)
    y1 = 2.0 / math.pi * ((logarithm - 1.0) * first - zeroth / x - of_y1)
    return y0, y1


def _y_near(order: int, x: Array) -> Array:
    """DLMF 10.8.1 for orders 0 and 1."""
    rest = _logarithmic_series(order, x, -1.0)
    value = _power_series(order, x, -1.0)
    head = -2.0 / (math.pi * x) if order else 0.0
    result: Array = head + 2.0 / math.pi * (_log_of_half(x) * value - 0.5 * rest)
    return result


def _k_near(order: int, x: Array) -> Array:
    """DLMF 10.31.1 for orders 0 and 1."""
    sign = (-1.0) ** order
    rest = sign * 0.5 * _logarithmic_series(order, x, 1.0)
    head = 1.0 / x if order else 0.0
    return head - sign * _log_of_half(x) * _power_series(order, x, 1.0) + rest


def _log_of_half(x: Array) -> Array:
    """log(x/2), x/2 being 0 for the least of all doubles."""
    result: Array = np.log(x) - math.log(2.0)
    return result


def _logarithmic_series(order: int, x: Array, sign: float) -> Array:
    """(x/2)^n times the sum of (psi(k + 1) + psi(n + k + 1)) (sign x^2/4)^k / (k! (n + k)!), for orders 0 and 1."""
    square = sign * 0.25 * x * x
    total = np.zeros_like(x)
    for k in range(18, -1, -1):
        weight = 2.0 * (sum(1.0 / j for j in range(1, k + 1)) - EULER) + (1.0 / (k + 1) if order else 0.0)
        total = total * square + weight / (math.factorial(k) * math.factorial(order + k))
    return 0.5 * x * total if order else total


def _hankel(order: int, x: Array) -> tuple[Array, Array]:
    """J and Y of order 0 or 1 for large x. Source: DLMF 10.17.3 and 10.17.4."""
    coefficients = [1.0]
    for k in range(1, HANKEL_TERMS):
        coefficients.append(coefficients[-1] * (4.0 * order * order - (2 * k - 1) ** 2) / (8.0 * k))
    inverse = 1.0 / x
    square = -inverse * inverse
    p = polynomial(coefficients[0::2], square)
    q = polynomial(coefficients[1::2], square) * inverse
    amplitude = np.sqrt(inverse / math.pi)
    sine, cosine = np.sin(x), np.cos(x)  # of x itself: x - pi/4 would round
    of_cosine, of_sine = (cosine + sine, sine - cosine) if order == 0 else (sine - cosine, -sine - cosine)
    return amplitude * (p * of_cosine - q * of_sine), amplitude * (p * of_sine + q * of_cosine)


def _upwards(order: int, x: Array, zeroth: Array, first: Array) -> Array:
    """By the recurrence DLMF 10.6.1, stable for J where the order is less than x, and for Y everywhere."""
    before, value = zeroth, first
    for n in range(1, order):
        before, value = value, np.where(np.isinf(value), value, 2.0 * n / x * value - before)
    return value if order else before


def _modified_downwards(order: int, x: Array, most: float) -> Array:
    """I of that order for x up to `most` by Miller's algorithm: all the terms are positive, and their sum is e^x."""
    first = order + int(10.0 * math.sqrt(most)) + 40
    above, value = np.zeros_like(x), np.full(x.shape, 1e-290)
    wanted, whole = np.zeros_like(x), np.zeros_like(x)
    for n in range(first, -1, -1):
        if n == order:
            wanted = value
        whole = whole + (2.0 if n else 1.0) * value
        above, value = value, 2.0 * n / x * value + above
        scale = np.where(value > HUGE, 1.0 / HUGE, 1.0)
        above, value, wanted, whole = (quantity * scale for quantity in (above, value, wanted, whole))
    root = np.exp(0.5 * x)
    return wanted / whole * root * root


def _k_integral(order: int, x: Array) -> Array:
    """e^x K(x) for x >= 1: the integral DLMF 10.32.9 by the trapezoidal rule, which converges exponentially here."""
    step = np.minimum(0.18, 0.6 / np.sqrt(x))
    total = np.full(x.shape, 0.5)
    for k in range(1, 31):
        half = 0.5 * k * step
        total = total + np.exp(-2.0 * x * np.sinh(half) ** 2) * np.cosh(2.0 * order * half)
    result: Array = step * total
    return result
