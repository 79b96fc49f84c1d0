"""Rows of CSV, TSV and NDJSON as polars frames, for an output that is columnar: read as batch reads them otherwise."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from backprop.cli.rows.job import Kernel, RowsJob, lines_in
from backprop.cli.rows.numbers import Rows, rows_of
from backprop.cli.rows.opening import opened
from backprop.cli.status import Failure

if TYPE_CHECKING:
    from backprop.autodiff.shapes import Shape
    from backprop.cli.batch import Batch
    from backprop.cli.rows.faults import Fault
    from backprop.cli.rows.reader import Reader

TEXT_BLOCK = 1 << 21  # bytes


class Block(NamedTuple):
    """Rows as a polars frame, the variables' values in them, and the bad rows by place.

    `lost` are those of them that cannot be written again; `first` is the number of the first row, or line;
    `consumed` is how far the input is read with this block.
    """

    frame: Any
    values: Mapping[str, Rows]
    faults: Mapping[int, Fault]
    lost: frozenset[int]
    first: int
    consumed: int


class TextBlocks:
    """Blocks of text: the columns of variables hold numbers or lists of them, all others text, null for nothing."""

    unit = "line"

    def __init__(self, batch: Batch) -> None:
        stand_in = copy.copy(batch)
        stand_in.output_format = "tsv" if batch.input_format == "csv" else "csv"  # whose writer knows the cells
        job: Any
        self.reader: Reader
        self.reader, job, _ = opened(stand_in)
        self.job: RowsJob = job
        self.kernel: Kernel = job.kernel
        self.size = self.reader.source.size
        self.header: list[str] = job.writer.header
        doubled = next((name for name in self.header if self.header.count(name) > 1), None)
        if doubled is not None:
            raise Failure(f"the column {doubled} is there twice", f"{batch.output_format} cannot hold that: rename one")
        self.has_lists = batch.input_format == "ndjson"
        self.places = self._places(job.form)
        self.schema: Mapping[str, Any] = {name: self._type(name) for name in self.header}

    def _places(self, form: Any) -> dict[str, tuple[str, int | None]]:
        """The variable that each column of numbers gives, and which entry of it; None: all of it."""
        if self.has_lists:
            return {member: (name, None) for name, member in form.members.items()}
        return {
            self.header[place]: (name, entry)
            for name, columns in form.columns.items()
            for entry, place in enumerate(columns.places)
        }

    def _type(self, heading: str) -> Any:
        import polars

        if heading not in self.places:
            return polars.String
        name, entry = self.places[heading]
        return list_of(self.kernel.shapes[name] if entry is None else ())

    @property
    def loss(self) -> str | None:
        """What ended the input before its end."""
        if self.reader.problem is None:
            return None
        return f"{self.reader.source.name}, after line {self.reader.line - 1}: {self.reader.problem}"

    def __iter__(self) -> Iterator[Block]:
        while not self.reader.is_done:
            self.reader.fill(self.reader.size + TEXT_BLOCK)
            data = bytes(self.reader.take())
            if data:
                records = self.job.form.records(data)
                lost = frozenset(getattr(records, "lost", ()))
                consumed = self.reader.source.consumed
                if records.count:
                    yield Block(self._frame(records), records.values, records.faults, lost, self.reader.line, consumed)
                self.reader.line += lines_in(data)

    def _frame(self, records: Any) -> Any:
        import polars

        writer: Any = self.job.writer
        width = len(self.header)
        rows = [(*cells[:width], *[""] * (width - len(cells))) for cells in writer.cells(records)]
        columns = []
        for heading, cells in zip(self.header, zip(*rows, strict=True), strict=True):
            if heading in self.places:
                name, entry = self.places[heading]
                value = records.values[name]
                vector = value if entry is None else rows_of([value])[entry]
                bad = [row for row in records.faults if np.isnan(vector[..., row]).any()]
                columns.append(as_series(heading, vector, bad))
            else:
                columns.append(polars.Series(heading, [readable(cell) for cell in cells], dtype=polars.String))
        return polars.DataFrame(columns)


def readable(cell: str) -> str | None:
    """The cell as text that is UTF-8, None where it is empty."""
    if not cell:
        return None
    return cell if cell.isascii() else cell.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def list_of(shape: Shape) -> Any:
    """The type of a column of numbers or of nested lists of them."""
    import polars

    found: Any = polars.Float64()
    for _ in shape:
        found = polars.List(found)
    return found


def as_series(name: str, value: Rows, bad: list[int]) -> Any:
    """Values of shape (*shape, rows) as a column of numbers or nested lists; null in bad rows."""
    import polars

    shape = value.shape[:-1]
    column = polars.Series(name, np.ascontiguousarray(np.moveaxis(value, -1, 0)))
    if shape:
        column = column.cast(list_of(shape))
    if not bad:
        return column
    if not shape:
        return column.scatter(bad, None)
    is_bad = np.zeros(len(column), dtype=bool)
    is_bad[bad] = True
    chosen = polars.when(polars.lit(polars.Series(is_bad))).then(None).otherwise(polars.lit(column))
    return polars.select(chosen.alias(name)).to_series()
