"""The points of a curve, or of a field over two ranges: values and derivatives, computed in blocks. Draws nothing."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.shapes import show
from backprop.cli.plot.axis import Axis, is_constant, value_axis, widened
from backprop.cli.plot.discontinuities import gaps_of
from backprop.cli.question.names import chosen_names
from backprop.cli.question.question import Question
from backprop.cli.question.ranges import Range
from backprop.cli.status import Failure

Points = np.ndarray[Any, np.dtype[Any]]

SAMPLES, SIDE = 1001, 101  # points of a curve, and along each side of a field
MOST_POINTS = 4_000_000
APART = 6  # times as long as a curve's own axis may the common one be


class Sampler:
    """The expression and its derivatives by `wrt` as a function of the ranged variables.

    Raises ExpressionError or Failure where that is not a function from numbers to a number.
    """

    def __init__(self, question: Question, wrt: Sequence[str]) -> None:
        from backprop.autodiff.evaluation.batched_gradients import plan_gradients
        from backprop.autodiff.evaluation.batched_program import RowProgram

        self.wrt = wrt_names(question, wrt)
        typed = question.graph.typed(
            {name: np.shape(value) for name, value in question.values.items()}
            | {range_.name: () for range_ in question.ranges}
        )
        if typed.result.shape:
            raise Failure(
                f"the expression is an array of shape {show(typed.result.shape)}, and a picture shows a number",
                "plot one entry of it, as in (...)[0], or sum(...)",
            )
        shape = typed.named(self.wrt[0]).shape
        if shape:
            cure = f"choose the variable with the range: --wrt {question.ranges[0].name}"
            raise Failure(f"--wrt {self.wrt[0]}: a derivative of shape {show(shape)} is not a curve", cure)
        self.names = [range_.name for range_ in question.ranges]
        self._program = RowProgram(plan_gradients(typed, self.wrt, self.names), question.values)

    def __call__(self, *columns: Points) -> list[Points]:
        """The value and each derivative at the points."""
        return self._program.run(dict(zip(self.names, columns, strict=True)))


def wrt_names(question: Question, wrt: Sequence[str]) -> list[str]:
    """What to differentiate by: a variable or what a statement computes for a curve, both ranges' for a field.

    Raises Failure.
    """
    ranged = [range_.name for range_ in question.ranges]
    known = [name for name in question.graph.inputs if name in ranged or name in question.values]
    chosen = chosen_names(wrt, known, question.graph.names)
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
    """A line through points, which is cut where `cut` says so. Its values may go off to infinity at a pole."""

    name: str
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


def samples_of(question: Question, sampler: Sampler, count: int | None) -> Samples:
    """As many points as asked for, along each range. Raises Failure for too many."""
    side = count or (SAMPLES if len(question.ranges) == 1 else SIDE)
    if side ** len(question.ranges) > MOST_POINTS:
        most = int(MOST_POINTS ** (1 / len(question.ranges)))
        raise Failure(f"--samples {side}: that is more than {MOST_POINTS} points", f"at most --samples {most}")
    return grid_samples(sampler, *(range_.points(side) for range_ in question.ranges))


def grid_samples(sampler: Sampler, *sides: Points) -> Samples:
    """The samples at every point of a grid, along the first side first."""
    grid = [np.ravel(coordinates) for coordinates in np.meshgrid(*sides)]
    value, *derivatives = sampler(*grid)
    return Samples(grid, value, derivatives)


def panels_of(question: Question, sampler: Sampler, samples: Samples, *, is_log: bool) -> list[Panel]:
    """The curve and its derivative, on common axes or, where they are of another size, each on its own.

    Raises Failure where the expression has no value that could be shown.
    """
    (points,), range_ = samples.columns, question.ranges[0]
    curves = []
    for order, name in enumerate(names_of(sampler)):
        function = partial(result_of, sampler, order)
        values = function(points)
        curves.append(Curve(name, points, values, *gaps_of(function, points, values)))
    axes = [value_axis(curve.values, has_pole=curve.has_pole, is_log=is_log) for curve in curves]
    if axes[0] is None:
        raise without_values(range_, is_log)
    horizontal = axis_of(range_)
    shown = [(curve, axis) for curve, axis in zip(curves, axes, strict=True) if axis is not None]
    common = common_axis(shown)
    if common is None:
        return [Panel((curve,), horizontal, axis) for curve, axis in shown]
    return [Panel(tuple(curve for curve, _ in shown), horizontal, common)]


def result_of(sampler: Sampler, order: int, points: Points) -> Points:
    """The value, or a derivative; that only where there is a value, though it be 0 where a branch is nan."""
    value, *derivatives = sampler(points)
    return np.where(np.isnan(value), np.nan, derivatives[order - 1]) if order else value


def remarks_on(sampler: Sampler, samples: Samples, *, is_log: bool) -> list[str]:
    """What the picture of a curve does not show of its values."""
    remarks = []
    for name, values in zip(names_of(sampler), [samples.value, *samples.derivatives], strict=True):
        finite = values[np.isfinite(values)]
        hidden = int(np.count_nonzero(finite <= 0)) if is_log else 0
        if not len(finite):
            remarks.append(f"{name} is finite nowhere")
        elif hidden:
            where = "everywhere" if hidden == len(finite) else f"at {hidden} of {len(values)} points"
            remarks.append(f"{name} is not positive {where}, and has no place on a log axis there")
    return remarks


def names_of(sampler: Sampler) -> list[str]:
    return ["f", *(f"df/d{name}" for name in sampler.wrt)]


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
