"""Derivatives tidied for a reader: constants folded, like terms and like factors collected. Nothing evaluates these.

A node is read as a sum of monomials, each a coefficient times powers of other nodes, and built again from that.
Long sums and products are gathered once, from their root, so that the time is linear in the graph.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from fractions import Fraction

from backprop.autodiff.evaluation.program import needed
from backprop.autodiff.gates import arithmetic, selection
from backprop.autodiff.graph import Node
from backprop.autodiff.inner_function import with_inside
from backprop.autodiff.passes.choices import LONGEST_MERGED, chosen, together
from backprop.autodiff.passes.entries import entry_of, vectors_together
from backprop.autodiff.passes.folded import Folded
from backprop.autodiff.passes.monomials import (
    LARGEST,
    MODEST,
    ONE,
    ZERO,
    Exponent,
    Monomial,
    Number,
    added,
    can_merge,
    is_log_of_zero,
    is_raised,
    is_total,
    is_whole,
    multiplied,
    place_in_product,
    plain_number,
    without_ones,
)
from backprop.autodiff.passes.partners import merged

SUMS = frozenset({arithmetic.add, arithmetic.subtract})
PRODUCTS = frozenset({arithmetic.multiply, arithmetic.divide, arithmetic.negative})
INVERSE = Fraction(-1)
LARGEST_POWER = 64  # of a product or coefficient that is multiplied out


def tidied(node: Node, *, has_negative_powers: bool = False) -> Node:
    """The node with constants folded, like terms and like factors collected, its gates being what they are.

    With `has_negative_powers` it is to be differentiated: u^(-2) becomes -2*u^(-3), and 1/u^2 would become -2*u/u^4.
    """
    return Simplifier(node, has_negative_powers).result()


class Simplifier:
    """One run over the nodes that `root` needs, operands first.

    With `has_quotients` sin(x)/cos(x) is tan(x), as a reader wants it: what is still to be collected keeps sines and
    cosines, of which the squares are related.
    """

    def __init__(self, root: Node, has_negative_powers: bool, has_quotients: bool = False) -> None:
        self.root = root
        self.has_negative_powers = has_negative_powers
        self.has_quotients = has_quotients
        self.graph = root.graph
        self.done: dict[Node, Node] = {}
        self.monomials: dict[Node, Monomial] = {}  # of the nodes that were built from one
        self.sums: dict[Node, list[Monomial]] = {}  # likewise
        self.folded = Folded()
        self.finite: dict[Node, bool] = {}  # of the nodes that were asked about
        self.nodes = needed([root])
        self.uses = Counter([operand for node in self.nodes for operand in node.inputs])

    def result(self) -> Node:
        absorbed = self._absorbed()
        for node in self.nodes:
            if node not in absorbed:
                self.done[node] = self._tidied(node)
        result = self.done[self.root]
        return self._sum_of_unlike([self.monomial(result)]) if result.shape else result

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
        if not node.inputs:
            number = plain_number(node)
            self.folded.value(node)
            return node if number is None else self._number(number)
        if node.gate.is_flat:
            return node  # tidied, a comparison might decide otherwise: x/x > 0 is false at 0, and 1 > 0 is true
        made: Node | None
        if node.gate in SUMS:
            made = self.sum(self._terms(node))
        elif node.gate in PRODUCTS:
            made = self.product(self._factors(node))
        elif node.gate is arithmetic.power:
            made = self.product([self._power(*(self.done[operand] for operand in node.inputs))])
        else:
            return self._rebuilt(node)
        if made is None or made.shape != node.shape:
            return self._as_written(node)
        if made.shape:
            self.folded.value(made)
        return made

    def _as_written(self, root: Node) -> Node:
        """The node of tidied operands; what was absorbed into it is made first, in its order."""
        chain, waiting = [], [root]
        while waiting:
            node = waiting.pop()
            chain.append(node)
            waiting += [operand for operand in node.inputs if operand not in self.done]
        for node in sorted(set(chain), key=lambda part: part.index):
            self.done[node] = self._rebuilt(node)
        return self.done[root]

    def _rebuilt(self, node: Node) -> Node:
        operands = [self.done[operand] for operand in node.inputs]
        if node.gate is selection.where:
            choice = chosen(self, *operands)
            if choice.shape == node.shape:
                return choice
        if (entry := entry_of(self, node, operands)) is not None:
            return entry
        if node.gate.has_inside:
            return with_inside(node, tuple(operands), self._inside)
        made = node.of(tuple(operands))
        value = self.folded.value(made)
        if value is not None and not made.shape and float(value).is_integer():
            return self.graph.constant(float(value))  # log(1), sqrt(4); sqrt(2) says more than its digits
        return made

    def _inside(self, body: Node) -> Node:
        return Simplifier(body, self.has_negative_powers, self.has_quotients).result()

    def _terms(self, root: Node) -> list[Monomial]:
        """The monomials of a sum, in the order in which they were written."""
        terms: list[Monomial] = []
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
                terms += [Monomial(scale * term.coefficient, term.powers) for term in inner]
            else:
                terms.append(Monomial(scale, monomial.powers))
        return together(self, terms)

    def _inner_sum(self, monomial: Monomial) -> list[Monomial] | None:
        if len(monomial.powers) != 1:
            return None
        ((base, exponent),) = monomial.powers.items()
        terms = self.sums.get(base)
        return terms if terms and exponent == ONE and len(terms) <= LONGEST_MERGED else None

    def _factors(self, root: Node) -> list[Monomial]:
        factors: list[Monomial] = []
        pending = [(root, 1)]
        while pending:
            node, exponent = pending.pop()
            if node in self.done or node.gate not in PRODUCTS:
                factors.append(self._inner_product(self.done[node], ONE.number if exponent > 0 else INVERSE))
            elif node.gate is arithmetic.negative:
                factors.append(Monomial(Fraction(-1), {}))
                pending.append((node.inputs[0], exponent))
            else:
                left, right = node.inputs
                under = -exponent if node.gate is arithmetic.divide else exponent
                pending += [(right, under), (left, exponent)]
        return factors

    def _inner_product(self, node: Node, exponent: Fraction) -> Monomial:
        opened = self.raised(node, exponent)
        return (
            opened if len(opened.powers) <= LONGEST_MERGED else Monomial(Fraction(1), {node: Exponent(exponent, None)})
        )

    def _power(self, base: Node, exponent: Node) -> Monomial:
        monomial = self.monomial(exponent)
        if not monomial.powers:  # a number, or a fraction of two
            number = monomial.coefficient
            if is_whole(Exponent(number, None)) and 0 < abs(number) <= LARGEST_POWER:
                return self.raised(base, number)
            return Monomial(Fraction(1), {base: Exponent(number, None)})
        terms = self.terms_of(exponent)
        constant = added(term.coefficient for term in terms if not term.powers)
        return Monomial(
            Fraction(1), {base: Exponent(constant, self._sum_of_unlike(term for term in terms if term.powers))}
        )

    def raised(self, node: Node, exponent: Fraction) -> Monomial:
        """The tidied node to a whole power that is not 0, multiplied out where that keeps domain and range."""
        monomial = self.monomial(node)
        coefficient, powers = monomial
        if exponent == 1 or (coefficient == 0 and not powers and exponent > 0):
            return monomial
        ismultiplied_out = exponent == -1 or len(powers) <= 1
        if not ismultiplied_out or coefficient == 0 or not all(map(is_whole, powers.values())):
            return Monomial(Fraction(1), {node: Exponent(exponent, None)})
        size = abs(math.log2(abs(coefficient)) * exponent)
        if size > math.log2(MODEST if powers else LARGEST):
            return Monomial(Fraction(1), {node: Exponent(exponent, None)})
        raised = coefficient ** (int(exponent) if isinstance(coefficient, Fraction) else float(exponent))
        return Monomial(raised, {base: Exponent(power.number * exponent, None) for base, power in powers.items()})

    def terms_of(self, node: Node) -> list[Monomial]:
        """A tidied node as the terms of a sum."""
        return self.sums.get(node) or [self.monomial(node)]

    def monomial(self, node: Node) -> Monomial:
        """What a tidied node is a coefficient times powers of."""
        number = plain_number(node)
        if number is not None:
            return Monomial(number, {})
        return self.monomials.get(node) or Monomial(Fraction(1), {node: ONE})

    def product(self, factors: Iterable[Monomial]) -> Node | None:
        """The product of the monomials; None where only the product as it was written keeps domain and range."""
        coefficients: list[Number] = []
        powers: dict[Node, Exponent] = {}
        for coefficient, bases in factors:
            coefficients.append(coefficient)
            for base, exponent in bases.items():
                if exponent == ZERO:
                    continue  # x^0 is 1, of nan too
                if base not in powers:
                    powers[base] = exponent
                elif can_merge(base, powers[base], exponent):
                    is_repeated = base.gate.is_indicator and exponent.number > 0
                    number = powers.pop(base).number + exponent.number
                    if number:
                        powers[base] = ONE if is_repeated else Exponent(number, None)
                elif not self._put_beside(powers, base, exponent):
                    return None
        coefficient = multiplied(coefficients, MODEST if len(powers) > 1 or is_raised(powers) else LARGEST)
        if coefficient is None or (coefficient == 0 and not self.are_finite(powers)):
            return None
        simpler = merged(powers, has_quotients=self.has_quotients)
        if simpler is not None:
            return self.product([Monomial(coefficient, simpler.powers), self.raised(simpler.node, simpler.times)])
        node = self.built(Monomial(coefficient, without_ones(powers)))
        zero = next(
            (base for base, power in powers.items() if plain_number(base) == 0 and power.symbolic is not None), None
        )
        if zero is not None and any(is_log_of_zero(base) for base in powers):
            raised = self._raise(zero, powers[zero])
            # 0^y log(0) is 0 for a positive y, by its limit
            limited: Node = (raised.inputs[1] > 0.0).where(0.0, node)
            return limited
        return node

    def _put_beside(self, powers: dict[Node, Exponent], base: Node, exponent: Exponent) -> bool:
        """Put a power beside another of its base, one of the two as a base of its own; whether that can be done.

        Merged they would lose a corner: x/x is nan at 0, and x^n*x or x^0.5*x^0.5 have other domains than their sums.
        """
        for apart, other in ((exponent, powers[base]), (powers[base], exponent)):
            is_below = apart.symbolic is None and apart.number < 0
            whole = self._raise(base, Exponent(-apart.number, None) if is_below else apart)
            if whole not in powers:
                powers[base] = other
                powers[whole] = Exponent(Fraction(-1 if is_below else 1), None)
                return True
        return False

    def are_finite(self, powers: dict[Node, Exponent]) -> bool:
        """Whether the product of the powers is a number wherever the inputs are."""
        return all(is_whole(power) and power.number > 0 and self._is_finite(base) for base, power in powers.items())

    def _is_finite(self, root: Node) -> bool:
        """Whether the node has a finite value wherever the inputs have, but for overflow."""
        waiting = [root]
        while waiting:
            node = waiting[-1]
            unknown = [operand for operand in node.inputs if operand not in self.finite]
            if unknown:
                waiting += unknown
                continue
            self.finite[node] = all(self.finite[operand] for operand in node.inputs) and is_total(node)
            waiting.pop()
        return self.finite[root]

    def built(self, monomial: Monomial) -> Node:
        """The node of a monomial: a sign, the coefficient, what is above the bar, what is below."""
        coefficient, powers = monomial
        if not powers or coefficient == 0:
            return self._number(coefficient)
        above, below = [], []
        for base, (number, symbolic) in sorted(powers.items(), key=place_in_product):
            if symbolic is None and number < 0 and not (self.has_negative_powers and number != -1):
                below.append(self._raise(base, Exponent(-number, None)))
            else:
                above.append(self._raise(base, Exponent(number, symbolic)))
        if coefficient != 1 or not above:
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

    def _number(self, number: Number) -> Node:
        """The node of a number, a fraction being a quotient of two."""
        if not isinstance(number, Fraction) or number.denominator == 1:
            return self.graph.constant(float(number))
        top, bottom = (self.graph.constant(float(part)) for part in number.as_integer_ratio())
        quotient = self.graph.add(arithmetic.divide, (top, bottom))
        self.monomials[quotient] = Monomial(number, {})
        return quotient

    def _turned(self, node: Node) -> Node:
        """The node with its sign flipped."""
        number = plain_number(node)
        return self.graph.add(arithmetic.negative, (node,)) if number is None else self.graph.constant(-float(number))

    def _raise(self, base: Node, exponent: Exponent) -> Node:
        number, symbolic = exponent
        if symbolic is None:
            return base if number == 1 else self.graph.add(arithmetic.power, (base, self._number(number)))
        whole = symbolic if number == 0 else self._sum_of_unlike([*self.terms_of(symbolic), Monomial(number, {})])
        return self.graph.add(arithmetic.power, (base, whole))

    def _sum_of_unlike(self, terms: Iterable[Monomial]) -> Node:
        """The sum of monomials that were like terms before: none of them meet."""
        made = self.sum(terms)
        assert made is not None
        return made

    def sum(self, terms: Iterable[Monomial]) -> Node | None:
        """The sum of the monomials, like ones together, one that is not subtracted first.

        None where only the sum as it was written keeps domain and range: log(x) - log(x) is nan below 0.
        """
        like: dict[frozenset[tuple[Node, Exponent]], list[Monomial]] = {}
        for term in terms:
            like.setdefault(frozenset(term.powers.items()), []).append(term)
        kept = []
        for alike in like.values():
            powers = alike[0].powers
            coefficient = added(monomial.coefficient for monomial in alike) if len(alike) > 1 else alike[0].coefficient
            if coefficient is None or (coefficient == 0 and not self.are_finite(powers)):
                return None
            if coefficient != 0:
                kept.append(Monomial(coefficient, powers))
        if not kept:
            return self.graph.constant(0.0)
        kept = vectors_together(kept, self.terms_of, self.sum)
        first = next((index for index, monomial in enumerate(kept) if monomial.coefficient > 0), 0)
        kept.insert(0, kept.pop(first))
        node = self.built(kept[0])
        for coefficient, powers in kept[1:]:
            gate = arithmetic.subtract if coefficient < 0 else arithmetic.add
            node = self.graph.add(gate, (node, self.built(Monomial(abs(coefficient), powers))))
        if len(kept) > 1:
            self.sums[node] = kept
        return node


def _chain(nodes: list[Node]) -> Node:
    """The product of the nodes, from the left."""
    product = nodes[0]
    for node in nodes[1:]:
        product = product.graph.add(arithmetic.multiply, (product, node))
    return product
