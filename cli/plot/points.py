"""The points of a plot as a report: for csv, tsv and json. Draws nothing."""

from __future__ import annotations

from collections.abc import Sequence

from backprop.cli.output.report import ROWS, Column, Report
from backprop.cli.plot.samples import Samples
from backprop.cli.question.question import Question
from backprop.cli.reports.nonfinite import nonfinite_values
from backprop.cli.status import Failure


def point_report(question: Question, samples: Samples, wrt: Sequence[str]) -> Report:
    """A row a point: the ranged variables, the value, the derivatives, called as `batch` calls them.

    Raises Failure where a variable has the name of a result.
    """
    names = [range_.name for range_ in question.ranges]
    results = ["value", *(f"grad_{name}" for name in wrt)]
    taken = [name for name in names if name in results]
    if taken:
        raise Failure(f"there would be two columns {taken[0]}", "rename the variable in the expression")
    arrays = [*samples.columns, samples.value, *samples.derivatives]
    return Report(
        title="",
        columns=tuple(Column(name, is_number=True) for name in (*names, *results)),
        rows=list(zip(*(array.tolist() for array in arrays), strict=True)),
        data={
            "command": "plot",
            "expression": question.text,
            "ranges": [
                {"name": range_.name, "start": range_.start, "stop": range_.stop, "log": range_.is_log}
                for range_ in question.ranges
            ],
            "wrt": list(wrt),
            "points": ROWS,
            "nonfinite": nonfinite_values(dict(zip(results, arrays[len(names) :], strict=True))),
        },
        plain=(),
    )
