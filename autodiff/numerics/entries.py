"""Functions of numbers at each entry of arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backprop.autodiff.lazy_numpy import np


def at_entries(function: Callable[..., Any], *operands: Any) -> Any:
    """An array of what the function gives for each entry, with NumPy's broadcasting.

    What arithmetic of Python's numbers leaves in the processor's flags is no warning of NumPy's.
    """
    with np.errstate(all="ignore"):
        return np.frompyfunc(function, len(operands), 1)(*operands)
