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


def test_all_roots_in_a_range(backprop):
    answer = backprop("solve", "a*x == sin(x)", "a=0.5", "--all", "x=-5:5", "--json")
    told = json.loads(answer.out)
    assert answer.status == 0
    roots = [1.895494267033981, 0, -1.895494267033981]
    assert [root["point"]["x"] for root in told["roots"]] == pytest.approx(roots[::-1], rel=1e-14, abs=1e-15)
    assert told["point"]["x"] == [root["point"]["x"] for root in told["roots"]]
    assert (told["certified"], told["range"]) == (True, {"x": [-5, 5]})
    assert backprop("solve", "x^2 == 4", "--all", "x=-5:5", "--format", "plain").lines == ["-2", "2"]
    assert "no roots between -5 and 5" in backprop("solve", "x^2 == -4", "--all", "x=-5:5", "--format", "table").out


@pytest.mark.parametrize(
    "tokens, message",
    [
        (("--all", "x=5:1"), "error: --all x=5:1: there is no room between them\n"),
        (("--all", "x=:1"), "error: --all x=:1: a range has two ends\n"),
        (("--all", "x"), "error: --all x\n"),
        (("x=1", "--all", "y=0:1"), "error: --all y: y is not a variable of the expression\n"),
        (("--all", "x=0:1", "--bounds", "x=0:1"), "error: --all looks in a range"),
    ],
)
def test_a_wrong_range_is_refused(backprop, tokens, message):
    answer = backprop("solve", "x^2 == 2", *tokens)
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith(message)


def test_roots_are_explained_when_it_is_asked_for(backprop):
    told = json.loads(backprop("solve", "x^2 == 2", "x=1", "--explain", "--json").out)["explanation"]
    assert [line.partition(":")[0] for line in told] == ["certified", "residual", "condition", "digits"]
    told = json.loads(backprop("solve", "(x-1)^2*x == 0", "--all", "x=-3:3", "--explain", "--json").out)["explanation"]
    assert [line.partition(":")[0] for line in told] == ["certified", "simple", "touching", "digits"]
