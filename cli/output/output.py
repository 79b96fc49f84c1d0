"""How a report is written: which format, where to, with how many digits and colours. Renders nothing itself."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from io import TextIOWrapper
from typing import NamedTuple, TextIO

from backprop.cli.output.descriptor import buffered
from backprop.cli.output.destination import announce, destination
from backprop.cli.output.report import Report
from backprop.cli.status import Failure

FORMATS = {  # each to its module in render/
    "table": "table",
    "tsv": "delimited",
    "csv": "delimited",
    "json": "json",
    "ndjson": "json",
    "markdown": "markdown",
    "plain": "plain",
}
ENDINGS = {
    ".tsv": "tsv",
    ".csv": "csv",
    ".json": "json",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".md": "markdown",
}
ROWS_ONLY = ("tsv", "csv", "ndjson", "plain")  # what else a report says, people read on stderr
COLORS = ("auto", "always", "never")


class Look(NamedTuple):
    """What a renderer may want to know; `width` is None where lines may be of any length."""

    format: str
    digits: int
    width: int | None
    is_colored: bool
    is_terminal: bool


class Output:
    """The output options of one run."""

    def __init__(
        self,
        *,
        format: str | None,
        json: bool,
        path: str | None,
        digits: int,
        color: str,
        quiet: bool,
        verbose: bool,
    ) -> None:
        if json and format not in (None, "json"):
            raise Failure(f"--json and --format {format} contradict each other", "leave one of the two away")
        self.format = "json" if json else format
        self.path = None if path == "-" else path
        self.digits = digits
        self.color = color
        self.is_quiet = quiet
        self.is_verbose = verbose
        announce(self.path, "-o", self.note)

    def write(self, report: Report, default: str | None = None) -> None:
        """Write the report; `default` is the format where neither an option nor the file's ending gives one."""
        with destination(self.path) as stream:
            look = self.look(stream, default)
            import_module(f"backprop.cli.output.{FORMATS[look.format]}").write(report, stream, look)
            stream.flush()
        if report.footer and look.format in ROWS_ONLY:
            from backprop.cli.output.cells import machine_text

            for line in report.footer:
                self.note(machine_text(line))
        if look.format == "table" and look.is_terminal and len(report.rows) > MAXIMUM_ROWS:
            self.note(f"{len(report.rows) - MAXIMUM_ROWS} of {len(report.rows)} rows are not shown: -o FILE has all")
        for remark in kinks_hit():
            self.note(remark)

    def look(self, stream: TextIO, default: str | None) -> Look:
        is_terminal = self.path is None and stream.isatty()
        by_ending = ENDINGS.get(os.path.splitext(self.path)[1].lower()) if self.path else None
        format = self.format or by_ending or default or ("table" if is_terminal else "tsv")
        return Look(format, self.digits, width_of(stream, is_terminal), self.is_colored(is_terminal), is_terminal)

    def is_colored(self, is_terminal: bool) -> bool:
        """As `--color` says, else the environment (no-color.org, force-color.org), else on a terminal."""
        if self.color != "auto":
            return self.color == "always"
        if os.environ.get("NO_COLOR"):
            return False
        if os.environ.get("FORCE_COLOR"):
            return os.environ["FORCE_COLOR"] != "0"
        return is_terminal and os.environ.get("TERM") != "dumb"

    def note(self, text: str) -> None:
        """Say something on stderr, unless -q."""
        if not self.is_quiet:
            from backprop.parser.visible import as_note

            say(text if text.startswith("warning: ") else as_note(text))


MAXIMUM_ROWS = 1000  # of a table on a terminal


def width_of(stream: TextIO, is_terminal: bool) -> int | None:
    """Columns of the terminal, or what COLUMNS says; no limit elsewhere."""
    said = int(os.environ.get("COLUMNS", 0))  # program.py has looked at it
    if said:
        return said
    if not is_terminal:
        return None
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except OSError:
        return 80


def kinks_hit() -> list[str]:
    """What is to be said of the kinks that were hit exactly, where derivatives were taken at all."""
    if "backprop.autodiff.passes.sides" not in sys.modules:
        return []
    from backprop.cli.reports.kinks import remarks

    return remarks()


def say(text: str) -> None:
    """Write a message to stderr, whatever it holds and whether or not anybody listens; several lines as `Lines`."""
    from backprop.parser.visible import visible_lines

    if sys.stderr is not None:
        try:
            stream = error_stream()
            stream.write(f"{visible_lines(text)}\n")
            stream.flush()
        except (OSError, ValueError):
            return


def error_stream() -> TextIO:
    """Stderr, with a buffer of its own that waits where stderr takes nothing now; itself where it is no file."""
    try:
        descriptor = sys.stderr.fileno()
    except OSError:  # io.UnsupportedOperation: a stream in memory stands for it
        return sys.stderr
    stream = buffered(descriptor, closes=False)
    return TextIOWrapper(stream, encoding=sys.stderr.encoding, errors="backslashreplace")
