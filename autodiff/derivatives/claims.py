"""Derivatives that somebody claims, put beside ours at the given point and at points drawn around it.

A claim is an expression of its own. Computes and judges; how a verdict is shown is the caller's.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

import numpy as np

from backprop.autodiff.declaration.gate import TINIEST
from backprop.autodiff.derivatives.check import check, drawn
from backprop.autodiff.derivatives.differences import EPSILON
from backprop.autodiff.derivatives.disturbances import DISTURBANCE, TRIALS, disturbed
from backprop.autodiff.derivatives.parts import with_parts
from backprop.autodiff.derivatives.probes import MAXIMUM_ENTRIES
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.evaluation.binding import bind, defaults_beside, shapes_of
from backprop.autodiff.evaluation.execution import run
from backprop.autodiff.evaluation.garbage import without_collection
from backprop.autodiff.evaluation.program import Program, lower
from backprop.autodiff.gates.labels import nan_for_none
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.passes.reverse import adjoints
from backprop.autodiff.shapes import Array, Shape, entry_name, show

VERDICTS = ("mismatch", "ok", "undecided", "kink", "not finite")  # what is said of a claim that has several: the first
MAXIMUM_FAILURES = 10  # points whose values are kept
TOLERANCE = 1e-9  # relative: two right formulas multiply the same numbers in another order
ROUNDINGS = 32.0  # times what the roundings of both come to: further apart right formulas are not
TELLING = 1e-2  # relative: numbers whose roundings come to more tell nothing


class Finding(NamedTuple):
    """The worst entry of one claim, `x` or `W[0, 1]`, at the point of that number, 0 being the given one.

    `relative_error` is relative to the larger of the two; nan where they are not finite. `values` are the point's.
    """

    variable: str
    name: str
    point: int
    analytic: float
    claim: float
    relative_error: float
    verdict: str
    values: dict[str, Array]


class Comparison(NamedTuple):
    """What is found of each claim in all points: where it is wrong the first of these, else where it is furthest off.

    Of `samples` drawn points so many were `outside` the domain, and so was the given one if it `is_outside`. `failed`
    are the points at which a claim is wrong, `failures` the first MAXIMUM_FAILURES of them by number. `verdicts`
    counts claims at points. `shape` is the output's, whose entries' sum is what is differentiated. `text`, and by name
    `claims`, are what the expression and the claims are called where the comparison shows itself.
    """

    findings: list[Finding]
    samples: int
    outside: int
    is_outside: bool
    failed: int
    failures: list[tuple[int, dict[str, Array]]]
    verdicts: dict[str, int]
    shape: Shape
    seed: int
    text: str = ""
    claims: Mapping[str, str] = {}

    @property
    def points(self) -> int:
        """How many points were compared."""
        return self.samples - self.outside + (not self.is_outside)


@without_collection
def compare(
    graph: Graph, values: Mapping[str, Any], claims: Mapping[str, Graph], *, samples: int = 0, seed: int = 0
) -> Comparison:
    """Compare each variable's derivative with the claim of it at `values`, and at `samples` points drawn around them.

    A claim is in terms of what the expression has names for, and of its variable's shape. A point is outside the
    domain where the value or, at a drawn one, a derivative is not finite. What only flat gates see, as a label, is not
    moved. A non-scalar output is summed. Raises ExpressionError as `value_and_grad` does and, with the claim's text,
    for a claim that names something else or has another shape.
    """
    comparer = Comparer(graph, values, claims)
    generator = np.random.default_rng(seed)
    best: dict[str, Finding] = {}
    verdicts = dict.fromkeys(VERDICTS, 0)
    failures: list[tuple[int, dict[str, Array]]] = []
    failed = outside = 0
    is_outside = False
    for number in range(samples + 1):
        point = drawn(comparer.values, comparer.moving, generator) if number else comparer.values
        findings = comparer.at(point, number)
        if findings is None:
            outside += number > 0
            is_outside |= number == 0
            continue
        for finding in findings:
            verdicts[finding.verdict] += 1
            before = best.get(finding.variable)
            if before is None or badness(finding) > badness(before):
                best[finding.variable] = finding
        if any(finding.verdict == "mismatch" for finding in findings):
            failed += 1
            if len(failures) < MAXIMUM_FAILURES:
                failures.append((number, point))
    return Comparison(
        list(best.values()), samples, outside, is_outside, failed, failures, verdicts, comparer.output_shape, seed
    )


def badness(finding: Finding) -> tuple[int, float]:
    """Larger for what is said first: of points where a claim is wrong that is the first one."""
    rank = VERDICTS.index(finding.verdict)
    return -rank, finding.relative_error if finding.verdict == "ok" else -finding.point


class Claim(NamedTuple):
    """A lowered claim, and the values of the variables that are its own."""

    program: Program
    defaults: dict[str, Array]


class Comparer:
    """The lowered programs of an expression, of its derivatives, and of the claims."""

    def __init__(self, graph: Graph, values: Mapping[str, Any], claims: Mapping[str, Graph]) -> None:
        self.graph, given, _ = with_parts(graph, values, claims)
        typed, self.values = bind(self.graph, given)
        output = typed.result
        ones = typed.constant(1.0).broadcast_to(output.shape)
        reverse_pass = adjoints(typed, output, ones, [typed.inputs[name] for name in self.values])
        ours = reverse_pass.by([typed.inputs[name] for name in claims])
        self.output_shape = output.shape
        self.moving = [name for name in self.values if typed.inputs[name] in reverse_pass.of]
        self.program = lower([output, *ours])
        self.ours = {name: lower([node]) for name, node in zip(claims, ours, strict=True)}
        self.constants = {name: graph.defaults[name] for name in graph.fixed}
        parts = {name: node for name, node in typed.names.items() if name not in self.values | self.constants}
        read = [name for name in parts if any(name in claim.inputs for claim in claims.values())]
        self.parts, self.read = lower([parts[name] for name in read]), read
        known = shapes_of(self.values | self.constants) | {name: parts[name].shape for name in read}
        self.claims = {name: lowered(name, claim, known, typed.inputs[name].shape) for name, claim in claims.items()}

    def at(self, values: dict[str, Array], number: int) -> list[Finding] | None:
        """What is found of each claim at a point, None outside the domain."""
        with nan_for_none() if number else nullcontext():
            value, *ours = run(self.program, values)
            if not all(np.all(np.isfinite(array)) for array in ([value, *ours] if number else [value])):
                return None
            known = values | self.constants | dict(zip(self.read, run(self.parts, values), strict=True))
            return [
                self.finding(name, number, values, known, analytic)
                for name, analytic in zip(self.claims, ours, strict=True)
            ]

    def finding(
        self, name: str, number: int, values: dict[str, Array], known: dict[str, Array], analytic: Array
    ) -> Finding:
        """What is found of one claim at a point."""
        program, defaults = self.claims[name]
        known = defaults | known
        (claimed,) = run(program, known)
        analytic, claimed = np.asarray(analytic), np.asarray(claimed)
        with np.errstate(all="ignore"):
            off = np.abs(analytic - claimed)
            largest = np.maximum(np.abs(analytic), np.abs(claimed))
            relative = np.where(analytic == claimed, 0.0, off / largest)
            words = np.where(off <= TOLERANCE * largest + TINIEST, "ok", "mismatch").astype(object)
        words[~np.isfinite(off)] = "mismatch"
        words[analytic == claimed] = "ok"
        words[~np.isfinite(analytic) & (words != "ok")] = "not finite"
        wrong = words == "mismatch"
        if wrong.any():
            # Only then: this takes longer than all else.
            allowed = ROUNDINGS * (self.rounding(self.ours[name], values) + self.rounding(program, known))
            excused = wrong & (off <= allowed)
            words[excused] = np.where(allowed <= TELLING * largest, "ok", "undecided")[excused]
            if (words == "mismatch").any() and overflows(program, known):
                words[words == "mismatch"] = "not finite"
            if number == 0:
                words[self.kinks(name, values, analytic) & (words == "mismatch")] = "kink"
        ranks = np.vectorize(VERDICTS.index, otypes=[int])(words)
        worst = np.where(ranks == ranks.min(), np.nan_to_num(relative, nan=np.inf), -1.0)
        index = np.unravel_index(int(np.argmax(worst)), worst.shape)
        numbers = float(analytic[index]), float(claimed[index]), float(relative[index])
        return Finding(name, entry_name(name, index), number, *numbers, str(words[index]), values)

    def rounding(self, program: Program, values: Mapping[str, Array]) -> Array:
        """How far off the program's result is by rounding of its steps and of the variables, entry by entry."""
        generator = np.random.default_rng(0)
        (exact,) = run(program, values)
        most = np.zeros(np.shape(exact))
        for _ in range(TRIALS):
            moved = {
                name: value * (1 + DISTURBANCE * generator.uniform(-1, 1, np.shape(value)))
                for name, value in values.items()
                if name in self.moving
            }
            with np.errstate(all="ignore"), nan_for_none():
                (result,) = run(disturbed(program, generator), {**values, **moved})
                most = np.fmax(most, np.abs(result - exact))
        return np.asarray(most / DISTURBANCE * EPSILON)

    def kinks(self, name: str, values: Mapping[str, Array], analytic: Array) -> Array:
        """Which entries of the variable hit a kink here, where our derivative is a convention."""
        entries = check(self.graph, values, wrt=[name]).entries
        kinked = {entry.name for entry in entries if entry.verdict == "kink"}
        if analytic.size > MAXIMUM_ENTRIES:  # they were checked along directions
            return np.full(analytic.shape, bool(kinked))
        places = [entry_name(name, index) in kinked for index in np.ndindex(analytic.shape)]
        return np.array(places).reshape(analytic.shape)


def lowered(name: str, claim: Graph, known: Mapping[str, Shape], shape: Shape) -> Claim:
    """The claim of the derivative by `name`, for what is known of these shapes. Raises ExpressionError."""
    try:
        result, given = typed_claim(name, claim, known, shape)
    except ExpressionError as error:
        error.reason = f"the claim for {name}: {error.reason}"
        raise error.located(None, claim.source) from None
    return Claim(lower([result]), defaults_beside(claim, given))


def typed_claim(name: str, claim: Graph, known: Mapping[str, Shape], shape: Shape) -> tuple[Node, dict[str, Shape]]:
    """The claim in a typed graph, and the shapes of what it reads of the expression. Raises ExpressionError."""
    for own in claim.variables:
        if own not in known and own not in claim.defaults:
            cure = f"a claim is in terms of {', '.join(known)}" if known else None
            raise ExpressionError(f"'{own}' is not in the expression", claim.inputs[own].span, cure, claim.source)
    given = {own: known[own] for own in claim.inputs if own in known and own not in claim.fixed}
    result = claim.typed(given).result
    if result.shape != shape:
        raise ExpressionError(
            f"its shape is {show(result.shape)}, that of {name} {show(shape)}",
            claim.result.span,
            "a derivative has its variable's shape",
            claim.source,
        )
    return result, given


def overflows(program: Program, values: Mapping[str, Array]) -> bool:
    """Whether a step's result is too large for a double: a right formula may end as nan there, or as 0."""

    def watched(function: Any) -> Any:
        def raising(*operands: Array) -> Any:
            with np.errstate(over="raise"):
                return function(*operands)

        return raising

    watching = tuple(step._replace(function=watched(step.function)) for step in program.instructions)
    try:
        run(program._replace(instructions=watching), values)
    except FloatingPointError:
        return True
    return False
