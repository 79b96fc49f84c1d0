"""The installed command in a process of its own: in a pipe and in a pseudo-terminal."""

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
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import pytest

from .forks import Ended, Forks, all_of, ended

COMMAND = shutil.which("backprop", path=os.path.dirname(sys.executable)) or "backprop"
IGNORED = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "BACKPROP_DEBUG", "PYTHONIOENCODING", "PYTHONUTF8")
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
WITHOUT_POLARS = "import sys; sys.modules['polars'] = None; from backprop.cli.main import main; main()"
SECONDS = 60
FORKS = Forks(COMMAND)


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
    done = end_of(tokens, stdin.encode() if isinstance(stdin, str) else stdin, folder, changes)
    out = done.out.decode()
    return Answer(done.status, out, done.err.decode(), out)


def end_of(
    tokens: Sequence[str | bytes],
    given: bytes,
    folder: Path,
    changes: Mapping[str, str] = MappingProxyType({}),
    without_polars: bool = False,
) -> Ended:
    """What `backprop` leaves behind: of a fork where one shows the same, else of a process that starts with Python."""
    settings = environment(changes)
    if FORKS.shows(changes):
        return FORKS.run(tokens, given, folder, SECONDS, settings, missing=["polars"] if without_polars else [])
    program = [sys.executable, "-c", WITHOUT_POLARS] if without_polars else [COMMAND]
    done = subprocess.run(
        [*program, *tokens], input=given, capture_output=True, env=settings, cwd=folder, timeout=SECONDS
    )
    return Ended(done.stdout, done.stderr, done.returncode)


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
def stand_in() -> str:
    """The path of a `backprop` for lines of a shell, which a fork answers; see stand_in.py for what it cannot show."""
    return FORKS.stand_in


@pytest.fixture
def terminal(tmp_path: Path) -> Run:
    """Run `backprop` with its stdout in a pseudo-terminal, `columns` wide."""

    def run(*tokens: str, columns: int = 80, **changes: str) -> Answer:
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        hearer, stderr = os.pipe()
        status = started((slave, slave, stderr), tokens, tmp_path, changes)
        os.close(slave)
        os.close(stderr)
        shown, said = all_of(master, hearer, seconds=SECONDS)
        raw = shown.decode().replace("\r\n", "\n")
        return Answer(status(SECONDS), ANSI.sub("", raw), said.decode(), raw)

    return run


def started(
    streams: tuple[int, int, int], tokens: Sequence[str | bytes], folder: Path, changes: Mapping[str, str]
) -> Callable[[float], int]:
    """Start `backprop` with these streams. What is returned waits for its status, some seconds at most."""
    settings = environment(changes)
    if FORKS.shows(changes):
        reply = FORKS.start(streams, tokens, folder, environment=settings)
        return lambda seconds: ended(reply, seconds)[0]
    stdin, stdout, stderr = streams
    process = subprocess.Popen([COMMAND, *tokens], stdin=stdin, stdout=stdout, stderr=stderr, env=settings, cwd=folder)
    return process.wait
