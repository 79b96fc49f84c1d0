"""Sparse Jacobians and Hessians: a row for each entry that may differ from 0. Computes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from backprop.autodiff.graph import Node
from backprop.autodiff.shapes import Shape
from backprop.cli.output.report import ROWS, Column, Listed, Report, Row, Rows
from backprop.cli.reports.entries import entry_names, output_label, titled
from backprop.cli.reports.nonfinite import nonfinite_values

if TYPE_CHECKING:
    from backprop.autodiff.derivatives.sparse import SparseFirstOrder, SparseSecondOrder

Parts: TypeAlias = "Sequence[tuple[str, Shape]]"


def sparse_jacobian_report(derivatives: SparseFirstOrder, text: str) -> Report:
    """A row is an entry of the output, a column one of the inputs."""
    output = derivatives.output
    data = {
        "command": "jacobian",
        "expression": text,
        "value": derivatives.value,
        "shape": [*derivatives.matrix.shape],
        "entries": ROWS,
        "nonfinite": nonfinite_values({"value": derivatives.value, "entries": derivatives.matrix.values}),
    }
    rows = [(output_label(output.graph), output.shape)]
    listed = Listed(derivatives.matrix, rows, parts_of(derivatives.inputs), is_symmetric=False)
    return listed_report(titled("Jacobian", text), listed, data)


def sparse_hessian_report(derivatives: SparseSecondOrder, text: str) -> Report:
    """Rows and columns are entries of the inputs."""
    results = {f"gradient.{name}": slope for name, slope in derivatives.gradient.items()}
    data = {
        "command": "hessian",
        "expression": text,
        "value": derivatives.value,
        "gradient": derivatives.gradient,
        "shape": [*derivatives.matrix.shape],
        "entries": ROWS,
        "nonfinite": nonfinite_values({"value": derivatives.value, **results, "entries": derivatives.matrix.values}),
    }
    parts = parts_of(derivatives.inputs)
    listed = Listed(derivatives.matrix, parts, parts, is_symmetric=True)
    return listed_report(titled("Hessian", text), listed, data)


def parts_of(inputs: Sequence[Node]) -> Parts:
    return [(str(node.name), node.shape) for node in inputs]


def listed_report(title: str, listed: Listed, data: dict[str, Any]) -> Report:
    """The entries of a matrix with the names of their rows and columns."""
    matrix = listed.matrix
    names, others = names_of(listed.rows), names_of(listed.columns)

    def cells(entry: int) -> Row:
        return (names[matrix.rows[entry]], others[matrix.columns[entry]], float(matrix.values[entry]))

    return Report(
        title=title,
        columns=(Column("row"), Column("column"), Column("value", style="red", is_number=True)),
        rows=Rows(range(len(matrix.values)), cells),
        data=data,
        plain=[np.asarray(matrix.values)],
        listed=listed,
    )


def names_of(parts: Parts) -> list[str]:
    return [entry for name, shape in parts for entry in entry_names(name, shape)]
