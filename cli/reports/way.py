"""The way to an optimum, a row for each step, as `plot` draws it over contours. Computes nothing."""

from __future__ import annotations

from backprop.autodiff.optimize.minimum import Minimum
from backprop.cli.output.report import ROWS, Column, Report


def way_report(command: str, found: Minimum, text: str) -> Report:
    """The start is step 0."""
    entries = found.problem.layout.entries
    return Report(
        title=text,
        columns=tuple(Column(name, is_number=name != "step") for name in ("step", *entries, "value", "gradient_norm")),
        rows=[
            (step.number, *(step.vector + 0.0).tolist(), float(step.value), float(step.gradient_norm))
            for step in found.way
        ],
        data={"command": command, "expression": text, "method": found.method, "table": ROWS, "nonfinite": {}},
        plain=[],
    )
