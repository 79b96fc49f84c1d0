"""Unpacks what is compressed, as it comes and in little memory: gzip, Zstandard, bzip2 and xz. Opens no file."""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Callable
from importlib import import_module
from typing import Any, Protocol

from backprop.cli.status import Failure, Status

UNPACKED = 1 << 20  # bytes that a call gives: packed ones may unpack to a thousand times as much
PIECE = 1 << 12  # bytes unpacked at once, and bytes that they give: an error takes those with it
GZIP = b"\x1f\x8b"
ZSTANDARD = b"\x28\xb5\x2f\xfd"
SKIPPABLE = tuple(bytes([first]) + b"\x2a\x4d\x18" for first in range(0x50, 0x60))  # frames: RFC 8878, 3.1.2
BZIP2 = tuple(b"BZh%d" % level + block for level in range(1, 10) for block in (b"1AY&SY", b"\x17rE8P\x90"))
XZ = b"\xfd7zXZ\0"
MARKS = (GZIP, ZSTANDARD, *SKIPPABLE, *BZIP2, XZ)


class Damaged(Exception):
    """The source ends in the middle of something, or holds what cannot be unpacked."""


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


class Framed:
    """Any number of frames, which `new` begins to unpack each: Python's modules for them have the same decompressors.

    `is_padded`: zeros may stand behind a frame. `is_late`: what is damaged may unpack to something at first.
    """

    def __init__(
        self,
        what: str,
        new: Callable[[], Any],
        error: type[Exception],
        *,
        is_padded: bool = False,
        is_late: bool = False,
    ) -> None:
        self._what = what
        self._new = new
        self._error = error
        self._is_padded = is_padded
        self._is_late = is_late
        self._frame = new()
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
                if self._is_padded:
                    self._waiting = self._waiting.lstrip(b"\0")
                    if not self._waiting:
                        break
                self._frame = self._new()
            piece = b""
            if self._frame.needs_input:
                piece, self._waiting = self._waiting[:PIECE], self._waiting[PIECE:]
            try:
                parts.append(self._frame.decompress(piece, PIECE))
            except (self._error, EOFError):
                late = ", so that rows above may be wrong, too" * self._is_late
                self._damage = Damaged(f"it is damaged: no {self._what} data here{late}")
                break
            size += len(parts[-1])
            if self._frame.eof:
                self._waiting = self._frame.unused_data + self._waiting
        return b"".join(parts)

    def finish(self) -> None:
        if not self._frame.eof:
            raise Damaged(f"it is truncated: the {self._what} data ends in the middle")


def unpacker_of(head: bytes, name: str) -> Unpacker | None:
    """What unpacks a source that begins so, None where it is not packed. Raises Failure where that is missing here."""
    if head.startswith(GZIP):
        return Gzip()
    if head.startswith((ZSTANDARD, *SKIPPABLE)):
        zstd = zstandard(name)
        return Framed("Zstandard", zstd.ZstdDecompressor, zstd.ZstdError)
    if head.startswith(BZIP2):
        return Framed("bzip2", module_of("bz2", name).BZ2Decompressor, OSError)
    if head.startswith(XZ):
        lzma = module_of("lzma", name)
        return Framed("xz", lzma.LZMADecompressor, lzma.LZMAError, is_padded=True, is_late=True)
    return None


def module_of(module: str, name: str) -> Any:
    """A module that Python may have been built without. Raises Failure."""
    try:
        return import_module(module)
    except ImportError:
        raise Failure(f"{name}: this Python has no {module}", "unpack the file first") from None


def zstandard(name: str) -> Any:
    """The module for Zstandard: Python's own from 3.14 on, else the extra's. Raises Failure that names the file."""
    for module in ("compression.zstd", "backports.zstd"):
        try:
            return import_module(module)
        except ImportError:
            continue
    raise Failure(
        f"{name}: Zstandard needs backports.zstd, which is not installed",
        "install it: pip install backports.zstd, or pack and unpack files with zstd",
        Status.WRONG_QUESTION,
    )
