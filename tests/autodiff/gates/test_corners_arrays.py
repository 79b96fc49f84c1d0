"""Branches not taken, entry by entry: masks, branches of another shape, and gates in a branch that mix entries."""

import math

import numpy as np
import pytest

from backprop.autodiff.shapes import Slice

from ..building import call, expression, gradients_twice, second_by_forward_over_reverse
from .test_corners import check, exp, log, sqrt, total, where

INF, NAN = math.inf, math.nan


def array(*entries):
    return np.array(entries, dtype=float)


MASKS = {
    "roots of a mixed mask": (
        lambda x: total(where(x > 0, sqrt(x), 0)),
        (array(4, 0, -1),),
        2,
        (array(0.25, 0, 0),),
    ),
    "both branches not finite somewhere": (
        lambda x: total(where(x > 0, log(x), log(-x))),
        (array(1, -1, -0.5, 2),),
        0,
        (array(1, -1, -2, 0.5),),
    ),
    "a condition from a comparison of arrays": (
        lambda x, y: total(where(x > y, sqrt(x - y), 2 * y)),
        (array(5, 1, 2), array(1, 1, 3)),
        10,
        (array(0.25, 0, 0), array(-0.25, 2, 2)),
    ),
    "a mask of its own": (
        lambda mask, x: total(where(mask, x, 1 / x)),
        (array(1, 0, 1), array(0, 2, 3)),
        3.5,
        (array(0, 0, 0), array(1, -0.25, 1)),
    ),
    "a scalar branch under a mask": (
        lambda x, y: total(where(x > 0, y, x)),
        (array(1, -2, 3), 5.0),
        8,
        (array(0, 1, 0), 2),
    ),
    "a scalar that is not finite, never taken": (
        lambda x, y: total(where(x > 0, x, log(y))),
        (array(1, 2), 0.0),
        3,
        (array(1, 1), 0),
    ),
    "a scalar condition over arrays": (
        lambda c, x: total(where(c > 0, sqrt(x), 2 * x)),
        (-1.0, array(0, -1)),
        -2,
        (0, array(2, 2)),
    ),
    "a row for every row": (
        lambda x, y: total(where(x > 0, y, 0) * x),
        (array([1, -1], [2, -3]), array(5, INF)),
        15,
        (array([5, 0], [5, 0]), array(3, 0)),
    ),
    "a column mask over a matrix": (
        lambda c, x: total(where(c > 0, log(x), 0)),
        (array([1], [0]), array([1, 2], [0, -1])),
        math.log(2),
        (array([0], [0]), array([1, 0.5], [0, 0])),
    ),
    "where in where under masks": (
        lambda x: total(where(x > 0, where(x > 1, log(x - 1), x), sqrt(x))),
        (array(2, 1, 0.5),),
        1.5,
        (array(1, 1, 1),),
    ),
    "an operand spread before the branch": (
        lambda x, s: total(where(x > 0, log(x * s), x)),
        (array(1, 0, -1), 1.0),
        -1,
        (array(1, 1, 1), 1),
    ),
    "an array operand under a scalar condition": (
        lambda s, x: where(s > 0, total(log(x)), s),
        (-1.0, array(0, -1)),
        -1,
        (1, array(0, 0)),
    ),
}

MIXED = {
    "a sum that is not finite": (
        lambda x: where(total(x) > 9, total(log(x)), total(x)),
        (array(0, -1, 2),),
        1,
        (array(1, 1, 1),),
    ),
    "a product that is not finite": (
        lambda c, x: where(c, call("prod", x), 2),
        (0.0, array(INF, 0, NAN)),
        2,
        (0, array(0, 0, 0)),
    ),
    "a norm that is not finite": (
        lambda c, x: where(c, call("norm", x), 2),
        (0.0, array(INF, NAN)),
        2,
        (0, array(0, 0)),
    ),
    "a softmax that is not finite": (
        lambda c, x: total(where(c, call("softmax", x), 2)),
        (0.0, array(INF, NAN)),
        4,
        (0, array(0, 0)),
    ),
    "a matrix product that is not finite": (
        lambda c, a, b: total(where(c, a @ b, 2)),
        (0.0, array([INF, 1], [NAN, 2]), array(1, NAN)),
        4,
        (0, array([0, 0], [0, 0]), array(0, 0)),
    ),
    "an inverse of a singular matrix": (
        lambda c, a: total(where(c, call("inv", a), 2)),
        (0.0, array([1, 1], [1, 1])),
        8,
        (0, array([0, 0], [0, 0])),
    ),
    "an index into what is not finite": (
        lambda x: where(x[0] > 0, log(x)[1], x[0]),
        (array(-2, 0, 1),),
        -2,
        (array(1, 0, 0),),
    ),
    "an entry of a branch not taken": (
        lambda x: where(x > 0, sqrt(x), 0)[0],
        (array(0, 4),),
        0,
        (array(0, 0),),
    ),
    "a slice of a mixed mask": (
        lambda x: total(where(x > 0, sqrt(x), 0)[(Slice(1, None, None),)]),
        (array(0, 0, 4),),
        2,
        (array(0, 0, 0.25),),
    ),
    "roots gathered into an array": (
        lambda x: total(where(call("stack", x > 0, x > 1), call("stack", sqrt(x), log(x)), 0)),
        (0.0,),
        0,
        (0,),
    ),
    "a row's norm not taken beside one that is": (
        lambda c, x: total(where(c, call("norm", x, axis=1), 0)),
        (array(1, 0), array([3, 4], [INF, 1])),
        5,
        (array(0, 0), array([0.6, 0.8], [0, 0])),
    ),
    "a row's product not taken beside one that is": (
        lambda c, x: total(where(c, call("prod", x, axis=1), 0)),
        (array(1, 0), array([3, 4], [NAN, INF])),
        12,
        (array(0, 0), array([4, 3], [0, 0])),
    ),
    "a row's sum not taken beside one that is": (
        lambda c, x: total(where(c, total(log(x), axis=1), 0)),
        (array(1, 0), array([1, 2], [0, -1])),
        math.log(2),
        (array(0, 0), array([1, 0.5], [0, 0])),
    ),
    "a row's softmax not taken beside one that is": (
        lambda c, x: total(where(c, call("softmax", x, axis=-1), 0)),
        (array([1], [0]), array([2, 2], [INF, 0])),
        1,
        (array([0], [0]), array([0, 0], [0, 0])),
    ),
    "a row's running sum not taken beside one that is": (
        lambda c, x: total(where(c, call("cumsum", log(x), axis=1), 0)),
        (array([1], [0]), array([1, 1], [0, 0])),
        0,
        (array([0], [0]), array([2, 1], [0, 0])),
    ),
    "a row of a matrix product not taken beside one that is": (
        lambda c, a, b: total(where(c, a @ b, 0)),
        (array(1, 0), array([3, 4], [INF, NAN]), array(1, 2)),
        11,
        (array(0, 0), array([1, 2], [0, 0]), array(3, 4)),
    ),
    "a row of an outer product not taken": (
        lambda c, a, b: total(where(c, call("outer", a, b), 0)),
        (array([1], [0]), array(3, INF), array(1, 2)),
        9,
        (array([0], [0]), array(3, 0), array(3, 3)),
    ),
    "a maximum not taken": (
        lambda x: where(x[0] > 9, call("max", sqrt(x)), x[1]),
        (array(0, 1),),
        1,
        (array(0, 1),),
    ),
    "a mask before a sum and a chain after": (
        lambda x: exp(total(where(x > 0, log(x), 0))) ** 2,
        (array(1, 0, -1),),
        1,
        (array(2, 0, 0),),
    ),
}


@pytest.mark.parametrize("write, point, value, gradients", MASKS.values(), ids=MASKS)
def test_an_entry_not_taken_gives_exactly_nothing(write, point, value, gradients):
    check(write, point, value, gradients)


@pytest.mark.parametrize("write, point, value, gradients", MIXED.values(), ids=MIXED)
def test_gates_that_mix_entries_in_a_branch_not_taken(write, point, value, gradients):
    check(write, point, value, gradients)


def test_second_derivatives_under_a_mask():
    graph = expression(lambda x: total(where(x > 0, x**3, log(x - 1))), "x")
    point = array(2, 0.5, 3)
    for found in (
        gradients_twice(graph, [point], 1.0, [np.ones(3)]),
        second_by_forward_over_reverse(graph, [point], 1.0, [np.ones(3)]),
    ):
        np.testing.assert_array_equal(found, [array(12, 3, 18)])


def test_second_derivatives_where_nothing_is_finite_in_the_other_branch():
    graph = expression(lambda x: total(where(x > 0, sqrt(x) * log(x), x**2)), "x")
    point = array(0, -1, 0)
    for found in (
        gradients_twice(graph, [point], 1.0, [np.ones(3)]),
        second_by_forward_over_reverse(graph, [point], 1.0, [np.ones(3)]),
    ):
        np.testing.assert_array_equal(found, [array(2, 2, 2)])
