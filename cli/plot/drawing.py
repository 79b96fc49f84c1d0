"""Curves and fields as SVG for a page: axes, grid, lines. Computes no value; colours are the page's."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from backprop.autodiff.named_tuple import NamedTuple
from backprop.cli.plot.axis import Axis
from backprop.cli.plot.samples import Curve, Panel
from backprop.cli.plot.way import Way
from backprop.parser.visible import brief, visible

Flags = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]

LETTER, LINE = 7.5, 18  # pixels of a character, and of a line of text
BETWEEN = 24  # pixels between two panels, and from the axes to the edge
COLORS = 8  # variables of the style, from --curve-0
PIXELS_A_TICK = 80, 45  # across and down
KEY = 16  # pixels of a colour in the scale of a field
LONGEST_TEXT = 60  # characters in a legend


class Area(NamedTuple):
    """Where a panel's axes lie, in pixels."""

    left: float
    top: float
    width: float
    height: float

    def across(self, axis: Axis, values: object) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        return np.asarray(self.left + self.width * axis.fraction(np.asarray(values)))

    def up(self, axis: Axis, values: object) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        return np.asarray(self.top + self.height * (1 - axis.fraction(np.asarray(values))))


def drawn_curves(panels: Sequence[Panel], name: str, has_legend: bool, size: tuple[int, int]) -> tuple[str, list[Area]]:
    """The SVG, and where each panel's axes lie."""
    width, height = size
    texts = [[tick.text for tick in panel.y.ticks(int(height / PIXELS_A_TICK[1]))] for panel in panels]
    left = BETWEEN + LETTER * max((len(text) for several in texts for text in several), default=1)
    legends = [LINE * len(panel.curves) * has_legend for panel in panels]
    room = (height - 2 * LINE - BETWEEN * len(panels) - sum(legends)) / len(panels)
    areas, top = [], 0.0
    for legend in legends:
        top += legend + BETWEEN / 2
        areas.append(Area(left, top, width - left - BETWEEN, max(room, 4 * LINE)))
        top += areas[-1].height + BETWEEN / 2
    pieces = []
    for number, (panel, area) in enumerate(zip(panels, areas, strict=True)):
        is_last = number == len(panels) - 1
        pieces.append(axes(area, panel.x, panel.y, name if is_last else "", "", number, has_numbers=is_last))
        for place, curve in enumerate(panel.curves):
            pieces.append(line_of(curve, panel, area, number))
            if has_legend:
                y = area.top - BETWEEN / 4 - LINE * (len(panel.curves) - 1 - place)
                pieces.append(entry_of(curve, area.left, y))
    return whole("".join(pieces), size), areas


def line_of(curve: Curve, panel: Panel, area: Area, number: int) -> str:
    """The curve, its pen lifted at gaps."""
    x, y = area.across(panel.x, curve.points), area.up(panel.y, curve.values)
    y = np.clip(y, area.top - 2 * area.height, area.top + 3 * area.height)  # what is far outside is not seen
    starts = np.concatenate(([True], curve.cut))
    path = [
        f"{'M' if is_start else 'L'}{across:.1f} {up:.1f}"
        for across, up, is_start in zip(x.tolist(), y.tolist(), lifted(starts, np.isfinite(y)), strict=True)
        if np.isfinite(up)
    ]
    names = "curve derivative" if curve.is_derivative else "curve"
    return f'<path class="{names}" stroke="{stroke_of(curve)}" d="{"".join(path)}" clip-path="url(#clip-{number})"/>\n'


def lifted(starts: Flags, known: Flags) -> list[bool]:
    """Whether the pen comes down at each point: after a cut, and after what is not known."""
    before = np.concatenate(([False], known[:-1]))
    return [bool(flag) for flag in starts | ~before]


def stroke_of(curve: Curve) -> str:
    name = "derivative" if curve.is_derivative and curve.is_only else f"curve-{curve.number % COLORS}"
    return f"var(--{name})"


def entry_of(curve: Curve, x: float, y: float) -> str:
    names = "curve derivative" if curve.is_derivative else "curve"
    text = escape(brief(visible(curve.text), LONGEST_TEXT))
    sample = f'<path class="{names}" stroke="{stroke_of(curve)}" d="M{x:.1f} {y - 4:.1f}h32"/>'
    return f'{sample}<text x="{x + 40:.1f}" y="{y:.1f}">{text}</text>\n'


def drawn_field(
    source: str,
    sides: tuple[Axis, Axis],
    names: Sequence[str],
    levels: Sequence[str] | None,
    colors: Sequence[tuple[int, int, int]],
    way: Way | None,
    size: tuple[int, int],
) -> tuple[str, Area]:
    """The SVG of a field whose picture is `source`, with a scale of its levels; and where its axes lie."""
    width, height = size
    x, y = sides
    left = BETWEEN + LETTER * max((len(tick.text) for tick in y.ticks(height // PIXELS_A_TICK[1])), default=1)
    right = BETWEEN if levels is None else 2 * BETWEEN + KEY + LETTER * max(map(len, levels), default=0)
    area = Area(left, BETWEEN, width - left - right, height - 2 * BETWEEN - 2 * LINE)
    pieces = [
        f'<image href="{source}" x="{area.left:.1f}" y="{area.top:.1f}" width="{area.width:.1f}" '
        f'height="{area.height:.1f}" preserveAspectRatio="none"/>\n',
        axes(area, x, y, names[0], names[1], 0, has_numbers=True),
    ]
    if levels is not None:
        pieces.append(scale(area, levels, colors))
    if way is not None:
        across, up = area.across(x, way.x), area.up(y, way.y)
        known = np.isfinite(across) & np.isfinite(up)  # a log axis has no place for the others
        points = [f"{one:.1f} {other:.1f}" for one, other in zip(across[known], up[known], strict=True)]
        path = f'd="M{" ".join(points)}" clip-path="url(#clip-0)"'
        dots = (point.split(" ") for point in points)
        pieces += [f'<path class="way-edge" {path}/><path class="way" {path}/>\n']
        pieces += [
            f'<circle class="way-point" cx="{one}" cy="{other}" r="4" clip-path="url(#clip-0)"/>\n'
            for one, other in dots
        ]
    return whole("".join(pieces), size), area


def scale(area: Area, levels: Sequence[str], colors: Sequence[tuple[int, int, int]]) -> str:
    """The bands' colours from below, the levels beside them."""
    left, step = area.left + area.width + BETWEEN / 2, area.height / len(colors)
    pieces = []
    for number, color in enumerate(colors):
        y = area.top + area.height - step * (number + 1)
        pieces.append(f'<rect x="{left:.1f}" y="{y:.1f}" width="{KEY}" height="{step:.1f}" fill="rgb{tuple(color)}"/>')
        if number < len(levels):
            pieces.append(f'<text x="{left + KEY + 6:.1f}" y="{y + 4:.1f}">{levels[number]}</text>')
    return "".join([*pieces, "\n"])


def axes(area: Area, x: Axis, y: Axis, x_name: str, y_name: str, number: int, *, has_numbers: bool) -> str:
    """The frame, the grid, the numbers along it and the names of the variables."""
    left, top, width, height = area
    box = f'x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}"'
    pieces = [f'<clipPath id="clip-{number}"><rect {box}/></clipPath>']
    for tick in x.ticks(int(width / PIXELS_A_TICK[0])):
        place = float(area.across(x, tick.value))
        pieces.append(f'<path class="grid" d="M{place:.1f} {top:.1f}v{height:.1f}"/>')
        if has_numbers:
            pieces.append(f'<text class="tick" x="{place:.1f}" y="{top + height + LINE:.1f}">{tick.text}</text>')
    for tick in y.ticks(int(height / PIXELS_A_TICK[1])):
        place = float(area.up(y, tick.value))
        pieces.append(f'<path class="grid" d="M{left:.1f} {place:.1f}h{width:.1f}"/>')
        pieces.append(f'<text class="tick left" x="{left - 6:.1f}" y="{place + 4:.1f}">{tick.text}</text>')
    pieces.append(f'<rect class="frame" {box}/>')
    shown = escape(brief(visible(x_name), LONGEST_TEXT))
    pieces.append(f'<text class="tick" x="{left + width / 2:.1f}" y="{top + height + 2 * LINE:.1f}">{shown}</text>')
    shown = escape(brief(visible(y_name), LONGEST_TEXT))
    pieces.append(f'<text x="{left:.1f}" y="{top - 8:.1f}">{shown}</text>\n')
    return "".join(pieces)


def whole(content: str, size: tuple[int, int]) -> str:
    width, height = size
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-labelledby="title" '
        f'tabindex="0">\n<defs><marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" '
        f'markerHeight="7" orient="auto"><path d="M0 1L10 5L0 9z"/></marker></defs>\n{content}'
        f'<g class="pointer"></g>\n<rect class="catcher" width="{width}" height="{height}"/>\n</svg>'
    )
