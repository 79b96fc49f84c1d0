"""The languages of code, a file each: how they spell numbers, operators and functions, and frame them."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backprop.parser.printers.language import Language


def languages() -> dict[str, Language]:
    """Each by the name of its file."""
    found = {}
    for module in iter_modules(__path__):
        language = getattr(import_module(f"{__name__}.{module.name}"), module.name.upper(), None)
        if language is not None:
            found[module.name] = language
    return found
