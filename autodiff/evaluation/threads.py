"""Rows shared out among the cores this process may use. NumPy lets go of the interpreter while it computes."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

_pools: dict[int, ThreadPoolExecutor] = {}  # by process: a child that was forked has its parent's pool, but no threads
_making = threading.Lock()
_of_thread = threading.local()

_sharing = 1  # processes that share the cores

STRETCHES = 2  # for each core: few, because threads that write to one page of memory wait for each other


def usable_cores() -> int:
    """How many cores this process may use; a container or `taskset` may leave it fewer than there are."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores // _sharing)


def share_cores(processes: int) -> None:
    """Leave their part of the cores to others: so many processes, this one among them, do the same."""
    global _sharing
    _sharing = processes


def over_rows(work: Callable[[int, int], None], rows: int, least: int) -> None:
    """Call `work(start, stop)` for stretches of all the rows, on every core; `least` rows or fewer in this thread.

    All of them in this thread if it is one of the pool's: those that it would wait for may wait for it.
    Each thread takes the next stretch when it is done with one, so that a busy core does not hold up the others.
    Raises what `work` raises, when all threads are done.
    """
    workers = min(usable_cores(), -(-rows // least))
    if workers < 2 or getattr(_of_thread, "is_of_pool", False):
        return work(0, rows)
    length = max(least, -(-rows // (STRETCHES * workers)))
    waiting = deque(range(0, rows, length))

    def drain() -> None:
        while waiting:
            try:
                start = waiting.popleft()
            except IndexError:  # another thread was faster
                return
            work(start, min(start + length, rows))

    pool = _pool()
    futures = [pool.submit(drain) for _ in range(workers)]
    try:
        for future in futures:
            future.result()
    finally:
        waiting.clear()  # on an interrupt, or where a thread failed, the others take no more
        for future in futures:
            future.cancel() or future.exception()
    return None


def _pool() -> ThreadPoolExecutor:
    """This process's pool, made when it is first needed."""
    from concurrent.futures import ThreadPoolExecutor  # here, not above: it takes 5 ms

    with _making:
        process = os.getpid()
        if process not in _pools:
            _pools.clear()
            _pools[process] = ThreadPoolExecutor(usable_cores(), "backprop", initializer=_enter)
        return _pools[process]


def _enter() -> None:
    _of_thread.is_of_pool = True
