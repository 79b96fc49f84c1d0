"""Which columns of a sparse matrix one sweep finds together: they are colored, and those of one color swept at once.

Sources: Curtis, Powell & Reid (1974), On the estimation of sparse Jacobian matrices; Powell & Toint (1979), On the
estimation of sparse Hessian matrices; Gebremedhin, Manne & Pothen (2005), What color is your Jacobian?
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np

from backprop.autodiff.named_tuple import NamedTuple

Numbers: TypeAlias = np.ndarray[Any, Any]  # whole, in 32 bits where they are many and kept

MOST_PERIODS = 12  # that are tried, from the least that may do
SAMPLED = 512  # entries at three places, in which most wrong periods are seen
MOST_APART = 6  # entries of a row that are compared by twos: of more it takes less to mark the colors of each row
MOST_COMPARED = 2**18  # entries of a matrix up to which a second coloring is tried for one color fewer


class Sparsity(NamedTuple):
    """Where a matrix may have entries: row by row, ascending in each."""

    rows: Numbers
    columns: Numbers
    height: int
    width: int

    @property
    def most_in_row(self) -> int:
        return int(np.diff(self.starts()).max(initial=0))

    @property
    def most_in_column(self) -> int:
        return most_alike(self.columns)

    def transposed(self) -> Sparsity:
        order = self.by_columns()
        return Sparsity(self.columns[order], self.rows[order], self.width, self.height)

    def by_columns(self) -> Numbers:
        """Its entries' numbers, column by column."""
        return np.lexsort((self.rows, self.columns))

    def symmetric(self) -> Sparsity:
        """With the mirror image of every entry."""
        below, above = np.flatnonzero(self.rows > self.columns), np.flatnonzero(self.rows < self.columns)
        across, down, rows, columns = self.columns[below], self.rows[below], self.rows[above], self.columns[above]
        if np.array_equal(across, rows) and np.array_equal(down, columns):
            return self  # of a band each is found in the order of the other
        if np.array_equal(np.sort(places(across, down, self.width)), places(rows, columns, self.width)):
            return self
        own, mirrored = places(self.rows, self.columns, self.width), places(self.columns, self.rows, self.width)
        both = np.union1d(own, mirrored)
        rows, columns = np.divmod(both, self.width)
        return Sparsity(rows.astype(np.int32), columns.astype(np.int32), self.height, self.width)

    def starts(self) -> Numbers:
        """Where each row begins among the entries, and where the last ends."""
        starts = np.zeros(self.height + 1, dtype=np.int32)
        ends = np.flatnonzero(self.rows[1:] != self.rows[:-1])
        if len(ends) + 1 == self.height and len(self.rows):  # no row is empty
            starts[1:-1] = ends
            starts[1:-1] += 1
            starts[-1] = len(self.rows)
        else:
            np.cumsum(np.bincount(self.rows, minlength=self.height), out=starts[1:])
        return starts

    def columns_by_row(self) -> list[list[int]]:
        starts, columns = self.starts().tolist(), self.columns.tolist()
        return [columns[start:end] for start, end in pairwise(starts)]


def places(rows: Numbers, columns: Numbers, width: int) -> Numbers:
    """Where entries are in a full matrix, row by row."""
    return rows.astype(np.int64) * width + columns


def most_alike(numbers: Numbers) -> int:
    return int(np.bincount(numbers).max(initial=0))


def colored(matrix: Sparsity) -> Numbers:
    """A color for each column, from 0: no row has entries in two columns of one color."""
    least = matrix.most_in_row
    colors = in_periods(matrix, least)
    if colors is None or (count_of(colors) > least and len(matrix.rows) <= MOST_COMPARED):
        return fewer(colors, in_turn(matrix))
    return colors


def colored_symmetric(matrix: Sparsity) -> Numbers:
    """A color for each column of a symmetric matrix: of any entry and its mirror image, one is alone.

    It is so if no other entry of its row is in a column of its color.
    """
    colors = in_periods(matrix, matrix.most_in_row)
    if colors is None or len(matrix.rows) <= MOST_COMPARED:
        return fewer(colors, stars_in_turn(matrix))
    return colors


def fewer(colors: Numbers | None, others: Numbers) -> Numbers:
    return others if colors is None or count_of(others) < count_of(colors) else colors


def count_of(colors: Numbers) -> int:
    return int(colors.max(initial=-1)) + 1


def in_periods(matrix: Sparsity, least: int) -> Numbers | None:
    """Colors that come again after so many columns, where a few do: most banded matrices are content with them."""
    count, part = len(matrix.rows), slice(0, SAMPLED)
    parts = [part, slice(count // 2, count // 2 + SAMPLED), slice(max(0, count - SAMPLED), count)]
    for period in range(max(least, 1), max(least, 1) + MOST_PERIODS):
        colors = np.arange(matrix.width, dtype=np.int32) % np.int32(period)
        if all(
            are_alone(matrix.rows[part], colors[matrix.columns[part]], matrix.height, period)
            for part in (*parts, slice(None))
        ):
            return colors
    return None


def are_alone(rows: Numbers, colors: Numbers, height: int, count: int) -> bool:
    """Whether no row has a color twice. The rows ascend."""
    for apart in range(1, MOST_APART + 1):
        is_one_row = rows[apart:] == rows[:-apart]
        if not is_one_row.any():
            return True
        if np.any(is_one_row & (colors[apart:] == colors[:-apart])):
            return False
    keys = places(rows, colors, count)
    if len(keys) < height:
        return len(np.unique(keys)) == len(keys)
    is_there = np.zeros(height * count, dtype=bool)
    is_there[keys] = True
    return int(np.count_nonzero(is_there)) == len(keys)


def in_turn(matrix: Sparsity) -> Numbers:
    """Columns one after the other, the fullest first, in the first color that none of their rows has yet.

    A color is a bit, and the colors that a row has are one number.
    """
    rows_of = matrix.transposed().columns_by_row()
    had = [0] * matrix.height
    bits = [0] * matrix.width
    for column in fullest_first(rows_of):
        taken = 0
        for row in rows_of[column]:
            taken |= had[row]
        bit = bits[column] = ~taken & (taken + 1)
        for row in rows_of[column]:
            had[row] |= bit
    return numbered(bits)


def stars_in_turn(matrix: Sparsity) -> Numbers:
    """The same for a symmetric matrix: columns with one color have no neighbor in common but one of a lower color.

    Neighbors have an entry in each other's row. Of two of one color, the common neighbor's entry is then alone in
    theirs, the lower color's. Source: Gebremedhin, Manne & Pothen (2005), algorithm 4.1.
    """
    neighbors = matrix.columns_by_row()
    around = [0] * matrix.width  # the colors of each one's neighbors
    bits = [0] * matrix.width
    for column in fullest_first(neighbors):
        taken = 0
        for neighbor in neighbors[column]:
            if neighbor != column:
                own = bits[neighbor]
                taken |= own | (around[neighbor] & (own - 1)) if own else around[neighbor]
        bit = bits[column] = ~taken & (taken + 1)
        for neighbor in neighbors[column]:
            if neighbor != column:
                around[neighbor] |= bit
    return numbered(bits)


def fullest_first(lists: Sequence[Sequence[int]]) -> Sequence[int]:
    order: Sequence[int] = np.argsort([-len(one) for one in lists], kind="stable").tolist()
    return order


def numbered(bits: Sequence[int]) -> Numbers:
    return np.array([bit.bit_length() - 1 for bit in bits], dtype=np.int32)
