"""Fits, optima, equations and uncertainty budgets of a text or of a graph; autodiff has the calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from backprop.autodiff.graph import Graph
from backprop.autodiff.optimize import all_roots as isolating
from backprop.autodiff.optimize import fit as fitting
from backprop.autodiff.optimize import many_starts
from backprop.autodiff.optimize import minimize as optimizing
from backprop.autodiff.optimize import solve as solving
from backprop.autodiff.optimize.many_starts import Minima
from backprop.autodiff.optimize.minimum import Minimum
from backprop.autodiff.uncertainty import budget as uncertainties
from backprop.cli.library.texts import Expression, graph_of, reading
from backprop.parser import parse_model, parse_relations

Constraints: TypeAlias = Expression | Sequence[Expression]
Optimum = TypeVar("Optimum", Minimum, Minima)

fit = reading(fitting.fit, parse_model)
solve = reading(solving.solve, parse_relations)
all_roots = reading(isolating.all_roots, parse_relations)
budget = reading(uncertainties.budget)


def minimize(
    expression: Expression,
    start: Mapping[str, Any] | None = None,
    /,
    *,
    subject_to: Constraints = (),
    **settings: Any,
) -> Minimum:
    """The least value of a scalar expression near a start, and the conditions that certify it.

    `subject_to` are texts, as "x + y <= 1; x*y == 2", or what `parse_relations` makes of them. All else is as
    backprop.autodiff.minimize has it.
    """
    return optimum(optimizing.minimize, expression, start, subject_to, settings)


def maximize(
    expression: Expression,
    start: Mapping[str, Any] | None = None,
    /,
    *,
    subject_to: Constraints = (),
    **settings: Any,
) -> Minimum:
    """The largest value, as `minimize` finds the least; multipliers and curvatures are those of its negative."""
    return optimum(optimizing.maximize, expression, start, subject_to, settings)


def minimize_from_many(
    expression: Expression,
    start: Mapping[str, Any] | None = None,
    /,
    *,
    subject_to: Constraints = (),
    **settings: Any,
) -> Minima:
    """The distinct least values from many starts, as backprop.autodiff.minimize_from_many has it."""
    return optimum(many_starts.minimize_from_many, expression, start, subject_to, settings)


def optimum(
    call: Callable[..., Optimum],
    expression: Expression,
    start: Mapping[str, Any] | None,
    subject_to: Constraints,
    settings: dict[str, Any],
) -> Optimum:
    given = (start, settings)
    several = [subject_to] if isinstance(subject_to, str | Graph) else subject_to
    constraints = [graph_of(one, given, parse_relations) for one in several]
    return call(graph_of(expression, given), start, subject_to=constraints, **settings)
