"""A fit as lines of a terminal: the data with the curve and its bands, and the residuals below. Computes no value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from backprop.cli.fit.picture import Points, View, is_drawable, limits
from backprop.cli.output.colors import painted
from backprop.cli.plot.axis import Axis, value_axis
from backprop.cli.plot.canvas import DASHES, Canvas
from backprop.cli.plot.frame import DIM, Cell, Frame, Screen, cut, frames
from backprop.cli.plot.terminal_curve import COLORS as LINES
from backprop.cli.plot.terminal_curve import with_level

COLORS = (DIM, LINES[0], "yellow")  # of the bands, the curve and the data
SIGNS = ".-o#"  # in ASCII, the last where several meet
DATA = {True: "ooo", False: "⠸⠇ "}
MOST_CROSSES = 200  # rows that are shown as such
LEAST_ROWS = 4  # of a panel of data, twice as many as one of residuals has


def fit_picture(views: Sequence[View], screen: Screen) -> list[str]:
    """The lines. Raises Failure where the screen is too narrow."""
    shown = [view for view in views if is_drawable(view)]
    if screen.style.signs is not None:
        screen = screen._replace(style=screen.style._replace(signs=SIGNS))
    lines: list[str] = []
    for view in shown:
        lines += view_lines(view, screen, max(screen.height // len(shown), 1))
    return lines


def view_lines(view: View, screen: Screen, height: int) -> Iterator[str]:
    """The panels of one response."""
    small = max(LEAST_ROWS // 2, (height - 5) // 4)
    large = max(LEAST_ROWS, height - 5 - small)
    x = axis(view.x, view.along)
    ends = [end for _, *pair in view.bands for end in pair]
    panels = [(x, axis(view.observed, view.curve, *ends)), (x, axis(view.residuals, np.zeros(1)))]
    upper, lower = frames(panels, view.x_name, large, screen)
    lower = lower._replace(rows=small, y_ticks=lower.y.ticks(2))
    yield legend(view, screen)
    layers = [joined(view.along, ends), ([view.along], [view.curve])]
    yield from upper.lines(cells(upper, layers, view.x, view.observed), has_labels=False)
    yield cut(f"residuals of {view.y_name}", screen.width, screen.style)
    yield from lower.lines(cells(lower, [None, None], view.x, view.residuals), has_labels=True)


def joined(along: Points, ends: Sequence[Points]) -> tuple[list[Points], list[Points]] | None:
    return ([along] * len(ends), list(ends)) if ends else None


def cells(
    frame: Frame, layers: Sequence[tuple[list[Points], list[Points]] | None], x: Points, y: Points
) -> list[list[Cell]]:
    """What is between the axes: lines by layer, and the data above them."""
    canvas = Canvas(frame.columns, frame.rows, frame.screen.style)
    for number, layer in enumerate(layers):
        if layer is None:
            canvas.layers.append(np.zeros((canvas.height, canvas.width), dtype=bool))
            continue
        ends = np.cumsum([len(part) for part in layer[0]])[:-1] - 1
        across, up = (frame_axis.fraction(np.concatenate(of)) for frame_axis, of in zip(frame[:2], layer, strict=True))
        canvas.draw(across, up, np.isin(np.arange(len(across) - 1), ends), DASHES[number == 0])
    across, up = frame.x.fraction(x), frame.y.fraction(y)
    if len(x) <= MOST_CROSSES and canvas.style.signs is None:  # a dot alone is hardly seen
        right, top = 1.0 / (canvas.width - 1), 1.0 / (canvas.height - 1)
        across = np.concatenate([across, across - right, across + right, across, across])
        up = np.concatenate([up, up, up, up - top, up + top])
    canvas.draw(across, up, np.ones(len(across) - 1, dtype=bool), DASHES[0])
    named: list[list[Cell]] = [
        [(sign, "" if owner is None else COLORS[owner]) for sign, owner in row] for row in canvas.cells()
    ]
    return with_level(named, frame.y, canvas)


def axis(*parts: Points) -> Axis:
    found = value_axis(limits(*parts), has_pole=False, is_log=False)
    return found if found is not None else Axis(0.0, 1.0)


def legend(view: View, screen: Screen) -> str:
    """What is shown in which way."""
    style = screen.style
    is_ascii = style.signs is not None
    entries = [(DATA[is_ascii], COLORS[2], view.y_name), (style.lines[0], COLORS[1], "fit")]
    if view.bands:
        entries.append((style.lines[1], COLORS[0], " and ".join(name for name, *_ in view.bands)))
    room = screen.width
    texts: list[str] = []
    for sample, color, text in entries:
        shown = cut(text, max(room - len(sample) - 1, 1), style)
        room -= len(sample) + len(shown) + 4
        if room > 0 or not texts:
            texts.append(f"{painted([(sign, color) for sign in sample], is_colored=screen.is_colored)} {shown}")
    return "   ".join(texts)
