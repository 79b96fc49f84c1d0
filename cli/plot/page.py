"""A plot as a page that needs no network: the point and its tangent, or a contour's gradient, follow the pointer."""

from __future__ import annotations

import json
from base64 import b64encode
from html import escape
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np

from backprop.cli.output.output import Look
from backprop.cli.output.themes import THEMES, Theme
from backprop.cli.output.web_page import assembled, resource
from backprop.cli.plot.appearance import pixels_of
from backprop.cli.plot.axis import Axis
from backprop.cli.plot.drawing import Area, drawn_curves, drawn_field
from backprop.cli.plot.samples import functions_of, points_of, result_of
from backprop.cli.plot.terminal_contour import robust_limits, without_values
from backprop.cli.status import Failure
from backprop.parser.visible import visible

if TYPE_CHECKING:
    from backprop.cli.plot.plotting import Plotting

SIZE = (960, 540)
MOST_SAMPLES = 100_000  # of a page: each is some 30 bytes of it
DIGITS = 7  # of a number on a page
LEVELS = 14
HINT = "Move the pointer over the picture; the arrow keys move it, too, with Shift in steps of ten."


def write(plotting: Plotting, stream: TextIO, look: Look) -> None:
    """Write the page. Raises Failure where there is nothing to show, or too much."""
    size = pixels_of(plotting.appearance.size or SIZE)
    sides = points_of(plotting.question, plotting.count)
    total = int(np.prod([len(side) for side in sides])) * len(plotting.functions)
    if total > MOST_SAMPLES:
        raise Failure(f"a page of {total} samples is too large", f"at most {MOST_SAMPLES}: choose a smaller --samples")
    drawing, data = (field_parts if plotting.is_contour else curve_parts)(plotting, size)
    title = plotting.appearance.title or f"f = {plotting.question.title}"
    if plotting.question.relations and not plotting.appearance.title:
        title = ", ".join(function.title for function in plotting.functions)
    parts = {
        "title": escape(visible(title)),
        "hint": HINT,
        "drawing": drawing,
        "data": json.dumps(data, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c"),
    }
    package = "backprop.cli.plot"
    style = colors(plotting.appearance.theme_name) + resource(package, "plot.css")
    stream.write(assembled(resource(package, "template.html"), parts, style, resource(package, "plot.js")))


def colors(theme: str | None) -> str:
    """The theme's colours as variables of the style; those of both, for the reader to choose, where none is named."""
    if theme is not None:
        return variables(THEMES[theme])
    return f"{variables(THEMES['light'])}@media (prefers-color-scheme: dark) {{ {variables(THEMES['dark'])}}}\n"


def variables(theme: Theme) -> str:
    named = {
        "ground": theme.ground or "transparent",
        "ink": theme.ink,
        "faint": theme.faint,
        "derivative": theme.derivative,
        **{f"curve-{number}": color for number, color in enumerate(theme.curves)},
    }
    return f":root {{ {' '.join(f'--{name}: {color};' for name, color in named.items())} }}\n"


def curve_parts(plotting: Plotting, size: tuple[int, int]) -> tuple[str, dict[str, Any]]:
    """The picture of the curves, and what the script must know of them: samples, and each curve's slope there."""
    panels = plotting.panels()
    (points,) = points_of(plotting.question, plotting.count)
    name = plotting.question.ranges[0].name
    along = functions_of(plotting.question, [name])  # tangents are along the picture, whatever --wrt says
    slopes = [numbers(result_of(function, 1, points)) for function in along]
    drawing, areas = drawn_curves(panels, name, plotting.appearance.legend is not None, size)
    is_shown = plotting.has_derivatives and plotting.functions[0].wrt == [name]
    described = []
    for place, (panel, area) in enumerate(zip(panels, areas, strict=True)):
        curves = []
        for curve in panel.curves:
            function = along[curve.number]
            label = curve.text.partition(" = ")[0]
            entry: dict[str, Any] = {"label": visible(label), "values": numbers(curve.values)}
            if not curve.is_derivative:
                entry["slopes"] = slopes[curve.number]
                entry["tells"] = None if is_shown else function.names[1]
            curves.append(entry)
        described.append({**area_data(area, panel.x, panel.y), "number": place, "curves": curves})
    return drawing, {"name": name, "x": numbers(points), "panels": described}


def field_parts(plotting: Plotting, size: tuple[int, int]) -> tuple[str, dict[str, Any]]:
    """The picture of a field, and the values and the gradient on its grid."""
    from backprop.cli.plot.image import band_colors, banded
    from backprop.cli.plot.samples import axis_of

    horizontal, vertical = plotting.question.ranges
    x, y = points_of(plotting.question, plotting.count)
    samples = plotting.samples(plotting.count)
    limits = robust_limits(samples.value, plotting.is_log)
    if limits is None:
        raise without_values(plotting)
    value = samples.value.reshape(len(y), len(x))
    if plotting.is_log:
        value = np.where(value > 0, value, np.nan)
    levels = [tick for tick in Axis(*limits, plotting.is_log).ticks(LEVELS)] if limits[0] < limits[1] else []
    image = banded(value, np.array([tick.value for tick in levels]))
    source = f"data:image/png;base64,{b64encode(image).decode()}"
    names = [range_.name for range_ in (horizontal, vertical)]
    axes = axis_of(horizontal), axis_of(vertical)
    texts = [tick.text for tick in levels] if plotting.appearance.legend is not None else None
    drawing, area = drawn_field(source, axes, names, texts, band_colors(len(levels) + 1), plotting.way, size)
    return drawing, {
        "names": names,
        "x": numbers(x),
        "y": numbers(y),
        "values": numbers(samples.value),
        "gradients": [numbers(derivative) for derivative in samples.derivatives],
        "panels": [{**area_data(area, *axes), "number": 0}],
    }


def area_data(area: Area, x: Axis, y: Axis) -> dict[str, Any]:
    return {
        **area._asdict(),
        **{side: {"low": axis.low, "high": axis.high, "isLog": axis.is_log} for side, axis in (("x", x), ("y", y))},
    }


def numbers(values: Any) -> list[float | None]:
    """The numbers with as many digits as a picture needs, null for those that are not finite."""
    return [float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None for value in values.tolist()]
