"""Rows of one text format written as another: CSV and TSV as each other or as NDJSON, NDJSON as CSV or TSV."""

from __future__ import annotations

import json
from collections.abc import Sequence

from backprop.autodiff.shapes import Shape
from backprop.cli.batch.formats.delimited import Delimited, Table
from backprop.cli.batch.formats.members import cells_of, remarks_on_halves
from backprop.cli.batch.formats.ndjson import Members, Objects, as_json
from backprop.cli.batch.formats.numbers import Rows, rows_of, texts
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
        firsts = {name: place for place, name in reversed(list(enumerate(header)))}
        self.keys = [
            json.dumps(name, ensure_ascii=False) if firsts[name] == place else None for place, name in enumerate(header)
        ]

    def opening(self) -> bytes:
        return b""

    def text(self, records: Table, results: Sequence[Rows], *, is_skipping: bool) -> bytes:
        """In a bad row the results are null, or the row is left out."""
        added = self.members.texts(results)
        for row in records.faults:
            added[row] = self.members.empty
        lines = []
        dropped = records.faults.keys() if is_skipping else records.lost
        for row, cells in enumerate(self.form.cells(records)):
            if row not in dropped:
                pairs = () if self.is_only else zip(self.keys, cells, strict=False)
                own = [f"{key}: {as_json(cell)}" for key, cell in pairs if key is not None]
                lines.append(f"{{{', '.join([*own, added[row]])}}}\n")
        return "".join(lines).encode()

    def remarks(self, records: Table) -> Sequence[Remark]:
        if self.is_only or not has_strays("".join(records.records)):
            return ()
        return remarks_on_strays(self.form.header, self.form.cells(records), records.starts)


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
        text = self.target.joined(self.names if self.is_only else [*kept, *self.names])
        return f"{text}\n".encode("utf-8", "surrogateescape")

    def text(self, records: Table | Objects, results: Sequence[Rows], *, is_skipping: bool) -> bytes:
        """In a bad row the results are empty, or the row is left out."""
        columns = [texts(vector) for vector in rows_of(results)]
        for column in columns:
            for row in records.faults:
                column[row] = ""
        dropped = records.faults.keys() if is_skipping else records.lost
        lines = []
        for row, (own, added) in enumerate(zip(self.cells(records), zip(*columns, strict=True), strict=True)):
            if row not in dropped:
                cells = added if self.is_only else [*own, *[""] * (len(self.header) - len(own)), *added]
                lines.append(f"{self.target.joined(list(cells))}\n")
        return "".join(lines).encode("utf-8", "surrogateescape")

    def remarks(self, records: Table | Objects) -> Sequence[Remark]:
        if self.is_only or not isinstance(records, Objects):
            return ()
        whole = [record if one else "{}" for record, one in zip(records.records, records.objects, strict=True)]
        return remarks_on_halves(self.header, whole, records.starts)

    def cells(self, records: Table | Objects) -> list[list[str]]:
        if isinstance(records, Objects):
            pairs = zip(records.records, records.objects, strict=True)
            return [cells_of(record, self.header) if one else [""] * len(self.header) for record, one in pairs]
        assert self.form is not None
        return self.form.cells(records)
