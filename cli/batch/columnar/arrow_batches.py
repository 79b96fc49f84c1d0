"""The record batches of Arrow IPC, of streams and of files, each as a short stream that polars can read by itself."""

from __future__ import annotations

import os
from collections.abc import Iterator

from backprop.cli.batch.columnar import arrow_format as arrow
from backprop.cli.batch.columnar.arrow_columns import (
    Column,
    Taken,
    dictionaries_of,
    schema_message,
    schema_of,
    taken,
    without_columns,
)
from backprop.cli.batch.columnar.arrow_stream import (
    DICTIONARY,
    END,
    RECORDS,
    SCHEMA,
    STRANGE,
    Message,
    Taker,
    messages,
    rows_in,
)
from backprop.cli.batch.columnar.flat_buffers import Table, read_root
from backprop.cli.batch.columnar.metadata import Described, described_by_arrow
from backprop.cli.batch.input.source import Damaged

MAGIC = b"ARROW1"
NO_CONTENTS = "it is damaged: its table of contents is none"
PLACES = 24  # bytes of what a file's table of contents says of a message


class Batches:
    """What a stream and a file of record batches have in common: their schema, and the columns of it that are taken."""

    schema: Table
    taken: Taken
    _head: bytes

    @property
    def columns(self) -> list[Column]:
        return self.taken.columns

    @property
    def described(self) -> Described:
        return described_by_arrow(self.schema, self.columns)

    @property
    def opening(self) -> bytes:
        """The stream of no batch."""
        return self._head + END


class RecordBatches(Batches):
    """The record batches of a stream. Raises Damaged.

    `schema` is the schema as the stream has it, `taken` what polars gets of it.
    """

    def __init__(self, taker: Taker) -> None:
        self.rows: int | None = None
        self._taker = taker
        self._messages = messages(taker)
        try:
            first = next(self._messages, None)
        except Damaged:
            first = None
        if first is None or first.kind != SCHEMA:
            raise Damaged("this is no Arrow IPC, or only the beginning of it")
        try:
            self.schema = schema_of(first.parts[1])
            self.taken = taken(self.schema)
        except ValueError:
            raise Damaged(STRANGE) from None
        is_changed = self.taken.schema != self.schema
        self._head = schema_message(self.taken.schema) if is_changed else b"".join(first.parts)

    def __iter__(self) -> Iterator[bytes]:
        yield from alone(self._messages, self._head, self.schema, self.taken)
        for _ in self._taker.drain():
            pass  # what comes behind the end: whoever writes it into a pipe is to get rid of it


class FiledBatches(Batches):
    """The record batches of an open file. Raises Damaged.

    It is read, not mapped: a file that is cut meanwhile would end the program by SIGBUS.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        contents = contents_of(descriptor)
        self.schema = contents.get(1, {})
        try:
            self.taken = taken(self.schema)
        except ValueError:
            raise Damaged(NO_CONTENTS) from None
        self._head = schema_message(self.taken.schema)
        self._dictionaries, self._records = places_in(contents.get(2, b"")), places_in(contents.get(3, b""))
        self.rows: int | None = sum(rows_in(self._at(place)) for place in self._records)

    def _at(self, place: int) -> Taker:
        return Taker(Window(self._descriptor, place))

    def _messages(self) -> Iterator[Message]:
        for place in (*self._dictionaries, *self._records):
            found = next(messages(self._at(place)), None)
            if found is None:
                raise Damaged("it is cut off")
            yield found

    def __iter__(self) -> Iterator[bytes]:
        return alone(self._messages(), self._head, self.schema, self.taken)


def alone(coming: Iterator[Message], head: bytes, schema: Table, kept: Taken) -> Iterator[bytes]:
    """A stream of each batch of the messages, with the dictionaries that it needs."""
    dictionaries: dict[int, list[bytes]] = {}
    known = dictionaries_of(kept.schema)
    for one in coming:
        if one.kind == DICTIONARY and one.dictionary in known:
            parts = dictionaries.setdefault(one.dictionary, [])
            if not one.is_addition:
                parts.clear()
            parts += one.parts
        elif one.kind == RECORDS:
            between = [part for parts in dictionaries.values() for part in parts]
            own = one.parts
            if not kept.is_whole:
                try:
                    own = (without_columns(own[1], schema, kept.columns), *own[2:])
                except (ValueError, LookupError):
                    raise Damaged(STRANGE) from None
            yield b"".join((head, *between, *own, END))


class Window:
    """An open file from a place on, whatever else is read of it."""

    def __init__(self, descriptor: int, place: int) -> None:
        self._descriptor = descriptor
        self._place = place

    def read(self, most: int, /) -> bytes:
        try:
            data = os.pread(self._descriptor, most, self._place)
        except OverflowError:  # a place that no file has
            return b""
        except OSError as error:
            raise Damaged((error.strerror or str(error)).lower()) from None
        self._place += len(data)
        return data


def contents_of(descriptor: int) -> Table:
    """The table of contents at a file's end. Raises Damaged."""
    size = os.fstat(descriptor).st_size
    ending = Taker(Window(descriptor, max(size - 10, 0))).take(10)
    length = int.from_bytes(ending[:4], "little")
    if ending[4:] != MAGIC or length > size - 18:
        raise Damaged("it is damaged: it has no table of contents at its end")
    try:
        return read_root(Taker(Window(descriptor, size - 10 - length)).take(length), arrow.CONTENTS)
    except ValueError:
        raise Damaged(NO_CONTENTS) from None


def places_in(blocks: bytes) -> list[int]:
    """Where messages begin."""
    return [int.from_bytes(blocks[at : at + 8], "little") for at in range(0, len(blocks) - PLACES + 1, PLACES)]
