"""The directions along which a gradient is checked: the entries of a variable, or random ones through all of them."""

from __future__ import annotations

import math
from collections.abc import Iterator

from backprop.autodiff.derivatives.differences import FINEST, SMALLEST
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.shapes import Array, entry_name

MAXIMUM_ENTRIES = 200  # of one variable that are checked one by one
DIRECTIONS = 10  # that a larger variable is checked along instead


class Probe(NamedTuple):
    """One direction in the space of one variable: what is checked along it.

    `scale` is the unit of steps along it, `finest` the shortest step that is exact.
    """

    variable: str
    name: str
    direction: Array
    scale: float
    finest: float


def along(gradient: Array, probe: Probe) -> float:
    """The derivative along the probe's direction; entries that it leaves alone do not count, be they inf or nan."""
    moved = probe.direction != 0
    return float(np.sum(np.asarray(gradient)[moved] * np.asarray(probe.direction)[moved]))


def probes(name: str, value: Array, generator: np.random.Generator) -> Iterator[Probe]:
    """The entries of a variable one by one or, where they are too many, random directions through all of them."""
    entries = np.abs(np.asarray(value))
    largest = float(np.max(entries, initial=0.0)) or 1.0
    if not np.ndim(value):
        yield Probe(name, name, np.float64(1.0), largest, finest(float(entries)))
    elif entries.size <= MAXIMUM_ENTRIES:
        for index in np.ndindex(entries.shape):
            direction = np.zeros(entries.shape)
            direction[index] = 1.0
            entry = float(entries[index])
            yield Probe(name, entry_name(name, index), direction, entry or largest, finest(entry))
    else:
        for number in range(1, DIRECTIONS + 1):
            signs = generator.choice((-1.0, 1.0), entries.shape)
            direction = signs * np.where(entries == 0, largest, entries)  # each entry moves by its own scale
            unit = 1.0 if math.isfinite(largest) else math.inf
            yield Probe(name, f"{name}[direction {number}]", direction, unit, FINEST)


def finest(entry: float) -> float:
    return FINEST * entry if entry else SMALLEST
