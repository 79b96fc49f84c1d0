"""The installed command in forks of one process that has the libraries in memory: a fiftieth of the cost of a start.

Descriptors, folder, environment and argv of a fork are the question's, and the installed script runs from its first
line to its exit status. Most of what a fork costs is the memory that it copies when it first writes there: a fork that
a command has left as it found it (no descriptor, thread or child process is new) answers further questions, some dozen
at most. What no fork shows is what Python does before the script, by its own variables (PYTHON..., LANG), and which
modules are imported when. A test of these starts the command itself, and test_forks.py holds the two ways against each
other for every command.
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
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, NoReturn

PACKAGES = ("backprop.autodiff", "backprop.parser", "backprop.cli")
COLUMNAR = "backprop.cli.batch.columnar."  # its modules are made of pyarrow
SLOW_EXTRAS = ("polars", "pyarrow.compute", "pyarrow.ipc", "pyarrow.parquet")
ROOM = 1 << 14  # bytes that fit into a pipe that nobody reads from yet
QUESTIONS = 48  # that one fork answers: its garbage and its caches grow, and what it copies is paid for by then
AGAIN, ALONE = b"?", b"!"  # a question for a fork that has answered some, and one for a fork of its own
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
        kind = ALONE if settings.get("session") or settings.get("missing") else AGAIN
        with theirs, self.lock:
            socket.send_fds(self._connected(), [kind], [*descriptors, theirs.fileno()])
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


class Server:
    """Gives each question that comes to a fork, and says the status of each when it is known."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.woken, self.waker = socket.socketpair()
        self.waker.setblocking(False)
        self.channels: dict[int, socket.socket] = {}  # by process, of the forks that may be asked again
        self.replies: dict[int, socket.socket] = {}  # by process, of those that are at work
        self.idle: list[int] = []

    def serve(self) -> socket.socket | None:
        """Until nobody is left to ask. A fork comes back from here, with the channel by which it is asked."""
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.set_wakeup_fd(self.waker.fileno())
        while True:
            ready, _, _ = select.select([self.control, self.woken, *self.channels.values()], [], [])
            for process in [process for process, channel in self.channels.items() if channel in ready]:
                self.hear(process)
            if self.woken in ready:
                self.woken.recv(1 << 10)
                self.tell_what_ended()
            if self.control not in ready:
                continue
            kind, descriptors, _, _ = socket.recv_fds(self.control, 1, 4)
            if not kind:
                return None
            process = self.idle.pop() if kind == AGAIN and self.idle else 0
            if not process:
                ours, theirs = socket.socketpair()
                process = os.fork()
                if not process:
                    self.forget(ours, descriptors)
                    return theirs
                theirs.close()
                self.channels[process] = ours
            self.replies[process] = socket.socket(fileno=descriptors[-1])
            with contextlib.suppress(BrokenPipeError):  # who asked has gone away
                self.replies[process].sendall(b"%d\n" % process)
            with contextlib.suppress(BrokenPipeError):  # the fork has been killed: its end says so
                socket.send_fds(self.channels[process], [kind], descriptors)
            for descriptor in descriptors[:-1]:
                os.close(descriptor)

    def forget(self, ours: socket.socket, descriptors: Sequence[int]) -> None:
        """In a fork: close what is the server's alone."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for one in (self.control, self.woken, self.waker, ours, *self.channels.values(), *self.replies.values()):
            one.close()
        for descriptor in descriptors:
            os.close(descriptor)

    def hear(self, process: int) -> None:
        """Say the status of a command whose fork may be asked again; one that ends says nothing here."""
        try:
            status = self.channels[process].recv(1)
        except ConnectionResetError:
            status = b""
        if status:
            self.idle.append(process)
            self.reply(process, status[0])
        else:
            self.ask_no_more(process)

    def ask_no_more(self, process: int) -> None:
        if process in self.idle:
            self.idle.remove(process)
        if process in self.channels:
            self.channels.pop(process).close()

    def tell_what_ended(self) -> None:
        """Say the status of each process that has ended to the one who asked for it."""
        with contextlib.suppress(ChildProcessError):
            while True:
                process, status = os.waitpid(-1, os.WNOHANG)
                if not process:
                    return
                self.ask_no_more(process)
                if process in self.replies:
                    self.reply(process, os.waitstatus_to_exitcode(status))

    def reply(self, process: int, status: int) -> None:
        with self.replies.pop(process) as reply, contextlib.suppress(BrokenPipeError):
            reply.sendall(b"%d\n" % status)


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


class Left(BaseException):
    """What a command does in a fork in place of ending the process."""

    def __init__(self, status: int) -> None:
        self.status = status


class Fork:
    """A process that becomes the command, once or some times."""

    def __init__(self, script: str, channel: socket.socket) -> None:
        self.script, self.channel = script, channel
        self.questions = 0
        self.is_asked_again = True
        self.process, self.leave = os.getpid(), os._exit
        os._exit = self.end  # type: ignore[assignment]

    def become_a_command(self) -> None:
        """Wait for a question, and return with its streams and with all that it says; end when nobody can ask."""
        kind, descriptors, _, _ = socket.recv_fds(self.channel, 1, 4)
        if not kind:
            self.leave(0)
        *streams, last = descriptors
        with socket.socket(fileno=last) as reply, reply.makefile() as text:
            question = json.load(text)
        give_streams(streams)
        settle(self.script, question)
        self.questions += 1
        self.is_asked_again = kind == AGAIN and self.questions < QUESTIONS
        self.before = belongings()

    def end(self, status: int) -> NoReturn:
        """What os._exit does from now on: a process that the command has forked ends."""
        if os.getpid() != self.process or not self.is_asked_again or belongings() != self.before or self.before is None:
            self.leave(status)
        raise Left(status)

    def has_ended(self, status: int) -> None:
        """Let nobody wait for more from the streams, and nothing unwritten find its way into the next ones."""
        nothing = os.open(os.devnull, os.O_RDWR)
        give_streams([nothing, os.dup(nothing), os.dup(nothing)])
        sys.stdin = sys.stdout = sys.stderr = None
        self.channel.sendall(bytes([status]))


def belongings() -> list[list[str]] | None:
    """The descriptors and the threads of this process; None where it has child processes or nothing says it."""
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        with contextlib.suppress(FileNotFoundError):
            return [os.listdir(f"/proc/self/{kind}") for kind in ("fd", "task")]
    return None


def give_streams(descriptors: Sequence[int]) -> None:
    for place, descriptor in enumerate(descriptors):
        os.dup2(descriptor, place)
        os.close(descriptor)


def settle(script: str, question: dict[str, Any]) -> None:
    """Be as a Python that has just been started with the script and the question."""
    os.chdir(question["folder"])
    os.environ.clear()
    os.environ.update(question["environment"])
    sys.argv = [script, *question["argv"]]
    sys.stdin, sys.stdout = stream_like(sys.__stdin__, 0, "r"), stream_like(sys.__stdout__, 1, "w")
    sys.stderr = stream_like(sys.__stderr__, 2, "w")
    sys.stderr.reconfigure(line_buffering=True)
    sys.modules["__main__"] = types.ModuleType("__main__")
    if question.get("session"):
        os.setsid()
    for name in question.get("missing", ()):
        sys.modules[name] = None  # type: ignore[assignment]
    with warnings.catch_warnings():
        pass  # at its end Python forgets which warnings it has shown: a new process has shown none


def stream_like(stream: Any, descriptor: int, mode: str) -> Any:
    return open(descriptor, mode, encoding=stream.encoding, errors=stream.errors, closefd=False)


if __name__ == "__main__":
    script = sys.argv[1]
    sys.path[0] = os.path.dirname(script)
    with open(script) as stream:
        code = compile(stream.read(), script, "exec")
    load()
    channel = Server(socket.socket(fileno=int(sys.argv[2]))).serve()
    fork = Fork(script, channel) if channel else None
    while fork:
        fork.become_a_command()
        try:
            exec(code, vars(sys.modules["__main__"]))  # from here: as few frames are below it as below a script
        except Left as end:
            status = end.status
        fork.has_ended(status)
