"""Finds out how a table is written whose first line is not a header with the columns that are wanted.

It takes a reading only where the data agree with it: a line that names all columns, and rows below it that have as many
cells. What two readings could mean is asked, not guessed. Source of the approach: the names that the expression needs
decide, as no statistics of characters can.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence

from backprop.autodiff.named_tuple import NamedTuple
from backprop.cli.batch.formats.delimited import BYTE_ORDER_MARK, Delimited
from backprop.cli.batch.formats.dialect import BLANKS, Dialect, Preamble, as_float, numbered
from backprop.cli.batch.input.blocks import HEAD
from backprop.cli.status import Failure

SEPARATORS = (",", ";", "\t", "|", BLANKS)
COMMENTS = "#%!"
NAMES = {",": "commas", ";": "';'", "\t": "tabs", "|": "'|'", BLANKS: "blanks"}
OPTIONS = {",": "--separator ,", ";": "--separator ';'", "\t": "--separator tab", "|": "--separator '|'"}
MOST_ROWS = 100  # that are looked at
MOST_UNITS = 3
FAR = re.compile(r"\s{2,}|\t")
MISSING = {"na", "n/a", "nan", "null", "none", "nil", "missing", "mm", "", "-", "--", ".", "..", "?", ":", "*", "***"}
DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")
THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+")
GROUPED_POINTS = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+,\d+")
GROUPED_COMMAS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+\.\d+")


class Sniffed(NamedTuple):
    """A reading, what is to be said of it, and the options that override it."""

    dialect: Dialect
    preamble: Preamble
    notes: tuple[str, ...]
    cure: str


class TableLine(NamedTuple):
    """`number` counts from 1; `text` is without the mark of comments."""

    number: int
    text: str
    is_comment: bool


class TableReading(NamedTuple):
    """`header` is the line of that, None where there is none; `rows` are cells of the rows below."""

    dialect: Dialect
    header: TableLine | None
    names: list[str]
    rows: list[list[str]]


def sniffed(
    head: bytes,
    first: int,
    dialect: Dialect,
    preamble: Preamble,
    said: Collection[str],
    wanted: Callable[[list[str]], bool],
) -> Sniffed | None:
    """How the table is written that begins so, in the line `first`; None where no reading has the columns.

    `said` names the fields of the dialect and the preamble that are given, which stand. Raises Failure where there are
    two readings.
    """
    text = head.decode("utf-8", "surrogateescape").removeprefix(BYTE_ORDER_MARK)
    lines = text.split("\n")
    if len(head) == HEAD:
        lines.pop()  # it may be cut
    readings = [
        reading
        for candidate in dialects(lines, dialect, said)
        for reading in headed(lines, first, candidate, preamble, said, wanted)
    ]
    readings = without_coarser(readings)
    if not readings:
        return None
    if len(readings) > 1:
        listed = " or ".join(OPTIONS.get(reading.dialect.separator, "--separator blanks") for reading in readings)
        raise Failure("the rows can be read in more than one way", f"say which: {listed}")
    return settled(readings[0], first, dialect, preamble, said, wanted)


def dialects(lines: Sequence[str], dialect: Dialect, said: Collection[str]) -> Iterator[Dialect]:
    """Those that the lines may be in: each separator, and the mark of comments that the first line begins with."""
    first = next((line.strip() for line in lines if line.strip()), "")
    if first.lower().startswith("sep=") and len(first) == 5 and "separator" not in said:
        yield dialect._replace(separator=first[4], quote='"')
        return
    comment = dialect.comment
    if "comment" not in said and first[:1] in COMMENTS:
        comment = first[:1]
    separators = (dialect.separator,) if "separator" in said else SEPARATORS
    for separator in [mark for mark in separators if mark not in (dialect.decimal, dialect.thousands)]:
        quote = dialect.quote if "quote" in said else '"'
        yield dialect._replace(separator=separator, quote=quote, comment=comment)


def headed(
    lines: Sequence[str],
    first: int,
    dialect: Dialect,
    preamble: Preamble,
    said: Collection[str],
    wanted: Callable[[list[str]], bool],
) -> Iterator[TableReading]:
    """The readings in a dialect: with the first line that names all columns, or without a header."""
    form = Delimited(dialect)
    told = [
        TableLine(number, form.without_mark(line.rstrip("\r")), form.without_mark(line) != line)
        for number, line in enumerate(lines, start=first)
        if line.strip()
    ]
    if not told:
        return
    is_sep = told[0].text.strip().lower().startswith("sep=")
    if ("header" not in said and "columns" not in said) or preamble.header is not None:
        for position, line in enumerate(told):
            if (is_sep and position == 0) or (preamble.header is not None and line.number != preamble.header):
                continue
            rows: list[list[str]] | None = None
            for names in namings(form, line):
                if not wanted(names):
                    continue
                rows = rows_below(form, told[position + 1 :]) if rows is None else rows
                if rows and most_have(rows, len(names)):
                    yield TableReading(dialect, line, names, [row for row in rows if len(row) == len(names)])
                    return
        if preamble.header is not None:
            return
    rows = rows_below(form, told)
    names = list(preamble.columns) or numbered(len(rows[0]) if rows else 0)
    if rows and wanted(names) and most_have(rows, len(names)) and not is_header(rows):
        yield TableReading(dialect, None, names, rows)


def namings(form: Delimited, line: TableLine) -> Iterator[list[str]]:
    """The columns that a header may name: where blanks separate, names with single ones may stand far apart."""
    yield form.cells_of([line.text])[0]
    if form.separator == BLANKS:
        yield FAR.split(line.text.strip())


def rows_below(form: Delimited, lines: Sequence[TableLine]) -> list[list[str]]:
    records = [line.text for line in lines[: MOST_ROWS + MOST_UNITS] if not line.is_comment]
    return form.cells_of(records) if records else []


def most_have(rows: Sequence[Sequence[str]], width: int) -> bool:
    """Whether more than half of the rows have so many cells."""
    return 2 * sum(len(row) == width for row in rows) > len(rows)


def is_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row holds a text where the others hold numbers."""
    return len(rows) > 1 and any(
        cell.strip() and as_number(cell) is None and all(as_number(row[place]) is not None for row in rows[1:3])
        for place, cell in enumerate(rows[0])
        if all(len(row) > place for row in rows[1:3])
    )


def as_number(cell: str) -> float | None:
    """A number in any dialect."""
    text = cell.strip()
    is_other = DECIMAL_COMMA.fullmatch(text) or GROUPED_POINTS.fullmatch(text) or GROUPED_COMMAS.fullmatch(text)
    return 0.0 if is_other else as_float(text)


def without_coarser(readings: Sequence[TableReading]) -> list[TableReading]:
    """Of readings that differ only in that blanks separate, too, or that give the same columns, the first."""
    named = [reading for reading in readings if reading.header is not None] or list(readings)
    exact = [reading for reading in named if reading.dialect.separator != BLANKS] or named
    widest = max((len(reading.names) for reading in exact), default=0)
    if exact and exact[0].header is None:
        exact = [reading for reading in exact if len(reading.names) == widest]
    firsts: dict[tuple[str, ...], TableReading] = {}
    for reading in exact:
        firsts.setdefault(tuple(reading.names), reading)
    return list(firsts.values())


def settled(
    reading: TableReading,
    first: int,
    dialect: Dialect,
    preamble: Preamble,
    said: Collection[str],
    wanted: Callable[[list[str]], bool],
) -> Sniffed:
    """The reading with its rows of units and its numbers, and what is said of it."""
    found, notes, options = reading.dialect, [], []
    if found.separator != dialect.separator and "separator" not in said:
        notes.append(f"separated by {NAMES.get(found.separator, repr(found.separator))}")
        options.append("--separator")
    if found.comment and "comment" not in said:
        notes.append(f"lines of '{found.comment}' are comments")
        options.append("--comment")
    if reading.header is None:
        if "header" not in said and "columns" not in said:
            notes.append(f"no header: the columns are {reading.names[0]} to {reading.names[-1]}")
            options.append("--header")
        preamble = preamble._replace(has_header=False)
    else:
        if reading.header.number != first and preamble.header is None:
            notes.append(f"the header is line {reading.header.number}")
            options.append("--header")
        preamble = preamble._replace(header=reading.header.number)
        if reading.names != Delimited(found).cells_of([reading.header.text])[0]:
            preamble = preamble._replace(columns=tuple(reading.names))
    needed = [place for place, name in enumerate(reading.names) if not wanted(without(reading.names, place))]
    if "units" not in said and reading.header is not None:
        units = units_above(reading, needed)
        if units:
            notes.append("a row of units is below it" if units == 1 else f"{units} rows below it hold no numbers")
            options.append("--units")
        preamble = preamble._replace(units=units)
    cells = [row[place] for row in reading.rows[preamble.units :] for place in needed]
    if "decimal" not in said and "thousands" not in said:
        decimal, thousands, says = number_marks(cells)
        if says:
            notes.append(says)
            options.append("--decimal" if decimal != "." else "--thousands")
        found = found._replace(decimal=decimal, thousands=thousands)
    *others, last = options or [""]
    cure = f"{', '.join(others)}{' and ' * bool(others)}{last} override{'s' * (not others)}"
    return Sniffed(found, preamble, tuple(notes), cure)


def without(names: Sequence[str], place: int) -> list[str]:
    return ["" if position == place else name for position, name in enumerate(names)]


def units_above(reading: TableReading, needed: Sequence[int]) -> int:
    """How many rows at the top hold units and the like: no number and nothing that stands for one in the columns that
    are needed, with a row below that holds numbers in all of them.
    """
    for count, row in enumerate(reading.rows[: MOST_UNITS + 1]):
        cells = [row[place].strip() for place in needed]
        if all(as_number(cell) is not None for cell in cells):
            return count
        is_unit = [as_number(cell) is None and not reading.dialect.is_null(cell) for cell in cells]
        if not all(is_unit) or any(cell.lower() in MISSING for cell in cells):
            return 0
    return 0


def number_marks(cells: Sequence[str]) -> tuple[str, str, str]:
    """The decimal mark and that between thousands, and what is said of them. Raises Failure where both may be."""
    texts = [cell.strip() for cell in cells]
    if any(GROUPED_POINTS.fullmatch(text) for text in texts):
        return ",", ".", "decimal comma, points between thousands"
    if any(GROUPED_COMMAS.fullmatch(text) for text in texts):
        return ".", ",", "commas between thousands"
    commas = [text for text in texts if DECIMAL_COMMA.fullmatch(text) or THOUSANDS.fullmatch(text)]
    if not commas or any("." in text and as_float(text) is not None for text in texts):
        return ".", "", ""
    if any(not THOUSANDS.fullmatch(text) for text in commas):
        return ",", "", "decimal comma"
    raise Failure(
        f"'{commas[0]}' may have a decimal comma, or a comma between thousands",
        "say which: --decimal , or --thousands ,",
    )
