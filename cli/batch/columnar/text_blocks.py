"""Rows of CSV, TSV and NDJSON as polars frames, for an output that is columnar: read as batch reads them otherwise."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from backprop.cli.batch.columnar.arrow_columns import unique
from backprop.cli.batch.columnar.members import member_series, member_type, readable
from backprop.cli.batch.columnar.metadata import NOTHING
from backprop.cli.batch.evaluation import Kernel, RowsJob, lines_in
from backprop.cli.batch.formats.numbers import Rows, rows_of
from backprop.cli.batch.formats.undecodable import has_strays, remarks_on_strays, without_strays
from backprop.cli.batch.notes import Remark
from backprop.cli.batch.row_errors import Fault
from backprop.cli.batch.setup import opened, say_of_header

if TYPE_CHECKING:
    from backprop.autodiff.shapes import Shape
    from backprop.cli.batch.input.blocks import Reader
    from backprop.cli.batch.options import Batch

TEXT_BLOCK = 1 << 21  # bytes
LOOKED_AT = 16  # blocks, at most, for the types of members


class Block(NamedTuple):
    """Rows as a polars frame, the variables' values in them, and the bad rows by place.

    `lost` are those of them that cannot be written again; `misfits` are rows with a cell of which the output holds
    nothing, whose results are good; `first` is the number of the first row, or line; `consumed` is how far the input
    is read with this block.
    """

    frame: Any
    values: Mapping[str, Rows]
    faults: Mapping[int, Fault]
    lost: frozenset[int]
    first: int
    consumed: int
    misfits: Mapping[int, Fault] = {}
    starts: Sequence[int] | None = None  # of the rows, counted like faults; None: as the rows are
    remarks: Sequence[Remark] = ()


class Part(NamedTuple):
    """The records of a block of text, the line that it begins in, and how far the input is read with it."""

    records: Any
    first: int
    consumed: int


class TextBlocks:
    """Blocks of text: the columns of variables hold numbers or lists of them, null for nothing.

    All others hold text, but for members of NDJSON, which are what they are in the first rows that there are.
    """

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
        self.header: list[str] = [without_strays(name) for name in job.writer.header]
        if batch.input_format != "ndjson":
            say_of_header(batch, job.writer.header)
        self.names = unique(self.header)
        self.described = NOTHING
        self.headings: Mapping[str, str] = dict(zip(self.names, self.header, strict=True))
        self.has_lists = batch.input_format == "ndjson"
        self.places = self._places(job.form)
        self._parts = self._read()
        members = self._member_types() if self.has_lists else {}
        self.schema: Mapping[str, Any] = {name: members.get(name) or self._type(name) for name in self.names}

    def _member_types(self) -> dict[str, Any]:
        """The types of the members that no variable reads, by the rows up to the first block that has an object."""
        looked_at: list[Part] = []
        objects: list[dict[str, Any]] = []
        for part in itertools.islice(self._parts, LOOKED_AT):
            looked_at.append(part)
            objects = part.records.objects
            if any(objects):
                break
        self._parts = itertools.chain(looked_at, self._parts)
        records = looked_at[-1].records.records if looked_at else []
        unread = [name for name in self.names if name not in self.places]
        return {name: member_type([one.get(name) for one in objects], records) for name in unread}

    def _places(self, form: Any) -> dict[str, tuple[str, int | None]]:
        """The variable that each column of numbers gives, and which entry of it; None: all of it."""
        if self.has_lists:
            return {member: (name, None) for name, member in form.members.items()}
        return {
            self.names[place]: (name, entry)
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

    def _read(self) -> Iterator[Part]:
        """Every block that holds records, as soon as it is there."""
        while not self.reader.is_done:
            if self.reader.size < TEXT_BLOCK and self.reader.is_ready():
                self.reader.fill(TEXT_BLOCK)
            data = bytes(self.reader.take())
            if data:
                part = Part(self.job.form.records(data), self.reader.line, self.reader.source.consumed)
                self.reader.line += lines_in(data)
                if part.records.rows:
                    yield part
            elif not self.reader.has_ended:
                self.reader.fill(self.reader.size + TEXT_BLOCK)

    def __iter__(self) -> Iterator[Block]:
        for records, first, consumed in self._parts:
            reasons: dict[int, list[str]] = {}
            rounded: list[tuple[int, str]] = []
            frame = self._frame(records, reasons, rounded)
            misfits = {row: self._misfit(records, row, "; ".join(several)) for row, several in reasons.items()}
            lost = frozenset(getattr(records, "lost", ()))
            remarks = [*self._remarks(records), *(Remark(records.starts[row], text) for row, text in rounded)]
            yield Block(frame, records.values, records.faults, lost, first, consumed, misfits, records.starts, remarks)

    def _misfit(self, records: Any, row: int, reason: str) -> Fault:
        return Fault(records.starts[row], reason, records.records[row].encode("utf-8", "surrogateescape"))

    def _remarks(self, records: Any) -> Sequence[Remark]:
        """What is not written as it came."""
        writer: Any = self.job.writer
        found: list[Remark] = list(writer.remarks(records))
        if not writer.is_only and has_strays("".join(records.records)):
            found += remarks_on_strays(self.header, writer.cells(records), records.starts)
        return found

    def _frame(self, records: Any, reasons: dict[int, list[str]], rounded: list[tuple[int, str]]) -> Any:
        import polars

        writer: Any = self.job.writer
        width = len(self.header)
        rows = [(*cells[:width], *[""] * (width - len(cells))) for cells in writer.cells(records)]
        columns = []
        for heading, cells in zip(self.names, zip(*rows, strict=True), strict=True):
            if heading in self.places:
                name, entry = self.places[heading]
                value = records.values[name]
                vector = value if entry is None else rows_of([value])[entry]
                bad = [row for row in records.faults if np.isnan(vector[..., row]).any()]
                columns.append(as_series(heading, vector, bad))
            elif self.has_lists:
                values = [one.get(heading) for one in records.objects]
                kind = self.schema[heading]
                columns.append(member_series(heading, kind, values, cells, records.records, reasons, rounded))
            else:
                columns.append(polars.Series(heading, [readable(cell) for cell in cells], dtype=polars.String))
        return polars.DataFrame(columns)


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
