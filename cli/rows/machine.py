"""What the machine and its C library give a process that works on rows."""

from __future__ import annotations

import contextlib
import os

KEPT = 1 << 25  # bytes


def cores() -> int:
    """How many this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def keep_freed_memory() -> None:
    """Have the C library keep it for the next block, where that is glibc: else each takes its pages anew.

    https://www.gnu.org/software/libc/manual/html_node/Malloc-Tunable-Parameters.html
    """
    import ctypes

    trim_threshold, mmap_threshold = -1, -3
    with contextlib.suppress(AttributeError, OSError):
        for parameter in (trim_threshold, mmap_threshold):
            ctypes.CDLL(None).mallopt(parameter, KEPT)
