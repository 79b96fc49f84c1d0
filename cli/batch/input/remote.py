"""Files behind URLs, which fsspec opens. Knows no format of rows."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

from backprop.cli.batch.input.unpacking import Damaged
from backprop.cli.status import Failure


class AnyPlace:
    """A file to be read at any place. Whatever its library raises, here it is an OSError."""

    closed = False

    def __init__(self, file: Any) -> None:
        self._file = file

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return cast(int, self._file.tell())

    def seek(self, place: int, whence: int = os.SEEK_SET) -> int:
        return cast(int, self._file.seek(place, whence))

    def read(self, most: int = -1) -> bytes:
        try:
            return cast(bytes, self._file.read(most))
        except Exception as error:  # each library has errors of its own
            raise OSError(said(error)) from None


class RemoteFile:
    """Read as it comes, or at any place where whoever keeps it sends parts. Raises Failure."""

    descriptor = None

    def __init__(self, url: str) -> None:
        with named(url):
            self._file_system, path = core(url).url_to_fs(url)  # it is kept: without it an archive is closed
            self._file = self._file_system.open(path, "rb")
            self.size: int | None = getattr(self._file, "size", None)
            is_anywhere = self.size is not None and self._file.seekable()
            if is_anywhere and not sends_parts(self._file):
                self._file.close()
                self._file = self._file_system.open(path, "rb", block_size=0)  # as it comes
                is_anywhere = False
        self._bytes = AnyPlace(self._file)
        self.file = cast(BinaryIO, self._bytes) if is_anywhere else None

    def is_ready(self) -> bool:
        """Each request takes its time: the more is asked for at once, the better."""
        return True

    def read(self, most: int) -> bytes:
        try:
            return self._bytes.read(most)
        except OSError as error:
            raise Damaged(str(error)) from None

    def close(self) -> None:
        self._file.close()


def sends_parts(file: Any) -> bool:
    """Whether whoever keeps a file sends parts of it: many a server of HTTP sends all, and does not say so before."""
    try:
        file.seek(max(file.size - 1, 0))
        file.read(1)
        file.seek(0)
    except Exception:  # each library has errors of its own
        return False
    return True


def urls_like(pattern: str) -> list[str]:
    """The URLs that a pattern with `*` matches, by their names. Raises Failure."""
    with named(pattern):
        file_system, path = core(pattern).url_to_fs(pattern)
        return sorted(file_system.unstrip_protocol(match) for match in file_system.glob(path))


def core(url: str) -> Any:
    """The part of fsspec that reads URLs. Raises Failure where it is not installed."""
    try:
        import fsspec.core
    except ImportError:
        raise Failure(f"{url}: a URL is read by fsspec, which is not installed", "pip install 'fsspec[http]'") from None
    return fsspec.core


@contextlib.contextmanager
def named(url: str) -> Iterator[None]:
    """Raise Failure that names the URL for whatever goes wrong."""
    try:
        yield
    except Failure:
        raise
    except Exception as error:  # each library has errors of its own; that of a missing one says what to install
        cause: BaseException = error
        while isinstance(cause, FileNotFoundError) and cause.__cause__:  # so it says of a host that does not answer
            cause = cause.__cause__
        reason = "no such file" if isinstance(cause, FileNotFoundError) else said(cause)
        raise Failure(f"{url}: {reason}") from None


def said(error: BaseException) -> str:
    """What an error says, in one line and in our style: of a server's answer its status and message."""
    status, message = getattr(error, "status", None), getattr(error, "message", None)
    text = " ".join((f"{status} {message}" if status and message else str(error)).split()) or type(error).__name__
    return text[:1].lower() + text[1:]
