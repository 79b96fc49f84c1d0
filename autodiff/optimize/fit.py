"""`fit`: the parameters of a model that make the sum of its squared residuals least, and what is known of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cached_property, partial
from typing import Any

import numpy as np

from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.evaluation.columns import columns_of
from backprop.autodiff.graph import Graph
from backprop.autodiff.optimize.births import WrongRow, not_finite
from backprop.autodiff.optimize.fitting import ParameterSearch, Tell
from backprop.autodiff.optimize.intervals import Intervals, Progress, profiled, resampled
from backprop.autodiff.optimize.other_residuals import Robust
from backprop.autodiff.optimize.polish import Optimum, polished, rough
from backprop.autodiff.optimize.prediction import Bands, Predictor
from backprop.autodiff.optimize.residuals import Matrix, Residuals, Vector
from backprop.autodiff.optimize.search import MOST_STEPS, Point
from backprop.autodiff.optimize.statistics import CONFIDENCE, Statistics, totals_of
from backprop.autodiff.optimize.task import Range, Task, response_blocks, rows_of
from backprop.autodiff.shapes import Array

STATIONARY = 1e-6  # the largest offset of residuals at an optimum
ROUNDING = 16.0 * np.finfo(float).eps  # of the response, to which residuals are 0
UNSEEN = 1e-9  # of a parameter's size, by which it has not moved from its start

MOST_SHOWN = 6  # values in one message

MINIMUM = "the sum of squares is least: no step makes it smaller"


class Interrupted(KeyboardInterrupt):
    """An interrupt of the search; `result` is the best that there was."""

    def __init__(self, result: Fitted) -> None:
        super().__init__()
        self.result = result


class Fitted:
    """The result of a fit.

    `parameters` are the values by name; `entries` names the numbers among those that may move, `vector` has them in
    this order. `least` has the residuals whose squares are least. `statistics` is about the entries that are at no
    bound, whose places are `moving`: their `standard_errors`, `covariance`, `margins` of the intervals, `chances` (p),
    and `r_squared`, `aic`, `bic`, `reduced_chi_square`, `degrees_of_freedom`. `is_converged` and `reason` say whether
    and why it stopped; `warnings` say what to know before believing it, `stumble` what was not finite on the way.
    """

    def __init__(
        self, fitting: ParameterSearch, point: Point, optimum: Optimum, reason: str, *, is_converged: bool
    ) -> None:
        task = self.task = fitting.task
        self.model = task.base
        self.vector = optimum.vector
        self.condition = optimum.condition
        self.iterations = fitting.steps
        self.refused = fitting.refused
        self.loss_scale = fitting.scale
        self.reason = reason
        self.is_converged = is_converged
        self.moving = self.model.layout.places(task.inside(optimum.vector))
        self.untold = [self.entries[self.moving[place]] for place in optimum.untold]
        least = self.least = fitting.model
        is_robust = isinstance(least, Robust)
        squares = sum_of_squares(task.model, optimum.vector) if is_robust else optimum.squares
        self.statistics = Statistics(
            [self.entries[place] for place in self.moving],
            optimum.vector[self.moving],
            optimum.inverse,
            totals_of(partial(response_blocks, self.model), squares),
            is_absolute=task.is_absolute,
            untold=optimum.untold,
            rank=optimum.rank,
            spread=least.influence(optimum.vector) if isinstance(least, Robust) else None,
            confidence=task.confidence,
        )

    @property
    def parameters(self) -> dict[str, Array]:
        return {**self.model.layout.values(self.vector), **self.task.held}

    @property
    def entries(self) -> list[str]:
        return self.model.layout.entries

    @property
    def linear(self) -> list[str]:
        """The parameters that the model is linear in."""
        return self.task.linear

    @cached_property
    def residuals(self) -> Matrix:
        """The response less the prediction, over sigma where there is one: (responses, rows)."""
        return self.model.values(self.vector)

    def predict(self, data: Any, *, sigma: Any = None, sigma_x: Mapping[str, Any] | None = None) -> Bands:
        """The fitted value, the ends of its confidence band, and of the band of a new observation, in rows of columns.

        `data` are columns as `fit` takes them; those of the response are not needed. `sigma` and `sigma_x` are the
        errors of new observations; without sigma they are as uncertain as the data, of which each had the same error.
        """
        predictor = Predictor(self)
        given = columns_of(data)
        missing = [name for name in predictor.names if name not in given]
        if missing:
            raise ExpressionError(f"no column {' and '.join(missing)}", cure=f"the columns are {', '.join(given)}")
        columns = {name: np.moveaxis(np.asarray(given[name], dtype=np.float64), 0, -1) for name in predictor.names}
        rows = rows_of(columns, given) if columns else len(next(iter(given.values()), []))
        noise = None if sigma is None else np.broadcast_to(np.asarray(sigma, dtype=np.float64), (rows,))
        errors = {
            name: np.broadcast_to(np.asarray((sigma_x or {}).get(name, 0.0), dtype=np.float64), (rows,))
            for name in predictor.errors
        }
        return Bands(*(np.moveaxis(band, -1, 0) for band in predictor.bands(columns, rows, noise, errors)))

    def profile(self, progress: Progress | None = None) -> Intervals:
        """The intervals by the profile of the likelihood. Raises ExpressionError for a robust fit."""
        return profiled(self, progress)

    def bootstrap(self, samples: int = 1000, *, seed: int = 0, progress: Progress | None = None) -> Intervals:
        """The intervals by fits to rows drawn with replacement. Raises ExpressionError for fewer than 2 samples."""
        return resampled(self, samples, seed, progress)

    @cached_property
    def stumble(self) -> WrongRow | None:
        """The gate and the row at which a point on the way was not finite, if one was: that step was not taken."""
        if self.refused is None:
            return None
        entries = list(zip(self.entries, self.refused, strict=True))
        shown = ", ".join(f"{name}={value:.6g}" for name, value in entries[:MOST_SHOWN])
        return not_finite(self.model, self.refused, f"on the way, at {shown}{', ...' * (len(entries) > MOST_SHOWN)}")

    @cached_property
    def warnings(self) -> list[str]:
        return list(self._warnings())

    def _warnings(self) -> Iterator[str]:
        if not self.statistics.degrees_of_freedom and not self.statistics.is_absolute:
            yield "as many parameters as residuals: nothing tells their errors"
        if len(self.untold) == 1:
            yield f"the data do not tell {self.untold[0]}: the model does not change with it"
        elif self.untold:
            several = f"{', '.join(self.untold[:-1])} and {self.untold[-1]}"
            yield f"{several} cannot be told from each other: hold {'one' if len(self.untold) == 2 else 'some'} of them"
        for name, value in self.model.layout.values(self.vector).items():
            if self.task.is_at_bound(name, self.vector):
                yield f"{name} is at its bound: it has no error"
            elif name in self.task.start and name not in self.linear and is_at(value, self.task.start[name]):
                yield f"{name} stayed at its start"


def sum_of_squares(residuals: Residuals, vector: Vector) -> float:
    return float(sum(np.sum(part**2) for part, _ in residuals.blocks(vector)))


def is_at(value: Array, start: Array) -> bool:
    return bool(np.all(np.abs(value - start) <= UNSEEN * np.abs(start)))


def fit(
    graph: Graph,
    data: Any,
    start: Mapping[str, Any] | None = None,
    /,
    *,
    ranges: Mapping[str, Range] | None = None,
    bounds: Mapping[str, Range] | None = None,
    hold: Collection[str] = (),
    guess: bool = False,
    sigma: Any = None,
    weights: Any = None,
    sigma_x: Mapping[str, Any] | None = None,
    absolute_sigma: bool = False,
    loss: str | None = None,
    confidence: float = CONFIDENCE,
    tell: Tell | None = None,
    **more_start: Any,
) -> Fitted:
    """The parameters for which the sum of squares of response less prediction, over sigma, is least.

    `graph` is what `parse_model("y ~ a*exp(-b*t)")` gives. `data` are columns by name, a mapping, a data frame or a
    structured array, with the rows along their first axis. Names among them are columns, unless they have a `start`;
    all others are parameters. One that the model is linear in needs no start. An array makes an array parameter. A
    range is scanned, `guess` scans a coarse grid for what has neither; `bounds` are (lower, upper), inf where there is
    none. Parameters in `hold` keep their start.

    `sigma` are the errors of the response, `weights` their inverse squares, `sigma_x` the errors of columns (then the
    sum is that of squared distances). Errors are scaled by the residuals unless `absolute_sigma`. `loss` is huber,
    soft_l1 or cauchy. `confidence` is the chance that an interval or band has the true value in it. `tell` is called
    in each iteration with its number, the sum of squares and the parameters.

        result = fit(parse_model("y ~ a*exp(-b*t)"), {"t": [0, 1, 2, 3], "y": [2.0, 1.2, 0.8, 0.4]}, b=1)
        result.parameters, result.statistics.standard_errors, result.predict({"t": [4]}), result.profile()

    Raises ExpressionError for a question that cannot be answered, before anything is computed, and Interrupted with
    the best so far.
    """
    task = Task(
        graph,
        columns_of(data, graph.inputs),
        {**(start or {}), **more_start},
        ranges=ranges or {},
        bounds=bounds or {},
        hold=hold,
        is_guessed=guess,
        sigma=sigma,
        weights=weights,
        sigma_x=sigma_x or {},
        is_absolute=absolute_sigma,
        loss=loss,
        confidence=confidence,
    )
    fitting = ParameterSearch(task, tell)
    try:
        return finished(fitting, fitting.found())
    except KeyboardInterrupt:
        if fitting.best is None:
            raise
        point = fitting.best
        best = rough(fitting.model, task.inside(point.vector), point.vector)
        raise Interrupted(Fitted(fitting, point, best, "interrupted", is_converged=False)) from None


def finished(fitting: ParameterSearch, point: Point) -> Fitted:
    """The result at a point, with its last digits."""
    task = fitting.task
    names = task.inside(point.vector)
    optimum = polished(fitting.model, names, point.vector)
    if not (np.all(optimum.vector >= task.lower) and np.all(optimum.vector <= task.upper)):
        optimum = rough(fitting.model, names, point.vector)
    size = sum(float(np.sum((values * weights) ** 2)) for values, weights in response_blocks(task.base))
    is_converged = bool(optimum.offset <= STATIONARY or optimum.squares <= ROUNDING**2 * size)
    if is_converged:
        reason = MINIMUM
    elif fitting.steps >= MOST_STEPS:
        reason = f"no minimum after {fitting.steps} iterations"
    else:
        reason = "no step makes the sum of squares smaller, but its derivatives are not zero"
    return Fitted(fitting, point, optimum, reason, is_converged=is_converged)
