"""The shares of a budget as svg, png and pdf, by matplotlib."""

from __future__ import annotations

from typing import Any

from backprop.cli.budget.shares import bars_of
from backprop.cli.output.output import Look
from backprop.cli.output.report import Report
from backprop.cli.output.themes import THEMES
from backprop.cli.plot.matplotlib_figure import LONGEST_TITLE, plain, saved
from backprop.parser.visible import brief, visible


def write(report: Report, stream: Any, look: Look) -> None:
    """Write the picture."""
    content = saved(lambda figure: draw(figure, report), look.format)
    getattr(stream, "buffer", stream).write(content)  # an svg is text, but comes as bytes


def draw(figure: Any, report: Report) -> None:
    """The largest share on top; one that lessens the variance in another colour."""
    light = THEMES["light"]
    bars = bars_of(report)[::-1]
    axes = figure.subplots()
    places = range(len(bars))
    axes.barh(
        places, [bar.share for bar in bars], color=[light.value if bar.share >= 0 else light.derivative for bar in bars]
    )
    axes.set_yticks(places, [visible(bar.label) for bar in bars], parse_math=False)
    axes.set_xlabel("share of the variance in %", parse_math=False)
    axes.grid(True, axis="x", alpha=0.3)
    axes.set_title(plain(brief(visible(report.title), LONGEST_TITLE)), fontsize="medium", wrap=True)
