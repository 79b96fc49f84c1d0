"""Tables of other libraries as columns by name: what has columns and gives each by its name. Imports none of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from backprop.autodiff.shapes import entry_name


def columns_of(table: Any, names: Collection[str] | None = None) -> Mapping[str, Any]:
    """The columns of a table: those of `names` of a data frame, which has others, all of a mapping or without names.

    pandas and polars name theirs in `columns`, pyarrow in `column_names`, a structured array of NumPy in its dtype.
    Raises TypeError for what is no table.
    """
    if table is None or isinstance(table, Mapping):
        return table or {}
    for known in (
        getattr(table, "column_names", None),
        getattr(table, "columns", None),
        getattr(getattr(table, "dtype", None), "names", None),
    ):
        if known is not None:
            return {name: table[name] for name in known if names is None or name in names}
    raise TypeError(f"a mapping or a data frame is expected, not {type(table).__name__}")


def entries_of(name: str, rows: np.ndarray[Any, Any]) -> dict[str, np.ndarray[Any, Any]]:
    """The column of that name; where each row has an array, a column for each of its entries, such as `x[0]`."""
    if rows.ndim == 1:
        return {name: rows}
    return {entry_name(name, index): rows[(slice(None), *index)] for index in np.ndindex(rows.shape[1:])}
