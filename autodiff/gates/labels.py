"""Labels: numbers that name a place along an axis. Whether they do is checked when their values are known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backprop.autodiff import shapes
from backprop.autodiff.declaration.gate import REQUIRED, Attribute, at
from backprop.autodiff.declaration.kinds import Differential, Flat
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.gates import arrays
from backprop.autodiff.gates.constructors import as_length
from backprop.autodiff.shapes import Array, Shape

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node

SCORES = ((0.5, -2.0, 1.5), (3.0, 0.25, -1.0))
AXIS = {"axis": Attribute(shapes.as_size, -1)}


def is_place(label: Any, length: int) -> Any:
    return (label == np.floor(label)) & (label >= -length) & (label < length)


def places(label: Array, length: int) -> Any:
    """The labels as whole numbers, counted from the start. Raises ExpressionError for one that names no place."""
    wrong = np.extract(~is_place(label, length), label)
    if wrong.size:
        raise ExpressionError(
            f"index {wrong.flat[0]:g} is out of range for an axis of length {length}",
            cure=f"indices are whole numbers from {-length} to {length - 1}" if length else "the array is empty",
        )
    return np.asarray(label).astype(int) % length


def entry_rule(x: Shape, label: Shape, axis: int) -> Shape:
    (place,) = shapes.normalized_axes(axis, len(x))
    rest = (*x[:place], *x[place + 1 :])
    if label and (place != len(x) - 1 or label != rest):
        raise ExpressionError(
            f"an index of shape {shapes.show(label)} that varies",
            cure="index by one number; where(x > 0, x, 0) keeps the entries of a condition",
        )
    return rest


def entry_forward(x: Array, label: Array, axis: int) -> Array:
    at_places = places(label, x.shape[axis])
    if not at_places.ndim:
        return np.take(x, at_places, axis)[()]
    return np.take_along_axis(x, at_places[..., None], -1)[..., 0]


def placed_forward(x: Array, label: Array, axis: int, length: int) -> Array:
    at_places = places(label, length)
    moved = np.zeros((length, *np.shape(x)))
    if at_places.ndim:
        np.put_along_axis(moved, at_places[None], np.asarray(x)[None], 0)
    else:
        moved[at_places] = x
    return np.moveaxis(moved, 0, axis)


def one_hot_forward(label: Array, n: int) -> Array:
    return (places(label, n)[..., None] == np.arange(n)).astype(np.float64)


def over_valid_rows(compute: Any) -> Any:
    """The row form of a gate whose second operand, or only one, is a label: rows whose label names no place get nan.

    An error there would end rows that are right.
    """

    def over_rows(*operands: Any, **settings: Any) -> Any:
        rows = max(operand.shape[-1] for operand in operands)
        *others, label = [np.moveaxis(np.broadcast_to(one, (*one.shape[:-1], rows)), -1, 0) for one in operands]
        length = settings.get("length") or settings.get("n") or others[0].shape[1:][settings["axis"]]
        is_right = is_place(label, length)
        results = [
            compute(*[other[row] for other in others], label[row], **settings)
            if np.all(is_right[row])
            else compute(*[other[row] for other in others], np.zeros(label.shape[1:]), **settings) * np.nan
            for row in range(rows)
        ]
        return np.stack(results, axis=-1)

    return over_rows


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
    over_rows=over_valid_rows(entry_forward),
    shortcut=lambda x, label, axis: named_by_number(x, label, axis),
    method="entry",
    code={"numpy": "np.take({0}, np.intp({1}), {axis})"},
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
    over_rows=over_valid_rows(placed_forward),
    textbook=lambda x, label, axis, length: in_textbook(x, label, axis, length),
    summary="zeros with x where a label names the place along an axis",
    habit="takes the gradient of the entry that it placed",
    source="the transpose of taking an entry",
    samples=(at(2.0, 1.0, axis=0, length=3), at((1.0, 2.0), (2.0, 0.0), axis=-1, length=3)),
    is_public=False,
)
one_hot = Flat(
    "one_hot",
    one_hot_forward,
    over_rows=over_valid_rows(one_hot_forward),
    operands=("label",),
    attributes={"n": Attribute(as_length, REQUIRED)},
    shape=lambda label, n: (*label, n),
    code={"numpy": "(np.expand_dims({0}, -1) % {n} == np.arange({n})).astype(float)"},
    summary="1 at the place that a label names along a last axis of n, 0 at the others",
    source="by definition",
    samples=(at(2.0, n=3), at((-1.0, 0.0), n=3)),
)


def named_by_number(x: Node, label: Node, axis: int) -> Node | None:
    """The plain index that a literal label is."""
    if not label.is_literal:
        return None
    (place,) = shapes.normalized_axes(axis, len(x.shape))
    return arrays.index(x, index=(*[arrays.EVERYTHING] * place, shapes.as_size(label.value)))


def in_textbook(x: Node, label: Node, axis: int, length: int) -> Node:
    hot = one_hot(label, n=length)
    if label.shape:
        return x.reshape((*x.shape, 1)) * hot
    place = axis % (len(x.shape) + 1)
    behind = len(x.shape) - place
    return (
        x.reshape((*x.shape[:place], 1, *x.shape[place:])) * hot.reshape((length, *[1] * behind))
        if x.shape
        else x * hot
    )
