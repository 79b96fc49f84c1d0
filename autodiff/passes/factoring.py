"""A sum of products of powers over one denominator and in factors, where that makes it shorter.

What is multiplied out is multiplied out because the terms are then fewer, or cannot cancel: no digits are lost by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache

from backprop.autodiff.declaration.gate import Gate
from backprop.autodiff.declaration.kinds import Elementwise
from backprop.autodiff.evaluation.scalars import values_at
from backprop.autodiff.graph import Node
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.passes import power_sums
from backprop.autodiff.passes.monomials import TRIED
from backprop.autodiff.passes.power_sums import NO_POWERS, Powers, PowerSum, Rational, joined
from backprop.autodiff.passes.reading import edges_of, poles_of

MOST_ENTRIES = 2_000  # terms times bases of a sum that is looked at for factors
MOST_TERMS_OF_FACTOR = 4
LARGEST_ADDEND = 16  # x + c with a larger c is not multiplied out: near x = -c that would lose the digits of c^n


class Factored(NamedTuple):
    """A coefficient times powers times sums, `rest` being what is left after the `factors`."""

    coefficient: Rational
    powers: Powers
    rest: PowerSum
    factors: tuple[PowerSum, ...] = ()

    def multiplied_out(self) -> PowerSum:
        """The terms, without the factors."""
        total: PowerSum = {}
        power_sums.add_scaled(total, self.rest, self.powers, self.coefficient)
        return total


class Value(NamedTuple):
    """What a base is, or with another `degree` what that power of it is."""

    terms: PowerSum
    degree: int = 1


class Factoring:
    """Takes factors out of sums of which `terms_of` gives the terms of a base that is one.

    `other_terms` gives what a power of a base may be written as, too, and `width` about how long a base is.
    """

    def __init__(
        self,
        terms_of: Callable[[Node], PowerSum | None],
        other_terms: Callable[[Node], Value | None],
        width: Callable[[Node], int],
    ) -> None:
        self.terms_of = cache(terms_of)
        self.other_terms = cache(other_terms)
        self.width = width

    def lost_edges(self, terms: PowerSum, factored: Factored) -> set[Node]:
        """The bases by which the terms have no value somewhere, and what was found has one."""
        kept = edges_of(factored.multiplied_out())
        return {base for base in edges_of(terms) - kept if not self._is_no_edge_beside(base, kept)}

    def _is_no_edge_beside(self, base: Node, kept: set[Node]) -> bool:
        """Whether a base is nowhere 0, or a quotient, as y/x is, whose denominators have edges that are kept."""
        value = self.other_terms(base) if base not in kept else None
        if value is not None and value.degree == 1:
            return all(poles_of(powers) <= kept for powers in value.terms)
        return self._has_no_zero(self.terms_of(base))

    def over_one_denominator(self, terms: PowerSum) -> Factored:
        """The sum, multiplied out and divided where that makes it shorter."""
        if len(terms) < 2:
            return Factored(1, NO_POWERS, terms)
        while True:
            coefficient, powers = power_sums.common_factor(terms)
            rest = power_sums.without_factor(terms, coefficient, powers)
            if not is_looked_at(terms):
                return Factored(coefficient, powers, rest)
            powers, shorter = self._cancelled(powers, self._multiplied_out(rest))
            factored = Factored(coefficient, powers, shorter)
            if shorter is rest or not shorter:
                return factored
            terms = factored.multiplied_out()

    def _multiplied_out(self, rest: PowerSum) -> PowerSum:
        """The sum with those of its bases multiplied out that are sums, and powers in other terms, if shorter."""
        bases = power_sums.bases_of(rest) if len(rest) > 1 else []
        for base in bases:
            terms = self.terms_of(base)
            values = [self.other_terms(base) if terms is None else Value(terms), *self._by_sums(base, bases)]
            for value in values:
                made = rest if value is None else power_sums.substituted(rest, base, value.degree, value.terms)
                keeps_digits = len(made) <= len(rest) or (terms is not None and cannot_cancel(terms))
                if keeps_digits and is_looked_at(made) and self.length(made) < self.length(rest):
                    rest = made
        return rest

    def opened(self, terms: PowerSum) -> PowerSum:
        """The sum without sums that are terms of it, where that makes it shorter: (x + 1) - 1 is x."""
        opened: PowerSum = {}
        for powers, coefficient in terms.items():
            base, exponent = next(iter(powers), (None, 0))
            inner = self.terms_of(base) if base is not None and len(powers) == exponent == 1 else None
            power_sums.add_scaled(opened, inner or {powers: 1}, NO_POWERS, coefficient)
        return opened if self.length(opened) < self.length(terms) else terms

    def _by_sums(self, base: Node, others: Iterable[Node]) -> Iterator[Value]:
        """The base as it follows from the others that are it and a modest number: x is (x - 1) + 1."""
        for other in others:
            terms = self.terms_of(other) or {}
            number = terms.get(NO_POWERS, 0)
            if terms == {**power_sums.power(base), NO_POWERS: number} and -LARGEST_ADDEND <= number <= LARGEST_ADDEND:
                yield Value({**power_sums.power(other), NO_POWERS: -number})

    def _cancelled(self, powers: Powers, rest: PowerSum) -> tuple[Powers, PowerSum]:
        """The rest divided by sums in the denominator, as far as a pole of theirs stays."""
        for base, exponent in powers:
            divisor = self.terms_of(base) if exponent < 0 else None
            lowest = 0 if self._has_no_zero(divisor) else -1
            while divisor is not None and exponent < lowest and len(rest) > 1:
                smaller = power_sums.quotient(rest, divisor)
                if smaller is None:
                    break
                rest, exponent = smaller, exponent + 1
                powers = joined(powers, frozenset([(base, 1)]))
        return powers, rest

    def _has_no_zero(self, terms: PowerSum | None) -> bool:
        """Whether a sum with a square root, times the same with the other root, is a number: x + sqrt(x^2 + 1)."""
        if terms is None:
            return False
        roots = {item for powers in terms for item in powers if item[1].denominator > 1}
        if len(roots) != 1:
            return False
        ((base, _),) = roots
        conjugate = {powers: -coefficient if roots & powers else coefficient for powers, coefficient in terms.items()}
        norm = power_sums.product(terms, conjugate)
        value = self.terms_of(base)
        return (norm if value is None else power_sums.substituted(norm, base, 1, value)).keys() == {NO_POWERS}

    def divided(self, factored: Factored, divisors: Iterable[PowerSum]) -> Factored:
        """The same with those sums as factors that divide the rest."""
        rest, factors = factored.rest, [*factored.factors]
        bases = {*power_sums.bases_of(rest)}
        for divisor in divisors:
            while 1 < len(divisor) <= len(rest) and bases.issuperset(power_sums.bases_of(divisor)):
                smaller = power_sums.quotient(rest, divisor)
                if smaller is None:
                    break
                factors.append(divisor)
                rest = smaller
        return self._with(factored, rest, factors)

    def in_linear_factors(self, factored: Factored) -> Factored:
        """The same with the factors x - r of the rest, r being whole."""
        factors, rest = power_sums.linear_factors(factored.rest)
        return self._with(factored, rest, [*factored.factors, *factors])

    def _with(self, factored: Factored, rest: PowerSum, factors: Iterable[PowerSum]) -> Factored:
        coefficient, powers = power_sums.common_factor(rest)
        rest = power_sums.without_factor(rest, coefficient, powers)
        return Factored(factored.coefficient * coefficient, joined(factored.powers, powers), rest, tuple(factors))

    def length(self, terms: PowerSum) -> int:
        """About how many characters the sum takes."""
        return sum(self._length_of_product(powers, coefficient) + 1 for powers, coefficient in terms.items())

    def _length_of_product(self, powers: Powers, coefficient: Rational) -> int:
        size = 0 if abs(coefficient) == 1 and powers else len(str(abs(coefficient))) + 1
        for base, exponent in powers:
            size += self.width(base) + 1 + 2 * (self.terms_of(base) is not None)
            size += 0 if abs(exponent) == 1 else 1 + len(f"{float(abs(exponent)):g}")
        return size


def is_looked_at(terms: PowerSum) -> bool:
    """Whether a sum is worth the work, which may take the square of its size."""
    return len(terms) * len(power_sums.bases_of(terms)) <= MOST_ENTRIES


def divisors_among(sums: Iterable[PowerSum]) -> list[PowerSum]:
    """The short ones among the sums, without what all their terms share."""
    divisors = []
    for terms in sums:
        if 1 < len(terms) <= MOST_TERMS_OF_FACTOR:
            divisors.append(power_sums.without_factor(terms, *power_sums.common_factor(terms)))
    return divisors


def cannot_cancel(terms: PowerSum) -> bool:
    """Whether the terms are all positive, or powers of one base and a modest number."""
    if len(power_sums.bases_of(terms)) == 1:
        return all(-LARGEST_ADDEND <= coefficient <= LARGEST_ADDEND for coefficient in terms.values())
    return all(
        coefficient > 0 and all(exponent % 2 == 0 or is_positive(base) for base, exponent in powers)
        for powers, coefficient in terms.items()
    )


def is_positive(node: Node) -> bool:
    """Whether a function of one operand is nowhere negative, which is tried out."""
    return len(node.inputs) == 1 and not node.attributes and _is_positive(node.gate)


@cache
def _is_positive(gate: Gate) -> bool:
    if not isinstance(gate, Elementwise):
        return False
    return all(value >= 0.0 for value in values_at(gate, [(number,) for number in TRIED]))
