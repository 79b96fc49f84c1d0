"""Which parameters a model is linear in: their derivatives do not depend on them, so that they need no start."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from backprop.autodiff.evaluation.program import dependents
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.optimize.residuals import Residuals
from backprop.autodiff.passes.reverse import gradients


def linear_parameters(residuals: Residuals, candidates: Sequence[str]) -> list[str]:
    """Those of the candidates that the residuals are linear in, all of them together.

    Each is taken unless the derivatives by it and by those before depend on one of them. A condition on a parameter is
    no derivative: what it chooses must not depend on one either.
    """
    typed = residuals.typed
    slopes = {name: gradients(typed.result, [typed.inputs[name]])[0] for name in candidates if name in typed.inputs}
    chosen: list[str] = []
    for name in slopes:
        together = [*chosen, name]
        moved = [typed.inputs[one] for one in together]
        results = [slopes[one] for one in together]
        if not any(depends(node, moved) for node in results) and not passes_flat(typed, typed.result, moved):
            chosen.append(name)
    return chosen


def depends(node: Node, inputs: Collection[Node]) -> bool:
    return dependents(node.graph, node, inputs)[node.index]


def passes_flat(graph: Graph, output: Node, inputs: Collection[Node]) -> bool:
    """Whether one of the inputs moves what has no derivative by it: a comparison, a rounding."""
    moves = dependents(graph, output, inputs)
    return any(
        node.gate.is_flat and any(moves[operand.index] for operand in node.inputs) and moves[node.index]
        for node in graph.nodes[: output.index + 1]
    )
