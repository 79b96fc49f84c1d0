"""The bytes of a file or of stdin, unpacked where they are compressed. Knows no format of rows."""

from __future__ import annotations

import contextlib
import os
import select
import stat
import sys
import zlib
from typing import Any, Protocol

from backprop.cli.status import Failure, Status

HEAD = 1 << 14  # bytes asked for at first
CHUNK = 1 << 16  # bytes asked for at once of a compressed source
UNPACKED = 1 << 20  # bytes that those give at once: they may unpack to a thousand times as much
PIECE = 1 << 12  # bytes of Zstandard unpacked at once, and bytes that they give: an error takes those with it
PIPE = 1 << 20  # bytes that a pipe may hold, where the system lets us say so: fewer, larger reads
GZIP = b"\x1f\x8b"
ZSTANDARD = b"\x28\xb5\x2f\xfd"
SKIPPABLE = tuple(bytes([first]) + b"\x2a\x4d\x18" for first in range(0x50, 0x60))  # frames: RFC 8878, 3.1.2
COMPRESSED = {".gz": GZIP, ".zst": ZSTANDARD}


class Damaged(Exception):
    """The source ends in the middle of something, or holds what cannot be unpacked."""


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
        self._damage: Damaged | None = None
        self._head: bytes | None = self._begin()
        enlarge(self.descriptor)

    def is_ready(self) -> bool:
        """Whether reading would not wait."""
        if self.is_file or self._head is not None or (self._unpacker and self._unpacker.has_more):
            return True
        return bool(select.select([self.descriptor], [], [], 0)[0])

    @property
    def mark(self) -> bytes:
        """The first bytes, before any are read, where they are not packed."""
        return b"" if self._unpacker else (self._head or b"")[:4]

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
            while 0 < len(head) < len(ZSTANDARD) and begins(head):
                more = self._raw(HEAD)
                if not more:
                    break
                head += more
        except Damaged as damage:
            self._damage = damage
        if head.startswith(GZIP):
            self._unpacker = Gzip()
        elif head.startswith((ZSTANDARD, *SKIPPABLE)):
            self._unpacker = Zstandard(zstandard(self.name))
        return head or None


def begins(head: bytes) -> bool:
    """Whether packed bytes may begin so."""
    return any(mark.startswith(head[: len(mark)]) for mark in (GZIP, ZSTANDARD, *SKIPPABLE))


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


class Unpacker(Protocol):
    """Unpacks what it is given, so much at a time that little data cannot take all memory."""

    @property
    def has_more(self) -> bool:
        """Whether there is more to come of what was given."""

    def unpack(self, data: bytes) -> bytes:
        """What the data give. Raises Damaged after everything before the damage was given."""

    def finish(self) -> None:
        """Raise Damaged where the data end in the middle."""


class Gzip:
    """Any number of members."""

    def __init__(self) -> None:
        self._member: Any = None
        self._waiting = b""
        self._is_full = False  # the last call gave all that it may: there may be more
        self._members = 0
        self._damage: Damaged | None = None

    @property
    def has_more(self) -> bool:
        return bool(self._waiting) or self._is_full or self._damage is not None

    def unpack(self, data: bytes) -> bytes:
        if self._damage is not None:
            raise self._damage
        data, self._waiting, self._is_full = self._waiting + data, b"", False
        if self._member is None:
            if self._members and not data.strip(b"\0"):
                return b""  # padding after the last member
            self._member = zlib.decompressobj(zlib.MAX_WBITS | 16)
        before = self._member.copy()
        try:
            unpacked: bytes = self._member.decompress(data, UNPACKED)
        except zlib.error as error:
            is_check = "data check" in str(error) or "length check" in str(error)
            reason = "its checksum is wrong, so that rows above may be, too" if is_check else "no gzip data here"
            self._damage = Damaged(f"it is damaged: {reason}")
            return before_damage(before, data)
        self._waiting = self._member.unconsumed_tail
        self._is_full = len(unpacked) == UNPACKED
        if self._member.eof:
            self._waiting, self._is_full = self._member.unused_data, False
            self._member = None
            self._members += 1
        return unpacked

    def finish(self) -> None:
        if self._member is not None:
            raise Damaged("it is truncated: the gzip data ends in the middle")


def before_damage(member: Any, data: bytes) -> bytes:
    """What the data give up to the byte that is wrong."""
    parts = []
    with contextlib.suppress(zlib.error):
        for byte in data:
            parts.append(member.decompress(bytes([byte])))
    return b"".join(parts)


class Zstandard:
    """Any number of frames."""

    def __init__(self, zstd: Any) -> None:
        self._zstd = zstd
        self._frame = zstd.ZstdDecompressor()
        self._waiting = b""
        self._damage: Damaged | None = None

    @property
    def has_more(self) -> bool:
        inside = not self._frame.eof and not self._frame.needs_input
        return bool(self._waiting) or inside or self._damage is not None

    def unpack(self, data: bytes) -> bytes:
        if self._damage is not None:
            raise self._damage
        self._waiting += data
        parts: list[bytes] = []
        size = 0
        while self.has_more and size < UNPACKED:
            if self._frame.eof:
                self._frame = self._zstd.ZstdDecompressor()
            piece = b""
            if self._frame.needs_input:
                piece, self._waiting = self._waiting[:PIECE], self._waiting[PIECE:]
            try:
                parts.append(self._frame.decompress(piece, PIECE))
            except self._zstd.ZstdError:
                self._damage = Damaged("it is damaged: no Zstandard data here")
                break
            size += len(parts[-1])
            if self._frame.eof:
                self._waiting = self._frame.unused_data + self._waiting
        return b"".join(parts)

    def finish(self) -> None:
        if not self._frame.eof:
            raise Damaged("it is truncated: the Zstandard data ends in the middle")


def zstandard(name: str) -> Any:
    """The module for Zstandard: Python's own from 3.14 on, else the extra's."""
    from importlib import import_module

    for module in ("compression.zstd", "backports.zstd"):
        try:
            return import_module(module)
        except ImportError:
            continue
    raise Failure(
        f"{name}: reading Zstandard needs the extra 'fast'",
        "install it: pip install 'backprop-cli[fast]', or unpack the file first: zstd -dc",
        Status.WRONG_QUESTION,
    )
