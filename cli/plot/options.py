"""`backprop plot` from its options to its exit status. Draws nothing itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from backprop.cli.options.declarations import (
    EXPRESSION_SOURCES,
    FILE,
    JSON,
    SCANNED,
    BoundedNumber,
    color_option,
    format_option,
    shared,
    wrt_option,
)
from backprop.cli.output.formats import words
from backprop.cli.output.output import Output
from backprop.cli.plot.samples import Panel, Sampler, Samples, panels_of, remarks_on, samples_of
from backprop.cli.question.ranges import ask, log_axes
from backprop.cli.status import Status


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
        **output: Any,
    ) -> None:
        self.output = Output("plot", **output)
        self.question = ask(click.get_current_context().meta[SCANNED], file, vars, log)
        if fuse:
            self.question = self.question.fused()
        self.count = samples
        self.is_log = "y" in log_axes(log, self.question.ranges)
        self.is_points = self.output.format in words("eval")
        if not self.is_points and self.output.format != "text":
            from backprop.cli.plot.matplotlib_figure import library

            library(self.output.format)
        self.sampler = Sampler(self.question, wrt)

    def run(self) -> Status:
        """Compute and write all of it."""
        if self.is_points:
            from backprop.cli.plot.points import point_report

            self.output.write(point_report(self.question, self.samples(self.count), self.sampler.wrt))
        else:
            self.output.render(self)
        self.output.note_unused(self.question.unused)
        return Status.DONE

    def samples(self, count: int | None) -> Samples:
        return samples_of(self.question, self.sampler, count)

    def panels(self) -> list[Panel]:
        """A curve's, after a note on what they do not show."""
        samples = self.samples(self.count)
        panels = panels_of(self.question, self.sampler, samples, is_log=self.is_log)
        for remark in remarks_on(self.sampler, samples, is_log=self.is_log):
            self.output.note(remark)
        return panels


plot_options = shared(
    "plotting",
    Plotting,
    *EXPRESSION_SOURCES,
    wrt_option("Show the derivative by NAME.  [default: what has the range]"),
    click.option(
        "--samples",
        type=BoundedNumber(2),
        metavar="N",
        help="Compute N points along each range; not for a contour in text.  [default: 1001, of two ranges 101]",
    ),
    click.option("--log", metavar="x|y|x,y", help="Log axes: x the horizontal, y the vertical one."),
    format_option("plot"),
    JSON,
    FILE,
    color_option("Colours in text."),
    click.option("-q", "--quiet", is_flag=True, help="No notes on stderr."),
    click.option("-v", "--verbose", is_flag=True, help="What was ignored."),
)
