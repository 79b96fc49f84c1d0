"""The graph, the gates, the passes and their evaluation. Knows no text and no terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backprop.autodiff.derivatives import jvp, value_and_grad, vjp
from backprop.autodiff.errors import ExpressionError, Span
from backprop.autodiff.graph import Graph, Node

if TYPE_CHECKING:
    from backprop.autodiff.matrices import hessian, hvp, jacobian

__all__ = [
    "ExpressionError",
    "Graph",
    "Node",
    "Span",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "value_and_grad",
    "vjp",
]


def __getattr__(name: str) -> Any:
    """The matrices' functions, imported when they are asked for: they would cost every command 3 ms."""
    if name in ("hessian", "hvp", "jacobian"):
        from backprop.autodiff import matrices

        return getattr(matrices, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
