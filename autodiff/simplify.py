"""Derivatives tidied for a reader: constants folded, like terms and like factors collected. Nothing evaluates these.

A node is read as a sum of monomials, each a coefficient times powers of other nodes, and built again from that.
Long sums and products are gathered once, from their root, so that the time is linear in the graph.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from backprop.autodiff.gates import arithmetic, constructors, selection
from backprop.autodiff.graph import Node
from backprop.autodiff.program import needed
from backprop.autodiff.textbook import in_textbook_form

Number: TypeAlias = Any  # a Fraction or a float, which mypy joins to an object

SUMS = frozenset({arithmetic.add, arithmetic.subtract})
PRODUCTS = frozenset({arithmetic.multiply, arithmetic.divide, arithmetic.negative})
LONGEST_MERGED = 16  # terms of a sum that is used in several places; merging longer ones could take quadratic time
LARGEST_POWER = 64  # of a product or coefficient that is multiplied out


class Exponent(NamedTuple):
    """`number + symbolic`."""

    number: Number
    symbolic: Node | None


class Monomial(NamedTuple):
    """`coefficient` times the product of the bases raised to their exponents."""

    coefficient: Number
    powers: dict[Node, Exponent]


ONE = Exponent(Fraction(1), None)


def simplified(node: Node) -> Node:
    """The node, of the same typed graph, that says what `node` says as a textbook would write it."""
    return _Simplifier(in_textbook_form(node)).result()


def as_number(value: float) -> Number:
    """A whole number as a fraction, which divides without rounding; any other as the double that was written."""
    value = float(value)
    return Fraction(int(value)) if value.is_integer() and abs(value) < 2**53 else value


class _Simplifier:
    """One run over the nodes that `root` needs, operands first."""

    def __init__(self, root: Node) -> None:
        self.root = root
        self.graph = root.graph
        self.done: dict[Node, Node] = {}
        self.monomials: dict[Node, Monomial] = {}  # of the nodes that were built from one
        self.sums: dict[Node, list[Monomial]] = {}  # likewise
        self.nodes = needed([root])
        self.uses = Counter(operand for node in self.nodes for operand in node.inputs)

    def result(self) -> Node:
        absorbed = self._absorbed()
        for node in self.nodes:
            if node not in absorbed:
                self.done[node] = self._tidied(node)
        return self.done[self.root]

    def _absorbed(self) -> set[Node]:
        """Sums within a sum and products within a product that nothing else uses: their root gathers them."""
        return {
            operand
            for node in self.nodes
            for family in (SUMS, PRODUCTS)
            if node.gate in family
            for operand in node.inputs
            if operand.gate in family and self.uses[operand] == 1 and operand.shape == node.shape
        }

    def _tidied(self, node: Node) -> Node:
        if not node.inputs or node.gate.is_flat:
            return node  # tidied, a comparison might decide otherwise: x/x > 0 is false at 0, and 1 > 0 is true
        if node.gate in SUMS:
            made = self.sum(self._terms(node))
        elif node.gate in PRODUCTS:
            made = self.product(self._factors(node))
        elif node.gate is arithmetic.power:
            made = self.product([self._power(*(self.done[operand] for operand in node.inputs))])
        else:
            return self._rebuilt(node)
        return made if made.shape == node.shape else self._rebuilt(node)

    def _rebuilt(self, node: Node) -> Node:
        operands = [self.done.get(operand) or self._tidied(operand) for operand in node.inputs]
        if node.gate is selection.where:
            condition, taken, otherwise = operands
            operands = [condition, self._under(condition, taken, 1), self._under(condition, otherwise, 2)]
            _, taken, otherwise = operands
            vanishes = _plain_number(otherwise) == 0 and self._has_factor(taken, condition)
            if (vanishes or taken is otherwise) and taken.shape == node.shape:
                return taken
        made = self.graph.add(node.gate, tuple(operands), node.attributes, node.span)
        if not node.attributes and all(_plain_number(operand) is not None for operand in operands):
            with np.errstate(all="ignore"):
                value = float(node.gate.forward(*(operand.attributes[0] for operand in operands)))
            if value.is_integer():  # log(1), sqrt(4); sqrt(2) says more than its digits
                return self.graph.constant(value)
        return made

    def _has_factor(self, node: Node, factor: Node) -> bool:
        """Whether the node is 0 where the factor is."""
        exponent = self.monomial(node).powers.get(factor)
        return exponent is not None and exponent.symbolic is None and exponent.number > 0

    def _under(self, condition: Node, branch: Node, position: int) -> Node:
        """The branch, without a second choice by the same condition."""
        while branch.gate is selection.where and branch.inputs[0] is condition:
            branch = branch.inputs[position]
        return branch

    def _terms(self, root: Node) -> list[Monomial]:
        """The monomials of a sum, in the order in which they were written."""
        found: list[Monomial] = []
        pending = [(root, Fraction(1))]
        while pending:
            node, sign = pending.pop()
            if node not in self.done and node.gate in SUMS:
                left, right = node.inputs
                pending += [(right, -sign if node.gate is arithmetic.subtract else sign), (left, sign)]
                continue
            part = self.done[node]
            monomial = self.monomial(part)
            inner = self._inner_sum(monomial)
            scale = sign * monomial.coefficient
            if inner is not None and abs(scale) == 1:
                found += [Monomial(scale * one.coefficient, one.powers) for one in inner]
            else:
                found.append(Monomial(scale, monomial.powers))
        return found

    def _inner_sum(self, monomial: Monomial) -> list[Monomial] | None:
        if len(monomial.powers) != 1:
            return None
        ((base, exponent),) = monomial.powers.items()
        terms = self.sums.get(base)
        return terms if terms and exponent == ONE and len(terms) <= LONGEST_MERGED else None

    def _factors(self, root: Node) -> list[Monomial]:
        found: list[Monomial] = []
        pending = [(root, 1)]
        while pending:
            node, exponent = pending.pop()
            if node in self.done or node.gate not in PRODUCTS:
                found.append(self._raised(self.monomial(self.done[node]), Fraction(exponent)))
            elif node.gate is arithmetic.negative:
                found.append(Monomial(Fraction(-1), {}))
                pending.append((node.inputs[0], exponent))
            else:
                left, right = node.inputs
                under = -exponent if node.gate is arithmetic.divide else exponent
                pending += [(right, under), (left, exponent)]
        return found

    def _power(self, base: Node, exponent: Node) -> Monomial:
        number = _plain_number(exponent)
        if number is not None:
            if isinstance(number, Fraction) and 0 < abs(number) <= LARGEST_POWER:
                return self._raised(self.monomial(base), number)
            return Monomial(Fraction(1), {base: Exponent(number, None)})
        terms = self._terms_of(exponent)
        constant = _added(one.coefficient for one in terms if not one.powers)
        return Monomial(Fraction(1), {base: Exponent(constant, self.sum(one for one in terms if one.powers))})

    def _raised(self, monomial: Monomial, exponent: Fraction) -> Monomial:
        """The monomial to a whole power that is not 0."""
        if exponent == 1:
            return monomial
        coefficient, powers = monomial
        if coefficient == 0:
            return Monomial(Fraction(1), {self.graph.constant(0.0): Exponent(exponent, None)})
        return Monomial(
            coefficient ** int(exponent)
            if exponent > 0 or isinstance(coefficient, Fraction)
            else coefficient ** float(exponent),
            {base: self._times(one, exponent) for base, one in powers.items()},
        )

    def _times(self, exponent: Exponent, factor: Fraction) -> Exponent:
        number, symbolic = exponent
        if symbolic is not None:
            symbolic = self.sum([Monomial(one.coefficient * factor, one.powers) for one in self._terms_of(symbolic)])
        return Exponent(number * factor, symbolic)

    def _terms_of(self, node: Node) -> list[Monomial]:
        """A tidied node as the terms of a sum."""
        return self.sums.get(node) or [self.monomial(node)]

    def monomial(self, node: Node) -> Monomial:
        """What a tidied node is a coefficient times powers of."""
        number = _plain_number(node)
        if number is not None:
            return Monomial(number, {})
        return self.monomials.get(node) or Monomial(Fraction(1), {node: ONE})

    def product(self, factors: Iterable[Monomial]) -> Node:
        coefficient: Number = Fraction(1)
        powers: dict[Node, Exponent] = {}
        for factor in factors:
            coefficient = coefficient * factor.coefficient
            for base, exponent in factor.powers.items():
                powers[base] = self._together(powers[base], exponent) if base in powers else exponent
        powers = {base: one for base, one in powers.items() if one != Exponent(Fraction(0), None)}
        return self.built(Monomial(coefficient, _without_ones(powers)))

    def _together(self, first: Exponent, second: Exponent) -> Exponent:
        number = first.number + second.number
        if first.symbolic is None or second.symbolic is None:
            return Exponent(number, first.symbolic or second.symbolic)
        both = self.sum([*self._terms_of(first.symbolic), *self._terms_of(second.symbolic)])
        return Exponent(number, None if _plain_number(both) == 0 else both)

    def built(self, monomial: Monomial) -> Node:
        """The node of a monomial: a sign, the coefficient, what is above the bar, what is below."""
        coefficient, powers = monomial
        if coefficient == 0:
            return self.graph.constant(0.0)
        above, below = [], []
        for base, (number, symbolic) in sorted(powers.items(), key=_place):
            if symbolic is None and number < 0:
                below.append(self._raise(base, Exponent(-number, None)))
            else:
                above.append(self._raise(base, Exponent(number, symbolic)))
        size: Number = abs(coefficient)
        top, bottom = (size.numerator, size.denominator) if isinstance(size, Fraction) else (size, 1)
        if top != 1 or not above:
            above.insert(0, self.graph.constant(float(top)))
        if bottom != 1:
            below.insert(0, self.graph.constant(float(bottom)))
        if coefficient < 0:
            above[0] = self._turned(above[0])
        node = _chain(above)
        if below:
            node = self.graph.add(arithmetic.divide, (node, _chain(below)))
        self.monomials[node] = monomial
        return node

    def _turned(self, node: Node) -> Node:
        """The node with its sign turned."""
        number = _plain_number(node)
        return self.graph.add(arithmetic.negative, (node,)) if number is None else self.graph.constant(-float(number))

    def _raise(self, base: Node, exponent: Exponent) -> Node:
        number, symbolic = exponent
        if symbolic is None:
            return base if number == 1 else self.graph.add(arithmetic.power, (base, self.graph.constant(float(number))))
        whole = symbolic if number == 0 else self.sum([*self._terms_of(symbolic), Monomial(number, {})])
        return self.graph.add(arithmetic.power, (base, whole))

    def sum(self, terms: Iterable[Monomial]) -> Node:
        """The sum of the monomials, like ones together, one that is not subtracted first."""
        like: dict[frozenset[tuple[Node, Exponent]], Monomial] = {}
        for coefficient, powers in terms:
            key = frozenset(powers.items())
            before = like[key].coefficient if key in like else Fraction(0)
            like[key] = Monomial(_added([before, coefficient]), powers)
        kept = [one for one in like.values() if one.coefficient != 0]
        if not kept:
            return self.graph.constant(0.0)
        first = next((place for place, one in enumerate(kept) if one.coefficient > 0), 0)
        kept.insert(0, kept.pop(first))
        node = self.built(kept[0])
        for coefficient, powers in kept[1:]:
            gate = arithmetic.subtract if coefficient < 0 else arithmetic.add
            node = self.graph.add(gate, (node, self.built(Monomial(abs(coefficient), powers))))
        if len(kept) > 1:
            self.sums[node] = kept
        return node


def _plain_number(node: Node) -> Number | None:
    """The value of a scalar literal; None for anything else, a named constant too."""
    if not node.is_literal or not math.isfinite(node.attributes[0]):
        return None
    return as_number(node.attributes[0])


def _added(numbers: Iterable[Number]) -> Number:
    total: Number = Fraction(0)
    for number in numbers:
        total = total + number
    return total


def _place(power: tuple[Node, Exponent]) -> tuple[int, int]:
    """Where a power stands in a product: named constants, variables in their order, x^n and its like, all else."""
    base, exponent = power
    if base.inputs or base.name is None:
        return 3, 0
    if exponent.symbolic is not None:
        return 2, base.index
    return int(not base.is_constant), base.index


def _without_ones(powers: dict[Node, Exponent]) -> dict[Node, Exponent]:
    """The powers without arrays of ones that only repeat what has their shape already."""
    for base in [base for base in powers if base.gate is constructors.ones]:
        if any(other is not base and other.shape == base.shape for other in powers):
            powers = {other: exponent for other, exponent in powers.items() if other is not base}
    return powers


def _chain(nodes: list[Node]) -> Node:
    """The product of the nodes, from the left."""
    product = nodes[0]
    for node in nodes[1:]:
        product = product.graph.add(arithmetic.multiply, (product, node))
    return product
