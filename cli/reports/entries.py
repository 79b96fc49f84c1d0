"""The names of an array's entries: `x[0]`, `W[0,1]`, of a scalar its own. Knows shapes only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.shapes import Array, Shape, entry_name
from backprop.cli.output.report import Rows


def entry_names(name: str, shape: Shape) -> list[str]:
    """One name for each entry, in the order of the entries."""
    return [entry_name(name, index) for index in indices(shape)]


def input_names(inputs: Sequence[Node]) -> list[str]:
    return [entry for node in inputs for entry in entry_names(str(node.name), node.shape)]


def indices(shape: Shape) -> Iterator[tuple[int, ...]]:
    """Those of the entries, in their order; of a number's only one."""
    return product(*map(range, shape))


def entry_rows(columns: Sequence[dict[str, Array]]) -> Rows:
    """One row for each entry of the arrays of the same names and shapes: its name and its number in each column."""
    entries = [(name, index) for name, array in columns[0].items() for index in indices(np.shape(array))]

    def cells(item: tuple[str, tuple[int, ...]]) -> tuple[Any, ...]:
        name, index = item
        numbers = [np.asarray(column[name])[index] if index else column[name] for column in columns]
        return (entry_name(name, index), *map(float, numbers))

    return Rows(entries, cells)


def output_label(graph: Graph) -> str:
    """What the output is called: its own name, or the first of f, out and output that is free."""
    output = graph.result
    for name, node in (*graph.inputs.items(), *graph.names.items()):
        if node is output:
            return name
    taken = {*graph.inputs, *graph.names}
    return next(
        label for label in ("f", "out", "output", *(f"f{k}" for k in range(1, len(taken) + 2))) if label not in taken
    )


def slope_label(output: str, name: str, order: int = 1) -> str:
    """`df/dx`, `d^2f/dx^2`."""
    return f"d{output}/d{name}" if order == 1 else f"d^{order}{output}/d{name}^{order}"


def heading(name: str, others: Sequence[str]) -> str:
    """A column's name that no other column has."""
    return f"({name})" if name in others else name


def titled(what: str, text: str) -> str:
    """`Hessian of x*y`; of a text of many lines the first word only."""
    line = text.strip()
    return what if len(line.splitlines()) > 1 else f"{what} of {line}"
