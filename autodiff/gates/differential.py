"""Derivatives inside an expression: `grad(f, x)` is replaced by the graph of the derivative."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backprop.autodiff.declaration import leaves
from backprop.autodiff.declaration.kinds import Expansion
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.passes.reverse import gradients

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node


def derivative_graph(f: Node, x: Node) -> Node:
    """The adjoint of x with an upstream of ones: the gradient of f, or of the sum of its entries."""
    from backprop.autodiff.passes.sides import to_differentiate  # here, not above: few expressions hold a derivative

    if x.gate is not leaves.input:
        raise ExpressionError("grad differentiates by a variable", cure="write grad(f, x), with x a free name")
    return to_differentiate(gradients(f, [x]), f)[0]


grad = Expansion(
    "grad",
    derivative_graph,
    operands=("f", "x"),
    summary="the gradient of the expression f by the variable x, an expression itself: grad(grad(f, x), y)",
    habit="is replaced by the graph of the derivative, so that it is differentiated like any other expression",
    source="Griewank & Walther (2008), section 3.2",
    samples=(),
)
