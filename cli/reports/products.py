"""What a Jacobian or a Hessian makes of a direction: one row for each entry. Computes nothing."""

from __future__ import annotations

from collections.abc import Mapping

from backprop.autodiff.graph import Graph
from backprop.autodiff.shapes import Array
from backprop.cli.output.report import Column, Report
from backprop.cli.reports.entries import entry_rows, output_label, titled
from backprop.cli.reports.nonfinite import nonfinite_values

VALUE = Column("value", style="green", is_number=True)


def tangent_report(graph: Graph, value: Array, tangent: Array, text: str) -> Report:
    """The output's entries with their tangents."""
    label = output_label(graph)
    return Report(
        title=titled("tangent", text),
        columns=(Column("output"), VALUE, Column("tangent", style="red", is_number=True)),
        rows=entry_rows([{label: value}, {label: tangent}]),
        data={
            "command": "jvp",
            "expression": text,
            "value": value,
            "tangent": tangent,
            "nonfinite": nonfinite_values({"value": value, "tangent": tangent}),
        },
        plain=[tangent],
    )


def product_report(command: str, column: str, value: Array, products: Mapping[str, Array], text: str) -> Report:
    """The variables' entries with what `command` gives for them, called `column`."""
    parts = {"value": value, **{f"{column}.{name}": product for name, product in products.items()}}
    return Report(
        title=titled(column, text),
        columns=(Column("variable"), Column(column, style="red", is_number=True)),
        rows=entry_rows([dict(products)]),
        data={
            "command": command,
            "expression": text,
            "value": value,
            column: dict(products),
            "nonfinite": nonfinite_values(parts),
        },
        plain=list(products.values()),
    )
