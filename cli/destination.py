"""Where results go: stdout, or a file that is whole or absent. Knows nothing of what is written."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import stat
import sys
from collections.abc import Callable, Iterator
from typing import BinaryIO, TextIO

from backprop.cli.status import Failure, Status


def standard_output() -> BinaryIO:
    """Stdout, with a buffer of its own: without one (PYTHONUNBUFFERED) Python drops what a full disk or a closed
    pipe did not take, and says nothing. Raises BrokenPipeError where the caller closed it.
    """
    if sys.stdout is None:
        raise BrokenPipeError
    return open(sys.stdout.fileno(), "wb", closefd=False)


@contextlib.contextmanager
def destination(path: str | None) -> Iterator[TextIO]:
    """`byte_destination` for text, in UTF-8 wherever a program may read it: no locale can make JSON of it invalid."""
    is_terminal = path in (None, "-") and sys.stdout is not None and sys.stdout.isatty()
    encoding = sys.stdout.encoding if is_terminal else "utf-8"
    with byte_destination(path) as stream:
        text = io.TextIOWrapper(stream, encoding=encoding, errors="backslashreplace", newline="\n")
        yield text
        text.detach()  # flushes, and leaves the closing to its owner


@contextlib.contextmanager
def byte_destination(path: str | None, option: str = "-o") -> Iterator[BinaryIO]:
    """Stdout for None and `-`; else a file beside `path` that takes its place when all of it is written."""
    if path == "":
        raise Failure(f"{option}: the file's name is empty", f"give it one: {option} results.json")
    if path in (None, "-"):
        with standard_output() as stream:
            yield stream
    elif os.path.exists(path) and not stat.S_ISREG(os.stat(path).st_mode):
        with opened(option, path, lambda: os.open(path, os.O_WRONLY)) as stream:  # /dev/null, a named pipe
            yield stream
    else:
        with whole_file(option, path) as stream:
            yield stream


@contextlib.contextmanager
def whole_file(option: str, path: str) -> Iterator[BinaryIO]:
    """A file without a name, where the system has such, that gets its name when it is whole: a kill leaves nothing.

    Elsewhere it has a name of its own beside `path` meanwhile.
    """
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    beside = os.path.join(folder, f".{os.path.basename(target)[:200]}.{os.getpid()}.part")
    try:
        with opened(option, path, lambda: made(folder, beside)) as stream:
            yield stream
            stream.flush()
            if os.path.exists(target):
                os.fchmod(stream.fileno(), stat.S_IMODE(os.stat(target).st_mode))
            if not os.path.lexists(beside):
                name(stream.fileno(), beside)
        replace(option, path, beside, target)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(beside)


def made(folder: str, beside: str) -> int:
    """The descriptor of a new file in the folder, without a name if that can be."""
    if hasattr(os, "O_TMPFILE") and os.path.isdir("/proc/self/fd"):
        try:
            return os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o666)
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL):
                raise
    return os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)


def name(descriptor: int, path: str) -> None:
    """Give an open file without a name its first one."""
    folder = os.open("/proc/self/fd", os.O_RDONLY)
    try:  # without a folder to start from Python calls link(), which takes the symbolic link for the file
        os.link(str(descriptor), path, src_dir_fd=folder, follow_symlinks=True)
    finally:
        os.close(folder)


def replace(option: str, path: str, beside: str, target: str) -> None:
    """Put the finished file in its place. Raises Failure that names `path`."""
    from backprop.cli.values.files import reason_of

    try:
        os.replace(beside, target)
    except OSError as error:
        raise Failure(f"{option} {path}: {reason_of(error)}", status=Status.WRONG_DATA) from None


@contextlib.contextmanager
def opened(option: str, path: str, open_it: Callable[[], int]) -> Iterator[BinaryIO]:
    """The open file. Raises Failure that names `path`: WRONG_QUESTION if it cannot be made, else WRONG_DATA."""
    from backprop.cli.values.files import reason_of

    try:
        descriptor = open_it()
    except (OSError, ValueError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else str(error)
        raise Failure(f"{option} {path}: {reason}") from None
    try:
        with open(descriptor, "wb") as stream:
            yield stream
    except BrokenPipeError:
        raise
    except OSError as error:
        raise Failure(f"{option} {path}: {reason_of(error)}", status=Status.WRONG_DATA) from None
