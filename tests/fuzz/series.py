"""Power series at 50 digits: what a formula's derivatives along a line are, and how far rounding can move them.

A series holds the first coefficients of a function of t. A gate's own coefficients are mpmath's (`mpmath.taylor` of
the functions in tests/autodiff/oracles.py), composed as in Griewank & Walther (2008), chapter 13. No rule of a gate
is used. Where a kink is hit exactly, the series is the one of the side t > 0 or t < 0 that the evaluation is for.

With a generator, each result is disturbed as rounding to doubles might: a value that is no double by half a unit in
the last place, every coefficient by so much of the terms that it is the sum of, which may cancel, and the point at
which a gate's slopes are taken.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import cache
from random import Random

import mpmath
from mpmath import mp, mpf

from ..autodiff.oracles import ORACLES, SELU_ALPHA, SELU_SCALE

ROUNDING = mpf(2) ** -53
LEAST, MOST = mpf(10) ** -150, mpf(10) ** 150  # beyond them a product leaves the doubles
FAILURES = (ValueError, ZeroDivisionError, TypeError, OverflowError, NotImplementedError, mpmath.libmp.ComplexResult)


class NoTruth(Exception):
    """The formula has no finite derivatives here, or none whose digits are known."""


@cache
def taylor(name: str, point: mpf, length: int, digits: int) -> list[mpf]:
    """The coefficients of the function at the point. Raises NoTruth where they are not real.

    What is left of a coefficient that is 0 changes with the digits; a small one stays.
    """
    found = _differences(name, point, length, digits)
    noise = max(map(abs, found)) * mpf(10) ** (8 - digits)
    if not any(0 < abs(one) < noise for one in found):
        return found
    finer = _differences(name, point, length, digits + 20)
    return [one if abs(one - other) <= abs(one) / 2 else mpf(0) for one, other in zip(found, finer, strict=True)]


def _differences(name: str, point: mpf, length: int, digits: int) -> list[mpf]:
    with mp.workdps(digits):
        found = mp.taylor(ORACLES[name], point, length - 1, chop=False)
        if name == "acot":  # differences around its jump at 0 are none of either side, whose slopes are atan's turned
            found[1:] = [-one for one in mp.taylor(mp.atan, point, length - 1, chop=False)[1:]]
    if any(isinstance(one, mpmath.mpc) for one in found):
        raise NoTruth
    return [mpf(one) for one in found]


class Line:
    """One evaluation along a line: `length` coefficients, the side of t = 0, and the generator of disturbances.

    `touched` says whether a kink was hit exactly, `extreme` how far from 1 any number was, in powers of 2.
    """

    def __init__(self, length: int, side: int, random: Random | None = None) -> None:
        self.length, self.side, self.random = length, side, random
        self.touched = False
        self.extreme = 0

    def series(self, *coefficients: float) -> Series:
        given = [mpf(one) for one in coefficients]
        return Series(self, given + [mpf(0)] * (self.length - len(given)))

    def disturbance(self) -> mpf:
        return 1 + ROUNDING * self.random.uniform(-1, 1) if self.random else mpf(1)

    def rounded(self, coefficients: list[mpf], sizes: list[mpf] | None = None) -> Series:
        """The series of a gate's result; `sizes` are the sums of the absolute values of each coefficient's terms."""
        if not all(mpmath.isfinite(one) and (one == 0 or LEAST < abs(one) < MOST) for one in coefficients):
            raise NoTruth
        self.extreme = max(self.extreme, *(abs(mp.mag(one)) for one in coefficients if one != 0), 0)
        if self.random:
            value, *rest = coefficients
            is_double = mpf(float(value)) == value
            coefficients = [
                value if is_double else value * self.disturbance(),
                *(
                    one + size * (self.disturbance() - 1)
                    for one, size in zip(rest, (sizes or coefficients)[1:], strict=True)
                ),
            ]
        return Series(self, coefficients)


class Series:
    """A function of t near 0, with the operators of numbers: NumPy's arrays of objects take it."""

    __slots__ = ("coefficients", "line")

    def __init__(self, line: Line, coefficients: list[mpf]) -> None:
        self.line, self.coefficients = line, coefficients

    @property
    def value(self) -> mpf:
        return self.coefficients[0]

    def other(self, one: Series | float) -> Series:
        return one if isinstance(one, Series) else self.line.series(one)

    def __add__(self, one: Series | float) -> Series:
        return self.line.rounded(list(map(operator.add, self.coefficients, self.other(one).coefficients)))

    def __sub__(self, one: Series | float) -> Series:
        return self.line.rounded(list(map(operator.sub, self.coefficients, self.other(one).coefficients)))

    def __mul__(self, one: Series | float) -> Series:
        factors = self.coefficients, self.other(one).coefficients
        return self.line.rounded(product(*factors), product(*map(sizes_of, factors)))

    def __truediv__(self, one: Series | float) -> Series:
        over = self.other(one).coefficients
        if over[0] == 0:
            raise NoTruth
        found = quotient(self.coefficients, over)
        reciprocal = quotient([mpf(1)] + [mpf(0)] * (len(over) - 1), over)
        return self.line.rounded(found, product(sizes_of(self.coefficients), sizes_of(reciprocal)))

    def __neg__(self) -> Series:
        return Series(self.line, [-one for one in self.coefficients])

    def __radd__(self, one: float) -> Series:
        return self.other(one) + self

    def __rmul__(self, one: float) -> Series:
        return self.other(one) * self

    def __rsub__(self, one: float) -> Series:
        return self.other(one) - self

    def __rtruediv__(self, one: float) -> Series:
        return self.other(one) / self

    def sign(self) -> int:
        """The sign beside t = 0, on the line's side; 0 for the function that is 0."""
        for place, one in enumerate(self.coefficients):
            if place == 0 and one == 0:
                self.line.touched = True
            if one != 0:
                return (1 if one > 0 else -1) * self.line.side**place
        return 0

    def through(self, name: str) -> Series:
        """The elementwise function of this series, away from its kinks.

        Its value is exact at 0; elsewhere the last place may be off even where the value is a double.
        """
        line, length = self.line, len(self.coefficients)
        if name == "cbrt" and self.value == 0:  # the differences that mpmath makes see no infinite slope there
            raise NoTruth
        try:
            value = taylor(name, self.value, 1, mp.dps)[0]
            slopes = taylor(name, self.value * line.disturbance(), length, mp.dps)[1:]
        except FAILURES:
            raise NoTruth from None
        outer = [value, *slopes]
        found = line.rounded(composed(outer, self.coefficients), composed(sizes_of(outer), sizes_of(self.coefficients)))
        return found if self.value == 0 else found.blurred(abs(value))

    def blurred(self, size: mpf) -> Series:
        """The series with a disturbed value, by half a unit in the last place of a number of that size."""
        line = self.line
        return Series(line, [self.value + size * (line.disturbance() - 1), *self.coefficients[1:]])

    def power(self, exponent: Series) -> Series:
        """x^y: products for a whole constant exponent, else exp(y*log(x))."""
        times = exponent.value
        if self.value <= 0 and times == 0:  # an exponent that stays 0 may still be a variable's: it has no slope here
            raise NoTruth
        if not any(exponent.coefficients[1:]) and times == int(times) and abs(times) <= 64:
            found = sizes = [mpf(1), *[mpf(0)] * (len(self.coefficients) - 1)]
            for _ in range(int(abs(times))):
                found = product(found, self.coefficients)
                sizes = product(sizes, sizes_of(self.coefficients))
            result = self.line.rounded(found, sizes)
            return 1 / result if times < 0 else result
        if not any(self.coefficients) and times > 0:
            return self
        if self.value <= 0:
            raise NoTruth
        exact = Line(len(self.coefficients), self.line.side)
        scaled = product(exponent.coefficients, Series(exact, self.coefficients).through("log").coefficients)
        return self.line.rounded(Series(exact, scaled).through("exp").coefficients)

    def root(self) -> Series:
        """The square root of a sum of squares: smooth on either side of 0, where it has half the order."""
        leading = next((place for place, one in enumerate(self.coefficients) if one != 0), None)
        if leading is None:
            self.line.touched = True
            return self
        if leading == 0:
            return self.through("sqrt")
        if leading % 2:
            raise NoTruth
        self.line.touched = True
        half, sign = leading // 2, self.line.side ** (leading // 2)
        rest = Series(self.line, self.coefficients[leading:]).through("sqrt").coefficients
        return Series(self.line, [*[mpf(0)] * half, *(sign * one for one in rest)])


def product(one: list[mpf], other: list[mpf]) -> list[mpf]:
    length = min(len(one), len(other))
    return [sum((one[k] * other[place - k] for k in range(place + 1)), mpf(0)) for place in range(length)]


def quotient(one: list[mpf], other: list[mpf]) -> list[mpf]:
    found: list[mpf] = []
    for place, numerator in enumerate(one[: len(other)]):
        found.append((numerator - sum(found[k] * other[place - k] for k in range(place))) / other[0])
    return found


def sizes_of(coefficients: list[mpf]) -> list[mpf]:
    return [abs(one) for one in coefficients]


def composed(outer: list[mpf], inner: list[mpf]) -> list[mpf]:
    """The coefficients of the outer function of the inner one, by Horner's rule."""
    moved = [mpf(0), *inner[1:]]
    found = [mpf(0)] * len(inner)
    for one in reversed(outer):
        found = product(found, moved)
        found[0] += one
    return found


def absolute(x: Series) -> Series:
    return -x if x.sign() < 0 else x


def larger(x: Series, y: Series) -> Series:
    return y if (y - x).sign() > 0 else x


def smaller(x: Series, y: Series) -> Series:
    return y if (x - y).sign() > 0 else x


def rounded_down(x: Series) -> Series:
    whole = mp.floor(x.value)
    below = whole == x.value and (x - float(whole)).sign() < 0
    return x.line.series(whole - 1 if below else whole)


def nearest(x: Series) -> Series:
    if abs(x.value - mp.floor(x.value)) == 0.5:
        raise NoTruth
    return x.line.series(mp.nint(x.value))


def routed(x: Series, y: Series, then: Series, otherwise: Series) -> Series:
    """`then` where x > y. At a tie the branch is the convention's, not the limit's."""
    if x.value == y.value:
        raise NoTruth
    return then if x.value > y.value else otherwise


def angle(y: Series, x: Series) -> Series:
    if x.value == 0 == y.value:
        raise NoTruth
    turned = (y / x).through("atan") if abs(x.value) > abs(y.value) else -(x / y).through("atan")
    return Series(x.line, [mp.atan2(y.value, x.value), *turned.coefficients[1:]])


def negative_part_scaled(x: Series, scale: float) -> Series:
    return x if x.sign() > 0 else scale * x


def exponential_unit(x: Series, scale: float = 1.0) -> Series:
    return x if x.sign() > 0 else scale * x.through("expm1")


def held(x: Series, low: float, high: float) -> Series:
    return smaller(larger(x, x.line.series(low)), x.line.series(high))


KINKED: dict[str, Callable[[Series], Series]] = {
    "abs": absolute,
    "relu": lambda x: larger(x, x.line.series(0)),
    "leaky_relu": lambda x: negative_part_scaled(x, 0.01),
    "elu": exponential_unit,
    "selu": lambda x: mpf(SELU_SCALE) * exponential_unit(x, mpf(SELU_ALPHA)),
    "softsign": lambda x: x / (1 + absolute(x)),
    "hard_tanh": lambda x: held(x, -1, 1),
    "hard_sigmoid": lambda x: held(x / 6 + 0.5, 0, 1),
    "sign": lambda x: x.line.series(x.sign()),
    "floor": rounded_down,
    "ceil": lambda x: -rounded_down(-x),
    "round": nearest,
}
TWO_OPERANDS: dict[str, Callable[[Series, Series], Series]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "pow": lambda x, y: x.power(y),
    "mod": lambda x, y: x - y * rounded_down(x / y),
    "maximum": larger,
    "minimum": smaller,
    "hypot": lambda x, y: (x * x + y * y).root(),
    "atan2": angle,
}


def entrywise(name: str, x: Series) -> Series:
    """The function of one operand with that name."""
    return KINKED[name](x) if name in KINKED else x.through(name)
