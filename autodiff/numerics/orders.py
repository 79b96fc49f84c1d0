"""Values in the order of a key along one axis, and their places in it; tied entries share what is theirs equally."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.shapes import Axis


def along_last(function: Callable[..., Any], of_number: Callable[..., Any] = np.array) -> Callable[..., Any]:
    """A function of arrays that works along the last axis as one that works along any; what has none is a number."""

    def along(*arrays: Any, axis: Any) -> Any:
        if not np.ndim(arrays[0]) or not np.size(arrays[0]) or axis == ():
            return of_number(arrays[0])[()]
        (axis_index,) = axis if isinstance(axis, tuple) else (axis,)
        return np.moveaxis(function(*[np.moveaxis(array, axis_index, -1) for array in arrays]), -1, axis_index)

    return along


def shared(values: Any, ordered: Any) -> Any:
    """The values, of which those beside equal entries of an ordered key are replaced by their mean."""
    is_first = np.ones(values.shape, dtype=bool)
    is_first[..., 1:] = ordered[..., 1:] != ordered[..., :-1]
    if is_first.all():
        return values
    starts = np.flatnonzero(is_first)
    counts = np.diff(starts, append=values.size)
    means = np.add.reduceat(values.ravel(), starts) / counts
    return np.repeat(means, counts).reshape(values.shape)


def sorted_by_last(values: Any, key: Any) -> Any:
    places = np.argsort(key, axis=-1, kind="stable")
    return shared(np.take_along_axis(values, places, -1), np.take_along_axis(key, places, -1))


def unsorted_by_last(values: Any, key: Any) -> Any:
    places = np.argsort(key, axis=-1, kind="stable")
    result = np.empty(np.broadcast_shapes(values.shape, key.shape))
    np.put_along_axis(result, places, shared(values, np.take_along_axis(key, places, -1)), -1)
    return result


def ranks_in_last(key: Any) -> Any:
    """The place of each entry in ascending order, from 0; tied ones have the mean of theirs."""
    return unsorted_by_last(np.broadcast_to(np.arange(float(key.shape[-1])), key.shape), key)


def ties_in_last(key: Any) -> Any:
    """1 for each entry that another equals."""
    ordered = np.sort(key, axis=-1)
    is_tied = np.zeros(key.shape)
    is_equal = ordered[..., 1:] == ordered[..., :-1]
    is_tied[..., 1:] += is_equal
    is_tied[..., :-1] += is_equal
    return unsorted_by_last(np.minimum(is_tied, 1.0), key)


def sorted_or_nan_in_last(x: Any) -> Any:
    """The entries in ascending order, all nan where one is: a median of something unknown is unknown."""
    ordered = np.sort(x, axis=-1)
    return np.where(np.isnan(ordered[..., -1:]), np.nan, ordered)


in_order = along_last(lambda x: np.sort(x, axis=-1))
sorted_or_nan = along_last(sorted_or_nan_in_last)
sorted_by = along_last(sorted_by_last)
unsorted_by = along_last(unsorted_by_last)
ranks = along_last(ranks_in_last, np.zeros_like)
ties = along_last(ties_in_last, np.zeros_like)


def places_beside_ties(series: Sequence[Any], axis: Axis) -> Any:
    """A key in the order that x has beside a tie: by its first derivatives where it is equal, and so on."""

    def along(*levels: Any) -> Any:
        order = np.lexsort(levels[::-1], axis=-1)
        differs = np.zeros(order.shape)
        for level in levels:
            ordered = np.take_along_axis(level, order, -1)
            differs[..., 1:] = np.maximum(differs[..., 1:], ordered[..., 1:] != ordered[..., :-1])
        result = np.empty(order.shape)
        np.put_along_axis(result, order, np.cumsum(differs, axis=-1), -1)
        return result

    return along_last(along)(*np.broadcast_arrays(*series), axis=axis)
