"""What numerics/ computes of the entries along an axis, as nodes of the single entries: what printers write of scalars.

A row is the list of the nodes that belong together. Nothing here sees an array but to take the rows out of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

from backprop.autodiff.declaration.table import NAMED
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.numerics.entries import at_entries
from backprop.autodiff.numerics.products import Dual, multiplied
from backprop.autodiff.numerics.stable import as_rows, from_rows
from backprop.autodiff.shapes import Axis

Row = Sequence[Any]  # of nodes: of floats, so far as NumPy's types know


def to_one(of_row: Callable[[Row], Any]) -> Callable[..., Any]:
    """The function of an array and its axis that reduces each row to one entry."""

    def forward(x: Any, axis: Axis) -> Any:
        rows, _ = as_rows(x, axis)
        result = np.empty(rows.shape[:-1], dtype=object)
        for place in np.ndindex(result.shape):
            result[place] = of_row(list(rows[place]))
        return result

    return forward


def to_row(of_rows: Callable[..., Row]) -> Callable[..., Any]:
    """The function of arrays of one shape and their axis that makes a row of each of their rows."""

    def forward(*operands: Any, axis: Axis) -> Any:
        whole = np.broadcast_arrays(*operands)
        rows = [as_rows(operand, axis)[0] for operand in whole]
        _, places = as_rows(whole[0], axis)
        result = np.empty(rows[0].shape, dtype=object)
        for place in np.ndindex(result.shape[:-1]):
            result[place][...] = of_rows(*[list(operand[place]) for operand in rows])
        return from_rows(result, places, whole[0])

    return forward


def total(row: Row) -> Any:
    return reduce(lambda one, other: one + other, row)


def mean(row: Row) -> Any:
    return total(row) / len(row)


def largest(row: Row) -> Any:
    return reduce(np.maximum, row)


def smallest(row: Row) -> Any:
    return reduce(np.minimum, row)


# Norms and variances


def safe_scale(row: Row) -> Any:
    """The power of 2 times which the entries have squares that neither overflow nor vanish."""
    return NAMED["unit_scale"](largest([np.abs(x) for x in row]))


def norm(row: Row) -> Any:
    if not row:
        return 0.0
    scale = safe_scale(row)
    return np.sqrt(total([x * scale * (x * scale) for x in row])) / scale


def apart_from_mean(row: Row) -> list[Any]:
    """How far the entries are from their rounded mean; 0 where all are equal."""
    apart = [x - row[0] for x in row]
    middle = mean(apart)
    return [x - middle for x in apart]


def deviations(row: Row) -> list[Any]:
    apart = apart_from_mean(row)
    rest = mean(apart)
    return [x - rest for x in apart]


def scaled_variance(row: Row) -> tuple[Any, Any]:
    scale = safe_scale(row)
    return mean([x * x for x in apart_from_mean([x * scale for x in row])]), scale


def variance(row: Row) -> Any:
    result, scale = scaled_variance(row)
    return result / scale / scale


def std(row: Row) -> Any:
    result, scale = scaled_variance(row)
    return np.sqrt(result) / scale


# Products


def product_of_others(row: Row, *directions: Row) -> Row:
    """A number with k directions has parts for the sets of them, the sets as the bits of a whole number."""
    entries = [{0: x, **{1 << bit: way[place] for bit, way in enumerate(directions)}} for place, x in enumerate(row)]
    one = {0: row[0].graph.number(1.0)} if row else {}
    before, after = running_products(entries, one), running_products(entries[::-1], one)[::-1]
    zero = [x.graph.number(0.0) for x in row]
    return [
        multiplied(*pair).get(2 ** len(directions) - 1, nothing)
        for pair, nothing in zip(zip(before, after, strict=True), zero, strict=True)
    ]


def running_products(entries: Sequence[Dual], one: Dual) -> list[Dual]:
    """For each entry the product of those before it."""
    found = [one]
    for entry in entries[:-1]:
        found.append(multiplied(found[-1], entry))
    return found


# Sums of exponentials


def exponential_of_difference(x: Any, y: Any) -> Any:
    return NAMED["exp_of_difference"](x, y)


def largest_and_others(row: Row) -> tuple[Any, Any]:
    """The largest entry m, and log1p of the sum of exp(x - m) over the others."""
    m = largest(row)
    base = np.where(np.abs(m) < math.inf, m, 0.0)
    weights = [np.where(x.equals(m), 0.0, exponential_of_difference(x, base)) for x in row]
    ties = total([x.equals(m) for x in row]) - 1.0
    return m, np.log1p(ties + total(weights))


def logsumexp(row: Row) -> Any:
    if len(row) == 2:
        return NAMED["logaddexp"](*row)
    m, others = largest_and_others(row)
    return m + others


def as_far_below(row: Row) -> tuple[Row, Row]:
    """A row with inf as one that shares out alike, 0 there and all else at -inf; and where no limit is known."""
    far = [x.equals(math.inf) for x in row]
    is_row, count = largest(row).equals(math.inf), total(far)
    below = [np.where(is_row, np.where(is_far, 0.0, -math.inf), x) for is_far, x in zip(far, row, strict=True)]
    return below, [np.logical_and(is_far, count > 1.0) for is_far in far]


def log_softmax(row: Row) -> list[Any]:
    below, unknown = as_far_below(row)
    m, others = largest_and_others(below)
    return [np.where(is_unknown, math.nan, x - m - others) for is_unknown, x in zip(unknown, below, strict=True)]


def softmax(row: Row) -> list[Any]:
    below, unknown = as_far_below(row)
    m = largest(below)
    weights = [exponential_of_difference(x, m) for x in below]
    whole = total(weights)
    return [np.where(is_unknown, math.nan, x / whole) for is_unknown, x in zip(unknown, weights, strict=True)]


def apart_from_largest(direction: Row, row: Row) -> tuple[list[Any], list[Any]]:
    m = largest(row)
    is_largest = [x.equals(m) for x in row]
    center = total([np.where(flag, d, 0.0) for flag, d in zip(is_largest, direction, strict=True)]) / total(is_largest)
    apart, shares = [d - center for d in direction], softmax(row)
    center = total([d * share for d, share in zip(apart, shares, strict=True)])
    return [d - center for d in apart], shares


def log_softmax_differential(direction: Row, row: Row) -> list[Any]:
    return apart_from_largest(direction, row)[0]


def softmax_differential(direction: Row, row: Row) -> list[Any]:
    return [share * d for d, share in zip(*apart_from_largest(direction, row), strict=True)]


def log_softmax_transpose(upstream: Row, row: Row) -> list[Any]:
    m, shares = largest(row), softmax(row)
    is_largest = [x.equals(m) for x in row]
    is_one = total(is_largest).equals(1.0)
    rest = total([np.where(flag, 0.0, share) for flag, share in zip(is_largest, shares, strict=True)])
    given = total(upstream)
    return [
        u * np.where(np.logical_and(flag, is_one), rest, 1.0 - share) - share * (given - u)
        for u, flag, share in zip(upstream, is_largest, shares, strict=True)
    ]


# Orders


def ordered(row: Row) -> list[Any]:
    """In ascending order, what is nan last, by a network: Batcher's odd-even merge sort, Knuth, TAOCP 3, 5.2.2 M."""
    found: list[Any] = list(row)
    for first, second in comparisons(len(row)):
        x, y = found[first], found[second]
        is_wrong = np.logical_or(x > y, np.not_equal(x, x))
        found[first], found[second] = np.where(is_wrong, y, x), np.where(is_wrong, x, y)
    return found


def comparisons(count: int) -> list[tuple[int, int]]:
    """The places that are compared, in their order, to sort that many entries."""
    found = []
    p = half = 1 << max((count - 1).bit_length() - 1, 0)
    while p > 0:
        q, r, distance = half, 0, p
        while True:
            found += [(place, place + distance) for place in range(count - distance) if place & p == r]
            if q == p:
                break
            distance, q, r = q - p, q // 2, p
        p //= 2
    return found


def ordered_or_nan(row: Row) -> list[Any]:
    found = ordered(row)
    return [np.where(np.not_equal(found[-1], found[-1]), math.nan, x) for x in found]


def first_places(key: Row) -> tuple[list[Any], list[Any]]:
    """Of each entry the first of the places in ascending order that it shares with those equal to it; their number."""
    others = [(x, [other for place, other in enumerate(key) if place != own]) for own, x in enumerate(key)]
    firsts = [total([key[0].graph.number(0.0), *[other < x for other in rest]]) for x, rest in others]
    return firsts, [total([key[0].graph.number(1.0), *[other.equals(x) for other in rest]]) for x, rest in others]


def ranks(key: Row) -> list[Any]:
    return [first + (count - 1.0) / 2.0 for first, count in zip(*first_places(key), strict=True)]


def is_at(place: int, first: Any, count: Any) -> Any:
    return np.logical_and(first < place + 1, first + count > place)


def sorted_by(row: Row, key: Row) -> list[Any]:
    shares = list(zip(*first_places(key), strict=True))
    result = []
    for place in range(len(row)):
        there = [is_at(place, *share) for share in shares]
        result.append(total([np.where(flag, x, 0.0) for flag, x in zip(there, row, strict=True)]) / total(there))
    return result


def unsorted_by(row: Row, key: Row) -> list[Any]:
    return [
        total([np.where(is_at(place, first, count), x, 0.0) for place, x in enumerate(row)]) / count
        for first, count in zip(*first_places(key), strict=True)
    ]


# Labels


def is_named(label: Any, place: int, length: int) -> Any:
    """Whether a label names a place, counted from the start or from the end."""
    return np.logical_or(label.equals(place), label.equals(place - length))


def entry(x: Any, label: Any, axis: int) -> Any:
    moved = np.moveaxis(x, axis, -1)
    labels = np.broadcast_to(label, moved.shape[:-1])
    result = np.empty(moved.shape[:-1], dtype=object)
    for place in np.ndindex(result.shape):
        found: Any = math.nan
        for position, value in reversed(list(enumerate(moved[place]))):
            found = np.where(is_named(labels[place], position, moved.shape[-1]), value, found)
        result[place] = found
    return result


def indicators(label: Any, n: int) -> Any:
    """1 at the place that each label names along a new last axis, nan where it names none."""
    result = np.empty((*np.shape(label), n), dtype=object)
    for place in np.ndindex(np.shape(label)):
        there = [is_named(label[place], position, n) for position in range(n)]
        is_any = total(there)
        result[place] = [np.where(is_any, flag, math.nan) for flag in there]
    return result


def placed(x: Any, label: Any, axis: int, length: int) -> Any:
    there = np.moveaxis(indicators(np.broadcast_to(label, np.shape(x)), length), -1, axis)
    along = np.expand_dims(x, axis)
    return at_entries(lambda flag, value: np.where(flag, value, 0.0) + flag * 0.0, there, along)
