"""When a program waits: an event that tests wait for, in place of a time that may be too short on a busy machine."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

SECONDS = 300  # that a test waits before it fails
PAUSE = 0.005


def threads_of(process: int) -> dict[int, tuple[str, str]]:
    """State and count of turns of each thread of a process and of its children, as /proc has them."""
    found: dict[int, tuple[str, str]] = {}
    left = [process]
    while left:
        folder = Path(f"/proc/{left.pop()}/task")
        with contextlib.suppress(OSError):  # it has ended since
            for thread in folder.iterdir():
                status = dict(line.split(":\t", 1) for line in (thread / "status").read_text().splitlines())
                found[int(thread.name)] = (status["State"][0], status["voluntary_ctxt_switches"])
                left += map(int, (thread / "children").read_text().split())
    return found


def wait_until_still(process: int) -> None:
    """Until every thread sleeps, and none has had a turn between two looks: only something from outside wakes them."""
    end = time.monotonic() + SECONDS
    before: dict[int, tuple[str, str]] = {}
    while (now := threads_of(process)) != before or {state for state, _ in now.values()} - {"S", "Z"}:
        assert time.monotonic() < end, f"it does not come to rest: {now}"
        before = now
        time.sleep(PAUSE)


def wait_until_busy(process: int, seconds: float) -> None:
    """Until the process has computed for so many seconds more."""
    ticks = processor_seconds(process) + seconds
    end = time.monotonic() + SECONDS
    while processor_seconds(process) < ticks:
        assert time.monotonic() < end, "it does not compute"
        time.sleep(PAUSE)


def processor_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
