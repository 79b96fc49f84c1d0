"""What is seen in the rows of a block that are not wrong: results that are inf or nan, kinks that were hit exactly."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.shapes import Array
from backprop.cli.batch.formats.numbers import Rows, is_sum_finite
from backprop.cli.question.value_kinds import KINDS


class Remark(NamedTuple):
    """A line counted from the block's first, and what there is to say of it; of each text only the first is said."""

    line: int
    text: str


class Sighting(NamedTuple):
    """A row of which there is something to say: its line as above, its variables' values, its own expression if any."""

    line: int
    values: Mapping[str, Array]
    expression: str | None = None


class Nonfinite(NamedTuple):
    """How many rows have inf, -inf or nan in a result, by its name and the kind, and the first of them."""

    rows: Mapping[tuple[str, str], int]
    first: Sighting


class Kinked(NamedTuple):
    """How many rows hit a kink exactly with a derivative whose sides differ there, and the first of them."""

    rows: int
    first: Sighting


def nonfinite_in(
    names: Sequence[str],
    results: Sequence[Rows],
    bad: Collection[int],
    starts: Sequence[int],
    values: Mapping[str, Rows],
) -> Nonfinite | None:
    """What is not finite in results of shape (*shape, rows), bad rows left out; None where all is.

    `starts` are the rows' lines.
    """
    counts: dict[tuple[str, str], int] = {}
    rows = []
    for name, result in zip(names, results, strict=True):
        if is_sum_finite(result):
            continue
        entries = result.reshape(-1, result.shape[-1])
        for word, test in KINDS:
            is_there = np.asarray(test(entries).any(axis=0))
            is_there[list(bad)] = False
            count = int(np.count_nonzero(is_there))
            if count:
                counts[name, word] = count
                rows.append(int(np.argmax(is_there)))
    if not rows:
        return None
    row = min(rows)
    return Nonfinite(counts, sighting(row, starts, values))


def kinked_in(
    is_kinked: Rows | None, bad: Collection[int], starts: Sequence[int], values: Mapping[str, Rows]
) -> Kinked | None:
    """The rows that hit a kink, bad ones left out; None where there is none."""
    if is_kinked is None or not is_kinked.any():
        return None
    is_there = np.array(is_kinked)
    is_there[list(bad)] = False
    count = int(np.count_nonzero(is_there))
    return Kinked(count, sighting(int(np.argmax(is_there)), starts, values)) if count else None


def sighting(row: int, starts: Sequence[int], values: Mapping[str, Rows]) -> Sighting:
    return Sighting(starts[row], {name: np.array(value[..., row]) for name, value in values.items()})
