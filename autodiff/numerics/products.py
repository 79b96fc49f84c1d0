"""Products of all entries but some, and their differentials of every order: sums of products, never a quotient.

A zero does no harm here, and nothing cancels but what the numbers themselves cancel.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Any

from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.numerics.stable import Axis, as_rows, from_rows
from backprop.autodiff.shapes import Array

Dual = dict[int, Any]


def product_of_others(x: Array, *directions: Array, axis: Axis = None) -> Array:
    """For each entry the product of the others, by running products from both ends.

    With k directions its k-th differential along them: at each entry the sum, over the ways to give each direction
    another place among the others, of the directions' entries there times the x that are left.
    """
    rows, places = as_rows(x, axis)
    if not directions:
        before, after = np.ones_like(rows), np.ones_like(rows)
        np.cumprod(rows[..., :-1], axis=-1, out=before[..., 1:])
        np.cumprod(rows[..., :0:-1], axis=-1, out=after[..., -2::-1])
        return from_rows(before * after, places, x)
    along = [as_rows(np.broadcast_to(direction, np.shape(x)), axis)[0] for direction in directions]
    both = multiplied(
        _before(rows, along), _backwards(_before(rows[..., ::-1], [tangent[..., ::-1] for tangent in along]))
    )
    return from_rows(both.get(2 ** len(directions) - 1, np.zeros_like(rows)), places, x)


def product_of_all_but(row: Any, count: int) -> Any:
    """The products of the entries at all places but `count` different ones; 0 where two of the places are one.

    Shapes: the last axis of length n becomes `count` axes of that length. The places in their order leave runs: one
    before the first, those between neighbours, one behind the last.
    """
    length = row.shape[-1]
    ones = np.ones((*row.shape[:-1], 1))
    before = np.concatenate([ones, np.cumprod(row, axis=-1)[..., :-1]], axis=-1)
    after = np.concatenate([np.cumprod(row[..., ::-1], axis=-1)[..., -2::-1], ones], axis=-1)
    is_behind = np.arange(length)[:, None] < np.arange(length)
    runs = np.cumprod(np.where(is_behind, row[..., None, :], 1.0), axis=-1)
    between = np.where(is_behind, np.concatenate([np.ones_like(runs[..., :1]), runs[..., :-1]], axis=-1), 0.0)
    factors: list[Any] = [before, [..., 0], after, [..., count - 1]]
    for axis in range(count - 1):
        factors += [between, [..., axis, axis + 1]]
    axes_left: list[Any] = [..., *range(count)]
    ordered = np.einsum(*factors, axes_left)
    axes = range(row.ndim - 1, row.ndim - 1 + count)
    return sum(np.moveaxis(ordered, axes, some) for some in permutations(axes))


def _before(rows: Any, along: Sequence[Any]) -> Dual:
    """For each entry the product of the entries before it, each moved a little along every direction.

    A number with k directions has 2^k parts, one for each set of them, the sets as the bits of a whole number; the
    square of a step is 0. Source: Hillis & Steele 1986, Data parallel algorithms, for the running product.
    """
    if not rows.shape[-1]:
        return {}
    product: Dual = {0: np.ones_like(rows)}
    product[0][..., 1:] = rows[..., :-1]
    for bit, tangent in enumerate(along):
        product[1 << bit] = np.zeros_like(rows)
        product[1 << bit][..., 1:] = tangent[..., :-1]
    step = 1
    while step < rows.shape[-1]:
        ahead = multiplied(
            {bits: part[..., :-step] for bits, part in product.items()},
            {bits: part[..., step:] for bits, part in product.items()},
        )
        for bits, part in ahead.items():
            behind = product[bits][..., :step] if bits in product else np.zeros_like(rows[..., :step])
            product[bits] = np.concatenate([behind, part], axis=-1)
        step *= 2
    return product


def _backwards(number: Dual) -> Dual:
    return {bits: part[..., ::-1] for bits, part in number.items()}


def multiplied(a: Dual, b: Dual) -> Dual:
    """The product of two numbers with parts for sets of directions, as bits; of arrays, or of whatever multiplies."""
    product: Dual = {}
    for first, left in a.items():
        for second, right in b.items():
            if not first & second:
                both = left * right
                product[first | second] = product[first | second] + both if first | second in product else both
    return product
