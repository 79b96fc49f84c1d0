"""Claims about derivatives: right ones are cleared however they are written, wrong ones convicted."""

from __future__ import annotations

import pytest

from backprop.autodiff import ExpressionError
from backprop.autodiff.derivatives.claims import compare
from backprop.parser import parse

from ...cases import as_one_test

RIGHT = [  # by x, in another form than ours
    ("x^2*sin(x)", "2*x*sin(x) + x^2*cos(x)", {"x": 1}),
    ("sin(x)", "sin(pi/2 - x)", {"x": 1.5707963267948966}),  # 6e-17, of which no digit agrees
    ("tan(x)", "1 + tan(x)^2", {"x": 1.5}),
    ("x*log(x)", "log(x) + 1", {"x": 0.1}),
    ("log(x)", "1/x", {"x": 1e-300}),
    ("sigmoid(x)", "exp(x)/(1 + exp(x))^2", {"x": 400}),  # whose exp overflows
    ("sigmoid(x)", "sigmoid(x)*(1 - sigmoid(x))", {"x": 30}),  # which loses digits
    ("relu(x)", "x > 0", {"x": 0}),
    ("abs(x)", "x/abs(x)", {"x": 0}),  # nan at the kink
    ("sqrt(x)", "1/(2*sqrt(x))", {"x": 0}),  # both inf
    ("x^y", "y*x^(y - 1)", {"x": 2, "y": 3}),
    ("floor(y)*x", "floor(y)", {"x": 2, "y": 3}),
    ("s[i]*x", "s[i]", {"x": 2, "s": [1, 2, 3], "i": 1}),  # a label does not move
    ("const g = 9.81; g*x^2/2", "9.81*x", {"x": 1}),
    ("q = x*y; q^2", "2*q*y", {"x": 1, "y": 2}),  # in terms of what a statement computes
    ("x*y", "k = 1; k*y", {"x": 1, "y": 2}),
    ("sum(W@x)", "sum(W, 0)", {"x": [1, 2], "W": [[1, 2], [3, 4]]}),
    ("W@x", "W.T@[1, 1]", {"x": [1, 2], "W": [[1, 2], [3, 4]]}),
    ("sum(sin(x))", "cos(x)", {"x": [0.001 * place for place in range(300)]}),
]
WRONG = [
    ("x^2*sin(x)", "2*x*sin(x) - x^2*cos(x)", {"x": 1}),
    ("x^2", "2", {"x": 1}),  # right at the given point alone
    ("x*y^2", "y", {"x": 1, "y": 1}),  # right wherever y is 1
    ("x*a^2", "a", {"x": 1}),  # the same of a default
    ("x^2", "2.00000001*x", {"x": 1}),
    ("pi*x^2/2", "3.14159265*x", {"x": 1}),
    ("x*log(abs(x)) - x", "log(x)", {"x": 1}),  # where x is positive
    ("abs(x)", "1", {"x": 0}),
    ("relu(x)", "x >= 1", {"x": 0}),
    ("sum(x^2)", "[2*x[0], 2*x[0]]", {"x": [1, 1]}),
    ("sum(abs(x))", "[0, 2]", {"x": [0, 1]}),  # beside an entry at a kink
    ("x/1e200", "2/1e200", {"x": 1}),
    ("1e200*x", "2e200", {"x": 1}),
]


def found(expression, claim, values, samples=100, seed=0):
    return compare(parse(expression), values, {"x": parse(claim)}, samples=samples, seed=seed)


@as_one_test(("expression", "claim", "values"), RIGHT)
@as_one_test("seed", [0, 1])
def test_a_right_claim_is_cleared(expression, claim, values, seed):
    comparison = found(expression, claim, values, seed=seed)
    assert (comparison.failed, comparison.findings[0].verdict) == (0, "ok")
    assert comparison.verdicts["ok"] > 25


@pytest.mark.parametrize(("expression", "claim", "values"), WRONG)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_wrong_claim_is_convicted(expression, claim, values, seed):
    expression = f"a = 1; {expression}" if "a^" in expression else expression
    comparison = found(expression, claim, values, seed=seed)
    assert comparison.failed >= 10 and comparison.findings[0].verdict == "mismatch"
    assert comparison.findings[0].point == comparison.failures[0][0]  # the first
    assert len(comparison.failures) == 10


def test_the_derivative_by_an_intermediate_value():
    comparison = compare(parse("q = x + y; q^2"), {"x": 1, "y": 2}, {"q": parse("2*q")}, samples=10)
    assert [(one.name, one.analytic, one.verdict) for one in comparison.findings] == [("q", 6, "ok")]


def test_points_outside_the_domain_are_skipped_and_counted():
    comparison = found("log(x)", "1/x", {"x": 1})
    assert 0 < comparison.outside < 50 and comparison.points == 101 - comparison.outside
    assert comparison.verdicts["ok"] == comparison.points and not comparison.is_outside
    comparison = found("log(x)", "1/x", {"x": -1})
    assert comparison.is_outside and comparison.findings[0].verdict == "ok" and comparison.points > 0
    assert found("sqrt(-1 - x^2)", "x", {"x": 1}).points == 0


def test_a_single_point_shows_why_nothing_is_decided():
    assert found("abs(x)", "x/abs(x)", {"x": 0}, samples=0).findings[0].verdict == "kink"
    assert found("(1-cos(x))/x^2", "sin(x)/x^2 - 2*(1-cos(x))/x^3", {"x": 1e-5}, 0).findings[0].verdict == "undecided"
    assert found("sigmoid(x)", "exp(x)/(1 + exp(x))^2", {"x": 800}, 0).findings[0].verdict == "not finite"


def test_the_worst_entry_is_named():
    comparison = found("sum(x^2)", "2*x*[1, 3, 2]", {"x": [1, 2, 3]}, samples=0)
    assert comparison.findings[0][:6] == ("x", "x[1]", 0, 4.0, 12.0, 2 / 3)


@pytest.mark.parametrize(
    ("claim", "reason", "place"),
    [
        ("2*z", "the claim for x: 'z' is not in the expression", (2, 3)),
        ("y", "the claim for x: 'y' is not in the expression", (0, 1)),
        ("2*x[0]", "the claim for x: its shape is scalar, that of x (2)", (0, 6)),
        ("[[1, 2]]", "the claim for x: its shape is (1, 2), that of x (2)", (0, 8)),
        ("x + [1, 2, 3]", "the claim for x: ", (0, 13)),
    ],
)
def test_what_is_wrong_with_a_claim_points_into_it(claim, reason, place):
    with pytest.raises(ExpressionError) as raised:
        found("sum(x)", claim, {"x": [1, 2]})
    assert raised.value.reason.startswith(reason) and raised.value.source == claim
    assert tuple(raised.value.span) == place
