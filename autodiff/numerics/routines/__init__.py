"""Special functions of numbers as plain loops, which the printers translate into other languages (translation.py).

They keep to `math`, floats, integers, lists of fixed length, `if`, `for` over a range and `while`, and raise nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from backprop.autodiff.shapes import Array


def over_entries(routine: Callable[..., float]) -> Callable[..., Array]:
    """The routine for numbers and for arrays of any shapes that broadcast; settings follow its operands."""

    def forward(*operands: Array, **settings: Any) -> Array:
        if not any(isinstance(operand, np.ndarray) for operand in operands):
            return np.float64(routine(*map(float, operands), **settings))
        entries: Any = np.frompyfunc(lambda *entry: routine(*entry, **settings), len(operands), 1)(*operands)
        return np.asarray(entries, dtype=np.float64)

    return forward


def of_numbers(routine: Callable[..., float], of_arrays: Callable[..., Array]) -> Callable[..., Array]:
    """The routine for numbers, as generated code computes them, and what takes arrays for arrays."""

    def forward(*operands: Array, **settings: Any) -> Array:
        if any(isinstance(operand, np.ndarray) for operand in operands):
            return of_arrays(*operands, **settings)
        return np.float64(routine(*map(float, operands), **settings))

    return forward
