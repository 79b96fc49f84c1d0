"""A curve and its derivative as lines of a terminal: panels with a legend each. Computes no value."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle

import numpy as np

from backprop.cli.output.colors import painted
from backprop.cli.plot.axis import Axis
from backprop.cli.plot.canvas import DASHES, Canvas
from backprop.cli.plot.frame import DIM, Cell, Frame, Screen, cut, frames
from backprop.cli.plot.samples import Curve, Panel
from backprop.parser.visible import columns as columns_of
from backprop.parser.visible import visible

DERIVATIVE = "red"  # as in the circuit, where the value is green
COLORS = ("green", "blue", "yellow", "magenta", "cyan", "red")
LEAST_ROWS = 4  # of a panel


def curve_picture(
    panels: Sequence[Panel], heading: str | None, has_legend: bool, name: str, screen: Screen
) -> list[str]:
    """The lines. Raises Failure where the screen is too narrow."""
    lines = [cut(heading, screen.width, screen.style)] if heading else []
    legends = [legend(panel.curves, screen) if has_legend else [] for panel in panels]
    most = max(map(len, legends))
    rows = max(LEAST_ROWS, (screen.height - 1 - len(lines)) // len(panels) - 2 - max(0, most - 2))
    all_frames = frames([(panel.x, panel.y) for panel in panels], name, rows, screen)
    for panel, frame, own in zip(panels, all_frames, legends, strict=True):
        lines += own
        lines += frame.lines(cells_of(panel, frame), has_labels=panel is panels[-1])
    return lines


def cells_of(panel: Panel, frame: Frame) -> list[list[Cell]]:
    canvas = Canvas(frame.columns, frame.rows, frame.screen.style)
    for curve, dashes in zip(panel.curves, cycle(DASHES)):
        canvas.draw(panel.x.fraction(curve.points), panel.y.fraction(curve.values), curve.cut, dashes)
    colors = [color_of(curve) for curve in panel.curves]
    cells: list[list[Cell]] = [
        [(sign, "" if owner is None else colors[owner]) for sign, owner in row] for row in canvas.cells()
    ]
    return with_level(cells, panel.y, canvas)


def with_level(cells: list[list[Cell]], y: Axis, canvas: Canvas) -> list[list[Cell]]:
    """The cells with a line at zero, where that is on the axis."""
    if not y.is_log and y.low < 0 < y.high:
        row = round((1 - float(y.fraction(0.0))) * (canvas.height - 1)) // canvas.style.down
        cells[row] = [(canvas.style.level, DIM) if sign == " " else (sign, color) for sign, color in cells[row]]
    return cells


def color_of(curve: Curve) -> str:
    return DERIVATIVE if curve.is_derivative and curve.is_only else COLORS[curve.number % len(COLORS)]


def is_same(first: Curve, second: Curve) -> bool:
    """Whether the curves lie on each other, as those of exp do."""
    return np.allclose(first.values, second.values, rtol=1e-9, atol=0.0, equal_nan=True)


def legend(curves: Sequence[Curve], screen: Screen) -> list[str]:
    """A piece of each line and what it is: side by side, or one below the other where that is too long."""
    style = screen.style
    samples = [sample for _, sample in zip(curves, cycle(style.lines))]
    texts = [visible(curve.text) for curve in curves]
    if len(curves) == 2 and curves[1].is_derivative and is_same(*curves):
        texts[-1] += " (the same curve)"
    room = screen.width - sum(len(sample) + 1 for sample in samples) - 3 * (len(curves) - 1)
    is_one_line = sum(map(columns_of, texts)) <= room
    shown = texts if is_one_line else [cut(text, screen.width - len(samples[0]) - 1, style) for text in texts]
    lines = [
        painted([(sign, "" if sign == " " else color_of(curve)) for sign in sample], is_colored=screen.is_colored)
        for sample, curve in zip(samples, curves, strict=True)
    ]
    entries = [f"{line} {text}" for line, text in zip(lines, shown, strict=True)]
    return ["   ".join(entries)] if is_one_line else entries
