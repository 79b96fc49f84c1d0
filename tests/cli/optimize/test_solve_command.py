"""`backprop solve` as it is installed."""

from __future__ import annotations

import json

import pytest


@pytest.mark.smoke
def test_a_root_in_json(backprop):
    answer = backprop("solve", "x^2 + y^2 == 4; x*y == 1", "x=2", "y=0.5", "--json")
    told = json.loads(answer.out)
    assert answer.status == 0
    assert told["point"] == pytest.approx({"x": 1.9318516525781366, "y": 0.5176380902050415}, rel=1e-14, abs=1e-13)
    assert (told["certified"], told["is_root"]) == (True, True)
    assert told["residual"] <= 1e-14
    assert told["digits"] > 14
    assert [one["equation"] for one in told["residuals"]] == ["x^2 + y^2 == 4", "x*y == 1"]


def test_a_range_bounds_the_root(backprop):
    assert backprop("solve", "x^2 == 4", "x=-3:0", "--format", "plain").lines == ["-2"]


def test_no_root_has_status_1(backprop):
    answer = backprop("solve", "x^2 == -1", "x=1")
    assert answer.status == 1
    assert "warning: not certified: the equations do not hold: a residual of 1 is left" in answer.err


@pytest.mark.parametrize(
    "tokens, message",
    [
        (("x + y == 1", "x=1", "y=1"), "error: 1 equation for 2 unknowns\n"),
        (("x >= 1", "x=1"), "error: an inequality among the equations\n  1 | x >= 1\n"),
        (("x^2 - 1", "x=1"), "error: neither an equation nor an inequality\n  1 | x^2 - 1\n"),
        (("x == 1", "y=1"), "error: y is not a variable of the expression\n"),
        (("x == 1",), "error: x has no value\n"),
    ],
)
def test_wrong_equations_are_refused(backprop, tokens, message):
    answer = backprop("solve", *tokens)
    assert answer.status == 2
    assert answer.err.startswith(message)
