"""Many cases in one test: pytest takes longer for a test than most of them take."""

from __future__ import annotations

import functools
import inspect
import itertools
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

MOST_SHOWN = 5  # of the cases of a test that fail
LONGEST_NAME = 200  # of a case, in characters

Case = TypeVar("Case")
Other = TypeVar("Other")


tried: list[object] = []  # the case that `each` gave last, until all are done


def each(cases: Iterable[Case]) -> Iterator[Case]:
    """The cases one by one; of a test that fails, conftest.py shows the one that it failed at."""
    for case in cases:
        tried[:] = [case]
        yield case
    tried.clear()


def as_one_test(
    names: str | Sequence[str], cases: Iterable[Any], ids: Callable[[Any], Any] | Iterable[str] | None = None
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """What pytest.mark.parametrize is, as one test: where pytest takes longer for a test than a case takes.

    All cases run, and a test that fails says of each that did which it was and where. Fixtures are the same for all.
    """
    names = names.replace(",", " ").split() if isinstance(names, str) else list(names)
    cases = list(cases)
    values = [case if len(names) > 1 else (case,) for case in cases]

    def label(place: int) -> str:
        if ids is None:
            return repr(cases[place])[:LONGEST_NAME]
        return "-".join([str(ids(value)) for value in values[place]]) if callable(ids) else list(ids)[place]

    def decorated(test: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(test)
        def all_cases(**fixtures: Any) -> None:
            failed = {}
            for place, case in enumerate(values):
                try:
                    test(**dict(zip(names, case, strict=True)), **fixtures)
                except Exception as error:
                    failed[label(place)] = error
            assert not failed, said_of(failed, len(cases))

        signature = inspect.signature(test)
        others = [one for name, one in signature.parameters.items() if name not in names]
        all_cases.__signature__ = signature.replace(parameters=others)  # type: ignore[attr-defined]
        return all_cases

    return decorated


def said_of(failed: dict[str, Exception], count: int) -> str:
    """Which cases failed, and where the first of them did."""
    shown = [
        "".join([f"{label}:\n", *traceback.format_exception(error)])
        for label, error in itertools.islice(failed.items(), MOST_SHOWN)
    ]
    return "\n".join([f"{len(failed)} of {count} cases: {', '.join(failed)}", *shown])


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
