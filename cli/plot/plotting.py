"""One plot from its question to its exit status. Draws nothing itself."""

from __future__ import annotations

from collections.abc import Sequence

from backprop.cli.output.formats import words
from backprop.cli.output.output import Output
from backprop.cli.output.report import Report
from backprop.cli.plot.appearance import Appearance
from backprop.cli.plot.samples import (
    Curve,
    Panel,
    Samples,
    curves_of,
    functions_of,
    grid_samples,
    panels_of,
    points_of,
    remarks_on,
)
from backprop.cli.plot.way import outside, read_way
from backprop.cli.question.question import Question
from backprop.cli.question.ranges import log_axes, with_log
from backprop.cli.status import Failure, Status


class Plotting:
    """What is drawn, and on which axes. Raises ExpressionError or Failure where the question is wrong."""

    def __init__(
        self,
        question: Question,
        wrt: Sequence[str],
        samples: int | None,
        log: str | None,
        path: str | None,
        appearance: Appearance,
        output: Output,
    ) -> None:
        self.question = question._replace(ranges=with_log(question.ranges, log))
        self.count = samples
        axes = log_axes(log, question.ranges)
        self.is_log = ("f" if self.is_contour else "y") in axes
        self.appearance = appearance
        self.output = output
        self.is_points = output.format in words("eval")
        if self.is_contour and appearance.ylim:
            raise Failure(
                "--ylim: the vertical axis of a contour is a range",
                f"change it: --{question.ranges[1].name} START:STOP",
            )
        if self.is_log and appearance.ylim and appearance.ylim.start <= 0:
            raise Failure("--ylim begins at zero or below, and --log y shows positive numbers", "omit one of the two")
        if not self.is_points and output.format not in ("text", "html"):
            from backprop.cli.plot.matplotlib_figure import library

            library(output.format)
        self.functions = functions_of(self.question, wrt)
        self.has_derivatives = len(self.functions) == 1 or bool(wrt)
        self.way = None if path is None else read_way(path, self.question)

    @property
    def is_contour(self) -> bool:
        return len(self.question.ranges) > 1

    def run(self) -> Status:
        """Compute and write all of it."""
        if self.is_points:
            self.output.write(self.report())
        else:
            self.output.render(self)
        remark = outside(self.way, self.question) if self.way else None
        if remark:
            self.output.note(remark)
        self.output.note_unused(self.question.unused)
        return Status.DONE

    def report(self) -> Report:
        """The points. Raises Failure."""
        from backprop.cli.plot.points import point_report

        return point_report(self.question, self.functions, points_of(self.question, self.count))

    @property
    def heading(self) -> str | None:
        """What stands above a picture whose legend does not say it."""
        entries = [function for function in self.functions if "[" in function.name]
        return self.appearance.title or (f"f = {self.question.title}" if entries else None)

    def samples(self, count: int | None) -> Samples:
        """A field's."""
        return grid_samples(self.functions[0], *points_of(self.question, count))

    def curves(self) -> list[Curve]:
        """Each function's and its derivative, with the names that the legend is to have."""
        (points,) = points_of(self.question, self.count)
        curves = curves_of(self.functions, points, self.question.title, self.has_derivatives)
        texts = self.appearance.named([curve.text for curve in curves])
        return [curve._replace(text=text) for curve, text in zip(curves, texts, strict=True)]

    def panels(self) -> list[Panel]:
        """A curve's, after a note on what they do not show."""
        curves = self.curves()
        panels = panels_of(curves, self.question.ranges[0], is_log=self.is_log, limits=self.appearance.ylim)
        for remark in remarks_on(self.functions, curves, is_log=self.is_log):
            self.output.note(remark)
        return panels
