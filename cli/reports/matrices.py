"""The Jacobian and the Hessian: a row and a column for each entry. Computes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backprop.autodiff.derivatives.critical_points import Nature
from backprop.autodiff.derivatives.matrices import FirstOrder, SecondOrder
from backprop.autodiff.derivatives.sweeps import Matrix
from backprop.autodiff.lazy_numpy import np
from backprop.cli.output.report import Cell, Column, Report, Row, Rows, Sum
from backprop.cli.reports.entries import entry_names, heading, input_names, output_label, titled
from backprop.cli.reports.nonfinite import nonfinite_values


def jacobian_report(derivatives: FirstOrder, text: str) -> Report:
    """One row for each entry of the output, one column for each of the inputs."""
    names = entry_names(output_label(derivatives.output.graph), derivatives.output.shape)
    jacobian = derivatives.jacobian
    parts = {"value": derivatives.value, **{f"jacobian.{name}": block for name, block in jacobian.items()}}
    data = {
        "command": "jacobian",
        "expression": text,
        "value": derivatives.value,
        "jacobian": jacobian,
        "nonfinite": nonfinite_values(parts),
    }
    return matrix_report(
        titled("Jacobian", text), "output", names, input_names(derivatives.inputs), derivatives.matrix, data
    )


def hessian_report(derivatives: SecondOrder, nature: Nature | None, text: str) -> Report:
    """The square matrix; with `nature` the eigenvalues and what kind of point it is."""
    names = input_names(derivatives.inputs)
    hessian = derivatives.hessian
    parts = {"value": derivatives.value, **{f"gradient.{name}": block for name, block in derivatives.gradient.items()}}
    parts |= {f"hessian.{name}.{other}": block for name, row in hessian.items() for other, block in row.items()}
    data = {
        "command": "hessian",
        "expression": text,
        "value": derivatives.value,
        "gradient": derivatives.gradient,
        "hessian": hessian,
        "eigenvalues": nature and nature.eigenvalues,
        "critical_point": nature and nature.kind,
        "nonfinite": nonfinite_values(parts),
    }
    report = matrix_report(titled("Hessian", text), "variable", names, names, derivatives.matrix, data)
    return report._replace(footer=verdict(nature)) if nature else report


def verdict(nature: Nature) -> tuple[Cell, ...]:
    """The eigenvalues, and what they say of the point."""
    listed = [part for eigenvalue in nature.eigenvalues.tolist() for part in (", ", eigenvalue)][1:]
    said = {
        None: "the gradient is not zero here: no minimum, maximum or saddle",
        "undecided": "the gradient is zero: undecided, the Hessian does not tell",
    }
    return Sum([("eigenvalues ", *listed)]), said.get(nature.kind, f"the gradient is zero: {nature.kind}")


def matrix_report(
    title: str, kind: str, names: Sequence[str], others: Sequence[str], matrix: Matrix, data: dict[str, Any]
) -> Report:
    """A matrix with the names of its rows, of the `kind` that heads them, and of its columns."""

    def cells(row: int) -> Row:
        return (names[row], *matrix[row].tolist())

    return Report(
        title=title,
        columns=(
            Column(heading(kind, others)),
            *(Column(name, style="red", is_number=True) for name in others),
        ),
        rows=Rows(range(len(names)), cells),
        data=data,
        plain=[np.float64(matrix[0, 0]) if matrix.size == 1 else matrix],
    )
