"""Writes a sum of products of powers in the shortest of some forms: term by term, or in factors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from backprop.autodiff.declaration.notation import Infix
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.evaluation.program import needed
from backprop.autodiff.graph import Node
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.passes import collecting, power_sums
from backprop.autodiff.passes.derivation import MOST_FACTORS, Derivation, TooLong
from backprop.autodiff.passes.factoring import Factored, Factoring, Value, divisors_among
from backprop.autodiff.passes.monomials import ONE, ZERO, Exponent, Monomial, Number, is_power, is_whole
from backprop.autodiff.passes.power_sums import Powers, PowerSum, Rational, joined
from backprop.autodiff.passes.reading import NoNormalForm, Reading, edges_of, inverts_a_pole
from backprop.autodiff.passes.simplify import Simplifier

MOST_GROUPS = 16  # terms of an expression that are collected each on its own
FEWEST_NODES = 5  # of a first derivative that is looked at again: x*(1/x) + log(x) has six
MOST_SHORTENED, MOST_NODES = 32, 200  # terms and nodes of a first derivative that is looked at again
LONG = 30  # characters of a product that is looked at again
SHORTER = 0.9  # of the length of a derivative as the chain rule gives it: k/x^3 in place of k*x/x^4
MUCH_SHORTER = 0.8  # a textbook has sums of products, unless factors save a fifth
COLLECTED = 1.25  # of the length of a product: a reader wants the terms by their degree, unless that saves a fifth
HALF = Fraction(1, 2)
SQUARE = Exponent(Fraction(2), None)
FACTORED = 0.8  # of the length of a product: a factor that vanishes keeps the digits that a sum loses there


class Priced(NamedTuple):
    """A form and its length, or what that counts as."""

    price: float
    node: Node


def cheapest(forms: Sequence[Priced]) -> Node:
    return min(forms, key=lambda form: form.price).node


def derivative_of_order(derivation: Derivation, node: Node, order: int) -> Node:
    """The derivative of a scalar, tidied after each order, as a reader gets it.

    Raises NoNormalForm, and ExpressionError where it is too long.
    """
    if inverts_a_pole(node):
        raise NoNormalForm
    compact = Compact(derivation, derivation.slopes)
    whole = derivation.expression(node)
    groups: list[PowerSum] = [{powers: coefficient} for powers, coefficient in whole.items()]
    if len(groups) > MOST_GROUPS:
        groups = [whole]
    for done in range(order):
        derivation.size = 0
        try:
            derived = [derivation.derived(terms) for terms in groups]
        except TooLong:
            if not done:
                raise NoNormalForm from None  # a long sum, of which each term has a short derivative
            raise ExpressionError(
                f"the derivative of order {done + 1} is too long: it has more than {MOST_FACTORS} factors",
                cure=f"ask for an order up to {done}",
            ) from None
        factored = [compact.factoring.over_one_denominator(terms) for terms in derived]
        derivation.owed.update(*map(compact.factoring.lost_edges, derived, factored))
        groups = [terms for form in factored if (terms := form.multiplied_out())]
        derivation.settle([powers for terms in groups for powers in terms])
    return compact.written(groups)


def shorter(tidy: Simplifier, tidied: Node) -> Node:
    """What a run has tidied, in factors where that is much shorter."""
    if not tidied.inputs or tidied.shape or len(tidy.nodes) > MOST_NODES:
        return tidied
    reading = Reading(tidied.graph)
    compact = Compact(reading)
    if not is_promising(tidy.terms_of(tidied), compact.width(tidied), compact.width):
        return tidied
    try:
        terms = compact.opened(reading.read(tidy, tidied))
        forms = compact.products(terms)
        reading.settle(terms)
    except NoNormalForm:
        return tidied
    best = cheapest(forms) if forms else tidied
    return best if compact.width(best) <= MUCH_SHORTER * compact.width(tidied) else tidied


def is_promising(terms: Sequence[Monomial], length: int, width: Callable[[Node], int]) -> bool:
    """Whether factors may make terms of that length together much shorter, told at a glance."""
    if len(terms) == 1 or len(terms) > MOST_SHORTENED:
        return len(terms) == 1 and length >= LONG
    shared = set.intersection(*[{*term.powers} for term in terms])
    saved = (len(terms) - 1) * sum(width(base) + 1 for base in shared)
    has_relation = all(
        base.gate.squared and exponent == SQUARE for term in terms for base, exponent in term.powers.items()
    )
    return has_relation or saved >= (1 - MUCH_SHORTER) * length


class Compact:
    """The writer of the sums that were read; `slopes` may be factors of them."""

    def __init__(self, reading: Reading, slopes: Mapping[Node, PowerSum] | None = None) -> None:
        self.reading = reading
        self.slopes = slopes or {}
        self.width = Width()
        self.factoring = Factoring(reading.terms_of, self._other_terms, self.width)
        self.tidy = Simplifier(reading.graph.constant(0.0), has_negative_powers=False)

    def opened(self, terms: PowerSum) -> PowerSum:
        """The terms, with sums that are factors of them multiplied out."""
        for base in power_sums.bases_of(terms):
            value = self.reading.terms_of(base)
            made = terms if value is None else power_sums.substituted(terms, base, 1, value)
            terms = made if len(made) <= MOST_SHORTENED else terms
        return terms

    def _other_terms(self, base: Node) -> Value | None:
        """The square of a cosine, or what a product is."""
        factors = self.reading.factors_of(base)
        if factors is not None:
            powers, coefficient = factors
            return Value({powers: coefficient})
        squared = base.gate.squared
        return None if squared is None else Value(self.reading.expression(squared(*base.inputs)), 2)

    def written(self, groups: Sequence[PowerSum]) -> Node:
        """The node of the sum of the groups. Raises NoNormalForm."""
        whole: PowerSum = {}
        for terms in groups:
            power_sums.add_scaled(whole, terms)
        keeps_edges = edges_of(whole) == edges_of([powers for terms in groups for powers in terms])
        forms = self._forms(whole) if keeps_edges else []
        if len(groups) != 1:
            parts = [term for terms in groups for term in self.tidy.terms_of(cheapest(self._forms(terms)))]
            forms.append(self._priced(self._made(parts)))
        return cheapest(forms)

    def _forms(self, terms: PowerSum) -> list[Priced]:
        return [self._priced(self._sum(terms)), *self.products(terms)]

    def products(self, terms: PowerSum) -> list[Priced]:
        """The sum as products, over one denominator and with more factors."""
        if len(terms) < 2:
            return []
        factored = self.factoring.over_one_denominator(terms)
        if self.factoring.lost_edges(terms, factored):
            return []
        divided = self.factoring.divided(factored, divisors_among(self.slopes.values()))
        linear = self.factoring.in_linear_factors(divided)
        is_split = len(linear.rest) == 1 and len(factored.rest) > 2
        forms = [(factored, 1.0)]
        if divided.factors:
            forms.append((divided, FACTORED))
        if len(linear.factors) > len(divided.factors):
            forms.append((linear, FACTORED if is_split else 1.0))
        made = [(self._product(form, self._sum(form.rest)), price) for form, price in forms]
        made += [
            (self._product(form, self._made(self._collected(form.rest))), price * COLLECTED) for form, price in forms
        ]
        return [self._priced(node, price) for node, price in made if node is not None]

    def _priced(self, node: Node, price: float = 1.0) -> Priced:
        return Priced(price * self.width(node), node)

    def _product(self, factored: Factored, rest: Node) -> Node | None:
        """The node, of the node of the rest; None where a factor is in the denominator already, whose pole would go."""
        coefficient, powers = self._monomial(factored.powers, factored.coefficient)
        for terms in (factored.rest, *factored.factors):
            if len(terms) > 1:
                factor = rest if terms is factored.rest else self._sum(terms)
                number = powers.get(factor, ZERO).number
                if number < 0:
                    return None
                powers[factor] = Exponent(number + 1, None)
        return self.tidy.built(Monomial(coefficient, powers))

    def _sum(self, terms: PowerSum) -> Node:
        return self._made(self._terms(terms))

    def _terms(self, terms: PowerSum) -> list[Monomial]:
        terms = self.factoring.opened(terms)
        return [self._monomial(powers, terms[powers]) for powers in power_sums.descending(terms)]

    def _collected(self, terms: PowerSum) -> list[Monomial]:
        """The sum by powers of one base, their coefficients by powers of another one, as long as that is shorter."""
        groups = collecting.collected(terms, self.factoring.length)
        if groups is None:
            return self._terms(terms)
        made: list[Monomial] = []
        for coefficient, powers, rest in groups:
            if not powers and coefficient == 1:
                made += self._collected(rest)
                continue
            number, factors = self._monomial(powers, coefficient)
            if len(rest) > 1:
                factors[self._made(self._collected(rest))] = ONE
            made.append(Monomial(number, factors))
        return made

    def _made(self, terms: Sequence[Monomial]) -> Node:
        node = self.tidy.sum(terms)
        if node is None:
            raise NoNormalForm
        return node

    def _monomial(self, powers: Powers, coefficient: Rational) -> Monomial:
        """The product as the simplifier reads one: x^n and x^-2 as x^(n-2), a half power as a root."""
        for base, exponent in powers:
            factors = self.reading.factors_of(base) if exponent == 1 else None
            if factors is not None:  # n*(x*y) is n*x*y
                powers = joined(joined(powers, frozenset([(base, -1)])), factors[0])
                coefficient *= factors[1]
        exponents = dict(powers)
        merged: dict[Node, Exponent] = {}
        for base, exponent in sorted(powers, key=lambda item: item[0].index):
            is_symbolic = is_power(base) and exponent == 1 and not base.inputs[1].is_literal
            below, symbolic = base.inputs if is_symbolic else (base, None)
            number = exponents.get(below, ZERO.number)
            if symbolic is not None and is_whole(Exponent(number, None)) and merged.get(below, ONE).symbolic is None:
                merged[below] = Exponent(number, symbolic)
            elif abs(exponent) == HALF and base in self.reading.roots:
                merged[self.reading.roots[base]] = Exponent(Fraction(2 * exponent), None)
            else:
                merged[base] = Exponent(as_decimal(exponent), None)
        return Monomial(as_decimal(coefficient) if self.reading.has_decimals else Fraction(coefficient), merged)


class Width:
    """About how many characters a node takes."""

    def __init__(self) -> None:
        self.known: dict[Node, int] = {}

    def __call__(self, root: Node) -> int:
        waiting = [root]
        while waiting:
            node = waiting[-1]
            missing = [operand for operand in node.inputs if operand not in self.known]
            if node in self.known or not missing:
                waiting.pop()
            waiting += missing
            if node in self.known or missing:
                continue
            inner = sum(self.known[operand] for operand in node.inputs)
            if not node.inputs:
                self.known[node] = len(node.name or f"{node.value:g}") if not node.shape else 0
            elif isinstance(node.gate.notation, Infix):
                self.known[node] = inner + 1 + 2 * sum(is_looser(operand, node) for operand in node.inputs)
            else:
                self.known[node] = inner + len(node.gate.name) + len(node.inputs) + 1
        return self.known[root]


def is_shorter(form: Node, than: Node) -> bool:
    """Whether a form is enough shorter than what the chain rule gives term by term."""
    width = Width()
    return width(form) <= SHORTER * width(than)


def may_be_shortened(node: Node) -> bool:
    """Whether a tidied first derivative is worth a second look: a number of moderate size."""
    return not node.shape and FEWEST_NODES <= len(needed([node])) <= MOST_NODES


def as_decimal(value: Rational) -> Number:
    """A fraction, or the decimal that it is."""
    is_decimal = value.denominator > 1 and 10**9 % value.denominator == 0
    return float(value) if is_decimal else Fraction(value)


def is_looser(operand: Node, node: Node) -> bool:
    """Whether the operand stands in parentheses."""
    inner, outer = operand.gate.notation, node.gate.notation
    return isinstance(inner, Infix) and isinstance(outer, Infix) and inner.precedence < outer.precedence
