"""Functions that fill their last operand, which a process that gets a program knows by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Filling = Callable[..., Any]


def filling(function: Filling) -> Filling:
    """A ufunc as a function that fills a buffer behind its operands."""
    return OF_TWO.get(function, function)


def is_known_by_name(function: Filling) -> bool:
    return isinstance(function, np.ufunc) or function in OWN


def copy_into(source: Any, target: Any) -> None:
    np.copyto(target, source)


def maximum_into(x: Any, y: Any, target: Any) -> None:
    np.maximum(x, y, out=target)


def minimum_into(x: Any, y: Any, target: Any) -> None:
    np.minimum(x, y, out=target)


OF_TWO: dict[Filling, Filling] = {np.maximum: maximum_into, np.minimum: minimum_into}  # NumPy refuses them a third soon
OWN = {copy_into, *OF_TWO.values()}
