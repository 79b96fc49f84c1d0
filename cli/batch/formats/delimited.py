"""CSV (RFC 4180), TSV and their like: where records end, what their cells hold, and records with results appended.

Text is bytes in UTF-8; what is no UTF-8 travels as surrogates, so that every record comes out as it went in.
"""

from __future__ import annotations

import csv
import functools
import io
import math
import re
from collections.abc import Collection, Mapping, Sequence

from backprop.autodiff.lazy_numpy import np
from backprop.cli.batch.block import Block, fault_of
from backprop.cli.batch.formats.dialect import BLANK_CELL, BLANKS, Dialect
from backprop.cli.batch.formats.numbers import Rows, lines_in, rows_of, texts
from backprop.cli.batch.input.cutting import Place, cut_lines, cut_quoted_lines, is_unclosed, spans_of
from backprop.cli.batch.input.header import Columns
from backprop.cli.batch.row_errors import EMPTY, WITHOUT, Fault, quoted
from backprop.cli.batch.sightings import Remark
from backprop.cli.question.value_numbers import OutOfRange, is_plain, parsed

BYTE_ORDER_MARK = "\ufeff"
LINE_END = re.compile(r"(?<!\r)\r*\n\Z")  # tried at the first carriage return of a run only
ESCAPE = re.compile(r"\\([\\tnr])")
ESCAPED = {"\\": "\\", "t": "\t", "n": "\n", "r": "\r"}
QUOTED_TOO = "\r\n"  # before Python 3.13 the csv module quotes of line ends only those that it writes
NOT_BLANK = "\x1c\x1d\x1e\x1f"  # for Python's float, but for NumPy's reader of text

csv.field_size_limit(1 << 30)  # a long cell is no error; the reader bounds a whole record


class Delimited:
    """One dialect and the header of one input, with the columns that the variables are in.

    `header` has the columns' names; `header_text` is how they were written, None where they were not.
    """

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.separator = dialect.separator
        self.ending = "\n"
        self.header: list[str] = []
        self.header_text: str | None = ""
        self.units: list[str] = []  # rows below the header that hold no numbers
        self.columns: Mapping[str, Columns] = {}

    def cut(self, data: bytes | bytearray, end: int, place: Place) -> Place:
        """How far records are whole in `data[:end]`."""
        if not self.dialect.has_long_cells:
            return cut_lines(data, end, place)
        return cut_quoted_lines(data, end, place, self.separator, is_header=not self.header)

    def read_header(self, data: bytes) -> None:
        """Take the first record. Raises ValueError in words for a user."""
        text = data.decode("utf-8", "surrogateescape")
        ending = LINE_END.search(text)
        self.ending = ending[0] if ending else "\n"
        self.header_text = text.rstrip("\r\n")
        named = self.header_text.removeprefix(BYTE_ORDER_MARK)
        if "\0" in named:
            raise ValueError("the header holds a NUL: is this a file of text?")
        if self.dialect.has_long_cells and is_unclosed(named.encode("utf-8", "surrogateescape"), self.separator):
            raise ValueError("a quote in the header is not closed")
        if "\r" in self._outside_quotes(named):
            raise ValueError("its lines end in carriage returns alone, or the header holds one")
        self.header = self.cells_of([self.without_mark(named)])[0]

    def name_columns(self, names: Sequence[str]) -> None:
        """Take names that the input does not hold."""
        self.header, self.header_text = list(names), None

    def without_mark(self, record: str) -> str:
        """A record without the mark of comments that it begins with: some headers do."""
        mark = self.dialect.comment
        return record.lstrip()[len(mark) :] if mark and record.lstrip().startswith(mark) else record

    def read(self, data: bytes) -> Block:
        """The records of a piece of the input."""
        text = data.decode("utf-8", "surrogateescape")
        has_quotes = bool(self.dialect.quote) and self.dialect.quote in text
        records, endings, starts = self._split(text, has_quotes)
        faults: dict[int, Fault] = {}
        lost: set[int] = set()
        last = len(records) - 1
        may_be_open = has_quotes and self.dialect.has_long_cells and last >= 0
        if may_be_open and is_unclosed(records[last].encode("utf-8", "surrogatepass"), self.separator):
            lost.add(last)
            faults[last] = fault_of(records, starts, last, "a quote is not closed")
        if not faults and not has_quotes and not any(mark in text for mark in NOT_BLANK):
            values = self._regular(records)
            if values is not None:
                return Block(starts, lines_in(data), values, {}, records=records, endings=endings)
        safe = records if not faults else [("" if index in faults else record) for index, record in enumerate(records)]
        cells = self.cells_of(safe, has_quotes)
        for number, row in enumerate(cells):
            if len(row) != len(self.header) and number not in faults:
                reason = f"it has {len(row)} cell{'s' * (len(row) != 1)}, the header {len(self.header)}"
                faults[number] = fault_of(records, starts, number, reason)
        values = self._values(cells, records, starts, faults)
        return Block(starts, lines_in(data), values, faults, records=records, endings=endings, lost=lost)

    def _split(self, text: str, has_quotes: bool) -> tuple[list[str], list[str] | str, Sequence[int]]:
        """The records without their line ends, the line ends, and the line that each begins in.

        A blank line is no record, except where there is one column only: there its cell is empty.
        """
        starts: Sequence[int]
        if has_quotes and self.dialect.has_long_cells and self._has_long_cell(text):
            records, starts, position, line = [], [], 0, 0
            pattern = record_pattern(self.separator)
            while position < len(text):
                match = pattern.match(text, position)
                assert match is not None  # it matches the empty record
                records.append(match[0])
                starts.append(line)
                line += match[0].count("\n") + 1
                position = match.end() + 1
        else:
            records = text.split("\n")
            if records[-1] == "":
                records.pop()
            starts = range(len(records))
        endings: list[str] | str = "\n"
        if "\r" in text:
            whole, records = records, [record.rstrip("\r") for record in records]
            endings = [f"{full[len(record) :]}\n" for full, record in zip(whole, records, strict=True)]
        if not text.endswith("\n"):
            endings = [*(endings if isinstance(endings, list) else [endings] * (len(records) - 1))]
            endings[len(records) - 1 :] = [self.ending]
        comment = self.dialect.comment
        if (len(self.header) > 1 and "" in records) or (comment and comment in text):
            kept = [
                index
                for index, record in enumerate(records)
                if (record or len(self.header) == 1) and not (comment and record.lstrip().startswith(comment))
            ]
            records, starts = [records[index] for index in kept], [starts[index] for index in kept]
            endings = [endings[index] for index in kept] if isinstance(endings, list) else endings
        return records, endings, starts

    def _has_long_cell(self, text: str) -> bool:
        spans = spans_of(self.separator).finditer(text.encode("utf-8", "surrogatepass"))
        return any(b"\n" in match[0] for match in spans)

    def _outside_quotes(self, record: str) -> str:
        if not self.dialect.has_long_cells:
            return record
        return spans_of(self.separator).sub(b"", record.encode("utf-8", "surrogateescape")).decode("utf-8", "replace")

    def cells_of(self, records: list[str], has_quotes: bool = True) -> list[list[str]]:
        quote = self.dialect.quote
        if self.separator == BLANKS:
            if not quote or not has_quotes:
                return [record.split() or [""] for record in records]
            return [[inner or plain for inner, plain in BLANK_CELL.findall(record)] or [""] for record in records]
        if not quote or not has_quotes:
            cells = [record.split(self.separator) for record in records]
            if not self.dialect.has_escapes or "\\" not in "".join(records):
                return cells
            return [[unescaped(cell) for cell in row] for row in cells]
        try:
            return [row or [""] for row in csv.reader(records, delimiter=self.separator, quotechar=quote)]
        except csv.Error:  # a carriage return outside quotes that ends no line; a NUL before Python 3.11
            return [unquoted_cells(record, self.separator, quote) for record in records]

    def _regular(self, records: list[str]) -> dict[str, Rows] | None:
        """The values by NumPy's reader of text, None where it would not have them all. It knows fewer numbers
        than Python does, and those it knows it reads alike.
        """
        width = len(self.header)
        if not records or "" in records or not self.dialect.has_python_numbers or self.dialect.nulls:
            return None
        is_blank = self.separator == BLANKS
        if is_blank and any(len(record.split()) != width for record in records):
            return None
        if not is_blank and any(record.count(self.separator) != width - 1 for record in records):
            return None
        places = sorted({position for columns in self.columns.values() for position in columns.places})
        if not places:
            return {}
        try:
            separator = None if is_blank else self.separator
            table = np.loadtxt(records, delimiter=separator, usecols=places, comments=None, ndmin=2)
        except (ValueError, OverflowError):
            return None
        if len(table) != len(records) or np.isinf(table).any():
            return None
        order = {position: table[:, number] for number, position in enumerate(places)}
        values: dict[str, Rows] = {}
        for name, columns in self.columns.items():
            values[name] = np.stack([order[position] for position in columns.places]).reshape(*columns.shape, -1)
        return values

    def _values(
        self, cells: list[list[str]], records: list[str], starts: Sequence[int], faults: dict[int, Fault]
    ) -> dict[str, Rows]:
        """The values cell by cell; what is wrong with a row is added to `faults`."""
        reasons: dict[int, list[str]] = {}
        without: dict[int, list[str]] = {}  # rows that say that they have no value, and the columns
        values: dict[str, Rows] = {}
        for name, columns in self.columns.items():
            vectors = []
            for position in columns.places:
                heading = self.header[position].strip() or name
                column = ["nan" if row in faults else fields[position] for row, fields in enumerate(cells)]
                for row, cell in enumerate(column) if self.dialect.nulls else ():
                    if row not in faults and self.dialect.is_null(cell):
                        without.setdefault(row, []).append(heading)
                        column[row] = "nan"
                if not self.dialect.has_python_numbers:
                    vectors.append(as_numbers_of(column, heading, reasons, self.dialect))
                else:
                    vectors.append(as_numbers(column, heading, reasons))
            values[name] = np.reshape(vectors, (*columns.shape, len(cells)))
        for row, several in reasons.items():
            faults[row] = fault_of(records, starts, row, "; ".join(several))
        for row, headings in without.items():
            if row not in reasons:
                fault = fault_of(records, starts, row, f"{' and '.join(headings)} {WITHOUT}")
                faults[row] = fault._replace(is_expected=True)
        return values

    def padded(self, record: str) -> str:
        """A record with too few cells filled up, so that results stay below their names."""
        return record + self.separator * (len(self.header) - len(self.cells_of([record])[0]))

    def joined(self, cells: Sequence[str]) -> str:
        """Cells as one record, quoted where they must be; TSV writes what it cannot hold as escapes."""
        if not self.dialect.quote:
            return self.separator.join([escaped(cell) if self.dialect.has_escapes else cell for cell in cells])
        stream = io.StringIO()
        csv.writer(stream, delimiter=self.separator, quotechar=self.dialect.quote, lineterminator=QUOTED_TOO).writerow(
            cells
        )
        return stream.getvalue().removesuffix(QUOTED_TOO)

    def opening(self, names: Sequence[str], *, is_only: bool) -> bytes:
        """The header with the results' names behind it, or these alone; rows of units below."""
        added = self.joined(names)
        header = self.joined(self.header) if self.header_text is None else self.header_text
        lines = [added] if is_only else [f"{header}{self.separator}{added}"]
        if not is_only:
            empty = '""' if self.separator == BLANKS else ""
            lines += [self.separator.join([self.padded(record), *[empty] * len(names)]) for record in self.units]
        return "".join(f"{line}{self.ending}" for line in lines).encode("utf-8", "surrogateescape")

    def cells(self, block: Block) -> list[list[str]]:
        """Every record's cells, for a writer of another format."""
        return self.cells_of([("" if row in block.lost else record) for row, record in enumerate(block.records)])


class Appending:
    """Writes the records of a delimited format as they came, each with its results behind them."""

    def __init__(self, form: Delimited, names: Sequence[str], *, is_only: bool) -> None:
        self.form = form
        self.names = names
        self.is_only = is_only
        is_alone = is_only and len(names) == 1  # a blank line would be no row
        is_quoted = is_alone or form.separator == BLANKS
        self.empty = form.dialect.quote * 2 if is_quoted else ""  # in a bad row

    def opening(self) -> bytes:
        return self.form.opening(self.names, is_only=self.is_only)

    def remarks(self, block: Block) -> Sequence[Remark]:
        """None: everything is written as it came."""
        return ()

    def output(self, block: Block, results: Sequence[Rows], *, is_skipping: bool) -> bytes:
        """In a bad row the results are empty, or the row is left out."""
        added = texts_of_rows(block, results, self.empty, self.form.dialect)
        columns = [self.padded(block)] * (not self.is_only) + added
        lines = list(map(self.form.separator.join, zip(*columns, strict=True)))
        return ended(lines, block.endings, block.dropped(is_skipping=is_skipping)).encode("utf-8", "surrogateescape")

    def padded(self, block: Block) -> list[str]:
        """The records, the bad ones filled up."""
        kept = list(block.records)
        for row in block.faults.keys() - block.lost:
            kept[row] = self.form.padded(kept[row])
        return kept


def texts_of_rows(
    block: Block, results: Sequence[Rows], empty: str = "", dialect: Dialect | None = None
) -> list[list[str]]:
    """The results as text, a list an entry; `empty` in bad rows."""
    columns = [texts(vector) for vector in rows_of(results)]
    if dialect is not None:
        columns = [dialect.written(column) for column in columns]
    for column in columns:
        for row in block.faults:
            column[row] = empty
    return columns


@functools.cache
def record_pattern(separator: str) -> re.Pattern[str]:
    """What finds a record whose quoted cells may hold line ends."""
    mark = re.escape(separator)
    cell = rf'(?:"[^"]*(?:""[^"]*)*(?:"[^{mark}\n]*)?|[^"{mark}\n][^{mark}\n]*|)'
    return re.compile(f"{cell}(?:{mark}{cell})*")


def unquoted_cells(record: str, separator: str, quote: str) -> list[str]:
    """The cells of one record as the csv module finds them, whatever characters they hold."""
    mark = re.escape(separator)
    pattern = re.compile(f"{quote}((?:[^{quote}]|{quote}{quote})*){quote}?([^{mark}]*)|[^{mark}]*")
    cells = []
    position = 0
    while position <= len(record):
        match = pattern.match(record, position)
        assert match is not None  # it matches the empty cell
        inner, rest = match.groups()
        cells.append(inner.replace(quote * 2, quote) + rest if inner is not None else match[0])
        position = match.end() + 1
    return cells


def ended(lines: Sequence[str], endings: Sequence[str], dropped: Collection[int]) -> str:
    """The lines with their ends, one for all or one each, without the dropped ones."""
    if isinstance(endings, str) and not dropped:
        return endings.join(lines) + endings if lines else ""
    ends = [endings] * len(lines) if isinstance(endings, str) else endings
    return "".join([line + end for row, (line, end) in enumerate(zip(lines, ends, strict=True)) if row not in dropped])


def as_numbers(column: Sequence[str], heading: str, reasons: dict[int, list[str]]) -> Rows:
    """A column's numbers, nan where there is none; why not is added to `reasons` by row."""
    if is_plain("".join(column)):
        try:
            array = np.array(list(map(float, column)), dtype=np.float64)
            if not np.isinf(array).any():
                return array
        except ValueError:
            pass
    numbers = []
    for row, cell in enumerate(column):
        number, reason = as_number(cell)
        if reason is not None:
            reasons.setdefault(row, []).append(f"{heading} {reason}")
        numbers.append(number)
    return np.array(numbers, dtype=np.float64)


def as_numbers_of(column: Sequence[str], heading: str, reasons: dict[int, list[str]], dialect: Dialect) -> Rows:
    """The same of numbers that are written in a dialect. A reason shows a cell as it came."""
    wrong: dict[int, list[str]] = {}
    numbers = as_numbers([dialect.in_python(cell) for cell in column], heading, wrong)
    for row in wrong:
        cell = column[row]
        reason = EMPTY if not cell.strip() else f"is {quoted(cell)}, which is not a number{dialect.described}"
        reasons.setdefault(row, []).append(f"{heading} {reason}")
    return numbers


def as_number(cell: str) -> tuple[float, str | None]:
    """A cell's number, or nan and the reason why it has none."""
    try:
        return parsed(cell), None
    except OutOfRange:
        return math.nan, f"is {quoted(cell)}, which is out of range"
    except ValueError:
        return math.nan, EMPTY if not cell.strip() else f"is {quoted(cell)}, which is not a number"


def escaped(cell: str) -> str:
    """A cell as TSV holds it."""
    return cell.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def unescaped(cell: str) -> str:
    """The text of a cell of TSV; a backslash before anything else is one."""
    return ESCAPE.sub(lambda match: ESCAPED[match[1]], cell) if "\\" in cell else cell
