"""Derivatives in the form that is differentiated further: gates that are not differentiable at a point in branches.

A first derivative does without: its value is the gate's, and the form costs as much as a derivative more.
"""

from __future__ import annotations

from collections.abc import Sequence

from backprop.autodiff.declaration.table import METHODS
from backprop.autodiff.evaluation.program import needed
from backprop.autodiff.graph import Node


def in_forms(derivatives: Sequence[Node], *, tells: bool = True) -> list[Node]:
    """Nodes of the same values, each gate with a form in it; `tells`: also what differs on the sides of its point."""
    nodes = needed(derivatives)
    if not any([node.gate.form for node in nodes]):
        return list(derivatives)
    conditions = _conditions(derivatives, nodes)
    graph = derivatives[0].graph
    twin: dict[Node, Node] = {}
    for node in nodes:
        if node not in conditions:  # only the value of another node
            twin[node] = node
            continue
        operands = tuple([twin[operand] for operand in node.inputs])
        graph.place = node.span
        same = node if operands == node.inputs else graph.add(node.gate, operands, node.attributes)
        twin[node] = _in_form(same, conditions[node], tells) if node.gate.form else same
    graph.place = None
    return [twin[node] for node in derivatives]


def _in_form(node: Node, conditions: frozenset[Node], tells: bool) -> Node:
    form = node.gate.form
    assert form is not None
    test, apart = form.test(*node.inputs), form.apart(*node.inputs)
    if test not in conditions:
        apart = test.where(apart, form.at_point(*node.inputs, tells=tells))
    return METHODS["in form"](apart, node)


def _conditions(results: Sequence[Node], nodes: Sequence[Node]) -> dict[Node, frozenset[Node]]:
    """The tests that are nonzero wherever a node is of consequence; none for what is differentiated as another."""
    conditions: dict[Node, frozenset[Node]] = {node: frozenset() for node in results}
    for node in reversed(nodes):
        if node not in conditions:
            continue
        for position, operand in enumerate(node.inputs[: node.gate.unread] or node.inputs):
            known = conditions[node]
            if node.gate is METHODS["where"] and position == 1:
                known |= _parts(node.inputs[0])
            conditions[operand] = conditions[operand] & known if operand in conditions else known
    return conditions


def _parts(test: Node) -> frozenset[Node]:
    """The tests that are nonzero where one is."""
    parts, waiting = set(), [test]
    while waiting:
        node = waiting.pop()
        if node.gate in (METHODS["and"], METHODS["reshape"], METHODS["broadcast_to"]):
            waiting += node.inputs
        else:
            parts.add(node)
    return frozenset(parts)
