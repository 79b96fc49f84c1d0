"""What hangs together in a circuit: its rows, where it was folded. Knows no layout."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar

Thing = TypeVar("Thing", bound=Hashable)


def groups_of(things: Sequence[Thing], pairs: Iterable[tuple[Thing, Thing]]) -> list[list[Thing]]:
    """The things in groups, each joined by the pairs, in the order of their first ones."""
    place = {thing: number for number, thing in enumerate(things)}
    root = list(range(len(things)))

    def root_of(number: int) -> int:
        while root[number] != number:
            root[number] = number = root[root[number]]
        return number

    for pair in pairs:
        first, other = sorted(root_of(place[thing]) for thing in pair)
        root[other] = first
    groups: dict[int, list[Thing]] = {}
    for number, thing in enumerate(things):
        groups.setdefault(root_of(number), []).append(thing)
    return list(groups.values())
