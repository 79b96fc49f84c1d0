"""Workers: processes that answer blocks, and write the answers in turn.

Blocks come in memory that a worker shares with the program; everything else that the two say goes through a channel:

    worker   its number as a process, and the exception that keeps it from working, or None
    program  the job, then the descriptor of the output; the same again for another, when all blocks are answered
    program  (start, size) of a block in the shared memory; at most QUEUED_BLOCKS of them wait for an answer
    worker   the Answer without its output, which is written by then, or an exception

The first block is for the first worker, the next for the next, and round again; token_ring.py has them write in that
order without the program, which may read meanwhile. Whoever ends the run keeps the token.

A worker ends with the program, however that ends: its channel does, and on Linux the system kills it at once, whatever
it works on. The first one is the program's child, the others are the first one's.
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
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn, cast

from backprop.autodiff.evaluation.threads import usable_cores
from backprop.cli.batch.columnar.library import loaded
from backprop.cli.batch.input.blocks import LONGEST
from backprop.cli.batch.processes.channel import Channel, connected
from backprop.cli.batch.processes.resources import available_memory, die_with, has_address_space, keep_freed_memory
from backprop.cli.batch.processes.token_ring import Token, token_ring
from backprop.cli.output.descriptor import unbuffered
from backprop.cli.status import Failure, Status

if TYPE_CHECKING:
    from backprop.cli.batch.evaluation import Answer

QUEUED_BLOCKS = 3  # that a worker has: the answer to one waits for the token, one is answered, one waits
UNWRITTEN_ANSWERS = 2  # that wait for the token, at most: they take more memory than the blocks
WORKER_MEMORY = 1 << 27  # bytes that each takes at most, with the blocks that it has: with polars 100 MB were measured
LEAST_ADDRESS_SPACE = 1 << 29  # bytes that each takes beside the blocks of all of them
SLOT_SIZE = LONGEST + (1 << 22)  # bytes of the largest block: a record, and what was read together with its end


class Worker:
    """The program's end of one. Every method raises EOFError where the process is gone."""

    def __init__(self, channel: Channel, memory: mmap.mmap, first: int) -> None:
        self.channel = channel
        self.queued = 0  # blocks whose answers have not come yet
        self._memory = memory
        self._start = 0  # of the next block
        self._first = first  # the process that becomes all workers
        self._process: int | None = None
        self._problem: Exception | None = None

    def start(self, job: object, output: int) -> None:
        """Say what to do, and where to write it to."""
        self.channel.send(job)
        self.channel.send_descriptor(output)

    def submit(self, data: bytearray) -> None:
        """Hand it a block."""
        assert len(data) <= SLOT_SIZE
        self._memory[self._start : self._start + len(data)] = data
        self.channel.send((self._start, len(data)))
        self._start = (self._start + SLOT_SIZE) % len(self._memory)
        self.queued += 1

    def result(self) -> Answer:
        """The next answer, written. Raises what the job or the writing raised, or what kept it from starting."""
        self._receive_start()
        raise_if_exception(self._problem)
        answer: Answer = raise_if_exception(self.channel.receive())
        self.queued -= 1
        return answer

    def terminate(self) -> None:
        """End it, whatever it does: it may wait for the reader of a pipe."""
        with contextlib.suppress(EOFError):
            if self._process is None and not self.channel.is_ready():
                kill(self._first)  # it has not become this one yet, and never will, or this one says at once who it is
            self._receive_start()
        if self._process is not None:
            kill(self._process)

    def join(self) -> None:
        """Wait until it is gone, with all that it has open; it has been terminated."""
        self.channel.close_after_other()

    def _receive_start(self) -> None:
        """Hear, once, that it has started, and whether it can work."""
        if self._process is None:
            self._process, self._problem = self.channel.receive()


def terminate_all(workers: Sequence[Worker]) -> None:
    """Terminate them, and wait until they are gone."""
    for worker in workers:
        worker.terminate()
    for worker in workers:
        worker.join()


def kill(process: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


def raise_if_exception(message: Any) -> Any:
    """The message, or raise what was raised elsewhere."""
    if isinstance(message, Exception):
        raise message
    return message


def plain_workers() -> list[Worker]:
    """Workers for jobs that take no more than the program has. Raises OSError where the system gives no more."""
    return start_workers(worker_count(), lambda: None)


def bulk_workers() -> list[Worker]:
    """Workers for jobs that polars does. Raises OSError where the system gives no more."""
    return start_workers(worker_count(), import_for_bulk)


def worker_count() -> int:
    """As many as there are cores and memory for."""
    return int(min(usable_cores(), available_memory() // WORKER_MEMORY))


def import_for_bulk() -> None:
    """Import what columnar/bulk.py takes when it is called; each worker has a core. Raises Failure."""
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    import_for_all()
    import numpy.ma  # noqa: F401

    from backprop.cli.batch import writing  # noqa: F401

    try:
        loaded()
    except Exception as error:
        raise Failure(
            f"polars cannot be imported: {' '.join(str(error).split())}",
            "repair it, or uninstall it: without it batch gives the same results, more slowly",
            Status.WRONG_DATA,
        ) from None


def import_for_all() -> None:
    """Import what the program takes, too: before the first worker is forked it is imported once for all."""
    from backprop.autodiff.evaluation import batched_program  # noqa: F401


def start_workers(count: int, prepare: Callable[[], None]) -> list[Worker]:
    """So many workers, who have all that `prepare` imports.

    One process imports it and forks into all of them, before the first call of what it has imported, with which polars
    starts to work: no thread holds a lock until then.

    Raises OSError where the system gives no more, or not enough for each to work with.
    """
    if count == 0 or not has_address_space(count * SLOT_SIZE * QUEUED_BLOCKS + LEAST_ADDRESS_SPACE):
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))
    memories = [mmap.mmap(-1, SLOT_SIZE * QUEUED_BLOCKS) for _ in range(count)]
    ends = [connected() for _ in range(count)]
    tokens = token_ring(count)
    try:
        with interrupts_held():
            program = os.getpid()
            first = os.fork()
            if first == 0:
                for mine, _ in ends:
                    mine.close()  # a copy of that end would keep the other open after the program has ended
                die_with(program)
                run_workers([theirs for _, theirs in ends], memories, tokens, prepare)
    except OSError:
        for mine, _ in ends:
            mine.close()
        raise
    finally:
        for _, theirs in ends:
            theirs.close()
        for token in tokens:
            token.close()
    return [Worker(mine, memory, first) for (mine, _), memory in zip(ends, memories, strict=True)]


@contextlib.contextmanager
def interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back; a process that is started meanwhile never hears it: the program does, and ends it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def run_workers(
    channels: Sequence[Channel], memories: Sequence[mmap.mmap], tokens: Sequence[Token], prepare: Callable[[], None]
) -> NoReturn:
    """All that the processes do: one for each channel."""
    try:
        detach_streams({channel.fileno() for channel in channels}.union(*tokens))
        problem = returned(prepare)
        number = fork_into(len(channels))
        for channel in (*channels[:number], *channels[number + 1 :]):
            channel.close()
        channels[number].send((os.getpid(), problem))
        work(channels[number], memories[number], tokens[number])
    except EOFError:
        os._exit(0)
    finally:
        os._exit(1)


def fork_into(count: int) -> int:
    """Become so many processes; the number of this one, from 0 on."""
    gc.freeze()  # a collection would write to every object, and so copy the memory that they share
    warnings.simplefilter("ignore")  # newer Pythons warn of the threads that an import may have left waiting
    first = os.getpid()
    for number in range(1, count):
        if os.fork() == 0:
            die_with(first)
            return number
    return 0


def detach_streams(others: set[int]) -> None:
    """Close the standard streams: whoever reads what the program writes must see the end when the program ends.

    `others` are descriptors in use: where a stream was closed, one of them may have its number.
    """
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in {0, 1, 2} - others:
        os.dup2(nothing, stream)
    if nothing > 2:
        os.close(nothing)


def work(channel: Channel, memory: mmap.mmap, token: Token) -> None:
    """Answer blocks until there are no more."""
    keep_freed_memory()
    with contextlib.ExitStack() as outputs:
        job: Any = None
        stream: Any = None
        blocks: deque[tuple[int, int]] = deque()
        unwritten: deque[Answer | Exception] = deque()
        while True:
            is_idle = not blocks or len(unwritten) == UNWRITTEN_ANSWERS
            awaited: list[Any] = [channel, token.receives] if unwritten else [channel]
            ready = select.select(awaited, [], [], None if is_idle else 0)[0]
            if channel in ready:
                message = channel.receive()
                if isinstance(message, tuple):
                    blocks.append(message)
                else:
                    outputs.close()
                    job, stream = message, outputs.enter_context(unbuffered(channel.receive_descriptor()))
            elif ready:
                token.acquire()
                answer = written(unwritten.popleft(), cast("BinaryIO", stream))
                channel.send(answer)
                if not isinstance(answer, Exception) and not answer.is_last:
                    token.pass_on()
            else:
                start, size = blocks.popleft()
                unwritten.append(returned(job.answer, memory[start : start + size]))


def written(answer: Answer | Exception, stream: BinaryIO) -> Answer | Exception:
    """The answer without its output, or what kept it from being written."""
    from backprop.cli.batch.writing import write_output

    if isinstance(answer, Exception):
        return answer
    problem: Exception | None = returned(write_output, stream, answer.output)
    return problem or answer._replace(output=b"")


def returned(function: Callable[..., Any], *arguments: object) -> Any:
    """What the function returns, or the exception that it raises."""
    try:
        return function(*arguments)
    except Exception as error:
        return error
