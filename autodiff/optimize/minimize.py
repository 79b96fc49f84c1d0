"""`minimize` and `maximize`: the least or largest value of an expression, with the conditions that certify it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.graph import Graph
from backprop.autodiff.optimize.augmented import minimized
from backprop.autodiff.optimize.conditions import Conditions, polished
from backprop.autodiff.optimize.descent import NOTHING, UNBOUNDED, descend
from backprop.autodiff.optimize.large import LargeConditions, descend_by_products
from backprop.autodiff.optimize.library import is_installed, searched
from backprop.autodiff.optimize.methods import METHODS, walked
from backprop.autodiff.optimize.minimum import Arrival, Lesson, Minimum, SearchStopped, WayPoint
from backprop.autodiff.optimize.problem import Bound, Problem
from backprop.autodiff.optimize.residuals import Vector
from backprop.autodiff.optimize.search import Search
from backprop.autodiff.optimize.separable import linear_parameters
from backprop.autodiff.optimize.squares import squared_terms
from backprop.autodiff.shapes import Array

MOST_STEPS = 1000
MOST_SPARSE_STEPS = 50_000  # of which each is cheap: a long valley takes as many as it has variables
MOST_STEPS_MORE = 100  # where another way has arrived
MOST_INNER_STEPS = 300
MOST_TRIED = 3e5  # operations up to which other ways are tried where the first arrives
MOST_ENTRIES = 1000  # of which a matrix of second derivatives is made
SATISFIED = 1e-6  # of what a constraint varies by: what counts as feasible without a certificate
ESCAPE = 0.01  # of the variables: the step off a saddle
REACHES = (1.0, 0.1)  # of the first step, in lengths of the start

Tell = Callable[[int, float, dict[str, Array]], None]
Way = tuple[str, Callable[[], Vector]]


class Searching:
    """The search for one problem: ways in turn, the best point so far, and what was found."""

    def __init__(
        self, problem: Problem, tell: Tell | None, lesson: Lesson | None = None, *, keeps_way: bool = False
    ) -> None:
        self.problem = problem
        self.tell = tell
        self.lesson = lesson
        self.steps = 0
        self.refused: Vector | None = None  # where a textbook's step led, if something is not finite there
        self.last = problem.first
        self._ways_gone: dict[str, list[WayPoint]] | None = {} if keeps_way else None
        self.found: list[Arrival] = []
        output = problem.output
        is_least = output is not None and problem.sign > 0.0 and not problem.relations
        self.is_large = problem.functions.size > MOST_ENTRIES and not problem.relations
        is_squared = output is not None and is_least and not self.is_large
        self.terms = squared_terms(output, problem.layout) if output is not None and is_squared else None

    def run(self) -> Minimum:
        """The best of what the ways lead to. Raises SearchStopped."""
        with np.errstate(all="ignore"):
            return self._run()

    def _run(self) -> Minimum:
        try:
            self._try(self._ways(self.problem.first))
            if not (self.is_certified or self.lesson):
                self._escape()
        except KeyboardInterrupt:
            self.found.append(Arrival(self._at(self.last), "interrupted", self.steps))
            raise SearchStopped(self._result()) from None
        return self._result()

    @property
    def is_certified(self) -> bool:
        return any(one.conditions.failure is None for one in self.found)

    @property
    def evaluations(self) -> int:
        return self.problem.functions.evaluations + (self.terms.functions.evaluations if self.terms else 0)

    def _try(self, ways: Iterator[Way]) -> None:
        functions = self.problem.functions
        for method, way in ways:
            before = self.steps
            if self._ways_gone is not None:
                self._ways_gone[method] = []
                self._keep(method, self.problem.first)
            reached = self._at(way())
            is_bottomless = reached.value < UNBOUNDED
            if not (is_bottomless or self.is_large or self.lesson):
                reached = polished(reached)
            self.found.append(Arrival(reached, method, self.steps - before))
            cost = self.evaluations * functions.operations * (2 + functions.size)
            is_enough = cost > MOST_TRIED or (self.terms is not None and reached.value <= NOTHING)
            if is_bottomless or (self.is_certified and is_enough):
                return

    def _at(self, vector: Vector) -> Conditions:
        kind = LargeConditions if self.is_large else Conditions
        return kind(self.problem.functions, self.problem.region, vector)

    def _ways(self, start: Vector) -> Iterator[Way]:
        functions, region = self.problem.functions, self.problem.region
        lower, upper = region.lower, region.upper
        if self.lesson:
            textbook = METHODS[self.lesson.method]
            rule = textbook.rule(textbook.rate if self.lesson.rate is None else self.lesson.rate)
            steps = self.lesson.steps
            yield self.lesson.method, partial(walked, rule, functions, region, start, steps, self._step, self._refuse)
            return
        if functions.count:
            yield from self._library(("SLSQP",), start)
            down = partial(minimized, functions, region, start, most=MOST_INNER_STEPS, tell=self._step)
            yield "augmented Lagrangian", partial(down, is_scaled=False)
            if not self.is_certified:
                yield "scaled augmented Lagrangian", partial(down, is_scaled=True)
            if not self.is_certified:
                yield from self._library(("trust-constr",), start)
            return
        if self.is_large:
            if is_installed() and functions.is_sparse:
                from backprop.autodiff.optimize.sparse_newton import descend_by_factors  # here, not above: few are

                most = MOST_SPARSE_STEPS
                yield "sparse Newton", partial(descend_by_factors, functions, start, region, most=most, tell=self._step)
            yield (
                "Newton by conjugate gradients",
                partial(descend_by_products, functions, start, region, most=MOST_STEPS, tell=self._step),
            )
        else:
            yield from self._squares(start)
            most = MOST_STEPS if not self.is_certified else MOST_STEPS_MORE
            down = partial(descend, functions, start, lower, upper, most=most, tell=self._step)
            yield "Newton", partial(down, is_scaled=False)
            yield "scaled Newton", partial(down, is_scaled=True)
        yield from self._library(("L-BFGS-B",) if self.is_large else ("L-BFGS-B", "SLSQP"), start)

    def _squares(self, start: Vector) -> Iterator[Way]:
        """The search of a fit, where the objective is a sum of squares; with the linear variables solved for, too."""
        problem, terms = self.problem, self.terms
        if terms is None:
            return
        names = list(problem.layout.shapes)
        linear = linear_parameters(terms, [name for name in names if name not in problem.bounds])
        for eliminated, reach in ([(linear, 1.0)] if linear else []) + [([], reach) for reach in REACHES]:
            free = [name for name in names if name not in eliminated]
            search = Search(terms, eliminated, free, problem.region.lower, problem.region.upper, self._squared)
            yield "least squares", partial(arrived, search, start, reach)

    def _library(self, methods: Sequence[str], start: Vector) -> Iterator[Way]:
        if is_installed():
            for method in methods:
                yield method, partial(searched, method, self.problem.functions, self.problem.region, start, self._step)

    def _squared(self, point: Any) -> None:
        self._step(point.vector, point.squares)

    def _step(self, vector: Vector, value: float) -> None:
        self.steps += 1
        self.last = vector
        if self._ways_gone is not None:
            self._keep(next(reversed(self._ways_gone)), vector)
        if self.tell:
            self.tell(self.steps, self.problem.sign * value, self.problem.layout.values(vector))

    def _refuse(self, vector: Vector) -> None:
        self.refused = vector

    def _keep(self, method: str, vector: Vector) -> None:
        assert self._ways_gone is not None
        way = self._ways_gone[method]
        functions = self.problem.functions
        norm = float(np.linalg.norm(functions.gradient(vector)))
        way.append(WayPoint(len(way), np.array(vector), self.problem.sign * functions.value(vector), norm))

    def _with_way(self, result: Minimum) -> Minimum:
        """With the way that led to the result; Newton's last steps are one."""
        if self._ways_gone is not None and result.method in self._ways_gone:
            if not np.array_equal(self._ways_gone[result.method][-1].vector, result.conditions.vector):
                self._keep(result.method, result.conditions.vector)
            result.way = self._ways_gone[result.method]
        return result

    def _escape(self) -> None:
        """From a saddle go on along what curves downward, either way."""
        reached = [one.conditions for one in self.found]
        saddles = [one for one in reached if one.is_finite and one.relative_violation <= SATISFIED and one.descents]
        for saddle in saddles[:1]:
            for direction in saddle.descents:
                vector = np.clip(
                    saddle.vector + ESCAPE * saddle.scale * direction, saddle.region.lower, saddle.region.upper
                )
                self._try(self._ways(vector))
                if self.is_certified:
                    return

    def _result(self) -> Minimum:
        bottomless = [
            one for one in self.found if one.conditions.value < UNBOUNDED and one.conditions.violation <= SATISFIED
        ]
        if bottomless:
            direction = "falls" if self.problem.sign > 0.0 else "grows"
            return Minimum(
                self.problem,
                bottomless[0],
                f"the objective {direction} without bound",
                self.evaluations,
                is_certified=False,
            )
        best = min(self.found, key=order)
        failure = best.conditions.failure
        if failure and self.refused is not None:
            failure = f"step {self.steps + 1} leads to where {self.problem.place_not_finite(self.refused)}"
        return self._with_way(
            Minimum(
                self.problem,
                best,
                failure or best.conditions.certificate,
                self.evaluations,
                is_certified=failure is None,
            )
        )


def arrived(search: Search, start: Vector, reach: float) -> Vector:
    """Where a search for the least squares leads."""
    return search.run(start, reach).vector


def order(found: Arrival) -> tuple[bool, bool, float]:
    """The certified ones first, then those that satisfy the constraints, by their values."""
    here = found.conditions
    is_off = not here.is_finite or here.relative_violation > SATISFIED
    value = here.violation if is_off else here.value
    return here.failure is not None, is_off, value if np.isfinite(value) else np.inf


def minimize(
    graph: Graph,
    /,
    start: Mapping[str, Any] | None = None,
    *,
    bounds: Mapping[str, Bound] | None = None,
    subject_to: Sequence[Graph] = (),
    lesson: Lesson | None = None,
    keeps_way: bool = False,
    tell: Tell | None = None,
    **more_starts: Any,
) -> Minimum:
    """The least value of a graph's scalar output near a start, and the conditions that certify it.

    `bounds` are pairs, infinite where there is none; `subject_to` are what `parse_relations` reads. Shapes: a variable
    has its start's. A `lesson` takes a textbook's method in place of all ways; `keeps_way` has the steps in `way`.
    `tell` gets each iteration's number, value and point. Raises ExpressionError where the question is wrong, and
    SearchStopped with the best so far at an interrupt.
    """
    problem = Problem(graph, {**(start or {}), **more_starts}, bounds or {}, subject_to)
    return found_in(problem, lesson, keeps_way=keeps_way, tell=tell)


def maximize(
    graph: Graph,
    /,
    start: Mapping[str, Any] | None = None,
    *,
    bounds: Mapping[str, Bound] | None = None,
    subject_to: Sequence[Graph] = (),
    lesson: Lesson | None = None,
    keeps_way: bool = False,
    tell: Tell | None = None,
    **more_starts: Any,
) -> Minimum:
    """The largest value, as `minimize` finds the least; multipliers and curvatures are those of its negative."""
    problem = Problem(graph, {**(start or {}), **more_starts}, bounds or {}, subject_to, -1.0)
    return found_in(problem, lesson, keeps_way=keeps_way, tell=tell)


def found_in(problem: Problem, lesson: Lesson | None, *, keeps_way: bool, tell: Tell | None) -> Minimum:
    """What one search finds. Raises ExpressionError where the lesson is for other problems."""
    if lesson is not None and problem.relations:
        raise ExpressionError(
            f"the method {lesson.method} knows no constraints", cure="omit them, or omit the method: then all are tried"
        )
    return Searching(problem, tell, lesson, keeps_way=keeps_way).run()
