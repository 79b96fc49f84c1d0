"""The budget for the eye: the table, the shares as bars, and on a terminal what the columns mean."""

from __future__ import annotations

from typing import TextIO

from backprop.cli.budget.shares import bars_of
from backprop.cli.output import table
from backprop.cli.output.output import Look
from backprop.cli.output.report import Report
from backprop.cli.plot.terminal import is_ascii
from backprop.parser.visible import columns, visible

EIGHTHS = " ▏▎▍▌▋▊▉█"
LONGEST = 40  # columns of a bar
LEGEND = (
    "u: standard uncertainty; sensitivity: the derivative of the result by the quantity; contribution: |sensitivity| u;"
    " share: its part of the result's variance, with its correlations"
)


def write(report: Report, stream: TextIO, look: Look) -> None:
    table.write(report._replace(footer=()), stream, look)
    width = look.width or 80
    stream.write("".join(f"{line}\n" for line in bar_lines(report, width)))
    footer = (*report.footer, LEGEND) if look.is_terminal else report.footer
    for remark in footer:
        stream.write("".join(f"{line}\n" for line in wrapped(str(remark), look.width)))


def bar_lines(report: Report, width: int) -> list[str]:
    """A bar for each share, the largest first."""
    bars = bars_of(report)
    labels = [visible(bar.label) for bar in bars]
    widest = max(map(columns, labels), default=0)
    longest = max((abs(bar.share) for bar in bars), default=0.0)
    room = max(min(LONGEST, width - widest - 12), 1)
    if not 0.0 < longest < float("inf"):
        return []
    ascii_only = is_ascii()
    return [
        f" {label}{' ' * (widest - columns(label))} {drawn(abs(bar.share) / longest * room, ascii_only)} "
        f"{bar.share:.3g} %"
        for label, bar in zip(labels, bars, strict=True)
    ]


def drawn(length: float, ascii_only: bool) -> str:
    """A bar of so many columns, to an eighth of one."""
    if ascii_only:
        return "#" * round(length)
    whole, rest = divmod(round(length * 8), 8)
    return "█" * whole + (EIGHTHS[rest] if rest else "")


def wrapped(text: str, width: int | None) -> list[str]:
    """The text in lines of whole words."""
    import textwrap

    return textwrap.wrap(visible(text), width, subsequent_indent="  ", break_on_hyphens=False) if width else [text]
