"""Arrays that a caller gives for the results of many rows: which there must be, and what each must be like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product
from typing import Any

import numpy as np

from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.shapes import Shape, show

AS_RETURNED = "give arrays as a call returns them: out=(values, {name: array of its gradient})"

Results = list[np.ndarray[Any, Any]]


def given_results(
    out: Any, names: Sequence[str], shapes: Sequence[Shape], columns: Mapping[str, np.ndarray[Any, Any]]
) -> Results:
    """The arrays of `out`, the value's and those of the gradients by `names`, of these shapes.

    Raises ExpressionError where one is missing or too many, has another shape, is no array of doubles that can be
    written to, or shares an entry with itself, with another, or with the `columns`, which are still read while it is
    written.
    """
    found = dict(_named(out, names))
    for (what, array), shape in zip(found.items(), shapes, strict=True):
        _check(what, array, shape)
    read = {f"the values of '{name}'": column for name, column in columns.items()}
    for (one, array), (other, second) in [*combinations(found.items(), 2), *product(found.items(), read.items())]:
        if np.shares_memory(array, second):
            raise ExpressionError(f"{one} and {other} share memory", cure="give an array of its own for each result")
    return list(found.values())


def _named(out: Any, names: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """Each array of `out` with what an error calls it."""
    if not isinstance(out, (tuple, list)) or len(out) != 2 or not isinstance(out[1], Mapping):
        raise ExpressionError("out is not a pair of an array and a dictionary of arrays", cure=AS_RETURNED)
    value, gradients = out
    for name in gradients:
        if name not in names:
            raise ExpressionError(f"out has an array for '{name}', by which no gradient is computed", cure=AS_RETURNED)
    missing = [f"'{name}'" for name in names if name not in gradients]
    if missing:
        raise ExpressionError(f"out has no array for the gradient by {' and '.join(missing)}", cure=AS_RETURNED)
    yield "the array for the value", value
    for name in names:
        yield f"the array for the gradient by '{name}'", gradients[name]


def _check(what: str, array: Any, shape: Shape) -> None:
    if not isinstance(array, np.ndarray):
        raise ExpressionError(f"{what} is not a NumPy array", cure=AS_RETURNED)
    if array.dtype != np.float64:
        raise ExpressionError(f"{what} is of {array.dtype}, not of float64", cure="give an array of doubles")
    if array.shape != shape:
        raise ExpressionError(
            f"{what} has shape {show(array.shape)}, the result {show(shape)}", cure="give it the result's shape"
        )
    if not array.flags.writeable:
        raise ExpressionError(f"{what} is read-only", cure="give one that can be written to, such as a copy")
    if has_shared_entries(array):
        raise ExpressionError(f"entries of {what} share memory", cure="give one that is not a broadcast view")


def has_shared_entries(array: np.ndarray[Any, Any]) -> bool:
    """Whether two entries may lie in the same place, as in a view that was broadcast."""
    extent = array.itemsize
    for stride, length in sorted(zip(map(abs, array.strides), array.shape, strict=True)):
        if length > 1:
            if stride < extent:
                return True
            extent += stride * (length - 1)
    return False
