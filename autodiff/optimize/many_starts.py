"""`minimize_from_many`: searches from many starts, and the distinct optima that they find, in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from backprop.autodiff.graph import Graph
from backprop.autodiff.optimize.minimize import Searching, Tell
from backprop.autodiff.optimize.minimum import Minimum, SearchStopped
from backprop.autodiff.optimize.problem import Bound, Problem
from backprop.autodiff.optimize.residuals import Vector

WIDTH = 3.0  # of a variable, and at least 1: how far from the start others are, where there is no bound
SAME = 1e-6  # of the variables: two points that are one
SAME_VALUE = 1e-9
MOST_DRAWN = 20  # points for each start that is asked for, should they not be finite


class Minima:
    """The distinct certified optima, the best first, and how many of the `starts` led to each (`counts`).

    `best` is the first of them; where there is none, the best of what is not certified.
    """

    def __init__(self, best: Minimum, minima: list[Minimum], counts: list[int], starts: int, seed: int) -> None:
        self.best, self.minima, self.counts, self.starts, self.seed = best, minima, counts, starts, seed

    @property
    def is_certified(self) -> bool:
        return self.best.is_certified

    @property
    def reason(self) -> str:
        return self.best.reason


class ManyStopped(KeyboardInterrupt):
    """An interrupt; `result` is what the searches until then found."""

    def __init__(self, result: Minima) -> None:
        super().__init__()
        self.result = result


def minimize_from_many(
    graph: Graph,
    start: Mapping[str, Any] | None = None,
    *,
    starts: int,
    seed: int = 0,
    is_largest: bool = False,
    bounds: Mapping[str, Bound] | None = None,
    subject_to: Sequence[Graph] = (),
    tell: Tell | None = None,
    **more_starts: Any,
) -> Minima:
    """The distinct least values (largest, where it `is_largest`) from the given start and random ones.

    Those are drawn between the bounds; where there is none, within three lengths of the start. Raises ExpressionError
    where the question is wrong, and ManyStopped with what there is at an interrupt.
    """
    problem = Problem(graph, {**(start or {}), **more_starts}, bounds or {}, subject_to, -1.0 if is_largest else 1.0)
    found: list[Minimum] = []
    try:
        for vector in drawn(problem, starts, np.random.default_rng(seed)):
            problem.first = vector
            found.append(Searching(problem, tell).run())
    except SearchStopped as stop:
        raise ManyStopped(distinct_of([*found, stop.result], seed)) from None
    return distinct_of(found, seed)


def drawn(problem: Problem, starts: int, random: np.random.Generator) -> list[Vector]:
    """The given start and others at which the problem is finite, as many as were asked for if there are."""
    first, region, functions = problem.first, problem.region, problem.functions
    room = WIDTH * np.maximum(1.0, np.abs(first))
    low = np.where(np.isfinite(region.lower), region.lower, np.minimum(first, region.upper) - room)
    high = np.where(np.isfinite(region.upper), region.upper, np.maximum(first, region.lower) + room)
    points = [first]
    for _ in range(MOST_DRAWN * starts):
        if len(points) >= starts:
            break
        point = random.uniform(low, high)
        with np.errstate(all="ignore"):
            numbers = [functions.value(point), *functions.constraints(point), *functions.gradient(point)]
        if np.isfinite(numbers).all():
            points.append(point)
    return points


def distinct_of(found: Sequence[Minimum], seed: int) -> Minima:
    minima: list[Minimum] = []
    counts: list[int] = []
    ordered = sorted(found, key=lambda one: (not one.is_certified, one.conditions.value))
    for one in ordered:
        if one.is_certified:
            place = next((place for place, other in enumerate(minima) if are_one(one, other)), None)
            if place is None:
                minima.append(one)
                counts.append(1)
            else:
                counts[place] += 1
    return Minima(ordered[0], minima, counts, len(found), seed)


def are_one(one: Minimum, other: Minimum) -> bool:
    mine, theirs = one.conditions, other.conditions
    is_near = bool(np.all(np.abs(mine.vector - theirs.vector) <= SAME * mine.scale))
    return is_near and abs(mine.value - theirs.value) <= SAME_VALUE * max(1.0, abs(mine.value))
