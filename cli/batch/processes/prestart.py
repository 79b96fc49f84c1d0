"""Workers that are started before the question is known: while the program reads it, they import polars.

Whether is a guess, by what can be seen at once. Where it is wrong, it has cost the time of another core.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterator, Sequence

from backprop.autodiff.evaluation.threads import usable_cores
from backprop.cli.batch.columnar.library import is_usable
from backprop.cli.batch.processes.resources import leave_matrices_to_one_thread
from backprop.cli.batch.processes.worker import Worker, bulk_workers, import_for_all, terminate_all
from backprop.cli.output.formats import READ, read_format, words
from backprop.cli.question.urls import is_url

TEXTS = ("csv", "tsv", "ndjson")  # that these workers are for, where they are written as they are read
LARGE = 1 << 22  # bytes of a file that is worth it
WAITING = 1 << 14  # bytes that wait in a pipe whose writer is fast
STDIN = 0

workers: list[Worker] = []


@contextlib.contextmanager
def prestarted(tokens: Sequence[str]) -> Iterator[None]:
    """Start workers where the arguments of `batch` look like much to do; those that no pool takes are gone at the end.

    Called before NumPy is imported.
    """
    leave_matrices_to_one_thread()
    try:
        with contextlib.suppress(OSError):  # no more processes, no more memory, no such file any more
            if hasattr(os, "fork") and usable_cores() > 1 and is_large_job(tokens) and is_usable():
                import_for_all()
                workers.extend(bulk_workers())
        yield
    finally:
        terminate_all(taken())


def taken() -> list[Worker]:
    """The workers; from now on whoever asks has to terminate them."""
    for_the_pool = list(workers)
    workers.clear()
    return for_the_pool


def is_large_job(tokens: Sequence[str]) -> bool:
    if "--resume" in tokens or any(token.startswith(("--jobs", "--scheduler")) for token in tokens):
        return False  # processes by the file, who have workers of their own, or what is there already
    sizes = []
    forms = set()
    is_remote = False
    for option, token in zip(("", *tokens), tokens, strict=False):
        if option in ("-f", "--file", "--rejects"):
            continue
        form = read_format(token)
        word = form or token.rpartition("=")[2]
        if word in words(READ):
            forms.add(word)
        if form in TEXTS and is_url(token):
            is_remote = True
        elif form in TEXTS and option != "-o" and os.path.isfile(token):
            sizes.append(os.path.getsize(token))
    if len(forms) > 1 or not forms.issubset(TEXTS):
        return False
    if is_remote:
        return True  # how much it is would take a request, and later fsspec has threads that a fork would lose
    if sizes:
        return max(sizes) >= LARGE
    return sys.stdin is not None and is_large_input(STDIN)


def is_large_input(descriptor: int) -> bool:
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode):
        return status.st_size >= LARGE
    return stat.S_ISFIFO(status.st_mode) and readable_bytes(descriptor) >= WAITING


def readable_bytes(pipe: int) -> int:
    """How many bytes can be read at once."""
    import array
    import fcntl
    import termios

    count = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, count)
    return count[0]
