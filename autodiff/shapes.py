"""Shapes: how they combine, and the bound on what an array may take. Knows no gate and no graph."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, SupportsIndex, TypeAlias

from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.named_tuple import NamedTuple

Shape: TypeAlias = tuple[int, ...]
Array: TypeAlias = "np.float64 | np.ndarray[Any, np.dtype[np.float64]]"  # numpy.typing would cost start-up time
Axis: TypeAlias = int | tuple[int, ...] | None

LONG = 10**16  # from here a length is shown as a power of ten
MAXIMUM_ENTRIES = 2**27  # of one array: 1 GiB of doubles
LARGE = 2**15  # entries of an array that is worth blocks: a smaller one costs little beside the calls
MOST_INDICES = 1024  # whose form of NumPy's is kept
MAXIMUM_DIMENSIONS = 32  # of one array: what every NumPy allows
MOST_DERIVATIVES = 100  # the factorials of the orders of polygamma overflow beyond 150


def show(shape: Shape) -> str:
    """A shape as a user reads it: `scalar`, `(3)`, `(2, 3)`."""
    lengths = [str(length) if length < LONG else f"{float(length):.0e}" for length in shape]
    return f"({', '.join(lengths)})" if shape else "scalar"


def of(value: Any) -> Shape:
    """The shape of a number or an array."""
    return () if isinstance(value, (int, float)) else np.shape(value)


def is_finite(value: Any) -> bool:
    """Whether a number, or every entry of an array, is."""
    return math.isfinite(value) if isinstance(value, (int, float)) else bool(np.all(np.isfinite(value)))


def entry_name(name: str, index: Sequence[SupportsIndex]) -> str:
    """An entry of an array as every output names it: `x[0]`, `W[0,1]`; a scalar's is its own."""
    return f"{name}[{','.join(map(str, index))}]" if index else name


def bounded(shape: Shape) -> Shape:
    """The shape itself. Raises ExpressionError where an array of it would pass the bound.

    A length of 0 makes no length beside it smaller: NumPy refuses those too.
    """
    if len(shape) > MAXIMUM_DIMENSIONS:
        raise ExpressionError(
            f"an array of {len(shape)} dimensions", cure=f"an array has {MAXIMUM_DIMENSIONS} dimensions at most"
        )
    if math.prod([length or 1 for length in shape] if 0 in shape else shape) > MAXIMUM_ENTRIES:
        raise ExpressionError(
            f"an array of shape {show(shape)} has more than {MAXIMUM_ENTRIES} entries",
            cure="use smaller arrays: an array may take 1 GiB at most",
        )
    return shape


def is_large(shape: Shape) -> bool:
    """Whether what is computed of such arrays is computed block by block."""
    return math.prod(shape) >= LARGE


def broadcast(shapes: Sequence[Shape]) -> Shape:
    """The shape NumPy broadcasts these to. Raises ExpressionError that names them where it cannot."""
    first = shapes[0]
    if shapes.count(first) == len(shapes):
        return first
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        distinct = list(dict.fromkeys(shapes))
        raise ExpressionError(
            f"shapes {' and '.join(map(show, distinct))} do not match",
            cure="lengths must be equal or 1, counted from the last axis",
        ) from None


def normalized_axes(axis: Axis, dimensions: int) -> tuple[int, ...]:
    """The axes as sorted non-negative numbers; None means all. Raises ExpressionError for one out of range."""
    if axis is None:
        return tuple(range(dimensions))
    axes = (axis,) if isinstance(axis, int) else axis
    for number in axes:
        if not -dimensions <= number < dimensions:
            raise ExpressionError(
                f"axis {number} is out of range for an array of {dimensions} dimension{'s' * (dimensions != 1)}",
                cure=f"axes run from {-dimensions} to {dimensions - 1}" if dimensions else "a scalar has no axis",
            )
    normalized = tuple(sorted(position % dimensions for position in axes))
    if len(set(normalized)) < len(normalized):
        raise ExpressionError("an axis is named twice", cure="name each axis once")
    return normalized


def reduced(shape: Shape, axis: Axis, *, keepdims: bool = False) -> Shape:
    """The shape that is left when `axis` is reduced away (kept as 1 with `keepdims`)."""
    gone = normalized_axes(axis, len(shape))
    if keepdims:
        return tuple(1 if position in gone else length for position, length in enumerate(shape))
    return tuple(length for position, length in enumerate(shape) if position not in gone)


class Slice(NamedTuple):
    """`start:stop:step` inside an index, hashable as Python's own slice is not before 3.12."""

    start: int | None
    stop: int | None
    step: int | None


Index: TypeAlias = tuple[int | Slice, ...]


@lru_cache(MOST_INDICES)
def as_numpy_index(index: Index) -> tuple[int | slice, ...]:
    return tuple(slice(*item) if isinstance(item, Slice) else item for item in index)


def indexed(shape: Shape, index: Index) -> Shape:
    """The shape of `x[index]`. Raises ExpressionError for an index out of range or one too many."""
    if len(index) > len(shape):
        target = f"an array of shape {show(shape)}" if shape else "a scalar"
        raise ExpressionError(
            f"{len(index)} ind{'ices' if len(index) > 1 else 'ex'} into {target}",
            cure=f"give at most {len(shape)}" if shape else "only an array can be indexed",
        )
    result = []
    for axis, (length, item) in enumerate(zip(shape, index, strict=False)):
        if isinstance(item, Slice):
            if item.step == 0:
                raise ExpressionError("a slice has step 0", cure="give a step of 1 or more, or -1 or less")
            result.append(len(range(*slice(*item).indices(length))))
        elif not -length <= item < length:
            raise ExpressionError(
                f"index {item} is out of range for axis {axis} of length {length}",
                cure=f"indices run from {-length} to {length - 1}" if length else "the array is empty",
            )
    return (*result, *shape[len(index) :])


def as_size(value: Array) -> int:
    """A constant as a whole number. Raises ExpressionError where it is none."""
    if np.ndim(value) or not math.isfinite(value) or value != math.floor(value):
        raise ExpressionError("expected a whole number", cure="give a constant integer")
    return int(value)


def as_order(value: Array) -> int:
    """A constant as the order of a derivative. Raises ExpressionError."""
    order = as_size(value)
    if not 0 <= order <= MOST_DERIVATIVES:
        raise ExpressionError(f"order {order} is out of range", cure=f"orders run from 0 to {MOST_DERIVATIVES}")
    return order


def as_axis(value: Array) -> Axis:
    """A constant as an axis: a whole number, or a list of them as a tuple."""
    return tuple(as_size(entry) for entry in np.ravel(value)) if np.ndim(value) == 1 else as_size(value)


def as_shape(value: Array) -> Shape:
    """A constant as a shape: lengths that are not negative. Raises ExpressionError."""
    lengths = tuple(as_size(entry) for entry in np.ravel(value))
    if any(length < 0 for length in lengths):
        raise ExpressionError("a length is negative", cure="lengths start at 0")
    return lengths
