"""What a language writes for the gates that it cannot spell: a rewriting of nodes before they are printed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

from backprop.autodiff.declaration.gate import Gate
from backprop.autodiff.evaluation.program import needed
from backprop.autodiff.graph import Node

Kernel = Callable[..., Any]


def in_public_gates(
    results: Sequence[Node],
    is_spelled: Callable[[Gate], bool],
    kernel_of: Callable[[Gate], Kernel | None] = attrgetter("kernel"),
) -> list[Node]:
    """The results with the gates that cannot be spelled in the form that computes them, or in their textbook form, and
    with constants folded.

    A gate that the language does not have is there for the sake of digits, which its textbook form would lose.
    """
    return rewritten(results, lambda node: in_place(node.gate, is_spelled, kernel_of))


def rewritten(results: Sequence[Node], form_of: Callable[[Node], Callable[..., Node] | None]) -> list[Node]:
    """The results with nodes in the form that is given for them, until none is, and with constants folded."""
    results = list(results)
    while True:
        twin: dict[Node, Node] = {}
        is_changed = False
        for node in needed(results):
            operands = tuple([twin.get(operand, operand) for operand in node.inputs])
            gate = node.gate
            if (
                operands
                and not node.shape
                and not node.attributes
                and all(operand.is_scalar_constant for operand in operands)
            ):
                twin[node] = node.graph.constant(gate.value_of([operand.value for operand in operands]))
            elif operands and (longhand := form_of(node)) is not None:
                twin[node] = longhand(*operands, **node.settings)
                is_changed = True
            else:
                twin[node] = node.of(operands)
        results = [twin.get(node, node) for node in results]
        if not is_changed:
            return results


def in_place(
    gate: Gate, is_spelled: Callable[[Gate], bool], kernel_of: Callable[[Gate], Kernel | None] = attrgetter("kernel")
) -> Callable[..., Node] | None:
    """What stands in the function itself for a gate that is neither spelled nor a function of its own."""
    if gate.unread:
        return gate.textbook
    if is_spelled(gate):
        return None
    return kernel_of(gate) or (gate.textbook if gate.is_public else None)
