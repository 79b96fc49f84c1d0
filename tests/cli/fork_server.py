"""The process of forks.py that forks, run as a script: it imports the program once, and then waits for questions.

Most of what a fork costs is the memory that it copies when it first writes there. One that a command has left as it
found it, without a new descriptor, thread or child process, therefore answers further questions, up to a number.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import importlib
import marshal
import os
import pkgutil
import select
import signal
import socket
import sys
import types
import warnings
from collections.abc import Sequence
from typing import Any, NoReturn

PACKAGES = ("backprop.autodiff", "backprop.parser", "backprop.cli")
COLUMNAR = "backprop.cli.batch.columnar."  # its modules are made of pyarrow
SLOW_EXTRAS = ("polars", "pyarrow.compute", "pyarrow.ipc", "pyarrow.parquet")
AGAIN, ALONE = b"?", b"!"  # a question for a fork that has answered some, and one for a fork of its own
QUESTIONS = 48  # that one fork answers: its garbage and its caches grow, and what it copies is paid for by then
MOST_STREAMS = 64
OUT_OF_THE_WAY = 200  # the least descriptor of what is not the command's
MASK = os.umask(0o022)
os.umask(MASK)


class Server:
    """Gives each question that comes to a fork, and says the status of each when it is known."""

    def __init__(self, control: socket.socket, door: socket.socket) -> None:
        self.control = control
        self.door = door
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
            ready, _, _ = select.select([self.control, self.door, self.woken, *self.channels.values()], [], [])
            for process in [process for process, channel in self.channels.items() if channel in ready]:
                self.hear(process)
            if self.woken in ready:
                self.woken.recv(1 << 10)
                self.tell_what_ended()
            for asked in {self.control, self.door}.intersection(ready):
                kind, *descriptors = self.question(asked)
                if not kind:
                    return None
                channel = self.give(kind, descriptors)
                if channel is not None:
                    return channel

    def question(self, asked: socket.socket) -> tuple[Any, ...]:
        """Its kind, and the descriptors of the streams and of the socket that waits for its end."""
        if asked is self.control:
            kind, descriptors, _, _ = socket.recv_fds(asked, 1, 4)
            return kind, *descriptors
        asker, _ = asked.accept()
        kind, descriptors, _, _ = socket.recv_fds(asker, 1, MOST_STREAMS)
        return kind, *descriptors, asker.detach()

    def give(self, kind: bytes, descriptors: list[int]) -> socket.socket | None:
        """Have a fork answer. In a new one, return the channel by which it is asked."""
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
        return None

    def forget(self, ours: socket.socket, descriptors: Sequence[int]) -> None:
        """In a fork: close what is the server's alone."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for one in (
            self.control,
            self.door,
            self.woken,
            self.waker,
            ours,
            *self.channels.values(),
            *self.replies.values(),
        ):
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
        self.script = script
        self.channel = socket.socket(fileno=fcntl.fcntl(channel, fcntl.F_DUPFD_CLOEXEC, OUT_OF_THE_WAY))
        channel.close()
        self.questions = 0
        self.is_asked_again = True
        self.process, self.leave = os.getpid(), os._exit
        os._exit = self.end  # type: ignore[assignment]

    def become_a_command(self) -> None:
        """Wait for a question, and return with its streams and with all that it says; end when nobody can ask."""
        kind, descriptors, _, _ = socket.recv_fds(self.channel, 1, MOST_STREAMS)
        if not kind:
            self.leave(0)
        *streams, last = descriptors
        with socket.socket(fileno=last) as reply, reply.makefile("rb") as stream:
            question = marshal.load(stream)
        self.places = question.get("places", range(3))
        give_streams(streams, self.places)
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
        give_streams([nothing, os.dup(nothing), os.dup(nothing)], range(3))
        for place in set(self.places).difference(range(3)):
            os.close(place)
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


def give_streams(descriptors: Sequence[int], places: Sequence[int]) -> None:
    """Have descriptors at these places, whichever of them are in use by each other."""
    aside = [fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, OUT_OF_THE_WAY) for descriptor in descriptors]
    for descriptor in descriptors:
        os.close(descriptor)
    for descriptor, place in zip(aside, places, strict=True):
        os.dup2(descriptor, place)
        os.close(descriptor)


def settle(script: str, question: dict[str, Any]) -> None:
    """Be as a Python that has just been started with the script and the question."""
    os.chdir(question["folder"])
    os.umask(question.get("mask", MASK))
    os.environ.clear()
    os.environb.update(question["environment"])
    sys.argv = [script, *question["argv"]]
    sys.stdin, sys.stdout = stream_like(sys.__stdin__, 0, "r"), stream_like(sys.__stdout__, 1, "w")
    sys.stderr = stream_like(sys.__stderr__, 2, "w")
    sys.stderr.reconfigure(line_buffering=True)
    sys.modules["__main__"] = types.ModuleType("__main__")
    if question.get("session"):
        os.setsid()
    for name in question.get("missing", ()):
        sys.modules[name] = None  # type: ignore[assignment]
    sys.modules["backprop.autodiff.passes.kink_hits"].take_hits()  # that no command before has asked for
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
    channel = Server(*[socket.socket(fileno=int(descriptor)) for descriptor in sys.argv[2:]]).serve()
    fork = Fork(script, channel) if channel else None
    while fork:
        fork.become_a_command()
        try:
            exec(code, vars(sys.modules["__main__"]))  # from here: as few frames are below it as below a script
        except Left as end:
            status = end.status
        fork.has_ended(status)
