"""What a line of a session is answered with, in every format. Reads no line and decides nothing about one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.named_tuple import NamedTuple
from backprop.cli.output.destination import destination
from backprop.cli.output.output import Output
from backprop.cli.output.report import ROWS, Cell, Report
from backprop.cli.status import Failure

ONE_LINE = ("json", "ndjson", "plain")  # the formats in which every answer is a line


class Reply(NamedTuple):
    """`data` is the JSON object, `plain` the bare cells of a line, and one of the others what people see.

    `show` writes to stdout by itself; `text` is a text; `notes` go to stderr. `is_last`: the session ends.
    """

    data: Mapping[str, Any] = {}
    plain: Sequence[Cell] = ()
    report: Report | None = None
    show: Callable[[], object] | None = None
    text: str = ""
    notes: Sequence[str] = ()
    is_last: bool = False


def write_all(answers: Sequence[Reply], output: Output) -> None:
    """Write the answers to one line before the next is read: where each line has one, the last."""
    if output.format in ONE_LINE:
        write_line(one_line(answers[-1] if answers else Reply(), output.format))
        return
    for answer in answers:
        write(answer, output)


def write(answer: Reply, output: Output) -> None:
    """Write what people see."""
    if answer.report is not None:
        output.write(answer.report)
    if answer.show is not None:
        answer.show()
    if answer.text:
        write_line(answer.text)
    for note in answer.notes:
        output.note(note)


def write_error(error: Exception, output: Output) -> None:
    """Say what is wrong: on stderr, or as the line that answers a line."""
    from backprop.cli.output.errors import message
    from backprop.cli.output.output import say

    if output.format in ONE_LINE:
        write_line(one_line(as_answer(error), output.format))
    else:
        say(message(error)[0])


def as_answer(error: Exception) -> Reply:
    """An error as the answer to a line."""
    from backprop.cli.output.errors import message

    if isinstance(error, (ExpressionError, Failure)):
        data: dict[str, Any] = {"error": error.reason, "cure": error.cure}
        if isinstance(error, ExpressionError) and error.span is not None:
            data |= {"start": error.span.start, "end": error.span.end}
    else:
        data = {"error": message(error)[0].removeprefix("error: ").partition("\n")[0], "cure": None}
    cure = f" ({data['cure']})" if data["cure"] else ""
    return Reply(data, [f"error: {data['error']}{cure}"])


def one_line(answer: Reply, format: str | None) -> str:
    """The answer as JSON, or as the bare cells with tabs between."""
    from backprop.cli.output.cells import machine_text
    from backprop.cli.output.json import SCHEMA, dumped, plain, rows

    if format == "plain":
        return "\t".join(map(machine_text, answer.plain))
    report = answer.report
    data = {
        key: list(rows(report)) if value is ROWS and report is not None else plain(value)
        for key, value in answer.data.items()
    }
    return dumped({"schema": SCHEMA, **data})


def write_line(text: str) -> None:
    with destination(None) as stream:
        stream.write(f"{text}\n")
