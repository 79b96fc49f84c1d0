"""Rows of CSV, TSV and NDJSON as record batches, for an output that is columnar: read as batch reads them otherwise."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow

from backprop.cli.batch.columnar.members import TEXT, member_series, member_type, readable
from backprop.cli.batch.evaluation import Kernel, RowsJob, lines_in
from backprop.cli.batch.formats.numbers import Rows, rows_of
from backprop.cli.batch.formats.undecodable import has_strays, remarks_on_strays, without_strays
from backprop.cli.batch.row_errors import Fault
from backprop.cli.batch.setup import opened, say_of_header
from backprop.cli.batch.sightings import Remark

if TYPE_CHECKING:
    from backprop.autodiff.shapes import Shape
    from backprop.cli.batch.input.blocks import BlockReader
    from backprop.cli.batch.options import Batch

TEXT_BLOCK = 1 << 21  # bytes
LOOKED_AT = 16  # blocks, at most, for the types of members


class Block(NamedTuple):
    """Rows as a record batch, the variables' values in them, and the bad rows by place.

    `lost` are those of them that cannot be written again; `misfits` are rows with a cell of which the output holds
    nothing, whose results are good; `first` is the number of the first row, or line; `consumed` is how far the input
    is read with this block.
    """

    batch: Any
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
        job: Any
        self.reader: BlockReader
        self.reader, job, _ = opened(batch)
        self.job: RowsJob = job
        self.kernel: Kernel = job.kernel
        self.size = self.reader.source.size
        self.header: list[str] = [without_strays(name) for name in job.writer.header]
        if batch.input_format != "ndjson":
            say_of_header(batch, job.writer.header)
        self.has_lists = batch.input_format == "ndjson"
        self.places = self._places(job.form)
        self._parts = self._read()
        members = self._member_types() if self.has_lists else {}
        kinds = [members.get(name) or self._type(place) for place, name in enumerate(self.header)]
        self.schema = pyarrow.schema(list(zip(self.header, kinds, strict=True)))

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
        unread = [name for place, name in enumerate(self.header) if place not in self.places]
        return {name: member_type([one.get(name) for one in objects], records) for name in unread}

    def _places(self, form: Any) -> dict[int, tuple[str, int | None]]:
        """The variable that each column of numbers gives, and which entry of it; None: all of it."""
        if self.has_lists:
            given = form.members.items()
            return {self.header.index(member): (name, None) for name, member in given if member in self.header}
        return {
            place: (name, entry) for name, columns in form.columns.items() for entry, place in enumerate(columns.places)
        }

    def _type(self, place: int) -> Any:
        if place not in self.places:
            return TEXT
        name, entry = self.places[place]
        return list_of(self.kernel.shapes[name] if entry is None else ())

    @property
    def loss(self) -> str | None:
        return self.reader.loss

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
            batch = self._batch(records, reasons, rounded)
            misfits = {row: self._misfit(records, row, "; ".join(several)) for row, several in reasons.items()}
            lost = frozenset(records.lost)
            remarks = [*self._remarks(records), *(Remark(records.starts[row], text) for row, text in rounded)]
            yield Block(batch, records.values, records.faults, lost, first, consumed, misfits, records.starts, remarks)

    def _misfit(self, records: Any, row: int, reason: str) -> Fault:
        return Fault(records.starts[row], reason, records.records[row].encode("utf-8", "surrogateescape"))

    def _remarks(self, records: Any) -> Sequence[Remark]:
        """What is not written as it came."""
        writer: Any = self.job.writer
        found: list[Remark] = list(writer.remarks(records))
        if not writer.is_only and has_strays("".join(records.records)):
            found += remarks_on_strays(self.header, writer.cells(records), records.starts)
        return found

    def _batch(self, records: Any, reasons: dict[int, list[str]], rounded: list[tuple[int, str]]) -> Any:
        writer: Any = self.job.writer
        width = len(self.header)
        rows = [(*cells[:width], *[""] * (width - len(cells))) for cells in writer.cells(records)]
        entries = {} if self.has_lists else {name: rows_of([value]) for name, value in records.values.items()}
        columns = []
        for place, cells in enumerate(zip(*rows, strict=True)):
            if place in self.places:
                name, entry = self.places[place]
                vector = records.values[name] if entry is None else entries[name][entry]
                bad = [row for row in records.faults if np.isnan(vector[..., row]).any()]
                columns.append(as_column(vector, bad))
            elif self.has_lists:
                heading = self.header[place]
                values = [one.get(heading) for one in records.objects]
                kind = self.schema.field(place).type
                columns.append(member_series(heading, kind, values, cells, records.records, reasons, rounded))
            else:
                columns.append(pyarrow.array([readable(cell) for cell in cells], TEXT))
        return pyarrow.RecordBatch.from_arrays(columns, schema=self.schema)


def list_of(shape: Shape) -> Any:
    """The type of a column of numbers or of nested lists of them."""
    found: Any = pyarrow.float64()
    for _ in shape:
        found = pyarrow.large_list(found)
    return found


def as_column(value: Rows, bad: list[int]) -> Any:
    """Values of shape (*shape, rows) as a column of numbers or nested lists; null in bad rows."""
    shape, rows = value.shape[:-1], value.shape[-1]
    mask = None
    if bad:
        mask = np.zeros(rows, dtype=bool)
        mask[bad] = True
    if not shape:
        return pyarrow.array(value, mask=mask)
    column = pyarrow.array(np.moveaxis(value, -1, 0).reshape(-1))
    for place in range(len(shape), 0, -1):
        ends = np.arange(math.prod([rows, *shape[: place - 1]]) + 1) * shape[place - 1]
        is_outermost = place == 1 and mask is not None
        column = pyarrow.LargeListArray.from_arrays(
            pyarrow.array(ends), column, mask=pyarrow.array(mask) if is_outermost else None
        )
    return column
