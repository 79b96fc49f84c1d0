"""Axes around cells: ticks at the left and below, the variable's name, the lines of the terminal. Computes no value."""

from __future__ import annotations

from collections.abc import Sequence

from backprop.autodiff.named_tuple import NamedTuple
from backprop.cli.output.colors import painted
from backprop.cli.plot.axis import Axis, Tick
from backprop.cli.plot.canvas import Style
from backprop.cli.status import Failure
from backprop.parser.visible import columns as columns_of
from backprop.parser.visible import visible

Cell = tuple[str, str]  # a character and its style, in rich's words

LEAST_WIDTH, LEAST_CELLS = 20, 5
LONGEST_NAME = 8
ROWS_A_TICK, COLUMNS_A_TICK = 4, 12
DIM = "dim"


class Screen(NamedTuple):
    """What a picture is drawn on."""

    width: int
    height: int
    style: Style
    is_colored: bool


class Frame(NamedTuple):
    """The axes of one panel and the room between them, in cells."""

    x: Axis
    y: Axis
    x_name: str
    y_ticks: list[Tick]
    gutter: int
    columns: int
    rows: int
    screen: Screen

    def left(self) -> list[str]:
        """What stands left of each row of cells."""
        plain, ticked = self.screen.style.frame[:2]
        down = self.screen.style.down
        sides = [" " * self.gutter + plain] * self.rows
        for tick in self.y_ticks:
            row = round((1 - float(self.y.fraction(tick.value))) * (self.rows * down - 1)) // down
            if 0 <= row < self.rows:
                sides[row] = tick.text.rjust(self.gutter) + ticked
        return sides

    def bottom(self) -> tuple[str, str]:
        """The lower axis with the variable's name, and the numbers below it."""
        corner, plain, ticked = self.screen.style.frame[2:]
        across = self.screen.style.across
        line = [plain] * self.columns
        labels = [" "] * (self.gutter + 1 + self.columns)
        free = 0
        for tick in self.x.ticks(max(2, self.columns // COLUMNS_A_TICK)):
            column = round(float(self.x.fraction(tick.value)) * (self.columns * across - 1)) // across
            start = min(self.gutter + 1 + column - len(tick.text) // 2, len(labels) - len(tick.text))
            if 0 <= column < self.columns and start >= free:
                line[column] = ticked
                labels[start : start + len(tick.text)] = tick.text
                free = start + len(tick.text) + 1
        return f"{' ' * self.gutter}{corner}{''.join(line)} {self.x_name}", "".join(labels).rstrip()

    def lines(self, cells: Sequence[Sequence[Cell]], *, has_labels: bool) -> list[str]:
        """The panel."""
        is_colored = self.screen.is_colored
        rows = [
            f"{left}{painted(row, is_colored=is_colored)}".rstrip()
            for left, row in zip(self.left(), cells, strict=True)
        ]
        line, labels = self.bottom()
        return [*rows, line, labels] if has_labels else [*rows, line]


def frames(axes: Sequence[tuple[Axis, Axis]], x_name: str, rows: int, screen: Screen) -> list[Frame]:
    """Panels one below the other, their left sides in line. Raises Failure where there is no room for them."""
    if screen.width < LEAST_WIDTH:
        raise too_narrow(screen.width)
    name = cut(x_name, LONGEST_NAME, screen.style)
    ticks = [y.ticks(max(2, rows // ROWS_A_TICK)) for _, y in axes]
    gutter = max((len(tick.text) for y_ticks in ticks for tick in y_ticks), default=0)
    columns = screen.width - gutter - 2 - columns_of(name)
    if columns < LEAST_CELLS:
        raise too_narrow(screen.width)
    panels = zip(axes, ticks, strict=True)
    return [Frame(x, y, name, y_ticks, gutter, columns, rows, screen) for (x, y), y_ticks in panels]


def too_narrow(width: int) -> Failure:
    return Failure(
        f"{width} columns are too narrow for a picture",
        f"make the terminal {LEAST_WIDTH} columns wide or more (or write a file: -o curve.svg, -o points.csv)",
    )


def cut(text: str, width: int, style: Style) -> str:
    """The text made safe to show, not wider than so many columns."""
    shown = visible(text)
    if columns_of(shown) <= width:
        return shown
    shown = shown[:width]
    while shown and columns_of(shown) > width - 1:
        shown = shown[:-1]
    return f"{shown}{style.more}"
