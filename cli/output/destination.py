"""Where results go: stdout, a stream, or a file that is whole or absent. Knows nothing of what is written."""

from __future__ import annotations

import contextlib
import io
import os
import stat
import sys
from collections.abc import Callable, Iterator
from typing import BinaryIO, TextIO

from backprop.cli.output.descriptor import buffered, descriptor_of, duplicate, is_open_elsewhere, open_descriptor
from backprop.cli.status import Failure, Status


def standard_output() -> BinaryIO:
    """Stdout, with a buffer of its own: without one (PYTHONUNBUFFERED) Python drops what a full disk or a closed
    pipe did not take, and says nothing. Raises BrokenPipeError where the caller closed it.
    """
    if sys.stdout is None:
        raise BrokenPipeError
    return buffered(sys.stdout.fileno(), closes=False)


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
    """Stdout for None and `-`, a stream for what is not a regular file; else a file that is whole or absent.

    An open descriptor is written to as it is: opened anew, the file behind it would be written from its beginning.
    """
    if path in (None, "-"):
        with standard_output() as stdout:
            yield stdout
        return
    open_stream = stream_opener(option, path)
    stream: contextlib.AbstractContextManager[BinaryIO]
    with contextlib.ExitStack() as stack:
        with named(option, path, Status.WRONG_QUESTION):
            if open_stream is not None:
                stream = buffered(open_stream())
            else:
                from backprop.cli.output.whole_file import planned, whole_file

                stream = whole_file(planned(path))
        stack.enter_context(named(option, path, Status.WRONG_DATA))
        yield stack.enter_context(stream)


def announce(path: str | None, option: str, say: Callable[[str], None]) -> None:
    """Before the work: raise Failure where nothing can be written to the path, and say if a file is not replaced."""
    if path in (None, "-") or stream_opener(option, path) is not None:
        return
    from backprop.cli.output.whole_file import obstacle_to

    with named(option, path, Status.WRONG_QUESTION):
        obstacle = obstacle_to(path)
    if obstacle:
        say(f"{option} {path}: {obstacle}, so that it is written in place: a kill at the end may leave a part of it")


def stream_opener(option: str, path: str) -> Callable[[], int] | None:
    """What opens a path that is written to as it comes; None for a regular file, or none yet. Raises Failure."""
    if path == "":
        raise Failure(f"{option}: the file's name is empty", f"give it one: {option} results.json")
    try:
        number = descriptor_of(path)
        if number is not None:
            return lambda: duplicate(number)
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        if not os.path.basename(path):
            raise Failure(
                f"{option} {path}: no such folder", f"make it, and name a file in it: {option} {path}results.csv"
            ) from None
        return None
    except (OSError, ValueError) as error:
        raise unusable(option, path, error, Status.WRONG_QUESTION) from None
    if stat.S_ISDIR(mode):
        raise Failure(
            f"{option} {path}: is a directory", f"name a file in it: {option} {os.path.join(path, 'results.csv')}"
        )
    if is_open_elsewhere(path):
        return lambda: open_descriptor(path, os.O_WRONLY | os.O_APPEND)
    return None if stat.S_ISREG(mode) else lambda: open_descriptor(path, os.O_WRONLY)  # /dev/null, a named pipe


@contextlib.contextmanager
def named(option: str, path: str, status: Status) -> Iterator[None]:
    """Raise Failure that names the path for what goes wrong inside, except for a closed pipe."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise unusable(option, path, error, status) from None


def unusable(option: str, path: str, error: OSError | ValueError, status: Status) -> Failure:
    from backprop.cli.question.value_files import reason_of

    return Failure(f"{option} {path}: {reason_of(error)}", status=status)
