"""An expression as a textbook writes it: gates that exist for the sake of digits, replaced by what they stand for.

For readers only: the values near a function's special points are better without it.
"""

from __future__ import annotations

from collections.abc import Container

from backprop.autodiff.graph import Node


def in_textbook_form(node: Node, keep: Container[Node] = ()) -> Node:
    """The node for `node` in gates of the language, appended to its graph; nodes in `keep` stay as they are."""
    twin: dict[Node, Node] = {}
    for one in _spelled_out(node, keep):
        operands = tuple([twin.get(operand, operand) for operand in one.inputs])
        if one.gate.textbook is not None and not one.gate.is_public:
            twin[one] = in_textbook_form(one.gate.textbook(*operands, **one.settings), {*operands})
        elif any(new is not old and new.is_literal for new, old in zip(operands, one.inputs, strict=True)):
            twin[one] = one.gate(*operands, **one.settings)  # which takes what a number decides
        elif operands != one.inputs:
            twin[one] = one.graph.add(one.gate, operands, one.attributes, one.span)
    return twin.get(node, node)


def _spelled_out(node: Node, keep: Container[Node]) -> list[Node]:
    """The nodes that an expression cut off at `keep` spells out, in topological order; what lies below is not seen."""
    found = set() if node in keep else {node}
    waiting = [*found]
    while waiting:
        for operand in waiting.pop().inputs:
            if operand not in keep and operand not in found:
                found.add(operand)
                waiting.append(operand)
    return sorted(found, key=lambda one: one.index)
