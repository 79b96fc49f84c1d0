"""The options of the commands about matrices and products: by which variables, along what, how large, how strict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backprop.autodiff.derivatives.matrices import (
    MAXIMUM_RESULT,
    FirstOrder,
    SecondOrder,
    TooManyEntries,
    first_order,
    second_order,
)
from backprop.autodiff.shapes import Array
from backprop.cli.options.tracing import note_losses
from backprop.cli.output.output import Output
from backprop.cli.output.report import Report
from backprop.cli.question.argv import normalized
from backprop.cli.question.question import Question, check_known, chosen_names
from backprop.cli.question.values import read_value
from backprop.cli.status import Failure, Status

MAXIMUM_WARNINGS = 5


class Choice:
    """What `--wrt`, `--max-size` and `--strict` say."""

    def __init__(self, *, strict: bool, wrt: Sequence[str] = (), max_size: int | None = None) -> None:
        self.wrt = wrt
        self.max_size = MAXIMUM_RESULT if max_size is None else max_size
        self.is_strict = strict

    def names(self, question: Question) -> list[str] | None:
        """The variables to differentiate by, None for all. Raises Failure for one that the expression lacks."""
        return chosen_names(self.wrt, known_names(question))

    def jacobian(self, question: Question) -> FirstOrder:
        try:
            return first_order(question.graph, question.values, self.names(question), self.max_size)
        except TooManyEntries as error:
            raise too_large(error) from None

    def hessian(self, question: Question) -> SecondOrder:
        try:
            return second_order(question.graph, question.values, self.names(question), self.max_size)
        except TooManyEntries as error:
            raise too_large(error) from None

    def finish(self, question: Question, report: Report, output: Output) -> Status:
        """Say on stderr what the results alone do not tell, and give the status."""
        if question.unused and output.is_verbose:
            output.note(f"--vars: not in the expression: {', '.join(question.unused)}")
        if not question.values:
            output.note("the expression has no variables, so that there is nothing to differentiate by")
        entries = report.data["nonfinite"]
        if entries:
            self.warn(question, entries, output)
        note_losses(question, output)
        if not entries:
            return Status.DONE
        return Status.NON_FINITE if self.is_strict else Status.DONE

    def warn(self, question: Question, entries: Sequence[dict[str, Any]], output: Output) -> None:
        """Name the gates at which inf or nan began in the value or the gradient, else the results that hold it."""
        from backprop.autodiff.derivatives.trace import trace
        from backprop.cli.options.tracing import warn_of

        found = trace(question.graph, question.values)
        if found.births:
            warn_of(found, output)
            return
        shown = entries if output.is_verbose else entries[:MAXIMUM_WARNINGS]
        for entry in shown:
            places = entry.get("entries", [])
            where = f" at {len(places)} place{'s' * (len(places) != 1)}, first {places[0]}" if places else ""
            output.note(f"warning: {entry['where']} is {entry['value']}{where}")
        if len(entries) > len(shown):
            output.note(f"{len(entries) - len(shown)} more results are not finite (-v names all)")


def known_names(question: Question) -> list[str]:
    return [name for name in question.graph.inputs if name in question.values]


def too_large(error: TooManyEntries) -> Failure:
    return Failure(error.reason, f"allow it: --max-size {error.entries}")


def directions(option: str, question: Question, given: Sequence[str]) -> dict[str, Array]:
    """The values of `--tangent x=1` and its like by variable. Raises Failure or ExpressionError."""
    known = known_names(question)
    if not given:
        example = f"for example: {option} {known[0]}=1" if known else "the expression has no variables"
        raise Failure(f"{option} is missing", example)
    found: dict[str, Array] = {}
    for text in given:
        written, equals, value = text.partition("=")
        name = normalized(written.strip())
        if not equals or not name:
            raise Failure(f"{option} {text}", f"write NAME=VALUE: {option} {known[0] if known else 'x'}=1")
        check_known(option, name, known)
        if name in found:
            raise Failure(f"{option} {name} is given twice", "leave one of the two away")
        found[name] = read_value(f"{option} {name}", value.strip())
    return found
