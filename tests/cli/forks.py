"""The installed command in forks of one process that has the libraries in memory: a tenth of the cost of a start.

A fork is a process of its own: descriptors, folder, environment and argv are the question's, and the installed script
runs from its first line to its exit status. What no fork shows is what Python does before the script, by its own
variables (PYTHON..., LANG), and which modules are imported when. A test of these starts the command itself, and
test_forks.py holds the two ways against each other for every command.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import pkgutil
import select
import selectors
import signal
import socket
import subprocess
import sys
import threading
import types
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

PACKAGES = ("backprop.autodiff", "backprop.parser", "backprop.cli")
COLUMNAR = "backprop.cli.batch.columnar."  # its modules are made of pyarrow
SLOW_EXTRAS = ("polars", "pyarrow.compute", "pyarrow.ipc", "pyarrow.parquet")
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

    @staticmethod
    def shows(changes: Mapping[str, str]) -> bool:
        """Whether these variables mean to a fork what they mean to a Python that starts with them."""
        return SEEN_LATE.issuperset(changes)

    def start(
        self, descriptors: Sequence[int], argv: Sequence[str | bytes], folder: os.PathLike[str], **settings: Any
    ) -> socket.socket:
        """Start the command with these standard streams. What is returned says its process, later its status."""
        reply, theirs = socket.socketpair()
        with theirs, self.lock:
            socket.send_fds(self._connected(), [b"?"], [*descriptors, theirs.fileno()])
        question = {"argv": [os.fsdecode(token) for token in argv], "folder": os.fspath(folder), **settings}
        reply.sendall(json.dumps(question).encode())
        reply.shutdown(socket.SHUT_WR)
        return reply

    def _connected(self) -> socket.socket:
        if self.control is None:
            self.control, theirs = socket.socketpair()
            with theirs:
                command = [sys.executable, __file__, self.script, str(theirs.fileno())]
                process = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()])
            atexit.register(process.wait)
            atexit.register(self.control.close)
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
        reply = self.start((stdin, stdout, stderr), argv, folder, environment=dict(environment), **settings)
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


def serve(script: str, control: socket.socket) -> types.CodeType | None:
    """Fork for each question that comes, until nobody is left to ask. A fork gets the code that it is to run."""
    sys.path[0] = os.path.dirname(script)
    with open(script) as stream:
        code = compile(stream.read(), script, "exec")
    load()
    replies: dict[int, socket.socket] = {}  # by the process that is to end first
    woken, waker = socket.socketpair()
    waker.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(waker.fileno())
    while True:
        ready, _, _ = select.select([control, woken], [], [])
        if woken in ready:
            woken.recv(1 << 10)
            tell_what_ended(replies)
        if control not in ready:
            continue
        message, descriptors, _, _ = socket.recv_fds(control, 1, 4)
        if not message:
            return None
        process = os.fork()
        if not process:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for one in (control, woken, waker, *replies.values()):
                one.close()
            become_a_command(script, descriptors)
            return code
        for descriptor in descriptors[:-1]:
            os.close(descriptor)
        replies[process] = socket.socket(fileno=descriptors[-1])
        with contextlib.suppress(BrokenPipeError):  # who asked has gone away
            replies[process].sendall(b"%d\n" % process)


def tell_what_ended(replies: dict[int, socket.socket]) -> None:
    """Say the status of each process that has ended to the one who asked for it."""
    while replies:
        process, status = os.waitpid(-1, os.WNOHANG)
        if not process:
            return
        with replies.pop(process) as reply, contextlib.suppress(BrokenPipeError):
            reply.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))


def load() -> None:
    """Import every module of the program that imports no extra by itself, and the extras that take long to import.

    Threads do not live on in a fork: those of polars and pyarrow start when they are first used, which is after it.
    """
    for package in PACKAGES:
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            if not module.name.startswith(COLUMNAR):
                importlib.import_module(module.name)
    assert not sys.modules.keys() & {"polars", "pyarrow", "matplotlib", "scipy"}
    for name in SLOW_EXTRAS:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    sys.modules["backprop.parser"].parse("x")  # and with it the grammar's tables
    gc.freeze()


def become_a_command(script: str, descriptors: Sequence[int]) -> None:
    """Return as the command: with the streams, and with all that the question says."""
    *streams, last = descriptors
    with socket.socket(fileno=last) as reply, reply.makefile() as text:
        question = json.load(text)
    for place, descriptor in enumerate(streams):
        os.dup2(descriptor, place)
        os.close(descriptor)
    settle(script, question)


def settle(script: str, question: dict[str, Any]) -> None:
    """Be as a Python that has just been started with the script and the question."""
    os.chdir(question["folder"])
    os.environ.clear()
    os.environ.update(question["environment"])
    sys.argv = [script, *question["argv"]]
    sys.stdin, sys.stdout = stream_like(sys.stdin, 0, "r"), stream_like(sys.stdout, 1, "w")
    sys.stderr = stream_like(sys.stderr, 2, "w")
    sys.stderr.reconfigure(line_buffering=True)
    sys.modules["__main__"] = types.ModuleType("__main__")
    if question.get("session"):
        os.setsid()
    for name in question.get("missing", ()):
        sys.modules[name] = None  # type: ignore[assignment]


def stream_like(stream: Any, descriptor: int, mode: str) -> Any:
    return open(descriptor, mode, encoding=stream.encoding, errors=stream.errors, closefd=False)


if __name__ == "__main__":
    code = serve(sys.argv[1], socket.socket(fileno=int(sys.argv[2])))
    if code:
        exec(code, vars(sys.modules["__main__"]))  # from here: as few frames are below it as below a script
