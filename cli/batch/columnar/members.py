"""Members of NDJSON that no variable reads as columns with a type: numbers, truth values, else their text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from backprop.cli.batch.formats.undecodable import without_strays
from backprop.cli.batch.row_errors import quoted

KINDS = {"Float64": "number", "Int64": "whole number", "UInt64": "whole number", "Boolean": "truth value"}


def member_type(values: Sequence[Any], records: Sequence[str]) -> Any:
    """The type that holds a member's values in the first rows as what they are; text where there is none.

    Numbers are doubles, as later ones may have a fraction; whole numbers that a double would change are integers.
    """
    import polars

    given = [(value, record) for value, record in zip(values, records, strict=True) if value is not None]
    for dtype in (polars.Boolean, polars.Float64, polars.Int64, polars.UInt64):
        if given and all(fits(value, dtype, record) for value, record in given):
            return dtype
    return polars.String


def fits(value: Any, dtype: Any, record: str) -> bool:
    """Whether a column of the type holds the value of a member of the record."""
    import polars

    if dtype == polars.Boolean or isinstance(value, bool):
        return dtype == polars.Boolean and isinstance(value, bool)
    if isinstance(value, float):
        return dtype == polars.Float64 and (not math.isinf(value) or "Infinity" in record)
    if not isinstance(value, int):
        return False
    if dtype == polars.Float64:
        return abs(value) <= 1 << 1023 and int(float(value)) == value
    return -(1 << 63) <= value < 1 << 63 if dtype == polars.Int64 else 0 <= value < 1 << 64


def member_series(
    name: str,
    dtype: Any,
    values: Sequence[Any],
    cells: Sequence[str],
    records: Sequence[str],
    reasons: dict[int, list[str]],
) -> Any:
    """The column of a member; where it cannot hold a row's value there is none, and why is added to `reasons`."""
    import polars

    if dtype == polars.String:
        return polars.Series(name, [readable(cell) for cell in cells], dtype=dtype)
    if dtype == polars.Float64 and set(map(type, values)) <= {float, type(None)}:
        column = polars.Series(name, values, dtype=dtype)
        if not column.is_infinite().any():
            return column
    held = []
    for row, (value, record) in enumerate(zip(values, records, strict=True)):
        is_held = value is None or fits(value, dtype, record)
        held.append(value if is_held else None)
        if not is_held:
            reason = f"{name} is {quoted(cells[row])}, which the column of {KINDS[str(dtype)]}s cannot hold"
            reasons.setdefault(row, []).append(reason)
    return polars.Series(name, held, dtype=dtype)


def readable(cell: str) -> str | None:
    """The cell as text that is UTF-8, None where it is empty."""
    return without_strays(cell) or None
