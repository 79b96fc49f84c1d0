"""What the libraries of a process that works on rows are told about threads and memory."""

from __future__ import annotations

import contextlib
import os
import signal
import sys

KEPT = 1 << 25  # bytes
# What a container may have, by the second and the first version of Linux's control groups
LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def leave_matrices_to_one_thread() -> None:
    """Keep OpenBLAS from starting threads: batch shares out rows, not matrices. Called before NumPy is imported."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def keep_freed_memory() -> None:
    """Have the C library keep it for the next block, where that is glibc: else each takes its pages anew.

    https://www.gnu.org/software/libc/manual/html_node/Malloc-Tunable-Parameters.html
    """
    if sys.platform == "win32":
        return
    import ctypes

    trim_threshold, mmap_threshold = -1, -3
    with contextlib.suppress(AttributeError, OSError):
        for parameter in (trim_threshold, mmap_threshold):
            ctypes.CDLL(None).mallopt(parameter, KEPT)


def die_with(parent: int) -> None:
    """Have the system kill this process as soon as that parent is gone, however it ended; only Linux does.

    Elsewhere a process ends when it next looks at its channel, after the block that it works on.
    https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html
    """
    if sys.platform != "linux":
        return
    import ctypes

    set_parent_death_signal = 1
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)
    if os.getppid() != parent:  # it was gone before
        os._exit(0)


def available_memory() -> float:
    """The bytes that more processes may have: no more than a container allows in all; infinite where no system says."""
    found = [float("inf")]
    with contextlib.suppress(OSError, ValueError, StopIteration), open("/proc/meminfo", "rb") as file:
        found.append(1024 * int(next(line for line in file if line.startswith(b"MemAvailable:")).split()[1]))
    for path in LIMITS:
        with contextlib.suppress(OSError, ValueError), open(path, "rb") as file:  # `max` is no number
            found.append(int(file.read()))
    return min(found)


def has_address_space(size: int) -> bool:
    """Whether `ulimit -v` allows a process so many bytes."""
    try:
        import resource
    except ImportError:  # on Windows
        return True
    allowed = resource.getrlimit(resource.RLIMIT_AS)[0]
    return allowed == resource.RLIM_INFINITY or allowed >= size
