"""How the tests run: Ctrl-C reaches what they start, and a selection imports the files that it needs."""

from __future__ import annotations

import gc
import signal
from collections.abc import Generator
from pathlib import Path

import pytest

from .cases import tried

SELECTIONS = ("smoke", "extras")

# Graphs are made by the thousand: looking for garbage was a sixth of the time of the tests of a pass.
gc.set_threshold(200_000)

# What a job in the background of a shell or of nohup ignores, its children ignore, too.
signal.signal(signal.SIGINT, signal.default_int_handler)
for number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):
    signal.signal(number, signal.SIG_DFL)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """`-m smoke` imports only the files in which a test is marked so: all of them take longer than these tests."""
    selection = config.getoption("markexpr")
    if selection not in SELECTIONS or collection_path.suffix != ".py":
        return None
    return f"mark.{selection}" not in collection_path.read_text(encoding="utf-8") or None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the case that a test of many failed at: to print each of them took a tenth of such a test's time."""
    report = yield
    if report.failed and tried:
        report.sections.append(("The case", repr(tried[0])))
    if call.when == "teardown":
        tried.clear()
    return report
