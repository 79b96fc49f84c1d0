"""How many trials there are by now, on stderr where somebody looks on, and only after a while."""

from __future__ import annotations

import sys
import time

from backprop.cli.output.rounding import matched

PATIENCE = 0.5  # seconds that nothing is shown for
CLEAR = "\r\x1b[K"


class TrialProgress:
    """Called with the trials so far and their uncertainty."""

    def __init__(self, *, is_quiet: bool) -> None:
        self._start = time.monotonic()
        self._is_shown = sys.stderr is not None and sys.stderr.isatty() and not is_quiet
        self._has_written = False

    def __call__(self, trials: int, uncertainty: float) -> None:
        if self._is_shown and time.monotonic() - self._start > PATIENCE:
            self._has_written = True
            self._write(f"{CLEAR}{trials:,} trials, u = {matched(uncertainty, uncertainty)}")

    def end(self) -> None:
        """Take the line away."""
        if self._has_written:
            self._write(CLEAR)

    def _write(self, text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()
