"""The ranges of variables: `--x -5:5`, and the axes that are logarithmic."""

from __future__ import annotations

import math
from collections.abc import Sequence

from backprop.autodiff.graph import Graph
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.shapes import show
from backprop.cli.question.argv import EXAMPLES, Arguments, GivenValue
from backprop.cli.question.names import listed, written_as
from backprop.cli.question.values import read_value
from backprop.cli.status import Failure

MOST_RANGES = 2
LARGEST = 1e300  # a bound; beyond it the length of a range is not a double
NARROWEST = 1e-12  # of a range, for its largest bound: there have to be doubles between its points
LEAST_WIDTH = 1e-290  # of a range: below it, doubles lose their digits


class Range(NamedTuple):
    """`--x -5:5`."""

    name: str
    start: float
    stop: float
    is_log: bool = False

    def points(self, count: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """So many points from start to stop, both among them; on a log axis at equal ratios."""
        if self.is_log:
            points = np.geomspace(self.start, self.stop, count)
        else:
            steps = np.arange(count)
            # One rounding a point, so that -5:5 has -4.98 in it and not -4.9799999999999995.
            points = (self.start * (count - 1 - steps) + self.stop * steps) / (count - 1)
        points[0], points[-1] = self.start, self.stop
        return points


def is_range(text: str) -> bool:
    """Whether a value has a colon that is not within brackets, as the one of `[1, 2, 3][1:]` is."""
    return not text.startswith("@") and len(parts_of(text)) > 1


def parts_of(text: str) -> list[str]:
    """The text cut at its colons outside of brackets."""
    parts, depth = [""], 0
    for character in text:
        depth += (character in "([") - (character in ")]")
        if character == ":" and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def read_range(binding: GivenValue) -> Range:
    """The range in `--x -5:5`. Raises ExpressionError or Failure."""
    name, text = binding.name, binding.text or ""
    parts = [part.strip() for part in parts_of(text)]
    written = f"{binding.written}{'' if binding.written.endswith('=') else ' '}"
    if len(parts) != 2:
        raise Failure(
            f"{name}: {text} is not a range", f"write START:STOP: {written}-5:5 (--samples N says how many points)"
        )
    if not all(parts):
        raise Failure(f"{name}: the range {text} is empty on one side", f"write START:STOP: {written}-5:5")
    start, stop = (read_bound(name, text, part) for part in parts)
    if start == stop:
        raise Failure(f"{name}: the range {text} is empty, its bounds are equal", f"write START:STOP: {written}-5:5")
    if start > stop:
        raise Failure(
            f"{name}: the range {text} is reversed", f"write the smaller bound first: {written}{parts[1]}:{parts[0]}"
        )
    if stop - start < max(NARROWEST * max(abs(start), abs(stop)), LEAST_WIDTH):
        raise Failure(f"{name}: the range {text} is too narrow: there are too few doubles in it", "make it wider")
    return Range(name, start, stop)


def read_bound(name: str, text: str, part: str) -> float:
    value = read_value(name, part)
    if np.ndim(value):
        raise Failure(
            f"{name}: a bound of {text} is an array of shape {show(np.shape(value))}", "a range is of numbers"
        )
    bound = float(value)
    if not math.isfinite(bound):
        raise Failure(f"{name}: a bound of {text} is {bound:g}", "give finite bounds")
    if abs(bound) > LARGEST:
        raise Failure(f"{name}: a bound of {text} is beyond {LARGEST:g}", "give smaller bounds")
    return bound


def in_order(ranges: Sequence[Range]) -> tuple[Range, ...]:
    """The horizontal one first: the first given, but x and y go where they always go."""
    if [range_.name for range_ in ranges] == ["y", "x"]:
        return tuple(reversed(ranges))
    return tuple(ranges)


def with_log(ranges: tuple[Range, ...], log: str | None) -> tuple[Range, ...]:
    """The ranges, those along log axes marked. Raises Failure for one with zero or negative numbers in it."""
    axes = log_axes(log, ranges)
    marked = []
    for axis, range_ in zip("xy", ranges, strict=False):
        if axis in axes and range_.start <= 0:
            raise Failure(
                f"--log {axis}: the range of {range_.name} begins at {range_.start:g}",
                f"a log axis has positive numbers only: --{range_.name} 0.01:{max(range_.stop, 1):g}",
            )
        marked.append(range_._replace(is_log=axis in axes))
    return tuple(marked)


def log_axes(log: str | None, ranges: Sequence[Range]) -> set[str]:
    """What `--log x,y` names: x is the horizontal axis, y the vertical one, another name a variable's own.

    f is the value: the levels of a contour, and the vertical axis of a curve.

    Raises Failure.
    """
    if log is None:
        return set()
    value = {"f": "y" if len(ranges) < MOST_RANGES else "f"}
    by_name = value | {range_.name: axis for axis, range_ in zip("xy", ranges, strict=False)}
    axes = set()
    for word in log.split(","):
        axis = word.strip() if word.strip() in ("x", "y") else by_name.get(word.strip())
        if axis is None:
            raise Failure(
                f"--log {log}: {word.strip()!r} is not an axis", "write --log x, --log y, --log f or --log x,y"
            )
        axes.add(axis)
    return axes


def check_ranges(
    graph: Graph, ranged: Sequence[GivenValue], bindings: Sequence[GivenValue], arguments: Arguments
) -> None:
    """Raise Failure for no range, or more than a picture has directions."""
    if len(ranged) > MOST_RANGES:
        names = listed([binding.name for binding in ranged])
        raise Failure(f"{names} have ranges", "a picture has two directions: fix the others, as in --z 1")
    if ranged:
        return
    if not graph.inputs:
        raise Failure("the expression has no variable to plot it over", f"for example: {EXAMPLES['plot']}")
    valued = [binding.name for binding in bindings]
    name = next((name for name in graph.variables if name not in valued), None) or (valued or list(graph.inputs))[0]
    written = written_as(name, arguments)
    range_text = f"{written}{'' if written.endswith('=') else ' '}-5:5"
    raise Failure("no variable has a range", f"give one a START:STOP: {range_text}")
