"""NumPy's functions of pairs of doubles, to about 31 digits: what a kernel that is called with pairs computes by.

Finite numbers only; what a kernel has no function for here raises TypeError. Source: Hida, Li & Bailey (2001).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from backprop.autodiff.numerics.double_double import (
    INVERSE_FACTORIALS,
    LOG_TWO,
    PAIRED,
    PI,
    DoubleDouble,
    choice,
    polynomial,
)

MOST_MULTIPLIED = 64  # the largest exponent that is multiplied out
TERMS = 14  # of the series of sine and cosine up to pi/4: the next is below 1e-32


def of_decimals(numbers: Any) -> DoubleDouble:
    """The decimals that doubles stand for: of each the shortest that reads back to it, which a file or a text had."""
    array = np.asarray(numbers, dtype=np.float64)
    distinct, places = np.unique(array.ravel(), return_inverse=True)
    errors = [float(Decimal(repr(number)) - Decimal(number)) for number in distinct.tolist()]
    return DoubleDouble(array[()], np.array(errors, dtype=np.float64)[places].reshape(array.shape)[()])


def sqrt(x: DoubleDouble) -> DoubleDouble:
    """One Newton step from the double root."""
    root = np.sqrt(x.high)
    rest = x - DoubleDouble(root) * root
    return DoubleDouble(root) + np.where(root > 0.0, rest.high / np.where(root > 0.0, 2.0 * root, 1.0), 0.0)[()]


def sine_and_cosine(x: DoubleDouble) -> tuple[DoubleDouble, DoubleDouble]:
    """By their series at the remainder modulo pi/2."""
    turns = np.rint(x.high / (PI.high / 2.0))
    rest = x - PI * (turns * 0.5)
    square = rest * rest
    signs = [1.0, -1.0] * TERMS
    sine = rest * polynomial([INVERSE_FACTORIALS[2 * k + 1] * signs[k] for k in range(TERMS)], square)
    cosine = polynomial([INVERSE_FACTORIALS[2 * k] * signs[k] for k in range(TERMS + 1)], square)
    quarter = np.mod(turns, 4.0)
    is_odd = np.mod(quarter, 2.0) == 1.0
    first, second = choice(is_odd, cosine, sine), choice(is_odd, sine, cosine)
    return first * np.where(quarter >= 2.0, -1.0, 1.0), second * np.where(
        (quarter == 1.0) | (quarter == 2.0), -1.0, 1.0
    )


def tangent(x: DoubleDouble) -> DoubleDouble:
    sine, cosine = sine_and_cosine(x)
    return sine / cosine


def arctangent(x: DoubleDouble) -> DoubleDouble:
    """One step from the double angle, by the tangent of a difference."""
    angle = DoubleDouble(np.arctan(x.high))
    sine, cosine = sine_and_cosine(angle)
    return angle + (x * cosine - sine) / (cosine + x * sine)


def arcsine(x: DoubleDouble) -> DoubleDouble:
    """One Newton step from the double angle."""
    angle = DoubleDouble(np.arcsin(x.high))
    sine, cosine = sine_and_cosine(angle)
    return angle + (x - sine) / cosine


def log1p(x: DoubleDouble) -> DoubleDouble:
    """One Newton step from the double logarithm."""
    logarithm = DoubleDouble(np.log1p(x.high))
    return logarithm + (x - logarithm.expm1()) * (-logarithm).exp()


def hyperbolic_sine(x: DoubleDouble) -> DoubleDouble:
    minus_one = absolute(x).expm1()
    return (minus_one + minus_one / (minus_one + 1.0)) * np.where(x.high < 0.0, -0.5, 0.5)


def hyperbolic_cosine(x: DoubleDouble) -> DoubleDouble:
    raised = x.exp()
    return (raised + 1.0 / raised) * 0.5


def hyperbolic_tangent(x: DoubleDouble) -> DoubleDouble:
    minus_one = (absolute(x) * -2.0).expm1()
    return choice(x.high < 0.0, minus_one / (minus_one + 2.0), -minus_one / (minus_one + 2.0))


def power(x: DoubleDouble, y: DoubleDouble) -> DoubleDouble:
    """x^y: multiplied out where all exponents are one small whole number, else by logarithms."""
    exponent = y.high if np.ndim(y.high) == 0 and np.ndim(y.low) == 0 and not y.low else math.nan
    if float(exponent).is_integer() and abs(exponent) <= MOST_MULTIPLIED:
        raised = x ** abs(int(exponent))
        return raised if exponent >= 0.0 else 1.0 / raised
    is_odd = np.mod(np.abs(y.high), 2.0) == 1.0
    is_whole = (np.rint(y.high) == y.high) & (y.low == 0.0)
    if np.any((x.high < 0.0) & ~is_whole):
        raise TypeError("a power that is not a real number")
    raised = (y * absolute(x).log()).exp()
    return choice((x.high < 0.0) & is_odd, -raised, raised)


def absolute(x: DoubleDouble) -> DoubleDouble:
    return choice(x.high < 0.0, -x, x)


def compared(function: Callable[..., Any]) -> Callable[..., Any]:
    """A comparison of pairs by the sign of their difference."""
    return lambda x, y: function((x - y).value, 0.0)


MORE: dict[Any, Callable[..., Any]] = {
    "absolute": absolute,
    "sqrt": sqrt,
    "exp2": lambda x: (x * LOG_TWO).exp(),
    "log1p": log1p,
    "log2": lambda x: x.log() / LOG_TWO,
    "log10": lambda x: x.log() / DoubleDouble(10.0).log(),
    "sin": lambda x: sine_and_cosine(x)[0],
    "cos": lambda x: sine_and_cosine(x)[1],
    "tan": tangent,
    "arctan": arctangent,
    "arcsin": arcsine,
    "arccos": lambda x: PI * 0.5 - arcsine(x),
    "sinh": hyperbolic_sine,
    "cosh": hyperbolic_cosine,
    "tanh": hyperbolic_tangent,
    "power": power,
    "minimum": lambda x, y: choice((x - y).value < 0.0, x, y),
    "maximum": lambda x, y: choice((x - y).value > 0.0, x, y),
    "equal": compared(np.equal),
    "not_equal": compared(np.not_equal),
    "less": compared(np.less),
    "less_equal": compared(np.less_equal),
    "greater": compared(np.greater),
    "greater_equal": compared(np.greater_equal),
}
PAIRED.update(MORE)


def total(numbers: DoubleDouble, axis: int = 0) -> DoubleDouble:
    """The sum along an axis, of halves and halves of these."""
    high, low = np.moveaxis(numbers.high, axis, 0), np.moveaxis(numbers.low, axis, 0)
    terms = DoubleDouble(high, low)
    while len(terms.high) > 1:
        half, rest = divmod(len(terms.high), 2)
        summed = terms[:half] + terms[half : 2 * half]
        terms = stacked([summed, terms[2 * half :]]) if rest else summed
    return terms[0]


def stacked(parts: Sequence[DoubleDouble]) -> DoubleDouble:
    """Pairs one behind the other along the first axis."""
    return DoubleDouble(*[np.concatenate(halves) for halves in zip(*[part.halves for part in parts], strict=True)])
