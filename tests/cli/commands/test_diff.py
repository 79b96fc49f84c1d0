"""`backprop diff`: derivatives as expressions that the program takes again."""

from __future__ import annotations

import json

import pytest

from ...closeness import close_to


def test_the_derivative_is_a_bare_expression(backprop):
    answer = backprop("diff", "x^2*sin(x)", "--wrt", "x")
    assert (answer.status, answer.out, answer.err) == (0, "2*x*sin(x) + x^2*cos(x)\n", "")


def test_what_it_prints_can_be_evaluated(backprop):
    printed = backprop("diff", "x^2*sin(x)").out.strip()
    value = backprop("eval", printed, "--x", "0.7", "--format", "plain").out
    gradient = backprop("grad", "x^2*sin(x)", "--x", "0.7").out
    assert float(value) == close_to(float(gradient), rel=1e-15)


def test_every_variable_has_a_line_in_the_order_of_first_use(backprop):
    assert backprop("diff", "(x+y)*z").lines == ["z", "z", "x + y"]
    assert backprop("diff", "(x+y)*z", "--wrt", "z", "--wrt", "x").lines == ["x + y", "z"]


def test_an_order(backprop):
    assert backprop("diff", "x^3*y", "--wrt", "x", "--order", "2").out == "6*x*y\n"


def test_with_a_point_the_value_follows(backprop):
    assert backprop("diff", "x^3", "--x", "2").lines == ["3*x^2", "12"]


@pytest.mark.parametrize(
    "text, options, written",
    [
        ("cross_entropy(s, y)", "--wrt s --shape s=3", "softmax(s) - one_hot(y, 3)"),
        ("cross_entropy(s, y)", "--wrt s --shape s=2,3 --shape y=2", "softmax(s) - one_hot(y, 3)"),
        ("softmax(s)[0]", "--shape s=3", "softmax(s)*(eye(3)[0] - softmax(s)[0])"),
        ("softmax(s)[k]", "--wrt s --shape s=3", "softmax(s)*(one_hot(k, 3) - entry(softmax(s), k))"),
        ("-sum(t*log_softmax(s))", "--wrt s --shape s=3 --shape t=3", "softmax(s)*sum(t) - t"),
        ("hypot(x, y, z)", "--wrt x", "x/norm([x, y, z], axis=0)"),
        ("norm([x, 2*x])", "", "5*x/norm([x, 2*x])"),
        ("trace(A @ B)", "--wrt A --shape A=2,3 --shape B=3,2", "B.T"),
        ("trace(A @ A.T)", "--shape A=2,3", "2*A"),
        ("x*exp(-x/2)", "", "exp(-x/2)*(2 - x)/2"),
        ("0.5*x^2*sin(x/2)", "", "x*sin(x/2) + 0.25*x^2*cos(x/2)"),
    ],
)
def test_a_derivative_is_written_as_in_a_textbook(backprop, text, options, written):
    assert backprop("diff", text, *options.split()).out == f"{written}\n"


@pytest.mark.parametrize(
    "text, notes",
    [
        ("x^2 if x > 0 and x < 9 else x^3", []),
        ("x*(x > 2)", ["> is constant between its steps: its derivative counts as 0"]),
    ],
)
def test_a_condition_that_only_decides_is_no_step(backprop, text, notes):
    assert backprop("diff", text).err == "".join(f"note: {note}\n" for note in notes)


@pytest.mark.parametrize("text, corner", [("(x-1)^(x-1)", "x - 1 == 0"), ("x^x", "x == 0"), ("(2*x+1)^x", None)])
def test_a_corner_is_said_once_and_only_where_it_is(backprop, text, corner):
    said = f"note: where {corner}, a part of the formula has no value; the derivative takes it as its limit\n"
    assert backprop("diff", text, "--order", "3").err == (said if corner else "")


def test_arrays_by_their_shapes(backprop):
    answer = backprop("diff", "sum((W@x)^2)", "--wrt", "x", "--shape", "W=2,3", "--shape", "x=3")
    assert answer.out == "W.T @ (2*(W @ x))\n"


def test_shared_parts_as_statements(backprop):
    printed = backprop("diff", "exp(x)^2*sin(exp(x)^2)", "--cse").out.strip()
    assert printed.startswith("t1 = exp(x)^2; ")
    point = ("--x", "0.3", "--format", "plain")
    plain = backprop("grad", "exp(x)^2*sin(exp(x)^2)", "--x", "0.3").out
    assert float(backprop("eval", printed, *point).out) == close_to(float(plain), rel=1e-14)


def test_json(backprop):
    found = json.loads(backprop("diff", "x^3", "--x", "2", "--json").out)
    assert found == {
        "schema": 1,
        "command": "diff",
        "expression": "x^3",
        "order": 1,
        "derivative": {"x": "3*x^2"},
        "value": {"x": 12},
    }


def test_a_flat_gate_is_noted(backprop):
    answer = backprop("diff", "floor(x)*x")
    assert (answer.status, answer.out) == (0, "floor(x)\n")
    assert "floor" in answer.err


def test_grad_is_an_expression_of_the_language(backprop):
    assert backprop("eval", "grad(sin(x)*y, x) + 1", "x=0", "y=2", "--format", "plain").out == "3\n"
    assert backprop("diff", "grad(grad(x^3*y, x), y)", "--wrt", "x").out == "6*x\n"
    assert backprop("grad", "grad(x^4, x)", "--x", "2").out == "48\n"


@pytest.mark.parametrize(
    "tokens, reason",
    [
        (["x^2", "--wrt", "y"], "y is not a variable of the expression"),
        (["x^2", "--order", "0"], "--order 0"),
        (["sum(x^2)", "--order", "2", "--shape", "x=3"], "x is an array"),
        (["x^2", "--shape", "x"], "--shape x"),
        (["x^2", "--shape", "q=3"], "q is not a variable"),
        (["x + W", "--shape", "W=2,3", "--shape", "x=2"], "do not match"),
        (["grad(x^2, 2*x)"], "grad differentiates by a variable"),
        (["grad(x^2)"], "grad takes f, x"),
        (["sum(x)", "--x", "[1,2]", "--shape", "x=3"], "another shape"),
    ],
)
def test_a_wrong_question(backprop, tokens, reason):
    answer = backprop("diff", *tokens)
    assert (answer.status, answer.out) == (2, "")
    assert reason in answer.err
    assert "Traceback" not in answer.err
