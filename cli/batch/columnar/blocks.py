"""Rows of parquet and Arrow IPC, in or out: chooses who reads, computes and writes them. Reads no file itself."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from backprop.cli.batch.columnar.input import frames_of, polars_for
from backprop.cli.batch.columnar.interrupts import pass_on_interrupts
from backprop.cli.batch.columnar.metadata import NOTHING, Described
from backprop.cli.batch.columnar.output import cells_of, limits_of, write_frames
from backprop.cli.batch.columnar.panics import Silence
from backprop.cli.batch.columnar.text_blocks import Block, TextBlocks, as_series, list_of
from backprop.cli.batch.columnar.values import Binding, check_readable
from backprop.cli.batch.evaluation import Kernel
from backprop.cli.batch.formats.delimited import Delimited
from backprop.cli.batch.formats.numbers import rows_of
from backprop.cli.batch.input.header import brief
from backprop.cli.batch.input.source import Damaged, Source
from backprop.cli.batch.notes import Kinked, Nonfinite, Remarks, kinked_in, nonfinite_in
from backprop.cli.batch.processes.resources import keep_freed_memory
from backprop.cli.batch.question import renames_of
from backprop.cli.batch.results import check_names, entry_names
from backprop.cli.batch.row_errors import Fault, Faults
from backprop.cli.batch.setup import free_names
from backprop.cli.output.formats import FORMATS
from backprop.cli.status import Failure, Status

if TYPE_CHECKING:
    from backprop.autodiff.shapes import Shape
    from backprop.cli.batch.options import Batch
    from backprop.cli.batch.progress import Progress

LOOKED_AT = 16  # blocks, at most, for the shape of lists


class Blocks(Protocol):
    """An input. `size` is what `consumed` will come to; `loss` says after the last block what else was lost."""

    unit: str  # what `first` counts
    size: int | None
    schema: Mapping[str, Any]
    described: Described
    headings: Mapping[str, str]  # what the input calls the columns of the schema, which has each name once
    kernel: Kernel
    has_lists: bool  # whether a variable may come from lists: then results are lists, too

    @property
    def loss(self) -> str | None: ...

    def __iter__(self) -> Iterator[Block]: ...


def run_columnar(batch: Batch) -> Status:
    """Answer all rows of a batch whose input or output is columnar. Raises ExpressionError or Failure."""
    pass_on_interrupts()
    silence = Silence()
    keep_freed_memory()
    form = next(one for one in (batch.input_format, batch.output_format) if FORMATS[one].is_binary)
    polars_for(form)
    if batch.question.graph is None:
        raise Failure(
            f"rows with expressions of their own are no {form}",
            "read and write them as csv, tsv, ndjson or lines; leave --format away, or give -o another ending",
        )
    with contextlib.ExitStack() as stack:
        blocks: Blocks
        if FORMATS[batch.input_format].is_binary:
            blocks = ColumnBlocks(batch, Source(batch.question.file), stack)
        else:
            blocks = TextBlocks(batch)
        return Answering(batch, blocks, silence).run()


class ColumnBlocks:
    """Blocks of parquet or Arrow IPC."""

    unit = "row"

    def __init__(self, batch: Batch, source: Source, stack: contextlib.ExitStack) -> None:
        import polars

        graph = batch.question.graph
        assert graph is not None
        self.name = source.name
        frames = frames_of(source, batch.input_format, stack)
        kept = [column for column in frames.columns if column.name is not None]
        self.described = frames.described
        self.headings: Mapping[str, str] = {str(column.name): column.heading for column in kept}
        self.schema = frames.schema
        self.size = self.rows = frames.rows
        self.loss: str | None = None
        self.keeps_rows = batch.rejects is not None
        self.is_only, self.note, self.replaced = batch.is_only, batch.note, frames.replaced
        coming = iter(frames)
        names, renames = free_names(batch, graph, self.headings.values()), renames_of(batch.renames, graph)
        check_readable(frames.columns, names, renames)
        self.binding = Binding(polars.DataFrame(schema=self.schema), list(self.headings.values()), names, renames)
        if not batch.is_only:
            for column in frames.columns:
                if column.note and (column.as_text is None or FORMATS[batch.output_format].is_binary):
                    batch.note(f"the column {brief(column.heading)}: {column.note}")
        looked_at: list[Any] = []
        try:
            for frame in itertools.islice(coming, LOOKED_AT):
                looked_at.append(frame)
                self.binding.learn_shapes(frame)
                if self.binding.is_settled:
                    break
        except Damaged as damage:
            raise Failure(f"{source.name}: {damage}") from None
        self._frames = itertools.chain(looked_at, coming)
        self.has_lists = bool(self.binding.nested)
        self.kernel = Kernel(graph, self.binding.shapes, batch.question.fixed, batch.wanted)

    def __iter__(self) -> Iterator[Block]:
        rows = 0
        try:
            for frame in self._frames:
                if frame.height:
                    values, reasons = self.binding.values(frame)
                    faults = self.faults(frame, reasons) if reasons else {}
                    yield Block(frame, values, faults, frozenset(), rows + 1, rows + frame.height)
                    rows += frame.height
            if self.rows is not None and rows != self.rows:
                raise Damaged(f"it is damaged: by its table of contents it has {self.rows} rows")
        except Damaged as damage:
            self.loss = f"{self.name}, after row {rows}: {damage}"
        for name in self.schema:
            if name in self.replaced and not self.is_only:
                self.note(f"the column {brief(self.headings[name])}: what is not UTF-8 text in it is written as U+FFFD")

    def faults(self, frame: Any, reasons: Mapping[int, Sequence[str]]) -> dict[int, Fault]:
        """The bad rows, as CSV where somebody keeps them."""
        places = sorted(reasons)
        records = [b""] * len(places)
        if self.keeps_rows:
            form = Delimited(",")
            cells = cells_of(frame[places]).rows()
            records = [form.joined([cell or "" for cell in row]).encode() for row in cells]
        return {row: Fault(row, "; ".join(reasons[row]), record) for row, record in zip(places, records, strict=True)}


class Answering:
    """Computes the blocks' results and writes the rows with them behind."""

    def __init__(self, batch: Batch, blocks: Blocks, silence: Silence) -> None:
        self.batch = batch
        self.blocks = blocks
        self.silence = silence
        self.results = blocks.kernel.prepare()
        output = batch.output_format
        self.has_lists = output == "ndjson" or (FORMATS[output].is_binary and blocks.has_lists)
        added = [one for name, shape in self.results for one in self.columns(name, shape).items()]
        kept: dict[str, Any] = {}
        if not batch.is_only:
            check_names([name for name, _ in added], list(blocks.headings.values()))
            limits = limits_of(output, blocks.schema, blocks.headings, blocks.described)
            for note in dict.fromkeys((blocks.headings[name], limit.reason) for name, limit in limits.items()):
                batch.note(f"the column {brief(note[0])}: {note[1]}")
            kept = {name: kind for name, kind in blocks.schema.items() if name not in limits or limits[name].is_held}
        self.schema = {**kept, **dict(added)}
        self.described = NOTHING if batch.is_only else blocks.described
        self.header = [*(blocks.headings[name] for name in kept), *(name for name, _ in added)]
        self.is_ended = False  # by a bad row
        self.nonfinite: Nonfinite | None = None  # of the block that is answered
        self.kinked: Kinked | None = None  # of that

    def columns(self, name: str, shape: Shape) -> dict[str, Any]:
        """The columns of a result and their types."""
        if self.has_lists:
            return {name: list_of(shape)}
        return dict.fromkeys(entry_names(name, shape), list_of(()))

    def run(self) -> Status:
        """Write all rows. Raises Failure where the output cannot be written."""
        from backprop.cli.batch.options import Stopped
        from backprop.cli.batch.progress import Progress
        from backprop.cli.batch.rejects import rejects_of
        from backprop.cli.output.destination import byte_destination
        from backprop.cli.output.output import say

        batch, blocks = self.batch, self.blocks
        progress = Progress(blocks.size, is_quiet=batch.is_quiet, is_among_results=batch.writes_to_a_screen)

        def note(text: str) -> None:
            progress.pause()
            say(text)

        with contextlib.ExitStack() as stack:
            with self.silence.lifted():
                kept = stack.enter_context(rejects_of(batch.rejects, batch.path))
            faults = Faults(note, kept, blocks.unit)
            remarks = Remarks(None if batch.is_quiet else note, blocks.unit)
            try:
                with contextlib.ExitStack() as writing:
                    with self.silence.lifted():
                        out = writing.enter_context(byte_destination(batch.path))
                    frames = self.frames(faults, remarks, progress)
                    write_frames(batch.output_format, self.schema, self.header, self.described, frames, out)
                    if self.is_ended:
                        raise Stopped
            except Stopped:
                pass  # a file that is not whole is not made
            finally:
                progress.pause()
            if blocks.loss:
                faults.add_loss(blocks.loss)
            faults.sum_up()
            remarks.sum_up(batch.question.graph, batch.question.fixed, batch.wanted)
        return batch.status(faults, remarks)

    def frames(self, faults: Faults, remarks: Remarks, progress: Progress) -> Iterator[Any]:
        """The rows as they are written; what is wrong with them goes to `faults`."""
        for block in self.blocks:
            wrong = {**block.misfits, **block.faults}
            if wrong and self.batch.policy == "stop":
                worst = min(wrong)
                wrong = {worst: wrong[worst]}
                block = first_rows(block, worst)
                self.is_ended = True
            if block.frame.height:
                yield self.answered(block)
            for row in sorted(wrong):
                faults.add(wrong[row], block.first)
            remarks.add(block.remarks, self.nonfinite, self.kinked, block.first)
            self.nonfinite = self.kinked = None
            progress.advance(block.frame.height, block.consumed)
            if self.is_ended:
                return

    def answered(self, block: Block) -> Any:
        """The rows with their results; in a bad row they are null, or it is left out."""
        rows = block.frame.height
        results, is_kinked = self.blocks.kernel.run(block.values, rows)
        bad = sorted(block.faults)
        named = [name for name, _ in self.results]
        self.nonfinite = nonfinite_in(named, results, bad, block.starts, block.values)
        self.kinked = kinked_in(is_kinked, bad, block.starts, block.values)
        added = []
        for (name, shape), value in zip(self.results, results, strict=True):
            parts = [value] if self.has_lists else rows_of([value])
            names = self.columns(name, shape)
            added += [as_series(one, part, bad) for one, part in zip(names, parts, strict=True)]
        if not self.batch.is_only:
            added = [*(one for one in block.frame if one.name in self.schema), *added]
        frame = polars_frame(added)
        dropped = block.lost if self.batch.policy == "null" else [*bad, *block.misfits]
        if dropped:
            is_kept = np.ones(rows, dtype=bool)
            is_kept[list(dropped)] = False
            frame = frame.filter(is_kept)
        return frame


def polars_frame(columns: Sequence[Any]) -> Any:
    import polars

    return polars.DataFrame(columns)


def first_rows(block: Block, count: int) -> Block:
    """A block's rows before a bad one."""
    values = {name: value[..., :count] for name, value in block.values.items()}
    return block._replace(frame=block.frame.head(count), values=values, faults={}, lost=frozenset(), misfits={})
