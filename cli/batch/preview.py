"""Rows as a table for the eye: the first ones, and how many more there are."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, BinaryIO

from backprop.cli.batch.formats.delimited import Delimited
from backprop.cli.batch.formats.dialect import DIALECTS, as_float
from backprop.cli.batch.writing import write_all
from backprop.cli.output.output import Look, Output
from backprop.cli.output.report import Cell, Column, Report

if TYPE_CHECKING:
    from collections.abc import Collection

    from backprop.cli.batch.settings import Batch

SHOWN = 20  # rows: they fit into a terminal of 24 lines with the header and what stands below
DIGITS = 6
DIALECT = DIALECTS["tsv"]  # of what is written here: a record is a line


class FirstRows(io.RawIOBase):
    """Takes rows as TSV below a header, keeps the first and counts the others; `results` name columns of numbers."""

    def __init__(self, results: Collection[str]) -> None:
        super().__init__()
        self.results = results
        self.kept = bytearray()
        self.lines = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        piece = bytes(data)
        for line in piece.splitlines(keepends=True) if self.lines <= SHOWN else ():
            if self.lines > SHOWN:
                break
            self.kept += line
            self.lines += line.endswith(b"\n")
            piece = piece[len(line) :]
        self.lines += piece.count(b"\n")
        return len(data)

    def show(self, batch: Batch, out: BinaryIO) -> None:
        """Write the table."""
        from backprop.cli.output import table  # here, not above: it imports rich

        look = Look("table", DIGITS, None, False, False)
        if batch.path is None:
            look = Output("batch", path=None, quiet=batch.is_quiet, verbose=False, format="table").look
        text = io.StringIO(newline="")
        table.write(self.report(has_header=not batch.results.no_header), text, look)
        write_all(out, memoryview(text.getvalue().encode("utf-8", "surrogateescape")))

    def report(self, *, has_header: bool) -> Report:
        """The first rows; numbers that were computed have few digits."""
        lines = self.kept.decode("utf-8", "surrogateescape").split("\n")[:-1]
        header, *rows = Delimited(DIALECT).cells_of(lines)
        columns, converters = [], []
        for place, name in enumerate(header):
            is_number = all(as_float(row[place]) is not None for row in rows if row[place])
            columns.append(Column(name, is_number=is_number))
            converters.append(number if is_number and name in self.results else str)
        cells = [tuple(convert(cell) for convert, cell in zip(converters, row, strict=True)) for row in rows]
        more = self.lines - len(lines)
        footer = (f"and {more} more row{'s' * (more > 1)}",) if more else ()
        return Report("", tuple(columns), cells, {}, (), has_header, footer)


def number(cell: str) -> Cell:
    """What a cell of a result holds; a bad row has nothing in it."""
    return float(cell) if cell else None
