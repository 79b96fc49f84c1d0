"""Matrix Market (.mtx), which mathematical programs of every language read: a line for each entry of a sparse matrix.

Source: Boisvert, Pozo & Remington (1996), The Matrix Market Exchange Formats. Numbers are counted from 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TextIO

import numpy as np

from backprop.autodiff.shapes import Shape
from backprop.cli.output.output import Look
from backprop.cli.output.report import Report

PIECE = 1 << 16  # entries written at once


def write(report: Report, stream: TextIO, look: Look) -> None:
    """What is symmetric is written as its lower half, as the format has it."""
    assert report.listed is not None
    listed = report.listed
    matrix = listed.matrix
    wanted = np.flatnonzero(matrix.rows >= matrix.columns) if listed.is_symmetric else np.arange(len(matrix.rows))
    stream.write(f"%%MatrixMarket matrix coordinate real {'symmetric' if listed.is_symmetric else 'general'}\n")
    if listed.is_symmetric:
        stream.writelines(places("rows and columns", listed.rows))
    else:
        stream.writelines([*places("rows", listed.rows), *places("columns", listed.columns)])
    height, width = matrix.shape
    stream.write(f"{height} {width} {len(wanted)}\n")
    for start in range(0, len(wanted), PIECE):
        part = wanted[start : start + PIECE]
        triplets = zip(
            (matrix.rows[part] + 1).tolist(),
            (matrix.columns[part] + 1).tolist(),
            matrix.values[part].tolist(),
            strict=True,
        )
        stream.writelines([f"{row} {column} {value!r}\n" for row, column, value in triplets])


def places(what: str, parts: Sequence[tuple[str, Shape]]) -> list[str]:
    """Comments that say which rows or columns are whose entries."""
    lines, first = [], 1
    for name, shape in parts:
        last = first + math.prod(shape) - 1
        if last < first:
            continue
        lines.append(f"% {name}: {what} {first} to {last}\n" if shape else f"% {name}: {what} {first}\n")
        first = last + 1
    return lines
