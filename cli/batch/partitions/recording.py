"""What is told while one file of rows is answered: counted, and kept for whoever tells it. Says nothing itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from backprop.cli.batch.account import Account, Listener
    from backprop.cli.batch.evaluation import Answer
    from backprop.cli.batch.input.files import GivenFile


class Counting:
    """A listener who counts what another one is told."""

    def __init__(self, listener: Listener, follow: Callable[[int, int], None]) -> None:
        self.rows = self.bad = self.nonfinite = 0
        self.loss: str | None = None
        self.is_stopped = False
        self._listener = listener
        self._follow = follow  # hears of the rows and bytes so far

    def note(self, text: str) -> None:
        self._listener.note(text)

    def begin(self, file: GivenFile, unit: str, size: int | None) -> None:
        self._listener.begin(file, unit, size)

    def take(self, answer: Answer, first: int, consumed: int) -> None:
        self.rows += answer.rows
        self.bad += len(answer.faults) + answer.untold
        self.nonfinite += sum(answer.nonfinite.rows.values()) if answer.nonfinite else 0
        self.is_stopped = answer.is_last
        self._listener.take(answer, first, consumed)
        self._follow(self.rows, consumed)

    def end(self, loss: str | None, consumed: int) -> None:
        self.loss = loss
        self._listener.end(loss, consumed)


class Recording:
    """A listener who has an account tell what it hears, or keeps it for one; then it can be pickled."""

    def __init__(self, account: Account | None = None) -> None:
        self.is_stopped = False
        self._account = account
        self._kept: list[tuple[str, tuple[Any, ...]]] = []

    def note(self, text: str) -> None:
        self._hear("note", text)

    def begin(self, file: GivenFile, unit: str, size: int | None) -> None:
        self._hear("begin", file, unit, size)

    def take(self, answer: Answer, first: int, consumed: int) -> None:
        if answer.faults or answer.remarks or answer.untold or answer.without or answer.nonfinite or answer.kinked:
            self._hear("tell", answer._replace(output=b"", sums=None), first)

    def end(self, loss: str | None, consumed: int) -> None:
        self._hear("end", loss, 0)

    def go_on_with(self, other: Recording) -> None:
        """Keep what was told of the next part of the same file, too, as if it had been told of one file."""
        before = [kept for kept in self._kept if kept[0] != "end"]
        self._kept = [*before, *[kept for kept in other._kept if kept[0] != "begin" or not before]]

    def tell(self, account: Account) -> None:
        """Have it tell what was kept."""
        for method, given in self._kept:
            getattr(account, method)(*given)

    def _hear(self, method: str, *given: Any) -> None:
        if self._account is None:
            self._kept.append((method, given))
        else:
            getattr(self._account, method)(*given)
