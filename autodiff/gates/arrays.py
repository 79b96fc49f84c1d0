"""Building arrays, taking them apart and changing their shape: linear maps and their transposes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backprop.autodiff import shapes
from backprop.autodiff.declaration import batching
from backprop.autodiff.declaration.blocks import Reduced, Repeated, Window, start_along
from backprop.autodiff.declaration.gate import REQUIRED, Attribute, at
from backprop.autodiff.declaration.kinds import Linear
from backprop.autodiff.declaration.notation import Brackets, Postfix, Subscript
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.gates import constructors
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.shapes import Array, Index, Shape, Slice

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node

EVERYTHING = Slice(None, None, None)
ROUTES_BACK = "sends the gradient back to the entries that it took"


def as_given(value: Any) -> Any:
    return value


def as_new_shape(value: Array) -> Shape:
    """A shape in which one length may be -1: whatever is left."""
    lengths = tuple(shapes.as_size(length) for length in np.ravel(value))
    if any(length < -1 for length in lengths) or lengths.count(-1) > 1:
        raise ExpressionError("a length is negative", cure="at most one length may be -1, for what is left")
    return lengths


def reshaped(x: Shape, shape: Shape) -> Shape:
    size, known = int(np.prod(x)), int(np.prod([length for length in shape if length >= 0]))
    if -1 in shape and known and size % known == 0:
        return tuple(size // known if length == -1 else length for length in shape)
    if size != known or -1 in shape:
        raise ExpressionError(
            f"cannot reshape {shapes.show(x)} to {shapes.show(shape)}",
            cure=f"the lengths must multiply to {size}",
        )
    return shape


def index_rule(x: Shape, index: Index) -> Shape:
    return shapes.indexed(x, index)


def windowed(x: Shape, index: Index) -> Window | None:
    start = start_along(index, x)
    return None if start is None else Window(start)


def sum_over_broadcast_and_rows(x: Any, shape: Shape) -> Any:
    result = np.sum(x, axis=broadcast_axes(x.shape[:-1], shape))
    return np.reshape(result, (*shape, x.shape[-1]))


def broadcast_axes(x: Shape, shape: Shape) -> tuple[int, ...]:
    """The axes of `x` along which broadcasting from `shape` repeats entries."""
    lead = len(x) - len(shape)
    stretched = [lead + axis for axis, length in enumerate(shape) if length == 1 and x[lead + axis] != 1]
    return (*range(lead), *stretched)


def sum_over_broadcast(x: Array, shape: Shape) -> Array:
    result = np.sum(x, axis=broadcast_axes(np.shape(x), shape))
    return np.reshape(result, shape) if shape else result


def broadcast_to_rule(x: Shape, shape: Shape) -> Shape:
    if shapes.broadcast((x, shape)) != shape:
        raise ExpressionError(f"cannot broadcast {shapes.show(x)} to {shapes.show(shape)}")
    return shape


def repeated(x: Array, shape: Shape) -> Array:
    """NumPy's broadcast_to, of a number in a tenth of the time: a view of the one number."""
    if isinstance(x, float):
        return np.ndarray(shape, np.float64, np.float64(x), strides=(0,) * len(shape))
    return np.broadcast_to(x, shape)


def unchanged(x: Node, shape: Shape) -> Node | None:
    """The shortcut of a gate that does nothing where the shape is there already."""
    return x if x.shape == shape else None


def stack_rule(*operands: Shape, axis: int = 0) -> Shape:
    first = operands[0]
    for other in operands[1:]:
        if other != first:
            raise ExpressionError(
                f"entries of shapes {shapes.show(first)} and {shapes.show(other)} make no array",
                cure="all entries of a list must have the same shape",
            )
    (axis_index,) = shapes.normalized_axes(axis, len(first) + 1)
    return (*first[:axis_index], len(operands), *first[axis_index:])


def concat_rule(*operands: Shape, axis: int = 0) -> Shape:
    first = operands[0]
    if not all(operands):
        raise ExpressionError("a scalar cannot be joined", cure="give arrays; [x, y] makes one of scalars")
    (axis_index,) = shapes.normalized_axes(axis, len(first))
    rests = [(*shape[:axis_index], *shape[axis_index + 1 :]) for shape in operands]
    for shape, rest in zip(operands, rests, strict=True):
        if rest != rests[0] or len(shape) != len(first):
            raise ExpressionError(
                f"shapes {shapes.show(first)} and {shapes.show(shape)} cannot be joined along axis {axis}",
                cure="every other length must be equal",
            )
    return (*first[:axis_index], sum(shape[axis_index] for shape in operands), *first[axis_index + 1 :])


def part_of_concat(position: int, upstream: Node, *nodes: Node) -> Node:
    *operands, out = nodes
    axis = out.axis % len(out.shape)
    start = sum(operand.shape[axis] for operand in operands[:position])
    window = Slice(start, start + operands[position].shape[axis], None)
    return index(upstream, index=(*[EVERYTHING] * axis, window))


def part_of_stack(position: int, upstream: Node, *nodes: Node) -> Node:
    axis = nodes[-1].axis % len(nodes[-1].shape)
    return index(upstream, index=(*[EVERYTHING] * axis, position))


def diagonal_shortcut(x: Node) -> Node | None:
    is_one = x.gate is broadcast_to and len(x.shape) == 1 and x.inputs[0].is_number(1.0)
    return x.graph.add(constructors.eye, (), (x.shape[0], None)) if is_one else None


def diagonal_rule(x: Shape) -> Shape:
    if len(x) == 1:
        return (x[0], x[0])
    if len(x) == 2 and x[0] == x[1]:
        return (x[0],)
    raise ExpressionError(
        f"diag takes a vector or a square matrix, not shape {shapes.show(x)}",
        cure="a vector makes a diagonal matrix, a square matrix gives its diagonal",
    )


TARGET = {"shape": Attribute(shapes.as_shape, REQUIRED, takes_rest=True)}

index = Linear(
    "index",
    lambda x, index: x[shapes.as_numpy_index(index)],
    lambda position, upstream, x, out: upstream.scattered(out.settings["index"], x.shape),
    attributes={"index": Attribute(as_given, REQUIRED)},
    moves=True,
    over_rows=lambda x, index: x[shapes.as_numpy_index(index)],
    shape=index_rule,
    in_blocks=windowed,
    notation=Subscript(),
    methods=("index",),
    summary="x[i], x[1:3], x[:, 0]: entries of an array",
    habit=ROUTES_BACK,
    source="the transpose of taking entries",
    samples=(
        at((1.0, 2.0, 3.0), index=(1,)),
        at((1.0, 2.0, 3.0), index=(Slice(None, None, -1),)),
        at(((1.0, 2.0), (3.0, 4.0)), index=(Slice(None, None, None), 0)),
    ),
)
stack = Linear(
    "stack",
    lambda *operands, axis: np.stack(operands, axis=axis),
    part_of_stack,
    operands=("x", "*more"),
    attributes={"axis": Attribute(shapes.as_size, 0)},
    moves=True,
    over_rows=batching.joined(np.stack, new_axes=1),
    shape=stack_rule,
    notation=Brackets(),
    is_function=True,
    methods=("stack",),
    summary="[x, y]: a new axis of equally shaped entries; stack(x, y, axis=1) puts it elsewhere",
    habit="sends each entry's gradient back to it",
    source="the transpose of stacking",
    samples=(at(1.0, 2.0, axis=0), at((1.0, 2.0), (3.0, 4.0), axis=1)),
)
concat = Linear(
    "concat",
    lambda *operands, axis: np.concatenate(operands, axis=axis),
    part_of_concat,
    operands=("x", "*more"),
    attributes={"axis": Attribute(shapes.as_size, 0)},
    moves=True,
    over_rows=batching.joined(np.concatenate, new_axes=0),
    shape=concat_rule,
    summary="arrays joined along an axis",
    habit="sends each part's gradient back to it",
    source="the transpose of joining",
    samples=(at((1.0, 2.0), (3.0,), axis=0), at(((1.0,), (2.0,)), ((3.0,), (4.0,)), axis=1)),
)
reshape: Linear = Linear(
    "reshape",
    lambda x, shape: np.reshape(x, shape)[()],
    lambda position, upstream, x, out: reshape(upstream, shape=x.shape),
    attributes={"shape": Attribute(as_new_shape, REQUIRED, takes_rest=True)},
    moves=True,
    over_rows=batching.to_shape(np.reshape),
    shape=reshaped,
    shortcut=unchanged,
    methods=("reshape",),
    summary="the same entries in another shape; one length may be -1",
    habit="gives the gradient the old shape again",
    source="the transpose of reshaping",
    samples=(at((1.0, 2.0, 3.0, 4.0), shape=(2, 2)), at(((1.0, 2.0),), shape=(-1,))),
)
transpose: Linear = Linear(
    "transpose",
    np.transpose,
    lambda position, upstream, x, out: transpose(upstream),
    moves=True,
    over_rows=batching.transposed,
    shape=lambda x: x[::-1],
    shortcut=lambda x: x.inputs[0] if x.gate is transpose else (x if len(x.shape) < 2 else None),
    notation=Postfix(".T"),
    is_function=True,
    methods=("transpose",),
    summary="x.T: the axes in reverse order",
    habit="transposes the gradient",
    source="the transpose of transposing",
    samples=(at(((1.0, 2.0), (3.0, 4.0))), at((1.0, 2.0))),
)
broadcast_to = Linear(
    "broadcast_to",
    repeated,
    lambda position, upstream, x, out: sum_to(upstream, shape=x.shape),
    attributes=TARGET,
    moves=True,
    over_rows=batching.to_shape(np.broadcast_to),
    shape=broadcast_to_rule,
    in_blocks=lambda x, shape: None if x else Repeated(),
    shortcut=unchanged,
    textbook=lambda x, shape: x * x.graph.add(constructors.ones, (), (shape,)),
    methods=("broadcast_to",),
    is_public=False,
    summary="x repeated to a shape, as NumPy's broadcasting repeats it",
    habit="sums the gradient over the repetitions",
    source="the transpose of broadcasting",
    samples=(at(2.0, shape=(3,)), at(((1.0,), (2.0,)), shape=(2, 3))),
)
sum_to: Linear = Linear(
    "sum_to",
    sum_over_broadcast,
    lambda position, upstream, x, out: broadcast_to(upstream, shape=x.shape),
    attributes=TARGET,
    over_rows=sum_over_broadcast_and_rows,
    shape=lambda x, shape: shape,
    in_blocks=lambda x, shape: None if shape else Reduced(np.add),
    shortcut=unchanged,
    textbook=lambda x, shape: x.sum(broadcast_axes(x.shape, shape)).reshape(shape),
    methods=("sum_to",),
    is_public=False,
    summary="x summed over the axes that broadcasting from a shape repeats",
    habit="repeats the gradient over what was summed",
    source="the transpose of broadcasting",
    samples=(at((1.0, 2.0, 3.0), shape=()), at(((1.0, 2.0), (3.0, 4.0)), shape=(2, 1))),
)
diag: Linear = Linear(
    "diag",
    lambda x: np.diag(x).copy(),
    lambda position, upstream, x, out: diag(upstream),
    moves=True,
    over_rows=batching.diagonal,
    shape=diagonal_rule,
    shortcut=diagonal_shortcut,
    summary="the diagonal matrix of a vector, or the diagonal of a square matrix",
    habit="sends the gradient of the diagonal back",
    source="the transpose of taking the diagonal",
    samples=(at((1.0, 2.0)), at(((1.0, 2.0), (3.0, 4.0)))),
)
