"""A number as the text of a file writes it. Knows no format and no place."""

from __future__ import annotations

import math


class OutOfRange(ValueError):
    """A number that no double is near to: 1e999, as opposed to inf."""


def parsed(text: str) -> float:
    """The number that the text is. Raises ValueError where it is none, OutOfRange."""
    if not is_plain(text.strip()):
        raise ValueError
    number = float(text)
    if math.isinf(number) and "n" not in text.lower():
        raise OutOfRange
    return number


def is_plain(text: str) -> bool:
    """Whether Python's float reads in the text what it says: of `1_0` it makes 10, and of the Arabic digit 3 a 3."""
    return text.isascii() and "_" not in text
