"""NumPy, imported by what first needs it: its names may be held, and called with nodes and numbers before.

Importing NumPy takes longer than all else that the answer for numbers at one point does.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

from backprop.autodiff.numerics.elementary import REFUSALS, elementary

__all__ = ["np"]

NUMPY = "numpy"
OWN_NAMES = {"abs": "absolute", "mod": "remainder"}  # what NumPy calls them itself
QUESTIONS: dict[str, Callable[[float], Any]] = {  # about a number
    "ndim": lambda number: 0,
    "shape": lambda number: (),
    "size": lambda number: 1,
    "any": bool,
    "all": bool,
}
PLAIN = (float, int, bool)
NUMBERS = {"inf": math.inf, "nan": math.nan, "pi": math.pi}


class Held:
    """A function or type of NumPy's, by its name."""

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __getattr__(self, name: str) -> Held:
        if name.startswith("__"):
            raise AttributeError(name)
        return held(f"{self.__name__}.{name}")

    def __repr__(self) -> str:
        return f"<{NUMPY}.{self.__name__}>"

    def __call__(self, *operands: Any, **settings: Any) -> Any:
        if NUMPY not in sys.modules:
            if not settings and operands and all([type(operand) in PLAIN for operand in operands]):
                if self.__name__ in QUESTIONS:
                    return QUESTIONS[self.__name__](*operands)
                function = elementary(self.__name__)
                if function is not None and all([type(operand) is float for operand in operands]):
                    with suppress(*REFUSALS):
                        return function(*operands)
            for operand in operands:
                if hasattr(operand, "__array_ufunc__"):
                    return operand.__array_ufunc__(self, "__call__", *operands, **settings)
        given = {name: itself(value) for name, value in settings.items()}
        return itself(self)(*map(itself, operands), **given)

    def __instancecheck__(self, instance: Any) -> bool:
        """What is of no module that is loaded is no array."""
        return NUMPY in sys.modules and isinstance(instance, itself(self))


held = cache(Held)


class Errstate:
    """NumPy's errstate; where NumPy is imported inside, it begins then: what goes before makes no array."""

    def __init__(self, **settings: str) -> None:
        self.settings = settings
        self.begun: Any = None

    def __enter__(self) -> None:
        if NUMPY in sys.modules:
            self.begin(loaded())
        else:
            awaiting.append(self)

    def __exit__(self, *fault: Any) -> None:
        if self.begun is None:
            awaiting.remove(self)
        else:
            self.begun.__exit__(*fault)

    def begin(self, numpy: ModuleType) -> None:
        self.begun = numpy.errstate(**self.settings)
        self.begun.__enter__()


awaiting: list[Errstate] = []  # those inside of which the program is, from the outermost


def is_numpys(function: Any) -> bool:
    """Whether it is a function of NumPy's, held or not."""
    if isinstance(function, Held):
        return True
    return NUMPY in sys.modules and isinstance(function, (named("ufunc"), type(named("where"))))


def itself(function: Any) -> Any:
    """What is held, if it is held by its name, of NumPy itself."""
    return named(function.__name__) if isinstance(function, Held) else function


@cache
def named(name: str) -> Any:
    value: Any = loaded()
    for part in name.split("."):
        value = getattr(value, part)
    return value


@cache
def loaded() -> ModuleType:
    """NumPy, whose names `np` has from now on as its own."""
    import numpy

    vars(np).update(vars(numpy))
    while awaiting:
        awaiting.pop(0).begin(numpy)
    return numpy


if TYPE_CHECKING:
    import numpy as np
else:

    class LazyModule(ModuleType):
        """Gives the names of NumPy's to hold; once it is there, what they name."""

        def __getattr__(self, name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            if NUMPY in sys.modules:
                return getattr(loaded(), name)
            if name == "errstate":
                return Errstate
            return NUMBERS[name] if name in NUMBERS else held(OWN_NAMES.get(name, name))

    np = LazyModule(NUMPY)
