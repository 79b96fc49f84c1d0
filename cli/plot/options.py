"""`backprop plot` from its options to its exit status: chooses the form and writes it. Draws nothing itself."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from backprop.cli.options.declarations import (
    EXPRESSION_SOURCES,
    FILE,
    SCANNED,
    BoundedNumber,
    color_option,
    shared,
    word_option,
)
from backprop.cli.output.destination import byte_destination, destination
from backprop.cli.output.output import Output, width_of
from backprop.cli.plot.samples import Panel, Sampler, panels_of, remarks_on, samples_of
from backprop.cli.question.ranges import ask, log_axes
from backprop.cli.status import Failure, Status

POINTS = ("csv", "tsv", "json", "ndjson")
FIGURES = ("svg", "png", "pdf")
FORMATS = ("text", *POINTS, *FIGURES)
ENDINGS = {".txt": "text"} | {f".{word}": word for word in (*FIGURES, *POINTS)} | {".jsonl": "ndjson"}
WIDTH = 80  # columns where nobody says how many there are
WIDEST = 1000  # columns that anybody looks at, whatever COLUMNS says
LEAST_HEIGHT, MOST_HEIGHT = 12, 40  # lines; on a terminal as many as it has
PROMPT = 2  # lines of the terminal that are left to the command and the next prompt
COLUMNS_A_LINE = 4  # of a picture: a cell is twice as high as wide


class Plotting:
    """The options of one run. Raises ExpressionError or Failure where the question is wrong."""

    def __init__(
        self,
        *,
        file: str | None,
        vars: Sequence[str],
        fuse: bool,
        wrt: Sequence[str],
        samples: int | None,
        log: str | None,
        format: str | None,
        json: bool,
        path: str | None,
        color: str,
        quiet: bool,
        verbose: bool,
    ) -> None:
        self.output = Output(format=format, json=json, path=path, digits=6, color=color, quiet=quiet, verbose=verbose)
        self.path = self.output.path
        self.format = self.output.format or by_ending(self.path)
        self.question = ask(click.get_current_context().meta[SCANNED], file, vars, log)
        if fuse:
            self.question = self.question.fused()
        self.count = samples
        self.is_log = "y" in log_axes(log, self.question.ranges)
        if self.format in FIGURES:
            from backprop.cli.plot.matplotlib_figure import library

            library(self.format)
            if self.format != "svg" and self.path is None and sys.stdout is not None and sys.stdout.isatty():
                raise Failure(f"{self.format} is not for a terminal", f"write a file: -o curve.{self.format}")
        self.sampler = Sampler(self.question, wrt)

    def run(self) -> Status:
        """Compute and write all of it."""
        if self.format == "text":
            self.write_text()
        elif self.format in FIGURES:
            content = self.figure()
            with byte_destination(self.path) as stream:
                stream.write(content)
        else:
            from backprop.cli.plot.points import point_report

            samples = samples_of(self.question, self.sampler, self.count)
            self.output.format = self.format
            self.output.write(point_report(self.question, samples, self.sampler.wrt))
        if self.question.unused and self.output.is_verbose:
            self.output.note(f"--vars: not in the expression: {', '.join(self.question.unused)}")
        return Status.DONE

    def write_text(self) -> None:
        lines = self.text()
        with destination(self.path) as stream:
            stream.write("".join(f"{line}\n" for line in lines))

    def text(self) -> list[str]:
        """The lines for whoever reads them: a terminal, a pipe or a file."""
        from backprop.cli.plot.canvas import ASCII_STYLE, BRAILLE_STYLE
        from backprop.cli.plot.frame import Screen

        is_terminal = self.path is None and sys.stdout is not None and sys.stdout.isatty()
        width = min((sys.stdout and width_of(sys.stdout, is_terminal)) or WIDTH, WIDEST)
        style = ASCII_STYLE if self.path is None and is_ascii() else BRAILLE_STYLE
        screen = Screen(width, height_of(width, is_terminal), style, self.output.is_colored(is_terminal))
        if len(self.question.ranges) > 1:
            from backprop.cli.plot.terminal_contour import contour_picture

            return contour_picture(self.question, self.sampler, screen)
        from backprop.cli.plot.terminal_curve import curve_picture

        return curve_picture(self.panels(), self.question.title, self.question.ranges[0].name, screen)

    def panels(self) -> list[Panel]:
        """A curve's, after a note on what they do not show."""
        samples = samples_of(self.question, self.sampler, self.count)
        panels = panels_of(self.question, self.sampler, samples, is_log=self.is_log)
        for remark in remarks_on(self.sampler, samples, is_log=self.is_log):
            self.output.note(remark)
        return panels

    def figure(self) -> bytes:
        """The bytes of a picture file."""
        from backprop.cli.plot.matplotlib_figure import ARROWS, contour_figure, curve_figure

        if len(self.question.ranges) > 1:
            samples = samples_of(self.question, self.sampler, self.count)
            coarse = samples_of(self.question, self.sampler, ARROWS)
            return contour_figure(self.question, samples, coarse, self.format)
        return curve_figure(self.panels(), self.question, self.format)


def by_ending(path: str | None) -> str:
    """The format that a file's ending says, text on stdout. Raises Failure for another ending."""
    if path is None:
        return "text"
    ending = os.path.splitext(path)[1].lower()
    if ending in ENDINGS:
        return ENDINGS[ending]
    if os.path.exists(path) and not os.path.isfile(path):
        return "text"  # /dev/null, a named pipe
    said = f"the ending {ending} says no format" if ending else "it has no ending that says a format"
    raise Failure(f"-o {path}: {said}", f"use {', '.join(ENDINGS)}, or say it: --format svg")


def is_ascii() -> bool:
    """Whether stdout takes no more than ASCII."""
    encoding = (sys.stdout.encoding if sys.stdout is not None else None) or "utf-8"
    return os.environ.get("TERM") == "dumb" or encoding.lower().replace("_", "-") not in ("utf-8", "utf8")


def height_of(width: int, is_terminal: bool) -> int:
    """The lines of a picture so wide: never more than the terminal shows."""
    wanted = max(LEAST_HEIGHT, width // COLUMNS_A_LINE)
    if not is_terminal:
        return min(wanted, MOST_HEIGHT)
    try:
        lines = os.get_terminal_size(sys.stdout.fileno()).lines
    except OSError:
        lines = 0
    return min(wanted, max(LEAST_HEIGHT, lines - PROMPT)) if lines else wanted


plot_options = shared(
    "plotting",
    Plotting,
    *EXPRESSION_SOURCES,
    click.option(
        "--wrt", multiple=True, metavar="NAME", help="Show the derivative by NAME.  [default: what has the range]"
    ),
    click.option(
        "--samples",
        type=BoundedNumber(2),
        metavar="N",
        help="Compute N points along each range; not for a contour in text.  [default: 1001, of two ranges 101]",
    ),
    click.option("--log", metavar="x|y|x,y", help="Log axes: x the horizontal, y the vertical one."),
    word_option("--format", FORMATS, help="By default what the ending of FILE says, else text."),
    click.option("--json", is_flag=True, help="The same as --format json."),
    FILE,
    color_option("Colours in text."),
    click.option("-q", "--quiet", is_flag=True, help="No notes on stderr."),
    click.option("-v", "--verbose", is_flag=True, help="What was ignored."),
)
