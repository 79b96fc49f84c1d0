"""Numbers and arrays as text: the shortest digits that read back, or a few significant ones for the eye."""

from __future__ import annotations

from collections.abc import Callable

from backprop.autodiff import shapes
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.shapes import Array
from backprop.parser.printers.expression import shortest

MAXIMUM_WHOLE = 8  # entries of an array that a table shows whole
MAXIMUM_FIRST = 3  # entries that stand for a larger one

Writer = Callable[[float], str]


def rounded(digits: int) -> Writer:
    """Writes numbers with so many significant digits."""
    return lambda number: f"{number:.{digits}g}"


def times(count: int) -> str:
    return "twice" if count == 2 else f"{count} times"


def whole(value: Array | float, write: Writer = shortest) -> str:
    """A number, or an array as nested lists on one line, so that it reads back as a value."""
    if isinstance(value, float) or not np.ndim(value):  # a number as a rule, and that is known sooner
        return write(float(value))
    array = np.asarray(value)
    parts = [write(number) for number in array.ravel().tolist()]
    for length in reversed(array.shape):
        parts = [f"[{', '.join(parts[start : start + length])}]" for start in range(0, len(parts), length or 1)]
    return parts[0] if parts else "[]"


def summary(value: Array | float, write: Writer) -> str:
    """The same for the eye: a large array by its first entries and its shape."""
    if isinstance(value, float) or np.size(value) <= MAXIMUM_WHOLE:
        return whole(value, write)
    first = [write(float(number)) for number in np.asarray(value).flat[:MAXIMUM_FIRST]]
    opening, closing = "[" * np.ndim(value), "]" * np.ndim(value)
    return f"{opening}{', '.join(first)}, …{closing} {shapes.show(np.shape(value))}"
