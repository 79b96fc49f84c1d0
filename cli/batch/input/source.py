"""The bytes of a file or of stdin, unpacked where they are compressed. Knows no format of rows."""

from __future__ import annotations

import os
import re
import select
import stat
import sys
from typing import TYPE_CHECKING, Protocol

from backprop.cli.batch.input.unpacking import MARKS, Damaged, Unpacker, unpacker_of
from backprop.cli.status import Failure

if TYPE_CHECKING:
    from backprop.cli.batch.input.archive import Member

HEAD = 1 << 14  # bytes asked for at first
CHUNK = 1 << 16  # bytes asked for at once of a compressed source
ARCHIVE = (b"PK\3\4", b"PK\5\6")  # a zip with something in it, and without
JSON_ARRAY = re.compile(rb"(?:\xef\xbb\xbf)?\s*\[\s*(?:[\[{]|\Z)")
PIPE = 1 << 20  # bytes that a pipe may hold, where the system lets us say so: fewer, larger reads


class Source:
    """What FILE or stdin holds, read as it comes.

    `read` gives what there is, and waits for something only where there is nothing. Raises Failure, and Damaged
    after everything that could be unpacked was given.
    """

    def __init__(self, path: str | None) -> None:
        self.name = "stdin" if path in (None, "-") else str(path)
        self.descriptor = opened(path)
        status = os.fstat(self.descriptor)
        self.is_file = stat.S_ISREG(status.st_mode)
        self.size = status.st_size - os.lseek(self.descriptor, 0, os.SEEK_CUR) if self.is_file else None
        self.consumed = 0  # bytes of the source itself, compressed or not
        self.recoder: Recoding | None = None
        self._unpacker: Unpacker | None = None
        self._member: Member | None = None
        self._damage: Damaged | None = None
        self._head: bytes | None = self._begin()
        enlarge(self.descriptor)

    def close(self) -> None:
        """Close the file; stdin stays open."""
        if self.name != "stdin":
            os.close(self.descriptor)

    def is_ready(self) -> bool:
        """Whether reading would not wait."""
        if self.is_file or self._head is not None or (self._unpacker and self._unpacker.has_more):
            return True
        return bool(select.select([self.descriptor], [], [], 0)[0])

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
        while True:
            try:
                data = os.read(self.descriptor, most)
            except BlockingIOError:  # whoever gave us the pipe reads it without waiting
                select.select([self.descriptor], [], [])
                continue
            except OSError as error:
                raise Damaged((error.strerror or str(error)).lower()) from None
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

                self._member = Member(self.descriptor, self.name, is_file=self.is_file)
                head = self._raw(HEAD)
        except Damaged as damage:
            self._damage = damage
        self._unpacker = unpacker_of(head, self.name)
        return head or None


def begins(head: bytes) -> bool:
    """Whether packed bytes may begin so, with more than there is."""
    return any(len(head) < len(mark) and mark.startswith(head) for mark in (*MARKS, *ARCHIVE))


def opened(path: str | None) -> int:
    """The descriptor to read from. Raises Failure."""
    from backprop.cli.question.value_files import reason_of

    if path in (None, "-"):
        if sys.stdin is None:
            raise Failure("stdin is closed", "give a FILE, or rows on stdin")
        return sys.stdin.fileno()
    try:
        descriptor = os.open(str(path), os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise Failure(f"{path}: is a directory", "give a file of rows")
    except OSError as error:
        raise Failure(f"{path}: {reason_of(error)}") from None
    except ValueError as error:
        raise Failure(f"{path!r}: {error}") from None
    return descriptor


def enlarge(descriptor: int) -> None:
    """Let a pipe hold more, where it is one and the system can."""
    try:
        import fcntl

        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, PIPE)
    except (ImportError, AttributeError, OSError):
        return


class Recoding(Protocol):
    """Makes UTF-8 of text in another encoding."""

    def recoded(self, data: bytes, *, is_last: bool) -> bytes:
        """What the data say. Raises Damaged."""
