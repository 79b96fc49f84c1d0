"""Determinants of matrices of scalars, entry by entry, and what divides by them: what printers write of scalars."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce
from itertools import permutations
from typing import TYPE_CHECKING, Any

from backprop.autodiff.declaration.gate import Attribute, at
from backprop.autodiff.declaration.kinds import Elementwise, Flat
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.gates import slopes
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.numerics.entries import at_entries
from backprop.autodiff.numerics.routines import minors as routines
from backprop.autodiff.numerics.routines import over_entries

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node

MOST_ROWS = 6  # the minors of a matrix of n rows are as many as the ways to choose as many rows as columns
OF_TWO = "abcd"
OF_THREE = "abcdefghi"
ADDED = {"added": Attribute(float, 0.0)}


def of_other_rows(place: int, entries: Sequence[Node]) -> Node:
    """The cofactor of three rows at a place: the minor of the next two rows and columns, in a circle."""
    row, column = divmod(place, 3)
    first, second = [[(place + step) % 3 for step in (1, 2)] for place in (row, column)]
    return det_of_two(*[entries[3 * one + other] for one in first for other in second])


det_of_two: Elementwise = slopes.slope(
    "det_of_two",
    over_entries(routines.det_of_two),
    lambda a, b, c, d, out: d,
    lambda a, b, c, d, out: -c,
    lambda a, b, c, d, out: -b,
    lambda a, b, c, d, out: a,
    of="det of three rows by an entry, with a number added",
    routine=routines.det_of_two,
    operands=tuple(OF_TWO),
    attributes=ADDED,
    textbook=lambda a, b, c, d, added: a * d - b * c + added,
    source="Laplace's expansion",
    samples=(at(2.0, 1.0, -0.5, 3.0), at(0.1, 0.3, 0.2, 0.6000000000000001, added=-1.0)),
)
det_of_three: Elementwise = slopes.slope(
    "det_of_three",
    over_entries(routines.det_of_three),
    *[lambda *entries, place=place: of_other_rows(place, entries) for place in range(9)],
    of="det of four rows by an entry, with a number added",
    routine=routines.det_of_three,
    operands=tuple(OF_THREE),
    attributes=ADDED,
    textbook=lambda a, b, c, d, e, f, g, h, i, added: (
        a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g) + added
    ),
    source="Laplace's expansion",
    samples=(at(1.0, 2.0, 0.5, 0.0, -1.0, 3.0, 2.0, 0.25, 1.0), at(*[0.1 * k for k in range(1, 10)], added=-1.0)),
)


unit_scale = Flat(
    "unit_scale",
    over_entries(routines.unit_scale),
    routine=routines.unit_scale,
    operands=("size",),
    textbook=lambda size: size.graph.number(1.0),
    summary="a power of 2 times which a size is near 1",
    source="by definition",
    samples=(at(2.5), at(1e200), at(1e-300)),
    is_public=False,
)


def det(a: Any, added: float = 0.0) -> Any:
    """The determinant and a number."""
    size = len(a)
    if size > MOST_ROWS:
        raise ExpressionError(
            f"a determinant of {size} rows is too long to be written entry by entry", cure="choose numpy"
        )
    if size < 2:
        value = a[0, 0] if size else 1.0
        return value + added if added else value
    if size < 4:
        return (det_of_two if size == 2 else det_of_three)(*a.ravel(), added=added)
    terms = [(-1.0) ** column * a[0, column] * det(without(a, 0, column)) for column in range(size)]
    value = sum(terms[1:], terms[0])
    return value + added if added else value


def without(a: Any, row: int, column: int) -> Any:
    return np.delete(np.delete(a, row, 0), column, 1)


def cofactors(a: Any, *directions: Any) -> Any:
    """With directions, the differential along them: the sum over the ways to take a row of its own from each."""
    result = np.empty(np.shape(a), dtype=object)
    for row, column in np.ndindex(result.shape):
        minor, *others = [without(matrix, row, column) for matrix in (a, *directions)]
        terms = []
        for rows in permutations(range(len(minor)), len(others)):
            replaced = minor.copy()
            for place, other in zip(rows, others, strict=True):
                replaced[place] = other[place]
            terms.append(det(replaced))
        value = sum(terms[1:], terms[0]) if terms else 0.0
        result[row, column] = -value if (row + column) % 2 else value
    return result


def scaled(a: Any) -> tuple[Any, Any]:
    """The matrix with its largest entry near 1, and the power of 2 that makes it so. One without entries stays."""
    if not a.size:
        return a, 1.0
    scale = unit_scale(reduce(np.maximum, [np.abs(entry) for entry in a.ravel()]))
    return at_entries(lambda entry: entry * scale, a), scale


def logdet(a: Any) -> Any:
    near, scale = scaled(a)
    value = det(near)
    logarithm = np.where(np.abs(value - 1.0) < 0.5, np.log1p(det(near, -1.0)), np.log(value))
    return logarithm - np.log(scale) * len(a)


def over_det(value: Any, whole: Any) -> Any:
    """A quotient, nan where the matrix is singular."""
    return np.where(np.equal(whole, 0.0), math.nan, value / whole)


def inv(a: Any) -> Any:
    near, scale = scaled(a)
    whole = det(near)
    return at_entries(lambda value: over_det(value, whole) * scale, cofactors(near).T)


def solve(a: Any, b: Any) -> Any:
    """By Cramer's rule."""
    near, scale = scaled(a)
    whole = det(near)
    result = np.empty(np.shape(b), dtype=object)
    for place in np.ndindex(result.shape):
        replaced = near.copy()
        replaced[:, place[0]] = b[(slice(None), *place[1:])]
        result[place] = over_det(det(replaced), whole) * scale
    return result
