"""Members of NDJSON that no variable reads as columns with a type: numbers, truth values, else their text."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import Any

import pyarrow
from pyarrow import compute

from backprop.cli.batch.formats.undecodable import without_strays
from backprop.cli.batch.row_errors import quoted

MOST = int(sys.float_info.max)
KINDS = {"double": "number", "int64": "whole number", "uint64": "whole number", "bool": "truth value"}
BOOLEAN, DOUBLE, TEXT = pyarrow.bool_(), pyarrow.float64(), pyarrow.large_string()
INTEGER, UNSIGNED = pyarrow.int64(), pyarrow.uint64()


def member_type(values: Sequence[Any], records: Sequence[str]) -> Any:
    """The type that holds a member's values in the first rows as what they are; text where there is none.

    Numbers are doubles, as later ones may have a fraction; whole numbers that a double would change are integers, and
    doubles again where there is one that fits into no integer or is beside a fraction.
    """
    given = [(value, record) for value, record in zip(values, records, strict=True) if value is not None]
    if given and all(type(value) is bool for value, _ in given):
        return BOOLEAN
    if not given or not all(fits(value, DOUBLE, record) for value, record in given):
        return TEXT
    if any(is_rounded(value) for value, _ in given):
        for dtype in (INTEGER, UNSIGNED):
            if all(fits(value, dtype, record) for value, record in given):
                return dtype
    return DOUBLE


def fits(value: Any, dtype: Any, record: str) -> bool:
    """Whether a column of the type holds the value of a member of the record."""
    if dtype == BOOLEAN or isinstance(value, bool):
        return dtype == BOOLEAN and isinstance(value, bool)
    if isinstance(value, float) and (value != 0 or dtype == DOUBLE):  # -0 goes into integers, too
        return dtype == DOUBLE and (not math.isinf(value) or "Infinity" in record)
    if not isinstance(value, (int, float)):
        return False
    if dtype == DOUBLE:
        return abs(value) <= MOST
    return -(1 << 63) <= value < 1 << 63 if dtype == INTEGER else 0 <= value < 1 << 64


def is_beyond(value: Any, record: str) -> bool:
    """Whether it is a number that is out of range of the doubles."""
    if type(value) is int:
        return abs(value) > MOST
    return type(value) is float and math.isinf(value) and "Infinity" not in record


def is_rounded(value: Any) -> bool:
    """Whether a double has not all digits of a whole number."""
    return type(value) is int and int(float(value)) != value


def member_series(
    name: str,
    dtype: Any,
    values: Sequence[Any],
    cells: Sequence[str],
    records: Sequence[str],
    reasons: dict[int, list[str]],
    remarks: list[tuple[int, str]],
) -> Any:
    """The column of a member; where it cannot hold a row's value there is none, and why is added to `reasons`.

    To `remarks`, the first row with a number that it holds rounded.
    """
    if dtype == TEXT:
        beyond = next((row for row, value in enumerate(values) if is_beyond(value, records[row])), None)
        if beyond is not None:
            remarks.append((beyond, f"{name} is beyond all doubles: its column is written as text"))
        return pyarrow.array([readable(cell) for cell in cells], dtype)
    if dtype == DOUBLE and set(map(type, values)) <= {float, type(None)}:
        column = pyarrow.array(values, dtype)
        if not compute.any(compute.is_inf(column)).as_py():
            return column
    held: list[Any] = []
    is_told = False
    for row, (value, record) in enumerate(zip(values, records, strict=True)):
        is_held = value is None or fits(value, dtype, record)
        if is_held and type(value) is float and dtype != DOUBLE:
            value = int(value)
        held.append(value if is_held else None)
        if is_held and dtype == DOUBLE and is_rounded(value) and not is_told:
            is_told = True
            remarks.append((row, f"{name} has more digits than a double holds: it is written rounded"))
        if not is_held:
            reason = f"{name} is {quoted(cells[row])}, which the column of {KINDS[str(dtype)]}s cannot hold"
            reasons.setdefault(row, []).append(reason)
    if dtype == DOUBLE:
        held = [None if value is None else float(value) for value in held]  # pyarrow takes no integer beyond 2^53
    return pyarrow.array(held, dtype)


def readable(cell: str) -> str | None:
    """The cell as text that is UTF-8, None where it is empty."""
    return without_strays(cell) or None
