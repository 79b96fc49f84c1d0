"""Dots in the cells of a terminal: braille, eight a cell, or ASCII, one a cell. Knows no axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from backprop.autodiff.named_tuple import NamedTuple

Dots = np.ndarray[Any, np.dtype[np.bool_]]
Points = np.ndarray[Any, np.dtype[Any]]

BRAILLE = 0x2800
WEIGHTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])  # of a cell's dots, in Unicode's order
DASHES = ((1, 0), (3, 3), (1, 2), (6, 2), (5, 5), (2, 1))  # dots drawn and left out, of each curve in turn


class Style(NamedTuple):
    """How the cells are filled: dots across and down in each, and in ASCII the sign of each curve and of both.

    `lines` are what they look like, each in turn; `frame` has the axes' left side, without and with a tick, their
    corner, and their lower side likewise; `level` marks the zero, `more` a text cut off.
    """

    across: int
    down: int
    signs: str | None
    lines: tuple[str, ...]
    frame: tuple[str, str, str, str, str]
    level: str
    more: str


BRAILLE_STYLE = Style(
    2, 4, None, ("⠒⠒⠒⠒⠒", "⠒⠂ ⠒⠂", "⠂⠂⠂⠂⠂", "⠒⠒⠂⠒⠒", "⠒⠒ ⠒⠒", "⠒⠐⠒⠐⠒"), ("│", "┤", "└", "─", "┬"), "┈", "…"
)
ASCII_SIGNS = "*.ox+%@&=~#"
ASCII_LINES = ("*****", ". . .", *(5 * sign for sign in ASCII_SIGNS[2:-1]))
ASCII_STYLE = Style(1, 1, ASCII_SIGNS, ASCII_LINES, ("|", "+", "+", "-", "+"), "-", "~")


class Canvas:
    """So many cells, and in them the dots of some curves."""

    def __init__(self, columns: int, rows: int, style: Style) -> None:
        self.style = style
        self.columns, self.rows = columns, rows
        self.width, self.height = columns * style.across, rows * style.down
        self.layers: list[Dots] = []

    def draw(self, across: Points, up: Points, cut: Points, dashes: tuple[int, int]) -> None:
        """Add a line through points given as fractions of the width and the height, from the lower left corner."""
        layer = np.zeros((self.height, self.width), dtype=bool)
        with np.errstate(all="ignore"):
            u = across * (self.width - 1)
            v = (1 - up) * (self.height - 1)
        self._mark(layer, *segments(u, v, ~cut, self.height), dashes)
        is_alone = np.concatenate(([True], cut)) & np.concatenate((cut, [True]))
        self._mark(layer, u[is_alone], v[is_alone], DASHES[0])
        self.layers.append(layer)

    def _mark(self, layer: Dots, u: Points, v: Points, dashes: tuple[int, int]) -> None:
        known = np.isfinite(u) & np.isfinite(v)
        columns = np.rint(np.clip(u[known], -1, self.width)).astype(int)
        rows = np.rint(np.clip(v[known], -1, self.height)).astype(int)
        inside = (columns >= 0) & (columns < self.width) & (rows >= 0) & (rows < self.height)
        columns, rows = columns[inside], rows[inside]
        if dashes[1] and len(columns):
            moved = np.concatenate(([0], (np.diff(columns) != 0) | (np.diff(rows) != 0)))
            on, off = (max(1, length * self.style.across // 2) for length in dashes)
            drawn = np.cumsum(moved) % (on + off) < on
            columns, rows = columns[drawn], rows[drawn]
        layer[rows, columns] = True

    def cells(self) -> list[list[tuple[str, int | None]]]:
        """Each row's cells: the character, and the curve that it belongs to, None where there is none.

        Where two curves meet in a cell it belongs to the last: a dashed line leaves something of the one below.
        """
        counts = [self._by_cell(layer) for layer in self.layers]
        owners = np.full((self.rows, self.columns), -1)
        for curve, count in enumerate(counts):
            owners[count > 0] = curve
        codes = np.bitwise_or.reduce(counts)
        several = np.sum([count > 0 for count in counts], axis=0) > 1
        return [
            [self._cell(*cell) for cell in zip(*line, strict=True)]
            for line in zip(codes.tolist(), owners.tolist(), several.tolist(), strict=True)
        ]

    def _cell(self, code: int, owner: int, is_several: bool) -> tuple[str, int | None]:
        if owner < 0:
            return " ", None
        signs = self.style.signs
        return (chr(BRAILLE + code) if signs is None else signs[-1 if is_several else owner % (len(signs) - 1)]), owner

    def _by_cell(self, layer: Dots) -> Points:
        """For each cell the sum of its dots' weights."""
        across, down = self.style.across, self.style.down
        split = layer.reshape(self.rows, down, self.columns, across)
        weights = WEIGHTS[:down, :across]
        sums: Points = np.einsum("rdca,da->rc", split.astype(int), weights)
        return sums


def segments(u: Points, v: Points, drawn: Points, height: int) -> tuple[Points, Points]:
    """Points a dot apart along the drawn segments, as far as they are not above or below the canvas."""
    u0, u1, v0, v1 = u[:-1][drawn], u[1:][drawn], v[:-1][drawn], v[1:][drawn]
    with np.errstate(all="ignore"):
        slope = v1 - v0
        at_top, at_bottom = (-0.5 - v0) / slope, (height - 0.5 - v0) / slope
        start = np.maximum(np.fmin(at_top, at_bottom), 0.0)
        stop = np.minimum(np.fmax(at_top, at_bottom), 1.0)
        level = slope == 0
        outside = level & ((v0 < -0.5) | (v0 > height - 0.5))
    start, stop = np.where(level, 0.0, start), np.where(level, 1.0, stop)
    kept = (start <= stop) & ~outside & np.isfinite(start) & np.isfinite(stop) & np.isfinite(slope)
    u0, u1, v0, v1, start, stop = (ends[kept] for ends in (u0, u1, v0, v1, start, stop))
    length = np.maximum(np.abs(u1 - u0), np.abs(v1 - v0)) * (stop - start)
    counts = np.ceil(length).astype(int) + 1
    owner = np.repeat(np.arange(len(counts)), counts)
    step = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    part = start[owner] + (stop - start)[owner] * step / np.maximum(counts - 1, 1)[owner]
    return u0[owner] + part * (u1 - u0)[owner], v0[owner] + part * (v1 - v0)[owner]
