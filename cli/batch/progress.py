"""A bar on stderr while rows run: how many, how fast, how long yet. Only on a terminal, and only after a while."""

from __future__ import annotations

import sys
import time
from typing import Any

PATIENCE = 0.5  # seconds that nothing is shown for


class Progress:
    """Counts rows and bytes; shows them where somebody looks on and the results do not go to the same screen."""

    def __init__(self, size: int | None, of_files: int = 1, *, is_quiet: bool, is_among_results: bool = False) -> None:
        self.size = size
        self.rows = 0
        self.files = 0  # that are done
        self._of_files = of_files
        self._start = time.monotonic()
        self._bar: Any = None
        is_seen = sys.stderr is not None and sys.stderr.isatty()
        self._is_shown = is_seen and not is_quiet and not is_among_results

    def advance(self, rows: int, consumed: int) -> None:
        """Add `rows`; `consumed` bytes of the source are read by now."""
        self.rows += rows
        if not self._is_shown or time.monotonic() - self._start < PATIENCE:
            return
        if self._bar is None:
            self._bar = begun(self.size, has_files=self._of_files > 1)
        bar, task = self._bar
        rate = self.rows / (time.monotonic() - self._start)
        bar.update(task, completed=consumed, rows=f"{self.rows:,}", rate=f"{rate:,.0f}", files=self.files_done)

    @property
    def files_done(self) -> str:
        return f"{self.files}/{self._of_files} files"

    def pause(self) -> None:
        """Take the bar away, so that a line can be written."""
        if self._bar is not None:
            self._bar[0].stop()
            self._bar = None


def begun(size: int | None, *, has_files: bool) -> tuple[Any, Any]:
    """A bar that has just begun, and its task."""
    from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn

    columns: list[ProgressColumn] = [TextColumn("{task.fields[rows]} rows"), TextColumn("{task.fields[rate]} rows/s")]
    if has_files:
        columns = [TextColumn("{task.fields[files]}"), *columns]
    if size:
        columns = [BarColumn(), *columns, TimeRemainingColumn()]
    bar = Progress(*columns, console=screen(), transient=True)
    bar.start()
    return bar, bar.add_task("", total=size, rows="0", rate="0", files="")


def screen() -> Any:
    """Stderr for rich. The cursor is never hidden: a program that is ended by a signal cannot bring it back."""
    from rich.console import Console

    from backprop.cli.output.output import error_stream

    class ProgressScreen(Console):
        def show_cursor(self, show: bool = True) -> bool:
            return show and super().show_cursor(show)

    return ProgressScreen(file=error_stream())
