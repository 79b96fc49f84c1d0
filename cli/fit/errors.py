"""Columns that hold errors or weights: what they are called among those that are read, and which belong together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

SIGMA, WEIGHT = "sigma", "weight"  # of a response, before its number


def error_of(name: str) -> str:
    """What the errors of a column are called."""
    return f"{SIGMA} of {name}"


def together(names: Sequence[str], columns: Mapping[str, Any], word: str) -> Any:
    """The errors or weights of all responses, among those of these names: one for all, or one each; None: no such."""
    import numpy as np  # here, not above: help and completion need no numbers

    given = [columns[name] for name in names if name.startswith(f"{word} ") and name.split()[1].isdigit()]
    return None if not given else given[0] if len(given) == 1 else np.stack(given)


def noise_of(names: Sequence[str], columns: Mapping[str, Any]) -> Any:
    """The standard errors of the responses, by sigma or weights; None where there are neither."""
    import numpy as np

    weights = together(names, columns, WEIGHT)
    with np.errstate(all="ignore"):
        return together(names, columns, SIGMA) if weights is None else 1.0 / np.sqrt(weights)
