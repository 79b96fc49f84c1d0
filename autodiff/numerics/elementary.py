"""NumPy's elementary functions of Python floats, by their names there, as `math` has them: NumPy need not be there.

Each gives IEEE's number, of inf and nan, too, or raises one of REFUSALS where `math` and the operators do: at a pole,
outside of a domain and beyond the range of doubles.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable

REFUSALS = (ArithmeticError, ValueError)


def sign(x: float) -> float:
    return x if x != x else float((x > 0.0) - (x < 0.0))


def square(x: float) -> float:
    return x * x


def rint(x: float) -> float:
    return math.copysign(round(x), x)


def floor(x: float) -> float:
    return math.copysign(math.floor(x), x)


def ceil(x: float) -> float:
    return math.copysign(math.ceil(x), x)


def trunc(x: float) -> float:
    return math.copysign(math.trunc(x), x)


def maximum(*operands: float) -> float:
    """The largest; nan where one is. Of equal ones, which may be zeros of either sign, the last, as of NumPy's."""
    largest = operands[0]
    for operand in operands:
        if not largest > operand and largest == largest:
            largest = operand
    return largest


def minimum(*operands: float) -> float:
    """The smallest; nan where one is. Of equal ones the last."""
    smallest = operands[0]
    for operand in operands:
        if not smallest < operand and smallest == smallest:
            smallest = operand
    return smallest


def clip(x: float, low: float, high: float) -> float:
    return minimum(maximum(x, low), high)


def where(condition: float, taken: float, otherwise: float) -> float:
    return taken if condition != 0.0 else otherwise


def less(x: float, y: float) -> float:
    return float(x < y)


def less_equal(x: float, y: float) -> float:
    return float(x <= y)


def greater(x: float, y: float) -> float:
    return float(x > y)


def greater_equal(x: float, y: float) -> float:
    return float(x >= y)


def equal(x: float, y: float) -> float:
    return float(x == y)


def not_equal(x: float, y: float) -> float:
    return float(x != y)


def logical_and(x: float, y: float) -> float:
    return float(x != 0.0 and y != 0.0)


def logical_or(x: float, y: float) -> float:
    return float(x != 0.0 or y != 0.0)


def logical_not(x: float) -> float:
    return float(x == 0.0)


OWN = (
    sign, square, rint, floor, ceil, trunc, maximum, minimum, clip, where, less, less_equal, greater, greater_equal,
    equal, not_equal, logical_and, logical_or, logical_not,
)  # fmt: skip
SPELLED: dict[str, Callable[..., float]] = {  # NumPy's name: that of `operator` or `math`
    "add": operator.add, "subtract": operator.sub, "multiply": operator.mul, "divide": operator.truediv,
    "negative": operator.neg, "remainder": operator.mod, "floor_divide": operator.floordiv, "absolute": math.fabs,
    "deg2rad": math.radians, "rad2deg": math.degrees, "arcsin": math.asin, "arccos": math.acos, "arctan": math.atan,
    "arctan2": math.atan2, "arcsinh": math.asinh, "arccosh": math.acosh, "arctanh": math.atanh,
}  # fmt: skip
ELEMENTARY: dict[str, Callable[..., float]] = {**{function.__name__: function for function in OWN}, **SPELLED}


def elementary(name: str) -> Callable[..., float] | None:
    """The function that NumPy calls so, or that `math` does (an older Python lacks cbrt and exp2), or None."""
    found: Callable[..., float] | None = ELEMENTARY.get(name) or getattr(math, name, None)
    return found
