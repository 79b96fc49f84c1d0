"""Loops through the installed commands: what they print, that it reads back, and what they say to a wrong one."""

from __future__ import annotations

import json
import math

import pytest

from ..closeness import close_to

TERMS = "sum(i^2*sin(i*x)*a for i in 1:3)"
STEPS = "f(s) = (s + a/s)/2; iterate(f, x, 4)"
POINT = {"x": 0.5, "a": 3.0}
OPTIONS = [f"{name}={value}" for name, value in POINT.items()]
TRUTH = {
    TERMS: sum(i**2 * math.sin(i * 0.5) * 3 for i in (1, 2, 3)),
    STEPS: 1.7323080932066346,  # 0.5 -> 3.25 -> 2.0865384615384617 -> 1.7621632399858207 -> ...
}
SLOPES = {TERMS: sum(i**3 * math.cos(i * 0.5) * 3 for i in (1, 2, 3)), STEPS: -0.005185918773566473}
EVERY = pytest.mark.parametrize("text", TRUTH)


@EVERY
@pytest.mark.parametrize("form", ["table", "tsv", "csv", "json", "ndjson", "markdown", "plain"])
def test_every_format_of_eval(backprop, text, form):
    answer = backprop("eval", text, *OPTIONS, "--format", form, "--digits", "17")
    assert (answer.status, answer.err) == (0, "")
    assert any(f"{TRUTH[text]:.{digits}g}"[:-1] in answer.out for digits in (16, 17))


@EVERY
def test_the_gradient(backprop, text):
    answer = backprop("grad", text, *OPTIONS, "--wrt", "x")
    assert float(answer.out) == close_to(SLOPES[text], rel=1e-13)


@EVERY
@pytest.mark.parametrize("order", ["1", "2"])
def test_what_diff_prints_reads_back(backprop, text, order):
    derivative = backprop("diff", text, "--wrt", "x", "--order", order).out.strip()
    once = f"grad({text.split('; ')[-1]}, x)"
    nested = once if order == "1" else f"grad({once}, x)"
    expected = backprop("eval", "; ".join([*text.split("; ")[:-1], nested]), *OPTIONS, "--format", "plain").out
    assert float(backprop("eval", derivative, *OPTIONS, "--format", "plain").out) == close_to(
        float(expected), rel=1e-12
    )


@EVERY
@pytest.mark.parametrize("language", ["text", "latex", "python", "numpy", "javascript", "c"])
def test_diff_writes_every_language(backprop, text, language):
    answer = backprop("diff", text, "--wrt", "x", "--to", language)
    assert (answer.status, answer.err) == (0, "")


@EVERY
def test_the_analytic_gradient_is_the_numeric_one(backprop, text):
    answer = backprop("check", text, *OPTIONS)
    assert answer.status == 0
    assert answer.out.count("\tok\n") == 2


@EVERY
def test_rows(backprop, text):
    answer = backprop("batch", text, stdin="x,a\n0.5,3\n0.5,3\n")
    header, *rows = answer.out.splitlines()
    assert header == "x,a,value,grad_x,grad_a"
    assert len(rows) == 2
    for row in rows:
        assert [float(cell) for cell in row.split(",")[2:4]] == close_to([TRUTH[text], SLOPES[text]], rel=1e-13)


@EVERY
def test_explain_shows_each_step(backprop, text):
    answer = backprop("explain", text, *OPTIONS, "--wrt", "x")
    assert text in answer.out.splitlines()[0]
    assert "dx = " in answer.out.splitlines()[-1]


@pytest.mark.parametrize("command", ["graph", "hessian", "jacobian"])
def test_other_commands(backprop, command):
    assert backprop(command, TERMS, *OPTIONS).status == 0


def test_the_short_derivative_of_a_sum(backprop):
    assert backprop("diff", "sum(i^2*x for i in 1:3)").out == "14\n"
    assert backprop("diff", "sum(sin(i*x) for i in 1:3)").out == "cos(x) + 2*cos(2*x) + 3*cos(3*x)\n"
    assert backprop("diff", "f(s) = s*x; iterate(f, 1, 5)").out == "5*x^4\n"


def test_a_tie(backprop):
    assert backprop("grad", "max(v[i] for i in 0:2)", "v=[2, 2, 1]").out == "[0.5, 0.5, 0]\n"


def test_the_repl(backprop):
    lines = (
        "x = 2",
        "i = x + y",
        "sum(i*x for i in 1:3)",
        "f(s) = s*x",
        "g(s) = iterate(f, s, 2)",
        "g(1) + iterate(f, 1, 3)",
    )
    answer = backprop("repl", stdin="\n".join(lines))
    replies = [json.loads(line) for line in answer.out.splitlines()]
    assert [reply["value"] for reply in replies if "expression" in reply] == [12, 12]


def test_errors_point_at_the_place(backprop):
    answer = backprop("eval", "sum(i*x for i 1:3)", "x=1")
    assert (answer.status, answer.out) == (2, "")
    assert answer.err == (
        "error: expected 'in' after 'for i'\n"
        "  1 | sum(i*x for i 1:3)\n"
        "    |         ^^^^^ a loop is written sum(i^2*x for i in 1:3)\n"
    )
    assert "n' is a variable" in backprop("eval", "sum(i*x for i in 1:n)", "x=1", "n=3").err
    assert "out of range for axis 0 of length 2" in backprop("eval", "sum(v[i] for i in 0:2)", "v=[1,2]").err
    assert "i is not a variable" in backprop("eval", "sum(i*x for i in 1:3)", "x=1", "i=2").err
    assert "take more than 1000000 steps" in backprop("eval", "sum(i*x for i in 1:1e15)", "x=1").err


NEIGHBOURS = "sum(v[i]^2*v[i+1] for i in 0:len(v)-2)"


@pytest.mark.parametrize(
    "text",
    [NEIGHBOURS, f"v = [5, 6, 7]; {NEIGHBOURS}", f"f(w) = {NEIGHBOURS.replace('v', 'w')}; f(v)"],
)
def test_a_range_may_follow_from_the_shape_of_a_value(backprop, text):
    assert backprop("grad", text, "--v", "[1, 2, 3]").out == "[4, 13, 4]\n"
    written = backprop("diff", text, "--wrt", "v", "--shape", "v=3").out
    assert written == "[2*v[1]*v[0], v[0]^2 + 2*v[2]*v[1], v[1]^2]\n"


def test_a_default_gives_its_shape_and_keeps_its_gradient(backprop):
    assert backprop("grad", f"v = [1, 2, 3]; {NEIGHBOURS}").out == "[4, 13, 4]\n"
    assert backprop("grad", "sum(A[i, 0] for i in 0:shape(A)[0]-1)", "--A", "[[1], [2]]").out == "[[1], [1]]\n"


def test_a_shape_that_is_not_known_is_asked_for(backprop):
    answer = backprop("diff", NEIGHBOURS)
    assert answer.status == 2
    assert answer.err == (
        "error: what 'i' runs over follows from the shape of 'v', which is not known\n"
        f"  1 | {NEIGHBOURS}\n"
        "    |                                  ^ give v a value or, in diff, its shape: --shape v=5\n"
    )
