"""Rows of parquet and Arrow IPC, in or out: chooses who reads, computes and writes them. Reads no file itself."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pyarrow

from backprop.cli.batch.account import Account
from backprop.cli.batch.columnar.input import batches_of
from backprop.cli.batch.columnar.output import limits_of, write_batches
from backprop.cli.batch.columnar.text import as_text, cells_of
from backprop.cli.batch.columnar.text_blocks import Block, TextBlocks, as_column, list_of
from backprop.cli.batch.columnar.values import ColumnBinding, check_readable
from backprop.cli.batch.evaluation import Answer, Kernel
from backprop.cli.batch.formats.delimited import Delimited
from backprop.cli.batch.formats.numbers import Rows, rows_of
from backprop.cli.batch.input.header import brief
from backprop.cli.batch.input.source import Damaged, Source
from backprop.cli.batch.processes.resources import keep_freed_memory
from backprop.cli.batch.question import renames_of
from backprop.cli.batch.results import check_names, entry_names
from backprop.cli.batch.row_errors import Fault
from backprop.cli.batch.setup import STRANGE_NAME, free_names
from backprop.cli.batch.sightings import kinked_in, nonfinite_in
from backprop.cli.output.formats import FORMATS
from backprop.cli.status import Failure, Status

if TYPE_CHECKING:
    from backprop.autodiff.shapes import Shape
    from backprop.cli.batch.options import Batch

LOOKED_AT = 16  # blocks, at most, for the shape of lists


class Blocks(Protocol):
    """An input. `size` is what `consumed` will come to; `loss` says after the last block what else was lost."""

    unit: str  # what `first` counts
    size: int | None
    schema: Any
    kernel: Kernel
    has_lists: bool  # whether a variable may come from lists: then results are lists, too

    @property
    def loss(self) -> str | None: ...

    def __iter__(self) -> Iterator[Block]: ...


def run_columnar(batch: Batch) -> Status:
    """Answer all rows of a batch whose input or output is columnar. Raises ExpressionError or Failure."""
    keep_freed_memory()
    if batch.question.graph is None:
        form = next(one for one in (batch.input_format, batch.output_format) if FORMATS[one].is_binary)
        raise Failure(
            f"rows with expressions of their own cannot be written as {form}",
            "read and write them as csv, tsv, ndjson or lines; omit --format, or give -o another ending",
        )
    with contextlib.ExitStack() as stack:
        blocks: Blocks
        if FORMATS[batch.input_format].is_binary:
            blocks = ColumnBlocks(batch, Source(batch.question.file), stack)
        else:
            blocks = TextBlocks(batch)
        return Answering(batch, blocks).run()


class ColumnBlocks:
    """Blocks of parquet or Arrow IPC."""

    unit = "row"

    def __init__(self, batch: Batch, source: Source, stack: contextlib.ExitStack) -> None:
        graph = batch.question.graph
        assert graph is not None
        self.name = source.name
        self._batches = batches_of(source, batch.input_format, stack)
        self.schema = self._batches.schema
        self.size = self._batches.size
        self.loss: str | None = None
        self.keeps_rows = batch.rejects is not None
        self.is_only, self.note = batch.is_only, batch.note
        left_out = self._batches.left_out
        names = free_names(batch, graph, [*self.schema.names, *left_out])
        renames = renames_of(batch.renames, graph)
        check_readable(left_out, names, renames)
        self.binding = ColumnBinding(self.schema, names, renames)
        if not batch.is_only:
            if self._batches.has_strange_names:
                batch.note(STRANGE_NAME)
            for place, note in self._batches.notes.items():
                if FORMATS[batch.output_format].is_binary:
                    batch.note(f"the column {brief(self.schema.names[place])}: {note}")
            for heading, what in left_out.items():
                batch.note(f"the column {brief(heading)}: it is left out: it holds {what}")
        looked_at: list[Any] = []
        coming = iter(self._batches)
        try:
            if batch.output_format == "arrow" and not batch.is_only:
                self._batches.share_dictionaries()  # a file of Arrow has each once; few readers know what is added
            for one in itertools.islice(coming, LOOKED_AT):
                looked_at.append(one)
                self.binding.learn_shapes(one)
                if self.binding.is_settled:
                    break
        except Damaged as damage:
            raise Failure(f"{source.name}: {damage}") from None
        self._coming = itertools.chain(looked_at, coming)
        self.has_lists = bool(self.binding.nested)
        self.kernel = Kernel(graph, self.binding.shapes, batch.question.fixed, batch.wanted)

    def __iter__(self) -> Iterator[Block]:
        rows = 0
        try:
            for batch in self._coming:
                values, reasons = self.binding.values(batch)
                faults = self.faults(batch, reasons) if reasons else {}
                yield Block(batch, values, faults, frozenset(), rows + 1, self._batches.consumed)
                rows += batch.num_rows
        except Damaged as damage:
            self.loss = f"{self.name}, after row {rows}: {damage}"
        for place in sorted(self._batches.replaced if not self.is_only else ()):
            heading = brief(self.schema.names[place])
            self.note(f"the column {heading}: what is not UTF-8 text in it is written as U+FFFD")

    def faults(self, batch: Any, reasons: Mapping[int, Sequence[str]]) -> dict[int, Fault]:
        """The bad rows, as CSV where somebody keeps them."""
        places = sorted(reasons)
        records = [b""] * len(places)
        if self.keeps_rows:
            form = Delimited(",")
            cells = cells_of(batch.take(pyarrow.array(places)))
            records = [form.joined([cell or "" for cell in row]).encode() for row in cells]
        return {row: Fault(row, "; ".join(reasons[row]), record) for row, record in zip(places, records, strict=True)}


class Answering:
    """Computes the blocks' results and writes the rows with them behind."""

    def __init__(self, batch: Batch, blocks: Blocks) -> None:
        self.batch = batch
        self.blocks = blocks
        self.results = blocks.kernel.prepare()
        output, given = batch.output_format, blocks.schema
        self.has_lists = output == "ndjson" or (FORMATS[output].is_binary and blocks.has_lists)
        added = [one for name, shape in self.results for one in self.columns(name, shape).items()]
        self.kept: dict[int, Any] = {}  # the places of the input's columns that are written, and how
        if not batch.is_only:
            check_names([name for name, _ in added], given.names)
            limits = limits_of(output, given)
            for note in dict.fromkeys((given.names[place], limit.reason) for place, limit in limits.items()):
                batch.note(f"the column {brief(note[0])}: {note[1]}")
            kinds = {place: limits[place].kind if place in limits else field.type for place, field in enumerate(given)}
            self.kept = {place: kind for place, kind in kinds.items() if kind is not None}
        fields = [given.field(place).with_type(kind) for place, kind in self.kept.items()]
        fields += itertools.starmap(pyarrow.field, added)
        self.schema = pyarrow.schema(fields, None if batch.is_only else given.metadata)

    def columns(self, name: str, shape: Shape) -> dict[str, Any]:
        """The columns of a result and their types."""
        if self.has_lists:
            return {name: list_of(shape)}
        return dict.fromkeys(entry_names(name, shape), list_of(()))

    def run(self) -> Status:
        """Write all rows. Raises Failure where the output cannot be written."""
        blocks = self.blocks
        account = Account(self.batch, blocks.size, blocks.unit)
        form, batches = self.batch.output_format, self.batches(account)
        return account.run(lambda out: write_batches(form, self.schema, batches, out), lambda: blocks.loss)

    def batches(self, account: Account) -> Iterator[Any]:
        """The rows as they are written."""
        for block in self.blocks:
            answer, batch = self.answered(block)
            if batch is not None:
                yield batch
            account.take(answer, block.first, block.consumed)
            if answer.is_last:
                return

    def answered(self, block: Block) -> tuple[Answer, Any]:
        """The rows with their results, which are null in bad rows, or without those; None where there are none."""
        wrong = {**block.misfits, **block.faults}
        is_last = bool(wrong) and self.batch.policy == "stop"
        if is_last:
            worst = min(wrong)
            wrong = {worst: wrong[worst]}
            block = first_rows(block, worst)
        rows = block.batch.num_rows
        batch = nonfinite = kinked = None
        if rows:
            results, is_kinked = self.blocks.kernel.run(block.values, rows)
            nonfinite = nonfinite_in(self.blocks.kernel.names, results, block.faults, block.starts, block.values)
            kinked = kinked_in(is_kinked, block.faults, block.starts, block.values)
            batch = self.with_results(block, results)
        faults = [wrong[row] for row in sorted(wrong)]
        return Answer(b"", faults, 0, rows, is_last, nonfinite, block.remarks, kinked), batch

    def with_results(self, block: Block, results: Sequence[Rows]) -> Any:
        bad = sorted(block.faults)
        given = [(block.batch.column(place), kind) for place, kind in self.kept.items()]
        columns = [column if column.type == kind else as_text(column) for column, kind in given]
        for value in results:
            columns += [as_column(part, bad) for part in ([value] if self.has_lists else rows_of([value]))]
        batch = pyarrow.RecordBatch.from_arrays(columns, schema=self.schema)
        dropped = block.lost if self.batch.policy == "null" else [*bad, *block.misfits]
        if dropped:
            is_kept = np.ones(batch.num_rows, dtype=bool)
            is_kept[list(dropped)] = False
            batch = batch.filter(pyarrow.array(is_kept))
        return batch


def first_rows(block: Block, count: int) -> Block:
    """A block's rows before a bad one."""
    values = {name: value[..., :count] for name, value in block.values.items()}
    return block._replace(batch=block.batch.slice(0, count), values=values, faults={}, lost=frozenset(), misfits={})
