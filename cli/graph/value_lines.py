"""A value as the few short lines that a picture has room for. Knows no format."""

from __future__ import annotations

import numpy as np

from backprop.autodiff import shapes
from backprop.autodiff.shapes import Array
from backprop.cli.output.numbers import Writer, summary

MAXIMUM_ROWS = 4  # of a matrix
MAXIMUM_ENTRIES = 4  # of a row


def lines_of(value: Array, write: Writer) -> list[str]:
    """A number, a row of numbers, or a matrix a row a line; of larger arrays the first entries. Of -0 it is 0."""
    value = value + 0.0  # which is what a reader of a picture takes -0 for
    if np.ndim(value) == 0:
        return [write(float(value))]
    if np.ndim(value) == 1:
        return [row_of(np.asarray(value), write)]
    if np.ndim(value) == 2 and np.size(value):
        rows = [row_of(row, write) for row in np.asarray(value)[:MAXIMUM_ROWS]]
        return [*rows[: MAXIMUM_ROWS - 1], "…"] if np.shape(value)[0] > MAXIMUM_ROWS else rows
    return [summary(value, write)]


def row_of(row: np.ndarray[tuple[int, ...], np.dtype[np.float64]], write: Writer) -> str:
    kept = row if len(row) <= MAXIMUM_ENTRIES else row[: MAXIMUM_ENTRIES - 1]
    return f"[{', '.join([*map(write, kept.tolist()), *(['…'] * (len(kept) < len(row)))])}]"


def line_of(value: Array, write: Writer) -> str:
    """The value on one line, an array with its shape behind."""
    value = value + 0.0
    text = summary(value, write)
    shape = shapes.show(np.shape(value))
    return text if not np.ndim(value) or text.endswith(shape) else f"{text} {shape}"
