"""What estimates of a derivative say about the two modes' derivatives: the words of `check`. Knows no graph."""

from __future__ import annotations

import math

from backprop.autodiff.derivatives.differences import (
    FIRST_STEP,
    SURE,
    Estimate,
    Line,
    estimates,
    has_kink,
    is_edge,
    is_resolved,
    variation,
)

VERDICTS = ("mismatch", "undecided", "not finite", "kink", "ok")  # the worst first
TOLERANCE = 1e-6  # relative: a gradient that is wrong by more than a rule's last digits is off by far more
DECISIVE = 1e-5  # relative: differences that are less sure than this clear nothing
CONVICTING = 1e-2  # relative: differences that are less sure than this convict nothing, however far off
NEGLIGIBLE = 1e-9  # relative to the slopes around: an error that makes a slope at the top of a sine a zero


def judged(line: Line, analytic: float, forward: float) -> tuple[Estimate, str]:
    """The estimate to show and the verdict on both modes.

    The first sure estimate that agrees settles it: steps too long for the function can agree among themselves on a
    wrong slope, but hardly on the gradient's. A mismatch is what no estimate clears, and shorter steps confirm.
    """
    best, clearing = Estimate(), None
    for estimate in estimates(line, max(abs(analytic), abs(forward))):
        if estimate.error < best.error:
            best = estimate
        if agrees(estimate, analytic, forward):
            if settles(line, estimate, analytic, forward):
                best = estimate
                break
            if clearing is None and is_negligible(line, estimate):
                clearing = estimate
    if not (math.isfinite(analytic) and math.isfinite(forward)):
        return best if is_resolved(line, best) else Estimate(), "not finite"
    if math.isnan(best.value):
        return best, "kink" if is_edge(line) else "undecided"
    if has_kink(line, best.step):
        has_slope = sureness(best, analytic, forward) <= CONVICTING  # at a jump there is none
        return best if has_slope or not best.value else best._replace(value=math.nan, error=math.inf), "kink"
    if agrees(best, analytic, forward):
        if settles(line, best, analytic, forward) or is_negligible(line, best) or analytic == forward == best.value:
            return best, "ok"
        return (best, "undecided") if clearing is None else (clearing, "ok")
    if not is_resolved(line, best):
        return Estimate(), "undecided"
    return best, "mismatch" if sureness(best, analytic, forward) <= CONVICTING else "undecided"


def settles(line: Line, estimate: Estimate, analytic: float, forward: float) -> bool:
    """Whether an estimate that agrees is sure enough; a zero is as sure as the values around move."""
    if analytic == forward == estimate.value == 0:
        return estimate.error <= DECISIVE * variation(line, FIRST_STEP * line.scale)
    return sureness(estimate, analytic, forward) <= DECISIVE


def is_negligible(line: Line, estimate: Estimate) -> bool:
    """Whether the error is nothing beside the slopes around, at the scale's step or at the estimate's."""
    steps = dict.fromkeys((FIRST_STEP * line.scale, estimate.step))
    return any(estimate.error <= NEGLIGIBLE * variation(line, step) for step in steps)


def sureness(estimate: Estimate, *derivatives: float) -> float:
    """The estimate's own error relative to the largest of the derivatives."""
    largest = max(abs(estimate.value), *map(abs, derivatives))
    return estimate.error / largest if largest else math.inf


def agrees(estimate: Estimate, *derivatives: float) -> bool:
    largest = max(abs(estimate.value), *map(abs, derivatives))
    return all(
        abs(derivative - estimate.value) <= TOLERANCE * largest + allowance(estimate) for derivative in derivatives
    )


def allowance(estimate: Estimate) -> float:
    """How far a right gradient may be from this estimate."""
    return SURE * estimate.error if math.isfinite(estimate.error) else 0.0
