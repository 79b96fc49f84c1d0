"""Lines from a terminal or a pipe: prompts, history, input of several lines. Knows no session."""

from __future__ import annotations

import contextlib
import os
import select
import sys
from collections import deque
from collections.abc import Callable
from types import ModuleType

from backprop.autodiff.errors import ExpressionError, Span
from backprop.cli.repl.statements import is_unfinished, without_comment

PROMPT, CONTINUATION = "> ", "... "
FOLDER, HISTORY = "backprop", "history"
LONGEST_HISTORY = 1000  # lines
DELIMITERS = " \t\n+-*/%^@<>=!()[],;"  # what ends a name: no `:`, which begins a command

Complete = Callable[[str, str, int], list[str]]  # the word, the whole line, and where the word begins in it


class InputLines:
    """The lines of a pipe or a file. Where `continues`, an unfinished one goes on in the next."""

    def __init__(self, *, continues: bool) -> None:
        self.continues = continues
        self.is_first = True

    def read(self) -> str:
        """The next input. Raises EOFError at the end, ExpressionError for a line that is not text."""
        parts: list[str] = []
        while True:
            try:
                line = self.line(CONTINUATION if parts else PROMPT)
            except EOFError:
                if not parts:
                    raise
                break  # what was begun is answered before the end
            is_escaped = line.rstrip().endswith("\\")
            if not self.continues or (not parts and line.lstrip().startswith(":")):
                return line
            if parts and not line.strip():
                break
            parts.append(line.rstrip()[:-1] if is_escaped else line)
            if not is_escaped and not is_unfinished(joined(parts)):
                break
        return joined(parts)

    def line(self, prompt: str) -> str:
        data = sys.stdin.buffer.readline() if sys.stdin is not None else b""
        if not data:
            raise EOFError
        try:
            text = data.decode("utf-8-sig" if self.is_first else "utf-8")
        except UnicodeDecodeError as error:
            seen = data.decode("utf-8", "backslashreplace").rstrip("\r\n")
            start = len(data[: error.start].decode("utf-8", "backslashreplace"))
            raise ExpressionError("a byte here is not UTF-8 text", Span(start, start + 4), None, seen) from None
        finally:
            self.is_first = False
        return text.rstrip("\r\n")

    def keep(self, text: str) -> None:
        """Offer a wrong line for another try, where that can be done."""


def joined(parts: list[str]) -> str:
    """One line of several: comments stay in the last alone."""
    return " ".join([*[without_comment(part).strip() for part in parts[:-1]], parts[-1].strip()])


class Console(InputLines):
    """Lines typed at a terminal, with readline where this Python has it."""

    def __init__(self, complete: Complete) -> None:
        super().__init__(continues=True)
        self.pasted: deque[str] = deque()
        self.kept = ""
        self.history: str | None = None
        self.readline = readline_module()
        if self.readline is not None:
            self.set_up(self.readline, complete)

    def set_up(self, readline: ModuleType, complete: Complete) -> None:
        self.history = history_path()
        if self.history is not None:
            with contextlib.suppress(OSError):
                readline.read_history_file(self.history)
        readline.set_history_length(LONGEST_HISTORY)
        readline.set_auto_history(False)
        readline.set_completer_delims(DELIMITERS)
        candidates: list[str] = []

        def completer(word: str, number: int) -> str | None:
            if number == 0:
                candidates[:] = complete(word, readline.get_line_buffer(), readline.get_begidx())
            return candidates[number] if number < len(candidates) else None

        readline.set_completer(completer)
        is_libedit = "libedit" in (readline.__doc__ or "")
        readline.parse_and_bind("bind ^I rl_complete" if is_libedit else "tab: complete")
        readline.set_startup_hook(self.offer)

    def read(self) -> str:
        try:
            text = super().read()
        except KeyboardInterrupt:
            self.pasted.clear()
            raise
        self.remember(text)
        return text

    def line(self, prompt: str) -> str:
        if not self.pasted:
            self.pasted.extend(input(prompt).split("\n"))  # a terminal may hand over what is pasted at once
        return self.pasted.popleft()

    def remember(self, text: str) -> None:
        """Add to the history, and at once to its file: a terminal may be closed any time."""
        readline = self.readline
        if readline is None or not text.strip():
            return
        count = readline.get_current_history_length()
        if count and readline.get_history_item(count) == text:
            return
        readline.add_history(text)
        if self.history is not None and hasattr(readline, "append_history_file"):
            with contextlib.suppress(OSError):
                readline.append_history_file(1, self.history)

    def keep(self, text: str) -> None:
        """The next prompt has the text on it, unless more is typed or pasted already."""
        if self.readline is None:
            return
        is_more_there = bool(self.pasted) or bool(select.select([sys.stdin], [], [], 0)[0])
        self.kept = "" if is_more_there else text

    def offer(self) -> None:
        if self.kept and self.readline is not None:
            self.readline.insert_text(self.kept)
        self.kept = ""


def readline_module() -> ModuleType | None:
    try:
        import readline
    except ImportError:  # on Windows, and where Python was built without
        return None
    return readline


def history_path() -> str | None:
    """The history's file, made where it can be; None where there is no home, or one that cannot be written."""
    folder = os.environ.get("XDG_STATE_HOME", "")
    if not os.path.isabs(folder):
        folder = os.path.join(os.environ.get("HOME", ""), ".local", "state")
    if not os.path.isabs(folder):
        return None
    path = os.path.join(folder, FOLDER, HISTORY)
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
    except OSError:
        return None
    return path
