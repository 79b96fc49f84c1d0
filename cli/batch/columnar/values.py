"""From columns of polars frames to a variable's values: which columns, which types, which cells are none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from backprop.autodiff.shapes import Shape
from backprop.cli.batch.columnar.arrow_columns import Column
from backprop.cli.batch.formats.delimited import as_numbers
from backprop.cli.batch.formats.ndjson import as_values
from backprop.cli.batch.formats.numbers import Rows
from backprop.cli.batch.input.header import Columns, bind_columns
from backprop.cli.question.argv import normalized
from backprop.cli.question.value_json import as_array
from backprop.cli.status import Failure

KINDS = {"Boolean": "booleans", "Date": "dates", "Datetime": "dates", "Time": "times", "Duration": "durations"}
READ_ANOTHER = "--rename X=COLUMN reads another one"
Reasons = dict[int, list[str]]  # by row


class Binding:
    """The columns of every variable in frames like `empty`, which the input calls `headings`. `nested` are the
    variables in a column of lists.

    Raises Failure for a column that is missing or cannot hold numbers.
    """

    def __init__(self, empty: Any, headings: Sequence[str], names: Sequence[str], renames: Mapping[str, str]) -> None:
        self.columns: dict[str, Columns] = bind_columns(headings, names, renames)
        self.nested: set[str] = set()
        self.shapes: dict[str, Shape] = {}
        for name, (shape, places) in self.columns.items():
            for place in places:
                series = empty.to_series(place)
                check_type(series.name, series.dtype, has_entries=bool(shape))
                if series.dtype.is_nested():
                    self.nested.add(name)
            self.shapes[name] = shape

    @property
    def is_settled(self) -> bool:
        """Whether every shape is known."""
        return all(self.shapes[name] for name in self.nested)

    def learn_shapes(self, frame: Any) -> None:
        """Take the shapes of lists that are not known yet from the first row that has one."""
        for name in self.nested:
            self.shapes[name] = self.shapes[name] or shape_of(frame.to_series(self.columns[name].places[0]))

    def values(self, frame: Any) -> tuple[dict[str, Rows], Reasons]:
        """The variables' values, of shape (*shape, rows), nan in bad rows, and why rows are bad."""
        reasons: Reasons = {}
        found = {}
        for name, shape in self.shapes.items():
            places = self.columns[name].places
            if name in self.nested:
                found[name] = arrays(frame.to_series(places[0]), shape, reasons)
            else:
                vectors = [numbers(frame.to_series(place), reasons) for place in places]
                found[name] = np.stack(vectors).reshape(*shape, -1) if shape else vectors[0]
        return found, reasons


def check_type(heading: str, dtype: Any, *, has_entries: bool) -> None:
    """Raise Failure where no cell of the column can be a number."""
    import polars

    kind = str(dtype.base_type())
    inner = dtype
    while inner.base_type() in (polars.List, polars.Array):
        inner = inner.inner
    if inner.is_numeric() or inner.base_type() in (polars.String, polars.Categorical, polars.Enum, polars.Null):
        if inner is dtype or (inner.is_numeric() and not has_entries):
            return
        kind = "List"
    what = {"List": "lists of something else", "Struct": "records"}.get(kind, KINDS.get(kind, kind.lower()))
    raise Failure(f"the column {heading} holds {what} ({dtype}), not numbers", READ_ANOTHER)


def check_readable(columns: Sequence[Column], names: Sequence[str], renames: Mapping[str, str]) -> None:
    """Raise Failure where the column of a variable cannot be read."""
    known = {normalized(column.heading.strip()): column for column in reversed(columns)}
    for name in names:
        column = known.get(normalized(renames.get(name, name).strip()))
        if column is not None and column.name is None:
            what = str(column.note).removeprefix("it is left out: it holds ")
            raise Failure(f"the column {column.heading} holds {what}, not numbers", READ_ANOTHER)


def shape_of(series: Any) -> Shape:
    """The shape of the first cell that has one."""
    for cell in series.drop_nulls().to_list():
        try:
            return np.shape(as_array(cell))
        except ValueError:
            continue
    return ()


def numbers(series: Any, reasons: Reasons) -> Rows:
    """A column's numbers, nan where there is none."""
    import polars

    missing = series.is_null().arg_true().to_list() if series.null_count() else []
    for row in missing:
        reasons.setdefault(row, []).append(f"{series.name} is missing")
    if series.dtype.is_numeric() or series.dtype == polars.Null:
        found: Rows = series.cast(polars.Float64).to_numpy()
        return found
    return as_numbers(["nan" if cell is None else cell for cell in series.cast(polars.String)], series.name, reasons)


def arrays(series: Any, shape: Shape, reasons: Reasons) -> Rows:
    """A column's arrays: at once where all have the shape, else one by one."""
    import polars

    part, lengths = series, list(shape)
    while lengths and part.null_count() == 0 and part.dtype.is_nested():
        if part.dtype.base_type() is polars.Array:
            part = part.arr.to_list()
        if (part.list.len() != lengths.pop(0)).any():
            break
        part = part.explode()
    else:
        if not lengths and part.null_count() == 0 and part.dtype.is_numeric():
            rows = part.cast(polars.Float64).to_numpy().reshape(len(series), *shape)
            return np.ascontiguousarray(np.moveaxis(rows, 0, -1))
    given = ["Infinity"] * len(series)  # inf in a column of floats is one
    return as_values(series.to_list(), series.name, shape, given, {}, reasons)
