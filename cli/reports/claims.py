"""What is found of the derivatives that the user claims, and where they were compared with ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from backprop.autodiff import shapes
from backprop.autodiff.derivatives.claims import Comparison, Finding
from backprop.cli.output.numbers import summary
from backprop.cli.output.report import ROWS, Column, Report, Row
from backprop.cli.reports.nonfinite import kinds_in
from backprop.parser.printers.expression import shortest

NUMBERS = ("analytic", "claim")
REASONS = {
    "undecided": "neither formula has digits left",
    "kink": "a corner or a jump, where the derivative is a convention",
    "not finite": "the derivative is inf or nan, or the claim leaves the range of doubles",
}


def claims_report(comparison: Comparison, text: str, claims: Mapping[str, str]) -> Report:
    """A row for each claim: where it is wrong the first such point, else the one where it is furthest off."""
    passed = comparison.points - comparison.failed
    return Report(
        title=f"{passed} of {comparison.points} points passed: {text}",
        columns=(
            Column("variable"),
            Column("point", is_number=True),
            Column("analytic", style="red", is_number=True),
            Column("claim", is_number=True),
            Column("relative_error", is_number=True),
            Column("verdict"),
        ),
        rows=[row(finding) for finding in comparison.findings],
        data={
            "command": "check",
            "expression": text,
            "against": dict(claims),
            "points": comparison.points,
            "outside": comparison.outside + comparison.is_outside,
            "samples": comparison.samples,
            "seed": comparison.seed,
            "failed": comparison.failed,
            "verdicts": comparison.verdicts,
            "failures": [{"point": number, "values": values} for number, values in comparison.failures],
            "checks": ROWS,
            "nonfinite": list(nonfinite(comparison)),
        },
        plain=[finding.verdict for finding in comparison.findings],
    )


def row(finding: Finding) -> Row:
    two = finding.analytic, finding.claim
    return (finding.name, float(finding.point), *two, finding.relative_error, finding.verdict)


def nonfinite(comparison: Comparison) -> Iterator[dict[str, Any]]:
    for finding in comparison.findings:
        for column in NUMBERS:
            for word, _ in kinds_in(np.float64(getattr(finding, column))):
                yield {"where": f"{finding.name}.{column}", "value": word, "point": finding.point}


def notes(comparison: Comparison) -> Iterator[str]:
    """Where they were compared, and what is wrong."""
    if comparison.shape:
        yield f"the output has shape {shapes.show(comparison.shape)}: the sum of its entries is differentiated"
    yield places(comparison)
    for finding in comparison.findings:
        if finding.verdict == "mismatch":
            point = ", ".join(f"{name} = {summary(value, shortest)}" for name, value in finding.values.items())
            two = f"the claim is {shortest(finding.claim)}, the derivative {shortest(finding.analytic)}"
            yield f"warning: by {finding.name} at point {finding.point}, {point}: {two}"
    for word, reason in REASONS.items():
        count = comparison.verdicts[word]
        if count:
            yield f"{count} {word}: {reason}"


def places(comparison: Comparison) -> str:
    """At which points the claims were compared."""
    given = (
        "the given point is outside the domain; compared" if comparison.is_outside else "compared at the given point"
    )
    if not comparison.samples:
        return f"{given}, which proves little: --samples adds points around it"
    spread = f"each entry plus a normal deviate of standard deviation max(|entry|, 1), seed {comparison.seed}"
    inside = comparison.samples - comparison.outside
    skipped = f"; skipped {comparison.outside} outside the domain" if comparison.outside else ""
    return f"{given}{'' if comparison.is_outside else ' and'} at {inside} around it ({spread}){skipped}"
