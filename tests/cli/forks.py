"""The installed command in forks of one process that has the libraries in memory: a fiftieth of the cost of a start.

Descriptors, folder, environment and argv of a fork are the question's, and the installed script runs from its first
line to its exit status. What no fork shows is what Python does before the script, by its own variables (PYTHON...,
LANG), and which modules are imported when. A test of these starts the command itself, and test_forks.py holds the two
ways against each other for every command. The process that forks is fork_server.py.
"""

from __future__ import annotations

import atexit
import contextlib
import marshal
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from . import fork_server
from .fork_server import AGAIN, ALONE
from .stand_in import circumstances

ROOM = 1 << 14  # bytes that fit into a pipe that nobody reads from yet
SEEN_LATE = {"NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS", "LINES", "PATH"}  # variables that nothing imported looks at


class Ended(NamedTuple):
    """What a command has left behind."""

    out: bytes
    err: bytes
    status: int
    process: int | None = None  # of a fork


class Forks:
    """Starts its process at the first question; that one ends when this one does, however it ends."""

    def __init__(self, script: str) -> None:
        self.script = script
        self.lock = threading.Lock()
        self.control: socket.socket | None = None
        self.door = socket.socket(socket.AF_UNIX)  # at which stand_in.py asks

    @staticmethod
    def shows(changes: Mapping[str, str]) -> bool:
        """Whether these variables mean to a fork what they mean to a Python that starts with them."""
        return SEEN_LATE.issuperset(changes)

    def start(
        self,
        descriptors: Sequence[int],
        argv: Sequence[str | bytes],
        folder: os.PathLike[str],
        environment: Mapping[str, str],
        **settings: Any,
    ) -> socket.socket:
        """Start the command with these standard streams. What is returned says its process, later its status."""
        reply, theirs = socket.socketpair()
        kind = ALONE if settings.get("session") or settings.get("missing") else AGAIN
        with theirs, self.lock:
            socket.send_fds(self._connected(), [kind], [*descriptors, theirs.fileno()])
        question = {"argv": [os.fsdecode(token) for token in argv], "folder": os.fspath(folder), **settings}
        question["environment"] = {os.fsencode(name): os.fsencode(value) for name, value in environment.items()}
        reply.sendall(marshal.dumps(question))
        reply.shutdown(socket.SHUT_WR)
        return reply

    @cached_property
    def stand_in(self) -> str:
        """The path of a program called `backprop` that asks for a fork: for shells, which start a process."""
        with self.lock:
            self._connected()
        program = Path(self.folder, "backprop")
        given = f"{self.script!r}, {self.door.getsockname()!r}, {circumstances()!r}"
        program.write_text(
            f"#!{sys.executable} -IS\nimport sys\nsys.path.append({os.path.dirname(__file__)!r})\n"
            f"from stand_in import stand_in\nstand_in({given})\n"
        )
        program.chmod(0o755)
        return str(program)

    def _connected(self) -> socket.socket:
        if self.control is None:
            self.control, theirs = socket.socketpair()
            self.folder = tempfile.mkdtemp()
            os.chmod(self.folder, 0o755)
            self.door.bind(os.path.join(self.folder, "door"))
            self.door.listen(64)
            with theirs:
                sockets = [theirs.fileno(), self.door.fileno()]
                command = [sys.executable, fork_server.__file__, self.script, *map(str, sockets)]
                process = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=sockets)
            atexit.register(shutil.rmtree, self.folder)
            atexit.register(process.wait)
            atexit.register(self.control.close)
            atexit.register(self.door.close)
        return self.control

    def run(
        self,
        argv: Sequence[str | bytes],
        given: bytes,
        folder: os.PathLike[str],
        seconds: float,
        environment: Mapping[str, str],
        **settings: Any,
    ) -> Ended:
        """The command from its start to its end, with `given` in the pipe of its stdin.

        With missing=NAMES it does not find these modules, with session=True it leads a session of its own.
        """
        (stdin, giver), (taker, stdout), (hearer, stderr) = os.pipe(), os.pipe(), os.pipe()
        os.write(giver, given[:ROOM])
        writers = [threading.Thread(target=give, args=(giver, given[ROOM:]))] if len(given) > ROOM else []
        if not writers:
            os.close(giver)
        reply = self.start((stdin, stdout, stderr), argv, folder, environment, **settings)
        for descriptor in (stdin, stdout, stderr):
            os.close(descriptor)
        for writer in writers:
            writer.start()  # it finds the pipe closed when the command has ended, however that ends
        try:
            return Ended(*all_of(taker, hearer, seconds=seconds), *ended(reply, seconds))
        except TimeoutError:
            os.kill(int(reply.recv(32)), signal.SIGKILL)
            raise
        finally:
            for writer in writers:
                writer.join()


def give(descriptor: int, rest: bytes) -> None:
    """Write into a pipe what did not fit into it before, and close it; who reads it may go away."""
    with contextlib.suppress(BrokenPipeError), open(descriptor, "wb") as pipe:
        pipe.write(rest)


def all_of(*descriptors: int, seconds: float) -> list[bytes]:
    """What comes out of pipes and terminals until the last who writes into them ends; closes them."""
    found = {descriptor: bytearray() for descriptor in descriptors}  # grown in place: an answer may have 80 MB
    with selectors.DefaultSelector() as selector:
        for descriptor in descriptors:
            selector.register(descriptor, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(seconds)
            if not ready:
                raise TimeoutError(f"nothing came for {seconds} seconds after {found}")
            for key, _ in ready:
                try:
                    data = os.read(key.fd, 1 << 16)
                except OSError:  # EIO: nobody has the other end of the terminal open
                    data = b""
                found[key.fd] += data
                if not data:
                    selector.unregister(key.fd)
                    os.close(key.fd)
    return [bytes(data) for data in found.values()]


def ended(reply: socket.socket, seconds: float) -> tuple[int, int]:
    """The status and the process of a command that has been started, when it has ended."""
    reply.settimeout(seconds)
    with reply, reply.makefile() as lines:
        process, status = lines.readline(), lines.readline()
    return int(status), int(process)
