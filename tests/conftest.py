"""Tests that measure time have the machine to themselves, however many processes run the others (pytest-xdist)."""

from __future__ import annotations

import fcntl
from collections.abc import Generator
from pathlib import Path

import pytest

HERE = Path(__file__).parent


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
