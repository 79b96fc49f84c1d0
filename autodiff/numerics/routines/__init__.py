"""Special functions of numbers as plain loops, which the printers translate into other languages (translation.py).

They keep to `math`, floats, integers, lists of fixed length, `if`, `for` over a range and `while`, and raise nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.numerics.entries import at_entries
from backprop.autodiff.shapes import Array


class ByRoutine:
    """The function of a gate that computes numbers by the routine; settings follow its operands."""

    def __init__(self, routine: Callable[..., float], of_arrays: Callable[..., Array]) -> None:
        self.routine = routine
        self.of_arrays = of_arrays

    def __call__(self, *operands: Array, **settings: Any) -> Array:
        if any(isinstance(operand, np.ndarray) for operand in operands):
            return self.of_arrays(*operands, **settings)
        return np.float64(self.routine(*map(float, operands), **settings))


def over_entries(routine: Callable[..., float]) -> ByRoutine:
    """The routine for numbers and for arrays of any shapes that broadcast."""

    def of_arrays(*operands: Array, **settings: Any) -> Array:
        entries: Any = at_entries(lambda *entry: routine(*entry, **settings), *operands)
        return np.asarray(entries, dtype=np.float64)

    return ByRoutine(routine, of_arrays)


def of_numbers(routine: Callable[..., float], of_arrays: Callable[..., Array]) -> ByRoutine:
    """The routine for numbers, as generated code computes them, and what takes arrays for arrays."""
    return ByRoutine(routine, of_arrays)
