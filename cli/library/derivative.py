"""The derivative as an expression: a graph, whose text is the one that `backprop diff` prints."""

from __future__ import annotations

from collections.abc import Mapping

from backprop.autodiff.derivatives.symbolic import derivatives
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.graph import Graph
from backprop.autodiff.shapes import Shape
from backprop.cli.library.texts import Expression, graph_of
from backprop.cli.reports.derivative import as_text
from backprop.parser import parse


def derivative(
    expression: Expression,
    wrt: str | None = None,
    *,
    order: int = 1,
    shapes: Mapping[str, Shape] | None = None,
) -> Graph:
    """The derivative of an expression by one variable; `str()` of it is its text, and every call takes it again.

    `wrt` may be omitted where there is one variable; arrays have their `shapes`. Raises ExpressionError as
    `value_and_grad` does, and for an order above 1 by an array.
    """
    known = dict(shapes or {})
    graph = graph_of(expression) if shapes is None or not isinstance(expression, str) else parse(expression, known)
    if wrt is None:
        if len(graph.variables) != 1:
            names = " or ".join(f"wrt={name!r}" for name in graph.variables) or "it has no variables"
            raise ExpressionError("the derivative is by one variable", cure=f"choose it: {names}", source=graph.source)
        (wrt,) = graph.variables
    (written,) = derivatives(graph, [wrt], order=order, given=known).written.values()
    return parse(as_text(written, shares=False), known)
