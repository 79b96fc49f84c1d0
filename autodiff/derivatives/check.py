"""Gradients put to the test: reverse mode against forward mode, and both against differences of values.

Computes and judges; how a verdict is shown is the caller's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from backprop.autodiff.derivatives.differences import FIRST_STEP, Along, Estimate, Line, total, variation
from backprop.autodiff.derivatives.disturbances import Noise
from backprop.autodiff.derivatives.points import Points, is_small, one_more_axis
from backprop.autodiff.derivatives.probes import Probe, along, probes
from backprop.autodiff.derivatives.verdicts import DECISIVE, VERDICTS, allowance, judged
from backprop.autodiff.evaluation.binding import bind, selected
from backprop.autodiff.evaluation.execution import evaluate_numbers, run
from backprop.autodiff.evaluation.garbage import without_collection
from backprop.autodiff.evaluation.program import Program, lower
from backprop.autodiff.gates.labels import nan_for_none
from backprop.autodiff.graph import Graph
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.passes.forward import tangents
from backprop.autodiff.passes.reverse import gradients
from backprop.autodiff.shapes import Array, Shape

MAXIMUM_FAILURES = 10  # points whose values are kept
MODE_TOLERANCE = 1e-9  # relative: the two modes multiply the same numbers in another order
BESIDE = 2.0**-13  # relative


class Entry(NamedTuple):
    """What was found for one number of a variable, `x` or `W[0, 1]`, or along one `W[direction 3]`.

    `analytic` is reverse mode's derivative, `forward` forward mode's, `numeric` the differences', `error` how wrong
    that may be. `relative_error` is the larger of analytic's and forward's distance from numeric, relative to the
    largest of the three (nan where there is nothing to compare).
    """

    variable: str
    name: str
    analytic: float
    numeric: float
    forward: float
    relative_error: float
    error: float
    verdict: str


class Check(NamedTuple):
    """The entries of one point; `shape` is the output's, whose entries' sum is what was differentiated."""

    entries: list[Entry]
    values: dict[str, Array]
    shape: Shape

    @property
    def has_failed(self) -> bool:
        return any(entry.verdict == "mismatch" for entry in self.entries)


class Survey(NamedTuple):
    """Several points together.

    `worst` has an entry and the number of its point (0: the given one) for every variable, or at a single point all
    entries. `failures` are the first MAXIMUM_FAILURES points with a mismatch, by number. `verdicts` counts entries.
    `text` is what the expression is called where the survey shows itself.
    """

    worst: list[tuple[int, Entry]]
    points: int
    failed: int
    failures: list[tuple[int, dict[str, Array]]]
    verdicts: dict[str, int]
    shape: Shape
    text: str = ""


@without_collection
def check(graph: Graph, values: Mapping[str, Any], *, wrt: Iterable[str] | None = None, seed: int = 0) -> Check:
    """Check the gradient of `graph` at `values` by every variable or those of `wrt`.

    An array is checked entry by entry; one of more than MAXIMUM_ENTRIES along DIRECTIONS random directions that move
    every entry, drawn with `seed`. A non-scalar output is summed: its upstream gradient is ones. Raises
    ExpressionError as `value_and_grad` does. Source of the numeric derivative: Ridders (1982), see differences.py.
    """
    return next(checks(graph, values, wrt=wrt, seed=seed))


def checks(
    graph: Graph, values: Mapping[str, Any], *, wrt: Iterable[str] | None = None, samples: int = 0, seed: int = 0
) -> Iterator[Check]:
    """Check at `values` and then at `samples` points drawn around them.

    Every entry of the variables in `wrt` gets a normal deviate of standard deviation max(abs(value), 1) added; other
    variables keep their values.
    """
    names = selected(graph, values, wrt)
    typed, arrays = bind(graph, values)
    plain = [name for name in names if name in typed.inputs]
    parts = [name for name in names if name not in typed.inputs]
    checkers = [Checker(typed, arrays, plain)] if plain or not parts else []
    for name, value in zip(parts, evaluate_numbers([typed.named(name) for name in parts], arrays), strict=True):
        checkers.append(Checker(typed.cut([name]), {**arrays, name: value}, [name]))
    generator = np.random.default_rng(seed)
    yield together([checker.check(checker.values, generator) for checker in checkers])
    for _ in range(samples):
        yield together(
            [checker.check(drawn(checker.values, checker.names, generator), generator) for checker in checkers]
        )


def together(partial_checks: Sequence[Check]) -> Check:
    """One point by all variables, of which parts of the expression are checked each by itself."""
    values = {name: value for check in partial_checks for name, value in check.values.items()}
    return Check([entry for check in partial_checks for entry in check.entries], values, partial_checks[0].shape)


@without_collection
def survey(points: Iterable[Check]) -> Survey:
    """What the points have to say together; of each only its worst is kept."""
    verdicts = dict.fromkeys(VERDICTS, 0)
    worst: dict[str, tuple[int, Entry]] = {}
    failures: list[tuple[int, dict[str, Array]]] = []
    failed, number = 0, -1
    point = Check([], {}, ())
    for number, point in enumerate(points):
        for entry in point.entries:
            verdicts[entry.verdict] += 1
            before = worst.get(entry.variable)
            if before is None or badness(entry) > badness(before[1]):
                worst[entry.variable] = number, entry
        if point.has_failed:
            failed += 1
            if len(failures) < MAXIMUM_FAILURES:
                failures.append((number, point.values))
    rows = list(worst.values()) if number > 0 else [(0, entry) for entry in point.entries]
    return Survey(rows, number + 1, failed, failures, verdicts, point.shape)


def badness(entry: Entry) -> tuple[int, float]:
    return -VERDICTS.index(entry.verdict), entry.relative_error if math.isfinite(entry.relative_error) else 0.0


def drawn(values: Mapping[str, Array], names: Iterable[str], generator: np.random.Generator) -> dict[str, Array]:
    """A point around `values`."""
    point = dict(values)
    for name in names:
        spread = np.maximum(np.abs(values[name]), 1.0)
        point[name] = values[name] + spread * generator.standard_normal(np.shape(values[name]))
    return point


class Checker:
    """The lowered programs of one expression: its value, its gradient, and its derivative along each variable."""

    def __init__(self, typed: Graph, values: dict[str, Array], names: Sequence[str]) -> None:
        self.names, self.values = names, values
        output = typed.result
        self.shape = output.shape
        inputs = [typed.named(name) for name in self.names]
        self.value = lower([output])
        self.points = Points(output) if is_small(output) else None
        self.noise = Noise(self.value, self.points)
        self.forward: dict[str, Program] = {}
        self.flat: set[str] = set()  # what reaches the output through flat gates only, whose slope 0 is a convention
        for name, node in zip(self.names, inputs, strict=True):
            seeds = {node: typed.input(tangent_name(name), node.shape)}
            tangent = tangents(typed, [output], seeds).get(output)
            self.forward[name] = lower([tangent or output.zeros])
            if tangent is None:
                self.flat.add(name)
        self.reverse = lower(gradients(output, inputs))

    def check(self, values: dict[str, Array], generator: np.random.Generator) -> Check:
        gradients = self.gradients(values)
        with np.errstate(all="ignore"), nan_for_none():
            noise = self.noise.at(values)
            entries = [
                self.entry(probe, values, gradients[name], noise)
                for name in self.names
                for probe in probes(name, values[name], generator)
            ]
        return Check(entries, values, self.shape)

    def gradients(self, values: Mapping[str, Array]) -> dict[str, Array]:
        return dict(zip(self.names, run(self.reverse, values), strict=True))

    def entry(self, probe: Probe, values: Mapping[str, Array], gradient: Array, noise: Array) -> Entry:
        """The verdict along one direction."""
        analytic = along(gradient, probe)
        (tangent,) = run(self.forward[probe.variable], {**values, tangent_name(probe.variable): probe.direction})
        forward = float(np.sum(tangent))
        steps = [side * unit for unit in (probe.scale, 1.0) for side in (FIRST_STEP, -FIRST_STEP)]
        whole = self.values_along(probe, values)
        here, *stepped = whole([0.0, *steps])
        is_label = probe.variable in self.flat  # perhaps: then there is nothing beside it
        stepped = [np.where(is_label & np.isnan(value), here, value) for value in stepped]
        moves = np.any([np.not_equal(tangent, 0), *(np.not_equal(value, here) for value in stepped)], axis=0)
        # The entries of the output that move: the others have no slope, and their rounding does not matter.
        moving = Along(lambda steps: [np.asarray(value)[moves] for value in whole(steps)], self.points is not None)
        if not math.isfinite(probe.scale) or not np.all(np.isfinite(moving.at(0.0))):
            return verdict(probe, analytic, forward, Estimate(), "not finite")
        if analytic == forward == 0 and not np.any(moves):
            return verdict(probe, analytic, forward, Estimate(0.0, 0.0), "ok")
        line = Line(moving, probe.scale, probe.finest, total(np.asarray(noise)[moves]))
        estimate, word = judged(line, analytic, forward)
        if word == "mismatch":
            if probe.variable in self.flat or self.is_convention(probe, values, estimate, analytic):
                word = "kink"
            elif (
                self.underflows(values)
                or self.wavers(probe, values, estimate, analytic)
                or (estimate.value == estimate.error == 0 and is_coarse(probe, values))
            ):
                word = "undecided"
        largest = max(variation(line, FIRST_STEP * probe.scale), abs(analytic), abs(forward))
        if abs(analytic - forward) > MODE_TOLERANCE * largest + allowance(estimate):
            word = "mismatch"  # whatever the function does here; inf - inf is nan and passes
        return verdict(probe, analytic, forward, estimate, word)

    def underflows(self, values: Mapping[str, Array]) -> bool:
        """Whether a step's result is too small for a double: differences of what is rounded to 0 tell nothing."""

        def watched(function: Callable[..., Any]) -> Callable[..., Any]:
            def raising(*operands: Array) -> Any:
                with np.errstate(under="raise"):
                    return function(*operands)

            return raising

        steps = self.value.instructions
        watching = tuple(step._replace(function=watched(step.function)) for step in steps)
        try:
            run(self.value._replace(instructions=watching), values)
        except FloatingPointError:
            return True
        return False

    def values_along(self, probe: Probe, values: Mapping[str, Array]) -> Callable[[Sequence[float]], list[Array]]:
        """The output along the direction, as a function of the steps."""
        base = values[probe.variable]

        def values_at(steps: Sequence[float]) -> list[Array]:
            if self.points is None:
                moved = [{**values, probe.variable: base + step * probe.direction} for step in steps]
                return [run(self.value, point)[0] for point in moved]
            along = one_more_axis(base) + one_more_axis(probe.direction) * np.array(steps)
            return list(np.moveaxis(self.points.at(values, {probe.variable: along}), -1, 0))

        return values_at

    def is_convention(self, probe: Probe, values: Mapping[str, Array], numeric: Estimate, analytic: float) -> bool:
        """Whether the gradient here is a corner's own: close by, on both sides, it is what the differences say.

        `relu(x) - relu(-x)` is x, and has the gradient 0 at 0 since each of the corners has.
        """
        for step in (probe.scale * 2.0**-26, -probe.scale * 2.0**-26):
            beside = self.slope_at(step, probe, values)
            off = abs(beside - numeric.value)
            if not (off <= DECISIVE * abs(numeric.value) + allowance(numeric) and off < 0.1 * abs(beside - analytic)):
                return False
        return True

    def wavers(self, probe: Probe, values: Mapping[str, Array], numeric: Estimate, analytic: float) -> bool:
        """Whether the gradient goes up and down within the differences' own steps by as much as it is off.

        Then these steps are too long for the function, and its values may hide it: `x + sin(1e10*x)/1e10` at 1e10.
        """
        most = 0.0
        for step in (numeric.step, -numeric.step, numeric.shortest, -numeric.shortest):
            before, at, behind = (self.slope_at(step * part, probe, values) for part in (1 - BESIDE, 1.0, 1 + BESIDE))
            bend = abs(before - 2 * at + behind)
            most = max(most, bend if math.isfinite(bend) else 0.0)
        return most > 0.1 * abs(numeric.value - analytic)

    def slope_at(self, step: float, probe: Probe, values: Mapping[str, Array]) -> float:
        """Reverse mode's derivative along the direction a step away."""
        moved = {**values, probe.variable: values[probe.variable] + step * probe.direction}
        return along(self.gradients(moved)[probe.variable], probe)


def is_coarse(probe: Probe, values: Mapping[str, Array]) -> bool:
    """Whether doubles lie a whole number apart here: a function with that period, as sinc, is alike at all of them."""
    moved = np.where(probe.direction != 0, np.abs(values[probe.variable]), 0.0)
    return bool(np.max(moved) >= 2.0**53)


def tangent_name(name: str) -> str:
    return f"tangent of {name}"  # with spaces: no variable is called that


def verdict(probe: Probe, analytic: float, forward: float, numeric: Estimate, word: str) -> Entry:
    three = (analytic, forward, numeric.value)
    relative = math.nan
    if all(map(math.isfinite, three)):
        distance = max(abs(analytic - numeric.value), abs(forward - numeric.value))
        relative = distance / max(map(abs, three)) if distance else 0.0
    return Entry(probe.variable, probe.name, analytic, numeric.value, forward, relative, numeric.error, word)
