"""`backprop diff --steps`: the rules that lead to a derivative."""

from __future__ import annotations

import json
import re

import pytest

from ...closeness import close_to

PRODUCT = """\
product rule: d/dx(x^2*sin(x)) = d/dx(x^2)*sin(x) + x^2*d/dx(sin(x))
derivative of sin(x): d/dx(sin(x)) = cos(x)
power rule: d/dx(x^2) = 2*x
result: d/dx(x^2*sin(x)) = 2*x*sin(x) + x^2*cos(x)
"""


def test_one_rule_a_line_in_words_and_formulas(backprop):
    answer = backprop("diff", "x^2*sin(x)", "--steps")
    assert (answer.status, answer.out, answer.err) == (0, PRODUCT, "")
    assert backprop("diff", "sin(x^2)", "--steps").lines == [
        "chain rule, derivative of sin(x): d/dx(sin(x^2)) = d/dx(x^2)*cos(x^2)",
        "power rule: d/dx(x^2) = 2*x",
        "result: d/dx(sin(x^2)) = 2*x*cos(x^2)",
    ]
    assert backprop("diff", "x", "--steps").out == "result: d/dx(x) = 1\n"


def test_statements_keep_their_names_and_may_be_differentiated_by(backprop):
    assert backprop("diff", "q = x^2 + y; q*x", "--wrt", "x", "--steps").lines == [
        "product rule: d/dx(q*x) = x*d/dx(q) + q",
        "sum rule: q = x^2 + y, d/dx(q) = d/dx(x^2)",
        "power rule: d/dx(x^2) = 2*x",
        f"result: d/dx(q*x) = {backprop('diff', 'q = x^2 + y; q*x', '--wrt', 'x').out.strip()}",
    ]
    assert backprop("diff", "q = x^2 + y; q*x", "--wrt", "q", "--steps").lines == [
        "constant factor: d/dq(q*x) = x",
        "result: d/dq(q*x) = x",
    ]


def test_arrays_have_differentials(backprop):
    tokens = ("diff", "sum((W@x)^2)", "--wrt", "W", "--shape", "W=2,3", "--shape", "x=3")
    assert backprop(*tokens, "--steps").lines == [
        "sum rule: d(sum((W @ x)^2)) = sum(d((W @ x)^2))",
        "chain rule, power rule: d((W @ x)^2) = 2*d(W @ x)*(W @ x)",
        "constant factor: d(W @ x) = dW @ x",
        f"result: d(sum((W @ x)^2)) = sum(G*dW), G = {backprop(*tokens).out.strip()}",
    ]


@pytest.mark.parametrize("expression", ["x^2*sin(x)", "1/(1+x^2)", "exp(-x^2/2)", "abs(x)^3", "x*log(x) + sqrt(x)"])
def test_an_order_differentiates_what_the_one_before_it_has_resulted_in(backprop, expression):
    lines = backprop("diff", expression, "--order", "3", "--steps").lines
    assert [line for line in lines if line.startswith("by ")] == [f"by x, order {order}" for order in (1, 2, 3)]
    results = [re.match(r"result: d/dx\((.*)\) = (.*)", line) for line in lines if line.startswith("result: ")]
    written = [backprop("diff", expression, "--order", str(order)).out.strip() for order in (1, 2, 3)]
    assert [found[2] for found in results] == written
    for before, found in zip(written, results[1:], strict=False):
        labels = {line.split(" = ")[0].split(": ")[-1] for line in lines if re.match(r"[^=]*: \w+'* = ", line)}
        assert found[1] == before or any(label in found[1] for label in labels)


def test_every_format(backprop, tmp_path):
    found = json.loads(backprop("diff", "x^2*y", "x=1", "y=2", "--steps", "--json").out)
    assert (found["order"], found["derivative"], found["value"]) == (1, {"x": "2*x*y", "y": "x^2"}, {"x": 4, "y": 1})
    assert found["steps"][0] == {
        "variable": "x",
        "order": 1,
        "rule": "constant factor",
        "formula": "d/dx(x^2*y) = y*d/dx(x^2)",
    }
    assert [step["rule"] for step in found["steps"][-3:]] == ["constant factor", "result", "value"]
    answer = backprop("diff", "x^2*y", "x=1", "y=2", "--steps")
    assert answer.lines[0] == "by x, order 1" and answer.lines[-1] == "value: 1"
    tsv = backprop("diff", "x^2", "--steps", "--format", "tsv").rows
    assert tsv == [
        ["variable", "order", "rule", "formula"],
        ["x", "1", "power rule", "d/dx(x^2) = 2*x"],
        ["x", "1", "result", "d/dx(x^2) = 2*x"],
    ]
    assert (
        r"| x | 1 | power rule | d/dx(x^2) = 2\*x |" in backprop("diff", "x^2", "--steps", "--format", "markdown").out
    )
    latex = backprop("diff", "q = sin(x); q^2", "--steps", "--to", "latex")
    by_x, sine = r"\frac{d}{d x} ", r"\sin\left(x\right)"
    assert latex.lines == [
        r"\begin{align*}",
        rf"{by_x}\left[q^{{2}}\right] &= 2 q {by_x}\left[q\right] && \text{{chain rule, power rule}} \\",
        rf"q = {sine},\quad {by_x}\left[q\right] &= \cos\left(x\right) && \text{{derivative of sin(x)}} \\",
        rf"{by_x}\left[q^{{2}}\right] &= 2 {sine} \cos\left(x\right) && \text{{result}} \\",
        r"\end{align*}",
    ]
    backprop("diff", "q = sin(x); q^2", "--steps", "-o", str(tmp_path / "f.tex"))
    assert (tmp_path / "f.tex").read_text() == latex.out
    array = backprop("diff", "W@x", "--wrt", "x", "--shape", "W=2,3", "--shape", "x=3", "--steps", "--to", "latex")
    assert r"\mathrm{d}\left(W x\right) &= W \mathrm{d}x && \text{constant factor} \\" in array.lines


def test_the_value_is_that_of_diff(backprop):
    value = backprop("diff", "sin(x^2)/x", "x=1").lines[1]
    last = backprop("diff", "sin(x^2)/x", "x=1", "--steps").lines[-1]
    assert float(last.removeprefix("value: ")) == close_to(float(value), rel=1e-15)


def test_what_is_refused(backprop):
    for tokens, reason in (
        (("--to", "c"), "error: --steps are formulas, not c"),
        (("--cse",), "error: --steps writes no statements"),
        (("--wrt", "z"), "error: --wrt z: z is not a variable"),
        (("--order", "0"), "error: --order 0"),
    ):
        answer = backprop("diff", "x^2", "--steps", *tokens)
        assert (answer.status, answer.out) == (2, "") and answer.err.startswith(reason)
    long = "+".join(f"sin({place}*x)" for place in range(1, 2000))
    answer = backprop("diff", long, "--steps")
    assert answer.status == 2 and "at most 2000 are written" in answer.err
    answer = backprop("diff", f"max({','.join(f'{place}*x' for place in range(12))})", "--steps")
    assert answer.status == 0 and answer.lines[0].endswith("= …")
