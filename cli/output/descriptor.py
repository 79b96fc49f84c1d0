"""Open descriptors: what writes to one, and which one a path such as /dev/stdout names."""

from __future__ import annotations

import errno
import io
import os
import re
import stat
import sys
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

BUFFER = 1 << 16  # bytes
AS_IT_IS = getattr(os, "O_BINARY", 0)  # without it Windows changes line ends, and ends at Ctrl-Z
KEPT = getattr(os, "O_CLOEXEC", 0)  # from programs that are started
MOST_LINKS = 40  # from one to the next, as for the kernel
ELSEWHERE = r"/proc/\d+(/task/\d+)?/fd"  # the descriptors of another process


class Patient(io.RawIOBase):
    """Writes to a descriptor, and waits where it takes nothing now: Node, ssh and CI hand on such as do not block."""

    def __init__(self, descriptor: int, *, closes: bool = True) -> None:
        self._descriptor = descriptor
        self._closes = closes

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def write(self, data: ReadableBuffer, /) -> int:
        """Write as much as fits, at least something."""
        while True:
            try:
                return os.write(self._descriptor, data)
            except BlockingIOError:
                wait_until_writable(self._descriptor)

    def close(self) -> None:
        if not self.closed:
            super().close()
            if self._closes:
                os.close(self._descriptor)


def wait_until_writable(descriptor: int) -> None:
    import select  # here, not above: few streams are full

    if hasattr(select, "poll"):  # select() itself refuses the numbers from 1024 on
        waiting = select.poll()
        waiting.register(descriptor, select.POLLOUT)
        waiting.poll()
    else:
        select.select([], [descriptor], [])


def open_descriptor(path: str, flags: int, mode: int = 0o777) -> int:
    """As os.open, for bytes. Raises OSError."""
    return os.open(path, flags | AS_IT_IS | KEPT, mode)


def unbuffered(descriptor: int, *, closes: bool = True) -> io.FileIO | Patient:
    """What writes to a descriptor: a plain FileIO to a regular file, which polars writes to by itself.

    On Windows Python knows what takes UTF-8 to a console.
    """
    if sys.platform == "win32":
        return open(descriptor, "wb", buffering=0, closefd=closes)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return io.FileIO(descriptor, "wb", closefd=closes)
    return Patient(descriptor, closes=closes)


def buffered(descriptor: int, *, closes: bool = True) -> BinaryIO:
    return io.BufferedWriter(unbuffered(descriptor, closes=closes), BUFFER)


def descriptor_of(path: str) -> int | None:
    """The open descriptor of ours that the path names by /dev/stdout, /dev/fd/N or /proc/self/fd/N, by links or not.

    To open such a path would be to open the file behind it once more, from its beginning.
    """
    own = os.path.realpath("/proc/self/fd")
    for folder, name in places_of(path):
        real = os.path.realpath(folder)
        is_ours = real in (own, "/dev/fd") or (real.startswith("/proc/") and is_same_folder(real, own))
        if is_ours and name.isascii() and name.isdigit():
            return int(name)
    return None


def is_open_elsewhere(path: str) -> bool:
    """Whether the path names a descriptor of another process."""
    return any(re.fullmatch(ELSEWHERE, os.path.realpath(folder)) for folder, _ in places_of(path))


def places_of(path: str) -> list[tuple[str, str]]:
    """The path and what it links to, one after the other, each as its folder and its name in it."""
    links: list[tuple[str, str]] = []
    while len(links) < MOST_LINKS:
        links.append(os.path.split(path))
        try:
            path = os.path.join(links[-1][0], os.readlink(path))
        except OSError:
            break
    return links


def is_same_folder(real: str, own: str) -> bool:
    """Whether it is the folder of this process's descriptors by the name of a thread: /proc/7/task/7/fd."""
    return re.fullmatch(rf"{re.escape(os.path.dirname(own))}/task/\d+/fd", real) is not None


def duplicate(descriptor: int) -> int:
    """A second number for a descriptor that somebody gave us to write to. Raises OSError for any other."""
    if not os.get_inheritable(descriptor) or not is_writable(descriptor):
        raise OSError(errno.EBADF, "it is not open for writing")
    return os.dup(descriptor)


def is_writable(descriptor: int) -> bool:
    try:
        import fcntl
    except ImportError:
        return True
    return (fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE) != os.O_RDONLY
