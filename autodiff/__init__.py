"""The graph, the gates, the passes and their evaluation. Knows no text and no terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from backprop.autodiff.compilation import compile
    from backprop.autodiff.derivatives import jvp, value_and_grad, vjp
    from backprop.autodiff.errors import ExpressionError, Span
    from backprop.autodiff.graph import Graph, Node
    from backprop.autodiff.matrices import hessian, hvp, jacobian

__all__ = [
    "ExpressionError",
    "Graph",
    "Node",
    "Span",
    "compile",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "value_and_grad",
    "vjp",
]


_MODULES = {
    "ExpressionError": "errors",
    "Graph": "graph",
    "Node": "graph",
    "Span": "errors",
    "compile": "compilation",
    "hessian": "matrices",
    "hvp": "matrices",
    "jacobian": "matrices",
    "jvp": "derivatives",
    "value_and_grad": "derivatives",
    "vjp": "derivatives",
}


def __getattr__(name: str) -> Any:
    """What the room offers, imported when it is asked for: who takes one module of it does not pay for NumPy."""
    if name in _MODULES:
        from importlib import import_module

        return getattr(import_module(f"backprop.autodiff.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
