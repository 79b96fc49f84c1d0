"""Hints of the command line that a user follows word by word: then the command works."""

from __future__ import annotations

import pytest

from ...cases import each

# What was asked, what the cure says, and the argv that it leads to.
FOLLOWED = [
    ("grad x^2*y x=2,y=3", "separate them by blanks: x=2 y=3", "grad x^2*y x=2 y=3"),
    ("eval x^2*y --x 2,y=3", "separate them by blanks: x=2 y=3", "eval x^2*y x=2 y=3"),
    ("vjp [x*y,x+y] x=2 y=3", "--upstream '[1, 0]'", "vjp [x*y,x+y] x=2 y=3 --upstream [1,0]"),
    ("vjp x*y x=2 y=3", "the output is a scalar: --upstream 1", "vjp x*y x=2 y=3 --upstream 1"),
    ("vjp 2*x x=ones(3,4)", "--upstream 'ones(3, 4)'", "vjp 2*x x=ones(3,4) --upstream ones(3,4)"),
    ("jvp x@x x=[1,2]", "--tangent 'x=[1, 0]'", "jvp x@x x=[1,2] --tangent x=[1,0]"),
    ("hvp x@x x=[1,2]", "--direction 'x=[1, 0]'", "hvp x@x x=[1,2] --direction x=[1,0]"),
    ("eval x^2*y 2 3", "give values by their names: x=2 y=3", "eval x^2*y x=2 y=3"),
    ("eval x^2 -x 3", "a value is given as --x 3", "eval x^2 --x 3"),
    ("diff norm(W@x)^2", "--shape W=2,3 --shape x=3", "diff norm(W@x)^2 --shape W=2,3 --shape x=3"),
    ("diff det(A)*x[2]", "--shape A=3,3 --shape x=3", "diff det(A)*x[2] --shape A=3,3 --shape x=3"),
    ("batch x rows.csv --strict=yes", "write --strict alone", "batch x rows.csv --strict"),
    ("eval diff(x^2,x) x=1", "write grad(x^2, x)", "eval grad(x^2,x) x=1"),
    ("eval ||W@x||^2 W=eye(2) x=[1,2]", "write norm(W@x)", "eval norm(W@x)^2 W=eye(2) x=[1,2]"),
    ("eval \u03c3(x) x=1", "write sigmoid(x)", "eval sigmoid(x) x=1"),
]


def test_a_cure_that_is_followed_works(backprop, tmp_path):
    (tmp_path / "rows.csv").write_text("x\n1\n")
    for asked, cure, better in each(FOLLOWED):
        answer = backprop(*asked.split())
        assert answer.status == 2
        assert cure in answer.err
        assert backprop(*better.split()).status == 0


@pytest.mark.parametrize("names", [["x.npy"], ["x.npy", "xa.npy"]], ids=len)
def test_an_expression_that_the_shell_replaced(backprop, tmp_path, names):
    for name in names:
        (tmp_path / name).touch()
    assert 'so that the shell leaves its * alone: "x*y"' in backprop("eval", *names, "x=1").err


def test_commas_in_brackets_separate_entries(backprop):
    assert backprop("eval", "sum(x)", "x=sum([[1, 2], [3, 4]], axis=0)", "--format", "plain").out == "10\n"
