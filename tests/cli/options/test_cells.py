"""The cells of --cells, and what is wrong with them."""

import pytest

WRONG = [
    ("x=2A", "--cells: 'x=2A' is not a variable and its cell"),
    ("", "--cells: '' is not a variable and its cell"),
    ("z=A2", "--cells: 'z' is not a variable"),
    ("x=A1,x=B1", "--cells gives x twice"),
]


@pytest.mark.parametrize("cells, message", WRONG)
def test_what_is_wrong_is_told(backprop, cells, message):
    answer = backprop("diff", "k*x^2", "--to", "excel", "--cells", cells)
    assert (answer.status, answer.out) == (2, "") and answer.err.startswith(f"error: {message}\n")


def test_they_are_of_excel(backprop):
    answer = backprop("diff", "k*x^2", "--to", "c", "--cells", "x=A2")
    assert answer.status == 2 and answer.err.startswith("error: --cells is of Excel, not of c\n")


def test_the_formulas_refer_to_them(backprop):
    assert backprop("diff", "x[0]*y", "--shape", "x=2", "--to", "excel", "--cells", "x[1]=b7,y='a=1, b'!$A$1").out == (
        "value\tgrad_x[0]\tgrad_x[1]\tgrad_y\n=C7 * 'a=1, b'!$A$1\t='a=1, b'!$A$1\t=0\t=C7\n"
    )
