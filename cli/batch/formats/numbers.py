"""Result columns as text, many numbers at a time: the shortest digits that read back to the same double."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

from backprop.autodiff.lazy_numpy import np

Rows: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"  # an array with the rows along its last axis


def texts(values: Rows) -> list[str]:
    """`shortest` of each number of a vector: `0.1`, `2`, `-0.0`, `inf`; in single precision, as it takes for that."""
    numbers = values if values.dtype == np.float64 else map(float, values.astype(str))
    written = list(map(repr, values.tolist() if numbers is values else numbers))
    for index in np.flatnonzero(np.rint(values) == values).tolist():
        text = written[index]
        if text[-2:] == ".0" and text != "-0.0":
            written[index] = text[:-2]
    return written


def rows_of(columns: Sequence[Rows]) -> list[Rows]:
    """Results of shape (*shape, rows) as vectors of rows, one an entry, in C order."""
    return [vector for column in columns for vector in column.reshape(math.prod(column.shape[:-1]), column.shape[-1])]


def lines_in(data: bytes) -> int:
    return int(np.count_nonzero(np.frombuffer(data, np.uint8) == ord("\n")))


def is_sum_finite(values: Rows) -> bool:
    """Whether the sum is finite: then all of them are. It may overflow."""
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(np.sum(values)))
