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
from backprop.cli.plot.axis import Axis
from backprop.cli.plot.samples import Curve, Panel, Samples, axis_of
from backprop.cli.plot.terminal_contour import direction, robust_limits, without_values
from backprop.cli.question.question import Question
from backprop.cli.status import Failure
from backprop.parser.visible import brief, visible

if TYPE_CHECKING:
    from backprop.cli.plot.plotting import Plotting

INCHES = (7.0, 4.8)
DOTS_AN_INCH = 150
VALUE, DERIVATIVE = "#1a7f37", "#c62828"  # green and red, as in the circuit
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
        raise Failure(reason, "install it: pip install 'backprop-cli[plot]'; or use text, csv, tsv or json") from None
    return matplotlib


def write(plotting: Plotting, stream: Any, look: Look) -> None:
    """Write the picture of a curve and its derivative, or of a field. Raises Failure where a field has no value."""
    question = plotting.question
    if len(question.ranges) == 1:
        panels = plotting.panels()
        content = saved(lambda figure: draw_curves(figure, panels, question), look.format)
    else:
        samples, coarse = plotting.samples(plotting.count), plotting.samples(ARROWS)
        limits = robust_limits(samples.value)
        if limits is None:
            raise without_values(question)
        content = saved(lambda figure: draw_contour(figure, question, samples, coarse, limits), look.format)
    getattr(stream, "buffer", stream).write(content)  # an svg is text, but comes as bytes


def saved(draw: Any, format: str) -> bytes:
    matplotlib = library(format)
    content = io.BytesIO()
    with matplotlib.rc_context(SETTINGS), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of characters that the font lacks
        figure = matplotlib.figure.Figure(figsize=INCHES, layout="constrained")
        draw(figure)
        metadata = {} if format == "png" else {"Date": None} if format == "svg" else {"CreationDate": None}
        figure.savefig(content, format=format, dpi=DOTS_AN_INCH, metadata=metadata)
    return content.getvalue()


def draw_curves(figure: Any, panels: Sequence[Panel], question: Question) -> None:
    all_axes = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    for axes, panel in zip(all_axes, panels, strict=True):
        for curve, line in zip(panel.curves, ("-", "--"), strict=False):
            axes.plot(*with_gaps(curve), color=color_of(curve), linestyle=line, label=curve.name)
        set_axis(axes, "x", panel.x)
        set_axis(axes, "y", panel.y)
        axes.grid(True, alpha=0.3)
        axes.legend(loc="best")
    all_axes[-1].set_xlabel(visible(question.ranges[0].name), parse_math=False)
    set_title(all_axes[0], question)


def color_of(curve: Curve) -> str:
    return VALUE if curve.name == "f" else DERIVATIVE


def with_gaps(curve: Curve) -> tuple[Array, Array]:
    """The points with a nan in each gap, where matplotlib lifts its pen."""
    gaps = np.flatnonzero(curve.cut) + 1
    values = np.where(np.isfinite(curve.values), curve.values, np.nan)
    return np.insert(curve.points, gaps, np.nan), np.insert(values, gaps, np.nan)


def set_axis(axes: Any, direction: str, axis: Axis) -> None:
    if axis.is_log:
        getattr(axes, f"set_{direction}scale")("log", nonpositive="mask")
    getattr(axes, f"set_{direction}lim")(axis.low, axis.high)


def set_title(axes: Any, question: Question) -> None:
    plain = brief(visible(question.title), LONGEST_TITLE).replace(
        "$", r"\$"
    )  # no formula to matplotlib: where it wraps lines, `parse_math` is not looked at
    axes.set_title(f"f = {plain}", fontsize="medium", wrap=True)


def draw_contour(
    figure: Any, question: Question, samples: Samples, coarse: Samples, limits: tuple[float, float]
) -> None:
    horizontal, vertical = question.ranges
    axes = figure.subplots()
    x, y = (np.unique(column) for column in samples.columns)
    value = np.ma.masked_invalid(samples.value).reshape(len(y), len(x))
    low, high = limits
    room = 0.0 if high - low > 1e-12 * max(abs(low), abs(high)) else abs(low) / 2 or 1.0
    from matplotlib.ticker import MaxNLocator

    levels = MaxNLocator(LEVELS).tick_values(low - room, high + room)
    filled = axes.contourf(x, y, value, levels=levels, cmap="viridis", extend="both")
    figure.colorbar(filled, ax=axes)
    for letter, range_ in (("x", horizontal), ("y", vertical)):
        set_axis(axes, letter, axis_of(range_))
        getattr(axes, f"set_{letter}label")(visible(range_.name), parse_math=False)
    set_title(axes, question)
    figure.draw_without_rendering()  # the axes have their size now, and the arrows their direction on it
    size = axes.get_window_extent()
    turn = direction(axis_of(horizontal), axis_of(vertical), coarse, (size.width, size.height))
    angle = np.where(np.isfinite(turn), turn, np.nan) * (np.pi / 4)
    x, y = coarse.columns
    axes.quiver(x, y, np.cos(angle), np.sin(angle), color="white", edgecolor="black", linewidth=0.4, pivot="mid")
