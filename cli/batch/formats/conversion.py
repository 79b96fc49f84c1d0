"""Rows of one text format written as another: CSV and TSV as each other or as NDJSON, NDJSON as CSV or TSV."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from backprop.autodiff.shapes import Shape
from backprop.cli.batch.block import Block
from backprop.cli.batch.formats.delimited import Delimited, ended, texts_of_rows
from backprop.cli.batch.formats.dialect import as_float
from backprop.cli.batch.formats.members import cells_of, remarks_on_halves
from backprop.cli.batch.formats.ndjson import Members, as_json
from backprop.cli.batch.formats.numbers import Rows
from backprop.cli.batch.formats.undecodable import has_strays, remarks_on_strays, without_strays
from backprop.cli.batch.sightings import Remark


class ToObjects:
    """Delimited rows as objects: a cell that is a number stays one, an empty one is null.

    Of columns of one name only the first is a member.
    """

    def __init__(self, form: Delimited, names: Sequence[str], shapes: Sequence[Shape], *, is_only: bool) -> None:
        self.form = form
        self.members = Members(names, shapes)
        self.is_only = is_only
        header = [without_strays(name) for name in form.header]
        firsts = {name: position for position, name in reversed(list(enumerate(header)))}
        self.keys = [
            json.dumps(name, ensure_ascii=False) if firsts[name] == position else None
            for position, name in enumerate(header)
        ]

    def opening(self) -> bytes:
        return b""

    def output(self, block: Block, results: Sequence[Rows], *, is_skipping: bool) -> bytes:
        """In a bad row the results are null, or the row is left out."""
        lines = []
        for cells, added in zip(self.form.cells(block), self.members.texts(results, block.faults), strict=True):
            pairs = () if self.is_only else zip(self.keys, cells, strict=False)
            given = [f"{key}: {self._member(cell)}" for key, cell in pairs if key is not None]
            lines.append(f"{{{', '.join([*given, added])}}}")
        return ended(lines, "\n", block.dropped(is_skipping=is_skipping)).encode()

    def _member(self, cell: str) -> str:
        """A cell as JSON: what is a number in the dialect of the rows is one, what says that there is none is null."""
        dialect = self.form.dialect
        if dialect.nulls and dialect.is_null(cell):
            return "null"
        number = cell if dialect.has_python_numbers else dialect.in_python(cell)
        return as_json(number if as_float(number) is not None else cell)

    def remarks(self, block: Block) -> Sequence[Remark]:
        if self.is_only or not has_strays("".join(block.records)):
            return ()
        return remarks_on_strays(self.form.header, self.form.cells(block), block.starts)


class ToCells:
    """Delimited rows, or objects by the members of the first one, as CSV or TSV."""

    def __init__(
        self,
        form: Delimited | None,
        target: Delimited,
        header: Sequence[str],
        names: Sequence[str],
        *,
        is_only: bool,
    ) -> None:
        self.form = form
        self.target = target
        self.header = list(header)
        self.names = list(names)
        self.is_only = is_only

    def opening(self) -> bytes:
        kept = self.header if self.form else [without_strays(name) for name in self.header]
        lines = [self.names if self.is_only else [*kept, *self.names]]
        if self.form and not self.is_only:
            lines += [[*cells, *[""] * len(self.names)] for cells in self.form.cells_of(self.form.units)]
        return "".join(f"{self.target.joined(cells)}\n" for cells in lines).encode("utf-8", "surrogateescape")

    def output(self, block: Block, results: Sequence[Rows], *, is_skipping: bool) -> bytes:
        """In a bad row the results are empty, or the row is left out."""
        dialect = self.form.dialect if self.form else None
        rows: Iterable[Sequence[str]] = zip(*texts_of_rows(block, results, dialect=dialect), strict=True)
        if not self.is_only:
            rows = ([*given, *added] for given, added in zip(self.cells(block), rows, strict=True))
        lines = list(map(self.target.joined, rows))
        return ended(lines, "\n", block.dropped(is_skipping=is_skipping)).encode("utf-8", "surrogateescape")

    def remarks(self, block: Block) -> Sequence[Remark]:
        if self.is_only or self.form is not None:
            return ()
        whole = [record if members else "{}" for record, members in zip(block.records, block.objects, strict=True)]
        return remarks_on_halves(self.header, whole, block.starts)

    def cells(self, block: Block) -> list[list[str]]:
        """A row at least as many as the header has."""
        width = len(self.header)
        if self.form is None:
            pairs = zip(block.records, block.objects, strict=True)
            return [cells_of(record, self.header) if members else [""] * width for record, members in pairs]
        rows = self.form.cells(block)
        return [cells if len(cells) >= width else [*cells, *[""] * (width - len(cells))] for cells in rows]
