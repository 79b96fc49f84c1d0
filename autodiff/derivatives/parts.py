"""Parts of an expression as its variables: what a statement computes, `q = x + y`, and is differentiated by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.evaluation.binding import bind, selected
from backprop.autodiff.evaluation.execution import evaluate_numbers
from backprop.autodiff.evaluation.program import needed
from backprop.autodiff.graph import Graph


def cut_at(typed: Graph, names: Sequence[str]) -> Graph:
    """The graph in which the parts among the names are inputs, so that a derivative speaks of them.

    Raises ExpressionError where one of the names is in such a part: its derivative would leave out that way.
    """
    parts = [name for name in names if name not in typed.inputs]
    for part in parts:
        inside = [name for name in names if name != part and typed.named(name) in needed([typed.named(part)])]
        if inside:
            raise ExpressionError(f"{part} is computed from {inside[0]}", cure="ask for one of them at a time")
    return typed.cut(parts) if parts else typed


def with_parts(
    graph: Graph, values: Mapping[str, Any], wrt: Iterable[str] | None
) -> tuple[Graph, dict[str, Any], tuple[str, ...]]:
    """The graph in which the parts among `wrt` are inputs, the values with theirs, and the names of `wrt`, or of all.

    Raises as `bind` does. The graph is the same where no part is among them.
    """
    names = selected(graph, values, wrt)
    parts = [name for name in names if name not in graph.inputs]
    if not parts:
        return graph, dict(values), names
    typed, arrays = bind(graph, values)
    computed = evaluate_numbers([typed.named(name) for name in parts], arrays)
    return cut_at(typed, names), {**arrays, **dict(zip(parts, computed, strict=True))}, names
