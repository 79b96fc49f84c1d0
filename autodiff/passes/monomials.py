"""Products of powers with a coefficient, and what of them may be folded: exact, or well inside the range."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from functools import cache, lru_cache
from itertools import product
from typing import Any, TypeAlias

from backprop.autodiff.declaration.gate import Gate
from backprop.autodiff.declaration.kinds import Elementwise
from backprop.autodiff.evaluation.scalars import values_at
from backprop.autodiff.gates import arithmetic, constructors, exponential
from backprop.autodiff.graph import Node
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.shapes import broadcast, is_finite

Number: TypeAlias = Any  # a Fraction or a float, which mypy joins to an object

MODEST = 2.0**64  # of numbers folded beside powers, and 1/MODEST: products overflow hardly sooner than as written
LARGEST = 1e290  # of numbers folded elsewhere, and 1/LARGEST: neither overflow nor lost digits


class Exponent(NamedTuple):
    """`number + symbolic`."""

    number: Number
    symbolic: Node | None


class Monomial(NamedTuple):
    """`coefficient` times the product of the bases raised to their exponents."""

    coefficient: Number
    powers: dict[Node, Exponent]


ONE = Exponent(Fraction(1), None)
ZERO = Exponent(Fraction(0), None)


LARGEST_DENOMINATOR = 1000  # of a fraction that is recognized: two doubles in 10^10 are near one by chance
ROUNDING = 4e-16  # of a quotient of whole numbers and of products of some


@lru_cache(1024)
def as_number(value: float) -> Number:
    """A whole number as a fraction, which divides without rounding, and 1/3 likewise; else the double as written."""
    value = float(value)
    if value.is_integer():
        return Fraction(int(value)) if abs(value) < 2**53 else value
    near = Fraction(value).limit_denominator(LARGEST_DENOMINATOR)
    has_decimals = 10**9 % near.denominator == 0  # 0.1 says more than 1/10
    return value if has_decimals or abs(float(near) - value) > ROUNDING * abs(value) else near


def plain_number(node: Node) -> Number | None:
    """The value of a scalar literal; None for anything else, a named constant too."""
    if not node.is_literal or not math.isfinite(node.value):
        return None
    return as_number(node.value)


def added(numbers: Iterable[Number]) -> Number | None:
    """Their sum; None where it is out of range."""
    total: Number = Fraction(0)
    for number in numbers:
        total = total + number
    return total if abs(total) < LARGEST else None


def multiplied(numbers: Iterable[Number], largest: float) -> Number | None:
    """Their product; None where that folds numbers and its size is beyond `largest` or 1/`largest`."""
    folded, sign = [], 1
    for number in numbers:
        if number == -1:
            sign = -sign
        elif number != 1:
            folded.append(number)
    if len(folded) < 2:
        return sign * folded[0] if folded else Fraction(sign)
    if 0 in folded:
        return Fraction(0)
    if sum(math.log2(abs(factor)) for factor in folded) > math.log2(largest):
        return None
    if sum(math.log2(abs(factor)) for factor in folded) < -math.log2(largest):
        return None
    exact: Number = math.prod(factor for factor in folded if isinstance(factor, Fraction)) * sign
    mantissa, exponent = 1.0, 0
    floats = [factor for factor in folded if not isinstance(factor, Fraction)]
    decimals = [Fraction(repr(factor)) for factor in floats]
    if not floats or (exact.denominator > 1 and max(one.denominator for one in decimals) <= LARGEST_DENOMINATOR):
        return exact * math.prod(decimals)  # 0.5*(1/3) is 1/6
    for number in [float(exact), *floats]:  # a part of the product may be out of range
        part, shift = math.frexp(number)
        mantissa, more = math.frexp(mantissa * part)
        exponent += shift + more
    return math.ldexp(mantissa, exponent)


def is_whole(exponent: Exponent) -> bool:
    return exponent is ONE or (exponent.symbolic is None and exponent.number == int(exponent.number))


def can_merge(base: Node, first: Exponent, second: Exponent) -> bool:
    """Whether base^first * base^second is base^(first + second) wherever the base has a value."""
    if not (is_whole(first) and is_whole(second)):
        return False
    return (first.number > 0) == (second.number > 0) or base.gate.has_no_zero


def is_raised(powers: dict[Node, Exponent]) -> bool:
    return any(exponent.symbolic is not None or abs(exponent.number) != 1 for exponent in powers.values())


# as large as may be where no exponential overflows: that is no edge of a domain
TRIED = (-500.0, 500.0, -2.0, -1.5, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 1.5, 2.0, 100.0)


def is_total(node: Node) -> bool:
    """Whether the node's gate has no pole and no edge of its domain: a leaf, or a function that is tried out."""
    if not node.inputs:
        return node.value is None or is_finite(node.value)
    return not node.attributes and len(node.inputs) <= 3 and _is_total(node.gate, len(node.inputs))


@cache
def _is_total(gate: Gate, count: int) -> bool:
    if not isinstance(gate, Elementwise):
        return False
    return all(map(math.isfinite, values_at(gate, product(TRIED, repeat=count))))


def place_in_product(power: tuple[Node, Exponent]) -> tuple[int, int]:
    """Where a power stands in a product: named constants, variables in their order, x^n and its like, all else."""
    base, exponent = power
    if base.inputs or base.name is None:
        return 3, 0
    if exponent.symbolic is not None:
        return 2, base.index
    return int(not base.is_constant), base.index


def without_ones(powers: dict[Node, Exponent]) -> dict[Node, Exponent]:
    """The powers without arrays of ones that only repeat what has their shape, or that of a row or column, already."""
    for base in [base for base in powers if base.gate is constructors.ones]:
        others = [other.shape for other in powers if other is not base]
        if others and broadcast(others) == broadcast([base.shape, *others]):
            powers = {other: exponent for other, exponent in powers.items() if other is not base}
    return powers


def is_log_of_zero(node: Node) -> bool:
    return node.gate is exponential.log and plain_number(node.inputs[0]) == 0


def is_power(node: Node) -> bool:
    return node.gate is arithmetic.power
