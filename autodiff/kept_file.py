"""Plain data that one run keeps in a file for the next. Knows what a file may be trusted with, not what is in it.

These are the only files that the core opens: the program's own, in the user's folder for caches. Nothing that a user
gives gets into one.
"""

from __future__ import annotations

import binascii
import marshal
import os
import stat
import sys
from collections.abc import Callable
from typing import Any

FOLDER = "backprop"
FORMAT = f"{sys.implementation.cache_tag} {marshal.version}"


def kept(name: str, key: Any, make: Callable[[], Any]) -> Any:
    """What an earlier run of this installation has kept by that name for the same key, else what `make` makes of it.

    Both are plain data. Without a key nothing is kept.
    """
    path = None if key is None else path_of(name)
    content = load(path) if path else None
    if isinstance(content, tuple) and content[0] == key:
        return content[1]
    made = make()
    if path:
        save(path, (key, made))
    return made


def path_of(name: str) -> str | None:
    """Where the file of that name is; None where there is no home."""
    if sys.platform == "win32":
        folder = os.environ.get("LOCALAPPDATA", "")
    else:
        folder = os.environ.get("XDG_CACHE_HOME", "")
        if not os.path.isabs(folder):
            folder = os.path.join(os.environ.get("HOME", ""), ".cache")
    installation = checksum(f"{FORMAT} {__file__}".encode())
    return os.path.join(folder, FOLDER, f"{name}-{installation}") if os.path.isabs(folder) else None


def checksum(content: bytes) -> str:
    """Of what nobody else can write; what withstands others is in a library whose import takes longer than all this."""
    return f"{binascii.crc32(content):08x}"


def load(path: str) -> Any:
    """What is in a file of the user's own that nobody else can write, and that is whole; else None."""
    try:
        if not is_private(os.stat(path)):
            return None
        with open(path, "rb") as file:
            if not is_private(os.fstat(file.fileno())):
                return None
            first_line, _, content = file.read().partition(b"\n")
        if first_line != checksum(content).encode():
            return None
        return marshal.loads(content)
    except (OSError, ValueError, EOFError, TypeError):
        return None


def is_private(status: os.stat_result) -> bool:
    if not stat.S_ISREG(status.st_mode):
        return False
    return not hasattr(os, "getuid") or (status.st_uid == os.getuid() and not status.st_mode & 0o022)


def save(path: str, data: Any) -> None:
    """Write it at once or not at all; a folder that cannot be written is not an error."""
    import tempfile  # here, not above: most runs find the file

    content = marshal.dumps(data)
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path))
        try:
            with open(handle, "wb") as file:
                file.write(checksum(content).encode() + b"\n" + content)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError:
        pass
