"""One value from a file, or from a part of it: an array from .npy, .csv, .tsv or .json. Knows no expression."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.shapes import MAXIMUM_ENTRIES, Array, Shape, show
from backprop.cli.question.value_numbers import OutOfRange, parsed
from backprop.cli.status import Failure

NPY = b"\x93NUMPY"
LONGEST_LINE = 2**25  # characters of a CSV file, which a longer line would be cut into
NUMERIC = "+-.0123456789"  # how a number begins
NOT_NAMES = frozenset({"inf", "infinity", "nan", "na", "n/a", "none", "null", "missing"})
LONGEST_PIPE = 2**28  # bytes, which are copied
PIECE = 2**16  # bytes that are copied at once
MOST_NAMES = 8  # of columns in an error


def read_value_file(name: str, given: str) -> Array:
    """The array in a file, read by its ending; of FILE:PART the column of a table or the member of an object.

    What has no ending because it is a pipe, as the shell's <(...) is, is known by how it begins. Raises Failure that
    names the variable and the file.
    """
    path, part = split_part(given)
    try:
        with as_file(path) as (file, ending):
            reader = READERS.get(ending)
            if reader is None:
                raise wrong(name, path, "the file's ending names no format", f"use {', '.join(READERS)}")
            array = reader(file, part)
        check_size(array.shape)
    except (OSError, ValueError) as error:
        raise wrong(name, path, reason_of(error), None) from None
    if not array.size:
        raise wrong(name, path, "it holds no number", None)
    return array


def read_columns(option: str, path: str, names: Sequence[str]) -> list[np.ndarray[Any, np.dtype[np.float64]]]:
    """The columns of those names of a table, or the members of an object, each a vector. Raises Failure."""
    try:
        with as_file(path) as (file, ending):
            reader = READERS.get(ending)
            if reader is None:
                endings = ", ".join(READERS)
                raise Failure(f"{option}: the file's ending names no format", f"use {endings}")
            columns = [np.ravel(reader(file, name)) for name in names]
    except (OSError, ValueError) as error:
        raise Failure(f"{option}: {reason_of(error)}") from None
    if len({len(column) for column in columns}) > 1:
        raise Failure(f"{option}: the columns {', '.join(names)} have different lengths")
    return columns


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


def split_part(given: str) -> tuple[str, str | None]:
    """The path and what stands behind its last colon, or the path alone where a file has the whole name."""
    path, colon, part = given.rpartition(":")
    names_format = os.path.splitext(path)[1].lower() in READERS
    is_split = colon and not os.path.exists(given) and (names_format or os.path.exists(path))
    return (path, part) if is_split else (given, None)


@contextmanager
def as_file(path: str) -> Iterator[tuple[str, str]]:
    """A file that can be read more than once, and its ending: the path, or a copy of what a pipe holds."""
    if os.path.isfile(path) or not os.path.exists(path) or os.path.isdir(path):
        yield path, os.path.splitext(path)[1].lower()
        return
    import tempfile

    with open(path, "rb") as stream, tempfile.NamedTemporaryFile() as copy:
        size = 0
        while piece := stream.read(PIECE):
            size += copy.write(piece)
            if size > LONGEST_PIPE:
                raise ValueError(f"it holds more than {LONGEST_PIPE} bytes: save it as a file")
        copy.flush()
        copy.seek(0)
        yield copy.name, ending_of(copy.read(2**12))


def ending_of(beginning: bytes) -> str:
    if beginning.startswith(NPY):
        return ".npy"
    return ".json" if beginning.lstrip().startswith((b"[", b"{")) else ".csv"


def read_npy(path: str, part: str | None) -> Array:
    """A NumPy file, mapped first: a header that promises more than the file holds takes no memory."""
    from numpy.lib.format import open_memmap

    if part is not None:
        raise ValueError(f"an .npy file has no columns, such as {part}")
    with open(path, "rb") as stream:
        if stream.read(len(NPY)) != NPY:
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


def read_table(path: str, part: str | None, separator: str = ",") -> Array:
    """Numbers below the names of their columns, or without them; one column is a vector, a single number a scalar.

    Columns without names are c1, c2 ...
    """
    import csv
    from array import array

    numbers, width, lines = array("d"), 0, 0
    with open(path, encoding="utf-8-sig", newline="") as stream:
        rows = csv.reader(iter(lambda: stream.readline(LONGEST_LINE), ""), delimiter=separator)
        try:
            for row in rows:
                line = f"line {rows.line_num}"
                if not row:
                    if next((later for later in rows if later), None) is None:
                        break  # empty lines at the end
                    raise ValueError(f"{line} is empty")
                if not width:
                    is_header = is_of_names(row)
                    wanted = place_of(part, row if is_header else [f"c{place + 1}" for place in range(len(row))])
                    width = len(row)
                    if is_header:
                        continue
                if len(row) != width:
                    raise ValueError(f"{line} has {len(row)} column{'s' * (len(row) > 1)}, not {width}")
                numbers.extend([as_number(cell, line) for cell in (row if wanted is None else [row[wanted]])])
                lines += 1
                check_size((lines, width if wanted is None else 1))
        except UnicodeDecodeError:
            raise ValueError("it is not UTF-8 text") from None
        except csv.Error as error:
            raise ValueError(f"line {rows.line_num}: {error}") from None
    whole = np.array(numbers, dtype=np.float64)
    if whole.size == 1:
        return np.float64(whole[0])
    return whole if len(whole) == lines else whole.reshape(lines, width)


def place_of(column: str | None, names: Sequence[str]) -> int | None:
    """Where the wanted column is; None for all of them. Raises ValueError for none or several of the name."""
    if column is None:
        return None
    places = [place for place, name in enumerate(names) if name.strip() == column]
    if not column:
        raise ValueError("no column is named behind the colon")
    if len(places) != 1:
        known = ", ".join(name.strip() for name in names[:MOST_NAMES]) + ", ..." * (len(names) > MOST_NAMES)
        raise ValueError(f"{'several columns are' if places else 'no column is'} called {column}: there are {known}")
    return places[0]


def is_of_names(row: Sequence[str]) -> bool:
    """Whether a first row can only be names: what may be meant for a number, or for a missing one, is none."""
    cells = [cell.strip() for cell in row if cell.strip()]
    return bool(cells) and all(
        cell.isprintable() and cell[0] not in NUMERIC and cell.lower() not in NOT_NAMES for cell in cells
    )


def as_number(cell: str, line: str) -> float:
    try:
        return parsed(cell)
    except OutOfRange:
        raise ValueError(f"{line}: {cell[:40]} is out of range") from None
    except ValueError:
        raise ValueError(f"{line}: {cell[:40]!r} is not a number") from None


def read_json(path: str, part: str | None) -> Array:
    from backprop.cli.question.value_json import as_array, load

    value = load(path)
    if part is not None:
        if not isinstance(value, dict) or part not in value:
            raise ValueError(f"it is not an object with a member {part}")
        value = value[part]
    return as_array(value)


READERS: dict[str, Callable[[str, str | None], Array]] = {
    ".npy": read_npy,
    ".csv": read_table,
    ".tsv": partial(read_table, separator="\t"),
    ".json": read_json,
}
