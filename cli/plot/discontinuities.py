"""Where a curve has no line: poles, jumps and values that are not finite. Knows no picture.

Two neighbouring samples do not tell a steep line from a jump, nor a peak from a pole: the interval is halved until
they differ. Of a continuous function the step between its ends vanishes, of a jump it stays, at a pole it grows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from backprop.autodiff.named_tuple import NamedTuple

Points = np.ndarray[Any, np.dtype[Any]]
Function = Callable[[Points], Points]

HALVINGS = 36  # a step of 0.01 becomes 1e-13
MOST_JUMPS, MOST_PEAKS = 256, 64  # that are looked at, the largest first
STEEP, HIGH = 4.0, 4.0  # medians that a step, or a peak, has to exceed to be looked at
KEPT = 0.25  # of a step that is left in a jump, but in no continuous function
GROWN = 1e3  # by this much a pole grows and nothing else
GROWING = 100.0  # by this much in the second half of the halvings


class Gaps(NamedTuple):
    """`cut`: whether there is no line from a sample to the next. `has_pole`: whether the curve goes off to infinity."""

    cut: Points
    has_pole: bool


def gaps_of(function: Function, x: Points, y: Points) -> Gaps:
    """The gaps of the curve through the samples; `function` gives more of them."""
    finite = np.isfinite(y)
    cut = ~(finite[:-1] & finite[1:])
    has_pole = bool(np.isinf(y).any())
    with np.errstate(all="ignore"):
        for look in (look_at_jumps, look_at_peaks, look_at_edges):
            has_pole |= look(function, x, y, cut)
    return Gaps(cut, has_pole)


def look_at_jumps(function: Function, x: Points, y: Points, cut: Points) -> bool:
    """Cut where the curve jumps, and tell whether it does so through infinity."""
    steps = np.where(cut, 0.0, np.abs(np.diff(y)))
    if cut.all():
        return False
    jumps = largest(steps, STEEP * float(np.median(steps[~cut])), MOST_JUMPS)
    if not len(jumps):
        return False
    left, right = x[jumps], x[jumps + 1]
    at_left, at_right = y[jumps], y[jumps + 1]
    broken = np.zeros(len(jumps), dtype=bool)
    infinite = broken.copy()
    for _ in range(HALVINGS):
        middle = left / 2 + right / 2
        value = function(middle)
        broken |= ~np.isfinite(value)
        infinite |= np.isinf(value)
        goes_left = np.abs(value - at_left) >= np.abs(at_right - value)
        left, at_left = np.where(goes_left, left, middle), np.where(goes_left, at_left, value)
        right, at_right = np.where(goes_left, middle, right), np.where(goes_left, value, at_right)
    rest = np.abs(at_right - at_left)
    cut[jumps] |= broken | (rest > KEPT * steps[jumps])
    return bool(infinite.any() or (rest > GROWN * steps[jumps]).any())


def look_at_peaks(function: Function, x: Points, y: Points, cut: Points) -> bool:
    """Cut at poles that have the same sign on both sides, as 1/x^2, and tell whether there are any."""
    size = np.abs(y)
    if len(x) < 3 or not np.isfinite(size).any():
        return False
    inner = size[1:-1]
    is_peak = (inner >= size[:-2]) & (inner >= size[2:]) & ~cut[:-1] & ~cut[1:]
    typical = float(np.median(size[np.isfinite(size)]))
    peaks = 1 + largest(np.where(is_peak, inner, 0.0), HIGH * typical, MOST_PEAKS)
    if not len(peaks):
        return False
    middle, width = x[peaks], np.maximum(x[peaks + 1] - x[peaks], x[peaks] - x[peaks - 1])
    top = halfway = size[peaks]
    low, high = x[peaks - 1], x[peaks + 1]
    for halving in range(HALVINGS):
        if halving == HALVINGS // 2:
            halfway = top
        width = width / 2
        for candidate in (np.maximum(middle - width, low), np.minimum(middle + width, high)):
            value = np.abs(function(candidate))
            is_higher = value > top  # False for nan
            middle, top = np.where(is_higher, candidate, middle), np.where(is_higher, value, top)
    is_pole = top > GROWING * halfway  # a narrow peak that was between the samples has stopped to grow
    intervals = np.clip(np.searchsorted(x, middle[is_pole]) - 1, 0, len(cut) - 1)
    cut[intervals] = True
    return bool(is_pole.any())


def look_at_edges(function: Function, x: Points, y: Points, cut: Points) -> bool:
    """Whether the curve goes off to infinity where its domain ends, as 1/sqrt(x) does at 0."""
    finite = np.isfinite(y)
    edges = np.flatnonzero(finite[:-1] != finite[1:])[:MOST_PEAKS]
    if not len(edges):
        return False
    is_left = finite[edges]
    inside = np.where(is_left, x[edges], x[edges + 1])
    outside = np.where(is_left, x[edges + 1], x[edges])
    first = last = np.where(is_left, y[edges], y[edges + 1])
    for _ in range(HALVINGS):
        middle = inside / 2 + outside / 2
        value = function(middle)
        is_inside = np.isfinite(value)
        inside, outside = np.where(is_inside, middle, inside), np.where(is_inside, outside, middle)
        last = np.where(is_inside, value, last)
    return bool((np.abs(last) > GROWN * np.abs(first)).any())


def largest(sizes: Points, least: float, most: int) -> Points:
    """The places of the largest sizes above the least, not more than so many."""
    indices = np.flatnonzero(sizes > least)
    return indices if len(indices) <= most else np.sort(indices[np.argsort(sizes[indices])[-most:]])
