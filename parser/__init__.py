"""Expressions as text: read into a graph, printed from one, errors shown at their place. Imports nothing heavy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backprop.autodiff.errors import ExpressionError, Span

if TYPE_CHECKING:
    from collections.abc import Mapping

    from backprop.autodiff.graph import Graph
    from backprop.autodiff.shapes import Array, Shape

__all__ = ["ExpressionError", "Span", "parse", "parse_constant", "parse_latex", "parse_model", "parse_relations"]


def rendered(error: ExpressionError) -> str:
    """The error as a user reads it, with its place in the text and the cure."""
    from backprop.parser.diagnostics.rendering import render

    return render(error)


ExpressionError.written = rendered


def parse(text: str, shapes: Mapping[str, Shape] | None = None) -> Graph:
    """The graph of an expression, or of statements, as written: untyped, it fits inputs of any shape.

    Where a range or a length follows from an input's shape, as in `for i in 0:len(v)-2`, it is read for one of the
    `shapes`, or for its default's. Raises ExpressionError, with the place and the cure, for a text that is none.
    """
    from backprop.parser import parsing

    return parsing.parse(text, shapes)


def parse_model(text: str, shapes: Mapping[str, Shape] | None = None) -> Graph:
    """The graph of `RESPONSE ~ PREDICTION`, behind statements that it uses: its output is the one less the other.

    Raises ExpressionError as `parse` does, and for a text without a ~.
    """
    from backprop.parser import parsing

    return parsing.parse(text, shapes, parsing.TextKind.MODEL)


def parse_relations(text: str, shapes: Mapping[str, Shape] | None = None) -> Graph:
    """The graph of equations and inequalities, `x + y <= 1; x*y == 2`, behind statements that they use: `relations`.

    Raises ExpressionError as `parse` does, and for a statement that is neither a definition nor a relation.
    """
    from backprop.parser import parsing

    return parsing.parse(text, shapes, parsing.TextKind.RELATIONS)


def parse_latex(text: str, shapes: Mapping[str, Shape] | None = None) -> Graph:
    """The graph of a formula in LaTeX, read for inputs of these shapes and, of all others, scalars.

    What is ambiguous raises ExpressionError, as does what is no formula: its cure says what may be written.
    """
    from backprop.parser.latex import reading

    return reading.parse_latex(text, shapes)


def parse_constant(text: str) -> Array:
    """The value of an expression without variables, such as `pi/2` or `[[1, 2], [3, 4]]`.

    Raises ExpressionError for a text that is none or has a variable in it.
    """
    from backprop.autodiff.lazy_numpy import np
    from backprop.parser import parsing

    value: Array = np.asarray(parsing.constant(text))[()]
    return value
