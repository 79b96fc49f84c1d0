"""What stands before the rows of a table: lines to skip, comments, the header, rows of units. Leaves the rows.

Where the first line is not a header with the columns that are wanted, sniffing.py looks for one.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from typing import TYPE_CHECKING

from backprop.cli.batch.formats.delimited import BYTE_ORDER_MARK, Delimited
from backprop.cli.batch.formats.dialect import Dialect, Preamble, numbered
from backprop.cli.batch.input.blocks import FIRST_BLOCK, BlockReader
from backprop.cli.status import Failure

if TYPE_CHECKING:
    from backprop.cli.batch.dialect_options import TableOptions
    from backprop.cli.batch.input.source import Source

UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
UTF_8 = ("utf-8", "utf8")  # which is read as it is, with what is none
CURE = "the first line names the columns, unless --skip or --header says otherwise"


def begin(
    source: Source,
    options: TableOptions,
    wanted: Callable[[list[str]], bool],
    note: Callable[[str], None],
    say: Callable[[str], None] | None,
) -> tuple[Delimited, BlockReader]:
    """The form of the table and what reads its rows. Raises Failure.

    `wanted` tells of columns whether they are all that the expression needs.
    """
    dialect, preamble, said = options
    recode(source, preamble, note)
    form = Delimited(dialect)
    reader = BlockReader(source, lambda data, end, place: form.cut(data, end, place), say)
    reader.drop_lines(preamble.skip)
    preamble = preamble._replace(skip=0)
    first = reader.first_line(FIRST_BLOCK)
    if b"\r" in first.rstrip(b"\r\n") and b"\n" not in reader.head():
        note("its lines end in carriage returns alone: they are written with line feeds")
        reader.take_returns()
        first = reader.first_line(FIRST_BLOCK)
    if preamble.has_header and preamble.header is None:
        if dialect.comment and is_comment(first, dialect):
            first = first_row(reader, form)
        if not first.strip() or reads_as_wanted(form, first, wanted):
            read_header(reader, form, preamble)
            return form, reader
    from backprop.cli.batch.dialect_options import both_are
    from backprop.cli.batch.input.sniffing import sniffed  # here, not above: most tables begin with their header

    found = sniffed(reader.head(), reader.line, dialect, preamble, said, wanted)
    if found is not None:
        if found.notes:
            note(f"{', '.join(found.notes)}; {found.cure}")
        dialect, preamble = found.dialect, found.preamble
    elif dialect.separator in (dialect.decimal, dialect.thousands):
        raise both_are("--decimal" if dialect.separator == dialect.decimal else "--thousands", dialect.separator)
    form = Delimited(dialect)
    read_header(reader, form, preamble)
    return form, reader


def recode(source: Source, preamble: Preamble, note: Callable[[str], None]) -> None:
    """Have the source make UTF-8 of its text, where that is in another encoding."""
    encoding = preamble.encoding
    if encoding is None and source.mark.startswith(UTF_16):
        encoding = "utf-16"
        note("it is UTF-16 text, and written as UTF-8; --encoding overrides")
    if encoding is not None and encoding.lower() not in UTF_8:
        from backprop.cli.batch.input.encoding import Recoder  # here, not above: few texts are in another

        source.recoder = Recoder(encoding)


def reads_as_wanted(form: Delimited, first: bytes, wanted: Callable[[list[str]], bool]) -> bool:
    """Whether the first line is a header with the columns that are wanted, or is wrong in a way that has a name."""
    trial = Delimited(form.dialect)
    try:
        trial.read_header(first)
    except ValueError:
        return True
    return wanted(trial.header)


def read_header(reader: BlockReader, form: Delimited, preamble: Preamble) -> None:
    """Take all lines before the rows. Raises Failure."""
    reader.drop_lines(0 if preamble.header is None else preamble.header - reader.line)
    name = reader.source.name
    if not preamble.has_header:
        width = len(form.cells_of([text_of(first_row(reader, form))])[0])
        if preamble.columns and len(preamble.columns) != width:
            raise Failure(
                f"{name}: {len(preamble.columns)} columns are named, the first row has {width}", "name every column"
            )
        form.name_columns(preamble.columns or numbered(width))
    else:
        first = reader.take_first(FIRST_BLOCK)
        while preamble.header is None and first and is_comment(first, form.dialect):
            first = reader.take_first(FIRST_BLOCK)
        if not first:
            raise Failure(f"{name}: {reader.problem or 'it is empty'}", CURE)
        try:
            form.read_header(first)
        except ValueError as error:
            raise Failure(f"{name}: {error}", CURE) from None
        if preamble.columns:
            form.name_columns(preamble.columns)
    for _ in range(preamble.units):
        units = reader.take_first(FIRST_BLOCK)
        form.units.append(units.decode("utf-8", "surrogateescape").rstrip("\r\n"))


def is_comment(line: bytes, dialect: Dialect) -> bool:
    mark = dialect.comment.encode("utf-8", "surrogateescape")
    return bool(mark) and line.removeprefix(BYTE_ORDER_MARK.encode()).lstrip().startswith(mark)


def text_of(line: bytes) -> str:
    return line.decode("utf-8", "surrogateescape").removeprefix(BYTE_ORDER_MARK).rstrip("\r\n")


def first_row(reader: BlockReader, form: Delimited) -> bytes:
    """The first line that is not a comment, which is still to be taken. Raises Failure."""
    for line in reader.head().split(b"\n"):
        if line.strip() and not is_comment(line, form.dialect):
            return line
    raise Failure(f"{reader.source.name}: {reader.problem or 'it is empty'}", "it holds no row")
