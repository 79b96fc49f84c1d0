"""Sums of products of powers with exact coefficients: added, multiplied, divided. Knows no gate and no graph's rules.

A base is a node, of which only the identity counts, and an exponent a fraction that may be negative.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import reduce
from typing import TypeAlias

from backprop.autodiff.graph import Node

Rational: TypeAlias = Fraction | int  # a whole number is best an int, which is many times as fast
Powers: TypeAlias = frozenset[tuple[Node, Rational]]  # the bases of a product, each once, none to the power of 0
PowerSum: TypeAlias = dict[Powers, Rational]  # its products, each with a coefficient that is not 0

NO_POWERS: Powers = frozenset()
MOST_QUOTIENT_TERMS = 256
LARGEST_ROOT = 128


def exact(value: Rational) -> Rational:
    """The number, a whole one as an int."""
    return value.numerator if value.denominator == 1 else value


def number(value: Rational) -> PowerSum:
    return {NO_POWERS: value} if value else {}


def power(base: Node, exponent: Rational = 1) -> PowerSum:
    """The base to a power that is not 0."""
    return {frozenset([(base, exponent)]): 1}


def joined(first: Powers, second: Powers) -> Powers:
    """The product of two products."""
    if not first or not second:
        return first or second
    exponents = dict(first)
    for base, exponent in second:
        exponents[base] = exponents.get(base, 0) + exponent
    return frozenset([item for item in exponents.items() if item[1]])


def add_scaled(total: PowerSum, terms: PowerSum, powers: Powers = NO_POWERS, scale: Rational = 1) -> None:
    """Add to `total` the terms times a coefficient and a product."""
    for term_powers, coefficient in terms.items():
        key = joined(term_powers, powers)
        combined = total.get(key, 0) + coefficient * scale
        if combined:
            total[key] = combined
        else:
            del total[key]


def product(first: PowerSum, second: PowerSum) -> PowerSum:
    total: PowerSum = {}
    for powers, coefficient in first.items():
        add_scaled(total, second, powers, coefficient)
    return total


def raised(terms: PowerSum, exponent: int) -> PowerSum:
    """The sum to a whole power, multiplied out."""
    return reduce(product, [terms] * exponent, number(1))


def bases_of(terms: PowerSum) -> list[Node]:
    """The bases of all terms in the order of the graph."""
    return sorted({base for powers in terms for base, _ in powers}, key=lambda base: base.index)


def common_factor(terms: PowerSum) -> tuple[Rational, Powers]:
    """The largest number and product that divide every term: what is left has whole coefficients and no pole.

    The number is negative where all terms are, or the first of more than two, so that a reader sees 3*x^2 - 4*x - 1.
    """
    exponents = [dict(powers) for powers in terms]
    least = {base: min(term.get(base, 0) for term in exponents) for base in bases_of(terms)}
    coefficients = list(terms.values())
    size = exact(
        Fraction(
            math.gcd(*[factor.numerator for factor in coefficients]),
            math.lcm(*[factor.denominator for factor in coefficients]),
        )
    )
    is_turned = all(factor < 0 for factor in coefficients) or (len(terms) > 2 and terms[descending(terms)[0]] < 0)
    return -size if is_turned else size, frozenset([item for item in least.items() if item[1]])


def without_factor(terms: PowerSum, coefficient: Rational, powers: Powers) -> PowerSum:
    """The sum divided by a number and a product."""
    inverse = frozenset([(base, -exponent) for base, exponent in powers])
    return {joined(term, inverse): exact(Fraction(factor) / coefficient) for term, factor in terms.items()}


def descending(terms: PowerSum) -> list[Powers]:
    """The products by falling degree, those of one degree by falling exponents of the first base, the second …"""
    bases = bases_of(terms)

    def rank(powers: Powers) -> tuple[Rational, list[Rational]]:
        exponents = dict(powers)
        row = [exponents.get(base, 0) for base in bases]
        return sum(row), row

    return sorted(terms, key=rank, reverse=True)


def substituted(terms: PowerSum, base: Node, degree: int, value: PowerSum) -> PowerSum:
    """The sum with `value` in place of each whole power `degree` of the base that stands above the bar."""
    total: PowerSum = {}
    powers_of_value: dict[int, PowerSum] = {}
    for powers, coefficient in terms.items():
        exponent = dict(powers).get(base, 0)
        times = int(exponent // degree) if exponent > 0 else 0
        if not times:
            add_scaled(total, {powers: coefficient})
            continue
        if times not in powers_of_value:
            powers_of_value[times] = raised(value, times)
        rest = joined(powers, frozenset([(base, -times * degree)]))
        add_scaled(total, powers_of_value[times], rest, coefficient)
    return total


def quotient(dividend: PowerSum, divisor: PowerSum) -> PowerSum | None:
    """The exact quotient of two sums without negative exponents; None where there is a remainder.

    Source: Cox, Little & O'Shea, Ideals, Varieties, and Algorithms, section 2.3, for one divisor.
    """
    order = bases_of({**dividend, **divisor})

    def rank(powers: Powers) -> list[Rational]:
        exponents = dict(powers)
        return [exponents.get(base, 0) for base in order]

    leading = max(divisor, key=rank)
    left, result = dict(dividend), PowerSum()
    ranks = {powers: rank(powers) for powers in left}
    inverse = frozenset([(base, -exponent) for base, exponent in leading])
    while left:
        highest = max(left, key=ranks.__getitem__)
        factor = joined(highest, inverse)
        if any(exponent < 0 for _, exponent in factor) or len(result) >= MOST_QUOTIENT_TERMS:
            return None
        result[factor] = exact(Fraction(left[highest]) / divisor[leading])
        add_scaled(left, divisor, factor, -result[factor])
        for powers in left:
            if powers not in ranks:
                ranks[powers] = rank(powers)
    return result


def linear_factors(terms: PowerSum) -> tuple[list[PowerSum], PowerSum]:
    """The factors k - r with a whole r of a sum of powers of one base k, and what is left; none of several bases."""
    bases = bases_of(terms)
    factors: list[PowerSum] = []
    if len(bases) != 1 or any(exponent.denominator > 1 for powers in terms for _, exponent in powers):
        return factors, terms
    (base,) = bases
    for root in candidates(terms):
        while len(terms) > 1:
            factor = {**power(base), **number(-root)}
            smaller = quotient(terms, factor)
            if smaller is None:
                break
            factors.append(factor)
            terms = smaller
    return factors, terms


def candidates(terms: Mapping[Powers, Rational]) -> Iterable[int]:
    """The whole numbers that may be a root: they divide the last coefficient."""
    last = terms.get(NO_POWERS)
    if last is None:
        return []
    return [root for size in range(1, LARGEST_ROOT) if last % size == 0 for root in (size, -size)]
