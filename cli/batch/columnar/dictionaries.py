"""Dictionaries of columns: where batches have each their own, one that they share."""

from __future__ import annotations

from typing import Any

import pyarrow


def with_shared(position: int, column: Any, known: dict[int, Any]) -> Any:
    """A column with the dictionary that is `known` of its place, and behind it what it adds, which is known then."""
    if isinstance(column, pyarrow.DictionaryArray):
        if position in known and not known[position].equals(column.dictionary):
            before = pyarrow.DictionaryArray.from_arrays(pyarrow.array([], column.type.index_type), known[position])
            column = pyarrow.chunked_array([before, column]).unify_dictionaries().chunk(1)
        known[position] = column.dictionary
    return column
