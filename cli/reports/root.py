"""What solves equations: a row for each unknown, the residuals and the digits below. Computes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from backprop.autodiff.optimize.problem import text_of
from backprop.autodiff.optimize.solve import Solution
from backprop.cli.output.report import ROWS, Cell, Column, Report, Sum
from backprop.cli.reports.counts import effort
from backprop.cli.reports.nonfinite import nonfinite_values

MOST_LINES = 50  # of equations that people read


def root_report(found: Solution, text: str) -> Report:
    """One row for each entry of the unknowns."""
    entries = found.problem.layout.entries
    rows = [(entry, float(value)) for entry, value in zip(entries, found.vector, strict=True)]
    numbers = {"residual": np.float64(found.residual), "condition": np.float64(found.condition)}
    return Report(
        title=text,
        columns=(Column("variable"), Column("value", is_number=True)),
        rows=rows,
        data={
            "command": "solve",
            "expression": text,
            "point": found.point,
            "residual": found.residual,
            "certified": found.is_certified,
            "is_root": found.is_root,
            "sum_of_squares": found.sum_of_squares,
            "residuals": residuals(found),
            "condition": found.condition,
            "digits": found.digits,
            "table": ROWS,
            "method": found.method,
            "iterations": found.iterations,
            "evaluations": found.evaluations,
            "reason": found.reason,
            "nonfinite": nonfinite_values(numbers),
        },
        plain=[np.float64(value) for _, value in rows],
        footer=tuple(footer(found)),
    )


def residuals(found: Solution) -> list[dict[str, Any]]:
    return [
        {"equation": text_of(graph, relation), "residual": residual}
        for (graph, relation), residual in zip(found.problem.relations, found.residuals, strict=True)
    ]


def footer(found: Solution) -> Iterator[Cell]:
    """What the rows do not say, a line each."""
    if not found.is_certified:
        yield f"not certified: {found.reason}"
    elif found.is_root:
        yield f"the equations hold; {found.digits:.0f} digits are right"
    else:
        yield Sum([("no root: the least sum of squared residuals is ", found.sum_of_squares)])
    for one in residuals(found)[:MOST_LINES]:
        yield Sum([(f"{one['equation']}: residual ", float(np.max(np.abs(one["residual"]), initial=0.0)))])
    yield Sum([("condition ", found.condition)])
    yield effort(found.iterations, found.evaluations, found.method)
