"""Lists: which are one constant, which are refused."""

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
    "(1, 2)": [1.0, 2.0],
    "(x,)": ("stack", "x", {"axis": 0}),
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
