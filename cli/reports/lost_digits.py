"""What to say of compositions that lost digits: where they stand, what they gave, and the cure. Computes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from backprop.autodiff.derivatives.lost_digits import TOLERANCE, Loss
from backprop.autodiff.errors import ExpressionError, Span
from backprop.autodiff.graph import Node
from backprop.autodiff.lazy_numpy import np
from backprop.parser.diagnostics.rendering import render
from backprop.parser.printers.expression import shortest, show
from backprop.parser.visible import Lines

MOST_NAMED = 5
LONGEST = 60  # characters of an expression in a sentence


def notes(losses: Sequence[Loss], source: str | None) -> Iterator[str]:
    """A note for each composition that lost digits, with its place in the expression."""
    for loss in losses[:MOST_NAMED]:
        yield noted(loss, source, loss.node.span, source)
    if len(losses) > MOST_NAMED:
        yield f"{len(losses) - MOST_NAMED} more compositions lost digits"


def noted(loss: Loss, text: str | None, span: Span | None, source: str | None) -> str:
    """The note of a loss in the expression `text`, `span` being its place in `source`, the line to show."""
    return Lines(render(ExpressionError(reason(loss, text), span, cure(loss), source)).removeprefix("error: "))


def reason(loss: Loss, source: str | None) -> str:
    what = f"{named(loss.node, source)} has lost digits"
    if loss.is_gradient:
        what = f"the gradient of {named(loss.node, source)} has lost digits"
    if np.ndim(loss.value):
        with np.errstate(all="ignore"):
            is_wrong = ~(np.abs(loss.value - loss.right) <= TOLERANCE * np.abs(loss.right)) & np.isfinite(loss.right)
        return f"{what} in {np.count_nonzero(is_wrong)} of {np.size(loss.value)} entries"
    return f"{what}: {shortest(float(loss.value))} instead of {shortest(float(loss.right))}"


def cure(loss: Loss) -> str:
    try:
        better = show(loss.better, {})
    except ExpressionError:  # it would take millions of characters
        return "--fuse keeps them" if loss.is_fused else "write it by logarithms"
    if loss.is_fused:
        return f"--fuse computes {better}" if len(better) <= LONGEST else "--fuse keeps them"
    return f"write {better}"


def named(node: Node, source: str | None) -> str:
    """The composition as it is written."""
    text = "" if source is None or node.span is None else " ".join(source[node.span.start : node.span.end].split())
    return text if 0 < len(text) <= LONGEST else f"the {node.gate.name} here"
