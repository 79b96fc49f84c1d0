"""What became of each file: a table for people, and a line of those that have no new results."""

from __future__ import annotations

import io
import os
import sys
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from backprop.autodiff.named_tuple import NamedTuple
from backprop.cli.output.output import Look, say
from backprop.cli.output.report import Column, Report, Row
from backprop.parser.visible import Lines, as_note

if TYPE_CHECKING:
    from backprop.cli.batch.partitions.attempt import Outcome
    from backprop.cli.batch.settings import Batch

WRITTEN, THERE, CUT_OFF, FAILED, NOT_BEGUN = "written", "there already", "cut off", "failed", "not made"
ORDER = (FAILED, CUT_OFF, NOT_BEGUN, WRITTEN, THERE)
MOST = 20  # files in the table, those first with which something is wrong
DIGITS = 15  # of numbers of rows


class Ending(NamedTuple):
    """How it ended for one file."""

    result: str
    rows: int = 0
    bad: int = 0
    nonfinite: int = 0
    size: int = 0


def ending_of(outcome: Outcome) -> Ending:
    made = outcome.made
    if made is None:
        return Ending(FAILED if outcome.problem is not None else CUT_OFF, outcome.rows)
    return Ending(THERE if outcome.is_skipped else WRITTEN, made.rows, made.bad, made.nonfinite, made.size)


def sum_up(batch: Batch, endings: Mapping[int, Ending]) -> None:
    """Say it on stderr, unless -q; where nobody looks on, only if not all files are written."""
    if batch.is_quiet or len(batch.files) < 2:
        return
    every = [endings.get(place, Ending(NOT_BEGUN)) for place in range(len(batch.files))]
    line = summed(every)
    if sys.stderr is not None and sys.stderr.isatty():
        say(Lines(table(report(batch, every, line)).rstrip("\n")))
    elif {ending.result for ending in every} != {WRITTEN}:
        batch.tell(as_note(f"-o {batch.path}: {line}"))
    if batch.rejects is None and any(ending.result in (FAILED, NOT_BEGUN) for ending in every):
        batch.tell(as_note("the same command with --resume makes what is missing"))


def summed(endings: list[Ending]) -> str:
    """`3 files: 2 written, 1 failed; 3,000 rows, 2 of them bad`."""
    counts = Counter(ending.result for ending in endings)
    results = ", ".join(f"{counts[result]} {result}" for result in reversed(ORDER) if counts[result])
    rows, bad = sum([ending.rows for ending in endings]), sum([ending.bad for ending in endings])
    return f"{len(endings)} files: {results}; {rows:,} row{'s' * (rows != 1)}" + f", {bad:,} bad" * bool(bad)


def report(batch: Batch, endings: list[Ending], line: str) -> Report:
    """The files of which there is most to say."""
    places = sorted(range(len(endings)), key=lambda place: (ORDER.index(endings[place].result), -endings[place].bad))
    columns = (
        Column("file", folds=True),
        Column("result"),
        Column("rows", is_number=True),
        Column("bad", is_number=True),
        Column("bytes", is_number=True),
    )
    rows: list[Row] = [
        (batch.files[place].name, endings[place].result, endings[place].rows, endings[place].bad, endings[place].size)
        for place in places[:MOST]
    ]
    more = len(endings) - MOST
    footer = (*([f"and {more} more file{'s' * (more > 1)}"] if more > 0 else []), line)
    return Report("", columns, rows, {}, (), footer=footer)


def table(report: Report) -> str:
    """The report as it fits the terminal of stderr."""
    from backprop.cli.output.table import write  # here, not above: it imports rich

    text = io.StringIO(newline="")
    write(report, text, Look("table", DIGITS, width_of_stderr(), is_colored=False, is_terminal=True))
    return text.getvalue()


def width_of_stderr() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except OSError:
        return 80
