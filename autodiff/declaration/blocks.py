"""What a gate that is not entrywise says of its result in blocks of its operand's leading axis. Knows no gate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.shapes import Index, Shape, Slice


class Repeated(NamedTuple):
    """Each entry is the operand's only one."""


class Window(NamedTuple):
    """The operand's entries along its leading axis from `start` on, as many as the result has."""

    start: int


class Margins(NamedTuple):
    """The operand's entries along its leading axis from `start` on, between zeros."""

    start: int


class Reduced(NamedTuple):
    """One number, by a binary ufunc between all entries, and what `finish` makes of it and of their count."""

    ufunc: Any
    finish: Callable[[Any, int], Any] | None = None


BlockForm: TypeAlias = Repeated | Window | Margins | Reduced


def start_along(index: Index, shape: Shape) -> int | None:
    """Where an index begins that takes a run of the leading axis of an array and all along the others, else None."""
    first, *rest = index or (None,)
    if not isinstance(first, Slice) or any(
        not isinstance(one, Slice) or range(*slice(*one).indices(length)) != range(length)
        for one, length in zip(rest, shape[1:], strict=False)
    ):
        return None
    start, stop, step = slice(*first).indices(shape[0])
    return start if step == 1 and stop > start else None


def is_of_all(axis: Any, shape: Shape) -> bool:
    """Whether an axis names all that an array has."""
    return axis is None or {one % len(shape) for one in ((axis,) if isinstance(axis, int) else axis)} == {
        *range(len(shape))
    }
