"""How the tests run: some have the machine to themselves, Ctrl-C reaches what they start, `-m smoke` is quick."""

from __future__ import annotations

import fcntl
import signal
from collections.abc import Generator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SMOKE = "mark.smoke"

# What a job in the background of a shell or of nohup ignores, its children ignore, too.
signal.signal(signal.SIGINT, signal.default_int_handler)
for number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):
    signal.signal(number, signal.SIG_DFL)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """`-m smoke` imports only the files in which a test is marked so: all of them take longer than these tests."""
    if config.getoption("markexpr") != "smoke" or collection_path.suffix != ".py":
        return None
    return SMOKE not in collection_path.read_text(encoding="utf-8") or None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Hold a lock while a test runs: shared with other tests, or alone where it is marked so.

    Both wait at a door first, which the one that waits for the lock keeps shut: others cannot pass it for ever.
    """
    kind = fcntl.LOCK_EX if item.get_closest_marker("alone") else fcntl.LOCK_SH
    with open(HERE / "test_rooms.py") as lock, open(HERE / "test_readme.py") as door:
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(lock, kind)
        fcntl.flock(door, fcntl.LOCK_UN)
        try:
            return (yield)
        finally:
            fcntl.flock(lock, fcntl.LOCK_UN)  # a fork that outlives the test has the file open, too
