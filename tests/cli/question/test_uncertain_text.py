"""Texts of values with uncertainties: what each form says, and where a wrong one is wrong."""

from __future__ import annotations

import math

import numpy as np
import pytest

from backprop.autodiff import ExpressionError
from backprop.cli.question.uncertain_text import read_uncertain

from ...cases import as_one_test
from ...closeness import close_to

FORMS = [
    ("2.0+-0.1", 2.0, 0.1, math.inf, "normal"),
    ("2.0 ± 0.1", 2.0, 0.1, math.inf, "normal"),
    ("2+/-1/8", 2.0, 0.125, math.inf, "normal"),
    ("-0.1+-0.41", -0.1, 0.41, math.inf, "normal"),
    ("pi/2+-0.1", math.pi / 2, 0.1, math.inf, "normal"),
    ("4.999(32)", 4.999, 0.032, math.inf, "normal"),
    ("-4.999(3.2e-3)", -4.999, 0.0032, math.inf, "normal"),
    ("4.999(0.032)", 4.999, 0.032, math.inf, "normal"),
    ("5.00(12)", 5.0, 0.12, math.inf, "normal"),
    (".50(12)", 0.5, 0.12, math.inf, "normal"),
    ("1234(12)", 1234.0, 12.0, math.inf, "normal"),
    ("6.62607015(29)e-34", 6.62607015e-34, 2.9e-41, math.inf, "normal"),
    ("2.5(0.5)e3", 2500.0, 500.0, math.inf, "normal"),
    ("-2+-0.1%", -2.0, 0.002, math.inf, "normal"),
    ("2.0+-0.1,dof=4", 2.0, 0.1, 4.0, "normal"),
    ("2.0+-0.1, t, dof=4", 2.0, 0.1, 4.0, "t"),
    ("50000623,U=75,k=3,dof=18", 50000623.0, 25.0, 18.0, "normal"),
    ("50,U=1%,k=2", 50.0, 0.25, math.inf, "normal"),
    ("1+-0.6,uniform", 1.0, 0.6 / math.sqrt(3), math.inf, "uniform"),
    ("1(6),triangular", 1.0, 6 / math.sqrt(6), math.inf, "triangular"),
    ("1+-0.6,arcsine,dof=50", 1.0, 0.6 / math.sqrt(2), 50.0, "arcsine"),
    ("max(1, 2)+-0.1", 2.0, 0.1, math.inf, "normal"),
]


@pytest.mark.parametrize("text, value, uncertainty, dof, distribution", FORMS)
def test_forms(text, value, uncertainty, dof, distribution):
    known = read_uncertain("m", text)
    assert float(known.value) == value
    assert float(known.uncertainty) == close_to(uncertainty, rel=1e-15)
    assert (known.dof, known.distribution) == (dof, distribution)


def test_values_alone_are_exact_and_arrays_have_uncertainties_too():
    assert read_uncertain("m", "pi/2") == math.pi / 2
    known = read_uncertain("x", "[1, 2]+-[0.1, 0.2],dof=3")
    np.testing.assert_array_equal(known.value, [1.0, 2.0])
    np.testing.assert_array_equal(known.uncertainty, [0.1, 0.2])
    assert read_uncertain("x", "[[1, 2]]+-5%").uncertainty.tolist() == [[0.05, 0.1]]


WRONG = [
    ("2+-0", "the uncertainty is zero", "2+-0"),
    ("5(0)", "the uncertainty is zero", "5(0)"),
    ("0+-5%", "the uncertainty is zero", "0+-5%"),
    ("2,U=0,k=2", "U is zero", "0"),
    ("2+--1", "the uncertainty is not a positive number", "2+--1"),
    ("2+-nan", "the uncertainty is not a positive number", "2+-nan"),
    ("2+-", "a number is missing here", " "),
    ("+-0.1", "a number is missing here", "+"),
    ("", "there is no value", " "),
    ("2+-0.1,dof=0", "dof is not a positive number", "0"),
    ("2+-0.1,dof=-4", "dof is not a positive number", "-4"),
    ("2+-0.1,dof=[1, 2]", "dof is an array", "[1, 2]"),
    ("2+-0.1,dof=x", "a value must be constant, and 'x' is a variable", "x"),
    ("2+-0.1,dof=", "a number is missing here", " "),
    ("2+-0.1,uniforn", "'uniforn' says nothing of an uncertainty", "uniforn"),
    ("2+-0.1,sigma=3", "'sigma' says nothing of an uncertainty", "sigma=3"),
    ("2+-0.1,", "nothing stands here", " "),
    ("2+-0.1,dof=3,dof=4", "dof is given twice", "dof=4"),
    ("2+-0.1,normal,t", "two distributions, normal and t", "t"),
    ("2+-0.1,t", "a t distribution without degrees of freedom", "t"),
    ("2,dof=3", "it has no uncertainty for what follows", "2"),
    ("2,U=3", "an expanded uncertainty without its coverage factor", "U=3"),
    ("2,U=3,k=0", "k is not a positive number", "0"),
    ("2,U=3,k=2,uniform", "uniform has a half-width, not U and k", "uniform"),
    ("2+-0.1,U=3,k=2", "an uncertainty is given twice", "U=3"),
    ("2+-0.1,k=2", "k without U", "k=2"),
    ("2(x)", "a value must be constant, and 'x' is a variable", "x"),
    ("2.0+-0.1*", "expected a value after '*'", "*"),
    ("1e+-3", "'1e' has no digits after the e", "1e"),
]


@as_one_test("text, reason, place", WRONG)
def test_wrong_forms_are_shown_at_their_place(text, reason, place):
    with pytest.raises(ExpressionError) as error:
        read_uncertain("m", text)
    assert error.value.reason == f"the value of m: {reason}"
    span = error.value.span
    assert error.value.source == text
    assert f"{text} "[span.start : span.end] == place
    assert error.value.cure
