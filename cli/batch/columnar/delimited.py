"""Regular CSV and TSV by polars, many rows at a time: the same text as delimited.py, several times as fast.

A block is regular if its lines are its records. Of those, rows that polars would not read as the careful way does
are read again that way; a block that is not regular is left to it altogether.
"""

from __future__ import annotations

import codecs
import io
import os
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import numpy as np

from backprop.cli.batch.columnar.library import is_usable
from backprop.cli.batch.evaluation import Answer, Job, RowsJob, wanted_of
from backprop.cli.batch.formats.delimited import Appending, Delimited
from backprop.cli.batch.formats.numbers import Rows, is_sum_finite, rows_of, texts
from backprop.cli.batch.row_errors import Fault
from backprop.cli.batch.sightings import kinked_in, nonfinite_in
from backprop.cli.batch.writing import write_all

if TYPE_CHECKING:
    from typing import TypeGuard

LEAST = 1 << 17  # bytes of a block that are worth it
SMALL = 1e-4  # below, as from 1e16 on, polars writes other digits or another form than Python
PIECE = 1 << 16  # bytes


def serves(job: Job) -> TypeGuard[RowsJob]:
    """Whether polars is installed and can do the job."""
    return is_usable() and isinstance(job, RowsJob) and isinstance(job.writer, Appending)


class BulkJob:
    """A job that polars `serves`. It is made without polars, which whoever answers needs."""

    def __init__(self, job: RowsJob) -> None:
        assert isinstance(job.writer, Appending)
        self.job = job
        self.writer = job.writer
        self.form = job.writer.form

    @cached_property
    def reader(self) -> BulkReader:
        return BulkReader(self.form)

    def answer(self, data: bytes) -> Answer:
        found = self.reader.lines(data) if len(data) >= LEAST else None
        if found is None or (found.faults and self.job.policy == "stop"):
            return self.job.answer(data)
        results, is_kinked = self.job.kernel.run(found.values, len(found.lines))
        frame = self.frame(found, rows_of(results))
        ending = "\r\n" if found.has_returns else "\n"

        def write(out: BinaryIO) -> None:
            write_frame(frame, out, self.form.separator, ending)

        faults, untold = wanted_of(found.faults, keeps_rejects=self.job.keeps_rejects)
        nonfinite = nonfinite_in(self.job.kernel.names, results, found.faults, None, found.values)
        kinked = kinked_in(is_kinked, found.faults, None, found.values)
        rows = len(found.lines)
        return Answer(write, faults, rows, rows, nonfinite=nonfinite, kinked=kinked, untold=untold)

    def frame(self, found: BulkLines, vectors: Sequence[Rows]) -> Any:
        """The lines as they came and the results as text; empty in a bad row, or without it."""
        import polars

        bad = list(found.faults)
        columns = [] if self.writer.is_only else [found.lines.alias("")]
        for place, vector in enumerate(vectors):
            text = as_texts(vector)
            columns.append((text.scatter(bad, None) if bad else text).alias(str(place)))
        if bad and not self.writer.is_only and self.job.policy == "null":
            padded = {row: self.padded(found.faults[row].record.decode()) for row in bad}
            columns[0] = columns[0].scatter(list(padded), list(padded.values()))
        frame = polars.DataFrame(columns)
        if not bad or self.job.policy == "null":
            return frame
        kept = np.ones(len(frame), dtype=bool)
        kept[bad] = False
        return frame.filter(polars.Series(kept))

    def padded(self, record: str) -> str:
        """A record with too few cells filled up."""
        return record + self.form.separator * (len(self.form.header) - 1 - record.count(self.form.separator))


class BulkLines(NamedTuple):
    """The lines of a regular block as a polars Series, the variables' values, and the bad rows by place."""

    lines: Any
    values: dict[str, Rows]
    faults: Mapping[int, Fault]
    has_returns: bool


class BulkReader:
    """Reads regular blocks of one dialect and header."""

    def __init__(self, form: Delimited) -> None:
        import polars

        self.form = form
        self.width = len(form.header)
        self.needed = sorted({place for columns in form.columns.values() for place in columns.places})
        self.shown = sorted({*self.needed, self.width - 1})  # a row that is too short lacks the last
        self.schema: dict[str, Any] = {
            f"column_{place + 1}": polars.Float64 if place in self.needed else polars.String
            for place in range(self.width)
        }

    def lines(self, data: bytes) -> BulkLines | None:
        """What a regular block holds; None where it is not regular."""
        import polars

        has_returns = b"\r" in data
        if has_returns:
            if (
                not data.endswith(b"\r\n")
                or data.count(b"\r\n") != data.count(b"\r")
                or data.count(b"\r") != data.count(b"\n")
            ):
                return None
            data = data.replace(b"\r\n", b"\n")
        if not data.endswith(b"\n") or b"\0" in data or (self.form.has_quotes and b'"' in data):
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
        columns = {place: cells[f"column_{place + 1}"] for place in self.shown}
        found = {
            place: columns[place].to_numpy(writable=True) if columns[place].null_count() else columns[place].to_numpy()
            for place in self.needed
        }
        doubtful = self.doubtful(columns, found, len(lines))
        values: dict[str, Rows] = {
            name: (np.stack if one.shape else first)([found[place] for place in one.places]).reshape(*one.shape, -1)
            for name, one in self.form.columns.items()
        }
        faults, deficit = self.read_again(lines, values, doubtful)
        if count(data, self.form.separator) != len(lines) * (self.width - 1) - deficit:
            return None  # some row is too long
        return BulkLines(lines, values, faults, has_returns)

    def doubtful(self, columns: Mapping[int, Any], found: Mapping[int, Rows], rows: int) -> Any:
        """The places of the rows to be read again: those with nothing in a cell that counts, or with inf."""
        mask: Any = None
        for place in self.shown:
            parts = [columns[place].is_null().to_numpy()] if columns[place].null_count() else []
            if place in found and not is_sum_finite(found[place]):
                parts.append(np.isinf(found[place]))
            for part in parts:
                mask = part if mask is None else mask | part
        return np.flatnonzero(mask) if mask is not None else ()

    def read_again(self, lines: Any, values: dict[str, Rows], doubtful: Any) -> tuple[dict[int, Fault], int]:
        """Put what the careful way reads into `values`; the bad rows, and how many cells they lack in all."""
        if not len(doubtful):
            return {}, 0
        records = self.form.records("".join(f"{line}\n" for line in lines.gather(doubtful)).encode())
        for name, value in records.values.items():
            if not np.asarray(values[name]).flags.writeable:
                values[name] = np.array(values[name])
            values[name][..., doubtful] = value
        faults = {}
        deficit = 0
        for place, fault in records.faults.items():
            row = int(doubtful[place])
            faults[row] = Fault(row, fault.reason, fault.record)
            deficit += self.width - 1 - fault.record.count(self.form.separator.encode())
        return faults, deficit


def count(data: bytes, character: str) -> int:
    """How often the character is there: by pieces that stay in the cache, as `bytes.count` is ten times slower."""
    entries = np.frombuffer(data, np.uint8)
    places = range(0, len(entries), PIECE)
    return sum(int(np.count_nonzero(entries[place : place + PIECE] == ord(character))) for place in places)


def first(arrays: Sequence[Rows]) -> Rows:
    return arrays[0]


def as_texts(vector: Rows) -> Any:
    """`numbers.texts` of a vector as a polars Series: by polars where it writes the same digits in the same form."""
    import polars

    text = polars.Series(vector).cast(polars.String)
    other = ~(np.abs(vector) >= SMALL)  # nan, too
    other |= np.rint(vector) == vector  # all large ones, too
    places = np.flatnonzero(other)
    if len(places):
        text = text.scatter(places, texts(vector[places]))
    return text


def write_frame(frame: Any, out: BinaryIO, separator: str, ending: str) -> None:
    """Write the frame's text. Raises OSError.

    By polars itself where that is a file: a pipe may take less at a time.
    """
    text = out if isinstance(out, io.FileIO) else io.BytesIO()
    try:
        frame.write_csv(
            text,
            include_header=False,
            separator=separator,
            line_terminator=ending,
            quote_style="never",
            null_value="",
        )
    except OSError as error:
        number = re.search(r"os error (\d+)", str(error))
        if number is None:
            raise
        raise OSError(int(number[1]), os.strerror(int(number[1]))) from None
    if isinstance(text, io.BytesIO):
        write_all(out, text.getbuffer())
