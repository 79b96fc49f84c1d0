"""A plot as text, as large as suits whoever reads it: a terminal, a pipe or a file."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, TextIO

from backprop.cli.output.output import Look
from backprop.cli.plot.canvas import ASCII_STYLE, BRAILLE_STYLE
from backprop.cli.plot.frame import Screen

if TYPE_CHECKING:
    from backprop.cli.plot.plotting import Plotting

WIDTH = 80  # columns where nobody says how many there are
WIDEST = 1000  # columns that anybody looks at, whatever COLUMNS says
LEAST_HEIGHT, MOST_HEIGHT = 12, 40  # lines; on a terminal as many as it has
PROMPT = 2  # lines of the terminal that are left to the command and the next prompt
COLUMNS_A_LINE = 4  # of a picture: a cell is twice as high as wide


def write(plotting: Plotting, stream: TextIO, look: Look) -> None:
    screen = screen_of(look, is_file=plotting.output.path is not None, size=plotting.appearance.size)
    appearance = plotting.appearance
    if plotting.is_contour:
        from backprop.cli.plot.terminal_contour import contour_picture

        lines = contour_picture(plotting, screen)
    else:
        from backprop.cli.plot.terminal_curve import curve_picture

        name = plotting.question.ranges[0].name
        lines = curve_picture(plotting.panels(), plotting.heading, appearance.legend is not None, name, screen)
    stream.write("".join(f"{line}\n" for line in lines))


def screen_of(look: Look, *, is_file: bool, size: tuple[int, int] | None = None) -> Screen:
    """What a picture is drawn on, of the size that somebody asked for, in columns and lines, or of its own."""
    columns, lines = size or (None, None)
    width = min(columns or look.width or WIDTH, WIDEST)
    height = min(lines, WIDEST) if lines else height_of(width, look.is_terminal)
    return Screen(width, height, BRAILLE_STYLE if is_file or not is_ascii() else ASCII_STYLE, look.is_colored)


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
