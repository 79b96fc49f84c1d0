"""An uncertainty budget: a row for each entry of the inputs, and the result below. Computes nothing.

The columns are those of EA-4/02 (2022), 4.8, with the shares behind them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from backprop.autodiff.graph import Graph
from backprop.autodiff.shapes import entry_name
from backprop.autodiff.uncertainty.budget import Budget, InputPart, Verdict
from backprop.autodiff.uncertainty.monte_carlo import MonteCarlo, tolerance_of
from backprop.autodiff.uncertainty.second_order import GUM, SecondOrderUncertainty
from backprop.autodiff.uncertainty.target import Target
from backprop.cli.output.report import Cell, Column, Measured, Report, Row
from backprop.cli.output.rounding import concise, matched, with_uncertainty
from backprop.cli.reports.budget_explanation import explanation
from backprop.cli.reports.entries import output_label
from backprop.cli.reports.kinks import as_written
from backprop.cli.reports.nonfinite import nonfinite_values

COLUMNS = (
    Column("quantity"),
    Column("estimate", style="green", is_number=True),
    Column("u", is_number=True),
    Column("dof", is_number=True),
    Column("distribution", is_optional=True),
    Column("sensitivity", style="red", is_number=True),
    Column("contribution", is_number=True),
    Column("share_percent", is_number=True),
)
MOST_NAMED = 5
BEST = 2  # digits for which first order may suffice
SUFFICES = {
    2: "first order suffices",
    1: "first order suffices for one digit of u, not for two",
    0: "first order does not suffice, report the trials",
}


def budget_report(budget: Budget, graph: Graph, text: str, *, is_explained: bool) -> Report:
    """`is_explained`: what the numbers mean stands below."""
    label = output_label(graph)
    rows = [row for name, part in budget.inputs.items() for row in entry_rows_of(name, part)]
    said = list(explanation(budget, rows, label)) if is_explained else []
    rows.append(
        (
            label,
            Measured(budget.value, budget.uncertainty),
            Measured(budget.uncertainty, budget.uncertainty),
            budget.degrees_of_freedom,
            None,
            None,
            Measured(budget.uncertainty, budget.uncertainty),
            100.0 if budget.uncertainty else None,
        )
    )
    return Report(
        title=f"{label} = {' '.join(text.split())}",
        columns=COLUMNS,
        rows=rows,
        data={**data_of(budget, text), **({"explanation": said} if is_explained else {})},
        plain=[budget.value, budget.uncertainty],
        footer=(*remarks(budget, label), *said),
    )


def entry_rows_of(name: str, part: InputPart) -> Iterator[Row]:
    """A row for each entry of an input."""
    for index in np.ndindex(*np.shape(part.sensitivity)):
        value, uncertainty, sensitivity, contribution, share = (
            float(np.asarray(array)[index])
            for array in (part.known.value, part.known.uncertainty, part.sensitivity, part.contribution, part.share)
        )
        yield (
            entry_name(name, index),
            Measured(value, uncertainty),
            Measured(uncertainty, uncertainty),
            part.known.dof,
            part.known.distribution,
            sensitivity,
            Measured(contribution, contribution),
            share,
        )


# The same for machines ----------------------------------------------------------------------------------------


def data_of(budget: Budget, text: str) -> dict[str, Any]:
    inputs = {
        name: {
            "value": part.known.value,
            "uncertainty": part.known.uncertainty,
            "degrees_of_freedom": part.known.dof,
            "distribution": part.known.distribution,
            "sensitivity": part.sensitivity,
            "contribution": part.contribution,
            "share": part.share,
        }
        for name, part in budget.inputs.items()
    }
    numbers: dict[str, Any] = {"value": budget.value, "uncertainty": budget.uncertainty}
    if budget.degrees_of_freedom is not None:
        numbers["degrees_of_freedom"] = budget.degrees_of_freedom
    numbers |= {f"inputs.{name}.{key}": number for name, part in inputs.items() for key, number in part.items()
                if key in ("sensitivity", "contribution", "share", "degrees_of_freedom")}  # fmt: skip
    return {
        "command": "budget",
        "expression": text,
        "value": budget.value,
        "uncertainty": budget.uncertainty,
        "result": concise(budget.value, budget.uncertainty),
        "degrees_of_freedom": budget.degrees_of_freedom,
        "expanded": {
            "uncertainty": budget.expanded,
            "coverage_factor": budget.factor,
            "coverage": budget.coverage,
        },
        "inputs": inputs,
        "correlations": [[*pair, coefficient] for pair, coefficient in budget.correlation.items()],
        "second_order": second_order_data(budget.second_order) if budget.second_order and budget.verdict else None,
        "monte_carlo": budget.monte_carlo and monte_carlo_data(budget.monte_carlo),
        "verdict": budget.verdict and budget.verdict._asdict(),
        "target": budget.target and target_data(budget.target),
        "kinks": kinks(budget),
        "nonfinite": nonfinite_values(numbers),
    }


def second_order_data(bent: SecondOrderUncertainty) -> dict[str, Any]:
    return {
        "uncertainty": bent.uncertainty,
        "formula": bent.formula,
        "bias": bent.bias,
        "quadratic_uncertainty": bent.quadratic,
        "is_negative": bent.is_negative,
        "vanishing": list(bent.vanishing),
    }


def monte_carlo_data(drawn: MonteCarlo) -> dict[str, Any]:
    data = drawn._asdict()
    del data["interval"], data["shortest"], data["errors"]
    mean, uncertainty, low, high = drawn.errors
    return {
        **data,
        "interval": list(drawn.interval),
        "shortest_interval": list(drawn.shortest),
        "errors": {"mean": mean, "uncertainty": uncertainty, "interval": [low, high]},
    }


def target_data(target: Target) -> dict[str, Any]:
    return {
        "uncertainty": target.uncertainty,
        "is_met": target.is_met,
        "inputs": {entry: improvement._asdict() for entry, improvement in target.improvements.items()},
    }


# In words -----------------------------------------------------------------------------------------------------


def remarks(budget: Budget, label: str) -> Iterator[Cell]:
    """The result, and how far it can be trusted."""
    value, uncertainty = budget.value, budget.uncertainty
    both, short = with_uncertainty(value, uncertainty), concise(value, uncertainty)
    yield f"{label} = {both} (standard uncertainty), in short {short}"
    covered = f"k = {budget.factor:.3g}, {percent(budget.coverage)}{by_dof(budget)}"
    yield f"U = {matched(budget.expanded, budget.expanded)} ({covered})"
    yield from second_order_remarks(budget.second_order, budget.monte_carlo)
    yield from monte_carlo_remarks(budget.monte_carlo)
    if budget.verdict is not None:
        yield from verdict_remarks(budget.verdict, budget.second_order)
        if budget.verdict.digits < BEST and budget.kinks:
            yield f"the expression bends or jumps at {listed(kinks(budget))}, which derivatives at one point do not see"
    if budget.target is not None:
        yield from target_remarks(budget.target, budget.factor)


def percent(probability: float) -> str:
    return f"{probability * 100:.6g} %"


def by_dof(budget: Budget) -> str:
    if budget.degrees_of_freedom is None:
        return "; correlated inputs have no effective degrees of freedom: k is the normal distribution's, and too small"
    if math.isinf(budget.degrees_of_freedom):
        return ""
    return f", {budget.degrees_of_freedom:.4g} effective degrees of freedom, cut to whole ones"


def second_order_remarks(bent: SecondOrderUncertainty | None, drawn: MonteCarlo | None) -> Iterator[str]:
    if bent is None:
        yield "too many entries for second order"
        return
    if drawn is None:
        return  # what second order says is worth nothing without a verdict
    formula = f" ({GUM})" if bent.formula == GUM else " (the quadratic polynomial of normal inputs)"
    negative = f"; {GUM} gives a negative variance here" if bent.is_negative else ""
    if math.isfinite(bent.uncertainty):
        shift = ""
        if abs(bent.bias) >= tolerance_of(bent.uncertainty):
            shift = f", the mean is {matched(bent.bias, bent.uncertainty)} off the value"
        yield f"second order: u = {matched(bent.uncertainty, bent.uncertainty)}{formula}{shift}{negative}"
    else:
        yield "second order: no number"


def monte_carlo_remarks(drawn: MonteCarlo | None) -> Iterator[str]:
    if drawn is None:
        yield "no trials were made"
        return
    interval, shortest = (
        " to ".join(matched(end, drawn.uncertainty) for end in ends) for ends in (drawn.interval, drawn.shortest)
    )
    yield (
        f"{drawn.trials} trials (seed {drawn.seed}): mean {matched(drawn.mean, drawn.uncertainty)}, "
        f"u = {matched(drawn.uncertainty, drawn.uncertainty)}, {percent(drawn.coverage)} in {interval}, "
        f"at the shortest {shortest}"
    )
    if drawn.is_interrupted:
        yield "the trials were interrupted: this is the best so far"
    elif not drawn.is_stable:
        yield "the trials do not settle two digits: the distribution has heavy tails, or more are needed (--trials)"
    if drawn.nonfinite:
        yield (
            f"{drawn.nonfinite} of {drawn.trials} trials are inf or nan, and left out: the inputs reach beyond the "
            "domain"
        )


def kinks(budget: Budget) -> list[str]:
    """The gates that bend or jump, as they are written."""
    return list(dict.fromkeys(map(as_written, budget.kinks)))


def listed(names: Sequence[str]) -> str:
    """The first few names."""
    return ", ".join(names[:MOST_NAMED]) + (" …" if len(names) > MOST_NAMED else "")


def verdict_remarks(verdict: Verdict, bent: SecondOrderUncertainty | None) -> Iterator[str]:
    if not all(map(math.isfinite, (*verdict.differences, verdict.tolerance))):
        yield "verdict: first order cannot be compared with the trials, because a number is not finite"
        return
    low, high = verdict.differences
    ends = f"its interval ends {low:.2g} and {high:.2g} from that of the trials, {verdict.tolerance:.2g} is allowed"
    close = "; that is close: another seed may say otherwise" if verdict.is_close else ""
    yield f"verdict: {SUFFICES[verdict.digits]}: {ends} (JCGM 101, clause 8){close}"
    if bent is not None and bent.vanishing:
        yield (
            f"the first derivative by {listed(bent.vanishing)} is zero here: what such an input contributes shows in "
            "second order and in trials only"
        )


def target_remarks(target: Target, factor: float) -> Iterator[str]:
    wanted = f"u = {target.uncertainty:.4g}, U = {target.uncertainty * factor:.4g}"
    if target.is_met:
        yield f"target: {wanted} is met"
        return
    alone = {entry: one.alone for entry, one in target.improvements.items() if one.alone is not None}
    for entry, needed in alone.items():
        yield f"target: {wanted} if u({entry}) alone is {needed:.3g}"
    if not alone:
        yield f"target: {wanted}: no input is enough alone"
    together = {entry: one.together for entry, one in target.improvements.items() if one.together is not None}
    if len(together) > 1:
        parts = ", ".join(f"u({entry}) {needed:.3g}" for entry, needed in together.items())
        yield f"target: {wanted} if together: {parts}"
