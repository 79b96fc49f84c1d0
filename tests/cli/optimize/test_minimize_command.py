"""`backprop minimize` and `maximize` as they are installed."""

from __future__ import annotations

import json

import pytest

ROSENBROCK = ("(1-x)^2 + 100*(y-x^2)^2", "x=-1.2", "y=1")


@pytest.mark.smoke
def test_the_answer_in_json(backprop):
    answer = backprop("minimize", *ROSENBROCK, "--json")
    told = json.loads(answer.out)
    assert answer.status == 0
    assert told["point"] == {"x": pytest.approx(1, abs=1e-12), "y": pytest.approx(1, abs=1e-12)}
    assert (told["certified"], told["kind"], told["multipliers"]) == (True, "minimum", {})
    assert told["value"] == pytest.approx(0, abs=1e-25)
    assert {"gradient_norm", "iterations", "evaluations", "method", "reason"} <= told.keys()


def test_constraints_and_their_multipliers(backprop):
    answer = backprop("minimize", "x^2 + y^2", "x=3", "y=3", "--subject-to", "x + 2*y >= 5; x <= 9", "--json")
    told = json.loads(answer.out)
    assert told["multipliers"] == {"x + 2*y >= 5": pytest.approx(2, rel=1e-12, abs=1e-13), "x <= 9": 0}
    assert [one["active"] for one in told["constraints"]] == [True, False]
    assert told["point"] == pytest.approx({"x": 1, "y": 2}, rel=1e-12, abs=1e-13)


def test_bounds_as_a_value_and_as_an_option(backprop):
    told = json.loads(backprop("minimize", "(x-3)^2 + (y+1)^2", "x=-2:2", "y=1", "--bounds", "y=0:", "--json").out)
    assert told["point"] == {"x": 2, "y": 0}
    assert told["multipliers"] == {"y lower": 2, "y upper": 0, "x lower": 0, "x upper": 2}
    assert told["bounds"] == {"y": [0, None], "x": [-2, 2]}


def test_a_largest_value(backprop):
    told = json.loads(backprop("maximize", "x*y", "x=1", "y=1", "--subject-to", "x + y <= 4", "--json").out)
    assert (told["value"], told["kind"]) == (pytest.approx(4, rel=1e-12, abs=1e-13), "maximum")
    assert told["multipliers"]["x + y <= 4"] == pytest.approx(2, rel=1e-12, abs=1e-13)


def test_constraints_in_several_options_have_definitions_of_their_own(backprop):
    answer = backprop("minimize", "x^2", "x=5", "--subject-to", "t = x-1; t >= 0", "--subject-to", "t = x-2; t^2 <= 9")
    assert answer.status == 0
    assert answer.rows[1][:2] == ["x", "1"]


def test_without_a_certificate_the_status_is_1(backprop):
    answer = backprop("minimize", "x^3", "x=1")
    assert answer.status == 1
    assert answer.err.endswith("warning: not certified: the objective falls without bound\n") or (
        "warning: not certified: the objective falls without bound" in answer.err
    )


@pytest.mark.parametrize(
    "tokens, message",
    [
        (
            ("x^2", "x=1", "--bounds", "x=2:3"),
            "error: the start of 'x' is outside its bounds 2:3\n  begin between them",
        ),
        (("x^2", "x=0:1", "--bounds", "x=2:3"), "error: x has bounds twice: as its value and by --bounds\n"),
        (("x^2", "x=1", "--bounds", "y=2:3"), "error: --bounds y: y is not a variable of the expression\n"),
        (("x^2", "x=1", "--subject-to", "1 >= 0"), "error: this constraint holds no variable\n  1 | 1 >= 0\n"),
        (("x^2", "x=1", "--subject-to", "x < 2"), "error: a strict inequality, which has no border\n  1 | x < 2\n"),
        (("x^2", "x=1", "--subject-to", "2*x"), "error: neither an equation nor an inequality\n  1 | 2*x\n"),
        (("x^2", "x=1", "--subject-to", "x + y <= 2"), "error: y has no value\n"),
        (("x^2", "x=1", "--subject-to", "x + (y <= 2"), "error: "),
        (("log(x)", "x=-1"), "error: this is nan at the start\n  1 | log(x)\n    | ^^^^^^ begin elsewhere"),
        (("x^2", "x=1", "z=2"), "error: z is not a variable of the expression\n"),
        (("[x, x]", "x=1"), "error: the objective has shape (2), and only a number can be least or largest\n"),
    ],
)
def test_a_wrong_question_is_refused(backprop, tokens, message):
    answer = backprop("minimize", *tokens)
    assert answer.status == 2
    assert answer.err.startswith(message)
    assert answer.out == ""
