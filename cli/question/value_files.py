"""One value from a file: an array from .npy, .csv or .json. Knows no expression."""

from __future__ import annotations

import math
import os
from collections.abc import Callable

import numpy as np

from backprop.autodiff.shapes import MAXIMUM_ENTRIES, Array, Shape, show
from backprop.cli.question.value_numbers import OutOfRange, parsed
from backprop.cli.status import Failure

LONGEST_LINE = 2**25  # characters of a CSV file, which a longer line would be cut into


def read_value_file(name: str, path: str) -> Array:
    """The array in a file, read by its ending. Raises Failure that names the variable and the file."""
    reader = READERS.get(os.path.splitext(path)[1].lower())
    if reader is None:
        raise wrong(name, path, "the file's ending names no format", f"use {', '.join(READERS)}")
    try:
        array = reader(path)
        check_size(array.shape)
    except (OSError, ValueError) as error:
        raise wrong(name, path, reason_of(error), None) from None
    if not array.size:
        raise wrong(name, path, "it holds no number", None)
    return array


def wrong(name: str, path: str, reason: str, cure: str | None) -> Failure:
    return Failure(f"the value of {name}: {path}: {reason}", cure)


def reason_of(error: OSError | ValueError) -> str:
    """The system's words in our style, `no such file or directory`; a ValueError's are ours."""
    if isinstance(error, ValueError):
        return str(error)
    text = error.strerror or str(error)
    return text[:1].lower() + text[1:]


def check_size(shape: Shape) -> None:
    """Raise ValueError where an array of this shape would pass the bound."""
    if math.prod(shape) > MAXIMUM_ENTRIES:
        raise ValueError(f"shape {show(shape)} has more than {MAXIMUM_ENTRIES} entries")


def read_npy(path: str) -> Array:
    """A NumPy file, mapped first: a header that promises more than the file holds takes no memory."""
    from numpy.lib.format import open_memmap

    with open(path, "rb") as stream:
        if stream.read(6) != b"\x93NUMPY":
            raise ValueError("it is not an .npy file")
    try:
        mapped = open_memmap(path, mode="r")
    except OSError:
        raise
    except Exception as error:  # a damaged header ends in whatever Python's own tokenizer and parser raise
        reason = "it holds Python objects" if "Python objects" in str(error) else "it is damaged"
        raise ValueError(reason) from None
    if mapped.dtype.kind not in "biuf":
        raise ValueError(f"it holds {mapped.dtype} entries, not real numbers")
    check_size(mapped.shape)
    return np.array(mapped, dtype=np.float64)[()]


def read_csv(path: str) -> Array:
    """Numbers only; one column is a vector, a single number a scalar."""
    import csv
    from array import array

    numbers, width, lines = array("d"), 0, 0
    with open(path, encoding="utf-8-sig", newline="") as stream:
        rows = csv.reader(iter(lambda: stream.readline(LONGEST_LINE), ""))
        try:
            for row in rows:
                line = f"line {rows.line_num}"
                if not row:
                    if next((later for later in rows if later), None) is None:
                        break  # empty lines at the end
                    raise ValueError(f"{line} is empty")
                width = width or len(row)
                if len(row) != width:
                    raise ValueError(f"{line} has {len(row)} column{'s' * (len(row) > 1)}, not {width}")
                numbers.extend([as_number(cell, line) for cell in row])
                lines += 1
                check_size((lines, width))
        except UnicodeDecodeError:
            raise ValueError("it is not UTF-8 text") from None
        except csv.Error as error:
            raise ValueError(f"line {rows.line_num}: {error}") from None
    whole = np.array(numbers, dtype=np.float64)
    if whole.size == 1:
        return np.float64(whole[0])
    return whole if width <= 1 else whole.reshape(lines, width)


def as_number(cell: str, line: str) -> float:
    try:
        return parsed(cell)
    except OutOfRange:
        raise ValueError(f"{line}: {cell[:40]} is out of range") from None
    except ValueError:
        raise ValueError(f"{line}: {cell[:40]!r} is not a number") from None


def read_json(path: str) -> Array:
    from backprop.cli.question.value_json import as_array, load

    return as_array(load(path))


READERS: dict[str, Callable[[str], Array]] = {".npy": read_npy, ".csv": read_csv, ".json": read_json}
