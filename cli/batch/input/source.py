"""The bytes of a file or of stdin, unpacked where they are compressed. Knows no format of rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, BinaryIO, Protocol

from backprop.cli.batch.input.origin import origin_of
from backprop.cli.batch.input.unpacking import MARKS, Damaged, Unpacker, unpacker_of

if TYPE_CHECKING:
    from backprop.cli.batch.input.archive import Member

HEAD = 1 << 14  # bytes asked for at first
CHUNK = 1 << 16  # bytes asked for at once of a compressed source
ARCHIVE = (b"PK\3\4", b"PK\5\6")  # a zip with something in it, and without
JSON_ARRAY = re.compile(rb"(?:\xef\xbb\xbf)?\s*\[\s*(?:[\[{]|\Z)")


class Source:
    """What FILE or stdin holds, read as it comes.

    `read` gives what there is, and waits for something only where there is nothing. Raises Failure, and Damaged
    after everything that could be unpacked was given. `name` is what the file is called, where that is not its path.
    """

    def __init__(self, path: str | None, name: str | None = None) -> None:
        self.name = name or ("stdin" if path in (None, "-") else str(path))
        self._origin = origin_of(path, self.name)
        self.size = self._origin.size
        self.descriptor = self._origin.descriptor
        self.close = self._origin.close
        self.consumed = 0  # bytes of the source itself, compressed or not
        self.recoder: Recoding | None = None
        self._unpacker: Unpacker | None = None
        self._member: Member | None = None
        self._damage: Damaged | None = None
        self._head: bytes | None = self._begin()

    def is_ready(self) -> bool:
        """Whether reading would not wait, or should come first all the same."""
        if self._head is not None or (self._unpacker and self._unpacker.has_more):
            return True
        return self._origin.is_ready()

    @property
    def file(self) -> BinaryIO | None:
        """What reads the same bytes at any place, where that can be done and they are not packed."""
        return None if self._unpacker or self._member else self._origin.file

    @property
    def mark(self) -> bytes:
        """The first bytes, before any are read, where they are not packed."""
        return b"" if self._unpacker else (self._head or b"")[:4]

    @property
    def begins_array(self) -> bool:
        """Whether the first bytes, before any are read, are those of a JSON array of arrays or objects."""
        return not self._unpacker and JSON_ARRAY.match(self._head or b"") is not None

    def read(self, most: int) -> bytes:
        """At most about `most` bytes, at least one unless the source has ended."""
        while self.recoder is not None:
            data = self._unpacked(most)
            recoded = self.recoder.recoded(data, is_last=not data)
            if recoded or not data:
                return recoded
        return self._unpacked(most)

    def _unpacked(self, most: int) -> bytes:
        while True:
            if self._damage is not None:
                raise self._damage
            if self._unpacker is None:
                return self._next(most)
            data = b"" if self._unpacker.has_more else self._next(CHUNK)
            if not data and not self._unpacker.has_more:
                self._unpacker.finish()
                return b""
            unpacked = self._unpacker.unpack(data)
            if unpacked:
                return unpacked

    def _next(self, most: int) -> bytes:
        if self._head is None:
            return self._raw(most)
        data, self._head = self._head, None
        return data

    def _raw(self, most: int) -> bytes:
        if self._member is not None:
            data = self._member.read(most)
            self.consumed = self._member.consumed
            return data
        data = self._origin.read(most)
        self.consumed += len(data)
        return data

    def _begin(self) -> bytes | None:
        """The first bytes, looked at for what they are packed with; None at the end of an empty source."""
        head = b""
        try:
            head = self._raw(HEAD)
            while head and begins(head):
                more = self._raw(HEAD)
                if not more:
                    break
                head += more
            if head.startswith(ARCHIVE):
                from backprop.cli.batch.input.archive import Member  # here, not above: few files are archives

                self._member = Member(self._origin.file, self.name)
                head = self._raw(HEAD)
        except Damaged as damage:
            self._damage = damage
        self._unpacker = unpacker_of(head, self.name)
        return head or None


def begins(head: bytes) -> bool:
    """Whether packed bytes may begin so, with more than there is."""
    return any(len(head) < len(mark) and mark.startswith(head) for mark in (*MARKS, *ARCHIVE))


class Recoding(Protocol):
    """Makes UTF-8 of text in another encoding."""

    def recoded(self, data: bytes, *, is_last: bool) -> bytes:
        """What the data say. Raises Damaged."""
