"""Functions that some languages lack, by those that all of them have: as graphs, with the digits of the function.

They take a node, or nodes, and give a node, as a gate's `kernel` does. Nothing here is spelled.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

from backprop.autodiff.declaration.table import METHODS
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.numerics.double_double import two_product, two_sum
from backprop.autodiff.numerics.special import NORMAL_LIMIT, exp_of_minus_square

LOG_TWO = math.log(2.0)
# erf(x)/x by powers of x^2. Source: DLMF 7.6.1.
ERROR_SERIES = tuple(
    2.0 / math.sqrt(math.pi) * (-1) ** n / (math.factorial(n) * (2 * n + 1)) for n in range(14)
)  # fmt: skip
# (1 + 2x) exp(x^2) erfc(x) for x >= 0 by powers of (x - 3.75)/(x + 3.75), to 4e-18, by mpmath at the Chebyshev nodes.
# Source of the form: Shepherd & Laframboise, Mathematics of Computation 36 (1981).
SCALED_ERFC = (
    1.2375126308378275, -0.14024059858554702, 0.0035854154854644583, 0.08227673849015109, -0.10880393014175023,
    0.09230432116019638, -0.05869339858961116, 0.02836227742154398, -0.009746579558275152, 0.0017556258321915355,
    0.0002937136669846131, -0.0002901539781378384, 5.1649093885821704e-05, 2.238390827660038e-05,
    -1.1444134389658475e-05, -9.728413451815077e-07, 1.7516189406943677e-06, -5.827501862768691e-08,
    -2.586489910718322e-07, 2.4301839484503084e-08, 3.866242066283792e-08, -4.396921916762906e-09,
    -5.169080644815932e-09, 5.485084520083625e-10, 4.2433038251096756e-10, -3.7980647235900285e-11,
)  # fmt: skip
SMALL_EXPONENTS = (-2.0, -1.0, 2.0, 3.0, 4.0)
SMALL = 2.0**-300
NEXT_TO_ZERO = 0.5  # up to here erf is its series, from here on 1 - erfc


def polynomial(x: Any, coefficients: Sequence[float]) -> Any:
    """By Horner's rule; the coefficient of the highest power is the last."""
    total: Any = coefficients[-1]
    for coefficient in reversed(coefficients[:-1]):
        total = coefficient + x * total
    return total


def with_sign_of(x: Any, magnitude: Any) -> Any:
    return np.where(x < 0.0, -magnitude, magnitude)


def expm1(x: Any) -> Any:
    """By the logarithm of exp(x), whose rounding is that of exp(x) - 1. Source: Kahan; Higham, section 1.14.1."""
    power = np.exp(x)
    rise = power - 1.0
    near = np.where(np.equal(power, 1.0), x, rise * x / np.log(power))
    return np.where(np.abs(x) > 1.0, rise, near)


def log1p(x: Any) -> Any:
    """The same for the logarithm of the sum."""
    total = 1.0 + x
    near = np.where(np.equal(total, 1.0), x, np.log(total) * x / (total - 1.0))
    return np.where(np.abs(x) > 0.5, np.log(total), near)


def sinh(x: Any) -> Any:
    size = np.abs(x)
    rise = np.expm1(size)
    half = np.exp(0.5 * size)
    return with_sign_of(x, np.where(size < 20.0, 0.5 * (rise + rise / (rise + 1.0)), 0.5 * half * half))


def cosh(x: Any) -> Any:
    size = np.abs(x)
    half = np.exp(0.5 * size)
    return np.where(size < 20.0, 0.5 * (np.exp(size) + np.exp(-size)), 0.5 * half * half)


def tanh(x: Any) -> Any:
    fall = np.expm1(-2.0 * np.abs(x))
    return with_sign_of(x, -fall / (fall + 2.0))


def asinh(x: Any) -> Any:
    size = np.abs(x)
    held = np.minimum(size, 1e10)
    near = np.log1p(held + held * held / (1.0 + np.sqrt(1.0 + held * held)))
    return with_sign_of(x, np.where(size < 1e10, near, np.log(size) + LOG_TWO))


def acosh(x: Any) -> Any:
    rest = np.minimum(x, 1e10) - 1.0
    near = np.log1p(rest + np.sqrt(rest * (2.0 + rest)))
    return np.where(x < 1e10, near, np.log(x) + LOG_TWO)


def atanh(x: Any) -> Any:
    size = np.abs(x)
    return with_sign_of(x, 0.5 * np.log1p(2.0 * size / (1.0 - size)))


def cbrt(x: Any) -> Any:
    """The power, with one step of Newton's, by quotients alone, which do not overflow."""
    rough = METHODS["^"](np.abs(x), x.graph.constant(1.0 / 3.0))
    refined = rough - (rough - np.abs(x) / rough / rough) / 3.0
    is_plain = np.logical_or(np.equal(x, 0.0), np.equal(np.abs(x), math.inf))
    return with_sign_of(x, np.where(is_plain, np.abs(x), refined))


def hypot(x: Any, y: Any) -> Any:
    larger = np.maximum(np.abs(x), np.abs(y))
    smaller = np.minimum(np.abs(x), np.abs(y))
    quotient = smaller / larger
    is_plain = np.logical_or(np.equal(larger, 0.0), np.equal(larger, math.inf))
    return np.where(is_plain, larger, larger * np.sqrt(1.0 + quotient * quotient))


def whole_power(x: Any, exponent: float) -> Any:
    """x^n for a small whole n by products, which other than a power are no error where they leave the range."""
    product = reduce(METHODS["*"], [x] * int(abs(exponent)))
    return 1.0 / product if exponent < 0.0 else product


def exp2(x: Any) -> Any:
    return METHODS["^"](x.graph.constant(2.0), x)


def nearest(x: Any) -> Any:
    """The nearest whole number, halves to the even one."""
    below = np.floor(x)
    rest = x - below
    is_even = np.equal(below, 2.0 * np.floor(0.5 * below))
    is_below = np.logical_or(rest < 0.5, np.logical_and(np.equal(rest, 0.5), is_even))
    return np.where(np.equal(x, below), x, np.where(is_below, below, below + 1.0))


def truncated(x: Any) -> Any:
    return np.where(x < 0.0, np.ceil(x), np.floor(x))


def remainder(x: Any, y: Any) -> Any:
    """x - y*n, the product with 32 digits; nan where the quotient n has more than 15.

    The rounded quotient may have reached the next whole number.
    """
    quotient = np.floor(x / y)
    product, error = two_product(quotient, y)
    rest = (x - product) - error
    near = np.where(np.abs(quotient) < 2.0**53, np.where(has_other_sign(rest, y), rest + y, rest), math.nan)
    return np.where(np.equal(np.abs(y), math.inf), far_remainder(x, y), near)


def has_other_sign(x: Any, y: Any) -> Any:
    return np.logical_or(np.logical_and(x < 0.0, y > 0.0), np.logical_and(x > 0.0, y < 0.0))


def far_remainder(x: Any, y: Any) -> Any:
    """That by an infinite y: x itself, or y where it has the other sign."""
    return np.where(np.equal(np.abs(x), math.inf), math.nan, np.where(has_other_sign(x, y), y, x))


def floor_quotient(x: Any, y: Any) -> Any:
    """The quotient without its remainder, which is whole up to a rounding."""
    quotient = np.where(np.equal(np.abs(x), math.inf), math.nan, x / y)
    whole = np.where(np.abs(quotient) < 2.0**53, nearest((x - np.mod(x, y)) / y), quotient)
    by_infinity = np.where(np.equal(np.abs(x), math.inf), math.nan, np.where(has_other_sign(x, y), -1.0, 0.0))
    far = np.where(np.equal(np.abs(y), math.inf), by_infinity, whole)
    return np.where(np.equal(y, 0.0), x / y, far)


def erf(x: Any) -> Any:
    size = np.abs(x)
    held = np.minimum(size, NEXT_TO_ZERO)
    near = x * polynomial(held * held, ERROR_SERIES)
    return np.where(size < NEXT_TO_ZERO, near, with_sign_of(x, 1.0 - tail_of_erfc(size)))


def erfc(x: Any) -> Any:
    tail = tail_of_erfc(np.abs(x))
    return np.where(x < NEXT_TO_ZERO, np.where(x < -NEXT_TO_ZERO, 2.0 - tail, 1.0 - erf(x)), tail)


def tail_of_erfc(size: Any) -> Any:
    """erfc for x >= 0."""
    held = np.minimum(size, NORMAL_LIMIT)
    place = (held - 3.75) / (held + 3.75)
    return exp_of_minus_square(held) * (polynomial(place, SCALED_ERFC) / (1.0 + 2.0 * held))


def unit_scale(size: Any) -> Any:
    """A power of 2 times which no number has a square that leaves the range."""
    is_small = np.logical_and(size > 0.0, size < SMALL)
    is_large = np.logical_and(size > 1.0 / SMALL, size < math.inf)
    return np.where(is_small, 1.0 / SMALL**2, np.where(is_large, SMALL**2, 1.0))


def det_of_two(a: Any, b: Any, c: Any, d: Any, added: Any) -> Any:
    """Each product with 32 digits, for they may cancel."""
    first, first_error = two_product(a, d)
    second, second_error = two_product(b, c)
    exact = (first - second) + (first_error - second_error) + added
    plain = a * d - b * c + added
    return np.where(np.abs(exact) < math.inf, exact, plain)


def det_of_three(a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, g: Any, h: Any, i: Any, added: Any) -> Any:
    """The sum of the products with 32 digits, for it may cancel."""
    total: Any = added
    rest: Any = 0.0
    for x, y, z in ((a, e, i), (b, f, g), (c, d, h), (-c, e, g), (-b, d, i), (-a, f, h)):
        product, product_error = two_product(x, y)
        term, term_error = two_product(product, z)
        total, sum_error = two_sum(total, term)
        rest = rest + (sum_error + (term_error + product_error * z))
    plain = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g) + added
    exact = total + rest
    return np.where(np.abs(exact) < math.inf, exact, plain)


def logaddexp(x: Any, y: Any) -> Any:
    """With the digits of the larger one."""
    larger, smaller = np.maximum(x, y), np.minimum(x, y)
    is_plain = np.equal(np.abs(larger), math.inf)
    return np.where(is_plain, larger, larger + np.log1p(np.exp(smaller - larger)))


def largest(*operands: Any) -> Any:
    return reduce(METHODS[np.maximum], operands)


def smallest(*operands: Any) -> Any:
    return reduce(METHODS[np.minimum], operands)


FORMS: dict[str, Callable[..., Any]] = {
    "expm1": expm1,
    "log1p": log1p,
    "sinh": sinh,
    "cosh": cosh,
    "tanh": tanh,
    "asinh": asinh,
    "acosh": acosh,
    "atanh": atanh,
    "cbrt": cbrt,
    "hypot": hypot,
    "exp2": exp2,
    "rint": nearest,
    "trunc": truncated,
    "mod": remainder,
    "floor_div": floor_quotient,
    "erf": erf,
    "erfc": erfc,
    "unit_scale": unit_scale,
    "det_of_two": det_of_two,
    "det_of_three": det_of_three,
    "logaddexp": logaddexp,
    "maximum": largest,
    "minimum": smallest,
}
