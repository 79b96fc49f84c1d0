"""What a search for an optimum is asked, and what it finds."""

from __future__ import annotations

import numpy as np

from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.optimize.conditions import Conditions
from backprop.autodiff.optimize.problem import Problem
from backprop.autodiff.optimize.residuals import Vector
from backprop.autodiff.shapes import Array


class SearchStopped(KeyboardInterrupt):
    """An interrupt of the search; `result` is the best that there was."""

    def __init__(self, result: Minimum) -> None:
        super().__init__()
        self.result = result


class Lesson(NamedTuple):
    """One of METHODS, at which rate (None: its own), and for how many steps: what shows a method, and finds little."""

    method: str
    rate: float | None = None
    steps: int = 1000


class WayPoint(NamedTuple):
    """One of the way: its number, the vector of the variables, the value and the length of the gradient."""

    number: int
    vector: Vector
    value: float
    gradient_norm: float


class Arrival(NamedTuple):
    """Where a way led, after how many iterations."""

    conditions: Conditions
    method: str
    iterations: int


class Minimum:
    """The result of `minimize` or `maximize`.

    `point` has the values by name. `kind` is `minimum` (`maximum`), `flat` where the value does not curve along some
    direction, `saddle`, or None where the point is not stationary. `reason` says what is missing where it
    `is_certified` not.
    """

    def __init__(self, problem: Problem, found: Arrival, reason: str, evaluations: int, *, is_certified: bool) -> None:
        self.problem = problem
        self.conditions, self.method, self.iterations = found
        self.way: list[WayPoint] = []
        self.evaluations = evaluations
        self.is_certified = is_certified
        self.reason = reason

    @property
    def value(self) -> float:
        return self.problem.sign * self.conditions.value

    @property
    def point(self) -> dict[str, Array]:
        return self.problem.layout.values(self.conditions.vector + 0.0)  # + 0.0: a zero without a sign

    @property
    def kind(self) -> str | None:
        here = self.conditions
        if not here.is_finite or not here.is_stationary:
            return None
        best = "minimum" if self.problem.sign > 0.0 else "maximum"
        return best if here.kind == "minimum" else here.kind

    @property
    def gradient(self) -> dict[str, Array]:
        """That of the objective as it was given."""
        return self.problem.layout.values(self.problem.sign * self.conditions.slope + 0.0)

    @property
    def gradient_norm(self) -> float:
        """The largest slope that no constraint and no bound accounts for."""
        return float(np.max(np.abs(self.conditions.rest), initial=0.0))

    @property
    def multipliers(self) -> list[Array]:
        """For each relation, of its shape: by how much the least value grows with what it is required to exceed."""
        ends = self.problem.ends
        starts = [0, *ends][: len(ends)]
        return [
            self.conditions.multipliers[start:end].reshape(np.shape(one))[()]
            for start, end, one in zip(starts, ends, self.constraint_values, strict=True)
        ]

    @property
    def constraint_values(self) -> list[Array]:
        """For each relation the left side less the right one, or the reverse where it has to be the smaller."""
        return self.problem.functions.constraint_arrays(self.conditions.vector)

    @property
    def bound_multipliers(self) -> dict[str, tuple[Array, Array]]:
        """Those of the lower and the upper bounds."""
        lower = self.problem.layout.values(self.conditions.at_lower)
        upper = self.problem.layout.values(self.conditions.at_upper)
        return {name: (lower[name], upper[name]) for name in self.problem.bounds}
