"""A fit: a row for each parameter, and what is known of the whole below. Computes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from backprop.autodiff.optimize.fit import Fitted
from backprop.autodiff.optimize.intervals import Intervals
from backprop.autodiff.optimize.residuals import Vector
from backprop.cli.output.report import ROWS, Cell, Column, Report, Row, Sum
from backprop.cli.reports.counts import counted
from backprop.cli.reports.fit_explanation import explanation
from backprop.cli.reports.nonfinite import nonfinite_values

MOST_CORRELATED = 12  # entries whose correlations are readable


def fit_report(
    fit: Fitted,
    text: str,
    bad: int,
    absent: int,
    *,
    intervals: Intervals | None,
    is_explained: bool,
    picture: Callable[[], Any],
) -> Report:
    """One row for each entry of the parameters; `bad` and `absent` rows were left out.

    `intervals` take the place of those by linearity. `is_explained`: what the numbers mean stands below. `picture`
    makes the views.
    """
    statistics = fit.statistics
    ends = (
        (statistics.values - statistics.margins, statistics.values + statistics.margins)
        if intervals is None
        else (intervals.lower, intervals.upper)
    )
    rows = list(entry_rows(fit, *ends))
    said = list(explanation(fit, intervals, ends[0].tolist(), ends[1].tolist())) if is_explained else []
    return Report(
        title=text,
        columns=(
            Column("parameter"),
            Column("value", is_number=True),
            Column("standard_error", is_number=True),
            Column("relative_error", is_number=True, is_optional=True),
            Column("lower", is_number=True),
            Column("upper", is_number=True),
            Column("p", is_number=True),
        ),
        rows=rows,
        data={
            "command": "fit",
            "expression": text,
            "parameters": parameters(fit, *ends),
            "table": ROWS,
            "rows": fit.model.rows,
            "n": statistics.totals.size,
            "rows_bad": bad,
            "rows_missing": absent,
            "degrees_of_freedom": statistics.degrees_of_freedom,
            **measures(fit),
            "errors": scaling(fit),
            "confidence": statistics.confidence,
            "intervals": interval_data(intervals),
            "entries": statistics.entries,
            "covariance": statistics.covariance,
            "correlation": statistics.correlation,
            "condition": fit.condition,
            "iterations": fit.iterations,
            "converged": fit.is_converged,
            "reason": fit.reason,
            "warnings": fit.warnings,
            **({"explanation": said} if is_explained else {}),
            "nonfinite": nonfinite_values(
                {**measures(fit), "covariance": statistics.covariance, "lower": ends[0], "upper": ends[1]}
            ),
        },
        plain=[np.float64(row[1]) for row in rows if isinstance(row[1], float)],
        footer=(*footer(fit, intervals), *said),
        picture=picture,
    )


def measures(fit: Fitted) -> dict[str, Any]:
    """How good the fit is."""
    statistics = fit.statistics
    given = {
        "residual_sum_of_squares": statistics.totals.squares,
        "residual_standard_deviation": statistics.residual_standard_deviation,
        "reduced_chi_square": statistics.reduced_chi_square,
        "r_squared": statistics.r_squared,
        "aic": statistics.aic,
        "bic": statistics.bic,
    }
    return given if fit.loss_scale is None else {**given, "loss_scale": fit.loss_scale}


def entry_rows(fit: Fitted, lower: Vector, upper: Vector) -> Iterator[Row]:
    """What is known of each entry, then of those that are held."""
    statistics = fit.statistics
    position = {place: number for number, place in enumerate(fit.moving)}
    for place, entry in enumerate(fit.entries):
        value, number = float(fit.vector[place]), position.get(place)
        if number is None:
            yield entry, value, None, None, None, None, None
            continue
        error = float(statistics.standard_errors[number])
        yield (
            entry,
            value,
            error,
            relative(error, value),
            float(lower[number]),
            float(upper[number]),
            float(statistics.chances[number]),
        )
    for name in fit.task.held:
        yield name, fit.task.held[name], None, None, None, None, None


def relative(error: float, value: float) -> float:
    return abs(error / value) if value else float("inf")


def parameters(fit: Fitted, lower: Vector, upper: Vector) -> dict[str, dict[str, Any]]:
    """Each parameter with what is known of it, arrays in its shape."""
    layout, statistics = fit.model.layout, fit.statistics
    known = {
        "standard_error": statistics.standard_errors,
        "relative_error": np.array(list(map(relative, statistics.standard_errors, statistics.values))),
        "lower": lower,
        "upper": upper,
        "p": statistics.chances,
    }
    whole = {}
    for key, values in known.items():
        whole[key] = np.full(layout.size, np.nan)
        whole[key][fit.moving] = values
    shaped = {key: layout.values(values) for key, values in whole.items()}
    answer: dict[str, dict[str, Any]] = {}
    for name, value in fit.parameters.items():
        start = fit.task.start.get(name)
        state = "held" if name in fit.task.held else "linear" if name in fit.linear else "free"
        answer[name] = {"value": value, **{key: shaped[key].get(name) for key in shaped}, "kind": state, "start": start}
        if name in fit.task.bounds:
            answer[name]["bounds"] = list(fit.task.bounds[name])
    return answer


def scaling(fit: Fitted) -> str:
    return "absolute" if fit.statistics.is_absolute else "scaled"


def interval_data(intervals: Intervals | None) -> dict[str, Any]:
    """How the intervals came about."""
    if intervals is None or intervals.kind == "profile":
        return {"kind": "linear" if intervals is None else "profile"}
    return {"kind": intervals.kind, "samples": intervals.samples, "failed": intervals.failed, "seed": intervals.seed}


def footer(fit: Fitted, intervals: Intervals | None) -> Iterator[Cell]:
    """What the rows do not say, a line each."""
    statistics = fit.statistics
    count, freedom = statistics.totals.size, statistics.degrees_of_freedom
    yield f"{count} residuals, {freedom} degrees of freedom; {counted(fit.iterations, 'iteration')}: {fit.reason}"
    yield Sum([("residual sum of squares ", statistics.totals.squares)])
    deviation = ("residual standard deviation ", statistics.residual_standard_deviation)
    yield Sum([(*deviation, ", reduced chi-square ", statistics.reduced_chi_square)])
    yield Sum([("R^2 ", statistics.r_squared, ", AIC ", statistics.aic, ", BIC ", statistics.bic)])
    if fit.loss_scale is not None:
        yield Sum([("the loss has the scale ", fit.loss_scale)])
    absolute = "sigma is absolute" if statistics.is_absolute else "scaled by the residual standard deviation"
    yield Sum([(f"errors: {absolute}; condition ", fit.condition)])
    if intervals is not None and intervals.kind == "profile":
        yield "intervals: by the profile of the likelihood"
    elif intervals is not None:
        failed = f", {intervals.failed} of them without a fit" if intervals.failed else ""
        yield f"intervals: quantiles of {intervals.samples} bootstrap samples{failed}; seed {intervals.seed}"
    if 1 < len(statistics.entries) <= MOST_CORRELATED:
        for row, entry in enumerate(statistics.entries[1:], start=1):
            terms: list[str | float] = [f"correlation of {entry}: "]
            for column, other in enumerate(statistics.entries[:row]):
                terms += [f"{', ' * bool(column)}{other} ", float(statistics.correlation[row, column])]
            yield Sum([tuple(terms)])
