"""Regular CSV and TSV by polars, many rows at a time: the same text as delimited.py, several times as fast.

A block is regular if its lines are its records. Of those, rows that polars would not read as the careful way does
are read again that way; a block that is not regular is left to it altogether.
"""

from __future__ import annotations

import codecs
import io
import itertools
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from backprop.cli.batch.block import Block
from backprop.cli.batch.evaluation import Job, Output, Reader, RowsJob
from backprop.cli.batch.formats.delimited import Appending, Delimited
from backprop.cli.batch.formats.dialect import BLANKS
from backprop.cli.batch.formats.numbers import Rows, is_sum_finite, rows_of, texts
from backprop.cli.batch.formats.rearranged import Rearranged
from backprop.cli.batch.row_errors import Fault
from backprop.cli.batch.sightings import Remark

if TYPE_CHECKING:
    from typing import TypeGuard

LEAST = 1 << 17  # bytes of a block that are worth it
SMALL = 1e-4  # below, as from 1e16 on, polars writes other digits or another form than Python
PIECE = 1 << 16  # bytes
PLACE = "\0"  # of a text that is written by itself; no regular block holds one
FEW = 32  # of so many numbers one may be written by itself: to have polars write all as text takes longer


def serves_tables(job: Job) -> TypeGuard[RowsJob]:
    """Whether polars, which is installed, can do the job."""
    if not (isinstance(job, RowsJob) and isinstance(job.writer, Appending)):
        return False
    if isinstance(job.reader, Rearranged) and job.reader.suffix is None:
        return False
    dialect = job.writer.form.dialect
    is_other = dialect.separator == BLANKS or dialect.comment or dialect.nulls or not dialect.has_python_numbers
    return not is_other and dialect.separator.isascii()


def tables_in_bulk(job: RowsJob) -> RowsJob:
    """The job as polars does it. It is made without polars, which whoever answers needs."""
    assert isinstance(job.writer, Appending)
    given = job.reader
    reader: Reader
    if isinstance(given, Rearranged):
        reader = given.with_reader(BulkReader(given.form))
    else:
        assert isinstance(given, Delimited)
        reader = BulkReader(given)
    return job.by(reader, BulkWriter(job.writer))


class BulkWriter:
    """Writes the lines of regular blocks as they came, and the results behind them; other blocks as `careful` does."""

    def __init__(self, careful: Appending) -> None:
        self.careful = careful

    def remarks(self, block: Block) -> Sequence[Remark]:
        return self.careful.remarks(block)

    def output(self, block: Block, results: Sequence[Rows], *, is_skipping: bool) -> Output:
        """In a bad row the results are empty, or the row is left out."""
        if block.lines_series is None:
            return self.careful.output(block, results, is_skipping=is_skipping)
        import polars

        form, vectors = self.careful.form, rows_of(results)
        dropped = block.dropped(is_skipping=is_skipping)
        columns, others = self.columns(block, vectors, may_be_other=not dropped)
        frame = polars.DataFrame([column.alias(str(place)) for place, column in enumerate(columns)])
        if dropped:
            kept = np.ones(len(frame), dtype=bool)
            kept[list(dropped)] = False
            frame = frame.filter(polars.Series(kept))
        assert isinstance(block.endings, str)  # a regular block has one for all lines
        text = frame_text(frame, separator=form.separator, ending=block.endings, null=PLACE)
        return with_others(text, others) if others else text

    def columns(self, block: Block, vectors: Sequence[Rows], *, may_be_other: bool) -> tuple[list[Any], list[str]]:
        """The lines as they came and the results as numbers, or as text where polars would write many otherwise.

        Where it would write few, these are null, and their texts are given by themselves, line by line.
        """
        import polars

        bad = sorted(block.faults)
        columns = [] if self.careful.is_only else [self.padded(block, bad)]
        others: list[tuple[int, int, str]] = []
        for number, vector in enumerate(vectors):
            places = np.union1d(written_otherwise(vector), bad).astype(np.int64)
            if len(places) > (block.rows // FEW if may_be_other else 0):
                text = as_texts(vector)
                columns.append(text.scatter(bad, self.careful.empty) if bad else text)
                continue
            written = [
                self.careful.empty if place in block.faults else text
                for place, text in zip(places.tolist(), texts(vector[places]), strict=True)
            ]
            others += zip(places.tolist(), itertools.repeat(number), written)
            column = polars.Series(vector)
            columns.append(column.scatter(places, None) if len(places) else column)
        return columns, [text for *_, text in sorted(others)]

    def padded(self, block: Block, bad: Sequence[int]) -> Any:
        """The lines, the bad ones filled up."""
        lines = block.lines_series
        return lines.scatter(bad, [self.careful.form.padded(line) for line in lines.gather(bad)]) if bad else lines


def with_others(text: bytes, others: Sequence[str]) -> bytes:
    """A text with others in the places that are left for them."""
    whole, place = memoryview(text), PLACE.encode()
    parts: list[bytes | memoryview] = []
    start = 0
    for other in others:
        end = text.index(place, start)
        parts += whole[start:end], other.encode()
        start = end + len(place)
    return b"".join([*parts, whole[start:]])


class BulkReader:
    """Reads blocks of one dialect and header, which are regular; others as `form` does."""

    def __init__(self, form: Delimited) -> None:
        self.form = form
        self.width = len(form.header)
        self.needed = sorted({position for columns in form.columns.values() for position in columns.places})
        self.shown = sorted({*self.needed, self.width - 1})  # a row that is too short lacks the last

    @cached_property
    def schema(self) -> dict[str, Any]:
        import polars

        return {
            f"column_{position + 1}": polars.Float64 if position in self.needed else polars.String
            for position in range(self.width)
        }

    def read(self, data: bytes) -> Block:
        block = self.regular(data) if len(data) >= LEAST else None
        return self.form.read(data) if block is None else block

    def regular(self, data: bytes) -> Block | None:
        """What a regular block holds; None where it is not regular."""
        import polars

        has_returns, quote = b"\r" in data, self.form.dialect.quote.encode()
        if has_returns:
            if (
                not data.endswith(b"\r\n")
                or data.count(b"\r\n") != data.count(b"\r")
                or data.count(b"\r") != data.count(b"\n")
            ):
                return None
            data = data.replace(b"\r\n", b"\n")
        if not data.endswith(b"\n") or b"\0" in data or (quote and quote in data):
            return None
        if data.startswith(codecs.BOM_UTF8):
            return None  # polars would leave it out
        try:
            lines = polars.read_lines(data).to_series()
            cells = polars.read_csv(
                data,
                has_header=False,
                separator=self.form.separator,
                quote_char=None,
                schema=self.schema,
                columns=self.shown,
                ignore_errors=True,
            )
        except (polars.exceptions.PolarsError, polars.exceptions.PanicException):
            return None  # bytes that are no UTF-8, rows that are too long: the careful way says which
        if len(cells) != len(lines) or lines.str.len_bytes().min() == 0:  # a blank line may be a row or none
            return None
        columns = {position: cells[f"column_{position + 1}"] for position in self.shown}
        vectors = {
            position: columns[position].to_numpy(writable=True)
            if columns[position].null_count()
            else columns[position].to_numpy()
            for position in self.needed
        }
        doubtful = self.doubtful(columns, vectors, len(lines))
        values: dict[str, Rows] = {
            name: (np.stack if group.shape else first)([vectors[position] for position in group.places]).reshape(
                *group.shape, -1
            )
            for name, group in self.form.columns.items()
        }
        faults, deficit = self.read_again(lines, values, doubtful)
        if count(data, self.form.separator) != len(lines) * (self.width - 1) - deficit:
            return None  # some row is too long
        endings = "\r\n" if has_returns else "\n"
        return Block(range(len(lines)), len(lines), values, faults, endings=endings, lines_series=lines)

    def doubtful(self, columns: Mapping[int, Any], vectors: Mapping[int, Rows], rows: int) -> Any:
        """The places of the rows to be read again: those with nothing in a cell that counts, or with inf."""
        mask: Any = None
        for position in self.shown:
            parts = [columns[position].is_null().to_numpy()] if columns[position].null_count() else []
            if position in vectors and not is_sum_finite(vectors[position]):
                parts.append(np.isinf(vectors[position]))
            for part in parts:
                mask = part if mask is None else mask | part
        return np.flatnonzero(mask) if mask is not None else ()

    def read_again(self, lines: Any, values: dict[str, Rows], doubtful: Any) -> tuple[dict[int, Fault], int]:
        """Put what the careful way reads into `values`; the bad rows, and how many cells they lack in all."""
        if not len(doubtful):
            return {}, 0
        records = self.form.read("".join(f"{line}\n" for line in lines.gather(doubtful)).encode())
        for name, value in records.values.items():
            if not np.asarray(values[name]).flags.writeable:
                values[name] = np.array(values[name])
            values[name][..., doubtful] = value
        faults = {}
        deficit = 0
        for position, fault in records.faults.items():
            row = int(doubtful[position])
            faults[row] = Fault(row, fault.reason, fault.record)
            deficit += self.width - 1 - fault.record.count(self.form.separator.encode())
        return faults, deficit


def count(data: bytes, character: str) -> int:
    """How often the character is there: by pieces that stay in the cache, as `bytes.count` is ten times slower."""
    entries = np.frombuffer(data, np.uint8)
    places = range(0, len(entries), PIECE)
    return sum(int(np.count_nonzero(entries[start : start + PIECE] == ord(character))) for start in places)


def first(arrays: Sequence[Rows]) -> Rows:
    return arrays[0]


def as_texts(vector: Rows) -> Any:
    """`numbers.texts` of a vector as a polars Series: by polars where it writes the same digits in the same form."""
    import polars

    text = polars.Series(vector).cast(polars.String)
    places = written_otherwise(vector)
    if len(places):
        text = text.scatter(places, texts(vector[places]))
    return text


def written_otherwise(vector: Rows) -> Any:
    """The places of the numbers that polars writes with other digits, or in another form."""
    other = ~(np.abs(vector) >= SMALL)  # nan, too
    other |= np.rint(vector) == vector  # all large ones, too
    return np.flatnonzero(other)


def frame_text(frame: Any, *, separator: str, ending: str, null: str = "") -> bytes:
    """The frame's text. It is made in memory: the turn to write is kept for no longer than writing takes."""
    text = io.BytesIO()
    frame.write_csv(
        text,
        include_header=False,
        separator=separator,
        line_terminator=ending,
        quote_style="never",
        null_value=null,
    )
    return text.getvalue()
