"""`parse_model`: RESPONSE ~ PREDICTION becomes the residual, and what is wrong with a model is shown at its place."""

from __future__ import annotations

import pytest

from backprop.autodiff import ExpressionError, value_and_grad
from backprop.parser import parse, parse_model

RIGHT = [
    ("y ~ a*x + b", 7 - (2 * 3 + 1)),
    ("k = 2*a; y ~ k*x", 7 - 12),
    ("f(u) = a*u; y ~ f(x)", 7 - 6),
    ("y ~ a if x > 9 else b", 7 - 1),
    ("log(y) - b ~ -x", None),
    ("# a line\ny ~ a*x\n", 7 - 6),
]


@pytest.mark.parametrize("text, residual", RIGHT, ids=[text for text, _ in RIGHT])
def test_its_value_is_the_response_less_the_prediction(text, residual):
    graph = parse_model(text)
    assert len(graph.result.inputs) == 2
    if residual is not None:
        values = {name: {"y": 7, "a": 2, "x": 3, "b": 1}[name] for name in graph.variables}
        assert value_and_grad(graph, values)[0] == residual
    span = graph.result.span
    assert "~" in text[span.start : span.end]


WRONG = [
    ("y + a*x", None, "the model has no '~'"),
    ("y ~", (2, 3), "expected a value after '~'"),
    ("~ a*x", (0, 1), "expected a value before '~'"),
    ("y ~ a ~ b", (6, 7), "unexpected '~'"),
    ("y ~ a*x; b", (0, 7), "the model is not the last statement"),
    ("y ~ a; z ~ b", (9, 10), "a second model"),
    ("y ~ 2*sine(x)", (6, 10), "unknown function 'sine'"),
    ("q = y ~ a", (6, 7), "unexpected '~'"),
    ("", None, "the expression is empty"),
]


@pytest.mark.parametrize("text, span, reason", WRONG, ids=[text for text, *_ in WRONG])
def test_errors_point_at_their_place(text, span, reason):
    with pytest.raises(ExpressionError) as caught:
        parse_model(text)
    assert (caught.value.reason, caught.value.span) == (reason, span)
    assert caught.value.cure


@pytest.mark.parametrize("text", ["y ~ a*x", "~x"])
def test_an_expression_is_no_model_also_after_one_was_read(text):
    parse_model("y ~ a*x")
    with pytest.raises(ExpressionError, match="unexpected '~'"):
        parse(text)
