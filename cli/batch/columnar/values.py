"""From columns of record batches to a variable's values: which columns, which types, which cells are none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow
from pyarrow import types

from backprop.autodiff.shapes import Shape
from backprop.cli.batch.columnar.arrow_types import extension_of, inner, is_numeric, is_text, mapped, name_of
from backprop.cli.batch.formats.delimited import as_numbers
from backprop.cli.batch.formats.ndjson import as_values
from backprop.cli.batch.formats.numbers import Rows
from backprop.cli.batch.input.header import Columns, bind_columns, brief
from backprop.cli.batch.row_errors import MISSING
from backprop.cli.question.argv import normalized
from backprop.cli.question.value_json import as_array
from backprop.cli.status import Failure

READ_ANOTHER = "--rename X=COLUMN reads another one"
Reasons = dict[int, list[str]]  # by row


class ColumnBinding:
    """The columns of every variable in batches of the schema. `nested` are the variables in a column of lists.

    Raises Failure for a column that is missing or cannot hold numbers.
    """

    def __init__(self, schema: Any, names: Sequence[str], renames: Mapping[str, str]) -> None:
        self.columns: dict[str, Columns] = bind_columns(schema.names, names, renames)
        self.nested: set[str] = set()
        self.shapes: dict[str, Shape] = {}
        for name, (shape, places) in self.columns.items():
            for position in places:
                field = schema.field(position)
                check_type(field, has_entries=bool(shape))
                if is_list(field.type):
                    self.nested.add(name)
            self.shapes[name] = shape

    @property
    def is_settled(self) -> bool:
        """Whether every shape is known."""
        return all(self.shapes[name] for name in self.nested)

    def learn_shapes(self, batch: Any) -> None:
        """Take the shapes of lists that are not known yet from the first row that has one."""
        for name in self.nested:
            self.shapes[name] = self.shapes[name] or shape_of(batch.column(self.columns[name].places[0]))

    def values(self, batch: Any) -> tuple[dict[str, Rows], Reasons]:
        """The variables' values, of shape (*shape, rows), nan in bad rows, and why rows are bad."""
        reasons: Reasons = {}
        values = {}
        for name, shape in self.shapes.items():
            places = self.columns[name].places
            columns = [(batch.schema.field(position).name, batch.column(position)) for position in places]
            if name in self.nested:
                values[name] = arrays(*columns[0], shape, reasons)
            else:
                vectors = [numbers(*column, reasons) for column in columns]
                values[name] = np.stack(vectors).reshape(*shape, -1) if shape else vectors[0]
        return values, reasons


def is_list(kind: Any) -> bool:
    return bool(types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind))


def check_type(field: Any, *, has_entries: bool) -> None:
    """Raise Failure where no cell of the column can be a number."""
    kind = field.type
    extension = extension_of(field)
    cell = kind.value_type if types.is_dictionary(kind) else kind
    if not extension and (is_numeric(cell) or is_text(cell) or types.is_null(cell)):
        return
    while is_list(cell):
        cell = cell.value_type
    if extension or has_entries or not is_list(kind) or not is_numeric(cell):
        what = f"values of {extension}" if extension else name_of(kind)
        raise Failure(f"the column {field.name} holds {what} ({brief(str(kind))}), not numbers", READ_ANOTHER)


def check_readable(left_out: Mapping[str, str], names: Sequence[str], renames: Mapping[str, str]) -> None:
    """Raise Failure where the column of a variable cannot be read."""
    known = {normalized(heading.strip()): heading for heading in left_out}
    for name in names:
        heading = known.get(normalized(renames.get(name, name).strip()))
        if heading is not None:
            raise Failure(f"the column {heading} holds {left_out[heading]}, not numbers", READ_ANOTHER)


def shape_of(column: Any) -> Shape:
    """The shape of the first cell that has one."""
    for cell in without_decimals(column.drop_null()).to_pylist():
        try:
            return np.shape(as_array(cell))
        except ValueError:
            continue
    return ()


def numbers(heading: str, column: Any, reasons: Reasons) -> Rows:
    """A column's numbers, nan where there is none."""
    missing = np.flatnonzero(column.is_null()).tolist() if column.null_count else []
    for row in missing:
        reasons.setdefault(row, []).append(f"{heading} {MISSING}")
    column = stored(column)
    if not is_text(column.type):
        return as_doubles(column)
    return as_numbers(["nan" if cell is None else cell for cell in column.to_pylist()], heading, reasons)


def stored(column: Any) -> Any:
    """What a column holds, without the type that extends its own, and without a dictionary."""
    if isinstance(column, pyarrow.ExtensionArray):
        return stored(column.storage)
    return stored(column.dictionary_decode()) if isinstance(column, pyarrow.DictionaryArray) else column


def as_doubles(column: Any) -> Rows:
    """Numbers as the nearest doubles, nan where there is none."""
    if not types.is_float64(column.type):  # pyarrow's cast to what they are costs the import of all its functions
        column = without_decimals(column).cast(pyarrow.float64(), safe=False)
    doubles: Rows = column.to_numpy(zero_copy_only=False)
    return doubles


def without_decimals(column: Any) -> Any:
    """Numbers, or lists of them, with the nearest doubles for decimals: pyarrow itself rounds twice."""
    if any(types.is_decimal(part) for part in inner(column.type)):
        column = column.cast(mapped(column.type, lambda part: pyarrow.string() if types.is_decimal(part) else part))
        column = column.cast(mapped(column.type, lambda part: pyarrow.float64() if types.is_string(part) else part))
    return column


def arrays(heading: str, column: Any, shape: Shape, reasons: Reasons) -> Rows:
    """A column's arrays: at once where all have the shape, else one by one."""
    part, lengths = column, list(shape)
    while lengths and not part.null_count and is_list(part.type):
        if (np.asarray(part.value_lengths()) != lengths.pop(0)).any():
            break
        part = part.flatten()
    else:
        if not lengths and not part.null_count and is_numeric(part.type):
            rows = as_doubles(part).reshape(len(column), *shape)
            return np.ascontiguousarray(np.moveaxis(rows, 0, -1))
    given = ["Infinity"] * len(column)  # inf in a column of floats is one
    return as_values(without_decimals(column).to_pylist(), heading, shape, given, {}, reasons)
