"""Rows as they are read: what a reader finds in a piece of the input, a job computes, and a writer writes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from backprop.autodiff.named_tuple import NamedTuple
from backprop.cli.batch.formats.numbers import Rows
from backprop.cli.batch.row_errors import Fault
from backprop.cli.batch.sightings import Remark


class Case(NamedTuple):
    """The expression that a row brings and the values that it may use; `reasons` says why a name has none."""

    text: str
    values: Mapping[str, Any]
    reasons: Mapping[str, str]


class Block(NamedTuple):
    """Some rows: the variables' values in them, of shape (*shape, rows), nan in bad rows, and the bad rows by place.

    Behind `misfits` stands what is written again of the rows, as the reader's format has it.
    """

    starts: Sequence[int]  # the line that each row begins in, or its number, counted from the block's first
    lines: int  # of the input that they take, or rows, where these are counted
    values: Mapping[str, Rows]
    faults: Mapping[int, Fault]  # of rows that get no results
    misfits: Mapping[int, Fault] = {}  # of rows with a cell that the output cannot hold; their results are good
    remarks: Sequence[Remark] = ()  # on what is not written as it came
    records: Sequence[str] = ()  # text without line ends
    endings: Sequence[str] = "\n"  # one for all of them, or a list
    lost: Collection[int] = frozenset()  # bad rows that cannot be written again
    closed: Collection[int] = frozenset()  # bad rows whose record can take no results
    objects: Sequence[Mapping[str, Any]] = ()  # what the records say, an empty one where that is no object
    cases: Sequence[Case | None] = ()  # None: a bad row
    lines_series: Any = None  # the records as a series of polars
    batch: Any = None  # the rows as a record batch of pyarrow

    @property
    def rows(self) -> int:
        return len(self.starts)

    def first(self, count: int) -> Block:
        """The same without the rows after so many, none of which is wrong."""
        return self._replace(
            starts=self.starts[:count],
            values={name: value[..., :count] for name, value in self.values.items()},
            faults={row: fault for row, fault in self.faults.items() if row < count},
            misfits={},
            records=self.records[:count],
            endings=self.endings if isinstance(self.endings, str) else self.endings[:count],
            lost=frozenset(),
            closed=frozenset(),
            objects=self.objects[:count],
            cases=self.cases[:count],
            lines_series=None if self.lines_series is None else self.lines_series[:count],
            batch=None if self.batch is None else self.batch.slice(0, count),
        )

    def dropped(self, *, is_skipping: bool) -> Collection[int]:
        """The rows that are not written: all bad ones, or those that cannot be."""
        return {*self.faults, *self.misfits} if is_skipping else self.lost


def fault_of(records: Sequence[str], starts: Sequence[int], row: int, reason: str) -> Fault:
    """What is wrong with one of some records of text, which begin in these lines."""
    return Fault(starts[row], reason, records[row].encode("utf-8", "surrogateescape"))
