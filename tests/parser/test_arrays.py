"""Lists and indices: which lists are one constant, which indices are meant, which are refused."""

import numpy as np
import pytest

from backprop.parser import ExpressionError, parse
from backprop.parser.arrays import MAXIMUM_DEPTH

from .structure import structure_of

pytestmark = pytest.mark.smoke

LISTS = {
    "[1, 2]": [1.0, 2.0],
    "[[1, 2], [3, -4]]": [[1.0, 2.0], [3.0, -4.0]],
    "[(1), +2]": [1.0, 2.0],
    "([1, 2])": [1.0, 2.0],
    "[]": [],
    "[[], []]": [[], []],
    "[1,\n 2]": [1.0, 2.0],
    "[x, y]": ("stack", "x", "y", {"axis": 0}),
    "[1, x]": ("stack", 1.0, "x", {"axis": 0}),
    "[[1, 2], x]": ("stack", [1.0, 2.0], "x", {"axis": 0}),
    "[[1, 2], [x, 4]]": ("stack", [1.0, 2.0], ("stack", "x", 4.0, {"axis": 0}), {"axis": 0}),
    "[[1] + x, [1, 2]]": ("stack", ("add", [1.0], "x"), [1.0, 2.0], {"axis": 0}),  # may broadcast
    "[pi, 1]": ("stack", "pi", 1.0, {"axis": 0}),  # pi may be given as a variable
    "[2*3]": ("stack", ("mul", 2.0, 3.0), {"axis": 0}),
    "[1, 2] + x": ("add", [1.0, 2.0], "x"),
    "-[1, 2]": ("neg", [1.0, 2.0]),
}


@pytest.mark.parametrize("text", LISTS)
def test_lists(text):
    assert structure_of(text) == LISTS[text]


def test_a_list_of_numbers_is_one_node():
    graph = parse("[[1, 2, 3], [4, 5, 6]]")
    assert len(graph.nodes) == 1
    assert graph.result.attributes[0].dtype == np.float64
    assert graph.result.attributes[0].shape == (2, 3)


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


def test_depth_is_bounded():
    deepest = "[" * MAXIMUM_DEPTH + "x" + "]" * MAXIMUM_DEPTH
    assert len(parse(deepest).nodes) == 1 + MAXIMUM_DEPTH
    np.zeros((1,) * MAXIMUM_DEPTH)  # NumPy holds it
    with pytest.raises(ExpressionError, match="nested more than"):
        parse(f"[{deepest}]")


@pytest.mark.parametrize(
    "text", ["[[1, 2], [3]]", "[1, [2]]", "[[x, 2], [3]]", "[[1, 2], [x, 2, 3]]", "[[[1]], [[1, 2]]]"]
)
def test_ragged_lists_are_refused(text):
    with pytest.raises(ExpressionError, match="ragged list"):
        parse(text)


def test_whether_unknown_shapes_fit_is_for_later():
    assert structure_of("[x, [1, 2]]")[0] == "stack"
    assert structure_of("[[1, 2], (x)]")[0] == "stack"
