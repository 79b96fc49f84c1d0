"""A least or largest value: a row for each variable, the certificate and the constraints below. Computes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from backprop.autodiff.optimize.many_starts import Minima
from backprop.autodiff.optimize.minimum import Minimum
from backprop.autodiff.optimize.problem import text_of
from backprop.cli.output.report import ROWS, Cell, Column, Report, Row, Sum
from backprop.cli.reports.counts import effort
from backprop.cli.reports.nonfinite import nonfinite_values

MOST_LINES = 50  # of constraints that people read
MOST_ENTRIES = 8  # of a point on one line


def minimum_report(command: str, found: Minimum, text: str) -> Report:
    """One row for each entry of the variables."""
    rows = list(entry_rows(found))
    value, norm, lowest = found.value, found.gradient_norm, found.conditions.lowest
    return Report(
        title=text,
        columns=(
            Column("variable"),
            Column("value", is_number=True),
            Column("gradient", is_number=True),
            Column("bound"),
            Column("multiplier", is_number=True),
        ),
        rows=rows,
        data={
            "command": command,
            "expression": text,
            "value": value,
            "point": found.point,
            "certified": found.is_certified,
            "kind": found.kind,
            "gradient": found.gradient,
            "gradient_norm": norm,
            "least_curvature": lowest,
            "violation": found.conditions.violation,
            "multipliers": multipliers(found),
            "constraints": constraints(found),
            "bounds": {name: list(bound) for name, bound in found.problem.bounds.items()},
            "table": ROWS,
            "method": found.method,
            "iterations": found.iterations,
            "evaluations": found.evaluations,
            "reason": found.reason,
            "nonfinite": nonfinite_values(named_numbers(found)),
        },
        plain=[np.float64(row[1]) for row in rows if isinstance(row[1], float)],
        footer=tuple(footer(found)),
    )


def minima_report(command: str, found: Minima, text: str) -> Report:
    """That of the best, and the distinct optima below it."""
    report = minimum_report(command, found.best, text)
    minima = [
        {
            "value": one.value,
            "point": one.point,
            "kind": one.kind,
            "certified": one.is_certified,
            "gradient_norm": one.gradient_norm,
            "least_curvature": one.conditions.lowest,
            "starts": count,
        }
        for one, count in zip(found.minima, found.counts, strict=True)
    ]
    data = {**report.data, "minima": minima, "starts": found.starts, "seed": found.seed}
    return report._replace(data=data, footer=(*report.footer, *minima_lines(found)))


def minima_lines(found: Minima) -> Iterator[Cell]:
    count = len(found.minima)
    kind = "optimum" if count == 1 else "optima"
    yield f"{count} distinct {kind} from {found.starts} starts, seed {found.seed}"
    for one, starts in list(zip(found.minima, found.counts, strict=True))[:MOST_LINES]:
        entries = zip(one.problem.layout.entries, one.conditions.vector.tolist(), strict=True)
        point = ", ".join(f"{entry} = {value:.6g}" for entry, value in list(entries)[:MOST_ENTRIES])
        yield Sum([(f"{starts} of them: {point}; value ", one.value)])


def named_numbers(found: Minimum) -> dict[str, Any]:
    """What may be infinite: a bound is where there is none."""
    bounds = {f"bounds.{name}": np.array(bound) for name, bound in found.problem.bounds.items()}
    slopes = {f"gradient.{name}": slope for name, slope in found.gradient.items()}
    return {"value": np.float64(found.value), **slopes, **bounds}


def entry_rows(found: Minimum) -> Iterator[Row]:
    conditions, problem = found.conditions, found.problem
    slope = problem.sign * conditions.slope
    for place, entry in enumerate(problem.layout.entries):
        lower, upper = float(conditions.at_lower[place]), float(conditions.at_upper[place])
        is_lower = conditions.vector[place] == problem.region.lower[place]
        is_upper = conditions.vector[place] == problem.region.upper[place]
        bound = "fixed" if is_lower and is_upper else "lower" if is_lower else "upper" if is_upper else None
        value = float(conditions.vector[place]) + 0.0  # a zero without a sign, as the slope
        yield entry, value, float(slope[place]) + 0.0, bound, None if bound is None else lower + upper


def multipliers(found: Minimum) -> dict[str, Any]:
    """Those of constraints by their text, and of bounds by the variable and its end."""
    known: dict[str, Any] = {}
    for (graph, relation), multiplier in zip(found.problem.relations, found.multipliers, strict=True):
        known[text_of(graph, relation)] = multiplier
    for name, (lower, upper) in found.bound_multipliers.items():
        known[f"{name} lower"], known[f"{name} upper"] = lower, upper
    return known


def constraints(found: Minimum) -> list[dict[str, Any]]:
    return [
        {
            "constraint": text_of(graph, relation),
            "value": value,
            "multiplier": multiplier,
            "active": bool(relation.is_equation or np.any(multiplier != 0.0)),
        }
        for (graph, relation), value, multiplier in zip(
            found.problem.relations, found.constraint_values, found.multipliers, strict=True
        )
    ]


def footer(found: Minimum) -> Iterator[Cell]:
    """What the rows do not say, a line each."""
    yield Sum([("value ", found.value)])
    if found.is_certified:
        kind = KINDS.get(found.kind or "", found.kind)
        lowest = found.conditions.lowest
        certificate = f"certified: a {kind}"
        yield certificate if lowest is None else Sum([(f"{certificate}, least curvature ", lowest)])
    else:
        yield f"not certified: {found.reason}"
    for one in constraints(found)[:MOST_LINES]:
        if np.ndim(one["value"]):
            yield f"{one['constraint']}: {'active' if one['active'] else 'inactive'}"
        else:
            kind = "active, multiplier " if one["active"] else "inactive, slack "
            number = one["multiplier"] if one["active"] else one["value"]
            yield Sum([(f"{one['constraint']}: {kind}", float(number))])
    yield effort(found.iterations, found.evaluations, found.method)


KINDS = {"flat": "point that is flat in some direction"}
