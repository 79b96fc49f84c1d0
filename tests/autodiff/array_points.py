"""The arrays that every gate is tried on: its samples, their entries broadcast, and more shapes of the array gates."""

from __future__ import annotations

from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np

from backprop.autodiff.declaration.gate import Gate, Sample
from backprop.autodiff.gates import FUNCTIONS, GATES, OPERATORS
from backprop.autodiff.shapes import Slice

from ..cases import covering
from .building import single, value_of
from .checks import arrays

EVERY = Slice(None, None, None)
VECTOR = np.array([0.5, -2.0, 1.5])
MATRIX = np.array([[0.5, -2.0, 1.5], [3.0, 0.25, -1.0]])
CUBE = np.array([[[0.5, -2.0], [1.5, 3.0]], [[0.25, -1.0], [2.5, 0.75]], [[-0.5, 1.25], [4.0, -3.5]]])
SQUARE = np.array([[2.0, 1.0, -0.5], [0.25, 3.0, 1.5], [-1.0, 0.5, 1.75]])
LARGER = SQUARE[np.ix_([0, 1, 2, 0], [0, 1, 2, 1])] + np.diag([3.0, 1.0, 2.0, 4.0])

BROADCASTS = (
    ((3,), (2, 3)),
    ((2, 1), (1, 3)),
    ((), (3,)),
    ((2, 3), ()),
    ((2, 3), (2, 3)),
    ((1,), ()),
    ((3, 1, 2), (2, 1)),
)


class Point(NamedTuple):
    gate: Gate
    operands: tuple[Any, ...]
    attributes: dict[str, Any]

    @property
    def id(self) -> str:
        shapes = ",".join("x".join(map(str, np.shape(one))) or "scalar" for one in self.operands)
        settings = ",".join(str(one).replace("Slice", "") for one in self.attributes.values())
        return f"{self.gate.name}({shapes})" + (f"[{settings}]" if settings else "")


def spread(value: float, shape: tuple[int, ...], moved: int) -> Any:
    """An array of distinct numbers a little nearer to 0 than `value`, the same kind of point for its gate."""
    if not shape:
        return value
    places = np.arange(np.prod(shape, dtype=int), dtype=float).reshape(shape)
    return value * (1 - 0.004 * places - 0.001 * moved)


def is_moderate(operands: tuple[Any, ...]) -> bool:
    """Whether a step of 0.1 suits the operands."""
    return all(
        bool(np.all((one == 0) | ((np.abs(one) >= 0.05) & (np.abs(one) <= 50)))) for one in map(np.asarray, operands)
    )


def broadcast_points() -> list[Point]:
    """Each entrywise gate at its moderate samples, in shapes that match and shapes that broadcast."""
    points = []
    for gate in GATES:
        samples = [one for one in gate.samples if gate.has_local and is_moderate(one.operands)]
        shapes = BROADCASTS if len(gate.operands) > 1 else (((2, 3), ()), ((1,), ()))
        points += [broadcast(gate, *pair) for pair in covering(samples, shapes, partial(is_inside, gate))]
    return points


def broadcast(gate: Gate, sample: Sample, shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> Point:
    """A sample whose first operand has one of the shapes, and whose others have the other."""
    first, rest = shapes
    each_shape = [first, *[rest] * (len(sample.operands) - 1)]
    operands = map(spread, sample.operands, each_shape, range(len(sample.operands)))
    return Point(gate, tuple(operands), dict(sample.attributes))


def is_inside(gate: Gate, sample: Sample, shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> bool:
    """Whether the entries are still in the gate's domain: those near its edge may have left it."""
    point = broadcast(gate, sample, shapes)
    return bool(np.all(np.isfinite(value_of(single(gate, len(point.operands), point.attributes), point.operands))))


@cache
def sample_points() -> list[Point]:
    """Every sample as it is declared."""
    return [
        Point(gate, arrays(sample.operands), dict(sample.attributes))
        for gate in GATES
        for sample in gate.samples
        if gate.operands
    ]


REDUCTIONS = ("sum", "prod", "mean", "var", "std", "min", "max", "norm", "logsumexp")
OF_ONE_ARRAY = {name: next(gate for gate in FUNCTIONS[name] if gate.name == name) for name in REDUCTIONS}


def more_points() -> list[Point]:
    """Ranks, axes and settings of the array gates that their samples leave out."""
    points = []
    for gate in OF_ONE_ARRAY.values():
        points += [Point(gate, (one,), {"axis": None}) for one in (1.5, np.array([0.7]), CUBE)]
        points += [Point(gate, (CUBE,), {"axis": axis}) for axis in (0, 1, -1, (0, 2), (-1, 0), ())]
    for name in ("softmax", "log_softmax"):
        points += [Point(FUNCTIONS[name][0], (CUBE,), {"axis": axis}) for axis in (0, 1, -1, (0, 2))]
        points += [Point(FUNCTIONS[name][0], (one,), {"axis": -1}) for one in (0.7, np.array([0.7]))]
        points.append(Point(FUNCTIONS[name][0], (np.array([[40.0, 0.0, 1.0], [2.0, 2.0, -38.0]]),), {"axis": -1}))
    cumsum = FUNCTIONS["cumsum"][0]
    points += [Point(cumsum, (CUBE,), {"axis": axis}) for axis in (None, 0, 1, -1)]
    points += [Point(cumsum, (one,), {"axis": None}) for one in (0.7, np.array([0.7]))]
    for name in ("sort", "ranks"):
        points += [Point(FUNCTIONS[name][0], (CUBE,), {"axis": axis}) for axis in (0, 1, -1)]
        points += [Point(FUNCTIONS[name][0], (one,), {"axis": -1}) for one in (0.7, np.array([0.7]))]
    for name in ("sort_by", "unsort_by"):
        points += [Point(FUNCTIONS[name][0], (CUBE, CUBE[::-1]), {"axis": axis}) for axis in (0, 1, -1)]
    index = OPERATORS["index"]
    for one in ((0,), (-1,), (Slice(0, 2, None),), (EVERY, 1), (1, Slice(None, None, -2)), (-1, 0, 1)):
        points.append(Point(index, (CUBE if len(one) > 2 else MATRIX,), {"index": one}))
    points.append(Point(index, (VECTOR,), {"index": (Slice(2, 0, -1),)}))
    points.append(Point(index, (VECTOR,), {"index": (Slice(1, 1, None),)}))
    stack, concat, reshape = FUNCTIONS["stack"][0], FUNCTIONS["concat"][0], FUNCTIONS["reshape"][0]
    points += [Point(stack, (MATRIX, 2 * MATRIX, -MATRIX), {"axis": axis}) for axis in (0, 1, 2, -1)]
    points.append(Point(stack, (1.5,), {"axis": 0}))
    points += [Point(concat, (MATRIX, 2 * MATRIX, -MATRIX), {"axis": axis}) for axis in (0, 1, -1)]
    points.append(Point(concat, (MATRIX, MATRIX[:1]), {"axis": 0}))
    points += [Point(reshape, (MATRIX,), {"shape": shape}) for shape in ((3, 2), (-1,), (6, 1), (1, -1, 2))]
    points.append(Point(reshape, (1.5,), {"shape": (1, 1)}))
    points.append(Point(reshape, (np.array([[1.5]]),), {"shape": ()}))
    points += [Point(FUNCTIONS["transpose"][0], (one,), {}) for one in (MATRIX, CUBE, 1.5)]
    for name in ("det", "inv", "logdet", "trace", "diag"):
        points += [Point(FUNCTIONS[name][0], (one,), {}) for one in (SQUARE, LARGER, np.array([[2.5]]))]
    solve = FUNCTIONS["solve"][0]
    points += [Point(solve, (SQUARE, one), {}) for one in (VECTOR, SQUARE.T, VECTOR[:, None])]
    matmul, dot, outer = OPERATORS["@"], FUNCTIONS["dot"][0], FUNCTIONS["outer"][0]
    points += [Point(matmul, pair, {}) for pair in ((SQUARE, SQUARE.T), (MATRIX.T, MATRIX), (VECTOR, VECTOR[:, None]))]
    points += [Point(dot, pair, {}) for pair in ((MATRIX, 2.0), (2.0, MATRIX), (2.0, -1.5), (MATRIX, VECTOR))]
    points.append(Point(outer, (VECTOR, np.array([2.5])), {}))
    return points


EMPTY = [Point(OF_ONE_ARRAY[name], (np.zeros(0),), {"axis": None}) for name in ("sum", "prod", "norm")]
EMPTY += [Point(FUNCTIONS[name][0], (np.zeros(0),), {"axis": -1}) for name in ("softmax", "log_softmax", "cumsum")]
EMPTY += [Point(OF_ONE_ARRAY[name], (np.zeros((2, 0)),), {"axis": 1}) for name in ("sum", "prod", "norm")]
EMPTY += [Point(OF_ONE_ARRAY[name], (np.zeros((2, 0)),), {"axis": 0}) for name in ("max", "mean", "std", "logsumexp")]
EMPTY += [Point(OPERATORS["index"], (VECTOR,), {"index": (Slice(3, None, None),)})]
EMPTY += [Point(gate, tuple(np.zeros((0, 3)) for _ in gate.operands), {}) for gate in OPERATORS.values()
          if gate.has_local and not gate.is_variadic]  # fmt: skip

ARRAY_POINTS = [point for point in [*sample_points(), *more_points()] if not point.gate.has_local]
POINTS = [*sample_points(), *more_points(), *broadcast_points()]
