"""The graph, the gates, the passes and their evaluation. Knows no text and no terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backprop.autodiff.derivatives import jvp, value_and_grad, vjp
from backprop.autodiff.errors import ExpressionError, Span
from backprop.autodiff.graph import Graph, Node

if TYPE_CHECKING:
    from backprop.autodiff.compilation import compile
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


_MODULES = {"compile": "compilation", "hessian": "matrices", "hvp": "matrices", "jacobian": "matrices"}


def __getattr__(name: str) -> Any:
    """The matrices' functions and `compile`, imported when they are asked for: they would cost every command 3 ms."""
    if name in _MODULES:
        from importlib import import_module

        return getattr(import_module(f"backprop.autodiff.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
