"""Curves and contours as svg, png and pdf, by matplotlib. No display, no window, no file: it gives the bytes."""

from __future__ import annotations

import io
import logging
import os
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from backprop.autodiff.shapes import Array
from backprop.cli.output.output import Look
from backprop.cli.output.themes import THEMES, Theme
from backprop.cli.plot.appearance import pixels_of
from backprop.cli.plot.axis import Axis
from backprop.cli.plot.samples import Curve, Panel, Samples, axis_of
from backprop.cli.plot.terminal_contour import direction, robust_limits, without_values
from backprop.cli.plot.way import Way
from backprop.cli.status import Failure
from backprop.parser.visible import brief, visible

if TYPE_CHECKING:
    from backprop.cli.plot.plotting import Plotting

INCHES = (7.0, 4.8)
DOTS_AN_INCH = 150
WAY = "#ff2d2d"  # of a path: with a white edge it is seen on every colour of a contour
LEVELS, ARROWS = 14, 21  # of a contour: levels at most, arrows along each side
LONGEST_TITLE = 90
SETTINGS = {"text.usetex": False, "svg.hashsalt": "backprop", "svg.fonttype": "path", "axes.formatter.useoffset": False}


def library(format: str) -> Any:
    """matplotlib. Raises Failure where it is not installed, or does not work."""
    os.environ["MPLBACKEND"] = "agg"  # a window is never wanted, and an unknown name there would stop the import
    logging.getLogger("matplotlib").setLevel(logging.CRITICAL)  # of a home that cannot be written to
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import matplotlib
            import matplotlib.figure
    except ImportError as error:
        reason = f"{format} needs matplotlib, which is not installed"
        if getattr(error, "name", None) != "matplotlib":
            reason = f"{format} needs matplotlib, which does not work: {error}"
        raise Failure(reason, "install it: pip install matplotlib; or use text, csv, tsv or json") from None
    return matplotlib


def write(plotting: Plotting, stream: Any, look: Look) -> None:
    """Write the picture of a curve and its derivative, or of a field. Raises Failure where a field has no value."""
    size = plotting.appearance.size
    inches = INCHES
    if size is not None:
        width, height = pixels_of(size)
        inches = width / DOTS_AN_INCH, height / DOTS_AN_INCH
    theme = plotting.appearance.theme
    if not plotting.is_contour:
        panels = plotting.panels()
        content = saved(lambda figure: draw_curves(figure, panels, plotting), look.format, theme, inches)
    else:
        samples, coarse = plotting.samples(plotting.count), plotting.samples(ARROWS)
        limits = robust_limits(samples.value, plotting.is_log)
        if limits is None:
            raise without_values(plotting)
        content = saved(
            lambda figure: draw_contour(figure, plotting, samples, coarse, limits), look.format, theme, inches
        )
    getattr(stream, "buffer", stream).write(content)  # an svg is text, but comes as bytes


def settings_of(theme: Theme) -> dict[str, Any]:
    """What the theme is in matplotlib's words."""
    inks = ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color")
    ground = theme.ground or "none"
    grounds = ("figure.facecolor", "axes.facecolor", "savefig.facecolor", "legend.facecolor")
    return SETTINGS | dict.fromkeys(inks, theme.ink) | dict.fromkeys(grounds, ground) | {"grid.color": theme.faint}


def saved(draw: Any, format: str, theme: Theme = THEMES["light"], inches: tuple[float, float] = INCHES) -> bytes:
    matplotlib = library(format)
    content = io.BytesIO()
    with matplotlib.rc_context(settings_of(theme)), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of characters that the font lacks
        figure = matplotlib.figure.Figure(figsize=inches, layout="constrained")
        draw(figure)
        metadata = {} if format == "png" else {"Date": None} if format == "svg" else {"CreationDate": None}
        figure.savefig(content, format=format, dpi=DOTS_AN_INCH, metadata=metadata)
    return content.getvalue()


def draw_curves(figure: Any, panels: Sequence[Panel], plotting: Plotting) -> None:
    appearance = plotting.appearance
    all_axes = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    for axes, panel in zip(all_axes, panels, strict=True):
        for curve in panel.curves:
            line = "--" if curve.is_derivative else "-"
            text = brief(visible(curve.text), LONGEST_TITLE)
            axes.plot(*with_gaps(curve), color=color_of(curve, appearance.theme), linestyle=line, label=plain(text))
        set_axis(axes, "x", panel.x)
        set_axis(axes, "y", panel.y)
        axes.grid(True, alpha=0.3)
        if appearance.legend is not None:
            axes.legend(loc="best")
    all_axes[-1].set_xlabel(visible(plotting.question.ranges[0].name), parse_math=False)
    if plotting.heading is not None:
        set_title(all_axes[0], plotting.heading)


def color_of(curve: Curve, theme: Theme) -> str:
    """Green and red as in the circuit; of several functions each has a colour, which its derivative shares."""
    if curve.is_derivative and curve.is_only:
        return theme.derivative
    return theme.curves[curve.number % len(theme.curves)]


def with_gaps(curve: Curve) -> tuple[Array, Array]:
    """The points with a nan in each gap, where matplotlib lifts its pen."""
    gaps = np.flatnonzero(curve.cut) + 1
    values = np.where(np.isfinite(curve.values), curve.values, np.nan)
    return np.insert(curve.points, gaps, np.nan), np.insert(values, gaps, np.nan)


def set_axis(axes: Any, direction: str, axis: Axis) -> None:
    if axis.is_log:
        getattr(axes, f"set_{direction}scale")("log", nonpositive="mask")
    getattr(axes, f"set_{direction}lim")(axis.low, axis.high)


def set_title(axes: Any, title: str) -> None:
    axes.set_title(plain(brief(visible(title), LONGEST_TITLE)), fontsize="medium", wrap=True)


def plain(text: str) -> str:
    """The text as no formula to matplotlib: where it wraps lines, `parse_math` is not looked at."""
    return text.replace("$", r"\$")


def draw_contour(
    figure: Any, plotting: Plotting, samples: Samples, coarse: Samples, limits: tuple[float, float]
) -> None:
    question = plotting.question
    horizontal, vertical = question.ranges
    axes = figure.subplots()
    x, y = (np.unique(column) for column in samples.columns)
    value = np.ma.masked_invalid(samples.value).reshape(len(y), len(x))
    low, high = limits
    room = 0.0 if high - low > 1e-12 * max(abs(low), abs(high)) else abs(low) / 2 or 1.0
    from matplotlib.colors import LogNorm
    from matplotlib.ticker import LogLocator, MaxNLocator

    levels: Any
    if plotting.is_log:
        value = np.ma.masked_less_equal(value, 0.0)
        levels = np.geomspace(low, high, LEVELS + 1) if low < high else np.array([low / 2, low * 2])
        filled = axes.contourf(x, y, value, levels=levels, cmap="viridis", extend="both", norm=LogNorm())
    else:
        levels = MaxNLocator(LEVELS).tick_values(low - room, high + room)
        filled = axes.contourf(x, y, value, levels=levels, cmap="viridis", extend="both")
    if plotting.appearance.legend is not None:
        figure.colorbar(filled, ax=axes, ticks=LogLocator() if plotting.is_log else None)
    for letter, range_ in (("x", horizontal), ("y", vertical)):
        set_axis(axes, letter, axis_of(range_))
        getattr(axes, f"set_{letter}label")(visible(range_.name), parse_math=False)
    set_title(axes, plotting.appearance.title or f"f = {question.title}")
    figure.draw_without_rendering()  # the axes have their size now, and the arrows their direction on it
    size = axes.get_window_extent()
    turn = direction(axis_of(horizontal), axis_of(vertical), coarse, (size.width, size.height))
    angle = np.where(np.isfinite(turn), turn, np.nan) * (np.pi / 4)
    x, y = coarse.columns
    axes.quiver(x, y, np.cos(angle), np.sin(angle), color="white", edgecolor="black", linewidth=0.4, pivot="mid")
    if plotting.way is not None:
        draw_way(axes, plotting.way)


def draw_way(axes: Any, way: Way) -> None:
    """A dot for each point, a line between them, a ring around the last."""
    from matplotlib.patheffects import withStroke

    edge = [withStroke(linewidth=3, foreground="white")]
    axes.plot(way.x, way.y, color=WAY, linewidth=1.4, marker="o", markersize=3, path_effects=edge)
    axes.plot(way.x[-1:], way.y[-1:], color=WAY, marker="o", markersize=10, fillstyle="none", path_effects=edge)
