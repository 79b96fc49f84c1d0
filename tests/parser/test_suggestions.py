# ruff: noqa: RUF001 - letters that look alike are the subject
"""Suggestions: the closest name, what a function takes, look-alikes."""

import pytest

from backprop.autodiff.gates import FUNCTIONS
from backprop.parser import ExpressionError, parse
from backprop.parser.suggestions import ELSEWHERE, LOOKALIKES, closest, resemblance, uncalled


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


@pytest.mark.parametrize("word", ELSEWHERE)
def test_the_cure_for_a_name_from_elsewhere_can_be_parsed(word):
    assert word not in FUNCTIONS
    parse(ELSEWHERE[word])


def test_a_look_alike_is_named():
    assert resemblance("ехр", FUNCTIONS) == "'е' is U+0435 CYRILLIC SMALL LETTER IE: write exp"
    assert all(len(one) == 1 and other.isascii() for one, other in LOOKALIKES.items())


@pytest.mark.parametrize(
    "word, expected",
    [
        ("sin", "'sin' is a function: write sin(x)"),
        ("sine", "there is a function sin(x)"),
        ("x", None),
        ("w0", None),
        ("velocity", None),
    ],
)
def test_a_variable_that_may_be_a_function(word, expected):
    assert uncalled(word) == expected


@pytest.mark.parametrize(
    "text, cure",
    [
        ("max()", "max takes x, y, ... or x and, if wanted, axis"),
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
