"""The picture of a fit as svg, png and pdf, by matplotlib."""

from __future__ import annotations

from typing import Any

from backprop.cli.fit.picture import View, is_drawable
from backprop.cli.output.output import Look
from backprop.cli.output.report import Report
from backprop.cli.output.themes import THEMES
from backprop.cli.plot.matplotlib_figure import LONGEST_TITLE, plain, saved
from backprop.parser.visible import brief, visible

SHADES = (0.35, 0.15)  # of the bands, the narrower first


def write(report: Report, stream: Any, look: Look) -> None:
    """Write the picture."""
    content = drawn(report, look.format)
    getattr(stream, "buffer", stream).write(content)  # an svg is text, but comes as bytes


def drawn(report: Report, format: str) -> bytes:
    views = [view for view in report.picture() if is_drawable(view)] if report.picture else []
    return saved(lambda figure: draw(figure, report, views), format)


def draw(figure: Any, report: Report, views: list[View]) -> None:
    """A column for each response: the data with the curve and its bands, the residuals below."""
    light = THEMES["light"]
    figure.suptitle(plain(brief(visible(report.title), LONGEST_TITLE)), fontsize="medium")
    if not views:
        return
    grid = figure.subplots(2, len(views), sharex="col", squeeze=False, gridspec_kw={"height_ratios": [3, 1]})
    for (upper, lower), view in zip(grid.T, views, strict=True):
        for (name, low, high), shade in zip(view.bands, SHADES, strict=False):
            upper.fill_between(view.along, low, high, color=light.value, alpha=shade, linewidth=0, label=name)
        upper.plot(view.along, view.curve, color=light.value, label="fit")
        upper.plot(view.x, view.observed, ".", color=light.curves[1], label="data")
        upper.set_ylabel(visible(view.y_name), parse_math=False)
        upper.legend(loc="best", fontsize="small")
        lower.axhline(0.0, color="gray", linewidth=0.8)
        lower.plot(view.x, view.residuals, ".", color=light.derivative)
        lower.set_ylabel("residual", parse_math=False)
        lower.set_xlabel(visible(view.x_name), parse_math=False)
        for axes in (upper, lower):
            axes.grid(True, alpha=0.3)
