"""The points of a plot as a report: for csv, tsv and json. Draws nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backprop.cli.output.report import ROWS, Column, Report
from backprop.cli.plot.samples import PlottedFunction, Points
from backprop.cli.question.question import Question
from backprop.cli.reports.nonfinite import nonfinite_values
from backprop.cli.status import Failure


def point_report(question: Question, functions: Sequence[PlottedFunction], sides: Sequence[Points]) -> Report:
    """A row a point: the ranged variables, and each function's value and derivatives, called as `batch` calls them.

    Raises Failure where a variable has the name of a result.
    """
    names = [range_.name for range_ in question.ranges]
    results = [name for function in functions for name in function.columns]
    taken = [name for name in names if name in results]
    if taken:
        raise Failure(f"there would be two columns {taken[0]}", "rename the variable in the expression")
    grid = [np.ravel(coordinates) for coordinates in np.meshgrid(*sides)]
    arrays = [array for function in functions for array in function(*grid)]
    others = {"expressions": [question.text, *(graph.source for graph in question.relations)]}
    return Report(
        title="",
        columns=tuple(Column(name, is_number=True) for name in (*names, *results)),
        rows=list(zip(*(array.tolist() for array in (*grid, *arrays)), strict=True)),
        data={
            "command": "plot",
            "expression": question.text,
            **(others if question.relations else {}),
            "ranges": [
                {"name": range_.name, "start": range_.start, "stop": range_.stop, "log": range_.is_log}
                for range_ in question.ranges
            ],
            "wrt": list(functions[0].wrt),
            "points": ROWS,
            "nonfinite": nonfinite_values(dict(zip(results, arrays, strict=True))),
        },
        plain=(),
    )
