"""Building without the garbage collector's rounds."""

from __future__ import annotations

import gc
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def without_collection(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """The function, run with cyclic collection paused.

    A graph is many small objects and no garbage. Every round of the collector walks all of them again, and at
    100,000 terms that costs as much as the work itself.
    """

    @wraps(function)
    def paused(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        if not gc.isenabled():
            return function(*args, **kwargs)
        gc.disable()
        try:
            return function(*args, **kwargs)
        finally:
            gc.enable()

    return paused
