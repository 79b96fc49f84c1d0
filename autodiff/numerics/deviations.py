"""How far entries are from their mean, which is known to 32 digits: next to a large mean others cancel."""

from __future__ import annotations

import math
from typing import Any

from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.numerics.double_double import split
from backprop.autodiff.shapes import Array, Axis, normalized_axes

CACHED = 2**15  # numbers at a time: the many steps between them stay in the cache, and in memory that is there
LEAST_COLUMNS = 2048  # at a time, or the calls take longer than the work
FAR = 2.0**900  # beyond which the anchor might overflow


def deviations(x: Array, axis: Axis = None) -> Array:
    """x - mean x, to the last digit also for an entry next to the mean; exactly 0 where all entries are equal."""
    if not isinstance(x, np.ndarray):
        return np.float64(x - x)
    places = normalized_axes(axis, x.ndim)
    order = (*places, *[axis_index for axis_index in range(x.ndim) if axis_index not in places])
    moved = x.transpose(order)
    entries = moved.reshape(math.prod([x.shape[axis_index] for axis_index in places]), -1) if x.size else moved
    result = np.empty_like(entries)
    columns = max(LEAST_COLUMNS, CACHED // max(len(entries), 1))
    for start in range(0, x.size and entries.shape[1], columns):
        part = slice(start, start + columns)
        _apart_from_mean(entries[:, part], result[:, part])
    return result.reshape(moved.shape).transpose(np.argsort(order))


def _apart_from_mean(x: Any, out: Any) -> None:
    """The deviations along the first axis, into `out`.

    Added to an anchor that is larger than the sum, entries are rounded to multiples of one number, the sum of which is
    exact; what was rounded away is added up beside it. The mean is such a pair, too, and next to it an entry is apart
    from its first part exactly. Source: Rump, Ogita & Oishi, Accurate floating-point summation I (2008), section 3.
    """
    count = float(len(x))
    largest = np.maximum(np.maximum.reduce(x, axis=0), -np.minimum.reduce(x, axis=0))
    is_far = bool((largest > FAR).any())
    if is_far:
        _, exponent = np.frexp(largest)
        x = np.ldexp(x, -exponent)
        largest = np.ldexp(largest, -exponent)
    anchor = largest * (4.0 * count)
    np.add(x, anchor, out=out)
    out -= anchor
    total = np.add.reduce(out, axis=0)
    np.subtract(x, out, out=out)
    left = np.add.reduce(out, axis=0)
    middle = (total + left) / count
    high, low = split(middle)  # times the number of entries both are exact
    left += (total - count * high) - count * low
    left /= count
    np.subtract(x, middle, out=out)
    out -= left
    if is_far:
        np.ldexp(out, exponent, out=out)
