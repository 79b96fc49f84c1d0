"""What several files of one run have to agree in, and what is said of those that differ. Reads no row."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from backprop.autodiff.shapes import Shape, show
from backprop.cli.batch.formats.delimited import Delimited, as_number
from backprop.cli.batch.formats.ndjson import Ndjson
from backprop.cli.batch.formats.rearranged import Rearranged, WithMembers
from backprop.cli.batch.input.header import Columns, brief
from backprop.cli.batch.input.source import Source
from backprop.cli.question.argv import normalized
from backprop.cli.status import Failure

if TYPE_CHECKING:
    from backprop.cli.batch.input.files import GivenFile
    from backprop.cli.batch.settings import Batch

Constants = Sequence[tuple[str, str]]
SHOWN = 5  # columns in one note


def opened_source(file: GivenFile, stack: contextlib.ExitStack) -> Source:
    """The bytes of a file, which is closed with the stack. Raises Failure."""
    source = Source(file.place, file.name)
    stack.callback(source.close)
    return source


def beside(batch: Batch, file: GivenFile, header: Sequence[str]) -> Constants:
    """The file's constants that are no columns of its own. Raises Failure where its own has the name of its source."""
    added = batch.results.source_column
    if added is not None and added in [heading.strip() for heading in header]:
        raise Failure(f"{file.name}: it has a column {added} already", "give --source-column another name")
    return [(name, cell) for name, cell in file.constants if name not in header]


def table_reader(
    file: str, table: Delimited, outer: Delimited, constants: Constants, columns: Mapping[str, Columns]
) -> Delimited | Rearranged:
    """What reads the rows of a table as `outer` has them, the variables from these columns. Raises Failure."""
    width = len(table.header)
    table.columns = {name: found for name, found in columns.items() if max(found.places) < width}
    values = {
        name: constant_of(file, constants[found.places[0] - width])
        for name, found in columns.items()
        if name not in table.columns
    }
    if not constants and table.header == outer.header and table.dialect == outer.dialect:
        return table
    return Rearranged(table, outer, constants, values)


def objects_reader(file: str, form: Ndjson, constants: Constants) -> Ndjson | WithMembers:
    """What reads objects with the constants of their file as members. Raises Failure."""
    cells = {normalized(name): (name, cell) for name, cell in constants}
    for variable, member in form.members.items():
        if normalized(member.strip()) in cells:
            form.defaults[variable] = constant_of(file, cells[normalized(member.strip())])
    return WithMembers(form, constants) if constants else form


def constant_of(file: str, constant: tuple[str, str]) -> float:
    """The number that a column has in all rows of a file. Raises Failure."""
    name, cell = constant
    number, reason = as_number(cell)
    if reason is not None:
        raise Failure(f"{file}: {name} {reason}", f"omit the file, or give {name} a value for all rows")
    return number


def check_shapes(file: str, found: Mapping[str, Shape], known: Mapping[str, Shape]) -> None:
    """Raise Failure where a variable has not the shape that it has in the first file."""
    for name, shape in found.items():
        if shape != known[name]:
            raise Failure(f"{file}: {name} has shape {show(shape)}, in the first file {show(known[name])}")


def say_of_differing_columns(batch: Batch, left_out: Sequence[str], absent: Sequence[str]) -> None:
    """Say what a file has that is not written, and what it lacks."""
    if left_out and not batch.is_only:
        batch.note(f"not in the first file, and not written: {listed(left_out)}")
    if absent and not batch.is_only:
        batch.note(f"in the first file, and empty here: {listed(absent)}")


def listed(names: Sequence[str]) -> str:
    return ", ".join(map(brief, names[:SHOWN])) + f" and {len(names) - SHOWN} more" * (len(names) > SHOWN)


def first_difference(columns: Sequence[str], known: Sequence[str]) -> str:
    """Where columns of a file are not those of another one."""
    pairs = enumerate(zip_longest(columns, known), 1)
    place, (here, there) = next((place, pair) for place, pair in pairs if pair[0] != pair[1])
    if here is None:
        return f"there is no {brief(there)}"
    return f"column {place} is {brief(here)}" + ("" if there is None else f", not {brief(there)}")


@contextlib.contextmanager
def said_of(file: str) -> Iterator[None]:
    """Name the file in a failure."""
    try:
        yield
    except Failure as failure:
        raise Failure(with_name(failure.reason, file), failure.cure, failure.status) from None


def with_name(reason: str, file: str) -> str:
    """What is wrong, with the name of the file."""
    return reason if reason.startswith(file) else f"{file}: {reason}"
