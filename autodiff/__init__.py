"""The graph, the gates, the passes and their evaluation. Knows no text and no terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from backprop.autodiff.derivatives.matrices import hessian, hvp, jacobian
    from backprop.autodiff.derivatives.values import jvp, value_and_grad, vjp
    from backprop.autodiff.errors import ExpressionError, Span
    from backprop.autodiff.evaluation.compiled_function import compile
    from backprop.autodiff.graph import Graph, Node
    from backprop.autodiff.optimize.all_roots import all_roots
    from backprop.autodiff.optimize.fit import fit
    from backprop.autodiff.optimize.many_starts import minimize_from_many
    from backprop.autodiff.optimize.minimize import maximize, minimize
    from backprop.autodiff.optimize.minimum import Lesson
    from backprop.autodiff.optimize.solve import solve
    from backprop.autodiff.uncertainty.budget import budget
    from backprop.autodiff.uncertainty.inputs import Uncertain, within

__all__ = [
    "ExpressionError",
    "Graph",
    "Lesson",
    "Node",
    "Span",
    "Uncertain",
    "all_roots",
    "budget",
    "compile",
    "fit",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "maximize",
    "minimize",
    "minimize_from_many",
    "solve",
    "value_and_grad",
    "vjp",
    "within",
]


_MODULES = {
    "ExpressionError": "errors",
    "Graph": "graph",
    "Lesson": "optimize.minimum",
    "Node": "graph",
    "Span": "errors",
    "Uncertain": "uncertainty.inputs",
    "all_roots": "optimize.all_roots",
    "budget": "uncertainty.budget",
    "compile": "evaluation.compiled_function",
    "fit": "optimize.fit",
    "hessian": "derivatives.matrices",
    "hvp": "derivatives.matrices",
    "jacobian": "derivatives.matrices",
    "jvp": "derivatives.values",
    "maximize": "optimize.minimize",
    "minimize": "optimize.minimize",
    "minimize_from_many": "optimize.many_starts",
    "solve": "optimize.solve",
    "value_and_grad": "derivatives.values",
    "vjp": "derivatives.values",
    "within": "uncertainty.inputs",
}


def __getattr__(name: str) -> Any:
    """What the room offers, imported when it is asked for: who takes one module of it does not pay for NumPy."""
    if name in _MODULES:
        from importlib import import_module

        return getattr(import_module(f"backprop.autodiff.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
