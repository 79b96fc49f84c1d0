"""Numbers rounded by their uncertainty: two digits of it, and what is written reads back as an input."""

from __future__ import annotations

import math

import pytest

from backprop.cli.output.rounding import concise, matched, with_uncertainty
from backprop.cli.question.uncertain_text import read_uncertain

from ...closeness import close_to

WRITTEN = [
    (12.3412, 0.5634, "12.34", "12.34 ± 0.56", "12.34(56)"),
    (12.34, 0.996, "12.3", "12.3 ± 1.0", "12.3(1.0)"),
    (5.6703724827e-8, 2.046e-13, "5.670372e-08", "(5.670372 ± 0.000020)e-08", "5.670372(20)e-08"),
    (50000838.0, 31.71, "50000838", "50000838 ± 32", "50000838(32)"),
    (50000838.0, 1234.0, "50000800", "50000800 ± 1200", "50000800(1200)"),
    (1.5e9, 2.2e7, "1.500e+09", "(1.500 ± 0.022)e+09", "1.500(22)e+09"),
    (0.0, 0.029, "0.000", "0.000 ± 0.029", "0.000(29)"),
    (-0.1, 0.41, "-0.10", "-0.10 ± 0.41", "-0.10(41)"),
    (98.07, 5.44, "98.1", "98.1 ± 5.4", "98.1(5.4)"),
    (-0.001, 2.0, "0.0", "0.0 ± 2.0", "0.0(2.0)"),
    (1e-7, 2e-5, "0.000000", "0.000000 ± 0.000020", "0.000000(20)"),
    (127.732, 0.071, "127.732", "127.732 ± 0.071", "127.732(71)"),
    (0.125, 0.0995, "0.12", "0.12 ± 0.10", "0.12(10)"),
]


@pytest.mark.parametrize("value, uncertainty, alone, both, short", WRITTEN)
def test_numbers_are_rounded_to_match(value, uncertainty, alone, both, short):
    assert matched(value, uncertainty) == alone
    assert with_uncertainty(value, uncertainty) == both
    assert concise(value, uncertainty) == short


@pytest.mark.parametrize("value, uncertainty, alone, both, short", WRITTEN)
def test_the_short_form_is_an_input(value, uncertainty, alone, both, short):
    known = read_uncertain("x", short)
    assert abs(known.value - value) <= 0.06 * uncertainty
    assert known.uncertainty == close_to(uncertainty, rel=0.05)


def test_digits_that_no_double_has():
    assert matched(1e30, 1e-3) == "1000000000000000000000000000000.0000"
    assert concise(1e300, 1e-300).startswith("1000000")


@pytest.mark.parametrize("uncertainty", [0.0, math.inf, math.nan])
def test_without_an_uncertainty_six_digits_are_written(uncertainty):
    assert matched(1.23456789, uncertainty) == "1.23457"
    assert with_uncertainty(math.nan, 0.5) == "nan ± 0.5"
    assert concise(1.0, uncertainty) == with_uncertainty(1.0, uncertainty)
