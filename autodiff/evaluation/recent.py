"""What was made last, by what it was made for: a bounded number of things, which threads may share."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any


class Recent:
    """Keeps the last `most` things that were asked for, their sizes together at most `most_size`."""

    __slots__ = ("_kept", "_latest", "_lock", "_size", "most", "most_size")

    def __init__(self, most: int, most_size: int) -> None:
        self.most = most
        self.most_size = most_size
        self._kept: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()
        self._latest: tuple[Hashable, Any] = None, None  # the last of those kept: most often asked for again

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Hashable, make: Callable[[], Any], size_of: Callable[[Any], int]) -> Any:
        """What was kept for `key`, or else what `make` makes. Two threads that ask at once may both make it."""
        kept = self.find(key)
        if kept is not None:
            return kept
        made = make()
        self.keep(key, made, size_of(made))
        return made

    def find(self, key: Hashable) -> Any:
        """What was kept for `key`, or None."""
        latest, made = self._latest
        if latest == key:
            return made
        with self._lock:
            kept = self._kept.get(key)
            if kept is None:
                return None
            self._kept.move_to_end(key)
            self._latest = key, kept[0]
            return kept[0]

    def keep(self, key: Hashable, made: Any, size: int) -> None:
        """Keep it for `key`, unless it is too large."""
        if size <= self.most_size:
            with self._lock:
                self._put(key, made, size)

    def _put(self, key: Hashable, made: Any, size: int) -> None:
        _, replaced = self._kept.pop(key, (None, 0))
        self._kept[key] = made, size
        self._latest = key, made
        self._size += size - replaced
        while len(self._kept) > self.most or self._size > self.most_size:
            _, (_, dropped) = self._kept.popitem(last=False)
            self._size -= dropped
