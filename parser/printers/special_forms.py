"""The gamma function and its kin, and sinc, whose routines are loops: at a length that serves all numbers.

They agree with the routines to 1e-12 but next to the roots of lgamma and digamma on the left, where digits cancel.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from backprop.autodiff.declaration.table import METHODS
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.numerics.routines.gamma import (
    BERNOULLI,
    DIGAMMA_DENOMINATOR,
    DIGAMMA_NUMERATOR,
    DIGAMMA_ROOT,
    DIGAMMA_ROOT_REST,
    LOG_SQRT_TWO_PI,
    RECIPROCAL_GAMMA,
)
from backprop.parser.printers.forms import FORMS, nearest, polynomial, with_sign_of

STEPS = 10  # by which the recurrence takes a number to where Stirling's series has 17 digits
TERMS = 9  # of it
MOST_ORDERS = 4  # of derivatives of digamma, for which that is true


def sine_of_pi(x: Any) -> Any:
    """sin(pi x), with relative accuracy at its roots."""
    rest = x - nearest(x)
    turns = nearest(x)
    is_odd = np.not_equal(turns, 2.0 * np.floor(0.5 * turns))
    return np.where(is_odd, -1.0, 1.0) * np.sin(math.pi * rest)


def cotangent_of_pi(x: Any) -> Any:
    """cot(pi x), 0 exactly half-way between its poles."""
    rest = x - nearest(x)
    size = np.abs(rest)
    return with_sign_of(rest, np.where(size > 0.25, np.tan(math.pi * (0.5 - size)), 1.0 / np.tan(math.pi * size)))


def sinc(x: Any) -> Any:
    quotient = sine_of_pi(x) / (math.pi * x)
    return np.where(np.equal(x, 0.0), 1.0, np.where(np.equal(np.abs(x), math.inf), 0.0, quotient))


def sinc_derivative(x: Any, order: int) -> Any:
    """By the recurrence of its derivatives, which is steady downwards near 0 and upwards from there."""
    t = math.pi * x
    sine, cosine = sine_of_pi(x), sine_of_pi(x + 0.5)
    turned = (sine, cosine, -sine, -cosine)
    near: Any = 0.0
    for n in range(2 * order + 30, order, -1):
        near = (turned[n % 4] - t * near) / n
    far = sine / t
    for n in range(1, order + 1):
        far = (turned[n % 4] - n * far) / t
    value = math.pi**order * np.where(np.abs(t) > float(max(order, 2)), far, near)
    return np.where(np.equal(np.abs(x), math.inf), 0.0, value)


def is_whole(x: Any) -> Any:
    return np.equal(x, np.floor(x))


def shifted(x: Any, step: Callable[[Any], Any]) -> tuple[Any, list[Any]]:
    """A number that is large, and the steps of the recurrence to it, which count where x is not large itself."""
    is_far = x > STEPS
    return np.where(is_far, x, x + STEPS), [np.where(is_far, step(None), step(x + k)) for k in range(STEPS)]


def lgamma_right(x: Any) -> Any:
    """For x > 0: around 1 and 2 by the series of its reciprocal, beyond by Stirling's. Source: DLMF 5.7, 5.11."""
    is_small = x < 0.5
    middle = np.where(is_small, x + 1.0, np.minimum(x, 2.5))
    whole = np.floor(middle + 0.5)
    d = np.where(is_small, x, middle - whole)
    near = np.log1p((whole - 1.0) * d) - np.log1p(d * polynomial(d, RECIPROCAL_GAMMA))
    far, steps = shifted(x, lambda place: 1.0 if place is None else place)
    product = steps[0]
    for factor in steps[1:]:
        product = product * factor
    square = 1.0 / far / far
    rest = polynomial(square, [BERNOULLI[j - 1] / (2 * j * (2 * j - 1)) for j in range(1, TERMS + 1)]) / far
    stirling = (far - 0.5) * (np.log(far) - 1.0) - 0.5 + LOG_SQRT_TWO_PI + rest - np.log(product)
    return np.where(x < 2.5, np.where(is_small, near - np.log(x), near), stirling)


def lgamma(x: Any) -> Any:
    right = lgamma_right(np.where(x > 0.0, x, 1.0 - x))
    left = np.log(math.pi / np.abs(sine_of_pi(x))) - right
    is_infinite = np.logical_or(np.equal(np.abs(x), math.inf), np.logical_and(np.less_equal(x, 0.0), is_whole(x)))
    return np.where(is_infinite, math.inf, np.where(x > 0.0, right, left))


def gamma(x: Any) -> Any:
    size = np.exp(lgamma_right(np.where(x > 0.0, x, 1.0 - x)))
    left = math.pi / sine_of_pi(x) / size
    no_number = np.logical_or(np.equal(x, -math.inf), np.logical_and(x < 0.0, is_whole(x)))
    value = np.where(x > 0.0, size, np.where(no_number, math.nan, left))
    return np.where(np.equal(x, math.inf), math.inf, np.where(np.equal(x, 0.0), math.inf, value))


def digamma(x: Any) -> Any:
    """Source: DLMF 5.11.2, 5.5.2 and 5.5.4."""
    own = np.where(x > 0.0, x, 1.0 - x)
    held = np.minimum(np.maximum(own, 1.0), 2.0)
    quotient = polynomial(held - 1.5, DIGAMMA_NUMERATOR) / polynomial(held - 1.5, DIGAMMA_DENOMINATOR)
    near = ((held - DIGAMMA_ROOT) - DIGAMMA_ROOT_REST) * quotient
    far, steps = shifted(own, lambda place: 0.0 if place is None else 1.0 / place)
    square = 1.0 / far / far
    rest = square * polynomial(square, [BERNOULLI[j - 1] / (2 * j) for j in range(1, TERMS + 1)])
    total = sum(reversed(steps[1:]), steps[0])
    right = np.where(np.equal(held, own), near, np.log(far) - 0.5 / far - rest - total)
    value = np.where(x > 0.0, right, right - math.pi * cotangent_of_pi(x))
    is_end = np.logical_and(is_whole(x), np.logical_or(x < 0.0, np.equal(x, -math.inf)))
    ends = np.where(np.equal(x, math.inf), math.inf, np.where(np.equal(x, 0.0), -math.inf, value))
    return np.where(is_end, math.nan, ends)


def power(x: Any, n: int) -> Any:
    return reduce(METHODS["*"], [x] * n)


def polygamma(x: Any, order: int) -> Any:
    """Source: DLMF 5.15.8, by steps of 5.15.5, and 5.15.6 with the derivatives of the cotangent by itself."""
    if order == 0:
        return digamma(x)
    if order > MOST_ORDERS:
        raise ExpressionError(
            f"'polygamma' of order {order} is not written out without loops, up to {MOST_ORDERS} is",
            cure="choose another language; or compute it by backprop batch, which writes Parquet and CSV",
        )
    own = np.where(x > 0.0, x, 1.0 - x)
    factor = math.factorial(order)
    far, steps = shifted(own, lambda place: 0.0 if place is None else factor / power(place, order + 1))
    inverse = 1.0 / far
    series = [BERNOULLI[j - 1] * math.factorial(2 * j + order - 1) / math.factorial(2 * j) for j in range(1, TERMS + 1)]
    first = factor / order + 0.5 * factor * inverse
    square = inverse * inverse
    right = power(inverse, order) * (first + square * polynomial(square, series)) + sum(reversed(steps))
    cotangent = cotangent_of_pi(x)
    coefficients = [0.0, math.pi]  # of pi cot(pi x) and its derivatives by powers of the cotangent
    for _ in range(order):
        slope = [place * one for place, one in enumerate(coefficients)][1:]
        coefficients = [-math.pi * (a + b) for a, b in zip([*slope, 0.0, 0.0], [0.0, 0.0, *slope], strict=True)]
    sign = 1.0 if order % 2 == 1 else -1.0
    left = -sign * (right + polynomial(cotangent, coefficients))
    value = np.where(x > 0.0, right, left)
    at_pole = math.inf if order % 2 == 1 else np.where(np.equal(x, 0.0), math.inf, math.nan)
    pole = np.where(np.logical_and(np.less_equal(x, 0.0), is_whole(x)), at_pole, value)
    return sign * np.where(np.equal(x, math.inf), 0.0, np.where(np.equal(x, -math.inf), math.nan, pole))


LOOPLESS_FORMS: dict[str, Callable[..., Any]] = FORMS | {
    "sinc": sinc,
    "sinc_derivative": sinc_derivative,
    "lgamma": lgamma,
    "gamma": gamma,
    "digamma": digamma,
    "polygamma": polygamma,
}
