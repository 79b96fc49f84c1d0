"""The verdicts of `check`, and what they do not tell by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from backprop.autodiff import shapes
from backprop.autodiff.derivatives.check import Entry, Survey
from backprop.autodiff.lazy_numpy import np
from backprop.cli.output.report import ROWS, Column, Report, Row
from backprop.cli.reports.nonfinite import kinds_in
from backprop.parser.printers.expression import shortest

MAXIMUM_NAMES = 5
NUMBERS = ("analytic", "numeric", "forward")
REASONS = {
    "mismatch": "the gradient is not what the differences of values say, or the two modes disagree",
    "undecided": "the differences of values are too inexact to tell",
    "not finite": "the value or a derivative is inf or nan",
    "kink": "a corner, a jump or an edge of the domain within the step: there is no single derivative to compare with",
}
PLURALS = {"mismatch": "mismatches", "kink": "kinks"}


def check_report(survey: Survey, text: str) -> Report:
    """A row for each entry, with the number of its point where there are several (0 is the given one)."""
    is_sampled = survey.points > 1
    point = (Column("point", is_number=True),) if is_sampled else ()
    return Report(
        title=f"{survey.points - survey.failed} of {survey.points} points passed: {text}" if is_sampled else text,
        columns=(
            Column("variable"),
            *point,
            Column("analytic", style="red", is_number=True),
            Column("numeric", is_number=True),
            Column("forward", style="red", is_number=True),
            Column("relative_error", is_number=True),
            Column("estimated_error", is_number=True, is_optional=True),
            Column("verdict"),
        ),
        rows=[row(number, entry, is_sampled) for number, entry in survey.worst],
        data={
            "command": "check",
            "expression": text,
            "points": survey.points,
            "failed": survey.failed,
            "verdicts": survey.verdicts,
            "failures": [{"point": number, "values": values} for number, values in survey.failures],
            "checks": ROWS,
            "nonfinite": list(nonfinite(survey)),
        },
        plain=[entry.verdict for _, entry in survey.worst],
    )


def row(number: int, entry: Entry, is_sampled: bool) -> Row:
    point = (float(number),) if is_sampled else ()
    three = entry.analytic, entry.numeric, entry.forward
    return (entry.name, *point, *three, entry.relative_error, entry.error, entry.verdict)


def nonfinite(survey: Survey) -> Iterator[dict[str, Any]]:
    for number, entry in survey.worst:
        for column in NUMBERS:
            for word, _ in kinds_in(np.float64(getattr(entry, column))):
                yield {"where": f"{entry.name}.{column}", "value": word, "point": number}


def notes(survey: Survey) -> Iterator[str]:
    """What to say beside the table."""
    if survey.shape:
        yield f"the output has shape {shapes.show(survey.shape)}: the sum of its entries is checked"
    if any("direction" in entry.name for _, entry in survey.worst):
        yield "arrays of many entries are checked along random directions"
    if not survey.worst:
        yield "the expression has no variables, so that there is no gradient"
    for word, reason in REASONS.items():
        count = survey.verdicts[word]
        if count:
            names = [entry.name for _, entry in survey.worst if entry.verdict == word]
            more = f" and {len(names) - MAXIMUM_NAMES} more" if len(names) > MAXIMUM_NAMES else ""
            listed = f" ({', '.join(names[:MAXIMUM_NAMES])}{more})" if names else ""
            prefix = "warning: " if word == "mismatch" else ""
            yield f"{prefix}{count} {word if count == 1 else PLURALS.get(word, word)}{listed}: {reason}"
    if survey.points > 1 and survey.failures:
        number, values = survey.failures[0]
        shown = ", ".join(f"{name} = {brief(value)}" for name, value in values.items())
        yield f"{survey.failed} of {survey.points} points failed, the first of them point {number}: {shown}"


def brief(value: Any) -> str:
    return f"array of shape {shapes.show(np.shape(value))}" if np.ndim(value) else shortest(float(value))
