"""Factors of a product, read from how it is written: a common one divided out, or what does not depend on it set apart.

What looks for them stops after a few nodes: a derivative is built in time linear in the graph.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import mul
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from backprop.autodiff.declaration.kinds import Bilinear, Linear
from backprop.autodiff.gates import arithmetic, even, selection, slopes
from backprop.autodiff.lazy_numpy import np

if TYPE_CHECKING:
    from backprop.autodiff.graph import Graph, Node

MOST_FACTORS = 64  # nodes that are looked at each time
MOST_SEEN = 100_000  # those that are looked at beyond them in all of a graph: derivatives of high order are long

_left: WeakKeyDictionary[Graph, int] = WeakKeyDictionary()  # how many of MOST_SEEN may still be looked at


def divided(upstream: Node, radius: Node, *, by_series: bool = False) -> Node | None:
    """The node that is `upstream` without its factor `radius`; None where it is not written with one.

    `by_series`: an odd function of what has the factor has it, too, and what is differentiated as a form with it.
    """
    quotient: dict[Node, Node | None] = {radius: radius.graph.constant(1.0)}
    for node in reversed(_factors(upstream, radius, by_series)):
        if node not in quotient:
            if by_series and node.gate.unread:
                quotient[node] = quotient.get(node.inputs[0])
                continue
            by_rule = _odd_quotient if by_series and is_odd(node) else _quotient
            quotient[node] = by_rule(node, quotient, radius)
    result = quotient.get(upstream)
    return result if result is not None and result.shape in ((), upstream.shape) else None


def _factors(upstream: Node, radius: Node, by_series: bool) -> list[Node]:
    """The nodes in which a factor may be, those that use others first; none where they are too many."""
    seen = {upstream}
    waiting = [upstream]
    most = MOST_FACTORS
    while waiting:
        if len(seen) > most:
            if most > MOST_FACTORS:
                break
            most += _left.get(upstream.graph, MOST_SEEN)
        node = waiting.pop()
        for operand in _smooth_operands(node) if by_series else divisible(node):
            if operand.index >= radius.index and operand not in seen:
                seen.add(operand)
                waiting.append(operand)
    if most > MOST_FACTORS:
        _left[upstream.graph] = most - len(seen)
    return [] if waiting else sorted(seen, key=lambda node: node.index, reverse=True)


def _smooth_operands(node: Node) -> tuple[Node, ...]:
    """The operands that may hold a factor, so that the form of the node that is differentiated has it, too."""
    return node.inputs if is_odd(node) else node.inputs[: node.gate.unread] or divisible(node)


def divisible(node: Node) -> tuple[Node, ...]:
    """The operands that may hold a factor of the node."""
    gate = node.gate
    if gate in (arithmetic.divide, arithmetic.power):
        return node.inputs[:1]
    is_product = gate in (arithmetic.multiply, arithmetic.limit_product, arithmetic.add, arithmetic.subtract)
    is_other = gate in (arithmetic.negative, arithmetic.square, selection.where)
    return node.inputs if is_product or is_other or isinstance(gate, (Linear, Bilinear)) else ()


def _quotient(node: Node, known: dict[Node, Node | None], radius: Node) -> Node | None:
    """The node divided by the radius, from what its operands are, so divided."""
    gate = node.gate
    if is_zero(node):
        return node
    operands = [known.get(operand) for operand in node.inputs]
    if gate in (arithmetic.multiply, arithmetic.limit_product):
        x, y = node.inputs
        if operands[0] is not None:
            return operands[0] * y
        return None if operands[1] is None else gate(x, operands[1])
    if gate is arithmetic.divide:
        return None if operands[0] is None else operands[0] / node.inputs[1]
    if gate is arithmetic.negative:
        return None if operands[0] is None else -operands[0]
    if gate is arithmetic.square:
        return None if operands[0] is None else operands[0] * node.inputs[0]
    if gate is arithmetic.power:
        base, exponent = node.inputs
        if operands[0] is None or not exponent.is_literal or not exponent.value >= 1.0:
            return None
        return operands[0] * base ** (float(exponent.value) - 1.0)
    if isinstance(gate, Bilinear) and not radius.shape:
        x, y = node.inputs
        if operands[0] is not None:
            return gate(operands[0], y)
        return None if operands[1] is None else gate(x, operands[1])
    if gate is selection.where:
        operands[0] = node.inputs[0]
    whole = [
        node_or_zero if node_or_zero is not None or not is_zero(operand) else operand
        for node_or_zero, operand in zip(operands, node.inputs, strict=True)
    ]
    is_linear = isinstance(gate, Linear) and not radius.shape
    if gate in (arithmetic.add, arithmetic.subtract, selection.where) or is_linear:
        parts = [part for part in whole if part is not None]
        return gate(*parts, **node.settings) if len(parts) == len(whole) else None
    return None


def is_odd(node: Node) -> bool:
    """Whether the node is an odd function of its operand, smooth at 0."""
    odd = node.gate.odd
    return node.gate is slopes.held or (odd is not None and node.settings == odd.settings)


def _odd_quotient(node: Node, known: dict[Node, Node | None], radius: Node) -> Node | None:
    """g(z) divided by the radius, from z so divided."""
    operand = known.get(node.inputs[0])
    if operand is None:
        return None
    if node.gate is slopes.held:
        return slopes.held(operand)
    quotient = even.over_argument(node)
    return quotient if node.inputs[0] is radius else operand * quotient


def is_zero(node: Node) -> bool:
    return node.is_constant and not np.any(node.value)


def factored(upstream: Node, radius: Node) -> tuple[Node | None, Node | None]:
    """What of a product does not depend on the radius, and the rest; None for a factor of 1."""
    free: list[Node] = []
    rest: list[Node] = []
    waiting = [upstream]
    while waiting:
        node = waiting.pop()
        if is_free(node, radius):
            free.append(node)
        elif node.gate is arithmetic.negative:
            waiting += [node.inputs[0], node.graph.constant(-1.0)]
        elif _is_product(node, upstream) and len(rest) + len(waiting) < MOST_FACTORS:
            waiting += reversed(node.inputs)
        else:
            rest.append(node)
    free = [factor for factor in free if not factor.is_number(1.0)]
    return _product(free), _product(rest)


def _is_product(node: Node, upstream: Node) -> bool:
    return node.gate is arithmetic.multiply and all(factor.shape in ((), upstream.shape) for factor in node.inputs)


def _product(factors: Sequence[Node]) -> Node | None:
    return reduce(mul, factors) if factors else None


def is_free(node: Node, radius: Node) -> bool:
    """Whether the node certainly does not depend on the radius."""
    seen = {node}
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if part is radius or len(seen) > MOST_FACTORS:
            return False
        for operand in part.inputs:
            if operand.index >= radius.index and operand not in seen:
                seen.add(operand)
                waiting.append(operand)
    return True
