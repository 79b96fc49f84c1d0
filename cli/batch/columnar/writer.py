"""Rows as record batches with their results behind: which columns are written, and as what. Writes no file itself."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow

from backprop.cli.batch.block import Block
from backprop.cli.batch.columnar.output import limits_of, write_batches
from backprop.cli.batch.evaluation import Input, Kernel, Reader, Run, job_of
from backprop.cli.batch.formats.numbers import Rows, rows_of
from backprop.cli.batch.input.header import brief
from backprop.cli.batch.processes.resources import keep_freed_memory
from backprop.cli.batch.results import check_names, entry_names
from backprop.cli.batch.sightings import Remark
from backprop.cli.output.formats import FORMATS

if TYPE_CHECKING:
    from backprop.autodiff.shapes import Shape
    from backprop.cli.batch.input.files import FilePart
    from backprop.cli.batch.settings import Batch


def with_column_output(
    batch: Batch,
    given: Input,
    reader: Reader,
    kernel: Kernel,
    schema: Any,
    *,
    has_lists: bool,
    part: FilePart | None = None,
) -> Run:
    """The run whose blocks are record batches of the schema. `has_lists`: a variable may come from lists.

    Of a `part` of a file it writes what is joined with the others.
    """
    keep_freed_memory()
    writer = ColumnWriter(batch, kernel.prepare(), schema, has_lists=has_lists)
    job = job_of(batch, reader, kernel, writer)
    has_header = batch.writes_header and (part is None or not part.first)
    form = batch.output_format
    write = partial(write_batches, form, writer.schema, has_header=has_header, is_part=part is not None)
    return Run(given, job, write, is_shared=False, reading=job.reading)


class ColumnWriter:
    """Makes record batches of the rows and their results, which are lists where variables or the output have them."""

    def __init__(self, batch: Batch, results: Sequence[tuple[str, Shape]], given: Any, *, has_lists: bool) -> None:
        output = batch.output_format
        self.has_lists = output == "ndjson" or (FORMATS[output].is_binary and has_lists)
        added = [column for name, shape in results for column in self.columns(name, shape).items()]
        self.kept: dict[int, Any] = {}  # the places of the input's columns that are written, and their types
        if not batch.is_only:
            check_names([name for name, _ in added], given.names)
            limits = limits_of(output, given)
            for note in dict.fromkeys((given.names[position], limit.reason) for position, limit in limits.items()):
                batch.note(f"the column {brief(note[0])}: {note[1]}")
            kinds = {
                position: limits[position].kind if position in limits else field.type
                for position, field in enumerate(given)
            }
            self.kept = {position: kind for position, kind in kinds.items() if kind is not None}
        fields = [given.field(position).with_type(kind) for position, kind in self.kept.items()]
        fields += itertools.starmap(pyarrow.field, added)
        self.schema = pyarrow.schema(fields, None if batch.is_only else given.metadata)

    def columns(self, name: str, shape: Shape) -> dict[str, Any]:
        """The columns of a result and their types."""
        if self.has_lists:
            return {name: list_of(shape)}
        return dict.fromkeys(entry_names(name, shape), list_of(()))

    def remarks(self, block: Block) -> Sequence[Remark]:
        """None: the reader has made them."""
        return ()

    def output(self, block: Block, results: Sequence[Rows], *, is_skipping: bool) -> Any:
        """In a bad row the results are null, or the row is left out."""
        bad = sorted(block.faults)
        given = [(block.batch.column(position), kind) for position, kind in self.kept.items()]
        columns = [column if column.type == kind else with_text(column) for column, kind in given]
        for value in results:
            columns += [as_column(part, bad) for part in ([value] if self.has_lists else rows_of([value]))]
        batch = pyarrow.RecordBatch.from_arrays(columns, schema=self.schema)
        dropped = block.dropped(is_skipping=is_skipping)
        if dropped:
            is_kept = np.ones(batch.num_rows, dtype=bool)
            is_kept[list(dropped)] = False
            batch = batch.filter(pyarrow.array(is_kept))
        return batch


def with_text(column: Any) -> Any:
    from backprop.cli.batch.columnar.text import as_text  # here, not above: half of pyarrow is for texts

    return as_text(column)


def list_of(shape: Shape) -> Any:
    """The type of a column of numbers or of nested lists of them."""
    kind: Any = pyarrow.float64()
    for _ in shape:
        kind = pyarrow.large_list(kind)
    return kind


def as_column(value: Rows, bad: list[int]) -> Any:
    """Values of shape (*shape, rows) as a column of numbers or nested lists; null in bad rows."""
    shape, rows = value.shape[:-1], value.shape[-1]
    validity = None
    if bad:
        is_good = np.ones(rows, dtype=bool)
        is_good[bad] = False
        validity = pyarrow.py_buffer(np.packbits(is_good, bitorder="little"))
    entries = np.ascontiguousarray(np.moveaxis(value, -1, 0)).reshape(-1)
    # From buffers: `pyarrow.array` imports NumPy's masked arrays, to see whether this is one.
    buffers = [None if shape else validity, pyarrow.py_buffer(entries)]
    column = pyarrow.Array.from_buffers(pyarrow.float64(), entries.size, buffers)
    for depth in range(len(shape), 0, -1):
        count = math.prod([rows, *shape[: depth - 1]])
        buffers = [validity if depth == 1 else None, pyarrow.py_buffer(np.arange(count + 1) * shape[depth - 1])]
        column = pyarrow.Array.from_buffers(pyarrow.large_list(column.type), count, buffers, children=[column])
    return column
