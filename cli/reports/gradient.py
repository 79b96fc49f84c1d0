"""The bare gradient of `grad`: one number, or one array on a line, for each variable."""

from __future__ import annotations

from backprop.autodiff.derivatives.trace import Trace
from backprop.cli.output.report import Column, Report
from backprop.cli.reports.entries import output_label, slope_label
from backprop.cli.reports.nonfinite import nonfinite_entries


def gradient_report(trace: Trace, text: str, derivative: str) -> Report:
    """The gradients in the order asked for, as lines, rows or an object."""
    wanted = {f"{name}.{derivative}" for name in trace.gradients}
    output = f"{trace.labels.get(trace.output)}.value"
    entries = nonfinite_entries(trace, derivative)
    label = output_label(trace.graph)
    return Report(
        title="",
        columns=(Column("variable"), Column(derivative, style="red", is_number=True)),
        rows=list(trace.gradients.items()),
        data={
            "command": "grad",
            "expression": text,
            "value": trace.value,
            derivative: trace.gradients,
            "nonfinite": [entry for entry in entries if entry["where"] in {output, *wanted}],
        },
        plain=list(trace.gradients.values()),
        labels=[slope_label(label, name) for name in trace.gradients],
    )
