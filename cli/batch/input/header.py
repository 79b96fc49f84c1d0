"""Which columns of a header give which variables. Knows names and places, no numbers."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from backprop.autodiff.declaration import leaves
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.shapes import Shape, bounded, entry_name, show
from backprop.autodiff.uncertainty.rows import uncertainty_name
from backprop.cli.batch.formats.dialect import distinct
from backprop.cli.batch.formats.undecodable import REPLACED, has_strays
from backprop.cli.batch.question import columns_of_option, renames_of
from backprop.cli.batch.results import UNCERTAINTY
from backprop.cli.question.argv import normalized
from backprop.cli.status import Failure
from backprop.parser.similarity import closest
from backprop.parser.visible import Lines, visible

if TYPE_CHECKING:
    from backprop.autodiff.graph import Graph
    from backprop.cli.batch.row_settings import RowSettings
    from backprop.cli.batch.settings import Batch

WITH_UNIT = re.compile(r"(\S.*?)\s*(?:\([^()]*\)|\[(?![0-9]+\])[^\[\]]*\])")
NUMBER = r"[0-9]{1,18}"  # an index with more digits is none
INDICES = re.compile(rf"\[\s*{NUMBER}(?:\s*,\s*{NUMBER})*\s*\]")
MAXIMUM_SHOWN = 20  # columns in one error
LONGEST_NAME = 60  # characters of one
STRANGE_NAME = f"the name of a column holds text that is not UTF-8: {REPLACED}"
SEPARATORS = ";\t|,"  # of other dialects: what a header of one column was probably meant to be cut at


class Columns(NamedTuple):
    """The places of a variable's entries in the header, in C order, and the variable's shape in one row."""

    shape: Shape
    places: tuple[int, ...]


def bind_columns(header: Sequence[str], names: Sequence[str], renames: Mapping[str, str]) -> dict[str, Columns]:
    """The columns of each of the variables `names`. Raises Failure for all that are missing at once.

    A column is meant by its own name, `renames` first, or entry by entry: `x[0]`, `x[1]`, `W[1,0]`, `W[1][0]`.
    """
    places: dict[str, list[int]] = {}
    for position, heading in enumerate(header):
        places.setdefault(normalized(heading.strip()), []).append(position)
    others = other_names(header)
    entries = array_columns(header)
    columns: dict[str, Columns] = {}
    missing: dict[str, str] = {}  # variables and their columns
    for name in names:
        heading = normalized(renames.get(name, name).strip())
        if heading in places:
            columns[name] = Columns((), (only(heading, places[heading]),))
        elif heading in entries:
            columns[name] = whole(heading, entries[heading])
        elif heading in others:
            columns[name] = Columns((), (others[heading],))
        else:
            missing[name] = heading
    if missing:
        raise without_columns(missing, list(places), entries)
    return columns


def free_names(batch: RowSettings, graph: Graph, columns: Sequence[str], *, is_open: bool = False) -> list[str]:
    """The variables that the rows must give.

    One with a default, or a constant's name, is among them where a column has it; a `const` is not. Each is said.
    Rows that are `is_open` may have more than these columns, the first row's: there any of them may give what has a
    default.
    """
    renames = renames_of(batch.renames, graph)
    known = {*[normalized(column.strip()) for column in columns], *array_columns(columns)}
    column_or_member = "member" if is_open else "column"
    names = []
    for name in graph.inputs:
        column = normalized(renames.get(name, name).strip())
        if name in graph.fixed and column in known:
            batch.note(f"{name} keeps its value in the expression: the {column_or_member} {column} is not read")
        if name in batch.question.fixed or name in graph.fixed:
            continue
        if name in graph.defaults and column not in known and name not in renames:
            kept = f"{name} keeps its value in the expression"
            if is_open:
                names.append(name)
                kept += " where a row has no such member"
            batch.note(f"no {column_or_member} {column}{' in the first row' * is_open}: {kept}")
        elif name in graph.defaults or name not in leaves.NAMED_CONSTANTS or column in known:
            names.append(name)
            if name in leaves.NAMED_CONSTANTS and name not in graph.defaults:
                batch.note(f"{name} is read from the column {column}: it is not the constant")
    return names


def wanted_columns(
    batch: Batch, graph: Graph, columns: Sequence[str], *, is_open: bool = False
) -> tuple[list[str], dict[str, str]]:
    """What the rows must give, as `free_names` has it and the uncertainties, and what is not called as its column."""
    names, renames = free_names(batch, graph, columns, is_open=is_open), renames_of(batch.renames, graph)
    uncertain = uncertain_columns(batch, graph, columns)
    if uncertain:
        found = ", ".join(map(brief, uncertain.values()))
        batch.note(f"uncertainties are read from {found}: {UNCERTAINTY}{batch.naming.value} and the shares in % are "
                   "first order, of independent inputs")  # fmt: skip
    for name, column in uncertain.items():
        names.append(uncertainty_name(name))
        renames[uncertainty_name(name)] = column
    return names, renames


def uncertain_columns(batch: Batch, graph: Graph, columns: Sequence[str]) -> dict[str, str]:
    """The variables that have columns of uncertainties: those which --u names, and `u_x` for x. Raises Failure."""
    known = {*[normalized(column.strip()) for column in columns], *array_columns(columns), *other_names(columns)}
    asked = columns_of_option("--u", batch.results.u, graph)
    for name, column in asked.items():
        if normalized(column.strip()) not in known:
            shown = ", ".join(map(brief, columns[:MAXIMUM_SHOWN]))
            raise Failure(f"--u {name}={column}: no column {column}", f"the columns are {shown}")
    found = {}
    for name in graph.inputs:
        column = asked.get(name, UNCERTAINTY + name)
        is_variable = UNCERTAINTY + name in graph.inputs and name not in asked
        if name not in graph.fixed and not is_variable and (name in asked or column in known):
            found[name] = column
    return found


def has_columns(batch: RowSettings, graph: Graph, columns: Sequence[str]) -> bool:
    """Whether the columns give all variables that nothing else gives."""
    renames = renames_of(batch.renames, graph)
    known = {*[normalized(column.strip()) for column in columns], *array_columns(columns), *other_names(columns)}
    needed = [
        name
        for name in graph.inputs
        if name not in batch.question.fixed and name not in graph.fixed and name not in graph.defaults
    ]
    return all(
        normalized(renames.get(name, name).strip()) in known for name in needed if name not in leaves.NAMED_CONSTANTS
    )


def other_names(header: Sequence[str]) -> dict[str, int]:
    """Names that columns have beside their headings, and their places: without a unit, as `L` for `L (m)`.

    `c3` is the third where it has no heading, `x_2` the second that is called x.
    """
    names = {
        normalized(name): position
        for position, (name, heading) in enumerate(zip(distinct(header), header, strict=True))
        if name != heading.strip()
    }
    short: dict[str, list[int]] = {}
    for position, heading in enumerate(header):
        match = WITH_UNIT.fullmatch(heading.strip())
        if match and end_of_name(heading.strip()) == len(heading.strip()):
            short.setdefault(normalized(match[1]), []).append(position)
    return names | {name: places[0] for name, places in short.items() if len(places) == 1}


def say_of_other_names(batch: RowSettings, header: Sequence[str], columns: Mapping[str, Columns]) -> None:
    """Say which variables are read from columns of other names, where nobody asked for that."""
    for name, found in columns.items():
        heading = header[found.places[0]].strip()
        if not found.shape and WITH_UNIT.fullmatch(heading) and normalized(heading) != name:
            batch.note(f"{name} is read from the column {brief(heading)}")


def say_of_header(batch: RowSettings, header: Iterable[str]) -> None:
    """Say that names cannot be written as they are, where that is so."""
    if not batch.is_only and any(map(has_strays, header)):
        batch.note(STRANGE_NAME)


def array_columns(header: Sequence[str]) -> dict[str, dict[tuple[int, ...], list[int]]]:
    """The columns called `x[0]` and so on: by variable and index, their places."""
    arrays: dict[str, dict[tuple[int, ...], list[int]]] = {}
    for position, heading in enumerate(header):
        heading = heading.strip()
        end = end_of_name(heading)
        if end < len(heading):
            index = tuple(int(digits) for digits in re.findall(NUMBER, heading[end:]))
            arrays.setdefault(normalized(heading[:end].strip()), {}).setdefault(index, []).append(position)
    return arrays


def end_of_name(heading: str) -> int:
    """Where the indices begin that end a column's name, as in `x[0][1]`; its length where there are none.

    From the right, each bracket looked at once: from the left, every place that indices might begin at would be
    followed to the end.
    """
    end = len(heading)
    while end and heading[end - 1] == "]":
        start = heading.rfind("[", 0, end)
        if start < 1 or not INDICES.fullmatch(heading, start, end):
            break
        end = start
    return end


def only(heading: str, places: Sequence[int]) -> int:
    if len(places) > 1:
        raise Failure(
            f"the column {heading} occurs {len(places)} times", f"say which: --rename {heading}={heading}_1, or _2"
        )
    return places[0]


def whole(heading: str, entries: Mapping[tuple[int, ...], list[int]]) -> Columns:
    """All entries of an array. Raises Failure where one is missing or there twice."""
    dimensions = {len(index) for index in entries}
    if len(dimensions) > 1:
        raise Failure(
            f"the columns of {heading} have different numbers of indices", f"as in {heading}[0], {heading}[1]"
        )
    shape = tuple(max(lengths) + 1 for lengths in zip(*entries, strict=True))
    bounded((1,) * len(shape))  # the number of its axes, before their lengths, of any size, are multiplied
    if math.prod(shape) != len(entries):
        absent = next(index for index in map(partial(index_of, shape), range(len(entries) + 1)) if index not in entries)
        raise Failure(
            f"no column {entry_name(heading, absent)}",
            f"an array of shape {show(shape)} needs a column for every entry",
        )
    return Columns(shape, tuple(only(entry_name(heading, index), entries[index]) for index in np.ndindex(*shape)))


def index_of(shape: Shape, position: int) -> tuple[int, ...]:
    """The index of an entry by its place in C order. A header may name any index: nothing of that size is made."""
    index = []
    for length in reversed(shape):
        position, rest = divmod(position, length)
        index.append(rest)
    return tuple(reversed(index))


def without_columns(missing: Mapping[str, str], known: Sequence[str], entries: Mapping[str, object]) -> Failure:
    """The failure for all variables whose columns are missing, each with the closest header."""
    listed = " and ".join(dict.fromkeys(map(brief, missing.values())))
    hints = []
    for name, column in missing.items():
        meant = closest(column, [*known, *entries])
        if meant:
            hints.append(f"did you mean {brief(meant)}? then: --rename {name}={shlex.quote(brief(meant))}")
    shown = ", ".join(map(brief, known[:MAXIMUM_SHOWN])) + (
        f" and {len(known) - MAXIMUM_SHOWN} more" * (len(known) > MAXIMUM_SHOWN)
    )
    there = f"the columns are {shown}" if known else "the header is empty"
    if any(map(has_strays, known)):
        hints.append("the header is not UTF-8 text: convert the file, as in iconv -f LATIN1 -t UTF-8")
    if known and known[0].startswith(("{", "[")):
        hints.append("for rows of JSON: --from ndjson")
    elif len(known) == 1 and "=" in known[0].rpartition("\t")[2] and "\t" in known[0]:
        hints.append("for lines that bring their own expressions, omit the expression, or say --from lines")
    elif len(known) == 1 and any(mark in known[0] for mark in SEPARATORS):
        hints.append("columns are separated by commas, or by tabs with --from tsv")
    fixed = f"{there}; or give it one value for all rows: --{next(iter(missing))} 1"
    return Failure(f"no column {listed}", Lines("\n  ".join(map(visible, [*hints, fixed]))))


def brief(name: str) -> str:
    """A column's name as an error shows it."""
    return name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"
