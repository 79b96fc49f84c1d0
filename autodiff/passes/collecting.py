"""A sum of products of powers as a polynomial in one of its bases: x^2*(a + b) + x*(a + b^2). Builds no node."""

from __future__ import annotations

from collections.abc import Callable

from backprop.autodiff.graph import Node
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.passes import power_sums
from backprop.autodiff.passes.power_sums import NO_POWERS, Powers, PowerSum, Rational

MOST_COLLECTED = 10_000  # terms times bases, as each base is tried
FEWEST_COLLECTED = 4  # terms


class Group(NamedTuple):
    """`coefficient` times `powers` times `rest`, which shares no factor."""

    coefficient: Rational
    powers: Powers
    rest: PowerSum


def collected(terms: PowerSum, length: Callable[[PowerSum], int]) -> list[Group] | None:
    """The groups of that base of which they are the shortest together; None where none are shorter than the terms."""
    bases = power_sums.bases_of(terms)
    if len(terms) < FEWEST_COLLECTED or len(terms) * len(bases) > MOST_COLLECTED:
        return None
    best, shortest = None, length(terms)
    for base in bases:
        groups = _by_powers_of(base, terms)
        if len(groups) < len(terms):
            size = sum(_length(group, length) for group in groups)
            if size < shortest:
                best, shortest = groups, size
    return best


def _by_powers_of(base: Node, terms: PowerSum) -> list[Group]:
    """The terms with each power of the base, the highest first."""
    by_exponent: dict[Rational, PowerSum] = {}
    for powers, coefficient in terms.items():
        by_exponent.setdefault(dict(powers).get(base, 0), {})[powers] = coefficient
    groups = []
    for exponent in sorted(by_exponent, reverse=True):
        alike = by_exponent[exponent]
        coefficient, powers = power_sums.common_factor(alike)
        groups.append(Group(coefficient, powers, power_sums.without_factor(alike, coefficient, powers)))
    return groups


def _length(group: Group, length: Callable[[PowerSum], int]) -> int:
    factor = length({group.powers: group.coefficient})
    if len(group.rest) == 1:
        return factor
    is_one = group.powers == NO_POWERS and group.coefficient == 1
    return length(group.rest) + (0 if is_one else factor + 2)
