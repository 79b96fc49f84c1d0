"""`solve`: a point at which equations hold, or come closest to it where there are more of them than unknowns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from backprop.autodiff.declaration.sums import add_up
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.graph import Graph
from backprop.autodiff.optimize.conditions import Conditions, Region, polished
from backprop.autodiff.optimize.descent import descend
from backprop.autodiff.optimize.functions import Functions
from backprop.autodiff.optimize.library import is_installed, root_searched
from backprop.autodiff.optimize.minimize import MOST_STEPS, REACHES, Tell, arrived
from backprop.autodiff.optimize.problem import Bound, Problem
from backprop.autodiff.optimize.residuals import Matrix, Vector
from backprop.autodiff.optimize.search import Point, Search
from backprop.autodiff.optimize.separable import linear_parameters
from backprop.autodiff.optimize.squares import SquaredTerms
from backprop.autodiff.optimize.triangle import lengths
from backprop.autodiff.shapes import Array

HOLDS = 1e-12  # of what an equation varies by with its variables: a residual that is rounding
STEP = 1e-7  # of the variables: the last Newton step may be as long
SINGULAR = 1e14  # a condition beyond which the equations do not tell the unknowns
MOST_NEWTON_STEPS = 200
LEAST = "no point nearby comes closer"
ROOT = "the equations hold"


class SolvingStopped(KeyboardInterrupt):
    """An interrupt of the search; `result` is the best that there was."""

    def __init__(self, result: Solution) -> None:
        super().__init__()
        self.result = result


class Solution:
    """The result of `solve`.

    `residuals` are left side less right side, for each equation; `residual` is the largest of them. `condition` is that
    of the Jacobian in columns of length 1, `digits` are those of the point that the last Newton step leaves alone.
    """

    def __init__(
        self, problem: Problem, squares: Functions, vector: Vector, method: str, iterations: int, evaluations: int
    ) -> None:
        self.problem = problem
        self.vector = vector
        self.method = method
        self.iterations = iterations
        functions = problem.functions
        self.evaluations = evaluations
        self.values = functions.constraints(vector)
        self.jacobian = functions.jacobian(vector)
        self.is_square = functions.count == problem.unknowns
        self.is_root = bool(np.all(np.abs(self.values) <= HOLDS * reach(self.jacobian, vector)))
        self.jacobian = self.jacobian * ~problem.region.is_fixed
        self.step = newton_step(self.jacobian, self.values) if np.isfinite(self.jacobian).all() else vector * np.nan
        self.failure = self._failure(squares)

    def _failure(self, squares: Functions) -> str | None:
        if not (np.isfinite(self.values).all() and np.isfinite(self.jacobian).all()):
            return "an equation or a derivative is not finite there"
        if self.is_root:
            moved = np.max(np.abs(self.step) / scale_of(self.vector), initial=0.0)
            return None if moved <= STEP else f"a Newton step still moves the point by {moved:.3g} of its size"
        if self.is_square:
            return f"the equations do not hold: a residual of {self.residual:.3g} is left"
        return Conditions(squares, without_constraints(self.problem.region), self.vector).failure

    @property
    def is_certified(self) -> bool:
        return self.failure is None

    @property
    def reason(self) -> str:
        return self.failure or (ROOT if self.is_root else LEAST)

    @property
    def point(self) -> dict[str, Array]:
        return self.problem.layout.values(self.vector)

    @property
    def residuals(self) -> list[Array]:
        """For each equation, in its shape."""
        return self.problem.functions.constraint_arrays(self.vector)

    @property
    def residual(self) -> float:
        return float(np.max(np.abs(self.values), initial=0.0))

    @property
    def sum_of_squares(self) -> float:
        return float(self.values @ self.values)

    @property
    def condition(self) -> float:
        """Infinite where the equations do not tell the unknowns."""
        if not np.isfinite(self.jacobian).all():
            return np.inf
        moving = self.jacobian[:, ~self.problem.region.is_fixed]
        singular = np.linalg.svd(moving / lengths(moving), compute_uv=False)
        return float(singular[0] / singular[-1]) if singular[-1] > 0.0 else np.inf

    @property
    def digits(self) -> float:
        """How many digits of the point are right, about: by the last Newton step, and the rounding of the residuals."""
        rounding = np.finfo(float).eps * max(1.0, min(self.condition, SINGULAR * 100.0))
        moved = np.max(np.abs(self.step) / scale_of(self.vector), initial=0.0) if self.is_root else 0.0
        return float(np.clip(-np.log10(max(rounding, moved)), 0.0, 15.9)) if np.isfinite(moved) else 0.0


class Solving:
    """The search for one system: ways in turn until one arrives."""

    def __init__(self, problem: Problem, tell: Tell | None) -> None:
        self.problem = problem
        self.tell = tell
        self.steps = 0
        self.last = problem.first
        typed, nodes = problem.whole, problem.nodes
        total = add_up([(node * node).sum() if node.shape else node * node for node in nodes])
        typed.output = add_up([node.sum() if node.shape else node for node in nodes])
        self.squares = Functions(typed, total, [], problem.layout)
        self.terms = SquaredTerms(typed, nodes, problem.layout)

    def run(self) -> Solution:
        """The best of what the ways lead to. Raises SolvingStopped."""
        found: list[Solution] = []
        try:
            with np.errstate(all="ignore"):
                for method, way in self._ways():
                    before = self.steps
                    found.append(self._root(self._polished(way()), method, before))
                    if found[-1].is_certified and found[-1].is_root:
                        break
        except KeyboardInterrupt:
            raise SolvingStopped(self._root(self.last, "interrupted", 0)) from None
        return min(found, key=lambda one: (not one.is_certified, not np.isfinite(one.residual), one.sum_of_squares))

    def _root(self, vector: Vector, method: str, before: int) -> Solution:
        counted = (self.problem.functions, self.squares, self.terms.functions)
        evaluations = sum(one.evaluations for one in counted)
        return Solution(self.problem, self.squares, vector, method, self.steps - before, evaluations)

    def _ways(self) -> Iterator[tuple[str, Callable[[], Vector]]]:
        problem, region = self.problem, self.problem.region
        names = list(problem.layout.shapes)
        linear = linear_parameters(self.terms, [name for name in names if name not in problem.bounds])
        for eliminated, width in ([(linear, 1.0)] if linear else []) + [([], width) for width in REACHES]:
            free = [name for name in names if name not in eliminated]
            search = Search(self.terms, eliminated, free, region.lower, region.upper, self._step)
            yield "least squares", partial(arrived, search, problem.first, width)
        if is_installed() and problem.functions.count == problem.functions.size and not problem.bounds:
            yield "hybrid", partial(root_searched, problem.functions, problem.first)
        ends = region.lower, region.upper
        yield (
            "Newton",
            partial(descend, self.squares, problem.first, *ends, most=MOST_STEPS, is_scaled=True, tell=self._told),
        )

    def _step(self, point: Point) -> None:
        self._told(point.vector, point.squares)

    def _told(self, vector: Vector, squares: float) -> None:
        self.steps += 1
        self.last = vector
        if self.tell:
            self.tell(self.steps, squares, self.problem.layout.values(vector))

    def _polished(self, vector: Vector) -> Vector:
        """Newton's steps while they shorten the residuals; where these cannot vanish, on the slope of their squares."""
        functions, region = self.problem.functions, self.problem.region
        for _ in range(MOST_NEWTON_STEPS):
            values, jacobian = functions.constraints(vector), functions.jacobian(vector) * ~region.is_fixed
            if not (np.isfinite(values).all() and np.isfinite(jacobian).all()):
                return vector
            further = np.clip(vector + newton_step(jacobian, values), region.lower, region.upper)
            size = reach(jacobian, vector)
            if not np.max(np.abs(functions.constraints(further)) / size) < np.max(np.abs(values) / size):
                break
            vector = further
        if functions.count > self.problem.unknowns:
            better = polished(Conditions(self.squares, without_constraints(region), vector)).vector
            return better if np.isfinite(better).all() else vector
        return vector


def newton_step(jacobian: Matrix, values: Vector) -> Vector:
    """The shortest step, in columns of length 1, after which the linear equations hold or come closest."""
    size = lengths(jacobian)
    step: Vector = np.linalg.lstsq(jacobian / size, -values, rcond=1.0 / SINGULAR)[0] / size
    return step


def scale_of(vector: Vector) -> Vector:
    return np.maximum(1.0, np.abs(vector))


def reach(jacobian: Matrix, vector: Vector) -> Vector:
    """What each equation varies by when its variables do by their size."""
    return np.maximum(np.abs(jacobian) @ scale_of(vector), np.finfo(float).tiny)


def without_constraints(region: Region) -> Region:
    return region._replace(is_equation=np.zeros(0, bool))


def solve(
    graph: Graph,
    /,
    start: Mapping[str, Any] | None = None,
    *,
    bounds: Mapping[str, Bound] | None = None,
    tell: Tell | None = None,
    **more_starts: Any,
) -> Solution:
    """The point near a start at which the equations of a graph hold, which `parse_relations` reads.

    With more equations than unknowns it is the one with the least sum of squared residuals. Shapes: a variable has its
    start's. `tell` gets each iteration's number, sum of squares and point. Raises ExpressionError where the question is
    wrong, and SolvingStopped with the best so far at an interrupt.
    """
    for one in graph.relations:
        if not one.is_equation:
            raise ExpressionError(
                "an inequality among the equations", one.span, "write ==, or give bounds", graph.source
            )
    problem = Problem(None, {**(start or {}), **more_starts}, bounds or {}, [graph])
    count, size = problem.functions.count, problem.unknowns
    if count < size:
        raise ExpressionError(
            f"{count} equation{'s' * (count != 1)} for {size} unknowns",
            cure="write as many, or make a constant of an unknown: const y = 2; ...",
        )
    return Solving(problem, tell).run()
