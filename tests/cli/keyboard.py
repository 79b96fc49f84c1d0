"""A program in a pseudo-terminal that is typed to: sends keys, and waits for what appears."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|[\x0f\r\x07]")
SECONDS = 60  # that a test waits before it fails
INTERRUPT, END_OF_INPUT, KILL_LINE, TAB, UP = "\x03", "\x04", "\x15", "\t", "\x1b[A"


class Keyboard:
    """The program's terminal. `seen` is all that has appeared, without escapes."""

    def __init__(self, process: int, descriptor: int) -> None:
        self.process = process
        self.descriptor = descriptor
        self.raw = b""
        self.looked_at = 0

    @property
    def seen(self) -> str:
        return ANSI.sub("", self.raw.decode("utf-8", "replace"))

    def type(self, keys: str) -> None:
        os.write(self.descriptor, keys.encode())

    def wait_for(self, text: str) -> str:
        """What has appeared since the last time, up to `text` and with it."""
        end = time.monotonic() + SECONDS
        while (place := self.seen.find(text, self.looked_at)) < 0:
            if not self._read(end - time.monotonic()):
                raise AssertionError(f"{text!r} has not appeared in {self.seen[self.looked_at :]!r}")
        start, self.looked_at = self.looked_at, place + len(text)
        return self.seen[start : self.looked_at]

    def first_of(self, *texts: str) -> str:
        """Which of the texts appears first; it is still to be waited for."""
        end = time.monotonic() + SECONDS
        while not (places := {place: text for text in texts if (place := self.seen.find(text, self.looked_at)) >= 0}):
            if not self._read(end - time.monotonic()):
                raise AssertionError(f"none of {texts} has appeared in {self.seen[self.looked_at :]!r}")
        return places[min(places)]

    def ask(self, line: str, prompt: str = "\n> ") -> str:
        """Type a line, and give what is answered up to the prompt."""
        self.type(f"{line}\r")
        return self.wait_for(prompt)

    def status(self) -> int:
        """The exit status of the program, which is about to end."""
        end = time.monotonic() + SECONDS
        while self._read(end - time.monotonic()):
            pass
        status = os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])
        self.process = 0
        return status

    def _read(self, seconds: float) -> bool:
        if not select.select([self.descriptor], [], [], max(seconds, 0))[0]:
            return False
        try:
            data = os.read(self.descriptor, 65536)
        except OSError:  # EIO: nobody has the other end open
            return False
        self.raw += data
        return bool(data)

    def end(self) -> None:
        if self.process:
            os.kill(self.process, signal.SIGKILL)
            os.waitpid(self.process, 0)
        os.close(self.descriptor)


@contextlib.contextmanager
def keyboard(
    words: Sequence[str], environment: Mapping[str, str], folder: Path, columns: int = 80
) -> Iterator[Keyboard]:
    """Start a program in a folder, and end it with the block."""
    process, descriptor = pty.fork()
    if process == 0:
        try:
            os.chdir(folder)
            os.execvpe(words[0], list(words), dict(environment))
        finally:
            os._exit(127)
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    typed = Keyboard(process, descriptor)
    try:
        yield typed
    finally:
        typed.end()
