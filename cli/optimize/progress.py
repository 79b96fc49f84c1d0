"""How far a search is, on one line of stderr: only on a terminal, and only after a while."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

PATIENCE = 0.5  # seconds that nothing is shown for
BETWEEN = 0.1  # seconds between two lines


class Iterations:
    """Shows the number of the iteration and the value, `what` that is, and takes the line away at the end."""

    def __init__(self, what: str, *, is_quiet: bool) -> None:
        self._what = what
        self._is_shown = not is_quiet and sys.stderr is not None and sys.stderr.isatty()
        self._next = time.monotonic() + PATIENCE
        self._has_shown = False

    def __enter__(self) -> Iterations:
        return self

    def __exit__(self, *_: object) -> None:
        if self._has_shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def halved(self, number: int, left: int) -> None:
        """Show how often a range was halved, and how many intervals are left."""
        self.tell(number, left, {})

    def tell(self, number: int, value: float, _values: Mapping[str, Any]) -> None:
        self._show(lambda: f"iteration {number}: {self._what} {value:.6g}")

    def count(self, what: str, number: int, total: int) -> None:
        """Show how many are done of what is done behind the search."""
        self._show(lambda: f"{what} {number} of {total}")

    def _show(self, text: Callable[[], str]) -> None:
        now = time.monotonic()
        if self._is_shown and now >= self._next:
            self._next, self._has_shown = now + BETWEEN, True
            sys.stderr.write(f"\r\x1b[K{text()}")
            sys.stderr.flush()
