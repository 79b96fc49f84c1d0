"""Many cases in one test: pytest takes longer for a test than most of them take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

Case = TypeVar("Case")


def each(cases: Iterable[Case]) -> Iterator[Case]:
    """The cases one by one, each printed before: the last that pytest shows of a failed test is the one that failed."""
    for case in cases:
        print(case)
        yield case
