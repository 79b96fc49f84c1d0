"""How a table of text is written: what parts its cells, how its numbers look, which cells and lines are none.

Reads no table. delimited.py does, by a dialect.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Sequence

from backprop.autodiff.named_tuple import NamedTuple
from backprop.cli.question.value_numbers import is_plain

BLANKS = " "  # one or more of them, or tabs, are between cells
FLAGS = re.compile(r"\s+[A-Za-z]+\Z")
BLANK_CELL = re.compile(r'"([^"]*)"|(\S+)')
SPACES = " \u00a0\u202f"  # what stands between groups of digits where that is a blank
DIGIT_GROUPS = r"[+-]?\d{1,3}(?:%s\d{3})+(?:%s\d*)?(?:[eE][+-]?\d+)?"


class Dialect(NamedTuple):
    """`quote` is '' where there is none. A line that begins with the `comment` is none.

    `nulls` are the cells that say that there is no value. `has_flags`: letters behind a number and a blank, as
    Eurostat has them, are not part of it.
    """

    separator: str = ","
    quote: str = '"'
    decimal: str = "."
    thousands: str = ""
    comment: str = ""
    nulls: tuple[str, ...] = ()
    has_flags: bool = False

    @property
    def has_long_cells(self) -> bool:
        """Whether a quoted cell may hold line ends."""
        return self.quote == '"' and self.separator != BLANKS

    @property
    def has_escapes(self) -> bool:
        return self.separator == "\t" and not self.quote

    @property
    def has_python_numbers(self) -> bool:
        """Whether numbers are written as in Python."""
        return self.decimal == "." and not self.thousands and not self.has_flags

    @property
    def described(self) -> str:
        """How its numbers are written, where that is not as in Python."""
        if self.decimal == "." and not self.thousands:
            return ""
        marks = [f"'{self.decimal}' for the decimal mark"]
        if self.thousands:
            marks.append(f"'{self.thousands}' between thousands")
        return f" with {' and '.join(marks)}"

    def is_null(self, cell: str) -> bool:
        """Whether the cell says that there is no value: -999.25 says it as -999.250, too."""
        text = self.unflagged(cell)
        if text in self.nulls:
            return True
        number = as_float(text)
        return number is not None and number in [as_float(null) for null in self.nulls]

    def unflagged(self, cell: str) -> str:
        text = cell.strip()
        return FLAGS.sub("", text) if self.has_flags else text

    def in_python(self, cell: str) -> str:
        """A number as Python writes it. What is not a number in this dialect is not one for Python either."""
        text = self.unflagged(cell)
        marks = SPACES if self.thousands == BLANKS else self.thousands
        if marks and any(mark in text for mark in marks):
            if not grouped(marks, self.decimal).fullmatch(text):
                return f"{cell} (not a number)"
            text = text.translate(dict.fromkeys(map(ord, marks)))
        if self.decimal == ".":
            return text
        return f"{cell} (not a number)" if "." in text else text.replace(self.decimal, ".")

    def written(self, texts: list[str]) -> list[str]:
        """Numbers that Python wrote, in this dialect."""
        return texts if self.decimal == "." else [text.replace(".", self.decimal) for text in texts]


class Preamble(NamedTuple):
    """What stands before the rows: `skip` lines, then the header, whose line is `header` if that is said; `units` rows.

    `columns` are names in place of those of a header, of which there is none then.
    """

    skip: int = 0
    has_header: bool = True
    header: int | None = None
    columns: tuple[str, ...] = ()
    units: int = 0
    encoding: str | None = None


DIALECTS = {"csv": Dialect(), "tsv": Dialect("\t", quote="")}


def dialect_of(form: str) -> Dialect:
    """In which rows are written that are not objects; a table for the eye is made of TSV, a line for each row."""
    return DIALECTS.get("tsv" if form == "table" else form, DIALECTS["csv"])


@functools.cache
def grouped(marks: str, decimal: str) -> re.Pattern[str]:
    """What finds a number whose digits are in groups of three."""
    return re.compile(DIGIT_GROUPS % (f"[{re.escape(marks)}]", re.escape(decimal)))


def as_float(text: str) -> float | None:
    try:
        return float(text) if is_plain(text) else None
    except ValueError:
        return None


def numbered(count: int) -> list[str]:
    """The names of columns that have none: c1, c2 and so on."""
    return [f"c{number}" for number in range(1, count + 1)]


def distinct(header: Sequence[str]) -> list[str]:
    """A name of its own for each column: `c3` for the third where it has none, `x_1` and `x_2` for two called x."""
    headings = [heading.strip() for heading in header]
    counts = Counter(headings)
    known = set(counts)
    names: list[str] = []
    seen: dict[str, int] = {}
    for position, heading in enumerate(headings, start=1):
        name = heading or f"c{position}"
        if counts[heading] > 1 and heading:
            seen[heading] = seen.get(heading, 0) + 1
            name = f"{heading}_{seen[heading]}"
        while name in known and name != heading:
            name += "_"
        known.add(name)
        names.append(name)
    return names
