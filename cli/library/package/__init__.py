"""The package `backprop` itself: the names of its library, each imported when it is first asked for."""

TYPE_CHECKING = False  # as in typing, which costs more to import than everything here
if TYPE_CHECKING:
    from typing import Any

    from backprop.autodiff import ExpressionError, Lesson, Uncertain, within
    from backprop.cli.library.calls import compile, hessian, hvp, jacobian, jvp, value_and_grad, vjp
    from backprop.cli.library.derivative import derivative
    from backprop.cli.library.drawings import picture, plot
    from backprop.cli.library.graphs import Graph, parse, parse_latex, parse_model, parse_relations
    from backprop.cli.library.magic import load_ipython_extension
    from backprop.cli.library.optima import all_roots, budget, fit, maximize, minimize, minimize_from_many, solve
    from backprop.cli.library.steps import check, explain, trace
    from backprop.cli.library.version import __version__

_MODULES = {
    "autodiff": ("ExpressionError", "Lesson", "Uncertain", "within"),
    "cli.library.calls": ("compile", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp"),
    "cli.library.derivative": ("derivative",),
    "cli.library.drawings": ("picture", "plot"),
    "cli.library.graphs": ("Graph", "parse", "parse_latex", "parse_model", "parse_relations"),
    "cli.library.magic": ("load_ipython_extension",),
    "cli.library.optima": ("all_roots", "budget", "fit", "maximize", "minimize", "minimize_from_many", "solve"),
    "cli.library.steps": ("check", "explain", "trace"),
    "cli.library.version": ("__version__",),
}
_ROOMS = {name: room for room, names in _MODULES.items() for name in names}

__all__ = [
    "ExpressionError",
    "Graph",
    "Lesson",
    "Uncertain",
    "__version__",
    "all_roots",
    "budget",
    "check",
    "compile",
    "derivative",
    "explain",
    "fit",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "load_ipython_extension",
    "maximize",
    "minimize",
    "minimize_from_many",
    "parse",
    "parse_latex",
    "parse_model",
    "parse_relations",
    "picture",
    "plot",
    "solve",
    "trace",
    "value_and_grad",
    "vjp",
    "within",
]


def __getattr__(name: str) -> "Any":
    """A name of the library, kept here for the next time."""
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    globals()[name] = value = getattr(import_module(f"backprop.{_ROOMS[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
