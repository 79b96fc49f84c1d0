"""One plot from its question to its exit status. Draws nothing itself."""

from __future__ import annotations

from collections.abc import Sequence

from backprop.cli.output.formats import words
from backprop.cli.output.output import Output
from backprop.cli.plot.samples import Panel, Sampler, Samples, panels_of, remarks_on, samples_of
from backprop.cli.question.question import Question
from backprop.cli.question.ranges import log_axes, with_log
from backprop.cli.status import Status


class Plotting:
    """What is drawn, and on which axes. Raises ExpressionError or Failure where the question is wrong."""

    def __init__(
        self, question: Question, wrt: Sequence[str], samples: int | None, log: str | None, output: Output
    ) -> None:
        self.question = question._replace(ranges=with_log(question.ranges, log))
        self.count = samples
        self.is_log = "y" in log_axes(log, question.ranges)
        self.output = output
        self.is_points = output.format in words("eval")
        if not self.is_points and output.format != "text":
            from backprop.cli.plot.matplotlib_figure import library

            library(output.format)
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
