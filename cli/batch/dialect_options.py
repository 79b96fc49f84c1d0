"""How the rows of a text are written, as options say it: a dialect, a preamble, and which of their fields are said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from backprop.autodiff.named_tuple import NamedTuple
from backprop.cli.batch.formats.dialect import BLANKS, Dialect, Preamble
from backprop.cli.status import Failure

WORDS = {"tab": "\t", "blanks": BLANKS, "comma": ",", "semicolon": ";", "\\t": "\t"}
NONE = "none"

DIALECT_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option("--separator", metavar="CHARACTER", help="What is between cells: a character, tab or blanks."),
    click.option("--decimal", metavar="CHARACTER", help="The decimal mark, as in 1,5.  [default: .]"),
    click.option("--thousands", metavar="CHARACTER", help="What is between groups of digits, as in 1.234,5."),
    click.option("--quote", metavar="CHARACTER|none", help="What quotes cells."),
    click.option("--comment", metavar="TEXT", help="Lines that begin with TEXT are not rows."),
    click.option("--skip", type=int, metavar="N", help="Leave out the first N lines."),
    click.option("--header", metavar="N|none", help="The line that names the columns; none: they are c1, c2, ..."),
    click.option("--columns", metavar="NAME,...", help="Names of all columns, where no header has them."),
    click.option("--units", count=True, help="A row of units is below the header; may be repeated."),
    click.option("--null", metavar="CELL,...", help="Cells that say that there is no value: NA,-999.25."),
    click.option("--flags", is_flag=True, help="Letters behind a number and a blank, as in 2.5 p, are not part of it."),
    click.option("--encoding", metavar="NAME", help="As in latin-1, cp1252, utf-16.  [default: utf-8]"),
)
OF_DIALECT = ("separator", "decimal", "thousands", "quote", "comment", "null", "flags")
OF_LAYOUT = ("skip", "header", "columns", "units", "encoding")


class TableOptions(NamedTuple):
    """A dialect and a preamble as far as they are said, and the names of the options that say it."""

    dialect: Dialect
    preamble: Preamble
    said: frozenset[str]


def table_options(given: dict[str, Any], dialect: Dialect) -> TableOptions:
    """What the options say of a table whose format has this dialect. Raises Failure."""
    said = frozenset([name for name in (*OF_DIALECT, *OF_LAYOUT) if given[name] not in (None, 0)])
    separator = dialect.separator
    if "separator" in said:
        separator = character("--separator", WORDS.get(given["separator"], given["separator"]))
    quote = dialect.quote if separator == dialect.separator else '"'
    if "quote" in said:
        quote = "" if given["quote"] == NONE else character("--quote", given["quote"])
    decimal = character("--decimal", given["decimal"]) if "decimal" in said else dialect.decimal
    thousands = character("--thousands", given["thousands"]) if "thousands" in said else dialect.thousands
    if given["comment"] == "":
        raise Failure("--comment needs a text", "give what comments begin with: --comment '#'")
    if decimal == thousands:
        raise Failure(f"--decimal and --thousands are both {decimal}", "give each a character of its own")
    for option, mark in (("--decimal", decimal), ("--thousands", thousands)):
        if mark == separator and {option[2:], "separator"} <= said:
            raise both_are(option, mark)
        if mark.isalnum() or mark in ("+", "-", '"'):
            raise Failure(f"{option} {mark}", "give a mark that no number has: --decimal ,")
    nulls = tuple([cell.strip() for cell in given["null"].split(",")]) if given["null"] is not None else ()
    found = Dialect(separator, quote, decimal, thousands, given["comment"] or "", nulls, given["flags"])
    return TableOptions(found, preamble_of(given, said), said)


def both_are(option: str, mark: str) -> Failure:
    return Failure(f"{option} and the separator are both {mark!r}", "say what is between cells: --separator ';'")


def preamble_of(given: dict[str, Any], said: frozenset[str]) -> Preamble:
    """What stands before the rows. Raises Failure."""
    skip, header = given["skip"] or 0, given["header"]
    if skip < 0:
        raise Failure(f"--skip {skip}", "give the number of lines: --skip 2")
    line = None
    if header not in (None, NONE):
        line = int(header) if header.isascii() and header.isdecimal() and len(header) < 10 else 0
        if line < 1:
            raise Failure(f"--header {header}", "give the number of a line, counted from 1, or none")
        if skip:
            raise Failure("--skip and --header N contradict each other", "omit --skip: the lines above the header are")
    columns = tuple([name.strip() for name in given["columns"].split(",")]) if given["columns"] is not None else ()
    if columns and (not all(columns) or len(set(columns)) < len(columns)):
        raise Failure(f"--columns {given['columns']}", "give each column a name of its own: --columns x,y,z")
    has_header = header != NONE and (line is not None or not columns)
    if given["units"] and not has_header:
        raise Failure("--units goes with a header", "omit it, or skip the line: --skip 1")
    return Preamble(skip, has_header, line, columns, given["units"], given["encoding"])


def character(option: str, text: str) -> str:
    """One character. Raises Failure."""
    if len(text) != 1 or text in "\r\n\0":
        raise Failure(f"{option} {text!r}", f"give one character: {option} ','")
    return text
