"""The rows that a model is fitted to: the columns of its names, without rows that are bad or lack a value.

They are read as `batch` reads them. Only what the model needs is kept, as doubles; of many rows in a file.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from backprop.autodiff.named_tuple import NamedTuple
from backprop.cli.batch.block import Block
from backprop.cli.batch.columnar.bulk import in_bulk, serves
from backprop.cli.batch.evaluation import RowsJob
from backprop.cli.batch.formats.numbers import Rows
from backprop.cli.batch.input.blocks import TEXT_BLOCK, BlockReader
from backprop.cli.batch.pipeline import begun_run, parts_of
from backprop.cli.batch.row_errors import Fault, Faults, RowPlace
from backprop.cli.fit.settings import FitSettings
from backprop.cli.fit.stored import StoredRows
from backprop.cli.status import Failure, Status

IN_BULK = TEXT_BLOCK // 2  # bytes at once for which a library that reads them is worth its import


class Data(NamedTuple):
    """The columns by name, with the rows along the last axis, and where these are.

    `header` are the names of all columns. `starts` are the lines that the rows begin in, or their numbers, and `files`
    the first row of each file with its place. `bad` rows were wrong and are left out, `absent` ones have no value.
    """

    columns: dict[str, Rows]
    header: list[str]
    starts: np.ndarray[Any, Any]
    files: list[tuple[int, RowPlace]]
    bad: int
    absent: int

    def place_of(self, row: int) -> str:
        """Where a row is, as errors name it."""
        place = next(place for first, place in reversed(self.files) if first <= row)
        return place._replace(line=int(self.starts[row])).shown


def read_data(settings: FitSettings) -> Data:
    """All rows. Raises ExpressionError or Failure."""
    if settings.files[0].path in (None, "-"):
        settings.note_of_typing()
    gathered = Gathered(settings)
    with contextlib.ExitStack() as stack:
        run = begun_run(settings, stack)
        for file, (given, job) in parts_of(settings, run):
            assert isinstance(job, RowsJob)
            gathered.begin(RowPlace(given.unit, file.name if len(settings.files) > 1 else ""))
            for data in pieces_of(given):
                if len(data) >= IN_BULK and isinstance(given, BlockReader) and serves(job):
                    job = in_bulk(job)
                block = job.reader.read(data)
                gathered.take(block, given.line)
                given.line += block.lines
            if given.loss:
                gathered.faults.lose(given.loss)
    return gathered.whole()


def pieces_of(given: Any) -> Iterator[Any]:
    """The pieces of an input: blocks of text, or record batches."""
    if not isinstance(given, BlockReader):
        yield from given
        return
    while not given.is_done:
        given.fill(given.size + TEXT_BLOCK)
        data = given.take()
        if data:
            yield bytes(data)


class Gathered:
    """The good rows so far."""

    def __init__(self, settings: FitSettings) -> None:
        self.settings = settings
        self.faults = Faults(settings.tell)
        self.columns: dict[str, StoredRows] = {}
        self.starts = StoredRows()
        self.files: list[tuple[int, RowPlace]] = []
        self.rows = self.absent = 0

    def begin(self, place: RowPlace) -> None:
        """From here on the rows are those of this file."""
        self.files.append((self.rows, place))

    def take(self, block: Block, first: int) -> None:
        """Take the rows of a block that begins there. Raises Failure where one has no value and has to have one."""
        place = self.files[-1][1]._replace(line=first)
        wrong = {**unusable(block), **block.faults}
        for row in sorted(wrong):
            fault = wrong[row]
            if not fault.is_absent:
                self.faults.add(fault, place)
                continue
            self.absent += 1
            if self.settings.stops_at_missing:
                reason = f"{place.after(fault.line).shown}: {fault.reason}"
                raise Failure(reason, "--missing drop leaves it out", Status.WRONG_DATA)
        kept = np.setdiff1d(np.arange(block.rows), list(wrong), assume_unique=True)
        for name, values in block.values.items():
            self.columns.setdefault(name, StoredRows()).add(values[..., kept] if wrong else values)
        self.starts.add(first + np.asarray(block.starts, dtype=np.int64)[kept])
        self.rows += len(kept)

    def whole(self) -> Data:
        """All of them. Raises Failure where there is none."""
        self.faults.sum_up()
        if self.absent:
            rows = f"{self.absent} row{'s have' if self.absent > 1 else ' has'}"
            self.settings.note(f"{rows} no value in a column that is needed: left out")
        if not self.rows:
            raise Failure(
                f"{', '.join(file.name for file in self.settings.files)}: no row can be used",
                "give rows with numbers in every column of the model",
                Status.WRONG_QUESTION,
            )
        columns = {name: stored.whole() for name, stored in self.columns.items()}
        starts = self.starts.whole()
        return Data(columns, self.settings.header, starts, self.files, self.faults.count, self.absent)


def unusable(block: Block) -> Mapping[int, Fault]:
    """The rows that hold inf or nan, which no sum of squares can."""
    found: dict[int, list[str]] = {}
    for name, values in block.values.items():
        finite = np.isfinite(values).reshape(-1, block.rows).all(axis=0)
        for row in np.flatnonzero(~finite).tolist():
            if row not in block.faults:
                is_nan = bool(np.isnan(values[..., row]).any())
                found.setdefault(row, []).append(f"{name} has no value" if is_nan else f"{name} is infinite")
    return {row: Fault(block.starts[row], "; ".join(reasons), b"") for row, reasons in found.items()}
