"""Intervals of parameters that do not take the model for linear: by the profile of the likelihood, and by resampling.

Sources: Bates & Watts, Nonlinear Regression Analysis and Its Applications (1988), section 6.1; Efron & Tibshirani,
An Introduction to the Bootstrap (1993), chapters 9 and 13.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.optimize.polish import rough
from backprop.autodiff.optimize.residuals import Residuals, Vector
from backprop.autodiff.optimize.search import Point, Search

if TYPE_CHECKING:
    from backprop.autodiff.optimize.fit import Fitted

MOST_STEPS = 25  # towards one end
CLOSE = 1e-9  # of the deviation that an end has
LONGEST = 1e4  # half intervals by linearity, beyond which there is no end
GROWTH = 3.0  # of a step at most
BETTER = 1e-9  # of the sum of squares, by which a profile lies lower than the fit

Progress = Callable[[str, int, int], None]  # what is done, how many of them, of how many


class Intervals(NamedTuple):
    """The ends for each entry that moved, infinite where there is none, nan where none was found.

    `kind` is `profile` or `bootstrap`.
    Of a bootstrap `samples` were drawn with `seed`, of which `failed` had no fit. `is_best` is False where a profile
    has found a smaller sum of squares than the fit.
    """

    kind: str
    lower: Vector
    upper: Vector
    samples: int = 0
    failed: int = 0
    seed: int = 0
    is_best: bool = True


class Profile:
    """The least sum of squares for each value of one entry, the others being the best for it."""

    def __init__(self, fit: Fitted, place: int) -> None:
        task = fit.task
        self.residuals = fit.least
        self.place = place
        self.name = next(name for name, part in fit.model.layout.slices.items() if part.start <= place < part.stop)
        self.lower, self.upper = task.lower.copy(), task.upper.copy()
        eliminated = task.eliminated if self.residuals.is_plain else []
        self.linear = [name for name in eliminated if name != self.name]
        self.free = [name for name in task.names if name not in self.linear]

    def at(self, value: float, start: Vector) -> tuple[Point, float]:
        """The best point there, and the derivative of its sum of squares by the value.

        The others are at their best, so that only the residuals' own derivative by it counts.
        """
        vector = np.array(start)
        vector[self.place] = self.lower[self.place] = self.upper[self.place] = value
        search = Search(self.residuals, self.linear, self.free, self.lower, self.upper)
        point = search.run(vector, 1.0)
        own = 0.0
        for residuals, matrix in self.residuals.blocks(point.vector, [self.name]):
            column = self.place - self.residuals.layout.slices[self.name].start
            own += 2.0 * float(residuals @ matrix[:, column])
        return point, own


def profiled(fit: Fitted, progress: Progress | None = None) -> Intervals:
    """The ends of each entry's interval: where the profile has risen by as much as its deviation says."""
    if fit.loss_scale is not None:
        raise ExpressionError("a profile goes with squares, not with another loss", cure="omit the loss, or resample")
    statistics = fit.statistics
    lower, upper = np.full(len(fit.moving), np.nan), np.full(len(fit.moving), np.nan)
    is_best = True
    for number, place in enumerate(fit.moving):
        error = float(statistics.standard_errors[number])
        if progress:
            progress("profile of a parameter", number + 1, len(fit.moving))
        if not error * statistics.deviation > 0.0:
            continue
        for side, ends in ((-1.0, lower), (1.0, upper)):
            ends[number], is_lowest = end_of(fit, place, number, side)
            is_best = is_best and is_lowest
    return Intervals("profile", lower, upper, is_best=is_best)


def end_of(fit: Fitted, place: int, number: int, side: float) -> tuple[float, bool]:
    """One end, and whether no smaller sum of squares was met on the way to it.

    Newton's steps on the root of what the sum of squares has risen by, which is nearly straight, by its derivative.
    """
    statistics, task = fit.statistics, fit.task
    profile = Profile(fit, place)
    bound = float(task.lower[place] if side < 0.0 else task.upper[place])
    least, center = statistics.totals.squares, float(fit.vector[place])
    target = statistics.deviation * math.sqrt(statistics.variance)
    half = float(statistics.standard_errors[number]) * statistics.deviation
    direction = statistics.covariance[:, number] / statistics.covariance[number, number]
    start = np.array(fit.vector)
    near, far, step = 0.0, math.inf, half  # distances from the center, within which the end is
    distance = half
    for _ in range(MOST_STEPS):
        distance = min(distance, abs(bound - center))
        value = center + side * distance
        moved = np.array(start)
        moved[fit.moving] += (value - start[place]) * direction
        point, slope = profile.at(value, np.clip(moved, task.lower, task.upper))
        if not math.isfinite(point.squares):
            far = distance
            distance = 0.5 * (near + far)
            continue
        if point.squares < least * (1.0 - BETTER):
            return math.nan, False
        risen = math.sqrt(max(point.squares - least, 0.0))
        if abs(risen - target) <= CLOSE * target:
            return value, True
        if risen > target:
            far = distance
        elif value == bound:
            return bound, True
        elif distance > LONGEST * half:
            return side * math.inf, True
        else:
            near, start = distance, point.vector  # not from far off, where there may be other minima
        steepness = side * slope / (2.0 * risen) if risen > 0.0 else 0.0
        newton = distance + (target - risen) / steepness if steepness > 0.0 else math.inf
        step = GROWTH * max(distance, half)
        distance = min(newton, step) if math.isinf(far) else newton
        if not near < distance < far:
            distance = 0.5 * (near + far)
        if far - near <= CLOSE * half:
            return center + side * far, True
    return math.nan, True


def resampled(fit: Fitted, samples: int, seed: int, progress: Progress | None = None) -> Intervals:
    """The quantiles of fits to as many rows drawn with replacement, each from the parameters that were found."""
    if samples < 2:
        raise ExpressionError(f"{samples} samples have no quantiles", cure="give 1000, say")
    random = np.random.default_rng(seed)
    task, model = fit.task, fit.least
    linear = task.eliminated if model.is_plain else []
    free = [name for name in task.names if name not in linear]
    names = task.inside(fit.vector)
    found = []
    for number in range(samples):
        if progress:
            progress("sample", number + 1, samples)
        drawn = model.drawn(random.integers(model.rows, size=model.rows).tolist())
        point = Search(drawn, linear, free, task.lower, task.upper).run(fit.vector, 1.0)
        if np.isfinite(point.squares) and is_told(drawn, names, point.vector):
            found.append(point.vector[fit.moving])
    failed = samples - len(found)
    if not found:
        ends = np.full((2, len(fit.moving)), np.nan)
    else:
        beyond = 0.5 * (1.0 - fit.statistics.confidence)
        ends = np.quantile(np.array(found), [beyond, 1.0 - beyond], axis=0)
    return Intervals("bootstrap", ends[0], ends[1], samples, failed, seed)


def is_told(residuals: Residuals, names: list[str], vector: Vector) -> bool:
    """Whether the rows tell all parameters."""
    return rough(residuals, names, vector).rank == len(residuals.layout.places(names))
