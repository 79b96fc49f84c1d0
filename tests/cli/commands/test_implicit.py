"""Integrals, roots and minima in every command: values, derivatives, text that is read again, words and pictures."""

import json

import pytest

from ...closeness import close_to

INTEGRAL = ("integral(exp(-a*t^2), t, 0, x)", "a=1.5", "x=0.7")
BY_A = -0.07496233553467084  # mpmath, at 50 digits
BY_X = 0.47950545897489416


def test_the_gradient_is_that_of_mpmath_in_every_command(backprop, tmp_path):
    by_a, by_x = map(float, backprop("grad", *INTEGRAL).out.split())
    assert (by_a, by_x) == (close_to(BY_A, rel=1e-14), close_to(BY_X, rel=1e-14))
    (tmp_path / "rows.csv").write_text("a,x\n1.5,0.7\n2,-1\n")
    rows = backprop("batch", INTEGRAL[0], "rows.csv").out.splitlines()
    assert list(map(float, rows[1].split(",")[-2:])) == [by_a, by_x]
    assert backprop("check", *INTEGRAL).status == 0
    hessian = json.loads(backprop("hessian", *INTEGRAL, "--json").out)["hessian"]
    assert hessian["a"]["x"] == close_to(-(0.7**2) * BY_X, rel=1e-14) and hessian["x"]["a"] == hessian["a"]["x"]


def test_the_derivative_is_an_expression_again(backprop):
    first, second = backprop("diff", INTEGRAL[0]).lines
    assert (first, second) == ("integral(-t^2*exp(-a*t^2), t, 0, x)", "exp(-a*x^2)")
    assert float(backprop("eval", first, *INTEGRAL[1:], "--format", "plain").out) == close_to(BY_A, rel=1e-14)
    assert backprop("diff", "root(x^2 - a, x, 1)").out == "1/(2*root(x^2 - a, x, 1))\n"


def test_it_is_explained_and_drawn_with_what_is_inside(backprop):
    said = backprop("explain", *INTEGRAL).out
    assert "integral(exp(-1.5 * t^2), t, 0, 0.7)" in said and "The integral gate sends what is integrated" in said
    assert "exp(-a * t^2)" in backprop("graph", *INTEGRAL, "-o", "-").out


@pytest.mark.parametrize("language", ["python", "numpy", "c", "javascript"])
def test_languages_refuse_it_with_its_place(backprop, language):
    answer = backprop("diff", "2*root(x^2 - a, x, 1)", "--to", language)
    assert (
        answer.status == 2
        and "code for 'root' is not known" in answer.err
        and "    |   ^^^^^^^^^^^^^^^^^^^ write" in answer.err
    )


def test_what_is_not_found_names_its_gate(backprop):
    answer = backprop("grad", "1 + root(x^2 + p, x, 1)", "p=2")
    assert answer.status == 0 and answer.out == "nan\n" and "root(x^2 + p, x, 1) is nan" in answer.err
    answer = backprop("grad", "p + integral(exp(-t*p), t, 0, inf)", "p=-1")
    assert "integral(exp(-t * p), t, 0, inf) is nan" in answer.err and "constant inf" not in answer.err


def test_functions_lists_them(backprop):
    page = backprop("functions", "integral").out
    assert "integral(f, x, a, b)" in page and "integral(-exp(-(c1 * (x * x))) * (x * x), x, a, b)" in page
    assert "-(upstream * ((root + -1) / (root * root" in backprop("functions", "root").out
