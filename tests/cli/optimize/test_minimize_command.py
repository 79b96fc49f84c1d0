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


def test_distinct_minima_and_their_seed(backprop):
    answer = backprop("minimize", "(x^2-1)^2 + x/10", "x=0.5", "--starts", "8", "--seed", "1", "--json")
    told = json.loads(answer.out)
    assert [one["point"]["x"] for one in told["minima"]] == pytest.approx(
        [-1.012273131, 0.987257477], rel=1e-8, abs=1e-13
    )
    assert (told["seed"], told["starts"], told["value"]) == (1, 8, told["minima"][0]["value"])
    table = backprop("maximize", "sin(x)", "x=0:9", "--starts", "6", "--format", "table")
    assert "distinct optima from 6 starts, seed 0" in table.out


def test_the_way_goes_to_a_file_or_in_place_of_the_answer(backprop, tmp_path):
    gd = ("minimize", "x^2 + 10*y^2", "x=3", "y=1", "--method", "gd", "--rate", "0.05", "--steps", "2")
    path = tmp_path / "way.csv"
    answer = backprop(*gd, "--trace", str(path), "--json")
    assert (answer.status, json.loads(answer.out)["method"]) == (1, "gd")
    lines = path.read_text().splitlines()
    assert lines[0] == "step,x,y,value,gradient_norm"
    assert [line.split(",")[:3] for line in lines[1:]] == [["0", "3", "1"], ["1", "2.7", "0"], ["2", "2.43", "0"]]
    told = json.loads(backprop(*gd, "--trace", "-", "--json").out)
    assert [row["step"] for row in told["table"]] == [0, 1, 2]


@pytest.mark.parametrize(
    "options, message",
    [
        (("--rate", "0.1"), "error: --rate belongs to a method\n"),
        (("--method", "sgd"), "error: invalid value for '--method': 'sgd': did you mean gd?\n"),
        (("--method", "gd", "--rate", "0"), "error: --rate 0 is not positive\n"),
        (("--method", "gd", "--steps", "0"), "error: --steps 0 leads nowhere\n"),
        (("--method", "gd", "--subject-to", "x >= 1"), "error: the method gd knows no constraints\n"),
        (("--starts", "0"), "error: --starts 0 are none\n"),
        (("--seed", "1"), "error: --seed belongs to several starts\n"),
        (("--starts", "2", "--method", "gd"), "error: --method is for one start, --starts for several\n"),
    ],
)
def test_options_of_a_way_that_do_not_fit(backprop, options, message):
    answer = backprop("minimize", "x^2", "x=1", *options)
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith(message)


def test_an_answer_is_explained_when_it_is_asked_for(backprop):
    asked = ("x^2 + y^2", "x=3", "y=3", "--subject-to", "x + 2*y >= 5")
    told = json.loads(backprop("minimize", *asked, "--explain", "--json").out)["explanation"]
    assert [line.partition(":")[0] for line in told] == [
        "certified",
        "gradient_norm",
        "least curvature",
        "multiplier of a constraint",
    ]
    assert "explanation" not in json.loads(backprop("minimize", *asked, "--json").out)
    assert "multiplier of a constraint: its price" in backprop("minimize", *asked, "--explain", "--format", "table").out
    assert (
        "not certified: the objective falls" in backprop("minimize", "x", "x=0", "--explain", "--format", "table").out
    )
