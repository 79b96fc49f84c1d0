"""Tidied expressions read as sums of products of powers, and what of their domain must be seen to stay."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from fractions import Fraction

from backprop.autodiff.declaration.kinds import Elementwise
from backprop.autodiff.declaration.table import METHODS
from backprop.autodiff.evaluation.program import needed
from backprop.autodiff.evaluation.scalars import values_at
from backprop.autodiff.gates.arithmetic import is_zero_throughout
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.passes import power_sums
from backprop.autodiff.passes.monomials import (
    LARGEST,
    MODEST,
    ONE,
    Exponent,
    Monomial,
    Number,
    is_power,
    is_total,
    plain_number,
)
from backprop.autodiff.passes.power_sums import Powers, PowerSum, Rational, joined
from backprop.autodiff.passes.simplify import PRODUCTS, Simplifier
from backprop.autodiff.passes.textbook import Brief, in_textbook_form

MOST_POWERS = 128  # in one product
HALF = Fraction(1, 2)


class NoNormalForm(Exception):
    """The expression is no sum of products of powers of smooth bases, or loses a corner in this form."""


class Root(NamedTuple):
    """An operand to a power that is not whole."""

    operand: Node
    exponent: Rational


class Reading:
    """What is known of the bases: which are sums or products themselves. Merges powers, and remembers which."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.sums: dict[Node, list[Monomial]] = {}  # the terms of nodes that are sums
        self.monomials: dict[Node, Monomial] = {}  # the factors of nodes that are products
        self.roots: dict[Node, Node] = {}  # the square root of a base that was written so
        self.raised: set[Node] = set()  # bases that stand to a power: (s/r)^6
        self.has_decimals = False
        self.owed: set[Node] = set()  # bases whose pole or edge a merged product or a cancelled term had

    def expression(self, node: Node, *, may_have_corners: bool = False) -> PowerSum:
        """Any expression as a sum. Raises NoNormalForm, as the other methods do."""
        if any([is_zero_throughout(operand) for part in needed([node]) for operand in part.inputs if operand.inputs]):
            raise NoNormalForm  # 1/(x - x) has no value, and a sum would not show that it is there
        briefs: list[Brief] = []
        spelled = in_textbook_form(node, briefs=briefs)
        tidy = Simplifier(spelled, has_negative_powers=False)
        if briefs and not may_have_corners:
            parts = {*needed([spelled])}
            self.allow([brief for brief in briefs if brief.form in parts])
        return self.read(tidy, tidy.result())

    def allow(self, briefs: Collection[Brief]) -> None:
        """Raises NoNormalForm where the forms may not stand for their gates."""
        if briefs:
            raise NoNormalForm

    def read(self, tidy: Simplifier, tidied: Node) -> PowerSum:
        """What a run has tidied, as a sum."""
        self.sums.update(tidy.sums)
        self.monomials.update(
            {node: monomial for node, monomial in tidy.monomials.items() if node not in monomial.powers}
        )
        return self._collected(tidy.terms_of(tidied))

    def terms_of(self, base: Node) -> PowerSum | None:
        """The terms of a base that is a sum, else None."""
        terms = self.sums.get(base)
        return None if terms is None else self._collected(terms)

    def factors_of(self, base: Node) -> tuple[Powers, Rational] | None:
        """The factors of a base that is a product of others, and its coefficient, else None."""
        monomial = self.monomials.get(base)
        product = None if monomial is None else self._product(monomial)
        return None if product is None or product[0] == {(base, 1)} else product

    def _collected(self, terms: Iterable[Monomial]) -> PowerSum:
        total: PowerSum = {}
        for term in terms:
            powers, coefficient = self._product(term)
            self.add(total, powers, coefficient)
        return total

    def _product(self, monomial: Monomial) -> tuple[Powers, Rational]:
        """The product with x^(n-2) as x^n and x^-2, and roots as half powers."""
        if len(monomial.powers) > MOST_POWERS:
            raise NoNormalForm
        coefficient = self._exact(monomial.coefficient)
        powers = power_sums.NO_POWERS
        for base, (number, symbolic) in monomial.powers.items():
            apart = self._apart(base, monomial) if number == 1 and symbolic is None else ()
            for part in apart:
                more, factor = self._product(part)
                powers, coefficient = self.times(powers, more), coefficient * factor
            if apart:
                continue
            if symbolic is not None:
                powers = self.times(powers, frozenset([(base**symbolic, 1)]))
            exponent = self._exact(number)
            root = self._root_of(base)
            if root is not None and root.operand not in self.monomials and not root.operand.is_constant:
                if (exponent * root.exponent).denominator == 1:
                    raise NoNormalForm  # sqrt(x)^2 has no value below 0
                if root.exponent == HALF:
                    self.roots[root.operand] = base
                base, exponent = root.operand, exponent * root.exponent
            literal = plain_number(base)
            if base.is_literal and not literal:
                raise NoNormalForm  # x/(y - y) has no value, nor has any derivative of it
            if literal is not None and exponent.denominator == 1:
                coefficient *= power_sums.exact(Fraction(self._exact(literal)) ** int(exponent))
            elif exponent:
                if exponent != 1:
                    self.raised.add(base)
                powers = self.times(powers, frozenset([(base, exponent)]))
        return powers, coefficient

    def _root_of(self, base: Node) -> Root | None:
        """What sqrt(x) and x^(3/2) are roots of; None for any other node."""
        operand = None if base.gate.squared is None else base.gate.squared(*base.inputs)
        if operand is not None and operand in base.inputs:
            return Root(operand, HALF)
        monomial = self.monomials.get(base) if is_power(base) else None
        if monomial is None or monomial.coefficient != 1 or len(monomial.powers) != 1:
            return None
        ((operand, (number, symbolic)),) = monomial.powers.items()
        return None if symbolic is not None or number == int(number) else Root(operand, self._exact(number))

    def _apart(self, base: Node, beside: Monomial) -> list[Monomial]:
        """The factors that a tidied product keeps apart for a corner: x*(1/x) and x^2/x have no value at 0."""
        if is_power(base) and base.inputs[0] in beside.powers:
            if not base.inputs[0].gate.has_no_zero:
                self.owed.add(base.inputs[0])
            return [self.monomials[base]] if base in self.monomials else []
        if base.gate not in PRODUCTS or base in self.monomials or len(base.inputs) != 2:
            return []
        left, right = base.inputs
        sign = Fraction(-1 if base.gate is METHODS["/"] else 1)
        if sign < 0 and right in self.monomials:
            return []
        return [
            self.monomials.get(left) or Monomial(Fraction(1), {left: ONE}),
            self.monomials.get(right) or Monomial(Fraction(1), {right: Exponent(sign, None)}),
        ]

    def _exact(self, number: Number) -> Rational:
        """The number as a fraction, a decimal one as it is written."""
        if isinstance(number, Fraction):
            return power_sums.exact(number)
        if not 1 / MODEST <= abs(number) <= MODEST:
            raise NoNormalForm
        self.has_decimals = True
        return Fraction(repr(float(number)))

    def times(self, first: Powers, second: Powers) -> Powers:
        """The product of two products."""
        made = joined(first, second)
        edges = {base for powers in (first, second) for base, exponent in powers if has_edge(base, exponent)}
        if edges:
            self.owed |= edges - {base for base, exponent in made if has_edge(base, exponent)}
        return made

    def add(self, total: PowerSum, powers: Powers, coefficient: Rational) -> None:
        """Add a product to a sum."""
        combined = total.get(powers, 0) + coefficient
        if combined:
            if not -LARGEST <= combined <= LARGEST:
                raise NoNormalForm
            total[powers] = combined
        elif powers in total:
            del total[powers]
            self.owed |= {base for base, exponent in powers if has_edge(base, exponent) or not is_total(base)}

    def settle(self, products: Collection[Powers]) -> None:
        """Raises NoNormalForm where a sum of these has a value and what was merged to them has none: x/x is not 1."""
        bases = {base for powers in products for base, _ in powers}
        edges = edges_of(products) | {operand for base in bases for operand in base.inputs if has_pole(base)}
        if not all(base in edges or self._has_poles_in(edges, base) for base in self.owed):
            raise NoNormalForm
        self.owed.clear()

    def _has_poles_in(self, edges: Collection[Node], base: Node) -> bool:
        """Whether a quotient, as y/x is, has no value only where one of the edges has none."""
        factors = self.factors_of(base)
        return factors is not None and poles_of(factors[0]) <= {*edges}


def has_edge(base: Node, exponent: Rational) -> bool:
    """Whether a power has a pole, or an edge of its domain, where its base is 0."""
    return exponent.denominator > 1 or (exponent < 0 and not base.gate.has_no_zero)


def poles_of(powers: Powers) -> set[Node]:
    return {base for base, exponent in powers if has_edge(base, exponent)}


def edges_of(products: Iterable[Powers]) -> set[Node]:
    """The bases by which some of the products have no value somewhere."""
    return {base for powers in products for base, exponent in powers if has_edge(base, exponent) or not is_total(base)}


def inverts_a_pole(root: Node) -> bool:
    """Whether a denominator has one itself: 1/(1/x) has no value at 0, and is tidied to x."""
    poles: set[Node] = set()
    for node in needed([root]):
        if node.gate not in PRODUCTS and not is_power(node):
            continue
        *above, below = node.inputs
        number = plain_number(below) if is_power(node) else None
        if node.gate is METHODS["/"] or (number is not None and number < 0):
            inverted = below if number is None else above[0]
            if inverted in poles:
                return True
            if not inverted.is_constant:
                poles.add(node)
        elif any(operand in poles for operand in (above if number is not None else node.inputs)):
            poles.add(node)
    return False


def has_pole(node: Node) -> bool:
    """Whether a function of one operand has no value where that is 0."""
    if len(node.inputs) != 1 or node.attributes or not isinstance(node.gate, Elementwise):
        return False
    return not all(map(math.isfinite, values_at(node.gate, [(0.0,)])))
