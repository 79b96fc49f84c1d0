"""What a matrix of derivatives is asked of: the output, the inputs, and the gradients to differentiate once more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.passes.reverse import gradients
from backprop.autodiff.passes.sides import to_differentiate
from backprop.autodiff.shapes import show


class TooManyEntries(ExpressionError):
    """A matrix was asked for that has more `entries` than allowed."""

    def __init__(self, what: str, counted: str, entries: int) -> None:
        self.entries = entries
        super().__init__(f"the {what} has {counted}", cure=f"allow it: maximum_entries={entries}")


def slopes_of(typed: Graph, inputs: Sequence[Node]) -> list[Node]:
    """The gradients of the output, to be differentiated once more."""
    return to_differentiate(gradients(typed.result, inputs), typed.result, are_together=True)


def inputs_of(typed: Graph, names: Iterable[str]) -> list[Node]:
    return [typed.named(name) for name in names]


def scalar_output(typed: Graph) -> Node:
    output = typed.result
    if output.shape:
        raise ExpressionError(
            f"only a scalar has a Hessian, the output has shape {show(output.shape)}",
            output.span,
            "make it one number, for example by sum(...)",
            typed.source,
        )
    return output
