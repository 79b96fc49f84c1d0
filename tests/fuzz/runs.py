"""One run of the program: what it is given, what it answers, and what no answer may be. Generates nothing.

A run is a fork of this process, which has the program's modules loaded, with a bound on time and memory; or, slower,
the installed command in a process of its own.
"""

from __future__ import annotations

import json
import os
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from backprop.cli import main as program

COMMAND = shutil.which("backprop", path=os.path.dirname(sys.executable)) or "backprop"
SECONDS_OF_CPU = 5
SECONDS_OF_WAITING = 60  # a machine may be busy; a program that waits for nothing is found by this
BYTES = 1 << 30
STATUSES = {0, 1, 2, 3, 4}
SIGNALS = {signal.SIGXCPU: f"more than {SECONDS_OF_CPU} s", signal.SIGALRM: "it waits for ever"}
WRONG_WORDS = re.compile(rb"Traceback|panicked|RuntimeWarning|DeprecationWarning|Exception ignored|Warning:")


@dataclass(frozen=True)
class Run:
    """`backprop` with these words, bytes on stdin, files in its folder and variables in its environment."""

    words: tuple[str, ...]
    stdin: bytes = b""
    files: dict[str, bytes] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)

    def as_command(self) -> str:
        """Lines for a shell that show the run again."""
        lines = ['cd "$(mktemp -d)"']
        lines += [f"printf '{escaped(content)}' > {name}" for name, content in self.files.items()]
        settings = [f"{name}={shown(value)}" for name, value in self.environment.items()]
        fed = f"printf '{escaped(self.stdin)}' | " if self.stdin else ""
        return "\n".join([*lines, fed + " ".join([*settings, "backprop", *map(shown, self.words)])])


def shown(word: str) -> str:
    """The word for bash."""
    return shlex.quote(word) if word.isprintable() else f"$'{escaped(os.fsencode(word))}'"


def escaped(content: bytes) -> str:
    """The bytes as printf's format and bash's $'' read them."""
    return "".join(chr(one) if 32 <= one < 127 and one not in b"'\\%" else f"\\{one:03o}" for one in content)


@dataclass(frozen=True)
class Answer:
    """What a run left behind; `status` is negative for a signal, `peak` the resident bytes."""

    status: int
    out: bytes
    err: bytes
    peak: int


def answer(run: Run, *, is_installed: bool = False) -> Answer:
    """The answer to a run, in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="backprop-fuzz-") as folder:
        for name, content in run.files.items():
            Path(folder, name).write_bytes(content)
        Path(folder, ".in").write_bytes(run.stdin)
        started = _installed(run, folder) if is_installed else _forked(run, folder)
        _, state, usage = os.wait4(started, 0)
        out, err = (Path(folder, name).read_bytes() for name in (".out", ".err"))
    return Answer(os.waitstatus_to_exitcode(state), out, err, usage.ru_maxrss * 1024)


def _environment(run: Run) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "HOME": "/nonexistent",
        "BACKPROP_DEBUG": "1",
        **run.environment,
    }


def _installed(run: Run, folder: str) -> int:
    with ExitStack() as stack:
        streams = [stack.enter_context(open(Path(folder, name), mode)) for name, mode in FILES]
        started = subprocess.Popen(
            [COMMAND, *(os.fsencode(word) for word in run.words)],
            cwd=folder, env=_environment(run), preexec_fn=_bound,
            stdin=streams[0], stdout=streams[1], stderr=streams[2],
        )  # fmt: skip
    started.returncode = 0  # nothing waits for it but wait4
    return started.pid


def _bound() -> None:
    """Let the kernel end this process where it takes more than it may."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS_OF_CPU, SECONDS_OF_CPU + 1))
    resource.setrlimit(resource.RLIMIT_AS, (4 * BYTES, 4 * BYTES))  # the machine's guard; the peak is what counts
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.alarm(SECONDS_OF_WAITING)


def _forked(run: Run, folder: str) -> int:
    """The process id of a child that answers as `backprop` would."""
    child = os.fork()
    if child:
        return child
    status = 71
    try:
        os.chdir(folder)
        settings = _environment(run)
        os.environ.clear()
        os.environ.update(settings)
        for number, name in enumerate((".in", ".out", ".err")):
            os.dup2(os.open(name, os.O_RDWR | os.O_CREAT, 0o600), number)
        sys.stdin, sys.stdout, sys.stderr = (
            os.fdopen(number, mode, encoding="utf-8", errors=errors, closefd=False) for number, mode, errors in STREAMS
        )
        sys.argv = ["backprop", *run.words]
        _bound()
        status = program.answer()
        sys.stderr.flush()
    finally:
        os._exit(status)
    return 0


FILES = ((".in", "rb"), (".out", "wb"), (".err", "wb"))
STREAMS = ((0, "r", "surrogateescape"), (1, "w", "surrogateescape"), (2, "w", "backslashreplace"))


def fault(run: Run, found: Answer) -> str | None:
    """What is wrong with an answer, in words that are the same for the same fault; None where nothing is."""
    if found.status < 0:
        return SIGNALS.get(signal.Signals(-found.status), f"killed by {signal.Signals(-found.status).name}")
    if found.status == 70 or b"Traceback" in found.err:
        return f"status {found.status}: {innermost(found.err)}"
    if found.status not in STATUSES:
        return f"status {found.status}"
    if found.peak > BYTES:
        return "more than 1 GB"
    wrong = WRONG_WORDS.search(found.err)
    if wrong:
        return f"stderr says {wrong[0].decode()}"
    if found.status in (2, 3) and not found.err.strip() and "-q" not in run.words and "--quiet" not in run.words:
        return f"status {found.status} without a word"
    asks_for_json = "--json" in run.words and not {"-h", "--help"} & set(run.words)
    if asks_for_json and found.status == 0 and not is_json(found.out):
        return "the output is not JSON"
    return None


def innermost(err: bytes) -> str:
    """The last place of a traceback and the kind of its exception."""
    lines = err.decode(errors="replace").splitlines()
    places = [line.strip() for line in lines if line.lstrip().startswith("File ")]
    kinds = [line.partition(":")[0] for line in lines if re.match(r"[A-Za-z_.]*(Error|Exception)\b", line)]
    return f"{kinds[-1] if kinds else '?'} at {shortened(places[-1]) if places else '?'}"


def shortened(place: str) -> str:
    """`File ".../parser/x.py", line 3, in f` as `parser/x.py, f`: lines move, functions stay."""
    path, _, name = place.removeprefix("File ").partition(", line ")
    return f"{'/'.join(path.strip(chr(34)).split('/')[-2:])}, {name.partition(' in ')[2]}"


def is_json(out: bytes) -> bool:
    def refuse(word: str) -> None:
        raise ValueError(word)

    try:
        for line in [out] if out.lstrip().startswith(b"{\n") else out.splitlines():
            json.loads(line, parse_constant=refuse)
    except ValueError:
        return False
    return True
