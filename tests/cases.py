"""Many cases in one test: pytest takes longer for a test than most of them take."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

Case = TypeVar("Case")
Other = TypeVar("Other")


tried: list[object] = []  # the case that `each` gave last, until all are done


def each(cases: Iterable[Case]) -> Iterator[Case]:
    """The cases one by one; of a test that fails, conftest.py shows the one that it failed at."""
    for case in cases:
        tried[:] = [case]
        yield case
    tried.clear()


def covering(
    cases: Sequence[Case], others: Sequence[Other], fits: Callable[[Case, Other], bool]
) -> list[tuple[Case, Other]]:
    """Some of all pairs: each case has a part in one, and so has each of the others, where any fits it."""
    rows, columns = range(len(cases)), range(len(others))
    walks = [[(row, (row + turn) % len(others)) for turn in columns] for row in rows]
    walks += [[((column + turn) % len(cases), column) for turn in rows] for column in columns]
    firsts = [next((pair for pair in walk if fits(cases[pair[0]], others[pair[1]])), None) for walk in walks]
    return [(cases[row], others[column]) for row, column in dict.fromkeys(pair for pair in firsts if pair)]


def tuples(values: Sequence[Case], count: int) -> list[tuple[Case, ...]]:
    """All tuples of the values or, of more than four, some: at any two places they hold every pair.

    Source: Bush, Orthogonal arrays of index unity, Ann. Math. Statist. 23 (1952), on lines over a finite field.
    """
    if count <= 4:
        return list(itertools.product(values, repeat=count))
    size = next(number for number in itertools.count(max(len(values), count)) if is_prime(number))
    lines = itertools.product(range(size), repeat=2)
    return [
        tuple(values[(place * slope + start) % size % len(values)] for place in range(count)) for slope, start in lines
    ]


def is_prime(number: int) -> bool:
    return number > 1 and all(number % divisor for divisor in range(2, number))
