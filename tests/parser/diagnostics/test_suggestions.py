# ruff: noqa: RUF001 - letters that look alike are the subject
"""Suggestions: the closest name, what a function takes, look-alikes."""

import math

import pytest

from backprop.autodiff import value_and_grad
from backprop.autodiff.gates import FUNCTIONS
from backprop.parser import ExpressionError, parse
from backprop.parser.diagnostics.suggestions import (
    ELSEWHERE,
    FURTHER,
    LOOKALIKES,
    resemblance,
    written_out,
)
from backprop.parser.similarity import closest

from ...cases import as_one_test

pytestmark = pytest.mark.smoke


@pytest.mark.parametrize(
    "word, expected",
    [
        ("sine", "sin"),
        ("SIN", "sin"),
        ("sigmiod", "sigmoid"),
        ("leakyrelu", "leaky_relu"),
        ("xyzzy", None),
        ("q", None),
    ],
)
def test_closest(word, expected):
    assert closest(word, FUNCTIONS) == expected


def test_own_functions_are_suggested_too():
    with pytest.raises(ExpressionError) as caught:
        parse("square_root(t) = t^0.5; square_rot(2)")
    assert caught.value.cure == "did you mean 'square_root'?"


@as_one_test("word", ELSEWHERE)
def test_the_cure_for_a_name_from_elsewhere_can_be_parsed(word):
    assert word not in FUNCTIONS
    parse(f"const n = 2; {ELSEWHERE[word]}")  # the order of a Bessel function is constant


def test_a_look_alike_is_named():
    assert resemblance("ехр", FUNCTIONS) == "'е' is U+0435 CYRILLIC SMALL LETTER IE: write exp"
    assert all(len(one) == 1 and other.isascii() for one, other in LOOKALIKES.items())


@pytest.mark.parametrize(
    "text, cure",
    [
        ("max()", "max takes x, y, ... or x and, if wanted, axis, keepdims"),
        ("clip(x)", "clip takes x, low, high"),
        ("leaky_relu()", "leaky_relu takes x and, if wanted, a"),
        ("linspace(0)", "linspace takes start, stop and, if wanted, count"),
        ("f(a, b) = a; f(1)", "f takes a, b"),
    ],
)
def test_signatures(text, cure):
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert caught.value.cure == cure


@as_one_test(
    "text, reason, cure",
    [
        ("log(x, 2, 3)", "'log' has too many arguments", "log takes x or x, base"),
        ("log(x, b=3)", "'log' has no argument 'b'", "log takes x or x, base"),
        ("exp(x + 1, 2)", "'exp' has too many arguments", "the base is not an argument: write 2^(x + 1)"),
        ("sqrt(x, 3)", "'sqrt' has too many arguments", "the degree of a root is not an argument: write x^(1/3)"),
        ("atan(y, x)", None, "the angle of a point has a function of its own: write atan2(y, x)"),
        ("floor(x + y, 2)", None, "the number of digits is not an argument: write floor((x + y)*10^2)/10^2"),
        ("sum(x, 1, 2)", None, "several values are one array: write sum([x, y, z])"),
        ("grad(x^2, x, 2)", None, "a second derivative is a gradient's gradient: write grad(grad(f, x), x)"),
        (
            "norm(A, 1)",
            "'norm' takes its axis by name only",
            "write axis=1; NumPy has the order there: norm(x) is of order 2, sum(abs(x)) of 1, max(abs(x)) of inf",
        ),
        (
            "norm(A, inf)",
            "'norm' takes its axis by name only",
            "NumPy has the order there: norm(x) is of order 2, sum(abs(x)) of 1, max(abs(x)) of inf",
        ),
        (
            "polygamma(1, 2)",
            "'polygamma' takes its order by name only",
            "write order=2; SciPy has the order first",
        ),
        ("derivative(x^2, x)", "unknown function 'derivative'", "write grad(x^2, x)"),
        ("diff(sin(x)*y, x, 2)", None, "write grad(grad(sin(x)*y, x), x)"),
        ("diff(x*y, x, y)", None, "write grad(grad(x*y, x), y)"),
        ("Derivative(x^2)", None, "write grad(f, x)"),
        ("gradient(x^2)", None, "write grad(f, x)"),
        ("partial(x^2, x)", None, "write grad(x^2, x)"),
        ("D(x^2, x)", None, "write grad(x^2, x)"),
        ("d/dx(x^2)", None, "write grad(x^2, x)"),
        ("d(x^2)/dx", None, "write grad(x^2, x)"),
        ("d/dx x^2", "'d/dx' is not an operator", "write grad(f, x)"),
        ("d = 2; d(x)", None, "a product is written d*(x)"),
        ("fmod(x, 3)", None, "write sign(x)*(abs(x) % abs(3))"),
        ("fmod(a + 1, -b)", None, "write sign(a + 1)*(abs(a + 1) % abs(-b))"),
        ("fmod(x)", None, "write sign(x)*(abs(x) % abs(y))"),
        ("power(-x, 2)", None, "write (-x)^2"),
        ("iif(x > 0, [1], 2)", None, "write where(c, a, b)"),
        ("Pow(x, 2)", None, "did you mean 'pow'?"),
    ],
)
def test_what_other_languages_write_is_told_in_this_one(text, reason, cure):
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert caught.value.cure == cure
    assert reason is None or caught.value.reason == reason


@pytest.mark.parametrize("word", ["fmod", "fix", "frac"])
@pytest.mark.parametrize("x", [7.5, -7.5])
def test_what_is_written_instead_is_the_same_function(word, x):
    graph = parse(ELSEWHERE[word])
    values = {name: {"x": x, "y": -2.0}[name] for name in graph.variables}
    expected = {"fmod": math.fmod(x, -2.0), "fix": math.trunc(x), "frac": x - math.trunc(x)}[word]
    assert value_and_grad(graph, values)[0] == expected


@pytest.mark.parametrize("name", FURTHER)
def test_a_cure_for_a_further_argument_can_be_parsed(name):
    cure = written_out(name, ["t + 1", "u"])
    parse(cure.split(": write ")[1])
