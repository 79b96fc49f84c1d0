"""`budget`: the uncertainty of an expression's value, and what each input contributes.

Source: GUM (JCGM 100:2008) for the first order, annex G for the expanded uncertainty; JCGM 101:2008, clause 8, for the
verdict whether it is enough.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from backprop.autodiff.derivatives.values import value_and_grad
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.evaluation.binding import bind, check_names, defaults_beside
from backprop.autodiff.evaluation.program import dependents, needed
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.shapes import Array
from backprop.autodiff.uncertainty.coverage import coverage_factor, effective_dof
from backprop.autodiff.uncertainty.distributions import DISTRIBUTIONS
from backprop.autodiff.uncertainty.inputs import Correlations, Inputs, Uncertain
from backprop.autodiff.uncertainty.monte_carlo import MOST_ASKED, MonteCarlo, Told, monte_carlo, tolerance_of
from backprop.autodiff.uncertainty.numbers import Vector, scale_of, total
from backprop.autodiff.uncertainty.rows import check_is_number
from backprop.autodiff.uncertainty.second_order import SecondOrderUncertainty, second_order
from backprop.autodiff.uncertainty.target import Target, target

COVERAGE = 0.95
ROUNDING = 1e-9  # of degrees of freedom: 4 of one group come out as 3.9999999999999996
MOST_SEED = 2**63


class InputPart(NamedTuple):
    """An input as it is known, the output's derivative by it, and what it contributes to the output's uncertainty.

    `contribution` is |sensitivity| times u, `share` its part of the variance in %, correlations included: the shares
    add up to 100, and one that is correlated may be negative. Each has the input's shape.
    """

    known: Uncertain
    sensitivity: Any
    contribution: Any
    share: Any


class Verdict(NamedTuple):
    """Whether the interval of the first order is that of the trials, to half a unit of the uncertainty's second digit.

    `digits` of the uncertainty, 2, 1 or 0, are those for which it is; `differences` are those of the two ends,
    `tolerance` what is allowed for two, `is_close` where more trials could say otherwise. None of it is a number where
    there is nothing to compare.
    """

    first_order_suffices: bool
    digits: int
    differences: tuple[float, float]
    tolerance: float
    is_close: bool


class Budget(NamedTuple):
    """An uncertainty budget: `uncertainty` is the standard one of first order, `expanded` is `factor` times that.

    `degrees_of_freedom` are None where correlated inputs have limited ones that are not in common. `kinks` are the
    gates behind uncertain inputs that bend or jump somewhere, of which derivatives at one point tell nothing.
    """

    value: float
    uncertainty: float
    degrees_of_freedom: float | None
    coverage: float
    factor: float
    expanded: float
    inputs: dict[str, InputPart]
    correlation: Mapping[tuple[str, str], float]
    second_order: SecondOrderUncertainty | None
    monte_carlo: MonteCarlo | None
    verdict: Verdict | None
    target: Target | None
    kinks: tuple[Node, ...]

    @property
    def is_interrupted(self) -> bool:
        return self.monte_carlo is None or self.monte_carlo.is_interrupted


def budget(
    graph: Graph,
    inputs: Mapping[str, Any],
    *,
    correlations: Correlations | None = None,
    coverage: float = COVERAGE,
    target_uncertainty: float | None = None,
    target_expanded: float | None = None,
    trials: int | None = None,
    seed: int = 0,
    tell: Told | None = None,
) -> Budget:
    """The uncertainty budget of a scalar expression, by first order, second order and trials.

    `inputs` gives each variable a number or an array, which is exact, or an `Uncertain`. `correlations` are by pairs of
    names, of entries of arrays as `("x[0]", "x[1]")`. `coverage` is the probability of the expanded uncertainty and of
    the intervals. A target is a standard or an expanded uncertainty. Without a number of `trials` there are as many as
    two digits need; `tell` hears of them on the way, and Ctrl-C ends them with what there is. Raises ExpressionError
    for an output that is no scalar, for values, uncertainties and correlations that cannot be, and as `value_and_grad`
    does.
    """
    check_settings(coverage, trials, seed, target_uncertainty or target_expanded)
    known = Inputs(with_defaults(graph, inputs), correlations or {})
    check_is_number(bind(graph, known.values)[0])
    value, gradient = value_and_grad(graph, known.values, wrt=known.names)
    slopes = known.joined(gradient) + 0.0  # a zero has no sign here
    with np.errstate(all="ignore"):
        parts = slopes * known.uncertainties
        scale = scale_of(parts)
        shared = parts / scale * known.correlated(parts / scale)
        variance = total(shared)
        shares = shared / variance * 100.0 if variance else np.zeros_like(shared)
    uncertainty = scale * math.sqrt(max(variance, 0.0)) if variance == variance else math.nan
    dof = degrees_of_freedom(known, parts, uncertainty)
    factor = factor_for(coverage, dof)
    bent = second_order(graph, known, slopes)
    half_width = factor_for(coverage, degrees_of_freedom(known, parts, uncertainty, of_trials=True)) * uncertainty
    tolerance = tolerance_of(uncertainty)
    drawn = monte_carlo(
        graph,
        known,
        coverage,
        first_order=(value - half_width, value + half_width),
        tolerance=tolerance,
        trials=trials,
        seed=seed,
        tell=tell,
    )
    wanted = target_uncertainty if target_expanded is None else target_expanded / factor
    return Budget(
        value=value,
        uncertainty=uncertainty,
        degrees_of_freedom=dof,
        coverage=coverage,
        factor=factor,
        expanded=factor * uncertainty,
        inputs=input_parts(known, slopes, shares),
        correlation=dict(correlations or {}),
        second_order=bent,
        monte_carlo=drawn,
        verdict=drawn and verdict(value, half_width, tolerance, drawn),
        target=None if wanted is None else target(known, slopes, wanted),
        kinks=kinks_of(graph, known),
    )


def check_settings(coverage: float, trials: int | None, seed: int, wanted: float | None) -> None:
    """Raise ExpressionError for a setting that no budget can have."""
    if not 0.0 < coverage < 1.0:
        raise ExpressionError(f"the coverage is {coverage:g}", cure="a probability between 0 and 1: 0.95")
    if trials is not None and not 2 <= trials <= MOST_ASKED:
        raise ExpressionError(f"{trials} trials", cure=f"a number from 2 to {MOST_ASKED}")
    if not 0 <= seed < MOST_SEED:
        raise ExpressionError(f"the seed is {seed}", cure=f"a number from 0 to {MOST_SEED - 1}")
    if wanted is not None and not 0.0 < wanted < math.inf:
        raise ExpressionError(f"the target is {wanted:g}", cure="give a positive number")


def with_defaults(graph: Graph, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs, with the values that the text gives those which are missing. Raises ExpressionError."""
    check_names(graph, inputs)
    return {**inputs, **defaults_beside(graph, inputs)}


def kinks_of(graph: Graph, known: Inputs) -> tuple[Node, ...]:
    """The gates with a kink or a jump that depend on an uncertain input."""
    output = graph.result
    depends = dependents(graph, output, [graph.named(name) for name in known.names])
    return tuple(
        [
            node
            for node in needed([output])
            if (node.gate.has_kink or node.gate.is_flat) and any(depends[operand.index] for operand in node.inputs)
        ]
    )


def degrees_of_freedom(known: Inputs, parts: Vector, uncertainty: float, *, of_trials: bool = False) -> float | None:
    """The effective degrees of freedom; `of_trials`: those by which trials are drawn, from t distributions alone."""
    groups = []
    for group in known.groups if math.isfinite(uncertainty) else ():
        if of_trials and not any(DISTRIBUTIONS[known.distributions[entry]].has_tails for entry in group):
            continue
        dof = known.group_dof(group)
        if dof is None:
            return None
        some = np.zeros_like(parts)
        some[group] = parts[group] / (uncertainty or 1.0)
        groups.append((math.sqrt(max(float(some @ known.correlated(some)), 0.0)), dof))
    return effective_dof(groups)


def factor_for(coverage: float, dof: float | None) -> float:
    """The coverage factor, of whole degrees of freedom as GUM, G.4.1, has it; of infinite ones where there are none."""
    if dof is None or math.isinf(dof):
        return coverage_factor(coverage)
    return coverage_factor(coverage, math.floor(dof * (1.0 + ROUNDING)) if dof >= 1.0 else dof)


def input_parts(known: Inputs, slopes: Vector, shares: Vector) -> dict[str, InputPart]:
    contributions = np.abs(slopes) * known.uncertainties
    by_name: list[dict[str, Array]] = [known.split(vector) for vector in (slopes, contributions, shares)]
    return {name: InputPart(known.known[name], *(part[name] for part in by_name)) for name in known.names}


def verdict(value: float, half_width: float, tolerance: float, drawn: MonteCarlo) -> Verdict:
    """Source: JCGM 101:2008, 8.1. Where first order has no uncertainty at all, the tolerance is that of the trials."""
    allowed = tolerance if math.isfinite(tolerance) else drawn.tolerance
    low, high = abs(value - half_width - drawn.interval[0]), abs(value + half_width - drawn.interval[1])
    farthest = max(low, high)
    is_whole = math.isfinite(low) and math.isfinite(high) and not drawn.nonfinite
    digits = (farthest <= allowed) + (farthest <= 10.0 * allowed) if is_whole else 0
    return Verdict(digits == 2, digits, (low, high), allowed, abs(farthest - allowed) <= drawn.interval_error)
