"""Labels: numbers that name a place along an axis. Whether they do is checked when their values are known."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from backprop.autodiff import shapes
from backprop.autodiff.declaration.gate import REQUIRED, Attribute, at
from backprop.autodiff.declaration.kinds import Differential
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.gates import arrays, rows
from backprop.autodiff.gates.constructors import as_length
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.shapes import Array, Shape

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node

SCORES = ((0.5, -2.0, 1.5), (3.0, 0.25, -1.0))
AXIS = {"axis": Attribute(shapes.as_size, -1)}


_is_strict = ContextVar("_is_strict", default=True)


@contextlib.contextmanager
def nan_for_none() -> Iterator[None]:
    """Meanwhile an entry that a label does not name is nan: who moves all values a little moves labels, too."""
    token = _is_strict.set(False)
    try:
        yield
    finally:
        _is_strict.reset(token)


def places(label: Any, length: int, axis: int | None = None) -> tuple[Any, Any]:
    """The labels as whole numbers counted from the start, and 1 for each, or nan where one names no place of the axis.

    At a point that is an error: raises ExpressionError. In rows it would end the rows that are right.
    """
    is_place = (label == np.floor(label)) & (label >= -length) & (label < length)
    wrong = np.extract(~is_place, label)
    if wrong.size and _is_strict.get():
        first = wrong.flat[0]
        named = "an axis" if axis is None else f"axis {axis}"
        fault = "not a whole number" if first != np.floor(first) else f"out of range for {named} of length {length}"
        raise ExpressionError(
            f"index {first:g} is {fault}",
            cure=f"indices are whole numbers from {-length} to {length - 1}" if length else "the array is empty",
        )
    return np.where(is_place, label, 0).astype(int) % max(length, 1), np.where(is_place, 1.0, np.nan)


def entry_rule(x: Shape, label: Shape, axis: int) -> Shape:
    (axis_index,) = shapes.normalized_axes(axis, len(x))
    rest = (*x[:axis_index], *x[axis_index + 1 :])
    if not x[axis_index]:
        raise ExpressionError(f"an index into an axis of length 0 of shape {shapes.show(x)}", cure="it has no entry")
    if label and (axis_index != len(x) - 1 or label != rest):
        raise ExpressionError(
            f"an index of shape {shapes.show(label)} that varies",
            cure=f"index by one number, as [x[y[i]] for i in 0:{label[0] - 1}]; "
            "where(x > 0, x, 0) keeps the entries of a condition",
        )
    return rest


def along(x: Any, label: Any, axis: int) -> Any:
    """The labels with as many axes as x, of length 1 along that one: a label for each place, or one for all."""
    if label.ndim == x.ndim - 1:
        return np.expand_dims(label, axis)
    return label.reshape((1,) * (x.ndim - label.ndim) + label.shape)


def taken(x: Any, label: Any, axis: int) -> Any:
    """The entries along an axis, which is counted from the front."""
    at_places, factor = places(label, x.shape[axis], axis)
    return np.take_along_axis(x, along(x, at_places, axis), axis).squeeze(axis) * factor


def put(x: Any, label: Any, axis: int, length: int) -> Any:
    """Zeros with x at the entries that `taken` takes."""
    at_places, factor = places(label, length, axis)
    result = np.zeros((*x.shape[:axis], length, *x.shape[axis:]))
    np.put_along_axis(result, along(result, at_places, axis), np.expand_dims(x, axis), axis)
    return result * along(result, factor, axis)


def indicators(label: Any, n: int, axis: int) -> Any:
    at_places, factor = places(label, n)
    behind = label.ndim - axis
    is_there = np.expand_dims(at_places, axis) == np.arange(n).reshape((n,) + (1,) * behind)
    return is_there * np.expand_dims(factor, axis)


def entry_forward(x: Array, label: Array, axis: int) -> Array:
    result: Array = taken(x, np.asarray(label), axis % x.ndim)[()]
    return result


def placed_forward(x: Array, label: Array, axis: int, length: int) -> Array:
    result: Array = put(np.asarray(x), np.asarray(label), axis % (np.ndim(x) + 1), length)
    return result


def one_hot_forward(label: Array, n: int) -> Array:
    result: Array = indicators(np.asarray(label), n, np.ndim(label))
    return result


def entry_over_rows(x: Any, label: Any, axis: int) -> Any:
    x, label = of_all_rows(x, label)
    with nan_for_none():
        return taken(x, label, axis % (x.ndim - 1))


def placed_over_rows(x: Any, label: Any, axis: int, length: int) -> Any:
    x, label = of_all_rows(x, label)
    with nan_for_none():
        return put(x, label, axis % x.ndim, length)


def one_hot_over_rows(label: Any, n: int) -> Any:
    with nan_for_none():
        return indicators(label, n, label.ndim - 1)


def of_all_rows(x: Any, label: Any) -> tuple[Any, Any]:
    rows = max(x.shape[-1], label.shape[-1])
    return np.broadcast_to(x, (*x.shape[:-1], rows)), np.broadcast_to(label, (*label.shape[:-1], rows))


entry: Differential = Differential(
    "entry",
    entry_forward,
    pullbacks=[
        lambda upstream, x, label, out: placed(upstream, label, axis=out.axis, length=x.shape[out.axis]),
        lambda upstream, x, label, out: None,
    ],
    pushforwards=[
        lambda tangent, x, label, out: entry(tangent, label, axis=out.axis),
        lambda tangent, x, label, out: None,
    ],
    operands=("x", "label"),
    attributes=AXIS,
    shape=entry_rule,
    over_rows=entry_over_rows,
    by_entries=rows.entry,
    shortcut=lambda x, label, axis: named_by_number(x, label, axis),
    methods=("entry",),
    summary="x[label]: the entry that a variable names along an axis, the last one as a function",
    habit="sends the gradient back to that entry",
    source="the transpose of taking an entry",
    samples=(at((0.5, -2.0, 1.5), 1.0, axis=0), at(SCORES, -1.0, axis=0), at(SCORES, (2.0, 0.0), axis=-1)),
)
placed: Differential = Differential(
    "placed",
    placed_forward,
    pullbacks=[
        lambda upstream, x, label, out: entry(upstream, label, axis=out.axis),
        lambda upstream, x, label, out: None,
    ],
    pushforwards=[
        lambda tangent, x, label, out: placed(tangent, label, axis=out.axis, length=out.shape[out.axis]),
        lambda tangent, x, label, out: None,
    ],
    operands=("x", "label"),
    attributes={**AXIS, "length": Attribute(as_length, REQUIRED)},
    shape=lambda x, label, axis, length: (*x[: axis % (len(x) + 1)], length, *x[axis % (len(x) + 1) :]),
    over_rows=placed_over_rows,
    by_entries=rows.placed,
    textbook=lambda x, label, axis, length: in_textbook(x, label, axis, length),
    summary="zeros with x where a label names the place along an axis",
    habit="takes the gradient of the entry that it placed",
    source="the transpose of taking an entry",
    samples=(at(2.0, 1.0, axis=0, length=3), at((1.0, 2.0), (2.0, 0.0), axis=-1, length=3)),
    is_public=False,
)
one_hot: Differential = Differential(
    "one_hot",
    one_hot_forward,
    pullbacks=[lambda upstream, label, out: None],
    pushforwards=[lambda tangent, label, out: None],
    habit="stops the gradient: it is 0 or 1",
    over_rows=one_hot_over_rows,
    by_entries=rows.indicators,
    operands=("label",),
    attributes={"n": Attribute(as_length, REQUIRED)},
    shape=lambda label, n: (*label, n),
    summary="1 at the place that a label names along a last axis of n, 0 at the others",
    source="by definition",
    samples=(at(2.0, n=3), at((-1.0, 0.0), n=3)),
)


def named_by_number(x: Node, label: Node, axis: int) -> Node | None:
    """The plain index that a literal label is."""
    if not label.is_literal:
        return None
    (axis_index,) = shapes.normalized_axes(axis, len(x.shape))
    return arrays.index(x, index=(*[arrays.EVERYTHING] * axis_index, shapes.as_size(label.value)))


def in_textbook(x: Node, label: Node, axis: int, length: int) -> Node:
    hot = one_hot(label, n=length)
    if label.shape:
        return x.reshape((*x.shape, 1)) * hot
    axis_index = axis % (len(x.shape) + 1)
    behind = len(x.shape) - axis_index
    return (
        x.reshape((*x.shape[:axis_index], 1, *x.shape[axis_index:])) * hot.reshape((length, *[1] * behind))
        if x.shape
        else x * hot
    )
