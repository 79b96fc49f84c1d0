"""Sums of results over all rows: a loss and its gradient from a file. Reads and writes nothing."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np

from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.numerics.double_double import two_sum
from backprop.cli.batch.formats.delimited import Delimited
from backprop.cli.batch.formats.dialect import dialect_of
from backprop.cli.batch.formats.ndjson import Members
from backprop.cli.batch.formats.numbers import Rows, rows_of, texts
from backprop.cli.batch.results import check_names, entry_names

if TYPE_CHECKING:
    from backprop.autodiff.shapes import Shape

ROWS = "rows"  # what the number of rows is called beside the results


class Sums(NamedTuple):
    """The sums of the entries of all results over some rows, as pairs high + low, and how many rows these are."""

    rows: int
    high: Rows
    low: Rows

    def plus(self, other: Sums) -> Sums:
        high, low = added(self.high, other.high)
        return Sums(self.rows + other.rows, high, low + self.low + other.low)

    def values(self, divisor: int = 1) -> Rows:
        """The nearest doubles of the sums by a whole number; of none by 0 that is nan."""
        with np.errstate(all="ignore"):
            return (self.high + self.low) / divisor


def sums_of(results: Sequence[Rows], bad: Collection[int]) -> Sums:
    """The sums of results of shape (*shape, rows) over the rows that are not bad: by halves, with what each rounds."""
    entries = np.array(rows_of(results))
    if bad:
        entries = np.delete(entries, list(bad), axis=1)
    rows = entries.shape[1]
    high, low = entries, np.zeros_like(entries)
    while high.shape[1] > 1:
        if high.shape[1] % 2:
            high, low = (np.pad(part, ((0, 0), (0, 1))) for part in (high, low))
        half = high.shape[1] // 2
        high, error = added(high[:, :half], high[:, half:])
        low = low[:, :half] + low[:, half:] + error
    return Sums(rows, high.sum(axis=1), low.sum(axis=1))


def added(a: Rows, b: Rows) -> tuple[Rows, Rows]:
    """a + b rounded, and what that leaves out; nothing where the sum is not finite."""
    with np.errstate(all="ignore"):
        total, error = two_sum(a, b)
    return total, np.where(np.isfinite(error), error, 0.0)


class Totals:
    """Adds what the blocks come to; `names` and `shapes` are the results'. Raises Failure where a name is taken."""

    def __init__(self, names: Sequence[str], shapes: Sequence[Shape], *, is_mean: bool) -> None:
        check_names([*names, ROWS], ())
        self.names = list(names)
        self.shapes = list(shapes)
        self.is_mean = is_mean
        count = sum([int(np.prod(shape)) for shape in shapes])
        self.sums = Sums(0, np.zeros(count), np.zeros(count))

    def add(self, sums: Sums) -> None:
        self.sums = self.sums.plus(sums)

    @property
    def is_of_nothing(self) -> bool:
        return self.is_mean and not self.sums.rows

    def text(self, form: str, *, has_header: bool) -> bytes:
        """The totals, or the means, and the number of rows, as the one row of a table or as one object."""
        rows = self.sums.rows
        values = self.sums.values(rows if self.is_mean else 1)
        if form == "ndjson":
            ends = np.cumsum([int(np.prod(shape)) for shape in self.shapes])[:-1]
            results = [part.reshape(*shape, 1) for part, shape in zip(np.split(values, ends), self.shapes, strict=True)]
            (members,) = Members(self.names, self.shapes).texts(results, ())
            return f"{{{members}, {json.dumps(ROWS)}: {rows}}}\n".encode()
        table = Delimited(dialect_of(form))
        names = [
            entry for name, shape in zip(self.names, self.shapes, strict=True) for entry in entry_names(name, shape)
        ]
        lines = [table.joined([*names, ROWS])] * has_header + [table.joined([*texts(values), str(rows)])]
        return "".join([f"{line}\n" for line in lines]).encode("utf-8", "surrogateescape")
