"""The rows that a model is fitted to: the columns of its names, without rows that are bad or lack a value.

They are read as `batch` reads them. Only what the model needs is kept, as doubles.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from backprop.autodiff.declaration import leaves
from backprop.autodiff.named_tuple import NamedTuple
from backprop.cli.batch.block import Block
from backprop.cli.batch.following import opened_source
from backprop.cli.batch.formats.ndjson import Ndjson
from backprop.cli.batch.formats.numbers import Rows
from backprop.cli.batch.input.blocks import TEXT_BLOCK, BlockReader
from backprop.cli.batch.input.header import (
    array_columns,
    bind_columns,
    brief,
    other_names,
    say_of_other_names,
    without_columns,
)
from backprop.cli.batch.input.preamble import begin
from backprop.cli.batch.input.source import Source
from backprop.cli.batch.row_errors import Fault, Faults, RowPlace
from backprop.cli.batch.setup import OBJECTS, first_members, object_lines
from backprop.cli.output.formats import FORMATS
from backprop.cli.output.output import say
from backprop.cli.question.argv import normalized
from backprop.cli.status import Failure, Status
from backprop.parser.similarity import suggestion

if TYPE_CHECKING:
    from backprop.cli.fit.settings import FitSettings


class Data(NamedTuple):
    """The columns by name, with the rows along the last axis, and the places of these rows in the input.

    `bad` rows were wrong and are left out, `absent` ones have no value in a column.
    """

    columns: dict[str, Rows]
    header: Sequence[str]
    places: np.ndarray[Any, Any]
    unit: str
    bad: int
    absent: int


class RowPiece(NamedTuple):
    """Some rows, the first of which is at a place of the input."""

    block: Block
    first: int


def read_data(settings: FitSettings) -> Data:
    """All rows. Raises ExpressionError or Failure."""
    file = settings.files[0]
    if file.path in (None, "-"):
        settings.note_of_typing()
    with contextlib.ExitStack() as stack:
        source = opened_source(file, stack)
        if FORMATS[settings.input_format].is_binary:
            return gathered(settings, of_columns(settings, source, stack))
        if settings.input_format in OBJECTS:
            return gathered(settings, of_objects(settings, source))
        return gathered(settings, of_table(settings, source))


class Pieces(NamedTuple):
    """The pieces of an input, and at its end what ended it early."""

    pieces: Iterator[RowPiece]
    header: Sequence[str]
    input: Any


def of_table(settings: FitSettings, source: Source) -> Pieces:
    """CSV, TSV and their dialects."""
    form, reader = begin(source, settings.table, partial(has_responses, settings), settings.note, settings.say)
    form.columns = bind_columns(form.header, names_of(settings, form.header), renames(settings))
    say_of_other_names(settings, form.header, {n: c for n, c in form.columns.items() if n in settings.graph.inputs})
    return Pieces(text_pieces(reader, form), form.header, reader)


def of_objects(settings: FitSettings, source: Source) -> Pieces:
    """NDJSON, and documents of JSON."""
    form = Ndjson({}, takes_text=settings.input_format == "json")
    reader = object_lines(settings, source, form)
    first = first_members(settings, reader)
    keys = {normalized(key.strip()): key for key in first}
    for name in names_of(settings, list(first)):
        member = renames(settings).get(name, name)
        form.members[name] = member if member in first else keys.get(normalized(member.strip()), member)
    missing = form.learn_shapes(first)
    if missing and first:
        raise without_columns(missing, list(first), {})
    return Pieces(text_pieces(reader, form), list(first), reader)


def of_columns(settings: FitSettings, source: Source, stack: contextlib.ExitStack) -> Pieces:
    """Parquet and Arrow."""
    from backprop.cli.batch.columnar.library import check_pyarrow  # here, not above: a text needs no library

    check_pyarrow(settings.input_format)
    from backprop.cli.batch.columnar.fitting import Fitting
    from backprop.cli.batch.columnar.input import batches_of
    from backprop.cli.batch.columnar.reader import ColumnReader

    batches = batches_of(source, settings.input_format, stack)
    fitting = Fitting(source.name, batches.schema, [], None)
    renamed = renames(settings)
    reader = ColumnReader(settings, lambda columns: (names_of(settings, columns), renamed), batches, fitting)

    def pieces() -> Iterator[RowPiece]:
        for batch in reader:
            block = reader.read(batch)
            yield RowPiece(block, reader.line)
            reader.line += block.lines

    return Pieces(pieces(), reader.schema.names, reader)


def text_pieces(reader: BlockReader, form: Any) -> Iterator[RowPiece]:
    while not reader.is_done:
        reader.fill(reader.size + TEXT_BLOCK)
        data = reader.take()
        if data:
            block = form.read(data)
            yield RowPiece(block, reader.line)
            reader.line += block.lines


def renames(settings: FitSettings) -> dict[str, str]:
    """The columns of names that are not called like them."""
    return {**settings.renamed, **settings.errors}


def names_of(settings: FitSettings, header: Sequence[str]) -> list[str]:
    """The model's names that are columns, and the errors: what is to be read. Others are parameters.

    One that has a start, bounds, or is held is a parameter, though a column is called so.
    """
    graph, known = settings.graph, known_columns(header)
    names = []
    for name in graph.inputs:
        column = normalized(settings.renamed.get(name, name).strip())
        is_column = column in known
        if settings.is_parameter(name):
            if is_column and name not in settings.responses:
                settings.note(f"{name} is a parameter: the column {column} is not read")
        elif name in graph.fixed:
            continue
        elif name in settings.renamed or (name in settings.responses and name not in graph.defaults) or is_column:
            names.append(name)
            if name in leaves.NAMED_CONSTANTS and name not in graph.defaults:
                settings.note(f"{name} is read from the column {column}: it is not the constant")
    for column in settings.errors.values():
        if normalized(column) not in known:
            reason = f"no column {column}, which is to hold errors or weights"
            raise Failure(reason, suggestion(column, header, f"the columns are {', '.join(map(brief, header))}"))
    return [*names, *settings.errors]


def known_columns(header: Sequence[str]) -> set[str]:
    """What may be meant by the names of columns."""
    return {*[normalized(column.strip()) for column in header], *array_columns(header), *other_names(header)}


def has_responses(settings: FitSettings, header: Sequence[str]) -> bool:
    """Whether a header has the columns without which there is nothing to fit to."""
    known = known_columns(header)
    needed = [
        name for name in settings.responses if not settings.is_parameter(name) and name not in settings.graph.defaults
    ]
    columns = [settings.renamed.get(name, name) for name in needed if name not in leaves.NAMED_CONSTANTS]
    return all(normalized(column.strip()) in known for column in [*columns, *settings.errors.values()])


def gathered(settings: FitSettings, given: Pieces) -> Data:
    """The good rows of all pieces. Raises Failure where one is not and may not be."""
    faults = Faults(say)
    parts: dict[str, list[Rows]] = {}
    places: list[np.ndarray[Any, Any]] = []
    absent = 0
    for piece in given.pieces:
        block = piece.block
        wrong = {**unusable(block), **block.faults}
        for row in sorted(wrong):
            fault = wrong[row]
            if not fault.is_absent:
                faults.add(fault, RowPlace(given.input.unit, "", piece.first))
                continue
            absent += 1
            if settings.stops_at_missing:
                place = f"{given.input.unit} {piece.first + fault.line}"
                raise Failure(f"{place}: {fault.reason}", "--missing drop leaves it out", Status.WRONG_DATA)
        kept = np.setdiff1d(np.arange(block.rows), list(wrong), assume_unique=True)
        for name, values in block.values.items():
            parts.setdefault(name, []).append(values[..., kept] if wrong else np.array(values))
        places.append(piece.first + np.asarray(block.starts, dtype=np.int64)[kept])
    if given.input.loss:
        faults.lose(given.input.loss)
    faults.sum_up()
    if absent:
        settings.note(f"{absent} row{'s have' if absent > 1 else ' has'} no value in a column that is needed: left out")
    columns = {name: np.concatenate(blocks, axis=-1) for name, blocks in parts.items()}
    whole = np.concatenate(places) if places else np.empty(0, np.int64)
    if not len(whole):
        raise Failure(
            f"{settings.files[0].name}: no row can be used",
            "give rows with numbers in every column of the model",
            Status.WRONG_QUESTION,
        )
    return Data(columns, given.header, whole, given.input.unit, faults.count, absent)


def unusable(block: Block) -> Mapping[int, Fault]:
    """The rows that hold inf or nan, which no sum of squares can."""
    found: dict[int, list[str]] = {}
    for name, values in block.values.items():
        finite = np.isfinite(values).reshape(-1, block.rows).all(axis=0)
        for row in np.flatnonzero(~finite).tolist():
            if row not in block.faults:
                is_nan = bool(np.isnan(values[..., row]).any())
                found.setdefault(row, []).append(f"{name} has no value" if is_nan else f"{name} is infinite")
    return {row: Fault(block.starts[row], "; ".join(reasons), b"") for row, reasons in found.items()}
