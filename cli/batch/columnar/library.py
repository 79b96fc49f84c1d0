"""polars, whole: whether it can be used here, and the module. Knows no rows."""

from __future__ import annotations

import sys
import warnings
from importlib.util import find_spec
from typing import Any

LEAST_ADDRESS_SPACE = 3 << 29  # bytes; with less polars ends the process, and no error can be told


def is_usable() -> bool:
    """Whether polars is installed, and may take the memory that it needs."""
    return find_spec("polars") is not None and has_room()


def has_room() -> bool:
    """Whether `ulimit -v` leaves polars what it takes before the first row."""
    if sys.platform == "win32":
        return True
    import resource

    allowed = resource.getrlimit(resource.RLIMIT_AS)[0]
    return allowed == resource.RLIM_INFINITY or allowed >= LEAST_ADDRESS_SPACE


def loaded() -> Any:
    """The module, tried out: without its library, for which there may be no memory, its import only warns.

    Raises ImportError, or whatever a polars raises that is not whole.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import polars

    try:
        polars.Series([0.0])
    except NameError:
        raise ImportError("its library cannot be loaded") from None
    return polars
