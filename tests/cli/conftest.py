"""The installed command in a subprocess: in a pipe and in a pseudo-terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

COMMAND = shutil.which("backprop", path=os.path.dirname(sys.executable)) or "backprop"
IGNORED = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "BACKPROP_DEBUG", "PYTHONIOENCODING", "PYTHONUTF8")
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
SECONDS = 60


class Answer(NamedTuple):
    """What a run of the command gave; `out` of a terminal without its escapes, `raw` with them."""

    status: int
    out: str
    err: str
    raw: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def rows(self) -> list[list[str]]:
        """The cells of TSV."""
        return [line.split("\t") for line in self.lines]


def environment(changes: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in IGNORED}
    return {**kept, "TERM": "xterm-256color", **changes}


Run = Callable[..., Answer]


def run(folder: Path, *tokens: str | bytes, stdin: str | bytes = "", **changes: str) -> Answer:
    """Run `backprop` in a folder with its stdout and stderr in pipes."""
    done = subprocess.run(
        [COMMAND, *tokens],
        input=stdin.encode() if isinstance(stdin, str) else stdin,
        capture_output=True,
        env=environment(changes),
        cwd=folder,
        timeout=SECONDS,
    )
    out = done.stdout.decode()
    return Answer(done.returncode, out, done.stderr.decode(), out)


@pytest.fixture
def backprop(tmp_path: Path) -> Run:
    """Run `backprop` in an empty folder with its stdout and stderr in pipes."""
    return partial(run, tmp_path)


@pytest.fixture(scope="session")
def answers_to(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Sequence[Sequence[str]]], list[Answer]]:
    """Run `backprop` for each argv in one empty folder, as many at a time as there are cores."""

    def run_all(questions: Sequence[Sequence[str]]) -> list[Answer]:
        folder = tmp_path_factory.mktemp("questions")
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return list(pool.map(lambda tokens: run(folder, *tokens), questions))

    return run_all


@pytest.fixture
def installed() -> str:
    """The path of the installed command."""
    return COMMAND


@pytest.fixture
def terminal(tmp_path: Path) -> Run:
    """Run `backprop` with its stdout in a pseudo-terminal, `columns` wide."""

    def run(*tokens: str, columns: int = 80, **changes: str) -> Answer:
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        with subprocess.Popen(
            [COMMAND, *tokens],
            stdin=slave,
            stdout=slave,
            stderr=subprocess.PIPE,
            env=environment(changes),
            cwd=tmp_path,
        ) as process:
            os.close(slave)
            raw = b"".join(chunks(master)).decode().replace("\r\n", "\n")
            assert process.stderr is not None
            err = process.stderr.read().decode()
            status = process.wait(SECONDS)
        os.close(master)
        return Answer(status, ANSI.sub("", raw), err, raw)

    return run


def chunks(descriptor: int) -> Iterator[bytes]:
    """What comes out of a terminal until the program at its other end is done."""
    while True:
        try:
            chunk = os.read(descriptor, 65536)
        except OSError:  # EIO: nobody has the other end open
            return
        if not chunk:
            return
        yield chunk
