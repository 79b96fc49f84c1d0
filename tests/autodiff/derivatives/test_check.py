"""The check of gradients: what it clears, what it convicts, and what it leaves open."""

from __future__ import annotations

import math

import numpy as np
import pytest

from backprop.autodiff import Graph
from backprop.autodiff.declaration.gate import Gate
from backprop.autodiff.declaration.kinds import Elementwise
from backprop.autodiff.derivatives.check import check, checks, survey
from backprop.autodiff.derivatives.probes import MAXIMUM_ENTRIES
from backprop.autodiff.derivatives.verdicts import VERDICTS
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.gates import GATES
from backprop.parser import parse

from ...cases import as_one_test
from ...closeness import close_to

DECLARATION = {"summary": "x^2", "habit": "", "source": "planted", "samples": ()}


def square_with_slope(factor: float, kind: type[Elementwise] = Elementwise) -> Gate:
    return kind("planted", np.square, lambda x, out: factor * x, **DECLARATION)


class WrongPull(Elementwise):
    def pull(self, position, upstream, inputs, out):
        return super().pull(position, upstream, inputs, out) * 1.0005


class WrongPush(Elementwise):
    def push_along(self, position, tangent, inputs, out):
        return super().push_along(position, tangent, inputs, out) * 1.0005


PLANTED = {
    "both modes": square_with_slope(2.001),
    "reverse": square_with_slope(2.0, WrongPull),
    "forward": square_with_slope(2.0, WrongPush),
}


def of(gate: Gate) -> Graph:
    """The gate of x, with something before it and something behind it."""
    graph = Graph(is_typed=False)
    inside = graph.input("x") + 0.5
    graph.output = graph.add(gate, (inside,)) * 3.0
    return graph


def verdicts(text: str, **values) -> list[str]:
    return [entry.verdict for entry in check(parse(text), values).entries]


@pytest.mark.parametrize("where", PLANTED)
@pytest.mark.parametrize("x", [1.0, -3.0, 1e-6, 1e8, [1.0, -2.0], np.linspace(1, 2, MAXIMUM_ENTRIES + 1)])
def test_a_wrong_rule_is_reported(where, x):
    found = check(of(PLANTED[where]), {"x": x})
    assert found.has_failed
    assert {entry.verdict for entry in found.entries} == {"mismatch"}
    assert [entry.relative_error for entry in found.entries] == close_to([5e-4] * len(found.entries), rel=1e-2)


def test_the_right_rule_passes():
    found = check(of(square_with_slope(2.0)), {"x": [1.0, -3.0, 1e-6, 1e8]})
    assert not found.has_failed
    assert [entry.verdict for entry in found.entries] == ["ok"] * 4


def test_a_wrong_rule_is_reported_where_the_slope_is_zero():
    gate = Elementwise("planted", np.square, lambda x, out: 2.0 * x + 0.001, **DECLARATION)
    assert check(of(gate), {"x": -0.5}).has_failed


def test_a_wrong_zero_is_reported_where_short_steps_move_nothing():
    gate = Elementwise("planted", lambda x: x**2 + 1, lambda x, out: 0.0 * x, **DECLARATION)
    graph = Graph(is_typed=False)
    graph.output = graph.add(gate, (graph.input("x"),))
    assert check(graph, {"x": 1e-9}).has_failed


def test_modes_that_disagree_are_reported_at_a_corner_too():
    gate = WrongPush("planted", np.abs, lambda x, out: x >= 0.0, **DECLARATION)
    assert check(of(gate), {"x": -0.5}).has_failed


SMOOTH = [
    ("(x+y)*z", {"x": -2, "y": 5, "z": -4}),
    ("log(x)", {"x": 1e-12}),
    ("log(x)", {"x": 1}),
    ("exp(x)", {"x": 1e-12}),
    ("exp(x)", {"x": 700}),
    ("exp(x)", {"x": -700}),
    ("sin(x)", {"x": 1e6}),
    ("sin(x)", {"x": math.pi / 2}),
    ("sin(64*pi*x)", {"x": 0}),  # steps of 2^-k meet its zeros only
    ("exp(-(x/1e-5)^2)", {"x": 1e-6}),  # a needle: long steps see a flat function
    ("sin(1/x)", {"x": 1e-3}),
    ("tanh((x-1)*1e9)", {"x": 1}),
    ("asin(x)", {"x": 1 - 1e-9}),
    ("x^10", {"x": 0}),
    ("x^10", {"x": 1e20}),
    ("gamma(x)", {"x": 170}),
    ("lgamma(x)", {"x": 1e-10}),
    ("relu(x)", {"x": 1e-3}),  # the corner is near, but not within the step
    ("relu(x-1e-9)", {"x": 0}),
    ("floor(x)", {"x": 2.5}),
    ("abs(x)^1.5", {"x": 0}),
    ("x*0", {"x": 1}),
    ("softmax(x)", {"x": [1, 2, 3]}),
    ("3*(x+0.5)^2", {"x": [1, -3, 1e-6, 1e8]}),  # the rounding of the last entry is not the first one's
    ("sum((W@x)^2)", {"W": [[0.1, 0.5], [-0.3, 0.8]], "x": [0.2, 0.4]}),
]


EXTREMES = [  # huge, tiny and mixed scales
    ("x^2", {"x": 1e-200}),
    ("x^2", {"x": 1e-310}),
    ("x^2", {"x": 1e150}),
    ("x^3", {"x": 1e100}),
    ("x", {"x": 5e-324}),
    ("2*x + 1", {"x": 1e-200}),
    ("x^2 + y", {"x": 1e-200, "y": 1}),
    ("x*y", {"x": 1e200, "y": 1e-200}),
    ("hypot(x, y)", {"x": 1e200, "y": 1e-200}),
    ("cos(x)", {"x": 1e-200}),
    ("1e300*sin(x)", {"x": 1}),
    ("atan(1e200*x)", {"x": 0}),
    ("sigmoid(1e20*x)", {"x": 0}),
    ("sigmoid(1e16*x)", {"x": 1e-300}),
    ("tanh(1e300*x)", {"x": 0}),
    ("exp(-(1e16*x)^2)", {"x": 0}),
    ("sqrt(1 + (1e16*x)^2)", {"x": 0}),
    ("hypot(x, 1e-20)", {"x": 0}),
    ("exp(1e300*x)", {"x": 0}),
    ("sin(1e6*x)", {"x": 1}),
    ("floor(1e6*x)", {"x": 1.0000005}),
    ("sqrt(x)", {"x": 1e-320}),
    ("log(x)", {"x": 1e-300}),
]
SMOOTH += EXTREMES


@as_one_test(("text", "values"), SMOOTH)
def test_right_gradients_pass(text, values):
    assert set(verdicts(text, **values)) == {"ok"}


KINKS = [
    ("abs(x)", {"x": 0}),
    ("relu(x)", {"x": 0}),
    ("max(x, y)", {"x": 1, "y": 1}),
    ("clip(x, -1, 1)", {"x": 1}),
    ("clip(x, -1, 1)", {"x": -1}),
    ("floor(x)", {"x": 2}),
    ("round(x)", {"x": 2.5}),
    ("x % 3", {"x": 6}),
    ("x^2 if x > 0 else x", {"x": 0}),
    ("norm(x)", {"x": [0, 0]}),
    ("x^1.5", {"x": 0}),  # the edge of the domain
    ("relu(x) - relu(-x)", {"x": 0}),  # smooth, but its gradient there is the corners'
    ("1e6 + 1e6*abs(x - 3)", {"x": 3}),
    ("sign(x)", {"x": 0}),  # a jump whose middle is its value
    ("abs(x)", {"x": 1e-300 - 1e-300}),
    ("max(x, 1e100)", {"x": 1e100}),
    ("relu(x - 1e-300)", {"x": 1e-300}),
    ("asin(x)", {"x": math.nextafter(1, 0)}),
    ("floor(x)", {"x": 1e16}),  # doubles here have no fraction
]


@pytest.mark.parametrize(("text", "values"), KINKS)
def test_a_kink_is_no_failure(text, values):
    assert set(verdicts(text, **values)) == {"kink"}


@pytest.mark.parametrize(
    ("text", "x"), [("sqrt(x)", 0), ("log(x)", 0), ("1/x", 0), ("cbrt(x)", 0), ("log(x)", -1), ("x", math.inf)]
)
def test_what_is_not_finite_is_no_failure(text, x):
    assert verdicts(text, x=x) == ["not finite"]


@pytest.mark.parametrize(("text", "x"), [("1e16 + x", 3), ("log(1+exp(x))", -51), ("log(1+exp(x))", -26.67)])
def test_what_rounding_hides_is_undecided(text, x):
    assert verdicts(text, x=x) == ["undecided"]


@pytest.mark.parametrize(
    ("text", "x"),
    [
        ("sin(1e12*x)", 1),
        ("cos(1e12*x)", 0.37),
        ("sin(1e15*x)", 1),
        ("sin(1e20*x)", 0.3),
        ("sin(x)", 1e20),
        ("x + sin(10*x)/10", 1e10),
        ("x + sin(1e10*x)/1e10", 1e10),
        ("floor(1e12*x) + x", 1.2345),
        ("cos(1e50*x)", 1e-100),
        ("1e-320*x", 1),
        ("(x*x)*1e200", 1e-170),
    ],
)
def test_what_no_step_resolves_is_neither_a_kink_nor_a_mismatch(text, x):
    assert verdicts(text, x=x) == ["undecided"]


@pytest.mark.parametrize("x", [0.0, 1e-300, 1e-100, 1e100, 1e150, [1e-100, 1.0, 1e100]])
@pytest.mark.parametrize("where", PLANTED)
def test_a_wrong_rule_is_reported_at_every_scale(where, x):
    assert {entry.verdict for entry in check(of(PLANTED[where]), {"x": x}).entries} == {"mismatch"}


@as_one_test("power", [*range(10, 30), 77, 140])
@as_one_test("text", ["exp(-({k}*x)^2)", "1/(1 + ({k}*x)^2)", "cos({k}*x)", "sqrt(1 + ({k}*x)^2)"])
def test_a_narrow_top_is_no_kink(text, power):
    assert verdicts(text.replace("{k}", repr(10.0**power)), x=0) == ["ok"]


@pytest.mark.parametrize("text", ["1/x", "gamma(x)"])
def test_where_the_derivative_is_infinite_a_pole_gives_no_numeric_one(text):
    (entry,) = check(parse(text), {"x": 1e-300}).entries
    assert entry.verdict == "not finite" and math.isnan(entry.numeric)


def test_a_gradient_that_lost_its_digits_is_reported():
    assert verdicts("(1-cos(x))/x^2", x=1e-5) == ["mismatch"]


POINTS = [
    pytest.param(gate, sample, id=f"{gate.name}-{number}")
    for gate in GATES
    for number, sample in enumerate(gate.samples)
    if sample.operands
]


@pytest.mark.parametrize(("gate", "sample"), POINTS)
def test_every_gate_passes_at_its_samples(gate, sample):
    graph = Graph(is_typed=False)
    inputs = tuple(graph.input(f"x{place}") for place in range(len(sample.operands)))
    settings = tuple(sample.attributes.get(name, one.default) for name, one in gate.attributes.items())
    graph.output = graph.add(gate, inputs, settings)
    found = check(graph, {f"x{place}": value for place, value in enumerate(sample.operands)})
    assert not found.has_failed
    assert {entry.verdict for entry in found.entries} <= {"ok", "undecided", "kink"}


def test_numeric_derivatives_are_right_to_their_own_error():
    for text, x, truth in [("exp(x)", 1.0, math.e), ("sin(x)", 1e6, math.cos(1e6)), ("log(x)", 1e-9, 1e9)]:
        (entry,) = check(parse(text), {"x": x}).entries
        assert abs(entry.numeric - truth) <= 10 * entry.error
        assert entry.error <= 1e-11 * truth


def test_entries_are_named_and_wrt_is_heard():
    values = {"W": np.ones((2, 2)), "x": [1.0, 2.0]}
    names = [entry.name for entry in check(parse("sum(W@x)"), values).entries]
    assert names == ["W[0,0]", "W[0,1]", "W[1,0]", "W[1,1]", "x[0]", "x[1]"]
    assert [entry.name for entry in check(parse("sum(W@x)"), values, wrt=["x"]).entries] == ["x[0]", "x[1]"]


def test_large_arrays_are_checked_along_directions():
    x = np.linspace(-1, 1, MAXIMUM_ENTRIES + 1)
    found = check(parse("sum((x[1:]-x[:-1]^2)^2)"), {"x": x}, seed=3)
    assert [entry.name for entry in found.entries] == [f"x[direction {number}]" for number in range(1, 11)]
    assert {entry.verdict for entry in found.entries} == {"ok"}


def test_a_large_array_in_which_every_gradient_is_wrong_fails():
    assert check(of(PLANTED["both modes"]), {"x": np.ones(10_000)}).has_failed


def test_a_survey_keeps_the_worst_and_counts():
    found = survey(checks(parse("x*log(y)"), {"x": 1, "y": 1}, samples=50, seed=1))
    assert found.points == 51 and found.failed == 0 and found.failures == []
    assert sum(found.verdicts.values()) == 102
    assert list(found.verdicts) == list(VERDICTS)
    assert [entry.verdict for _, entry in found.worst] == ["not finite", "not finite"]  # log of what is below 0
    assert all(number > 0 for number, _ in found.worst)


def test_a_survey_tells_where_it_failed():
    found = survey(checks(of(PLANTED["reverse"]), {"x": 1.0}, samples=20))
    assert found.failed == found.points == 21
    assert found.failures[0] == (0, {"x": 1.0})


def test_points_are_drawn_by_the_seed_and_only_for_wrt():
    def points(seed: int) -> list[dict]:
        return [one.values for one in checks(parse("x*y"), {"x": 1, "y": 2}, wrt=["x"], samples=3, seed=seed)]

    assert points(1) == points(1) != points(2)
    assert {one["y"] for one in points(1)} == {2.0}
    assert len({one["x"] for one in points(1)}) == 4


def test_an_expression_without_variables_and_errors():
    assert check(parse("3"), {}).entries == []
    with pytest.raises(ExpressionError, match="no value for 'y'"):
        check(parse("x*y"), {"x": 1})
    with pytest.raises(ExpressionError, match="'z' is not in the expression"):
        check(parse("x"), {"x": 1}, wrt=["z"])


@pytest.mark.parametrize(
    "text",
    [
        "x*sin(x*y)+exp(-x*x)",
        "tanh(x)/(1+y^2)-sqrt(x*x+y*y)",
        "logsumexp([x,y,1])*x",
        "where(x>y,x*y,x+y)",
        "lgamma(abs(x)+.1)*erf(y)",
        "sin(1/x)*y",
        "(x-y)^7/(x+y)",
        "relu(x*y)-abs(y)",
        "gelu(x)+mish(y)+selu(x*y)",
        "atan2(x,y)*clip(x,-1,1)",
    ],
)
def test_no_right_gradient_is_convicted_anywhere(text):
    found = survey(checks(parse(text), {"x": 0.9, "y": 0.1}, samples=100, seed=5))
    assert found.verdicts["mismatch"] == found.verdicts["kink"] == found.verdicts["not finite"] == 0
    assert found.verdicts["undecided"] <= 10


@pytest.mark.parametrize("x", [2.0**53, 1e50, -1e100, 1e150])
def test_a_period_that_fits_between_doubles_convicts_no_gradient(x):
    assert [entry.verdict for entry in check(parse("sinc(x)"), {"x": x}).entries] == ["undecided"]
    assert [entry.verdict for entry in check(parse("hard_tanh(x)"), {"x": x}).entries] == ["ok"]
