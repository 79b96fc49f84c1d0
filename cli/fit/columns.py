"""Which columns of the rows a model takes, and which of its names are parameters. Reads no row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from backprop.autodiff.declaration import leaves
from backprop.autodiff.optimize.prediction import Bands
from backprop.cli.batch.input.header import array_columns, brief, other_names
from backprop.cli.question.argv import normalized
from backprop.cli.status import Failure
from backprop.parser.similarity import suggestion

if TYPE_CHECKING:
    from backprop.cli.fit.settings import FitSettings

RESIDUAL = "residual"
PREDICTED = ("fitted", RESIDUAL, *Bands._fields[1:])  # the columns behind the rows' own


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


def check_predicted(header: Sequence[str]) -> None:
    """Raise Failure where a column is called as one that is to be written behind it."""
    taken = next((name for name in PREDICTED if name in header or name in array_columns(header)), None)
    if taken is not None:
        raise Failure(f"the input has a column {taken} already", "omit --predict, or give that column another name")
