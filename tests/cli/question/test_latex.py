"""Every command that takes an expression takes one in LaTeX."""

from __future__ import annotations

import pytest

from ...cases import each

PRINTED = [
    (["grad", "--from", "latex", r"\frac{1}{1+e^{-w_0x}}", "w_0=0", "x=1"], "0.25\n0\n"),
    (["grad", "--from=latex", "A x", "A=[[1,2],[3,4]]", "x=[1,2]", "--wrt", "x", "-q"], "[4, 6]\n"),
    (["diff", "--from", "latex", r"x^{2} \sin\left(x\right)"], "2*x*sin(x) + x^2*cos(x)\n"),
    (["diff", "--from", "latex", r"x^\top A x", "--shape", "A=2,2", "--shape", "x=2", "--wrt", "x"], None),
    (["eval", "--from", "latex", r"\sum_{i=1}^{3} x_i^2", "x_1=1", "x_2=2", "x_3=3", "--format", "plain"], "14\n"),
    (["check", "--from", "latex", r"x \sin x", "x=1", "--against", r"\sin x + x \cos(x)"], None),
    (["minimize", "--from", "latex", "(x-1)^2 + y^2", "x=0", "y=1", "--subject-to", r"x + y \le 3"], None),
    (["solve", "--from", "latex", "x^2 = 4", "x=1"], None),
    (["budget", "--from", "latex", r"\frac{m}{V}", "m=2.5+-0.1", "V=3.1(2)"], None),
    (["plot", "--from", "latex", r"\sin x", "--x", "-5:5"], None),
    (["explain", "--from", "latex", "x y", "x=2", "y=3"], None),
    (["graph", "--from", "latex", "x y", "x=2", "y=3"], None),
    (["batch", "--latex", r"\frac{x}{y}", "rows.csv", "--no-grad"], "x,y,value\n1,2,0.5\n3,4,0.75\n"),
    (["fit", "--latex", r"y \sim a x + b", "rows.csv", "--format", "plain"], None),
]


def test_latex_in_every_command(backprop, tmp_path):
    (tmp_path / "rows.csv").write_text("x,y\n1,2\n3,4\n")
    for tokens, printed in each(PRINTED):
        answer = backprop(*tokens)
        assert answer.status == 0
        assert printed is None or answer.out == printed


def test_a_file_that_ends_in_tex(backprop, tmp_path):
    (tmp_path / "formula.tex").write_text("$\\sin^2 \\theta$\n")
    assert backprop("eval", "-f", "formula.tex", "theta=0", "--format", "plain").out == "0\n"


def test_an_error_points_into_the_formula(backprop):
    assert backprop("eval", "--from", "latex", r"2 \sin x y", "x=1", "y=1").err == (
        "error: where does the argument of the function end?\n"
        "  1 | 2 \\sin x y\n"
        "    | ^^^^^^^^^^ write brackets around it: \\sin(x) y, or \\sin(x y)\n"
    )


def test_help_names_the_variables(backprop):
    assert "Variables of x_1 \\theta: --x_1 --theta" in backprop("eval", "--from", "latex", r"x_1 \theta", "--help").out


def test_a_name_with_its_subscript_is_suggested(backprop):
    assert "did you mean --w_0?" in backprop("eval", "--from", "latex", "w_0 x", "w0=1", "x=1").err


@pytest.mark.parametrize("command", ["batch", "fit"])
def test_from_names_rows_there(backprop, command):
    assert "--from" in backprop(command, "x", "--from", "latex").err
