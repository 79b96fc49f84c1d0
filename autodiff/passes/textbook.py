"""An expression as a textbook writes it: gates that exist for the sake of digits, replaced by what they stand for.

For readers only: the values near a function's special points are better without it.
"""

from __future__ import annotations

from collections.abc import Container

from backprop.autodiff.graph import Node
from backprop.autodiff.named_tuple import NamedTuple


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


class Brief(NamedTuple):
    """A `form` that stands for the gate of a node, of these operands, where the declaration exempts nothing."""

    form: Node
    node: Node
    operands: tuple[Node, ...]

    def exemptions(self) -> list[Exemption]:
        gate, settings = self.node.gate, self.node.settings
        found = []
        if gate.gap is not None:
            where, value, written = gate.gap
            corner, there = where(*self.operands, **settings), value(*self.operands, **settings)
            found.append(Exemption(self.form, corner, written, there, False if gate.has_sides else None))
        if gate.kink is not None:
            found.append(Exemption(self.form, gate.kink(*self.operands, **settings), None, None, True))
        return found


def in_textbook_form(node: Node, keep: Container[Node] = (), briefs: list[Brief] | None = None) -> Node:
    """The node for `node` in gates of the language, appended to its graph; nodes in `keep` stay as they are.

    With `briefs` the forms are the brief ones, and those that do not say all are added to it.
    """
    twin: dict[Node, Node] = {}
    for one in _spelled_out(node, keep):
        operands = tuple([twin.get(operand, operand) for operand in one.inputs])
        if not one.gate.has_local:
            operands = tuple(map(_in_shape, operands, one.inputs))
        longhand = one.gate.textbook if briefs is None else one.gate.brief
        if longhand is not None and not one.gate.is_public:
            form = longhand(*operands, **one.settings)
            twin[one] = in_textbook_form(form, {*operands}, briefs)
            if briefs is not None and (one.gate.gap is not None or one.gate.kink is not None):
                briefs.append(Brief(twin[one], one, operands))
        elif operands != one.inputs:
            if any([new is not old and new.is_literal for new, old in zip(operands, one.inputs, strict=True)]):
                twin[one] = one.gate(*operands, **one.settings)  # which takes what a number decides
            else:
                twin[one] = one.graph.add(one.gate, operands, one.attributes, one.span)
    return twin.get(node, node)


def _in_shape(form: Node, node: Node) -> Node:
    """The form with the node's shape, which a number lacks: a gate that does not work entry by entry needs it."""
    return form if form.shape == node.shape else in_textbook_form(form.broadcast_to(node.shape), {form})


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
