"""Which kinks were hit exactly by derivatives whose sides differ there, until somebody takes them. Knows no pass."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node

MOST_HITS = 100  # nobody has to take them

_hits: deque[Node] = deque(maxlen=MOST_HITS)
_of_thread = threading.local()


def record(slopes: Iterable[Node]) -> None:
    """Note kinks that were hit: slopes, each with its gate's span."""
    hits: deque[Node] = getattr(_of_thread, "hits", _hits)
    hits.extend(slopes)


def take_hits() -> list[Node]:
    """The kinks that were noted since the last call, each once."""
    slopes = [_hits.popleft() for _ in range(len(_hits))]
    return list({(slope.gate, slope.span): slope for slope in slopes}.values())


@contextmanager
def provisional_hits() -> Iterator[deque[Node]]:
    """What this thread notes meanwhile, kept apart: it is for the caller to record where the results count."""
    outer = getattr(_of_thread, "hits", _hits)
    provisional: deque[Node] = deque(maxlen=MOST_HITS)
    _of_thread.hits = provisional
    try:
        yield provisional
    finally:
        _of_thread.hits = outer
