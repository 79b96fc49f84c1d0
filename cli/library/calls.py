"""Derivatives as numbers, of a text or of a graph; autodiff has the calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from backprop.autodiff.derivatives import matrices, values
from backprop.autodiff.evaluation.compiled_function import CompiledFunction
from backprop.autodiff.graph import Graph
from backprop.cli.library.texts import reading

value_and_grad = reading(values.value_and_grad)
jvp = reading(values.jvp)
vjp = reading(values.vjp)
jacobian = reading(matrices.jacobian)
hessian = reading(matrices.hessian)
hvp = reading(matrices.hvp)


@reading
def compile(
    graph: Graph,
    /,
    *,
    wrt: Iterable[str] | None = None,
    fixed: Mapping[str, Any] | None = None,
    gradients: bool = True,
) -> CompiledFunction:
    """A function of many rows: `values, grads = compile("x*y")(x=xs, y=ys)`, or of a data frame.

    All else is as backprop.autodiff.compile has it.
    """
    return CompiledFunction(graph, wrt, fixed, gradients)
