"""An expression as a textbook writes it: gates that exist for the sake of digits, replaced by what they stand for.

For readers only: the values near a function's special points are better without it.
"""

from __future__ import annotations

from collections.abc import Container

from backprop.autodiff.graph import Node
from backprop.autodiff.inner_function import with_inside
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

    @property
    def corner(self) -> Node:
        """The condition on which the form has no value, or is of one side of a kink."""
        gate, settings = self.node.gate, self.node.settings
        where = gate.gap.where if gate.kink is None and gate.gap is not None else gate.kink
        assert where is not None
        return where(*self.operands, **settings)

    def exemptions(self) -> list[Exemption]:
        gate, settings = self.node.gate, self.node.settings
        exemptions = []
        if gate.gap is not None:
            where, value, written = gate.gap
            corner, there = where(*self.operands, **settings), value(*self.operands, **settings)
            exemptions.append(Exemption(self.form, corner, written, there, False if gate.has_sides else None))
        if gate.kink is not None:
            exemptions.append(Exemption(self.form, gate.kink(*self.operands, **settings), None, None, True))
        return exemptions


def in_textbook_form(node: Node, keep: Container[Node] = (), briefs: list[Brief] | None = None) -> Node:
    """The node for `node` in gates of the language, appended to its graph; nodes in `keep` stay as they are.

    With `briefs` the forms are the brief ones, and those that do not say all are added to it.
    """
    twin: dict[Node, Node] = {}
    for part in _spelled_out(node, keep):
        operands = tuple([twin.get(operand, operand) for operand in part.inputs])
        if not part.gate.has_local:
            operands = tuple(map(_in_shape, operands, part.inputs))
        longhand = part.gate.textbook if briefs is None else part.gate.brief
        if longhand is not None and not part.gate.is_public:
            form = longhand(*operands, **part.settings)
            twin[part] = in_textbook_form(form, {*operands}, briefs)
            if briefs is not None and (part.gate.gap is not None or part.gate.kink is not None):
                briefs.append(Brief(twin[part], part, operands))
        elif part.gate.has_inside:
            inner: list[Brief] | None = (
                None if briefs is None else []
            )  # what is so at points of its variable only is none of the whole
            twin[part] = with_inside(part, operands, lambda body, inner=inner: in_textbook_form(body, (), inner))  # type: ignore[misc]
        elif operands != part.inputs:
            if any([new is not old and new.is_literal for new, old in zip(operands, part.inputs, strict=True)]):
                twin[part] = part.gate(*operands, **part.settings)  # which takes what a number decides
            else:
                twin[part] = part.of(operands)
    return twin.get(node, node)


def _in_shape(form: Node, node: Node) -> Node:
    """The form with the node's shape, which a number lacks: a gate that does not work entry by entry needs it."""
    return form if form.shape == node.shape else in_textbook_form(form.broadcast_to(node.shape), {form})


def _spelled_out(node: Node, keep: Container[Node]) -> list[Node]:
    """The nodes that an expression cut off at `keep` spells out, in topological order; what lies below is not seen."""
    seen = set() if node in keep else {node}
    waiting = [*seen]
    while waiting:
        for operand in waiting.pop().inputs:
            if operand not in keep and operand not in seen:
                seen.add(operand)
                waiting.append(operand)
    return sorted(seen, key=lambda part: part.index)
