"""The way of a descent, from a table of points, to be drawn over a contour. Computes no step of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from backprop.autodiff.named_tuple import NamedTuple
from backprop.cli.question.question import Question
from backprop.cli.question.value_files import read_columns
from backprop.cli.status import Failure, Status

Points = np.ndarray[Any, np.dtype[Any]]


class Way(NamedTuple):
    """Points in the order in which they were gone to, along the horizontal axis and the vertical one."""

    x: Points
    y: Points


def read_way(path: str, question: Question) -> Way:
    """The columns named as the variables of the ranges. Raises Failure for none, and where there is no contour."""
    if len(question.ranges) != 2:
        raise Failure(
            f"--path {path}: a path is drawn over a contour, which has two ranges", "give a second variable a range"
        )
    x, y = read_columns(f"--path {path}", path, [range_.name for range_ in question.ranges])
    known = np.isfinite(x) & np.isfinite(y)
    if not known.any():
        raise Failure(f"--path {path}: no point in it is finite", status=Status.WRONG_DATA)
    return Way(x[known], y[known])


def outside(way: Way, question: Question) -> str | None:
    """What is to be said where the picture does not hold the whole way."""
    horizontal, vertical = question.ranges
    is_inside = (horizontal.start <= way.x) & (way.x <= horizontal.stop)
    is_inside &= (vertical.start <= way.y) & (way.y <= vertical.stop)
    count = int(np.count_nonzero(~is_inside))
    return f"--path: {count} of {len(way.x)} points lie outside of the ranges" if count else None
