"""Which compositions are named as having lost digits: where they did, and only there."""

import numpy as np
import pytest

from backprop.autodiff.derivatives import lost_digits
from backprop.autodiff.derivatives.lost_digits import losses
from backprop.parser import parse
from backprop.parser.printers.expression import show

LOST = [
    ("log(sigmoid(x))", {"x": -800}, "logsigmoid(x)", False),
    ("log(sigmoid(x))", {"x": 40}, "logsigmoid(x)", False),
    ("log(1 - sigmoid(x))", {"x": 40}, "logsigmoid(-x)", False),
    ("log(1/(1 + exp(-x)))", {"x": -800}, "logsigmoid(x)", False),
    ("1 - sigmoid(x)", {"x": 40}, "sigmoid(-x)", False),
    ("log(softmax(x)[0])", {"x": [-800, 0]}, "log_softmax(x)[0]", False),
    ("log(normcdf(x))", {"x": -40}, "lognormcdf(x)", False),
    ("log(normpdf(x))", {"x": 40}, "-0.5 * x^2 - 0.9189385332046727", False),
    ("log(erfc(x))", {"x": 28}, "logerfc(x)", False),
    ("log(erfc(x))", {"x": 27}, "logerfc(x)", True),
    ("log(exp(x) + exp(y))", {"x": 800, "y": 799}, "logaddexp(x, y)", False),
    ("log(sum(exp(x)))", {"x": [800, 799]}, "logsumexp(x)", False),
    ("x/(1 + exp(-x))", {"x": -800}, "silu(x)", True),
    ("1/(1 + exp(-x))", {"x": -800}, "sigmoid(x)", True),
    ("exp(x)/(1 + exp(x))", {"x": 40}, "sigmoid(x)", True),
    ("(exp(x) - exp(-x))/(exp(x) + exp(-x))", {"x": 800}, "tanh(x)", False),
    ("exp(x) - 1", {"x": 1e-12}, "expm1(x)", False),
    ("log(1 + x)", {"x": 1e-17}, "log1p(x)", False),
    ("1 - cos(x)", {"x": 1e-9}, "2 * sin(0.5 * x)^2", False),
    ("sqrt(x^2 + y^2)", {"x": 1e200, "y": 1e200}, "hypot(x, y)", False),
    ("(x^2 + y^2)^0.5", {"x": 1e-200, "y": 1e-200}, "hypot(x, y)", False),
    ("s = sigmoid(x); -log(s)", {"x": -800}, "logsigmoid(x)", False),
]
ADVISED = [
    ("log(prod(x))", {"x": [1e-200, 1e-200]}, "sum(log(x))"),
    ("log(det(A))", {"A": [[1e-200, 0], [0, 1e-200]]}, "logdet(A)"),
    ("log(gamma(x))", {"x": 200}, "lgamma(x)"),
    ("log(x^2)", {"x": -1e-200}, "2 * log(abs(x))"),
    ("log(sum([1, 0]*softmax(x)))", {"x": [-800, 0]}, "logsumexp(log_softmax(x) + log([1, 0]))"),
    ("log(x^n)", {"x": 1e200, "n": 3}, "n * log(x)"),
]
SOUND = [
    ("log(sigmoid(x))", {"x": 1}),
    ("log(sigmoid(x))", {"x": -700}),
    ("1/(1 + exp(-x))", {"x": 2}),
    ("exp(x) - 1", {"x": 0.1}),
    ("exp(x) - 1", {"x": 0}),
    ("log(1 + x)", {"x": -2}),
    ("sqrt(x^2 + y^2)", {"x": 3, "y": 4}),
    ("x*sigmoid(x)", {"x": -1.2784645427610738}),
    ("x/(1 + exp(-x))", {"x": -1.2784645427610738}),
    ("log(exp(x) + exp(y))", {"x": -0.6931471805599453, "y": -0.6931471805599453}),
    ("where(x > -30, log(sigmoid(x)), x)", {"x": -800}),
    ("relu(log(sigmoid(x)))", {"x": -800}),
    ("max(x, log(1 - sigmoid(-x)))", {"x": -5}),
    ("log(gamma(x))", {"x": -1.5}),
    ("log(det(A))", {"A": [[0, 1], [1, 0]]}),
    ("log(prod(x))", {"x": [-1, 2]}),
    ("log(x)", {"x": 0}),
    ("log(1 + x)", {"x": 1.7e308}),
    ("log(exp(x))", {"x": float("nan")}),
    ("log(sigmoid(x))", {"x": float("inf")}),
]


def found(text, values):
    return losses(parse(text), {name: np.array(value, dtype=float) for name, value in values.items()})


@pytest.mark.parametrize("text, values, better, is_gradient", LOST)
def test_what_lost_digits_is_named(text, values, better, is_gradient):
    (loss,) = found(text, values)
    assert (show(loss.better, {}), loss.is_fused, loss.is_gradient) == (better, True, is_gradient)


@pytest.mark.parametrize("text, values, better", ADVISED)
def test_what_is_another_function_elsewhere_is_advised_not_fused(text, values, better):
    (loss,) = found(text, values)
    assert (show(loss.better, {}), loss.is_fused, loss.is_gradient) == (better, False, False)


@pytest.mark.parametrize("text, values", SOUND)
def test_nothing_is_said_where_nothing_was_lost(text, values):
    assert found(text, values) == []


def test_the_place_is_that_of_the_composition():
    (loss,) = found("x^2 + log(sigmoid(x))", {"x": -800})
    assert (loss.node.span.start, loss.node.span.end) == (6, 21)


def test_several_are_named_in_their_order():
    assert [show(one.better, {}) for one in found("log(sigmoid(x)) + log(erfc(y))", {"x": -800, "y": 30})] == [
        "logsigmoid(x)",
        "logerfc(y)",
    ]


def test_most_expressions_are_not_looked_at(monkeypatch):
    monkeypatch.setattr(lost_digits, "bind", None)
    assert found("(x + y)*z", {"x": 1, "y": 2, "z": 3}) == []
    assert found("x^2*sin(x)", {"x": 1}) == []
