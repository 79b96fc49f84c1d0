"""Where bytes come from, as they are: a file, a pipe, or what a URL names. Unpacks nothing."""

from __future__ import annotations

import contextlib
import io
import os
import select
import stat
import sys
from typing import BinaryIO, Protocol, cast

from backprop.cli.batch.input.unpacking import Damaged
from backprop.cli.output.descriptor import open_descriptor
from backprop.cli.question.urls import is_url
from backprop.cli.status import Failure

PIPE = 1 << 20  # bytes that a pipe may hold, where the system lets us say so: fewer, larger reads


class Origin(Protocol):
    """What a source asks for bytes."""

    @property
    def size(self) -> int | None:
        """How many bytes there are, where that is known."""

    @property
    def file(self) -> BinaryIO | None:
        """What reads them at any place, where that can be done."""

    @property
    def descriptor(self) -> int | None:
        """What `select` can wait on."""

    def is_ready(self) -> bool:
        """Whether more should be asked for before what there is has been answered."""

    def read(self, most: int) -> bytes:
        """At most so many bytes, at least one unless it has ended. Raises Damaged."""

    def close(self) -> None: ...


class OpenFile:
    """A file, a pipe or a device that this system opens, or stdin. Raises Failure."""

    def __init__(self, path: str | None, name: str) -> None:
        self._number, self._closes = opened(path, name)
        status = os.fstat(self._number)
        is_file = stat.S_ISREG(status.st_mode)
        self.size = status.st_size - os.lseek(self._number, 0, os.SEEK_CUR) if is_file else None
        self.file = cast(BinaryIO, io.FileIO(self._number, closefd=False)) if is_file else None
        self.descriptor = None if sys.platform == "win32" else self._number  # there select knows sockets only
        enlarge(self._number)

    def is_ready(self) -> bool:
        if self.file is not None:
            return True
        return self.descriptor is not None and bool(select.select([self.descriptor], [], [], 0)[0])

    def read(self, most: int) -> bytes:
        while True:
            try:
                return os.read(self._number, most)
            except BlockingIOError:  # whoever gave us the pipe reads it without waiting
                select.select([self._number], [], [])
            except OSError as error:
                raise Damaged((error.strerror or str(error)).lower()) from None

    def close(self) -> None:
        """Close the file; stdin stays open."""
        if self._closes:
            os.close(self._number)


def origin_of(path: str | None, name: str) -> Origin:
    """Where the bytes of FILE or of stdin are. Raises Failure, which names it so."""
    if path is not None and is_url(path):
        from backprop.cli.batch.input.remote import RemoteFile  # here, not above: most files are on this machine

        return RemoteFile(path)
    return OpenFile(path, name)


def opened(path: str | None, name: str) -> tuple[int, bool]:
    """The descriptor to read from, and whether it is ours to close. Raises Failure."""
    from backprop.cli.question.value_files import reason_of

    if path in (None, "-"):
        if sys.stdin is None:
            raise Failure("stdin is closed", "give a FILE, or rows on stdin")
        return sys.stdin.fileno(), False
    try:
        descriptor = open_descriptor(str(path), os.O_RDONLY)
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise Failure(f"{name}: is a directory", "give a file of rows")
    except OSError as error:
        raise Failure(f"{name}: {reason_of(error)}") from None
    except ValueError as error:
        raise Failure(f"{name!r}: {error}") from None
    return descriptor, True


def enlarge(descriptor: int) -> None:
    """Let a pipe hold more, where it is one and the system can."""
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, PIPE)
