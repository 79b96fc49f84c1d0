"""`backprop check --against`: is a derivative that somebody made right?"""

from __future__ import annotations

import json

import pytest

RIGHT = ("check", "x^2*sin(x)", "x=1", "--against", "2*x*sin(x) + x^2*cos(x)")
WRONG = ("check", "x^2*sin(x)", "x=2", "--against", "2*x*cos(x)")
HEADER = ["variable", "point", "analytic", "claim", "relative_error", "verdict"]
SPREAD = "each entry plus a normal deviate of standard deviation max(|entry|, 1)"


def test_a_right_claim_is_status_0_and_says_where_it_was_compared(backprop):
    answer = backprop(*RIGHT)
    assert answer.status == 0
    assert answer.rows[0] == HEADER and (answer.rows[1][0], answer.rows[1][-1]) == ("x", "ok")
    assert answer.err == f"note: compared at the given point and at 100 around it ({SPREAD}, seed 0)\n"
    answer = backprop(*RIGHT, "--samples", "7", "--seed", "3", "--format", "table")
    assert "at 7 around it" in answer.err and "seed 3" in answer.err
    assert answer.lines[0] == "8 of 8 points passed: x^2*sin(x)"


def test_a_wrong_claim_is_status_1_with_a_point_and_the_two_numbers(backprop):
    answer = backprop(*WRONG)
    assert (answer.status, answer.rows[1][:2], answer.rows[1][-1]) == (1, ["x", "0"], "mismatch")
    analytic, claim = answer.rows[1][2:4]
    assert backprop("grad", "x^2*sin(x)", "x=2").out == f"{analytic}\n"
    assert backprop("eval", "2*x*cos(x)", "x=2", "--format", "plain").out == f"{claim}\n"
    warning = f"warning: by x at point 0, x = 2: the claim is {claim}, the derivative {analytic}\n"
    assert answer.err.endswith(warning)
    assert backprop(*WRONG, "-q").err == ""


def test_one_point_proves_little(backprop):
    tokens = ("check", "x^3", "x=1", "--against", "3*x")
    answer = backprop(*tokens, "--samples", "0")
    assert answer.status == 0
    assert answer.err == "note: compared at the given point, which proves little: --samples adds points around it\n"
    answer = backprop(*tokens)
    assert (answer.status, answer.rows[1][1], answer.rows[1][-1]) == (1, "1", "mismatch")


def test_every_format(backprop):
    found = json.loads(backprop(*WRONG, "--json").out)
    assert (found["against"], found["points"], found["samples"], found["seed"]) == ({"x": "2*x*cos(x)"}, 101, 100, 0)
    assert found["failed"] == found["verdicts"]["mismatch"] > 90
    assert found["failures"][0] == {"point": 0, "values": {"x": 2}} and list(found["checks"][0]) == HEADER
    assert backprop(*WRONG, "--format", "plain").out == "mismatch\n"
    assert "| x | 0 | 1.9726 | -1.66459 |" in backprop(*WRONG, "--format", "markdown").out
    assert backprop(*WRONG, "--format", "csv").lines[0] == ",".join(HEADER)
    assert json.loads(backprop(*WRONG, "--format", "ndjson").lines[0])["verdict"] == "mismatch"
    found = json.loads(backprop("check", "x", "x=-1", "--against", "sqrt(x)", "--json").out)
    assert found["nonfinite"] == [{"where": "x.claim", "value": "nan", "point": 0}]


def test_several_variables_and_arrays(backprop):
    tokens = ("check", "W@x", "--W", "[[1,2],[3,4]]", "--x", "[1,2]", "--against", "W=outer([1,1],x)")
    answer = backprop(*tokens, "--against", "x = sum(W, 0)")
    assert (answer.status, [row[0][0] for row in answer.rows[1:]]) == (0, ["W", "x"])
    assert answer.err.startswith("note: the output has shape (2): the sum of its entries is differentiated\n")
    answer = backprop(*tokens, "--against", "x=sum(W, 1)")
    assert (answer.status, [row[-1] for row in answer.rows[1:]]) == (1, ["ok", "mismatch"])
    assert "W = [[1, 2], [3, 4]], x = [1, 2]: the claim is 3, the derivative 4\n" in answer.err
    assert backprop("check", "x*y", "x=1", "y=2", "--wrt", "y", "--against", "x").status == 0
    assert backprop("check", "q = x*y; q^2", "x=1", "y=2", "--against", "q=2*q").status == 0
    assert backprop("check", "x^2", "x=1", "--against", "x=u = 2*x; u").status == 0
    assert backprop("check", "x^2", "x=1", "--against", "u = 2*x; u").status == 0
    assert backprop("check", "x^2", "x=1", "--against", "x == x").rows[1][3:] == ["1", "0.5", "mismatch"]


def test_points_outside_the_domain_are_skipped_and_counted(backprop):
    answer = backprop("check", "log(x)", "x=1", "--against", "1/x")
    outside = json.loads(backprop("check", "log(x)", "x=1", "--against", "1/x", "--json").out)["outside"]
    assert answer.status == 0 and 0 < outside < 50
    assert (
        answer.err.endswith(f"; skipped {outside} outside the domain\n") and f"at {100 - outside} around" in answer.err
    )
    answer = backprop("check", "log(x)", "x=-1", "--against", "1/x", "--seed", "1")
    assert answer.status == 0 and answer.err.startswith("note: the given point is outside the domain; compared at ")
    answer = backprop("check", "sqrt(-1-x^2)", "x=1", "--against", "x")
    assert (answer.status, answer.out) == (2, "")
    assert answer.err == (
        "error: the expression is finite at none of 101 points\n  give its variables values in its domain\n"
    )


XY = ("x*y^2", "x=1", "y=2")
REFUSED = [
    ((*XY, "--against", "2*y"), "--against 2*y: which derivative is it? There are those by x and y", "x=2*y"),
    ((*XY, "--against", "z=2*y"), "--against z: z is not a variable of the expression", "x and y"),
    ((*XY, "--wrt", "x", "--against", "y=2*y"), "--against y: y is not a variable", "its variables are x"),
    ((*XY, "--wrt", "x,y", "--against", "y=2*x*y"), "--wrt x has no claim", "x=EXPR"),
    ((*XY, "--against", "x=1", "--against", "x=2"), "--against x is given twice", "omit one"),
    ((*XY, "--against", "x=2*z"), "the claim for x: 'z' is not in the expression", "  1 | 2*z\n    |   ^ a claim"),
    ((*XY, "--against", "x=2*+"), "the claim for x: expected a value after '+'", "  1 | 2*+\n    |   ^ write"),
    (
        (*XY, "--against", "x=2*sine(x)"),
        "the claim for x: unknown function 'sine'",
        "  1 | 2*sine(x)\n    |   ^^^^ did",
    ),
    ((*XY, "--against", "x="), "the claim for x: the expression is empty", ""),
    (
        ("sum(x^2)", "x=[1,2]", "--against", "2*x[0]"),
        "its shape is scalar, that of x (2)",
        "  1 | 2*x[0]\n    | ^^^^^^ a",
    ),
    (("3", "--against", "0"), "--against 0: the expression has no variables", ""),
    (("x", "x=1", "--against", "1", "--samples", "-1"), "--samples", ""),
]


@pytest.mark.parametrize(("tokens", "reason", "cure"), REFUSED)
def test_what_is_refused(backprop, tokens, reason, cure):
    answer = backprop("check", *tokens)
    assert (answer.status, answer.out) == (2, "")
    assert reason in answer.err.splitlines()[0] and cure in answer.err
