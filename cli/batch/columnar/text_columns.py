"""Rows of CSV, TSV and NDJSON as record batches, for an output that is columnar: read as batch reads them otherwise."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow

from backprop.cli.batch.block import Block, fault_of
from backprop.cli.batch.columnar.member_types import TEXT, member_series, member_type, readable
from backprop.cli.batch.columnar.writer import as_column, list_of, with_column_output
from backprop.cli.batch.evaluation import Kernel, Reader, Run
from backprop.cli.batch.formats.conversion import ToCells
from backprop.cli.batch.formats.delimited import Delimited
from backprop.cli.batch.formats.ndjson import Ndjson
from backprop.cli.batch.formats.numbers import rows_of
from backprop.cli.batch.formats.undecodable import has_strays, remarks_on_strays, without_strays
from backprop.cli.batch.input.blocks import TEXT_BLOCK, BlockReader
from backprop.cli.batch.input.header import say_of_header
from backprop.cli.batch.sightings import Remark

if TYPE_CHECKING:
    from backprop.cli.batch.settings import Batch


def with_text_columns(
    batch: Batch, lines: BlockReader, rows: Reader, form: Delimited | Ndjson, kernel: Kernel, cells: ToCells
) -> Run:
    """The run that writes rows of text as columns. `rows` are read as those of `form`."""
    if batch.input_format != "ndjson":
        say_of_header(batch, cells.header)
    columns = TextColumns(rows, form, kernel, cells)
    if isinstance(form, Ndjson):
        columns.learn_types(lines)
    run = with_column_output(batch, lines, columns, kernel, columns.schema, has_lists=columns.has_lists)
    as_columns = run.reading
    assert as_columns is not None
    return run._replace(reading=lambda other: as_columns(columns.reading(other)))


class TextColumns:
    """Reads text into columns: those of variables hold numbers or lists of them, null for nothing.

    All others hold text, but for members of NDJSON, which are what they are in the first rows that there are.
    """

    def __init__(self, reader: Reader, form: Delimited | Ndjson, kernel: Kernel, cells: ToCells) -> None:
        self.reader = reader
        self.form = form
        self.kernel = kernel
        self.cells = cells
        self.has_lists = isinstance(form, Ndjson)
        self.header = [without_strays(name) for name in cells.header]
        self.places = self._places()
        self.schema = self._schema({})

    def reading(self, reader: Reader) -> TextColumns:
        """The same for rows that another reads."""
        other = copy.copy(self)
        other.reader = reader
        return other

    def learn_types(self, lines: BlockReader) -> None:
        """Take the types of the members that no variable reads from the first rows, which are still to be taken."""
        if lines.size < TEXT_BLOCK and lines.is_ready():
            lines.fill(TEXT_BLOCK)
        block = self.reader.read(lines.whole(0))
        unread = [name for position, name in enumerate(self.header) if position not in self.places]
        self.schema = self._schema(
            {name: member_type([members.get(name) for members in block.objects], block.records) for name in unread}
        )

    def _schema(self, members: Mapping[str, Any]) -> Any:
        kinds = [members.get(name) or self._type(position) for position, name in enumerate(self.header)]
        return pyarrow.schema(list(zip(self.header, kinds, strict=True)))

    def _places(self) -> dict[int, tuple[str, int | None]]:
        """The variable that each column of numbers gives, and which entry of it; None: all of it."""
        if isinstance(self.form, Ndjson):
            given = self.form.members.items()
            return {self.header.index(member): (name, None) for name, member in given if member in self.header}
        return {
            position: (name, entry)
            for name, columns in self.form.columns.items()
            for entry, position in enumerate(columns.places)
        }

    def _type(self, position: int) -> Any:
        if position not in self.places:
            return TEXT
        name, entry = self.places[position]
        return list_of(self.kernel.shapes[name] if entry is None else ())

    def read(self, data: bytes) -> Block:
        block = self.reader.read(data)
        if not block.rows:
            return block
        cells = self.cells.cells(block)
        reasons: dict[int, list[str]] = {}
        rounded: list[tuple[int, str]] = []
        batch = self._batch(block, cells, reasons, rounded)
        misfits = {
            row: fault_of(block.records, block.starts, row, "; ".join(several)) for row, several in reasons.items()
        }
        remarks = list(self.cells.remarks(block))
        if not self.cells.is_only and has_strays("".join(block.records)):
            remarks += remarks_on_strays(self.header, cells, block.starts)
        remarks += [Remark(block.starts[row], text) for row, text in rounded]
        return block._replace(batch=batch, misfits=misfits, remarks=remarks)

    def _batch(
        self, block: Block, cells: list[list[str]], reasons: dict[int, list[str]], rounded: list[tuple[int, str]]
    ) -> Any:
        width = len(self.header)
        rows = [row if len(row) == width else row[:width] for row in cells]
        entries = {} if self.has_lists else {name: rows_of([value]) for name, value in block.values.items()}
        columns = []
        for position, column in enumerate(zip(*rows, strict=True)):
            if position in self.places:
                name, entry = self.places[position]
                vector = block.values[name] if entry is None else entries[name][entry]
                bad = [row for row in block.faults if np.isnan(vector[..., row]).any()]
                columns.append(as_column(vector, bad))
            elif self.has_lists:
                heading = self.header[position]
                values = [members.get(heading) for members in block.objects]
                kind = self.schema.field(position).type
                columns.append(member_series(heading, kind, values, column, block.records, reasons, rounded))
            else:
                columns.append(pyarrow.array([readable(cell) for cell in column], TEXT))
        return pyarrow.RecordBatch.from_arrays(columns, schema=self.schema)
