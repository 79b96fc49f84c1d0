"""What is said of rows that are read: how they are written, which columns are meant, and what is told. Reads none."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Sequence
from typing import Any

from backprop.cli.batch.dialect_options import TableOptions
from backprop.cli.batch.input.files import FileNotes, GivenFile
from backprop.cli.batch.question import BatchQuestion


class RowSettings:
    """The rows of one run. What is written of them is set by those who write them: by default nothing is."""

    question: BatchQuestion
    files: list[GivenFile]
    input_format: str
    renames: Sequence[str]
    table: TableOptions
    is_quiet: bool
    noted: FileNotes | None = None  # what is said of several files
    rejects: str | None = None
    is_only = True
    output_format = "csv"

    @functools.cached_property
    def constant_kinds(self) -> dict[str, Any]:
        """The types of the columns that files of columns get by the names of folders: they hold what all files have."""
        from backprop.cli.batch.columnar.fitting import kinds_of  # here, not above: it imports pyarrow

        return kinds_of(file.constants for file in self.files)

    def note(self, text: str) -> None:
        """Say something on stderr, unless -q; of several files, once they have been looked at."""
        from backprop.cli.output.output import say
        from backprop.parser.visible import as_note

        if self.noted is not None:
            text = self.noted.added(text)
        if text and not self.is_quiet:
            say(as_note(text))

    @property
    def say(self) -> Callable[[str], None] | None:
        return None if self.is_quiet else self.note

    def note_of_typing(self) -> None:
        """Say what is waited for where somebody has to type it."""
        if sys.stdin is not None and sys.stdin.isatty():
            self.note(f"no FILE was given: type rows of {self.input_format} here, Ctrl-D ends them")
