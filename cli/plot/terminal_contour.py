"""A field over two ranges in a terminal: bands of equal value by their shade, arrows along the gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from backprop.cli.output.colors import painted
from backprop.cli.plot.axis import Axis, Tick, limits
from backprop.cli.plot.canvas import Style
from backprop.cli.plot.frame import Cell, Screen, cut, frames
from backprop.cli.plot.samples import Sampler, Samples, axis_of, grid_samples
from backprop.cli.question.question import Question
from backprop.cli.status import Failure

Points = np.ndarray[Any, np.dtype[Any]]

SHADES, ASCII_SHADES = "·░▒▓█", ".:=%@"
COLORS = ("blue", "cyan", "green", "yellow", "red")  # of the bands
ARROWS, ASCII_ARROWS = "→↗↑↖←↙↓↘", ">/^\\</v\\"  # counterclockwise
FLAT, ASCII_FLAT = "○", "o"  # where the gradient is zero
BOLD = "bold"
APART = (6, 3)  # columns and rows from one arrow to the next
CELL_ASPECT = 2.0  # a cell is twice as high as wide
TAIL = 2  # per cent of the values that a pole may push out at each end
MARGIN = 3  # lines around the cells: legend, axis and its numbers, with the scale one more


def contour_picture(question: Question, sampler: Sampler, screen: Screen) -> list[str]:
    """The lines. Raises Failure where the screen is too narrow or there is nothing to show."""
    horizontal, vertical = question.ranges
    rows = max(4, screen.height - MARGIN - 1)
    (frame,) = frames([(axis_of(horizontal), axis_of(vertical))], horizontal.name, rows, in_cells(screen))
    samples = grid_samples(sampler, horizontal.points(frame.columns), vertical.points(rows)[::-1])
    value = samples.value.reshape(rows, frame.columns)
    edges = band_edges(value)
    if edges is None:
        raise without_values(question)
    is_ascii = screen.style.signs is not None
    bands = np.searchsorted([edge.value for edge in edges], value, side="right")
    shades = ASCII_SHADES if is_ascii else SHADES
    known = ~np.isnan(value)
    cells: list[list[Cell]] = [
        [(shades[band], COLORS[band]) if is_known else (" ", "") for band, is_known in zip(*line, strict=True)]
        for line in zip(bands.tolist(), known.tolist(), strict=True)
    ]
    turn = direction(frame.x, frame.y, samples, (frame.columns, rows * CELL_ASPECT)).reshape(value.shape)
    lay_arrows(cells, turn, np.isfinite(value), is_ascii)
    name = cut(vertical.name, max(frame.gutter, 1), screen.style).rjust(frame.gutter)
    heading = cut(f"{name}  f = {question.title}   arrows: gradient", screen.width, screen.style)
    return [heading, *frame.lines(cells, has_labels=True), scale(edges, shades, screen)]


def in_cells(screen: Screen) -> Screen:
    """The screen with one dot a cell."""
    style: Style = screen.style._replace(across=1, down=1)
    return screen._replace(style=style)


def robust_limits(value: Points) -> tuple[float, float] | None:
    """The least and the largest value, but of a pole only so much as the others reach; None where there are none."""
    shown = value[np.isfinite(value)]
    return limits(shown, TAIL) if len(shown) else None


def band_edges(value: Points) -> list[Tick] | None:
    """Nice numbers between the bands; none of a constant. None where there is no value."""
    range_of_values = robust_limits(value)
    if range_of_values is None:
        return None
    low, high = range_of_values
    if high - low <= 1e-12 * max(abs(low), abs(high), 1e-290):
        return []
    for most in range(3 * len(SHADES), 0, -1):
        edges = [tick for tick in Axis(low, high).ticks(most) if low < tick.value < high]
        if len(edges) < len(SHADES):
            return edges
    return []


def direction(x_axis: Axis, y_axis: Axis, samples: Samples, size: tuple[float, float]) -> Points:
    """The gradient's direction in a picture of this width and height, in eighths of a turn from the right.

    It is where the point moves to that follows the gradient a little; inf where that is nowhere, nan where there is
    no gradient.
    """
    (x, y), (across, up) = samples.columns, samples.derivatives
    with np.errstate(all="ignore"):
        right = across * x_axis.slope(x) * size[0]
        above = up * y_axis.slope(y) * size[1]
        length = np.hypot(right, above)
        turn = np.arctan2(above, right) / (np.pi / 4)
    return np.where(np.isfinite(length) & (length > 0), turn, np.where(length == 0, np.inf, np.nan))


def lay_arrows(cells: list[list[Cell]], turn: Points, has_value: Points, is_ascii: bool) -> None:
    """Put an arrow on some of the cells, up the slope; a ring where the gradient is zero."""
    columns, rows = APART
    for row in range(rows // 2, len(cells), rows):
        for column in range(columns // 2, len(cells[row]), columns):
            here = float(turn[row, column])
            if not has_value[row, column] or np.isnan(here):
                continue
            arrows = ASCII_ARROWS if is_ascii else ARROWS
            flat = ASCII_FLAT if is_ascii else FLAT
            cells[row][column] = (flat if np.isinf(here) else arrows[round(here) % 8], BOLD)
            for beside in (column - 1, column + 1):
                if 0 <= beside < len(cells[row]):
                    cells[row][beside] = (" ", "")


def scale(edges: list[Tick], shades: str, screen: Screen) -> str:
    """`· 10 ░ 20 ▒`: the shades with the values between them."""
    pieces: list[Cell] = [(sign, "") for sign in "f: "]
    for band in range(len(edges) + 1):
        pieces += [(shades[band], COLORS[band])] * 2
        if band < len(edges):
            pieces += [(sign, "") for sign in f" {edges[band].text} "]
    return painted(pieces[: screen.width], is_colored=screen.is_colored)


def without_values(question: Question) -> Failure:
    return Failure("the expression is finite nowhere in these ranges", "choose other ranges")
