"""The way from a task to the best point: starts, ways, the robust scale. The last digits are polish.py's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from backprop.autodiff.optimize.births import not_finite
from backprop.autodiff.optimize.other_residuals import Robust
from backprop.autodiff.optimize.polish import polished
from backprop.autodiff.optimize.residuals import Residuals, Vector
from backprop.autodiff.optimize.search import Point, Search
from backprop.autodiff.optimize.starts import EQUAL, best_starts, disorder, grid_of, in_order_of
from backprop.autodiff.optimize.task import Task
from backprop.autodiff.shapes import Array

REACHES = (1.0, 0.1)  # of the first step, in lengths of the start
MOST_TRIED = 2**19  # residuals times parameters up to which more than one way is tried where the first arrives
ARRIVED = 1e-3  # the largest offset of a point that is near an optimum: Bates & Watts (1988), section 2.2.3
MOST_SCORED = 1000  # rows that the points of a grid are scored on
MOST_SCALES = 30  # estimates of a robust fit's scale
SAME_SCALE = 1e-12
NORMAL_DEVIATION = 1.482602218505602  # the standard deviation of a normal distribution over its median deviation

Tell = Callable[[int, float, dict[str, Array]], None]


class ParameterSearch:
    """The search for the best point of one task. `tell` gets each iteration's number, sum of squares and values.

    `best` is the best point so far, `steps` how many there were, `model` what is made least: in a robust fit the loss,
    in units of `scale`. `refused` is the first point on the way that was not finite.
    """

    def __init__(self, task: Task, tell: Tell | None) -> None:
        self.task = task
        self.tell = tell
        self.model = task.model
        self.scale: float | None = None
        self.steps = 0
        self.best: Point | None = None
        self.refused: Vector | None = None

    def found(self) -> Point:
        """The best point of all ways. Raises WrongRow."""
        task = self.task
        if task.loss is None:
            return self._least(self.model, task.first)
        base = task.model
        point = self._least(base, task.first)
        for _ in range(MOST_SCALES):
            settled = polished(self.model, task.inside(point.vector), point.vector).vector
            residuals = np.concatenate([part for part, _ in base.blocks(settled)])
            scale = 1.0 if task.has_errors else float(np.median(np.abs(residuals))) * NORMAL_DEVIATION
            if not scale or (self.scale is not None and abs(scale - self.scale) <= SAME_SCALE * scale):
                break
            self.scale = scale
            self.model, self.best = Robust(base, task.loss, scale), None
            point = self._least(self.model, point.vector)
        return point

    def _least(self, model: Residuals, start: Vector) -> Point:
        """The best of the points to which different ways lead: of equally good ones that most like the start."""
        linear = self.task.eliminated if model.is_plain else []
        starts = self._starts(start) if self.scale is None else [start]
        found: list[Point] = []
        for vector in starts:
            for eliminated, reach in self._ways(linear):
                search = self._search(model, eliminated)
                point = search.run(vector, reach)
                if self.refused is None:
                    self.refused = search.refused
                if np.isfinite(point.squares):
                    found.append(in_order_of(search, point, vector))
                    if model.count * model.layout.size > MOST_TRIED and offset_at(found[-1]) <= ARRIVED:
                        break
        if not found:
            raise not_finite(model, starts[0])
        least = min(point.squares for point in found)
        good = [point for point in found if point.squares <= least * (1.0 + EQUAL)]
        return min(good, key=lambda point: (disorder(point.vector, starts[0]), point.squares))

    def _ways(self, linear: Sequence[str]) -> Iterator[tuple[Sequence[str], float]]:
        for reach in REACHES:
            yield linear, reach
        if linear:
            yield (), REACHES[0]

    def _search(self, model: Residuals, linear: Sequence[str]) -> Search:
        free = [name for name in self.task.names if name not in linear]
        return Search(model, linear, free, self.task.lower, self.task.upper, self._step)

    def _step(self, point: Point) -> None:
        self.steps += 1
        if self.best is None or point.squares <= self.best.squares:
            self.best = point
        if self.tell:
            self.tell(self.steps, point.squares, self.task.base.layout.values(point.vector))

    def _starts(self, start: Vector) -> list[Vector]:
        """The start with the linear parameters solved for that have none; of ranges and guesses the best ones."""
        task, layout = self.task, self.task.base.layout
        known = {*task.start, *task.ranges, *task.linear}
        guessed = [name for name in task.names if name not in known and not layout.shapes[name]]
        vectors = [start]
        if task.ranges or guessed:
            scored = self._search(task.base.thinned(MOST_SCORED), task.eliminated)
            vectors = best_starts(scored, start, grid_of(task.base, task.ranges, guessed)) or [start]
        unset = layout.places([name for name in task.linear if name not in task.start and name not in task.ranges])
        for vector in vectors if unset else ():
            point = self._search(task.base, task.linear).at(vector)
            if np.isfinite(point.squares):
                vector[unset] = np.clip(point.vector, task.lower, task.upper)[unset]
        return vectors


def offset_at(point: Point) -> float:
    """How much longer the residuals are than at the optimum, about, for their length."""
    length = np.sqrt(point.squares)
    return float(np.linalg.norm(point.upper[:-1, -1]) / length) if length else 0.0
