"""Where results go: stdout, or a file that is whole or absent. Knows nothing of what is written."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterator
from typing import TextIO

from backprop.cli.status import Failure, Status


def standard_output() -> TextIO:
    """Stdout, in UTF-8 wherever a program may read it: no locale can make JSON of it invalid.

    It has a buffer of its own: without one (PYTHONUNBUFFERED) Python drops what a full disk or a closed pipe did
    not take, and says nothing. Raises BrokenPipeError where the caller closed it.
    """
    if sys.stdout is None:
        raise BrokenPipeError
    encoding = sys.stdout.encoding if sys.stdout.isatty() else "utf-8"
    return open(sys.stdout.fileno(), "w", encoding=encoding, errors="backslashreplace", newline="\n", closefd=False)


@contextlib.contextmanager
def destination(path: str | None) -> Iterator[TextIO]:
    """Stdout for None and `-`; else a file beside `path` that takes its place when all of it is written."""
    if path == "":
        raise Failure("-o: the file's name is empty", "give it one: -o results.json")
    if path in (None, "-"):
        with standard_output() as stream:
            yield stream
    elif os.path.exists(path) and not stat.S_ISREG(os.stat(path).st_mode):
        with opened(path, path, os.O_WRONLY) as stream:  # /dev/null, a named pipe: nothing to rename
            yield stream
    else:
        target = os.path.realpath(path)
        beside = os.path.join(os.path.dirname(target), f".{os.path.basename(target)[:200]}.{os.getpid()}.part")
        try:
            with opened(path, beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL) as stream:
                yield stream
                stream.flush()
                if os.path.exists(target):
                    os.chmod(beside, stat.S_IMODE(os.stat(target).st_mode))
            replace(path, beside, target)
        finally:
            with contextlib.suppress(OSError):
                os.unlink(beside)


def replace(path: str, beside: str, target: str) -> None:
    """Put the finished file in its place. Raises Failure that names `path`."""
    from backprop.cli.values.files import reason_of

    try:
        os.replace(beside, target)
    except OSError as error:
        raise Failure(f"-o {path}: {reason_of(error)}", status=Status.WRONG_DATA) from None


@contextlib.contextmanager
def opened(path: str, actual: str, flags: int) -> Iterator[TextIO]:
    """The open file. Raises Failure that names `path`: WRONG_QUESTION if it cannot be made, else WRONG_DATA."""
    from backprop.cli.values.files import reason_of

    try:
        descriptor = os.open(actual, flags, 0o666)
    except (OSError, ValueError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else str(error)
        raise Failure(f"-o {path}: {reason}") from None
    try:
        with open(descriptor, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
            yield stream
    except BrokenPipeError:
        raise
    except OSError as error:
        raise Failure(f"-o {path}: {reason_of(error)}", status=Status.WRONG_DATA) from None
