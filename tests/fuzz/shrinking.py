"""The shortest form of a failing case that can be reached by leaving parts out (Zeller & Hildebrandt, 2002)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from .runs import Run

Part = TypeVar("Part")


class TimeIsUp(Exception):
    """Raised by `fails`: what is kept so far is the shortest form."""


def shortest(parts: Sequence[Part], fails: Callable[[list[Part]], bool]) -> list[Part]:
    """The parts, without those that the failure does without; first large pieces are tried, then single ones."""
    kept = list(parts)
    size = max(1, len(kept) // 2)
    with contextlib.suppress(TimeIsUp):
        while True:
            start, is_shorter = 0, False
            while start < len(kept):
                rest = kept[:start] + kept[start + size :]
                if fails(rest):
                    kept, is_shorter = rest, True
                else:
                    start += size
            if size == 1 and not is_shorter:
                break
            size = max(1, size // 2)
    return kept


def shortest_run(run: Run, fails: Callable[[Run], bool]) -> Run:
    """The run with as few words, files and bytes as the same fault needs."""
    words = shortest(run.words, lambda some: fails(replace(run, words=tuple(some))))
    run = replace(run, words=tuple(words))
    for place in range(len(words)):
        run = _with_shorter_word(run, place, fails)
    names = shortest(list(run.files), lambda some: fails(replace(run, files={name: run.files[name] for name in some})))
    run = replace(run, files={name: run.files[name] for name in names})
    for name in names:
        run = _with_shorter_file(run, name, fails)
    run = replace(run, stdin=bytes(shortest(run.stdin, lambda some: fails(replace(run, stdin=bytes(some))))))
    bare = replace(run, environment={})
    with contextlib.suppress(TimeIsUp):
        return bare if run.environment and fails(bare) else run
    return run


def _with_shorter_word(run: Run, place: int, fails: Callable[[Run], bool]) -> Run:
    def changed(letters: Sequence[str]) -> Run:
        return replace(run, words=(*run.words[:place], "".join(letters), *run.words[place + 1 :]))

    return changed(shortest(run.words[place], lambda letters: fails(changed(letters))))


def _with_shorter_file(run: Run, name: str, fails: Callable[[Run], bool]) -> Run:
    def changed(content: Sequence[int]) -> Run:
        return replace(run, files={**run.files, name: bytes(content)})

    return changed(shortest(run.files[name], lambda content: fails(changed(content))))
