"""What the numbers of an answer mean, in words: a sentence for each that is there. Computes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from backprop.cli.output.report import Report

Sentence = tuple[Callable[[dict[str, Any]], Any], str]  # whether it is said of an answer's data, and what

OPTIMUM: Sequence[Sentence] = (
    (
        lambda data: data["certified"] and data["kind"] in ("minimum", "maximum"),
        "certified: the slope vanishes there but for what bounds and constraints hold back, and the value curves away "
        "in each direction that is free; no point nearby is better.",
    ),
    (
        lambda data: data["certified"] and data["kind"] == "flat",
        "flat: along some direction the value does not curve; no step that way was found to be better, "
        "but other points may be as good.",
    ),
    (lambda data: not data["certified"], "not certified: {reason}. The point is the best that was found."),
    (
        lambda data: True,
        "gradient_norm: the steepest slope that no constraint and no bound accounts for; 0 at an optimum, "
        "but for rounding.",
    ),
    (
        lambda data: data["least_curvature"] is not None,
        "least curvature: how strongly the value bends in the direction where it bends least; the smaller it is, "
        "the less the point is determined.",
    ),
    (
        lambda data: data["constraints"],
        "multiplier of a constraint: its price; moving the constraint's border by a little d changes the best value by "
        "about the multiplier times d, for maximize less it. 0: the constraint does not matter here.",
    ),
    (
        lambda data: data["bounds"],
        "multiplier of a bound: the slope that the bound holds back; without the bound the value would get better "
        "at this rate.",
    ),
    (
        lambda data: "minima" in data,
        "distinct optima: each is certified by itself; that the first is the best of all is not proved.",
    ),
)
EQUATIONS: Sequence[Sentence] = (
    (
        lambda data: data["certified"] and data["is_root"],
        "certified: the equations hold but for rounding, and a Newton step does not move the point.",
    ),
    (
        lambda data: data["certified"] and not data["is_root"],
        "no root: no point nearby has a smaller sum of squared residuals.",
    ),
    (lambda data: not data["certified"], "not certified: {reason}. The point is the closest that was found."),
    (lambda data: True, "residual: left side less right side of an equation at the point."),
    (
        lambda data: True,
        "condition: how much a relative error in the equations may grow in the point; a condition of 1e6 costs "
        "6 of 16 digits, and an infinite one says that the equations do not determine it.",
    ),
    (lambda data: True, "digits: how many decimal digits of the point are right, about."),
)
ALL_ROOTS: Sequence[Sentence] = (
    (
        lambda data: data["certified"],
        "certified: bounds of the function's values show that the rest of the range holds no root.",
    ),
    (lambda data: not data["certified"], "not certified: {reason}."),
    (
        lambda data: any(root["kind"] == "simple" for root in data["roots"]),
        "simple: the sign changes and the slope is not 0, so that there is exactly one root.",
    ),
    (
        lambda data: any(root["kind"] == "crossing" for root in data["roots"]),
        "crossing: the sign changes where the slope may be 0; the root may be of odd multiplicity.",
    ),
    (
        lambda data: any(root["kind"] == "touching" for root in data["roots"]),
        "touching: the function is 0 but for rounding and keeps its sign; the root is double, or only nearly there.",
    ),
    (lambda data: data["roots"], "digits: how many decimal digits of the root rounding leaves right, about."),
)
MEANINGS = {"minimize": OPTIMUM, "maximize": OPTIMUM, "solve": EQUATIONS}


def explained(report: Report) -> Report:
    """The report with the sentences that fit it."""
    data = report.data
    sentences = ALL_ROOTS if "roots" in data else MEANINGS[data["command"]]
    lines = [text.format(reason=data["reason"]) for is_said, text in sentences if is_said(data)]
    return report._replace(data={**data, "explanation": lines}, footer=(*report.footer, *lines))
