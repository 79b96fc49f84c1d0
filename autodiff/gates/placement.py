"""scatter, the transpose of taking entries, in gates of the language: zeros beside what is there, axis by axis.

A row of the identity reads better, and is written for a number: of what may be infinite, times zero is nan.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from backprop.autodiff import shapes
from backprop.autodiff.declaration.blocks import Margins, start_along
from backprop.autodiff.declaration.gate import REQUIRED, Attribute, at
from backprop.autodiff.declaration.kinds import Linear
from backprop.autodiff.gates import arrays, constructors
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.shapes import Array, Index, Shape, Slice

if TYPE_CHECKING:
    from backprop.autodiff.graph import Graph, Node

LONGEST_ROW = 100  # entries of a row of the identity, which has as many rows
LONGEST_LIST = 9  # entries of an array that is written entry by entry: `[[0, y], [0, 0]]`


def placed(x: Node, index: Index, shape: Shape) -> Node:
    """Zeros of `shape` with x at `index`, x having the shape that the index gives."""
    if 0 in x.shape:
        return zeros(x.graph, shape)
    if x.is_literal and len(shape) == 1 and shape[0] <= LONGEST_ROW and math.isfinite(x.value):
        row = arrays.index(x.graph.add(constructors.eye, (), (shape[0], None)), index=(*index,))
        return row if x.value == 1 else x * row
    whole = (*index, *[arrays.EVERYTHING] * (len(shape) - len(index)))
    for position in reversed(range(len(shape))):
        entry, length = whole[position], shape[position]
        axis = sum(isinstance(before, Slice) for before in whole[:position])
        if isinstance(entry, Slice):
            x = with_slice(x, axis, range(*slice(*entry).indices(length)), length)
        else:
            x = with_entry(x, axis, entry % length, length)
    return x


def with_entry(x: Node, axis: int, position: int, length: int) -> Node:
    """A new axis, with x at one position."""
    if length * math.prod(x.shape) <= LONGEST_LIST:
        blank = listed_zeros(x.graph, x.shape) if x.gate is arrays.stack else zeros(x.graph, x.shape)
        return arrays.stack(*[x if entry == position else blank for entry in range(length)], axis=axis)
    return padded(arrays.stack(x, axis=axis), axis, position, length)


def with_slice(x: Node, axis: int, positions: range, length: int) -> Node:
    """The entries along an axis at some positions of `length`."""
    if len(positions) > 1 and positions.step < 0:
        positions = positions[::-1]
        x = arrays.index(x, index=(*[arrays.EVERYTHING] * axis, Slice(None, None, -1)))
    if len(positions) > 1 and positions.step > 1:
        x = apart(x, axis, positions.step)
    return padded(x, axis, positions[0], length)


def apart(x: Node, axis: int, step: int) -> Node:
    """The entries along an axis with `step` - 1 zeros between each two: columns of zeros beside them, row by row."""
    before, count, behind = x.shape[:axis], x.shape[axis], x.shape[axis + 1 :]
    gaps = zeros(x.graph, (*before, count, step - 1, *behind))
    rows = arrays.concat(arrays.stack(x, axis=axis + 1), gaps, axis=axis + 1)
    line = arrays.reshape(rows, shape=(*before, count * step, *behind))
    return arrays.index(line, index=(*[arrays.EVERYTHING] * axis, Slice(None, (count - 1) * step + 1, None)))


def padded(x: Node, axis: int, before: int, length: int) -> Node:
    """Zeros before and behind x along an axis, which becomes `length` long."""
    behind = length - before - x.shape[axis]
    blanks = [zeros(x.graph, (*x.shape[:axis], count, *x.shape[axis + 1 :])) for count in (before, behind)]
    parts = [*blanks[: before > 0], x, *blanks[1:][: behind > 0]]
    return arrays.concat(*parts, axis=axis) if len(parts) > 1 else x


def zeros(graph: Graph, shape: Shape) -> Node:
    return graph.add(constructors.zeros, (), (shape,)) if shape else graph.constant(0.0)


def listed_zeros(graph: Graph, shape: Shape) -> Node:
    """Zeros as nested lists, beside what is one."""
    made = graph.constant(0.0)
    for length in reversed(shape):
        made = arrays.stack(*[made] * length, axis=0)
    return made


def between_zeros(x: Shape, index: Index, shape: Shape) -> Margins | None:
    start = start_along(index, shape)
    return None if start is None else Margins(start)


def scatter(x: Array, index: Index, shape: Shape) -> Array:
    """Zeros of `shape` with x at `index`."""
    entries = np.asarray(x)
    is_of_doubles = entries.dtype == np.float64
    result = np.zeros(shape, entries.dtype if is_of_doubles else np.result_type(entries, np.float64))  # of nodes, too
    result[shapes.as_numpy_index(index)] = entries if is_of_doubles else entries[()]
    return result


def scatter_over_rows(x: Any, index: Index, shape: Shape) -> Any:
    return scatter(x, index, (*shape, x.shape[-1]))


scatter_gate: Linear = Linear(
    "scatter",
    scatter,
    lambda position, upstream, x, out: arrays.index(upstream, index=out.settings["index"]),
    attributes={"index": Attribute(arrays.as_given, REQUIRED), "shape": Attribute(shapes.as_shape, REQUIRED)},
    methods=("scatter",),
    moves=True,
    over_rows=scatter_over_rows,
    in_blocks=between_zeros,
    shape=lambda x, index, shape: shape,
    textbook=lambda x, index, shape: placed(x, index, shape),
    summary="zeros of a shape with x at an index",
    habit="takes the gradient of the entries that it placed",
    source="the transpose of taking entries",
    samples=(at(2.0, index=(1,), shape=(3,)), at((1.0, 2.0), index=(Slice(1, None, None),), shape=(3,))),
    is_public=False,
)
