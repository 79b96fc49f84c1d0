"""The table for the eye. Knows how to make columns fit a terminal; rich wraps and colours."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console, JustifyMethod, RenderableType
from rich.table import Table
from rich.text import Text

from backprop.cli.output.cells import table_text
from backprop.cli.output.output import MAXIMUM_ROWS, Look
from backprop.cli.output.report import Column, Report
from backprop.cli.output.wrapping import ENTRIES, OF_NUMBERS, OF_TEXT, ROWS, TERMS, WORDS, longest, wrapped

PADDING = 1  # spaces on both sides of a column
UNLIMITED = 100_000
TRAILING_BLANKS = re.compile(r"(?: |\x1b\[[0-9;]*m)+$", re.MULTILINE)  # and colours, which stay
COMFORTABLE, LEAST_FOLDED = 24, 12  # cells that a folding column keeps while others can give, and at last
# How a table gets narrower: whether columns that fold do or others, where their cells are broken, and the bound.
STEPS_WHOLE = ((True, WORDS, COMFORTABLE), (False, ROWS, None))
STEPS = (*STEPS_WHOLE, (True, WORDS, LEAST_FOLDED), (False, ENTRIES, None))


def write(report: Report, stream: TextIO, look: Look) -> None:
    columns, lines = without_optional(report.columns, lines_of(report, look), look.width)
    console = console_for(look, 0)
    title = [Text(table_text(report.title, look.digits), style="bold", overflow="fold")] if report.title else []
    footer = [Text(table_text(remark, look.digits), overflow="fold") for remark in report.footer]
    stream.write(printed(console, *title))
    stream.write(laid_out(columns, lines, report.has_header, look))
    stream.write(printed(console, *footer))


def laid_out(columns: Sequence[Column], lines: Sequence[Sequence[str]], has_header: bool, look: Look) -> str:
    """The table or, on a terminal too narrow for it, one column below each line, all below, or groups of columns."""
    every = list(range(len(columns)))
    width = look.width
    if width is None or fits(columns, lines, has_header, every, width):
        return drawn(columns, lines, every, has_header, look)
    stacked = next((number for number, column in enumerate(columns) if column.stacks), None)
    if stacked is None:
        groups = grouped(columns, lines, has_header, every, width)
        return "\n".join(drawn(columns, lines, group, has_header, look) for group in groups)
    kept = [number for number in every if number != stacked]
    if fits(columns, lines, has_header, kept, width):
        return drawn(columns, lines, kept, has_header, look, wrapped_below(columns, lines, stacked, width))
    return expanded(columns, lines, look, width)


def fits(
    columns: Sequence[Column], lines: Sequence[Sequence[str]], has_header: bool, place: Sequence[int], width: int
) -> bool:
    """Whether the columns fit without broken rows of matrices and without terms in shreds."""
    shown = [columns[number] for number in place]
    widths = fitted(shown, [[line[number] for number in place] for line in lines], has_header, width, is_whole=True)
    return sum(widths) + 2 * PADDING * len(widths) <= width


def drawn(
    columns: Sequence[Column],
    lines: Sequence[Sequence[str]],
    place: Sequence[int],
    has_header: bool,
    look: Look,
    below: Sequence[Sequence[str]] = (),
) -> str:
    """Some of the columns as text, with what stands `below` each line."""
    shown = [columns[number] for number in place]
    cells = [[line[number] for number in place] for line in lines]
    widths = fitted(shown, cells, has_header, look.width)
    table = Table(box=None, padding=(0, PADDING), show_header=has_header)
    table.header_style = "bold"
    for column, width in zip(shown, widths, strict=True):
        justify: JustifyMethod = "right" if column.is_number else "left"
        table.add_column(Text(column.name), justify=justify, style=column.style, width=width, no_wrap=True)
    heights = []
    for line in cells:
        parts = [
            wrapped(text, width, OF_NUMBERS if column.is_number else OF_TEXT)
            for text, width, column in zip(line, widths, shown, strict=True)
        ]
        heights.append(max(map(len, parts), default=1))
        table.add_row(*(Text("\n".join(part)) for part in parts))
    text = printed(console_for(look, sum(widths) + 2 * PADDING * len(widths)), table)
    if not below:
        return text
    rest = iter(text.splitlines(keepends=True))
    whole = [next(rest)] if has_header else []
    for height, more in zip(heights, below, strict=True):
        whole += [next(rest) for _ in range(height)]
        whole += [f"{line}\n" for line in more]
    return "".join(whole)


def wrapped_below(
    columns: Sequence[Column], lines: Sequence[Sequence[str]], stacked: int, width: int
) -> list[list[str]]:
    """The cells of a column as lines of their own, behind its name."""
    name = f"{columns[stacked].name}: "
    indent = " " * (max((cell_len(line[0]) for line in lines), default=0) + 3 * PADDING)
    room = max(width - len(indent) - len(name), LEAST_FOLDED)
    below = [wrapped(line[stacked], room, OF_TEXT) for line in lines]
    return [
        [f"{indent}{' ' * len(name) if number else name}{part}" for number, part in enumerate(parts)] for parts in below
    ]


def expanded(columns: Sequence[Column], lines: Sequence[Sequence[str]], look: Look, width: int) -> str:
    """Each line as a block: what it is about, and its numbers and the stacked column below, each on its own line."""
    heads = [number for number, column in enumerate(columns) if not (column.is_number or column.stacks)]
    others = [number for number in range(len(columns)) if number not in heads]
    widths = [max(cell_len(line[number]) for line in lines) for number in heads]
    longest_name = max(len(columns[number].name) for number in others)
    indent = " " * (widths[0] + 3 * PADDING)
    room = max(width - len(indent) - longest_name - 2, LEAST_FOLDED)
    blocks: list[Text] = []
    for line in lines:
        head = "  ".join(line[number].ljust(size) for number, size in zip(heads, widths, strict=True))
        blocks.append(Text(f" {head}", style="bold"))
        for number in others:
            column = columns[number]
            parts = wrapped(line[number], room, OF_NUMBERS if column.is_number else OF_TEXT)
            for place, part in enumerate(parts):
                name = "" if place else column.name
                blocks.append(Text(f"{indent}{name:{longest_name}}  ").append(part, column.style))
    return printed(console_for(look, width), *blocks)


def grouped(
    columns: Sequence[Column], lines: Sequence[Sequence[str]], has_header: bool, kept: Sequence[int], width: int
) -> list[list[int]]:
    """The columns in groups that fit, the first one in each; one group where all fit."""
    cells = [[line[number] for number in kept] for line in lines]
    widths = fitted([columns[number] for number in kept], cells, has_header, width)
    needed = dict(zip(kept, (number + 2 * PADDING for number in widths), strict=True))
    groups = [list(kept[:1])]
    for number in kept[1:]:
        if len(groups[-1]) > 1 and sum(needed[one] for one in groups[-1]) + needed[number] > width:
            groups.append(list(kept[:1]))
        groups[-1].append(number)
    return groups


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
        force_jupyter=False,  # where rich would show each text that it prints in the cell, beside the result
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


def fitted(
    columns: Sequence[Column],
    lines: Sequence[Sequence[str]],
    has_header: bool,
    width: int | None,
    *,
    is_whole: bool = False,
) -> list[int]:
    """The columns' widths: what they need, or, on a narrow terminal, the folding ones made narrower, then the rest.

    A number is never broken, and a row of a matrix only where nothing else helps: never where all has to be `is_whole`.
    """
    texts = [[column.name] * has_header + [line[number] for line in lines] for number, column in enumerate(columns)]
    widths = [max((cell_len(text) for text in column), default=1) for column in texts]
    if width is None:
        return widths
    available = width - 2 * PADDING * len(widths)
    for folds, places, most in STEPS_WHOLE if is_whole else STEPS:
        bounds = {}
        for number, column in enumerate(columns):
            if column.folds is folds and (folds or column.is_number):
                pieces = TERMS if is_whole and column.stacks else places
                piece = max((longest(text, pieces) for text in texts[number]), default=1)
                bounds[number] = min(piece, most) if most else piece
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
