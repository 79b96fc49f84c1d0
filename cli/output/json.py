"""JSON, strictly valid: one object, or with ndjson one a row. A non-finite number is null."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, TextIO

from backprop.autodiff.lazy_numpy import np
from backprop.cli.output.cells import joined
from backprop.cli.output.output import Look
from backprop.cli.output.report import ROWS, Cell, Measured, Report, Row, Sum
from backprop.parser.printers.expression import shortest

SCHEMA = 1
EXACT = 1e16  # from here on repr writes a double with an exponent


def write(report: Report, stream: TextIO, look: Look) -> None:
    if look.format == "ndjson":
        for row in rows(report):
            stream.write(dumped(row) + "\n")
        return
    whole: dict[str, Any] = {"schema": SCHEMA}
    for key, value in report.data.items():
        whole[key] = list(rows(report)) if value is ROWS else plain(value)
    stream.write(dumped(whole, indent=None) + "\n")


def dumped(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, allow_nan=False, ensure_ascii=False, indent=indent)


def rows(report: Report) -> Iterator[dict[str, Any]]:
    """Each row as an object by column, without its empty cells; one with arrays tells their shape."""
    names = [column.name for column in report.columns]
    for row in report.rows:
        cells = {name: plain(cell) for name, cell in zip(names, row, strict=True) if cell is not None}
        shape = shape_of(row)
        yield {**cells, "shape": shape} if shape else cells


def shape_of(row: Row) -> list[int]:
    return next((list(cell.shape) for cell in row if isinstance(cell, np.ndarray)), [])


def plain(value: Cell | Any) -> Any:
    """A cell, or data made of cells, as JSON has it: whole doubles as integers, arrays as nested lists."""
    if isinstance(value, (str, bool, int)) or value is None:
        return value
    if isinstance(value, float):  # np.float64 is one
        return number(float(value))
    if isinstance(value, Sum):
        return joined(value, shortest)
    if isinstance(value, Measured):
        return number(float(value.number))
    if isinstance(value, dict):
        return {name: plain(entry) for name, entry in value.items()}
    if isinstance(value, np.ndarray):
        nested: list[Any] = [number(entry) for entry in value.ravel().tolist()]
        for length in reversed(value.shape[1:]):
            nested = [nested[start : start + length] for start in range(0, len(nested), length or 1)]
        return nested
    return [plain(entry) for entry in value]


def number(value: float) -> float | int | None:
    """The shortest form that reads back to the same double: -12 for -12.0, but -0.0, which no integer is."""
    if not math.isfinite(value):
        return None
    if value.is_integer() and abs(value) < EXACT and (value or math.copysign(1.0, value) > 0):
        return int(value)
    return value
