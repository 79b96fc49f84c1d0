"""A page in a headless Chromium: one for all tests of a process."""

from __future__ import annotations

import pytest

from .chromium import PROGRAM, Chromium, started


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    """The browser, with whatever page it shows."""
    if PROGRAM is None:
        pytest.skip("needs Chromium (apt install chromium)")
    found = started(tmp_path_factory.mktemp("profile"))
    yield found
    found.close()


@pytest.fixture
def browser(chromium):
    """The browser as a user has it who wants it light."""
    chromium.look()
    return chromium


@pytest.fixture
def page(backprop, browser, tmp_path):
    """Write a page and open it."""

    def opened(*tokens: str) -> Chromium:
        answer = backprop("graph", *tokens, "-o", "page.html")
        assert answer.status == 0, answer.err
        browser.open(tmp_path / "page.html")
        return browser

    return opened
