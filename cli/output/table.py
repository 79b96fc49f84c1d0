"""The table for the eye. Knows how to make columns fit a terminal; rich wraps and colours."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from backprop.cli.output.cells import table_text
from backprop.cli.output.output import MAXIMUM_ROWS, Look
from backprop.cli.output.report import Column, Report

PADDING = 1  # spaces on both sides of a column
UNLIMITED = 100_000
TRAILING_BLANKS = re.compile(r"(?: |\x1b\[[0-9;]*m)+$", re.MULTILINE)  # and colours, which stay
COMFORTABLE, LEAST_FOLDED = 24, 12  # cells that a folding column keeps while others can give, and at last


def write(report: Report, stream: TextIO, look: Look) -> None:
    columns, lines = without_optional(report.columns, lines_of(report, look), look.width)
    widths = fitted(columns, lines, report.has_header, look.width)
    table = Table(box=None, padding=(0, PADDING), show_header=report.has_header)
    table.header_style = "bold"
    for column, width in zip(columns, widths, strict=True):
        table.add_column(
            Text(column.name),
            justify="right" if column.is_number else "left",
            style=column.style,
            width=width,
            overflow="fold",
        )
    for line in lines:
        table.add_row(*(Text(text) for text in line))
    console = console_for(look, sum(widths) + 2 * PADDING * len(widths))
    title = [Text(table_text(report.title, look.digits), style="bold", overflow="fold")] if report.title else []
    footer = [Text(table_text(remark, look.digits), overflow="fold") for remark in report.footer]
    stream.write(printed(console, *title, table, *footer))


def printed(console: Console, *parts: RenderableType) -> str:
    """What rich prints, without blanks at the lines' ends. Rich itself would end the program on a closed pipe."""
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    return TRAILING_BLANKS.sub(lambda blanks: blanks[0].replace(" ", ""), captured.get())


def console_for(look: Look, needed: int) -> Console:
    """A console that is never narrower than what may not be cut: the terminal itself wraps what is left."""
    return Console(
        width=max(needed, look.width or UNLIMITED),
        force_terminal=look.is_colored,
        color_system="standard" if look.is_colored else None,
        no_color=not look.is_colored,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )


def lines_of(report: Report, look: Look) -> list[list[str]]:
    """The cells as text; of too many rows on a terminal the first, a row of `…`, and the last."""
    if not look.is_terminal or len(report.rows) <= MAXIMUM_ROWS:
        return [[table_text(cell, look.digits) for cell in row] for row in report.rows]
    half = MAXIMUM_ROWS // 2
    first, last = (
        [[table_text(cell, look.digits) for cell in row] for row in part]
        for part in (report.rows[:half], report.rows[-half:])
    )
    return [*first, ["…"] * len(report.columns), *last]


def without_optional(
    columns: Sequence[Column], lines: list[list[str]], width: int | None
) -> tuple[Sequence[Column], list[list[str]]]:
    """The columns and their cells, without the optional ones where not all fit."""
    natural = fitted(columns, lines, True, None)
    if width is None or sum(natural) + 2 * PADDING * len(natural) <= width:
        return columns, lines
    kept = [number for number, column in enumerate(columns) if not column.is_optional]
    return [columns[number] for number in kept], [[line[number] for number in kept] for line in lines]


def fitted(columns: Sequence[Column], lines: Sequence[Sequence[str]], has_header: bool, width: int | None) -> list[int]:
    """The columns' widths: what they need, or, on a narrow terminal, the folding ones made narrower, then the rest.

    A column that does not fold keeps its longest word: a number or a label is never broken.
    """
    texts = [[column.name] * has_header + [line[number] for line in lines] for number, column in enumerate(columns)]
    widths = [max((cell_len(text) for text in column), default=1) for column in texts]
    if width is None:
        return widths
    words = [max((cell_len(word) for text in column for word in text.split(" ")), default=1) for column in texts]
    available = width - 2 * PADDING * len(widths)
    for folds, least in ((True, COMFORTABLE), (False, None), (True, LEAST_FOLDED)):
        bounds = {
            number: words[number] if least is None else min(words[number], least)
            for number, column in enumerate(columns)
            if column.folds is folds
        }
        shrink(widths, bounds, available)
    return widths


def shrink(widths: list[int], bounds: Mapping[int, int], available: int) -> None:
    """Make the columns in `bounds` narrower, the widest first, until all fit or these are at their bounds."""
    while (excess := sum(widths) - available) > 0:
        candidates = sorted((widths[number], number) for number, bound in bounds.items() if widths[number] > bound)
        if not candidates:
            return
        widest = candidates[-1][1]
        second = candidates[-2][0] if len(candidates) > 1 else 0
        widths[widest] -= max(1, min(excess, widths[widest] - max(second, bounds[widest])))
