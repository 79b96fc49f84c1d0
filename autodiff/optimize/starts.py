"""Where a search begins: ranges that are scanned, guesses, and which of equally good optima is meant. Moves nothing."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from backprop.autodiff.optimize.residuals import Matrix, Residuals, Vector
from backprop.autodiff.optimize.search import Point, Search

MOST_POINTS = 20_000  # of a grid
RANGE_POINTS = 21  # of one range
MOST_STARTS = 3  # of a grid that are followed
MAGNITUDES = (1e-4, 1e-3, 1e-2, 0.1, 0.3, 1.0, 3.0, 10.0, 100.0, 1e3, 1e4)
EQUAL = 1e-8  # of the sum of squares: optima that differ by less are equally good
MOST_EXCHANGED = 12  # parameters that are looked at in pairs

Range = tuple[float, float]


def guesses(residuals: Residuals) -> list[float]:
    """Numbers that a parameter may be about: 0, magnitudes of either sign, and what the columns have and span."""
    numbers = [0.0, *MAGNITUDES, *[-size for size in MAGNITUDES]]
    for column in residuals.columns.values():
        low, middle, high = np.quantile(column, [0.1, 0.5, 0.9])
        span = high - low
        numbers += [low, middle, high, span, *([1.0 / span, -1.0 / span] if span else [])]
    return list(dict.fromkeys(float(number) for number in numbers))


def grid_of(residuals: Residuals, ranges: Mapping[str, Range], guessed: Sequence[str]) -> Iterator[dict[str, float]]:
    """The points of the ranges and of the guesses together, at random where there are too many."""
    axes = {name: np.linspace(*ends, RANGE_POINTS).tolist() for name, ends in ranges.items()}
    axes |= {name: guesses(residuals) for name in guessed}
    total = 1
    for axis in axes.values():
        total *= len(axis)
    if total <= MOST_POINTS:
        points: Iterable[tuple[float, ...]] = itertools.product(*axes.values())
    else:
        random = np.random.default_rng(0)
        points = (tuple(axis[random.integers(len(axis))] for axis in axes.values()) for _ in range(MOST_POINTS))
    for point in points:
        yield dict(zip(axes, point, strict=True))


def best_starts(search: Search, start: Vector, grid: Iterator[dict[str, float]]) -> list[Vector]:
    """The points of the grid with the least sums of squares, the linear parameters solved for."""
    layout = search.residuals.layout
    found: list[tuple[float, Vector]] = []
    for values in grid:
        vector = np.array(start)
        for name, value in values.items():
            vector[layout.slices[name]] = value
        found.append((search.at(vector).squares, vector))
    found.sort(key=lambda pair: pair[0])
    return [vector for squares, vector in found[:MOST_STARTS] if np.isfinite(squares)]


def disorder(vector: Vector, start: Vector) -> int:
    """How many signs and orders of pairs differ from those of the start."""
    signs = int(np.sum(np.sign(vector) * np.sign(start) < 0))
    return signs + int(np.sum(np.triu(differences(vector) * differences(start) < 0)))


def differences(vector: Vector) -> Matrix:
    return np.sign(vector[:, None] - vector[None, :])


def in_order_of(search: Search, point: Point, start: Vector) -> Point:
    """Of the optima that exchanging two parameters, or turning the sign of one, makes equally good: that with the
    signs and the order of the start.
    """
    places = search.free_places
    if len(places) > MOST_EXCHANGED:
        return point
    for first, second in itertools.combinations_with_replacement(places, 2):
        vector = np.array(point.vector)
        if first == second:
            vector[first] = -vector[first]
        else:
            vector[[first, second]] = vector[[second, first]]
        if disorder(vector[places], start[places]) >= disorder(point.vector[places], start[places]):
            continue
        if not (np.all(vector[places] >= search.lower) and np.all(vector[places] <= search.upper)):
            continue
        other = search.at(vector)
        if abs(other.squares - point.squares) <= EQUAL * point.squares:
            point = other
    return point
