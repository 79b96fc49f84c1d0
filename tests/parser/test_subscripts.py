"""What stands in the brackets behind an array: which entries are meant, and what is refused."""

import numpy as np
import pytest

from backprop.autodiff import value_and_grad
from backprop.parser import ExpressionError, parse

from .structure import structure_of

pytestmark = pytest.mark.smoke

INDICES = {
    "x[0]": (0,),
    "x[-1]": (-1,),
    "x[1, 0]": (1, 0),
    "x[:]": ((None, None, None),),
    "x[:, 0]": ((None, None, None), 0),
    "x[1:3]": ((1, 3, None),),
    "x[1:]": ((1, None, None),),
    "x[:3]": ((None, 3, None),),
    "x[::2]": ((None, None, 2),),
    "x[1:3:2]": ((1, 3, 2),),
    "x[::-1]": ((None, None, -1),),
    "x[-3:-1, 2]": ((-3, -1, None), 2),
    "x[1 + 1]": (2,),
    "x[7//2 - 1:]": ((2, None, None),),
    "x[4/2]": (2,),
    "n = 3; x[n - 1]": (2,),
    "x[1 if 2 > 1 else 0]": (1,),
    "x[floor(e)]": (2,),
    "x[[1, 2][0]]": (1,),
}


@pytest.mark.parametrize("text", INDICES)
def test_indices(text):
    assert structure_of(text) == ("index", "x", {"index": INDICES[text]})


def test_indices_follow_any_value():
    assert structure_of("x.T[0][1]") == (
        "index",
        ("index", ("transpose", "x"), {"index": (0,)}),
        {"index": (1,)},
    )
    assert structure_of("(x + y)[0]") == ("index", ("add", "x", "y"), {"index": (0,)})
    assert structure_of("sin(x)[0]") == ("index", ("sin", "x"), {"index": (0,)})
    assert structure_of("[x, y][0]")[0] == "index"


MATRIX = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
AS_NUMPY = {
    "x[:, None]": lambda x: x[:, None],
    "x[None]": lambda x: x[None],
    "x[None, 1, :, None]": lambda x: x[None, 1, :, None],
    "x[[0, 1, 0]]": lambda x: x[[0, 1, 0]],
    "x[:, [2, 0]]": lambda x: x[:, [2, 0]],
    "x[1:, [2, 0], None]": lambda x: x[1:, [2, 0], None],
    "x[[-1]]": lambda x: x[[-1]],
    "x[i]": lambda x: x[1],
    "x[:, i]": lambda x: x[:, 1],
    "x[::-1, i, None]": lambda x: x[::-1, 1, None],
    "x[None, :, i]": lambda x: x[None, :, 1],
    "x[-i]": lambda x: x[-1],
    "x[i, :2]": lambda x: x[1, :2],
    "x[0, [1, 2]]": lambda x: x[0, [1, 2]],
    "x[[0, 1, 0], -1]": lambda x: x[[0, 1, 0], -1],
    "x[None, [1, 0], 2]": lambda x: x[None, [1, 0], 2],
    "x[1, i]": lambda x: x[1, 1],
    "x[i, 2, None]": lambda x: x[1, 2, None],
    "(x + [[[0]], [[0]]])[:, 1, [2, 0, 2]]": lambda x: np.stack([x, x])[:, 1, [2, 0, 2]],
}


@pytest.mark.parametrize("text", AS_NUMPY)
def test_the_entries_are_numpys_and_the_gradient_counts_how_often_each_is_taken(text):
    names = {"i": 1.0} if "i" in parse(text).inputs else {}
    value, gradients = value_and_grad(parse(text), x=MATRIX, **names)
    np.testing.assert_array_equal(value, AS_NUMPY[text](MATRIX), strict=True)
    counts = np.zeros(MATRIX.size)
    np.add.at(counts, AS_NUMPY[text](np.arange(6.0).reshape(2, 3)).astype(int).ravel(), 1.0)
    np.testing.assert_array_equal(gradients["x"].ravel(), counts)
    assert gradients.get("i", 0.0) == 0.0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x[[]]", "an empty list of indices"),
        ("x[[0.5]]", "an index must be a whole number, not 0.5"),
        ("x[[[0]]]", r"an index must be a whole number, not shape \(1, 1\)"),
        ("x[[0], [1]]", "two lists or variables in an index"),
        ("x[i, j]", "two lists or variables in an index"),
        ("x[0, :, [1, 2]]", "a list or a variable and a whole number in an index, and not side by side"),
        ("x[[1, 2], None, 0]", "a list or a variable and a whole number in an index, and not side by side"),
        ("x[0:i]", "the bounds of a slice must be constant"),
        ("None + 1", "None has no value"),
        ("[1, None]", "None has no value"),
        ("sin(None)", "None has no value"),
    ],
)
def test_what_is_no_index(text, reason):
    with pytest.raises(ExpressionError, match=reason) as caught:
        parse(text)
    assert caught.value.span is not None and caught.value.cure


def test_an_index_that_varies_may_come_through_a_function():
    value, gradients = value_and_grad(parse("row(k) = x[k]; row(0) + 2*row(i)"), x=MATRIX, i=1)
    np.testing.assert_array_equal(value, MATRIX[0] + 2 * MATRIX[1])
    np.testing.assert_array_equal(gradients["x"], [[1.0] * 3, [2.0] * 3])


@pytest.mark.parametrize("index", [3.0, -3.0, 0.5, np.nan, np.inf])
def test_an_index_that_varies_is_checked_when_it_is_known(index):
    fault = "out of range for axis 0 of length 2" if index in (3.0, -3.0, np.inf) else "not a whole number"
    with pytest.raises(ExpressionError, match=f"index {index:g} is {fault}"):
        value_and_grad(parse("x[i]"), x=MATRIX, i=index)


def test_a_mask_is_no_index():
    with pytest.raises(ExpressionError, match="an index of shape") as caught:
        value_and_grad(parse("x[x > 0]"), x=[1.0, -2.0])
    assert "where" in caught.value.cure
