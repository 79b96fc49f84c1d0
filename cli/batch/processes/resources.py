"""What the libraries of a process that works on rows are told about threads and memory."""

from __future__ import annotations

import contextlib
import os
import sys

KEPT = 1 << 25  # bytes


def leave_matrices_to_one_thread() -> None:
    """Keep OpenBLAS from starting threads: batch shares out rows, not matrices. Called before NumPy is imported."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def keep_freed_memory() -> None:
    """Have the C library keep it for the next block, where that is glibc: else each takes its pages anew.

    https://www.gnu.org/software/libc/manual/html_node/Malloc-Tunable-Parameters.html
    """
    import ctypes

    trim_threshold, mmap_threshold = -1, -3
    with contextlib.suppress(AttributeError, OSError):
        for parameter in (trim_threshold, mmap_threshold):
            ctypes.CDLL(None).mallopt(parameter, KEPT)


def has_address_space(size: int) -> bool:
    """Whether `ulimit -v` allows a process so many bytes."""
    if sys.platform == "win32":
        return True
    import resource

    allowed = resource.getrlimit(resource.RLIMIT_AS)[0]
    return allowed == resource.RLIM_INFINITY or allowed >= size
