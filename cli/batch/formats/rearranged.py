"""Rows with what the file knows of all of them, and in the columns of the first of several files. Computes nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from backprop.cli.batch.block import Block
from backprop.cli.batch.evaluation import Reader
from backprop.cli.batch.formats.delimited import Delimited
from backprop.cli.batch.formats.dialect import BLANKS, as_float, distinct
from backprop.cli.batch.formats.ndjson import Ndjson, as_json, with_members
from backprop.cli.batch.formats.numbers import Rows


class Rearranged:
    """Rows of one table as rows of another: `form` reads them, `outer` is how they are to be, header and dialect.

    `constants` are cells of columns behind those of `form`, `values` what variables have in all rows. `reader` is what
    reads in place of `form`, the same.
    """

    def __init__(
        self,
        form: Delimited,
        outer: Delimited,
        constants: Sequence[tuple[str, str]],
        values: Mapping[str, float],
        reader: Reader | None = None,
    ) -> None:
        self.form = form
        self.outer = outer
        self.constants = constants
        self.values = values
        self.reader: Reader = reader or form
        own = distinct([*form.header, *[name for name, _ in constants]])
        there = {name: place for place, name in enumerate(own)}
        wanted = distinct(outer.header)
        self.places = [there.get(name) for name in wanted]
        self.absent = [name for name in wanted if name not in there]
        self.left_out = [name for name in own if name not in set(wanted)]
        is_alike = form.dialect == outer.dialect and self.places == list(range(len(own)))
        self.suffix = form.separator.join(["", *self.added]) if is_alike else None

    @property
    def added(self) -> list[str]:
        """The constants as one record has them, in pieces."""
        return [self.form.joined([cell]) for _, cell in self.constants]

    def with_reader(self, reader: Reader) -> Rearranged:
        return Rearranged(self.form, self.outer, self.constants, self.values, reader)

    def read(self, data: bytes) -> Block:
        block = self.reader.read(data)
        values: dict[str, Rows] = {**block.values}
        for name, value in self.values.items():
            column = np.full(block.rows, value)
            column[list(block.faults)] = np.nan
            values[name] = column
        if block.lines_series is not None:
            return block._replace(values=values, lines_series=self._with_suffix(block))
        if self.suffix is not None:
            records = list(block.records)
            for row in block.faults.keys() - block.lost:
                records[row] = self.form.padded(records[row])
            return block._replace(values=values, records=[f"{record}{self.suffix}" for record in records])
        rows = self.form.cells(block)
        return block._replace(values=values, records=[self.outer.joined(self._cells(cells)) for cells in rows])

    def _with_suffix(self, block: Block) -> Any:
        """The lines of polars with the constants behind."""
        lines = block.lines_series
        bad = list(block.faults)
        if bad:
            lines = lines.scatter(bad, [self.form.padded(line) for line in lines.gather(bad)])
        return lines + self.suffix

    def _cells(self, cells: Sequence[str]) -> list[str]:
        """The cells of a row in the outer order; behind them those that it has too many."""
        width = len(self.form.header)
        whole = [*cells[:width], *[""] * (width - len(cells)), *[cell for _, cell in self.constants]]
        chosen = ["" if place is None else whole[place] for place in self.places]
        return [*map(self._in_outer, chosen), *cells[width:]]

    def _in_outer(self, cell: str) -> str:
        """A cell with its number, if it is one, as the outer dialect writes it."""
        one, other = self.form.dialect, self.outer.dialect
        if (one.decimal, one.thousands) == (other.decimal, other.thousands):
            return cell
        number = one.in_python(cell)
        return other.written([number])[0] if as_float(number) is not None else cell


class WithMembers:
    """Objects with further members, the constants of their file; a row that has one of the name keeps its own."""

    def __init__(self, form: Ndjson, constants: Sequence[tuple[str, str]]) -> None:
        self.form = form
        self.members = [(name, json.loads(as_json(cell)), member_text(name, cell)) for name, cell in constants]

    def read(self, data: bytes) -> Block:
        block = self.form.read(data)
        records, objects = list(block.records), list(block.objects)
        for row in range(block.rows):
            if row not in block.closed:
                added = [member for member in self.members if member[0] not in objects[row]]
                records[row] = with_members(records[row], ", ".join([text for _, _, text in added]))
                objects[row] = {**objects[row], **{name: value for name, value, _ in added}}
        return block._replace(records=records, objects=objects)


def member_text(name: str, cell: str) -> str:
    return f"{json.dumps(name, ensure_ascii=False)}: {as_json(cell)}"


def with_constants(form: Delimited, constants: Sequence[tuple[str, str]]) -> Delimited:
    """The same table with further columns behind its own."""
    if not constants:
        return form
    outer = Delimited(form.dialect)
    names = [name for name, _ in constants]
    outer.ending = form.ending
    outer.header = [*form.header, *names]
    if form.header_text is None:
        outer.header_text = None
    else:
        outer.header_text = form.separator.join([form.header_text, *[form.joined([name]) for name in names]])
    empty = form.dialect.quote * 2 if form.separator == BLANKS else ""
    outer.units = [form.separator.join([form.padded(record), *[empty] * len(names)]) for record in form.units]
    return outer
