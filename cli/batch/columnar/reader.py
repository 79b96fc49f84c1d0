"""Rows of parquet and Arrow IPC: which columns give the variables, and what is said of the others."""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow

from backprop.cli.batch.block import Block
from backprop.cli.batch.columnar.fitting import Fitting, constant_cells, widened
from backprop.cli.batch.columnar.input import Batches, batches_of
from backprop.cli.batch.columnar.values import ColumnBinding, check_readable
from backprop.cli.batch.columnar.writer import with_column_output
from backprop.cli.batch.evaluation import Part, Run
from backprop.cli.batch.following import beside, check_shapes, opened_source, said_of, say_of_differing_columns
from backprop.cli.batch.formats.delimited import Delimited
from backprop.cli.batch.formats.dialect import DIALECTS
from backprop.cli.batch.input.header import STRANGE_NAME, brief
from backprop.cli.batch.input.source import Source
from backprop.cli.batch.input.unpacking import Damaged
from backprop.cli.batch.row_errors import Fault
from backprop.cli.output.formats import FORMATS
from backprop.cli.status import Failure

if TYPE_CHECKING:
    from backprop.autodiff.graph import Graph
    from backprop.cli.batch.input.files import FilePart, GivenFile
    from backprop.cli.batch.row_settings import RowSettings
    from backprop.cli.batch.settings import Batch

LOOKED_AT = 16  # blocks, at most, for the shape of lists


def with_columns(batch: Batch, graph: Graph, source: Source, file: GivenFile, stack: contextlib.ExitStack) -> Run:
    """The run over rows of parquet or Arrow IPC; `stack` keeps what they need. Raises ExpressionError or Failure."""
    batches = batches_of(source, batch.input_format, stack, file.part)
    constants = constant_cells(beside(batch, file, batches.schema.names), batch.constant_kinds)
    fitting = Fitting(source.name, batches.schema, constants, None)
    if len(batch.files) > 1 and not batch.targets:
        fitting = fitting.with_schema(schema_for(batch, fitting.schema))
    wanted_of = partial(batch.wanted_columns, graph)
    reader = ColumnReader(batch, wanted_of, batches, fitting, file.part)
    kernel = batch.kernel(graph, reader.binding.shapes)
    has_lists = bool(reader.binding.nested)
    run = with_column_output(batch, reader, reader, kernel, reader.schema, has_lists=has_lists, part=file.part)

    def follow(file: GivenFile, stack: contextlib.ExitStack) -> Part:
        source = opened_source(file, stack)
        with said_of(source.name):
            batches = batches_of(source, batch.input_format, stack)
            constants = constant_cells(beside(batch, file, batches.schema.names), batch.constant_kinds)
            fitting = Fitting(source.name, batches.schema, constants, reader.schema)
            other = ColumnReader(batch, wanted_of, batches, fitting)
        check_shapes(source.name, other.binding.shapes, reader.binding.shapes)
        say_of_differing_columns(batch, other.fitting.left_out, other.fitting.absent)
        assert run.reading is not None
        return Part(other, run.reading(other))

    return run._replace(follow=follow, columns=reader.schema.names)


def schema_for(batch: Batch, schema: Any) -> Any:
    """The schema of the first file with types that hold the columns of the others, too, as far as they can be read."""
    for file in batch.files[1:]:
        if os.path.isfile(str(file.place)):
            with contextlib.ExitStack() as stack:
                source = opened_source(file, stack)
                schema = widened(schema, batches_of(source, batch.input_format, stack).schema)
    return schema


class ColumnReader:
    """Gives record batches of parquet or Arrow IPC, and reads the variables' values in each. Raises Failure.

    `wanted_of` tells of the columns which variables they give, and which of these are not called as their columns.
    """

    unit = "row"

    def __init__(
        self,
        batch: RowSettings,
        wanted_of: Callable[[Sequence[str]], tuple[Sequence[str], Mapping[str, str]]],
        source: Batches,
        fitting: Fitting,
        part: FilePart | None = None,
    ) -> None:
        self.name = name = fitting.file
        self.source = source
        self.fitting = fitting
        self.schema = fitting.schema
        self.line = 1 + (part.first if part else 0)  # the number of the next batch's first row
        self.loss: str | None = None
        self.keeps_rows = batch.rejects is not None
        self.is_only, self.note = batch.is_only, batch.note
        names, renames = wanted_of([*fitting.own.names, *source.left_out])
        check_readable(source.left_out, names, renames)
        ColumnBinding(fitting.own, names, renames)  # a column that is only in the first file is none of this one
        self.binding = ColumnBinding(self.schema, names, renames)
        if not batch.is_only:
            if source.has_strange_names:
                batch.note(STRANGE_NAME)
            for position, note in source.notes.items():
                if FORMATS[batch.output_format].is_binary:
                    batch.note(f"the column {brief(source.schema.names[position])}: {note}")
            for heading, what in source.left_out.items():
                batch.note(f"the column {brief(heading)}: it is left out: it holds {what}")
        try:
            if batch.output_format == "arrow" and not batch.is_only:
                source.share_dictionaries()  # a file of Arrow has each once; few readers know what is added
            self._coming: Iterator[Any] = map(fitting.fitted, source)
            if source.whole is None:
                self._coming = itertools.chain(self._looked_at(self._coming), self._coming)
            elif not self.binding.is_settled:
                self._looked_at(map(fitting.fitted, source.whole))
        except Damaged as damage:
            raise Failure(f"{name}: {damage}") from None

    def _looked_at(self, coming: Iterator[Any]) -> list[Any]:
        """The first batches, which have been looked at for the shapes of lists."""
        looked_at: list[Any] = []
        for batch in itertools.islice(coming, LOOKED_AT):
            looked_at.append(batch)
            self.binding.learn_shapes(batch)
            if self.binding.is_settled:
                break
        return looked_at

    def __iter__(self) -> Iterator[Any]:
        try:
            yield from self._coming
        except Damaged as damage:
            self.loss = f"{self.name}, after row {self.line - 1}: {damage}"
        for position in sorted(self.source.replaced if not self.is_only else ()):
            heading = brief(self.source.schema.names[position])
            self.note(f"the column {heading}: what is not UTF-8 text in it is written as U+FFFD")

    def read(self, batch: Any) -> Block:
        values, reasons = self.binding.values(batch)
        faults = self.faults(batch, reasons) if reasons else {}
        return Block(range(batch.num_rows), batch.num_rows, values, faults, batch=batch)

    def faults(self, batch: Any, reasons: Mapping[int, Sequence[str]]) -> dict[int, Fault]:
        """The bad rows, as CSV where somebody keeps them."""
        places = sorted(reasons)
        records = [b""] * len(places)
        if self.keeps_rows:
            from backprop.cli.batch.columnar.text import cells_of  # here, not above: half of pyarrow is for texts

            form = Delimited(DIALECTS["csv"])
            cells = cells_of(batch.take(pyarrow.array(places)))
            records = [form.joined([cell or "" for cell in row]).encode() for row in cells]
        return {row: Fault(row, "; ".join(reasons[row]), record) for row, record in zip(places, records, strict=True)}
