"""How a report is written: which format, where to, with how many digits and colours. Renders nothing itself."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper
from typing import Any, TextIO

from backprop.autodiff.named_tuple import NamedTuple
from backprop.cli.output.descriptor import buffered
from backprop.cli.output.destination import announce, byte_destination, destination
from backprop.cli.output.formats import FORMATS, PICTURES, default_of, written_format
from backprop.cli.output.report import Report
from backprop.cli.status import Failure

ROWS_ONLY = ("tsv", "csv", "ndjson", "plain")  # what else a report says, people read on stderr
COLORS = ("auto", "always", "never")


class Look(NamedTuple):
    """What a renderer may want to know; `width` is None where lines may be of any length."""

    format: str
    digits: int
    width: int | None
    is_colored: bool
    is_terminal: bool
    is_labelled: bool = False  # whether bare values are for people, who did not ask for them bare


class Output:
    """The output options of one run of a command. Raises Failure for a file that is not to be written."""

    def __init__(
        self,
        command: str,
        *,
        path: str | None,
        quiet: bool,
        verbose: bool,
        format: str | None = None,
        short: str | None = None,
        digits: int = 6,
        color: str = "auto",
    ) -> None:
        if short and format not in (None, short):
            raise Failure(f"--{short} and --format {format} contradict each other", "omit one of the two")
        self.command = command
        self.path = None if path == "-" else path
        self.digits = digits
        self.color = color
        self.is_quiet = quiet
        self.is_verbose = verbose
        self.is_terminal = self.path is None and sys.stdout is not None and sys.stdout.isatty()
        announce(self.path, "-o", self.note)
        default = default_of(command, is_terminal=self.is_terminal)
        self.is_default = short is None and format is None  # then the path says the format, or the command
        self.is_labelled = self.is_terminal and self.is_default
        self.format = short or format or written_format(command, self.path, default)
        if command not in PICTURES:  # those may go to a folder
            self.check_terminal()

    def check_terminal(self) -> None:
        """Raise Failure where bytes would be written to a terminal."""
        if self.is_terminal and FORMATS[self.format].is_binary:
            raise Failure(
                f"a {self.format} is not for a terminal", f"write it to a file: -o {self.command}.{self.format}"
            )

    def of(self, command: str, path: str | None = None, format: str | None = None) -> Output:
        """The same for what another command writes."""
        return Output(
            command,
            path=path,
            quiet=self.is_quiet,
            verbose=False,
            format=format,
            digits=self.digits,
            color=self.color,
        )

    def write(self, report: Report) -> None:
        """Write the report, and say on stderr what its format leaves out."""
        self.render(report)
        if report.footer and self.format in ROWS_ONLY:
            from backprop.cli.output.cells import machine_text

            for line in report.footer:
                self.note(machine_text(line))
        if self.format == "table" and self.is_terminal and len(report.rows) > MAXIMUM_ROWS:
            self.note(f"{len(report.rows) - MAXIMUM_ROWS} of {len(report.rows)} rows are not shown: -o FILE has all")
        for remark in kinks_hit():
            self.note(remark)

    def render(self, result: Any) -> None:
        """Have a report, or whatever else the command results in, written by the format's writer."""
        self.check_terminal()
        form = FORMATS[self.format]
        with (byte_destination if form.is_binary else destination)(self.path) as stream:
            writer = import_module(f"backprop.cli.{form.writers[self.command]}")
            remark: str | None = writer.write(result, stream, self.look)
            stream.flush()
        if remark:
            self.note(remark)

    @property
    def is_sparse(self) -> bool:
        """Whether the format lists the entries of a matrix."""
        return FORMATS[self.format].is_sparse

    @property
    def look(self) -> Look:
        return Look(
            self.format, self.digits, width_of(self.is_terminal), self.is_colored, self.is_terminal, self.is_labelled
        )

    @property
    def is_colored(self) -> bool:
        """As `--color` says, else the environment (no-color.org, force-color.org), else on a terminal."""
        if self.color != "auto":
            return self.color == "always"
        if os.environ.get("NO_COLOR"):
            return False
        if os.environ.get("FORCE_COLOR"):
            return os.environ["FORCE_COLOR"] != "0"
        return self.is_terminal and os.environ.get("TERM") != "dumb"

    def note(self, text: str) -> None:
        """Say something on stderr, unless -q."""
        if not self.is_quiet:
            from backprop.parser.visible import as_note

            say(text if text.startswith("warning: ") else as_note(text))

    def note_unused(self, names: Sequence[str]) -> None:
        """With -v, name what the --vars files held in vain."""
        if names and self.is_verbose:
            self.note(f"--vars: not in the expression: {', '.join(names)}")


MAXIMUM_ROWS = 1000  # of a table on a terminal


def width_of(is_terminal: bool) -> int | None:
    """Columns of the terminal, or what COLUMNS says; no limit elsewhere."""
    said = int(os.environ.get("COLUMNS", 0))  # program.py has looked at it
    if said:
        return said
    if not is_terminal:
        return None
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or 80
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
    """Stderr, with a buffer of its own that waits where stderr takes nothing now; itself where it is not a file."""
    try:
        descriptor = sys.stderr.fileno()
    except OSError:  # io.UnsupportedOperation: a stream in memory stands for it
        return sys.stderr
    stream = buffered(descriptor, closes=False)
    return TextIOWrapper(stream, encoding=sys.stderr.encoding, errors="backslashreplace")
