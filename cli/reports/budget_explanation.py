"""What the numbers of a budget mean, in words: of this result, not of budgets in general. Computes nothing new."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from backprop.autodiff.uncertainty.budget import Budget
from backprop.cli.output.report import Row
from backprop.cli.output.rounding import matched

LARGEST = 50.0  # percent: above it one input decides
SMALL_DOF = 100.0  # degrees of freedom below which k is clearly larger than the normal distribution's
BENT = 1.05  # second order over first


def explanation(budget: Budget, rows: Sequence[Row], label: str) -> Iterator[str]:
    """A sentence for each number that says something of this result; `rows` are those of the table's inputs."""
    uncertainty = budget.uncertainty
    yield f"u({label}) = {matched(uncertainty, uncertainty)} is to {label} what a standard deviation is to readings"
    yield (
        "an input's sensitivity is the derivative: how much the result changes where the input does by 1;"
        " its contribution is that times its u"
    )
    yield from of_shares(budget, rows, label)
    yield (
        f"{label} ± U covers the true value with {100.0 * budget.coverage:.6g} % probability, if first order holds:"
        f" U = k u, k = {budget.factor:.3g}"
    )
    dof = budget.degrees_of_freedom
    if dof is not None and dof < SMALL_DOF:
        known = 100.0 / math.sqrt(2.0 * dof)
        yield f"{dof:.3g} degrees of freedom say how well u itself is known, to about {known:.2g} %; few make k larger"
    yield from of_orders(budget)


def of_shares(budget: Budget, rows: Sequence[Row], label: str) -> Iterator[str]:
    shares = [(share, str(entry)) for entry, *_, share in rows if isinstance(share, float) and math.isfinite(share)]
    if budget.correlation:
        yield "the inputs are correlated: a share has half of each pair's common part, and may be negative"
    elif shares and budget.uncertainty:
        share, entry = max(shares)
        left = budget.uncertainty * math.sqrt(max(1.0 - 0.75 * share / 100.0, 0.0))
        leads = "decides" if share > LARGEST else "counts most"
        yield f"{entry} {leads}, with {share:.3g} % of the variance: half its u would leave u({label}) = {left:.2g}"
        if len(shares) > 1:
            yield "contributions add as squares, so that what is small hardly matters"


def of_orders(budget: Budget) -> Iterator[str]:
    bent, drawn, verdict = budget.second_order, budget.monte_carlo, budget.verdict
    if bent is not None and verdict is not None and math.isfinite(bent.uncertainty):
        if bent.uncertainty > BENT * budget.uncertainty:
            yield "second order is larger: over the width of the inputs the expression is not a straight line"
        else:
            yield "second order agrees: over the width of the inputs the expression is nearly a straight line"
    if drawn is not None:
        yield "the trials draw the inputs from their distributions, and need no derivative and no straight line"
    if verdict is not None:
        yield (
            "the verdict compares the interval by U with that of the trials: where first order does not suffice, report"
            " the mean, u and interval of the trials"
        )
    if budget.target is not None and not budget.target.is_met:
        yield "the target names how small an input's u must become: alone, the others as they are, or all in proportion"
