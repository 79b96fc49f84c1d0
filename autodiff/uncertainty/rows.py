"""The uncertainty of each row's value to first order, as nodes of the graph: inputs are independent within a row."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from backprop.autodiff.declaration.table import METHODS
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.shapes import show


def uncertainty_name(name: str) -> str:
    """What the input for a variable's standard uncertainty is called; no variable can have its name, with blanks."""
    return f"uncertainty of {name}"


def uncertainty_of_rows(slopes: Sequence[Node], uncertainties: Sequence[Node]) -> list[Node]:
    """The standard uncertainty of the value, and the share in % of each input; nan where an uncertainty is negative."""
    parts = [contribution(slope, size) for slope, size in zip(slopes, uncertainties, strict=True)]
    whole: Node = reduce(lambda first, second: METHODS[np.hypot](first, second), parts)
    return [whole, *[METHODS[">="](0.0, whole).where(0.0, 100.0 * (part / whole) ** 2.0) for part in parts]]


def contribution(slope: Node, uncertainty: Node) -> Node:
    """|slope| u of an input; of an array, over all its entries."""
    parts: Node = (uncertainty >= 0.0).where(slope * uncertainty, np.nan)
    return METHODS[np.sqrt]((parts * parts).sum()) if parts.shape else METHODS[np.abs](parts)


def check_is_number(typed: Graph) -> None:
    """Raise ExpressionError for an output that is no scalar."""
    if typed.result.shape:
        raise ExpressionError(
            f"only a number has an uncertainty, the output has shape {show(typed.result.shape)}",
            typed.result.span,
            "make it one number, for example by sum(...) or an index",
            typed.source,
        )
