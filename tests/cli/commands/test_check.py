"""`backprop check`: verdicts for people and scripts."""

from __future__ import annotations

import json

from ...closeness import close_to

CIRCUIT = ("(x+y)*z", "x=-2", "y=5", "z=-4")
HEADER = ["variable", "analytic", "numeric", "forward", "relative_error", "estimated_error", "verdict"]
LOST = ("(1-cos(x))/x^2", "x=1e-5")  # its gradient has no digit left


def test_a_right_gradient(backprop):
    answer = backprop("check", *CIRCUIT)
    assert answer.status == 0 and answer.err == ""
    assert answer.rows[0] == HEADER
    assert [(row[0], row[1], row[3], row[-1]) for row in answer.rows[1:]] == [
        ("x", "-4", "-4", "ok"),
        ("y", "-4", "-4", "ok"),
        ("z", "3", "3", "ok"),
    ]
    assert [float(row[2]) for row in answer.rows[1:]] == close_to([-4, -4, 3], rel=1e-12)


def test_a_mismatch_is_status_1(backprop):
    answer = backprop("check", *LOST)
    assert answer.status == 1
    assert answer.rows[1][-1] == "mismatch"
    assert answer.err.startswith("warning: 1 mismatch (x): the gradient is not what the differences of values say")
    assert backprop("check", *LOST, "-q").err == ""


def test_a_kink_is_noted_and_no_failure(backprop):
    answer = backprop("check", "abs(x)+y", "x=0", "y=1")
    assert answer.status == 0
    assert [row[-1] for row in answer.rows[1:]] == ["kink", "ok"]
    assert answer.err.startswith("note: 1 kink (x): a corner, a jump or an edge of the domain within the step")


def test_json_names_what_is_null(backprop):
    found = json.loads(backprop("check", "sqrt(x)*y", "x=0", "y=2", "--json").out)
    assert (found["schema"], found["command"], found["points"], found["failed"]) == (1, "check", 1, 0)
    assert found["verdicts"] == {"mismatch": 0, "undecided": 0, "not finite": 1, "kink": 0, "ok": 1}
    assert [list(one) for one in found["checks"]] == [HEADER, HEADER]
    assert found["checks"][0]["analytic"] is None and found["checks"][0]["verdict"] == "not finite"
    assert {"where": "x.analytic", "value": "inf", "point": 0} in found["nonfinite"]


def test_wrt(backprop):
    assert [row[0] for row in backprop("check", *CIRCUIT, "--wrt", "z,x").rows[1:]] == ["z", "x"]
    answer = backprop("check", *CIRCUIT, "--wrt", "q")
    assert answer.status == 2 and "--wrt q: q is not a variable of the expression" in answer.err


def test_arrays_and_their_summed_output(backprop):
    answer = backprop("check", "W@x", "--W", "[[1,2],[3,4]]", "--x", "[1,2]")
    assert [row[0] for row in answer.rows[1:]] == ["W[0,0]", "W[0,1]", "W[1,0]", "W[1,1]", "x[0]", "x[1]"]
    assert answer.err == "note: the output has shape (2): the sum of its entries is checked\n"
    answer = backprop("check", "sum(x^2)", "--x", "linspace(0,1,1000)")
    assert answer.rows[1][0] == "x[direction 1]" and len(answer.rows) == 11
    assert answer.err == "note: arrays of many entries are checked along random directions\n"


def test_samples_show_the_worst_of_each_variable(backprop):
    tokens = ("check", "x*exp(-x^2)*y", "x=1", "y=2", "--samples", "30", "--seed", "7")
    answer = backprop(*tokens)
    assert answer.status == 0
    assert answer.rows[0] == ["variable", "point", *HEADER[1:]]
    assert [(row[0], row[-1]) for row in answer.rows[1:]] == [("x", "ok"), ("y", "ok")]
    assert backprop(*tokens).out == answer.out != backprop(*tokens[:-1], "8").out
    assert "31 of 31 points passed: x*exp(-x^2)*y" in backprop(*tokens, "--format", "table").out


def test_more_samples_than_can_be_waited_for_are_refused(backprop):
    answer = backprop("check", "x", "x=1", "--samples", "99999999999999999999")
    assert (answer.status, answer.out) == (2, "")
    assert "--samples" in answer.err and "0<=x<=1000000" in answer.err


def test_samples_tell_the_point_that_failed(backprop):
    answer = backprop("check", *LOST, "--samples", "3", "--json")
    found = json.loads(answer.out)
    assert answer.status == 1 and found["points"] == 4 and found["failed"] == 1
    assert found["failures"] == [{"point": 0, "values": {"x": 1e-5}}]
    assert "note: 1 of 4 points failed, the first of them point 0: x = 1e-05" in answer.err


def test_plain_and_a_narrow_terminal(backprop, terminal):
    assert backprop("check", *CIRCUIT, "--format", "plain").out == "ok\nok\nok\n"
    shown = terminal("check", *CIRCUIT, columns=80)
    assert "verdict" in shown.out and max(map(len, shown.lines)) <= 80


def test_questions_that_are_wrong(backprop):
    assert backprop("check", "x*y", "x=1").status == 2
    assert backprop("check", "x", "x=1", "--samples", "-1").status == 2
    answer = backprop("check", "3")
    assert answer.status == 0 and answer.err == "note: the expression has no variables, so that there is no gradient\n"


EXTREMES = [
    (("x^2", "x=1e-200"), "ok"),
    (("x", "x=5e-324"), "ok"),
    (("sin(1e12*x)", "x=1"), "undecided"),
    (("x^2", "x=1e200"), "not finite"),
    (("sign(x)", "x=0"), "kink"),
    (("atan(1e200*x)", "x=0"), "ok"),
]


def test_what_is_said_at_huge_and_tiny_scales_is_true(answers_to):
    answers = answers_to([("check", *question, "--format", "plain") for question, _ in EXTREMES])
    assert [(answer.status, answer.out) for answer in answers] == [(0, f"{word}\n") for _, word in EXTREMES]
