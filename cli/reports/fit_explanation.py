"""What the numbers of a fit mean, in words: of this result, not of fits in general. Computes nothing new."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from backprop.autodiff.optimize.fit import Fitted
from backprop.autodiff.optimize.intervals import Intervals
from backprop.cli.output.rounding import with_uncertainty

MOST_EXPLAINED = 6  # parameters, and pairs of them
CLEAR, UNCLEAR = 0.01, 0.05  # chances below and above which a parameter is and is not told from 0
STRONG = 0.9  # a correlation
POOR = 1e8  # a condition
SKEWED = 1.25  # the longer side of an interval over the shorter


def explanation(fit: Fitted, intervals: Intervals | None, lower: list[float], upper: list[float]) -> Iterator[str]:
    """A sentence for each number that says something of this result; the intervals are from `lower` to `upper`."""
    yield from of_parameters(fit, lower, upper)
    yield from of_errors(fit, intervals)
    yield from of_residuals(fit)
    yield from of_correlations(fit)
    statistics = fit.statistics
    if math.isfinite(statistics.aic):
        yield (
            f"AIC {statistics.aic:.4g} and BIC {statistics.bic:.4g} compare this model with others of the same rows:"
            " the lower is the better one, alone they say nothing"
        )
    if not fit.is_converged:
        yield f"this is not a minimum, so that no error above can be relied on: {fit.reason}"


def of_parameters(fit: Fitted, lower: list[float], upper: list[float]) -> Iterator[str]:
    statistics = fit.statistics
    cover = f"{100.0 * statistics.confidence:g} %"
    for number, entry in enumerate(statistics.entries[:MOST_EXPLAINED]):
        value, error = float(statistics.values[number]), float(statistics.standard_errors[number])
        if not math.isfinite(error):
            yield f"{entry} has no error: the data do not tell it"
            continue
        chance = float(statistics.chances[number])
        told = f"p = {chance:.2g}: {verdict(chance, entry)}" if math.isfinite(chance) else "nothing tells it from 0"
        known = f"{entry} = {with_uncertainty(value, error)}, its standard error"
        ends = f"{lower[number]:.4g} to {upper[number]:.4g}"
        yield f"{known}; the true value is within {ends}, as in {cover} of such cases; {told}"
        down, up = value - lower[number], upper[number] - value
        if min(down, up) > 0.0 and max(down, up) > SKEWED * min(down, up):
            longer, side = max(down, up) / min(down, up), "up" if up > down else "down"
            yield f"the interval of {entry} reaches {longer:.2g} times as far {side}: the model bends where it varies"


def verdict(chance: float, entry: str) -> str:
    if chance < CLEAR:
        return "it is not 0"
    return f"a model without {entry} may do" if chance > UNCLEAR else "it is hardly 0"


def of_errors(fit: Fitted, intervals: Intervals | None) -> Iterator[str]:
    statistics = fit.statistics
    if statistics.is_absolute:
        yield "the errors are those that sigma gives, whatever the residuals are"
    elif statistics.degrees_of_freedom:
        known = "sigma counts up to a factor, and " if fit.model.weights is not None else ""
        yield f"the errors are as large as the scatter of the residuals makes them: {known}a wrong model widens them"
    if intervals is not None and intervals.kind == "profile":
        yield "the intervals end where the sum of squares, the other parameters at their best, has risen too far"
    elif intervals is not None:
        yield f"the intervals are what {intervals.samples} fits to rows drawn again say, without a law of the errors"


def of_residuals(fit: Fitted) -> Iterator[str]:
    statistics = fit.statistics
    freedom, reduced = statistics.degrees_of_freedom, statistics.reduced_chi_square
    if not freedom:
        return
    if fit.model.weights is None:
        yield f"an observation is {statistics.residual_standard_deviation:.3g} off the curve, as a rule"
    else:
        spread = 2.0 * math.sqrt(2.0 / freedom)
        if reduced > 1.0 + spread:
            meant = "sigma is too small, or the model misses something"
        elif reduced < 1.0 - spread:
            meant = "sigma is too large, or the rows are not independent"
        else:
            meant = "the residuals are as large as sigma says"
        yield f"reduced chi-square {reduced:.3g}, by chance 1 give or take {spread:.2g}: {meant}"
    if math.isfinite(statistics.r_squared):
        share = statistics.r_squared
        if share < 0.0:
            yield f"R^2 {share:.3g} is below 0: the mean of the response fits better than this model"
        else:
            yield f"R^2: the model takes {100.0 * share:.4g} % off the squares about the mean of the response"


def of_correlations(fit: Fitted) -> Iterator[str]:
    statistics = fit.statistics
    with np.errstate(invalid="ignore"):
        strong = np.argwhere(np.tril(np.abs(statistics.correlation) > STRONG, -1))
    for row, column in strong[:MOST_EXPLAINED].tolist():
        number = float(statistics.correlation[row, column])
        one, other = statistics.entries[row], statistics.entries[column]
        size = "larger" if number > 0.0 else "smaller"
        yield (
            f"the correlation of {one} and {other}, {number:.3g}, says that a larger {one} is made up for by a {size}"
            f" {other}: use their errors together, by the covariance"
        )
    if math.isfinite(fit.condition) and fit.condition > POOR:
        lost = math.log10(fit.condition)
        yield f"the condition {fit.condition:.2g}: what is wrong with the rows grows by as much, some {lost:.0f} digits"
