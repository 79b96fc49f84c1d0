"""Pairs of doubles: 32 digits for the answers whose digits cancel in 16. Knows no kernel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import factorial
from typing import Any

from backprop.autodiff.lazy_numpy import np

VELTKAMP = 134217729.0  # 2^27 + 1 splits a double into two halves of 26 bits


def two_sum(a: Any, b: Any) -> tuple[Any, Any]:
    """Return a + b rounded, and the rounding error, exactly. Source: Knuth, TAOCP 2, theorem 4.2.2 B."""
    total = a + b
    rounded_b = total - a
    return total, (a - (total - rounded_b)) + (b - rounded_b)


def two_product(a: Any, b: Any) -> tuple[Any, Any]:
    """Return a * b rounded, and the rounding error, exactly below 1e299. Source: Dekker 1971, section 5."""
    product = a * b
    (a_high, a_low), (b_high, b_low) = split(a), split(b)
    error = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    return product, error


def split(a: Any) -> tuple[Any, Any]:
    """Return two halves of 26 bits, whose sum is a. Source: Dekker 1971, section 5."""
    scaled = VELTKAMP * a
    high = scaled - (scaled - a)
    return high, a - high


class DoubleDouble:
    """high + low, an unevaluated sum of two doubles: 32 digits, for the answers that cancel in 16.

    Elementwise, over scalars or arrays; finite numbers only. NumPy's functions that PAIRED names may be
    called with pairs, so that kernels made of these run in pairs, too; others raise TypeError. Source: Hida, Li &
    Bailey, Algorithms for quad-double precision floating point arithmetic (ARITH-15, 2001).
    """

    __slots__ = ("high", "low")

    def __init__(self, high: Any, low: Any = None) -> None:
        self.high = high
        self.low = high - high if low is None else low  # 0, of the same shape

    @classmethod
    def ratio(cls, numerator: int, denominator: int) -> DoubleDouble:
        """Return the quotient of two integers of any size."""
        high = numerator / denominator
        top, bottom = high.as_integer_ratio()
        return cls(high, (numerator * bottom - top * denominator) / (denominator * bottom))

    def __array_ufunc__(self, ufunc: Any, method: str, *operands: Any, **settings: Any) -> Any:
        function = PAIRED.get(ufunc.__name__) if method == "__call__" and not settings else None
        return NotImplemented if function is None else function(*map(_pair, operands))

    def __array_function__(self, function: Any, types: Any, operands: Any, settings: Any) -> Any:
        """The choice between pairs; what else NumPy has would make an array of objects."""
        if function.__name__ != np.where.__name__ or len(operands) != 3 or settings:
            return NotImplemented
        return choice(operands[0], _pair(operands[1]), _pair(operands[2]))

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TypeError("a pair of doubles is not a NumPy array")

    @property
    def value(self) -> Any:
        """The nearest double."""
        return self.high + self.low

    @property
    def halves(self) -> tuple[Any, Any]:
        return self.high, self.low

    def __getitem__(self, key: Any) -> DoubleDouble:
        return DoubleDouble(self.high[key], self.low[key])

    def __neg__(self) -> DoubleDouble:
        return DoubleDouble(-self.high, -self.low)

    def __add__(self, other: Any) -> DoubleDouble:
        addend = _pair(other)
        total, error = two_sum(self.high, addend.high)
        return _renormalised(total, error + (self.low + addend.low))

    def __sub__(self, other: Any) -> DoubleDouble:
        return self + -_pair(other)

    def __rsub__(self, other: Any) -> DoubleDouble:
        return _pair(other) - self

    def __mul__(self, other: Any) -> DoubleDouble:
        factor = _pair(other)
        product, error = two_product(self.high, factor.high)
        return _renormalised(product, error + (self.high * factor.low + self.low * factor.high))

    def __truediv__(self, other: Any) -> DoubleDouble:
        divisor = _pair(other)
        quotient = self.high / divisor.high
        remainder = self - divisor * quotient
        return _renormalised(quotient, remainder.high / divisor.high)

    def __rtruediv__(self, other: Any) -> DoubleDouble:
        return _pair(other) / self

    def __pow__(self, exponent: int) -> DoubleDouble:
        power = DoubleDouble(np.ones_like(self.high)[()])
        for bit in bin(exponent)[2:]:
            power = power * power
            if bit == "1":
                power = power * self
        return power

    __radd__ = __add__
    __rmul__ = __mul__

    def exp(self) -> DoubleDouble:
        """e^self."""
        minus_one, exponent = self._reduced_expm1()
        return (minus_one + 1.0).scaled(exponent)

    def expm1(self) -> DoubleDouble:
        """e^self - 1, with relative accuracy near 0."""
        minus_one, exponent = self._reduced_expm1()
        return minus_one.scaled(exponent) + DoubleDouble(*two_sum(np.ldexp(1.0, exponent), -1.0))

    def _reduced_expm1(self) -> tuple[DoubleDouble, Any]:
        """(e^self / 2^k) - 1 and k, from the series at a sixteenth of the remainder modulo log 2."""
        doublings = np.rint(self.high / LOG_TWO.high)
        remainder = (self - LOG_TWO * doublings) * 0.0625
        minus_one = remainder * polynomial(INVERSE_FACTORIALS[1:16], remainder)
        for _ in range(4):
            minus_one = minus_one * (minus_one + 2.0)
        return minus_one, doublings.astype(np.intc)  # ldexp takes no longer integer on Windows

    def scaled(self, exponent: Any) -> DoubleDouble:
        """self * 2^exponent."""
        return DoubleDouble(np.ldexp(self.high, exponent), np.ldexp(self.low, exponent))

    def log(self) -> DoubleDouble:
        """The natural logarithm, one Newton step from the double one: log x = y + log1p(x e^-y - 1)."""
        logarithm = DoubleDouble(np.log(self.high))
        return logarithm + (self * (-logarithm).exp() - 1.0)


def polynomial(coefficients: Sequence[Any], x: Any) -> Any:
    """Return the sum of coefficients[k] x^k, by Horner's rule."""
    total = coefficients[-1]
    for coefficient in reversed(coefficients[:-1]):
        total = total * x + coefficient
    return total


def choice(condition: Any, taken: DoubleDouble, otherwise: DoubleDouble) -> DoubleDouble:
    """Each pair of the one where the condition holds, of the other elsewhere."""
    halves = zip(taken.halves, otherwise.halves, strict=True)
    return DoubleDouble(*[np.where(condition, *both)[()] for both in halves])


def _pair(number: Any) -> DoubleDouble:
    return number if isinstance(number, DoubleDouble) else DoubleDouble(number)


def _renormalised(high: Any, low: Any) -> DoubleDouble:
    total = high + low
    return DoubleDouble(total, low - (total - high))


LOG_TWO = DoubleDouble.ratio(693147180559945309417232121458176568075500134360, 10**48)
PI = DoubleDouble.ratio(3141592653589793238462643383279502884197169399375, 10**48)
INVERSE_FACTORIALS = tuple(DoubleDouble.ratio(1, factorial(k)) for k in range(40))
PAIRED: dict[str, Callable[..., Any]] = {  # what NumPy's functions do with pairs; paired_functions.py brings more
    "add": lambda x, y: x + y,
    "subtract": lambda x, y: x - y,
    "multiply": lambda x, y: x * y,
    "divide": lambda x, y: x / y,
    "negative": lambda x: -x,
    "positive": lambda x: x,
    "square": lambda x: x * x,
    "exp": DoubleDouble.exp,
    "expm1": DoubleDouble.expm1,
    "log": DoubleDouble.log,
}
