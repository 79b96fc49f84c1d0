"""How far entries are from their mean, with 32 digits until that is rounded: next to a large mean others cancel."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from backprop.autodiff.numerics.double_double import two_product, two_sum
from backprop.autodiff.numerics.stable import Axis
from backprop.autodiff.shapes import Array

CACHED = 2**12  # numbers at a time: the many steps between them stay in the cache, and in memory that is there
FAR = 1000  # an exponent of 2, beyond which a difference might overflow


def deviations(x: Array, axis: Axis = None) -> Array:
    """x - mean x, to the last digit also for an entry next to the mean; exactly 0 where all entries are equal."""
    if not isinstance(x, np.ndarray):
        return np.float64(x - x)
    places = range(x.ndim) if axis is None else [place % x.ndim for place in np.atleast_1d(axis)]
    order = (*places, *[place for place in range(x.ndim) if place not in places])
    moved = x.transpose(order)
    entries = moved.reshape(math.prod(x.shape[place] for place in places), -1) if x.size else moved
    result = np.empty_like(entries)
    columns = max(256, CACHED // max(len(entries), 1))
    for start in range(0, x.size and entries.shape[1], columns):
        part = slice(start, start + columns)
        result[:, part] = _apart_from_mean(entries[:, part])
    return result.reshape(moved.shape).transpose(np.argsort(order))


def _apart_from_mean(x: Any) -> Any:
    """The deviations along the first axis."""
    _, exponent = np.frexp(np.max(np.abs(x), axis=0))
    is_far = bool((exponent > FAR).any())
    if is_far:
        x = np.ldexp(x, -exponent)
    apart, error = two_sum(x, -x[0])  # from the first entry, exactly
    high, low = _sum(apart, error)
    middle = high / len(x)
    product, lost = two_product(middle, float(len(x)))
    error -= ((high - product) - lost + low) / len(x)
    rest, lost = two_sum(apart, -middle)
    lost += error
    rest += lost
    return np.ldexp(rest, exponent) if is_far else rest


def _sum(high: Any, low: Any) -> tuple[Any, Any]:
    """The sum of pairs of doubles along the first axis, added in halves."""
    while len(high) > 1:
        half = len(high) // 2
        total, error = two_sum(high[:half], high[half : 2 * half])
        error += low[:half]
        error += low[half : 2 * half]
        if len(high) % 2:
            total[0], rest = two_sum(total[0], high[-1])
            error[0] += rest + low[-1]
        high, low = total, error
    return high[0], low[0]
