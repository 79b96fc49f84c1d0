"""Workers: processes that answer blocks, and write the answers in turn.

Blocks come in memory that a worker shares with the program; everything else that the two say goes through a channel:

    worker   its number as a process, and the exception that keeps it from working, or None
    program  the job, then the descriptor of the output
    program  (start, size) of a block in the shared memory; at most AHEAD of them wait for an answer
    worker   the Answer without its output, which is written by then, or an exception

The first block is for the first worker, the next for the next, and round again. So is the turn to write, which each
gives to the next without the program: it may read meanwhile. Whoever ends the run takes the turn and gives it to
nobody.

A worker ends when its channel does, and so with the program, however that ends.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import mmap
import os
import select
import signal
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, NoReturn, cast

from backprop.autodiff.evaluation.threads import usable_cores
from backprop.cli.batch.columnar.library import loaded
from backprop.cli.batch.input.blocks import LONGEST
from backprop.cli.batch.processes.channel import Channel, connected
from backprop.cli.batch.processes.resources import has_address_space, keep_freed_memory
from backprop.cli.output.descriptor import unbuffered
from backprop.cli.status import Failure, Status

if TYPE_CHECKING:
    from backprop.cli.batch.evaluation import Answer

AHEAD = 3  # blocks: the answer to one waits for its turn, one is answered, one waits
HELD = 2  # answers that wait for their turn, at most: they take more memory than the blocks
BULK_WORKERS = 3  # at most, where they use polars: each takes 60 MB
LEAST_ADDRESS_SPACE = 1 << 29  # bytes that each takes beside the blocks of all of them
ROOM = LONGEST + (1 << 22)  # bytes of the largest block: a record, and what was read together with its end


class Worker:
    """The program's end of one. Every method raises EOFError where the process is gone."""

    def __init__(self, channel: Channel, memory: mmap.mmap, first: int) -> None:
        self.channel = channel
        self.taken = 0  # blocks whose answers have not come yet
        self._memory = memory
        self._start = 0  # of the next block
        self._first = first  # the process that becomes all workers
        self._process: int | None = None
        self._problem: Exception | None = None

    def begin(self, job: object, output: int) -> None:
        """Say what to do, and where to write it to."""
        self.channel.send(job)
        self.channel.send_descriptor(output)

    def take(self, data: bytearray) -> None:
        """Take a block."""
        assert len(data) <= ROOM
        self._memory[self._start : self._start + len(data)] = data
        self.channel.send((self._start, len(data)))
        self._start = (self._start + ROOM) % len(self._memory)
        self.taken += 1

    def answer(self) -> Answer:
        """The next answer, written. Raises what the job or the writing raised, or what kept it from starting."""
        self._meet()
        unless_problem(self._problem)
        answer: Answer = unless_problem(self.channel.receive())
        self.taken -= 1
        return answer

    def end(self) -> None:
        """End it, whatever it does: it may wait for the reader of a pipe."""
        with contextlib.suppress(EOFError):
            if self._process is None and not self.channel.is_ready():
                kill(self._first)  # it has not become this one yet, and never will, or this one says at once who it is
            self._meet()
        if self._process is not None:
            kill(self._process)

    def wait(self) -> None:
        """Wait until it is gone, with all that it has open; it has been killed."""
        self.channel.close_after_other()

    def _meet(self) -> None:
        """Hear, once, that it has started, and whether it can work."""
        if self._process is None:
            self._process, self._problem = self.channel.receive()


def end_all(workers: Sequence[Worker]) -> None:
    for worker in workers:
        worker.end()
    for worker in workers:
        worker.wait()


def kill(process: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


def unless_problem(message: Any) -> Any:
    """Raise it if it is an exception."""
    if isinstance(message, Exception):
        raise message
    return message


class Turn(NamedTuple):
    """A worker's place in the round, as two descriptors: a byte in the first one is the turn."""

    comes: int
    goes: int

    def take(self) -> None:
        """Have it: wait until it comes."""
        os.read(self.comes, 1)

    def give(self) -> None:
        """Pass it on to the next in the round."""
        os.write(self.goes, b".")

    def close(self) -> None:
        os.close(self.comes)
        os.close(self.goes)


def turns_of(count: int) -> list[Turn]:
    """A round of so many; the first one has the turn."""
    pipes = [os.pipe() for _ in range(count)]
    turns = [Turn(comes, goes) for (comes, _), (_, goes) in zip(pipes, [*pipes[1:], pipes[0]], strict=True)]
    turns[-1].give()
    return turns


def plain_workers() -> list[Worker]:
    """Workers for jobs that take no more than the program has. Raises OSError where the system gives no more."""
    return started(usable_cores(), lambda: None)


def bulk_workers() -> list[Worker]:
    """Workers for jobs of delimited.py. Raises OSError where the system gives no more."""
    return started(min(usable_cores(), BULK_WORKERS), import_for_bulk)


def import_for_bulk() -> None:
    """Import what delimited.py takes when it is called; the workers share the cores. Raises Failure."""
    os.environ.setdefault("POLARS_MAX_THREADS", str(max(1, usable_cores() // BULK_WORKERS)))
    import numpy.ma  # noqa: F401

    from backprop.autodiff.evaluation import batched_program  # noqa: F401
    from backprop.cli.batch import writing  # noqa: F401

    try:
        loaded()
    except Exception as error:
        raise Failure(
            f"polars cannot be imported: {' '.join(str(error).split())}",
            "repair it, or uninstall it: without it batch gives the same results, more slowly",
            Status.WRONG_DATA,
        ) from None


def started(count: int, prepare: Callable[[], None]) -> list[Worker]:
    """So many workers, who have all that `prepare` imports.

    One process imports it and becomes the others: that costs the time and the memory of one. It does so before the
    first call of what it has imported, with which polars starts to work: no thread holds a lock until then.

    Raises OSError where the system gives no more, or not enough for each to work with.
    """
    if not has_address_space(count * ROOM * AHEAD + LEAST_ADDRESS_SPACE):
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))
    memories = [mmap.mmap(-1, ROOM * AHEAD) for _ in range(count)]
    ends = [connected() for _ in range(count)]
    turns = turns_of(count)
    try:
        with interrupts_held():
            first = os.fork()
            if first == 0:
                for mine, _ in ends:
                    mine.close()  # a copy of that end would keep the other open after the program has ended
                serve([theirs for _, theirs in ends], memories, turns, prepare)
    except OSError:
        for mine, _ in ends:
            mine.close()
        raise
    finally:
        for _, theirs in ends:
            theirs.close()
        for turn in turns:
            turn.close()
    return [Worker(mine, memory, first) for (mine, _), memory in zip(ends, memories, strict=True)]


@contextlib.contextmanager
def interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back; a process that is started meanwhile never hears it: the program does, and ends it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def serve(
    channels: Sequence[Channel], memories: Sequence[mmap.mmap], turns: Sequence[Turn], prepare: Callable[[], None]
) -> NoReturn:
    """All that the processes do: one for each channel."""
    try:
        let_go_of_streams({channel.fileno() for channel in channels}.union(*turns))
        problem = caught(prepare)
        place = own_place(len(channels))
        for channel in (*channels[:place], *channels[place + 1 :]):
            channel.close()
        channels[place].send((os.getpid(), problem))
        work(channels[place], memories[place], turns[place])
    except EOFError:
        os._exit(0)
    finally:
        os._exit(1)


def own_place(count: int) -> int:
    """Become so many processes; which of them this one is."""
    gc.freeze()  # a collection would write to every object, and so copy the memory that they share
    warnings.simplefilter("ignore")  # newer Pythons warn of the threads that an import may have left waiting
    for place in range(1, count):
        if os.fork() == 0:
            return place
    return 0


def let_go_of_streams(others: set[int]) -> None:
    """Whoever reads what the program writes must see the end when the program ends.

    `others` are descriptors in use: where a stream was closed, one of them may have its number.
    """
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in {0, 1, 2} - others:
        os.dup2(nothing, stream)
    if nothing > 2:
        os.close(nothing)


def work(channel: Channel, memory: mmap.mmap, turn: Turn) -> None:
    """Answer blocks until there are no more."""
    keep_freed_memory()
    job = channel.receive()
    with unbuffered(channel.receive_descriptor()) as stream:
        coming: deque[tuple[int, int]] = deque()
        held: deque[Answer | Exception] = deque()
        while True:
            waits = not coming or len(held) == HELD
            awaited: list[Any] = [channel, turn.comes] if held else [channel]
            ready = select.select(awaited, [], [], None if waits else 0)[0]
            if channel in ready:
                coming.append(channel.receive())
            elif ready:
                turn.take()
                answer = written(held.popleft(), cast("BinaryIO", stream))
                channel.send(answer)
                if not isinstance(answer, Exception) and not answer.is_last:
                    turn.give()
            else:
                start, size = coming.popleft()
                held.append(caught(job.answer, memory[start : start + size]))


def written(answer: Answer | Exception, stream: BinaryIO) -> Answer | Exception:
    """The answer without its output, or what kept it from being written."""
    from backprop.cli.batch.writing import write_output

    if isinstance(answer, Exception):
        return answer
    problem: Exception | None = caught(write_output, stream, answer.output)
    return problem or answer._replace(output=b"")


def caught(function: Callable[..., Any], *arguments: object) -> Any:
    """What the function returns, or the exception that it raises."""
    try:
        return function(*arguments)
    except Exception as error:
        return error
