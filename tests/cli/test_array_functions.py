"""sort, median, quantile and einsum through the installed commands: what they print, and that it reads back."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

POINT = ["x=[3, 1, 2.5]", "A=[[1, 2, 3], [4, 5, 6.5]]"]
# Each with its value and its gradients there, by x and by A; exact in doubles.
ANSWERS = {
    "sum(sort(x)^2*[1, 2, 4])": (49.5, [24, 2, 10], None),
    "median(x)^2": (6.25, [0, 0, 5], None),
    "quantile(x, 1/4)": (1.75, [0, 0.5, 0.5], None),
    'einsum("ij,j->i", A, x)[1]*2': (66.5, [8, 10, 13], [[0, 0, 0], [6, 2, 5]]),
    'einsum("i,ij,kj->k", [1, 2], A, A)[0]': (81.0, None, [[10, 14, 19], [2, 4, 6]]),
    'einsum("ii", einsum("ij,kj", A, A))': (97.25, None, [[2, 4, 6], [8, 10, 13]]),
}
EVERY = pytest.mark.parametrize("text", ANSWERS)


def options(text):
    return [one for one in POINT if one[0] in text]


@EVERY
def test_the_value_and_the_gradients(backprop, text):
    value, *expected = ANSWERS[text]
    answer = json.loads(backprop("eval", text, *options(text), "--format", "json").out)
    assert answer["value"] == value
    gradients = [json.loads(line) for line in backprop("grad", text, *options(text)).out.splitlines()]
    assert sorted(map(str, gradients)) == sorted(str(one) for one in expected if one is not None)


@EVERY
@pytest.mark.parametrize("form", ["table", "tsv", "csv", "ndjson", "markdown", "plain"])
def test_every_format(backprop, text, form):
    answer = backprop("eval", text, *options(text), "--format", form)
    assert (answer.status, answer.err) == (0, "")
    assert f"{ANSWERS[text][0]:g}" in answer.out


@EVERY
def test_the_analytic_gradient_is_the_numeric_one(backprop, text):
    assert backprop("check", text, *options(text)).status == 0


@EVERY
def test_what_diff_prints_reads_back(backprop, text):
    name = "x" if ANSWERS[text][1] else "A"
    shape = {"x": "x=3", "A": "A=2,3"}
    shapes = [word for one in "xA" if one in text for word in ("--shape", shape[one])]
    derivative = backprop("diff", text, "--wrt", name, *shapes).out.strip()
    again = backprop("eval", derivative, *[one for one in POINT if re.search(rf"\b{one[0]}\b", derivative)], "--json")
    expected = backprop("grad", text, *options(text), "--wrt", name).out
    assert json.loads(again.out)["value"] == json.loads(expected)


def test_derivatives_are_as_short_as_by_hand(backprop):
    assert backprop("diff", "median(x)", "--shape", "x=3").out == "unsort_by(eye(3)[1], ranks(x))\n"
    text = 'sum(einsum("ij,jk,kl->il", A, B, C)*D)'
    shapes = [word for name in "ABCD" for word in ("--shape", f"{name}=2,2")]
    assert backprop("diff", text, "--wrt", "B", *shapes).out == 'einsum("il,ij,kl->jk", D, A, C)\n'
    latex = backprop("diff", text, "--wrt", "B", "--to", "latex", *shapes).out
    assert latex == "\\operatorname{einsum}_{\\text{il,ij,kl->jk}}\\left(D, A, C\\right)\n"
    for form in ('einsum("ij,kj", A, B)', "A @ B.T"):
        assert backprop("diff", f"sum({form}*C)", "--wrt", "B", *shapes[:6]).out == "(A.T @ C).T\n"


@pytest.mark.parametrize("text", ANSWERS)
@pytest.mark.parametrize("language", ["numpy", "python"])
def test_python_and_numpy_have_it(backprop, text, language):
    shapes = ["--shape", "x=3"] * ("x" in text) + ["--shape", "A=2,3"] * ("A" in text)
    code = backprop("diff", text, "--to", language, *shapes)
    assert (code.status, code.err) == (0, "")
    given = {"x": [3, 1, 2.5], "A": [[1, 2, 3], [4, 5, 6.5]]}
    names: dict[str, object] = {}
    exec(compile(code.out, "generated", "exec"), names)  # our own output
    function = next(value for name, value in names.items() if name == "f")
    value, gradient = function(**{name: given[name] for name in given if name in text})  # type: ignore[operator]
    assert value == ANSWERS[text][0]
    for name, expected in zip("xA", ANSWERS[text][1:], strict=True):
        assert expected is None or np.asarray(gradient[name]).tolist() == expected


def test_rows(backprop):
    text = 'median([x, y, 2])*einsum("i,i", [x, y], [1, y])'
    answer = backprop("batch", text, stdin="x,y\n1,3\n5,4\n")
    assert answer.out == "x,y,value,grad_x,grad_y\n1,3,20,2,12\n5,4,84,4,53\n"


def test_a_tie_is_shared_and_noted(backprop):
    assert backprop("grad", "median(x)", "x=[2, 1, 2, 3]").out == "[0.5, 0, 0.5, 0]\n"
    answer = backprop("hessian", "median(x)^2", "x=[1, 2, 2]", "--json")
    assert "a kink was hit exactly: median(x)" in answer.err
    assert json.loads(answer.out)["hessian"] is not None


def test_explain_says_where_the_gradient_goes(backprop):
    answer = backprop("explain", "median(x)", "x=[3, 1, 2]")
    assert "routes the gradient of each place to the entry that is there" in answer.out
    assert "swaps: each operand gets" in backprop("explain", 'einsum("ij,kj,kl", A, A, A)[0, 0]', "A=[[1, 2]]").out


@pytest.mark.parametrize("name", ["sort", "median", "quantile", "einsum", "sort_by", "unsort_by", "ranks"])
def test_each_has_a_page(backprop, name):
    answer = backprop("functions", name)
    assert answer.status == 0
    assert name in answer.out
    assert name in backprop("functions").out


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ('einsum("ij,j$k", A, A)', '            ^ ', "'subscripts' of einsum: unexpected '$'"),
        ('einsum("ij,jk->iz", A, A)', '                ^ ', "'subscripts' of einsum: 'z' names no axis of an operand"),
        ('einsum("ij->ii", A)', '            ^ ', "'subscripts' of einsum: 'i' is twice in the result"),
        ('einsum("ij,jk", A)', "^^^^^^^^^^^^^^^^^^ ", "subscripts of 2 operands for 1"),
        ('einsum(A, A)', "^^^^^^^^^^^^ einsum takes subscripts, x, ...", "'einsum' needs a value for 'subscripts'"),
        ('einsum("ij" A)', "       ^^^^ commas separate arguments", "expected ',' after a text"),
        ('sin("x")', "    ^^^ sin takes x", "'sin' takes no text"),
        ("quantile(A, 2)", "^^^^^^^^^^^^^^ q = 0.5 is the median", "a quantile is asked for outside of 0 to 1: 2"),
        ("sort(A, axis=2)", "^^^^^^^^^^^^^^^ ", "sort: axis 2 is out of range"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_shown_at_its_place(backprop, text, place, message):
    answer = backprop("grad", text, "A=[[1, 2], [3, 4]]")
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith(f"error: {message}")
    assert answer.err.splitlines()[2].startswith(f"    | {place}".rstrip())
