"""A field over two ranges in a terminal: bands of equal value by their shade, arrows along the gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backprop.cli.output.colors import painted
from backprop.cli.plot.axis import Axis, Tick, limits
from backprop.cli.plot.canvas import Style
from backprop.cli.plot.frame import Cell, Frame, Screen, cut, frames
from backprop.cli.plot.samples import Samples, axis_of, grid_samples
from backprop.cli.plot.way import Way
from backprop.cli.status import Failure

if TYPE_CHECKING:
    from backprop.cli.plot.plotting import Plotting

Points = np.ndarray[Any, np.dtype[Any]]

SHADES, ASCII_SHADES = "·░▒▓█", ".:=%@"
COLORS = ("blue", "cyan", "green", "yellow", "red")  # of the bands
ARROWS, ASCII_ARROWS = "→↗↑↖←↙↓↘", ">/^\\</v\\"  # counterclockwise
FLAT, ASCII_FLAT = "○", "o"  # where the gradient is zero
BOLD = "bold"
START, STEP, END = "S", "x", "E"  # of a path
BOLD_WAY = "bold reverse"
APART = (6, 3)  # columns and rows from one arrow to the next
CELL_ASPECT = 2.0  # a cell is twice as high as wide
TAIL = 2  # per cent of the values that a pole may push out at each end
MARGIN = 3  # lines around the cells: legend, axis and its numbers, with the scale one more


def contour_picture(plotting: Plotting, screen: Screen) -> list[str]:
    """The lines. Raises Failure where the screen is too narrow or there is nothing to show."""
    question = plotting.question
    horizontal, vertical = question.ranges
    rows = max(4, screen.height - MARGIN - 1)
    (frame,) = frames([(axis_of(horizontal), axis_of(vertical))], horizontal.name, rows, in_cells(screen))
    samples = grid_samples(plotting.functions[0], horizontal.points(frame.columns), vertical.points(rows)[::-1])
    value = samples.value.reshape(rows, frame.columns)
    edges = band_edges(value, plotting.is_log)
    if edges is None:
        raise without_values(plotting)
    is_ascii = screen.style.signs is not None
    bands = np.searchsorted([edge.value for edge in edges], value, side="right")
    shades = ASCII_SHADES if is_ascii else SHADES
    known = has_level(value, plotting.is_log)
    cells: list[list[Cell]] = [
        [(shades[band], COLORS[band]) if is_known else (" ", "") for band, is_known in zip(*line, strict=True)]
        for line in zip(bands.tolist(), known.tolist(), strict=True)
    ]
    turn = direction(frame.x, frame.y, samples, (frame.columns, rows * CELL_ASPECT)).reshape(value.shape)
    lay_arrows(cells, turn, np.isfinite(value), is_ascii)
    explained = "arrows: gradient"
    if plotting.way is not None:
        lay_way(cells, frame, plotting.way)
        explained += f"   {STEP}: the path, from {START} to {END}"
    name = cut(vertical.name, max(frame.gutter, 1), screen.style).rjust(frame.gutter)
    title = plotting.appearance.title or f"f = {question.title}"
    heading = cut(f"{name}  {title}   {explained}", screen.width, screen.style)
    lines = [heading, *frame.lines(cells, has_labels=True)]
    return lines if plotting.appearance.legend is None else [*lines, scale(edges, shades, screen)]


def has_level(value: Points, is_log: bool) -> Points:
    """Where a contour shows the value."""
    with np.errstate(invalid="ignore"):
        return np.asarray(value > 0) if is_log else ~np.isnan(value)


def lay_way(cells: list[list[Cell]], frame: Frame, way: Way) -> None:
    """Put the points of the way on the cells that they lie in."""
    x, y = frame.x.fraction(way.x) * (frame.columns - 1), (1 - frame.y.fraction(way.y)) * (frame.rows - 1)
    for number in range(len(x)):
        sign = START if number == 0 else END if number == len(x) - 1 else STEP
        column, row = (
            round(float(np.clip(place, -1, most)))
            for place, most in ((x[number], frame.columns), (y[number], frame.rows))
        )
        if 0 <= column < frame.columns and 0 <= row < frame.rows and cells[row][column][0] not in (START, END):
            cells[row][column] = (sign, BOLD_WAY)


def in_cells(screen: Screen) -> Screen:
    """The screen with one dot a cell."""
    style: Style = screen.style._replace(across=1, down=1)
    return screen._replace(style=style)


def robust_limits(value: Points, is_log: bool = False) -> tuple[float, float] | None:
    """The least and the largest value, but of a pole only so much as the others reach; None where there are none."""
    shown = value[np.isfinite(value) & has_level(value, is_log)]
    if is_log and len(shown):
        low, high = limits(np.log10(shown), TAIL)
        return 10.0 ** max(low, -307.0), 10.0 ** min(high, 308.0)
    return limits(shown, TAIL) if len(shown) else None


def band_edges(value: Points, is_log: bool = False) -> list[Tick] | None:
    """Nice numbers between the bands; none of a constant. None where there is no value."""
    range_of_values = robust_limits(value, is_log)
    if range_of_values is None:
        return None
    low, high = range_of_values
    if high - low <= 1e-12 * max(abs(low), abs(high), 1e-290):
        return []
    for most in range(3 * len(SHADES), 0, -1):
        edges = [tick for tick in Axis(low, high, is_log).ticks(most) if low < tick.value < high]
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


def without_values(plotting: Plotting) -> Failure:
    kind = "positive and finite" if plotting.is_log else "finite"
    return Failure(
        f"the expression is {kind} nowhere in these ranges",
        "choose other ranges" + " or omit --log f" * plotting.is_log,
    )
