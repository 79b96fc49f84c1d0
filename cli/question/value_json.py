"""JSON values: a number or nested lists of numbers. Raises ValueError in words that a user can read."""

from __future__ import annotations

import math
import re
import sys
from collections import Counter
from typing import Any

import numpy as np

from backprop.autodiff.shapes import Array

LONGEST = 2**28  # characters of a file
MINUS_ZERO = re.compile(r"-0(?![0-9.eE])")
MAXIMUM_DEPTH = 32  # dimensions of a NumPy array before 2.0


def load(path: str) -> Any:
    """The document in a file, or in stdin for `-`; a name given twice is an error, `NaN` and `Infinity` are numbers."""
    import json

    def without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) < len(pairs):
            counts = Counter(name for name, _ in pairs)
            raise ValueError(f"{next(name for name, count in counts.items() if count > 1)!r} is given twice")
        return members

    def in_range(digits: str) -> float:
        number = float(digits)
        if math.isinf(number):
            raise ValueError(f"{digits[:40]} is out of range")
        return number

    if path == "-" and sys.stdin is None:
        raise ValueError("it is closed")
    # a descriptor, as a file, is read without what stands above it: Python's own stream has another encoding
    is_stdin = path == "-"
    with open(sys.stdin.fileno() if is_stdin else path, encoding="utf-8-sig", closefd=not is_stdin) as stream:
        try:
            text = stream.read(LONGEST + 1)
            if len(text) > LONGEST:
                raise ValueError(f"it has more than {LONGEST} characters: save large arrays as .npy")
            hooks = with_zeros_of_sign(text)
            return json.loads(text, object_pairs_hook=without_doubles, parse_float=in_range, **hooks)
        except UnicodeDecodeError:
            raise ValueError("it is not UTF-8 text") from None
        except json.JSONDecodeError as error:
            reason = error.msg[:1].lower() + error.msg[1:]
            raise ValueError(f"line {error.lineno}, column {error.colno}: {reason}") from None
        except ValueError as error:
            raise ValueError("a number is out of range" if "digits" in str(error) else str(error)) from None
        except RecursionError:
            raise ValueError("it is nested too deeply") from None


def with_zeros_of_sign(text: str) -> dict[str, Any]:
    """What lets Python's reader take -0 for the double that it is, and not for the whole number 0.

    Only where there may be one: it takes time for each whole number.
    """
    return {"parse_int": lambda digits: -0.0 if digits == "-0" else int(digits)} if MINUS_ZERO.search(text) else {}


def as_array(value: Any) -> Array:
    """The array of a number or of nested lists of one length each. Raises ValueError."""
    shape, part = [], value
    while isinstance(part, list):
        if not part:
            raise ValueError("it holds an empty list")
        shape.append(len(part))
        part = part[0]
        if len(shape) > MAXIMUM_DEPTH:
            raise ValueError("it is nested too deeply")
    level = [value]
    for length in shape:  # level by level: the depth is bounded, the length is not
        if any(not isinstance(nested, list) or len(nested) != length for nested in level):
            raise ValueError("its lists have different lengths")
        level = [entry for nested in level for entry in nested]
    for entry in level:
        if isinstance(entry, list):
            raise ValueError("its lists have different lengths")
        if isinstance(entry, bool) or not isinstance(entry, (int, float)):
            raise ValueError(f"{shown(entry)} is not a number")
    try:
        return np.array(level, dtype=np.float64).reshape(shape)[()]
    except OverflowError:
        raise ValueError("a number is out of range") from None


def shown(entry: Any) -> str:
    """An entry as JSON writes it, cut short."""
    if entry is None or isinstance(entry, bool):
        return str(entry).lower().replace("none", "null")
    return "an object" if isinstance(entry, dict) else repr(entry)[:40]
