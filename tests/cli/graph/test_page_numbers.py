"""The numbers that a page computes in the browser are those of `eval`, at many points: one call for them all."""

from __future__ import annotations

import json

import numpy as np

from backprop.autodiff.derivatives.trace import trace
from backprop.cli.graph.circuit import circuit_of
from backprop.cli.graph.quantities import Quantities
from backprop.cli.graph.walk import Walk
from backprop.parser import parse

POINTS = 10  # of each expression: 200 in all
ULPS = 64  # units in the last place of the largest entry
INVERSE = ("inv(", "solve(")  # where terms cancel that are as large as any number of the point
EXPRESSIONS = {
    "(x+y)*z": {"x": (), "y": (), "z": ()},
    "1/(1+exp(-(w0*x0+w1*x1+w2)))": {"w0": (), "x0": (), "w1": (), "x1": (), "w2": ()},
    "a = x*y; sin(a) + a^2/x + max(x, y)": {"x": (), "y": ()},
    "where(x > 0, relu(y)*x, abs(x) + tanh(y))": {"x": (), "y": ()},
    "gelu(x) + softplus(y) + erf(x*y)": {"x": (), "y": ()},
    "norm(x)": {"x": (3,)},
    "softmax(x)": {"x": (4,)},
    "sum(log_softmax(W, axis=1))": {"W": (2, 3)},
    "cross_entropy(W@x, k)": {"W": (3, 2), "x": (2,), "k": ()},
    "max(x)*y + min(x)": {"x": (4,), "y": ()},
    "max(W, axis=0)": {"W": (2, 3)},
    "logsumexp(x) + median(x)": {"x": (5,)},
    "var(x)/(1 + std(x))": {"x": (4,)},
    "prod(x) + mean(W)": {"x": (3,), "W": (2, 2)},
    "det(W)": {"W": (3, 3)},
    "norm(solve(W, x))^2": {"W": (3, 3), "x": (3,)},
    "sum(inv(W)@x)": {"W": (2, 2), "x": (2,)},
    "logdet(W.T@W + eye(2))": {"W": (2, 2)},
    "h = relu(W@x + b); q = sum(h^2); q/2": {"W": (3, 2), "x": (2,), "b": (3,)},
    "sum(sigmoid(outer(x, y)))*norm(x - y)": {"x": (3,), "y": (3,)},
}


def points_of(shapes, random):
    """Ones first, where maxima tie; then random points, some of whole numbers, on which kinks are hit."""
    for place in range(POINTS):
        draw = (lambda shape: random.integers(-2, 3, shape)) if place % 5 == 1 else random.standard_normal
        point = {
            name: np.ones(shape) if not place else np.asarray(draw(shape), float) for name, shape in shapes.items()
        }
        if "k" in point:
            point["k"] = np.array(float(place % 3))
        yield point


def found_by_eval(found):
    """Each node's value and gradient, flat."""
    return [np.ravel(one) for step in found.steps for one in (step.value, step.gradient)]


def test_the_numbers_of_a_page_are_those_of_eval(browser):
    random = np.random.default_rng(16)
    calls, expected = [], []
    for text, shapes in EXPRESSIONS.items():
        graph = parse(text)
        points = list(points_of(shapes, random))
        first = trace(graph, points[0])
        quantities = Quantities(first.output, points[0])
        marks = Walk(first, circuit := circuit_of(first, text, "gradient"), text, quantities, 6).marks(circuit)
        numbers = {element.node: element.number for element in circuit.elements}
        own = [marks[numbers[step.node]] for step in first.steps]
        wanted = [f"'q{place}'" for mark in own for place in (mark.value, mark.gradient)]
        given = [[point[name].tolist() for name in first.graph.inputs] for point in points]
        calls.append(
            f"(() => {{ {quantities.script()} return {json.dumps(given)}.map((point) => {{ const found = "
            f"compute(...point).gradient; return [{', '.join(wanted)}].map((one) => [found[one]].flat(3).map(String)); "
            "}); })()"
        )
        with np.errstate(all="ignore"):
            expected.append([found_by_eval(trace(graph, point)) for point in points])
    answers = browser.evaluate(f"[{', '.join(calls)}]")
    for text, mine, truth in zip(EXPRESSIONS, answers, expected, strict=True):
        for place, (one, other) in enumerate(zip(mine, truth, strict=True)):
            for shown, entries in zip(one, other, strict=True):
                numbers = [float(entry.replace("Infinity", "inf")) for entry in shown]
                compared = np.concatenate(other) if any(name in text for name in INVERSE) else entries
                largest = np.max(np.abs(compared[np.isfinite(compared)]), initial=0.0)
                is_close = np.allclose(numbers, entries, rtol=0, atol=ULPS * np.spacing(largest), equal_nan=True)
                assert is_close, (text, place, numbers, entries.tolist())
