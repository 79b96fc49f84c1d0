"""A gate's function of one row as a function of many rows at once. Knows no gate.

Here the rows lie along one more axis, the last: an operand of shape s comes as (*s, rows), or as (*s, 1) where it
is the same in all rows, and the result is (*its shape, rows). NumPy aligns shapes from the last axis, so that
what works entry by entry is its own row form.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backprop.autodiff import shapes
from backprop.autodiff.lazy_numpy import np

RowForm = Callable[..., Any]


def whole_rows(operands: tuple[Any, ...]) -> list[Any]:
    """The operands with all their rows, as views."""
    rows = max(operand.shape[-1] for operand in operands)
    return [np.broadcast_to(operand, (*operand.shape[:-1], rows)) for operand in operands]


def row_by_row(forward: RowForm) -> RowForm:
    """The row form of any function: right for each, and as slow as a loop."""

    def looped(*operands: Any, **settings: Any) -> Any:
        whole = whole_rows(operands)
        results = [
            forward(*[operand[..., row][()] for operand in whole], **settings) for row in range(whole[0].shape[-1])
        ]
        return np.stack(results, axis=-1)

    return looped


def along_axes(forward: RowForm) -> RowForm:
    """The row form of a function of operands of one shape with an `axis`, counted from the front or from the end."""

    def over_rows(*operands: Any, axis: shapes.Axis) -> Any:
        whole = np.broadcast_arrays(*operands) if len(operands) > 1 else operands
        rank = whole[0].ndim - 1
        return forward(*whole, axis=shapes.normalized_axes(axis, rank) if rank else ())  # a scalar has no axis

    return over_rows


def rows_first(forward: RowForm) -> RowForm:
    """The row form of a function of matrices that takes stacks of them along a leading axis."""

    def over_rows(*operands: Any) -> Any:
        return np.moveaxis(forward(*[np.moveaxis(operand, -1, 0) for operand in whole_rows(operands)]), 0, -1)

    return over_rows


def to_shape(change: Callable[[Any, shapes.Shape], Any]) -> RowForm:
    """The row form of a NumPy function of an array and its new shape."""
    return lambda x, shape: change(x, (*shape, x.shape[-1]))


def joined(join: Callable[..., Any], new_axes: int) -> RowForm:
    """The row form of a NumPy function that joins arrays along an axis, one of its own or a new one."""

    def over_rows(*operands: Any, axis: int) -> Any:
        (position,) = shapes.normalized_axes(axis, operands[0].ndim - 1 + new_axes)
        return join(whole_rows(operands), axis=position)

    return over_rows


def transposed(x: Any) -> Any:
    return np.transpose(x, (*reversed(range(x.ndim - 1)), x.ndim - 1))


def diagonal(x: Any) -> Any:
    """The diagonal matrix of each row's vector, or the diagonal of each row's matrix."""
    if x.ndim == 3:
        return np.einsum("iir->ir", x).copy()
    length, rows = x.shape
    result = np.zeros((length, length, rows))
    result[range(length), range(length)] = x
    return result


def outer_product(a: Any, b: Any) -> Any:
    return a[:, None] * b[None]


def matrix_product(a: Any, b: Any) -> Any:
    """The product of each row's vectors and matrices, added up in the order of the entries."""
    if a.ndim == 3 and b.ndim == 2 and a.shape[-1] == 1 < b.shape[-1]:
        return a[..., 0] @ b  # one matrix for all rows: the columns of b are the rows' vectors
    first = "ik"[-(a.ndim - 1) :]
    second = "kj"[: b.ndim - 1]
    left = first.replace("k", "") + second.replace("k", "")
    return np.einsum(f"{first}r,{second}r->{left}r", *whole_rows((a, b)))


def dot_product(a: Any, b: Any) -> Any:
    return matrix_product(a, b) if a.ndim > 1 and b.ndim > 1 else a * b
