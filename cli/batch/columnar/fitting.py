"""Record batches with what their file knows of all rows, and in the columns of the first of several files."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow

from backprop.cli.batch.formats.delimited import as_number
from backprop.cli.status import Failure, Status


class Fitting:
    """What makes batches of one schema batches of another, `schema`. `left_out` and `absent` are what differs."""

    def __init__(self, file: str, given: Any, constants: Sequence[tuple[str, Any]], schema: Any | None) -> None:
        self.file = file
        self.given = given
        self.constants = dict(constants)
        own = given
        for name, cell in constants:
            own = own.append(pyarrow.field(name, cell.type))
        self.own = own
        self.schema = own if schema is None else schema
        self.left_out = [name for name in own.names if name not in self.schema.names]
        self.absent = [name for name in self.schema.names if name not in own.names]
        self.is_needed = own != self.schema or bool(constants)
        for field in self.schema if self.is_needed else ():
            if own.names.count(field.name) == 1:
                self._cast(field, pyarrow.array([], own.field(field.name).type), Status.WRONG_QUESTION)

    def with_schema(self, schema: Any) -> Fitting:
        return Fitting(self.file, self.given, list(self.constants.items()), schema)

    def fitted(self, batch: Any) -> Any:
        """Raises Failure where a cell cannot be what the cells of the first file are."""
        if not self.is_needed:
            return batch
        columns = []
        for position, field in enumerate(self.schema):
            if field.name in self.constants:
                column = pyarrow.repeat(self.constants[field.name], batch.num_rows)
            elif field.name in self.absent:
                column = pyarrow.nulls(batch.num_rows, field.type)
            else:
                is_only = self.own.names.count(field.name) == 1
                column = batch.column(field.name if is_only else position)
            columns.append(self._cast(field, column, Status.WRONG_DATA))
        return pyarrow.RecordBatch.from_arrays(columns, schema=self.schema)

    def _cast(self, field: Any, column: Any, status: Status) -> Any:
        try:
            return column if column.type == field.type else column.cast(field.type)
        except pyarrow.ArrowException as error:
            raise Failure(
                f"{self.file}: the column {field.name} holds {column.type}, which cannot be {field.type}, as in the"
                " other files",
                f"{' '.join(str(error).split())}; run batch once for each",
                status,
            ) from None


def widened(schema: Any, other: Any) -> Any:
    """The schema with types that hold what the columns of the other schema hold, too, where there are such."""
    for position, field in enumerate(schema):
        if other.names.count(field.name) == 1 and other.field(field.name).type != field.type:
            pair = [
                pyarrow.schema([field.with_nullable(True)]),
                pyarrow.schema([(field.name, other.field(field.name).type)]),
            ]
            with contextlib.suppress(pyarrow.ArrowException):
                wider = pyarrow.unify_schemas(pair, promote_options="permissive").field(0)
                schema = schema.set(position, field.with_type(wider.type))
    return schema


def kinds_of(files: Iterable[Sequence[tuple[str, str]]]) -> dict[str, Any]:
    """The types of pyarrow of the files' constants by their names: whole numbers, numbers or text by those of all."""
    cells: dict[str, dict[str, None]] = {}  # each once, however many files have it
    for constants in files:
        for name, cell in constants:
            cells.setdefault(name, {})[cell] = None
    return {name: kind_of(list(filter(None, different))) for name, different in cells.items()}


def constant_cells(constants: Sequence[tuple[str, str]], kinds: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Cells of pyarrow of a file's constants."""
    return [(name, scalar(cell, kinds[name])) for name, cell in constants]


def kind_of(cells: Sequence[str]) -> Any:
    if cells and all(cell.isascii() and cell.isdigit() and len(cell) < 19 and str(int(cell)) == cell for cell in cells):
        return pyarrow.int64()
    return pyarrow.float64() if cells and all(as_number(cell)[1] is None for cell in cells) else pyarrow.string()


def scalar(cell: str, kind: Any) -> Any:
    if not cell:
        return pyarrow.scalar(None, kind)
    if kind == pyarrow.int64():
        return pyarrow.scalar(int(cell), kind)
    return pyarrow.scalar(as_number(cell)[0] if kind == pyarrow.float64() else cell, kind)
