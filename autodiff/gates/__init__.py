"""The gate table, a family a file. Everything that lists gates, or looks one up by name, reads it here.

All families take longer to import than most answers do, which need few of them: a family is imported when it is first
asked for one of its gates. Which has it is told by the declarations, and kept in a file between runs.
"""

from __future__ import annotations

import os
from collections.abc import Callable, ItemsView, Iterator, KeysView, ValuesView
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from backprop.autodiff import declaration
from backprop.autodiff.declaration.table import METHODS
from backprop.autodiff.kept_file import kept

if TYPE_CHECKING:
    from backprop.autodiff.declaration.gate import Gate
    from backprop.autodiff.gates.whole import FAMILIES, GATES, OF_NO_FAMILY

__all__ = ["BINDERS", "FAMILIES", "FUNCTIONS", "GATES", "OF_NO_FAMILY", "OPERATORS"]

Found = TypeVar("Found")


class Sought(dict[str, Found], Generic[Found]):
    """What `find` finds for a name, which raises KeyError. Whoever lists it has `everything`."""

    def __init__(self, find: Callable[[str], Found], everything: Callable[[], dict[str, Found]]) -> None:
        self.find, self.everything = find, everything
        self.is_whole = False

    def __missing__(self, name: str) -> Found:
        if self.is_whole:
            raise KeyError(name)
        found = self[name] = self.find(name)
        return found

    def __contains__(self, name: object) -> bool:
        return self.get(name) is not None

    def get(self, name: Any, default: Any = None) -> Any:
        try:
            return self[name]
        except KeyError:
            return default

    def complete(self) -> Sought[Found]:
        if not self.is_whole:
            self.is_whole = True
            known = dict(super().items())
            self.clear()
            self.update({**self.everything(), **known})
        return self

    def __iter__(self) -> Iterator[str]:
        return dict.__iter__(self.complete())

    def __len__(self) -> int:
        return dict.__len__(self.complete())

    def keys(self) -> KeysView[str]:  # type: ignore[override]
        return dict.keys(self.complete())

    def values(self) -> ValuesView[Found]:  # type: ignore[override]
        return dict.values(self.complete())

    def items(self) -> ItemsView[str, Found]:  # type: ignore[override]
        return dict.items(self.complete())


def all_declared() -> Any:
    return import_module("backprop.autodiff.gates.whole")


@cache
def places() -> dict[str, Any]:
    """Where gates are declared (whole.py): as the last run found it, if nothing has changed since then."""
    folders = [written(folder) for folder in (*__path__, *declaration.__path__)]
    by_kind: dict[str, Any] = kept("gates", None if None in folders else folders, lambda: all_declared().places())
    return by_kind


def declare(key: Any) -> None:
    """Have what METHODS finds by that key declared, if it is known where it is."""
    module = places()["methods"].get(key)
    if module:
        import_module(module)


def written(folder: str) -> list[tuple[str, int, int]] | None:
    """Names, times and sizes of the modules in a folder, if it is one."""
    try:
        with os.scandir(folder) as entries:
            modules = [(entry.name, entry.stat()) for entry in entries if entry.name.endswith(".py")]
    except OSError:
        return None
    return sorted((name, status.st_mtime_ns, status.st_size) for name, status in modules)


def function(name: str) -> tuple[Gate, ...]:
    return tuple([getattr(import_module(module), gate) for module, gate in places()["functions"][name]])


def operator(sign: str) -> Gate:
    gate = METHODS[sign]
    if not gate.is_public:
        raise KeyError(sign)
    return gate


# A name may mean several gates: the one that takes as many operands as are given is meant.
FUNCTIONS: dict[str, tuple[Gate, ...]] = Sought(function, lambda: all_declared().FUNCTIONS)
OPERATORS: dict[str, Gate] = Sought(operator, lambda: all_declared().OPERATORS)
BINDERS = frozenset(places()["binders"])  # functions that have a variable of their own


def __getattr__(name: str) -> Any:
    if name in ("FAMILIES", "GATES", "OF_NO_FAMILY"):
        return getattr(all_declared(), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
