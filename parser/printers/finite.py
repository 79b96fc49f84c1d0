"""Graphs without what is known: operations on numbers, and where all numbers are finite, what asks for others."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from backprop.autodiff.declaration.table import METHODS
from backprop.autodiff.evaluation.program import needed
from backprop.autodiff.graph import Node

ENDS = (-1.7976931348623157e308, 0.0, 1.7976931348623157e308)  # of the finite numbers, and what is between


def without_infinities(results: Sequence[Node]) -> list[Node]:
    """The results without comparisons with what is not finite, and without branches that are then never taken."""
    return without_known(results, answered)


def without_known(results: Sequence[Node], answer: Callable[[Node], Node | None] = lambda node: None) -> list[Node]:
    """The results without operations on numbers alone, and with what `answer` gives for a node, if anything."""
    twin: dict[Node, Node] = {}
    for node in needed(results):
        made = node.of(tuple([twin[operand] for operand in node.inputs]))
        if made.inputs and all(operand.is_scalar_constant for operand in made.inputs) and not node.attributes:
            made = node.graph.constant(float(node.gate.value_of([operand.value for operand in made.inputs])))
        twin[node] = answer(made) or made
    return [twin[result] for result in results]


def answered(node: Node) -> Node | None:
    """What a node is for all finite numbers, where it compares with one that is not."""
    if node.gate is METHODS["where"] and node.inputs[0].is_scalar_constant:
        return node.inputs[1] if node.inputs[0].value else node.inputs[2]
    numbers = [operand for operand in node.inputs if operand.is_scalar_constant]
    others = [operand for operand in node.inputs if not operand.is_scalar_constant]
    if len(numbers) != 1 or len(others) != 1 or abs(numbers[0].value) < ENDS[-1]:
        return None
    is_first = node.inputs[0] is others[0]
    answers = [
        float(node.gate.forward(*((end, numbers[0].value) if is_first else (numbers[0].value, end)))) for end in ENDS
    ]
    if node.gate.is_indicator and len(set(answers)) == 1:
        return node.graph.constant(answers[0])
    return others[0] if answers == list(ENDS) else None
