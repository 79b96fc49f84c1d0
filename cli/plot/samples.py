"""The points of a curve, or of a field over two ranges: values and derivatives, computed in blocks. Draws nothing."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.shapes import entry_name, show
from backprop.cli.plot.axis import Axis, is_constant, value_axis, widened
from backprop.cli.plot.discontinuities import gaps_of
from backprop.cli.question.names import chosen_names
from backprop.cli.question.question import Question, on_one_line
from backprop.cli.question.ranges import Range
from backprop.cli.status import Failure

if TYPE_CHECKING:
    from backprop.autodiff.evaluation.batched_program import RowProgram
    from backprop.autodiff.graph import Graph

Points = np.ndarray[Any, np.dtype[Any]]

SAMPLES, SIDE = 1001, 101  # points of a curve, and along each side of a field
MOST_CURVES = 10
OUTPUT = "f"  # what the expression is called
MOST_POINTS = 4_000_000
APART = 6  # times as long as a curve's own axis may the common one be


class PlottedFunction:
    """One number that the expression gives, and its derivatives by `wrt`, at points of the ranged variables.

    `name` is what it is called, f where it is the only one, `title` the text of its expression.
    """

    def __init__(self, name: str, title: str, wrt: Sequence[str], names: Sequence[str], program: RowProgram) -> None:
        self.name, self.title, self.wrt = name, title, wrt
        self._names, self._program = names, program

    def __call__(self, *columns: Points) -> list[Points]:
        """The value and each derivative at the points."""
        return self._program.run(dict(zip(self._names, columns, strict=True)))

    @property
    def columns(self) -> list[str]:
        """The same in tables: `value` and `grad_x`, of several behind a number or an index `value_2`, `grad_x[0]`."""
        behind = self.name[len(OUTPUT) :]
        behind = f"_{behind}" if behind[:1].isdecimal() else behind
        return [f"{word}{behind}" for word in ("value", *(f"grad_{name}" for name in self.wrt))]

    @property
    def names(self) -> list[str]:
        """What the value and the derivatives are called."""
        return [self.name, *(f"d{self.name}/d{name}" for name in self.wrt)]


def functions_of(question: Question, wrt: Sequence[str]) -> list[PlottedFunction]:
    """The expressions, of arrays each entry, as functions of the ranged variables.

    Raises ExpressionError or Failure where they are not functions from numbers to numbers, or too many.
    """
    from backprop.autodiff.evaluation.batched_gradients import plan_gradients
    from backprop.autodiff.evaluation.batched_program import RowProgram

    chosen = wrt_names(question, wrt)
    names = [range_.name for range_ in question.ranges]
    shapes = {name: np.shape(value) for name, value in question.values.items()} | dict.fromkeys(names, ())
    several = bool(question.relations)
    if several and len(names) > 1:
        raise Failure("a contour shows one expression", "plot each on its own, or fix one of the two variables")
    found: list[PlottedFunction] = []
    for number, graph in enumerate((question.graph, *question.relations), start=1):
        typed = graph.typed(shapes)
        for name in (*names, *(name for name in chosen if name not in typed.names)):
            typed.input(name, shapes.get(name, ()))  # an expression that has not all of them is constant along those
        check_shapes(typed, chosen, question)
        own = f"{OUTPUT}{number}" if several else OUTPUT
        result = typed.result
        for index in np.ndindex(result.shape):
            typed.output = result.entry(index) if index else result
            program = RowProgram(plan_gradients(typed, chosen, names), question.values)
            found.append(
                PlottedFunction(entry_name(own, index), on_one_line(graph.source or ""), chosen, names, program)
            )
    if len(found) > MOST_CURVES:
        raise Failure(f"{len(found)} curves are too many for a picture", f"plot {MOST_CURVES} at most")
    return found


def check_shapes(typed: Graph, wrt: Sequence[str], question: Question) -> None:
    """Raise Failure for an array that a picture cannot show."""
    shape = typed.result.shape
    count = int(np.prod(shape))
    if shape and (len(question.ranges) > 1 or not 0 < count <= MOST_CURVES):
        shown = "a contour shows a number" if len(question.ranges) > 1 else f"a picture shows 1 to {MOST_CURVES} curves"
        raise Failure(
            f"the expression is an array of shape {show(shape)}, and {shown}",
            "plot one entry of it, as in (...)[0], or sum(...)",
        )
    shape = typed.named(wrt[0]).shape
    if shape:
        cure = f"choose the variable with the range: --wrt {question.ranges[0].name}"
        raise Failure(f"--wrt {wrt[0]}: a derivative of shape {show(shape)} is not a curve", cure)


def wrt_names(question: Question, wrt: Sequence[str]) -> list[str]:
    """What to differentiate by: a variable or what a statement computes for a curve, both ranges' for a field.

    Raises Failure.
    """
    ranged = [range_.name for range_ in question.ranges]
    graphs = (question.graph, *question.relations)
    inputs = dict.fromkeys(name for graph in graphs for name in graph.inputs)
    known = [name for name in inputs if name in ranged or name in question.values]
    chosen = chosen_names(wrt, known, {name: node for graph in graphs for name, node in graph.names.items()})
    if len(ranged) > 1:
        if chosen is not None and set(chosen) != set(ranged):
            raise Failure(
                f"--wrt {','.join(chosen)}: the arrows are the gradient by {ranged[0]} and {ranged[1]}",
                "omit --wrt, or fix one of the two for a curve",
            )
        return ranged
    if chosen is None:
        return ranged
    if len(chosen) > 1:
        raise Failure("--wrt: a curve has one derivative", f"choose one of them: --wrt {chosen[0]}")
    return chosen


class Curve(NamedTuple):
    """A line through points, which is cut where `cut` says so. Its values may go off to infinity at a pole.

    `number` is that of the function, which may be the only one; `text` is what the legend says of it.
    """

    number: int
    is_only: bool
    is_derivative: bool
    text: str
    points: Points
    values: Points
    cut: Points
    has_pole: bool


class Panel(NamedTuple):
    """Curves that share a pair of axes."""

    curves: tuple[Curve, ...]
    x: Axis
    y: Axis


class Samples(NamedTuple):
    """The points of a curve or a field, one after the other: the ranged variables', the value's, the derivatives'."""

    columns: list[Points]
    value: Points
    derivatives: list[Points]


def points_of(question: Question, count: int | None) -> list[Points]:
    """The points along each range, as many as asked for. Raises Failure for too many."""
    side = count or (SAMPLES if len(question.ranges) == 1 else SIDE)
    if side ** len(question.ranges) > MOST_POINTS:
        most = int(MOST_POINTS ** (1 / len(question.ranges)))
        raise Failure(f"--samples {side}: that is more than {MOST_POINTS} points", f"at most --samples {most}")
    return [range_.points(side) for range_ in question.ranges]


def grid_samples(function: PlottedFunction, *sides: Points) -> Samples:
    """The samples at every point of a grid, along the first side first."""
    grid = [np.ravel(coordinates) for coordinates in np.meshgrid(*sides)]
    value, *derivatives = function(*grid)
    return Samples(grid, value, derivatives)


def curves_of(functions: Sequence[PlottedFunction], points: Points, title: str, has_derivatives: bool) -> list[Curve]:
    """The curves, and each one's derivative behind it."""
    curves = []
    for number, function in enumerate(functions):
        names = function.names
        names[0] += f" = {title if len(functions) == 1 else function.title}" if "[" not in function.name else ""
        for order, name in enumerate(names[: None if has_derivatives else 1]):
            of_order = partial(result_of, function, order)
            values = of_order(points)
            gaps = gaps_of(of_order, points, values)
            curves.append(Curve(number, len(functions) == 1, order > 0, name, points, values, *gaps))
    return curves


def panels_of(curves: Sequence[Curve], range_: Range, *, is_log: bool, limits: Range | None) -> list[Panel]:
    """A curve and its derivative on common axes or, where they are of another size, each on its own; several curves
    on common axes, their derivatives on others. The vertical axis has the `limits` where there are some.

    Raises Failure where no value could be shown.
    """
    axes = [value_axis(curve.values, has_pole=curve.has_pole, is_log=is_log) for curve in curves]
    values = [axis for curve, axis in zip(curves, axes, strict=True) if not curve.is_derivative]
    if not any(values):
        raise without_values(range_, is_log)
    horizontal = axis_of(range_)
    shown = [(curve, axis) for curve, axis in zip(curves, axes, strict=True) if axis is not None]
    if limits is not None:
        return [Panel(tuple(curve for curve, _ in shown), horizontal, Axis(limits.start, limits.stop, is_log))]
    common = common_axis(shown)
    if common is not None:
        return [Panel(tuple(curve for curve, _ in shown), horizontal, common)]
    groups = [[one for one in shown if one[0].is_derivative is is_derivative] for is_derivative in (False, True)]
    return [
        Panel(tuple(curve for curve, _ in group), horizontal, common_axis(group) or union([axis for _, axis in group]))
        for group in groups
        if group
    ]


def result_of(function: PlottedFunction, order: int, points: Points) -> Points:
    """The value, or a derivative; that only where there is a value, though it be 0 where a branch is nan."""
    value, *derivatives = function(points)
    return np.where(np.isnan(value), np.nan, derivatives[order - 1]) if order else value


def remarks_on(functions: Sequence[PlottedFunction], curves: Sequence[Curve], *, is_log: bool) -> list[str]:
    """What the picture does not show of the curves' values."""
    remarks = []
    for curve in curves:
        name = functions[curve.number].names[curve.is_derivative]
        finite = curve.values[np.isfinite(curve.values)]
        hidden = int(np.count_nonzero(finite <= 0)) if is_log else 0
        if not len(finite):
            remarks.append(f"{name} is finite nowhere")
        elif hidden:
            where = "everywhere" if hidden == len(finite) else f"at {hidden} of {len(curve.values)} points"
            remarks.append(f"{name} is not positive {where}, and has no place on a log axis there")
    return remarks


def axis_of(range_: Range) -> Axis:
    return Axis(range_.start, range_.stop, range_.is_log)


def common_axis(shown: Sequence[tuple[Curve, Axis]]) -> Axis | None:
    """The axis that holds all curves, None where one that is not a constant would be flat on it."""
    varying = [axis for curve, axis in shown if not is_constant(curve.values)]
    joint = union([axis for _, axis in shown])
    if varying and not joint.is_log:  # a constant needs no room of its own, only a place
        levels = [float(curve.values[np.isfinite(curve.values)][0]) for curve, _ in shown if is_constant(curve.values)]
        joint = union([union(varying), *(Axis(level, level) for level in levels)])
        if joint != union(varying):
            joint = Axis(*widened(joint.low, joint.high))
    lengths = [float(joint.fraction(axis.high) - joint.fraction(axis.low)) for axis in varying]
    return joint if min(lengths, default=1.0) * APART >= 1 else None


def union(axes: Sequence[Axis]) -> Axis:
    return Axis(min(axis.low for axis in axes), max(axis.high for axis in axes), axes[0].is_log)


def without_values(range_: Range, is_log: bool) -> Failure:
    kind = "positive and finite" if is_log else "finite"
    where = f"nowhere between {range_.name} = {range_.start:g} and {range_.stop:g}"
    return Failure(f"the expression is {kind} {where}", "choose another range" + " or omit --log y" * is_log)
