"""A radius of a multiple that is 0: its sides, their mean and their note, by the installed command."""

from __future__ import annotations

import json

import pytest

NOTED = {
    "x*norm([y,2*y])": ("x=1", "y=0"),
    "x*hypot(y,-y)": ("x=1", "y=0"),
    "x*std([y,-y])": ("x=1", "y=0"),
    "y*norm(y*[1,2])": ("y=0",),
    "sum([y,2]*hypot([y,3],0))": ("y=0",),
}


FORMS = ["tsv", "csv", "json", "ndjson", "markdown", "table", "plain"]


@pytest.mark.parametrize(
    "text, form", [*((text, "tsv") for text in NOTED), *(("x*norm([y,2*y])", form) for form in FORMS)]
)
def test_the_note_of_sides_that_differ(backprop, text, form):
    answer = backprop("hessian", text, *NOTED[text], "--format", form)
    radius = text[2:] if not text.startswith("sum") else "hypot([y,3],0)"
    assert answer.status == 0
    assert (
        f"note: a kink was hit exactly: {radius}; the derivatives from its sides differ, and their mean is given\n"
        in answer.err
    )


@pytest.mark.parametrize("text", ["exp(-norm([x,2*x]))", "hypot(x,2*x)^2/2", "exp(-std([x,-x,2*x,-2*x])^2)"])
def test_no_note_where_the_sides_agree(backprop, text):
    answer = backprop("hessian", text, "x=0", "--json")
    matrix = json.loads(answer.out)["hessian"]["x"]["x"]
    assert (answer.status, matrix) == (0, pytest.approx(-5.0 if "std" in text else 5.0, rel=1e-15, abs=0))
    assert "kink" not in answer.err


def test_rows_on_the_kink_are_counted(backprop):
    answer = backprop("batch", "grad(x*norm([x,2*x]), x)", stdin="x\n0\n1e-10\n0\n")
    assert "a kink was hit exactly in 2 rows (first in line 2: norm([x,2*x]))" in answer.err


@pytest.mark.parametrize("size, third", [("1e-300", -(5**1.5)), ("1e-10", -11.180339884998949), ("-1e-20", 5**1.5)])
def test_digits_near_zero(backprop, size, third):
    answer = backprop("grad", "grad(grad(exp(-norm([x, 2*x])), x), x)", f"x={size}")
    assert float(answer.out) == pytest.approx(third, rel=1e-14, abs=0)
