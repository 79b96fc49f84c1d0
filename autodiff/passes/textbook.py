"""An expression as a textbook writes it: gates that exist for the sake of digits, replaced by what they stand for.

For readers only: the values near a function's special points are better without it.
"""

from __future__ import annotations

from collections.abc import Container
from typing import NamedTuple

from backprop.autodiff.graph import Node


class Exemption(NamedTuple):
    """A `form` that stands for a gate, except where `condition` is not 0: there it is `written`, and the gate `value`.

    No `written`: nan; no value: the limit of the form. `counts_sides`: whether it is so of a derivative that is the
    mean of those from both sides of a kink, or of others; None: of all.
    """

    form: Node
    condition: Node
    written: float | None
    value: Node | float | None
    counts_sides: bool | None


def in_textbook_form(node: Node, keep: Container[Node] = (), exemptions: list[Exemption] | None = None) -> Node:
    """The node for `node` in gates of the language, appended to its graph; nodes in `keep` stay as they are.

    With `exemptions` the forms are the brief ones, and what they do not say is added to it.
    """
    twin: dict[Node, Node] = {}
    for one in _spelled_out(node, keep):
        operands = tuple([twin.get(operand, operand) for operand in one.inputs])
        if not one.gate.has_local:
            operands = tuple(map(_in_shape, operands, one.inputs))
        longhand = one.gate.textbook if exemptions is None else one.gate.brief
        if longhand is not None and not one.gate.is_public:
            form = longhand(*operands, **one.settings)
            twin[one] = in_textbook_form(form, {*operands}, exemptions)
            if exemptions is not None:
                exemptions += _exemptions(one, operands, twin[one])
        elif any(new is not old and new.is_literal for new, old in zip(operands, one.inputs, strict=True)):
            twin[one] = one.gate(*operands, **one.settings)  # which takes what a number decides
        elif operands != one.inputs:
            twin[one] = one.graph.add(one.gate, operands, one.attributes, one.span)
    return twin.get(node, node)


def _in_shape(form: Node, node: Node) -> Node:
    """The form with the node's shape, which a number lacks: a gate that does not work entry by entry needs it."""
    return form if form.shape == node.shape else in_textbook_form(form.broadcast_to(node.shape), {form})


def _exemptions(node: Node, operands: tuple[Node, ...], form: Node) -> list[Exemption]:
    """What the form of a gate of these operands does not say."""
    gate, settings = node.gate, node.settings
    found = []
    if gate.gap is not None:
        value = gate.gap.value(*operands, **settings)
        counts_sides = False if gate.has_sides else None
        found.append(Exemption(form, gate.gap.where(*operands, **settings), gate.gap.written, value, counts_sides))
    if gate.kink is not None:
        found.append(Exemption(form, gate.kink(*operands, **settings), None, None, True))
    return found


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
