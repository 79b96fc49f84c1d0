"""The corner table of the design, a named case each: the gradient exactly, in both modes, alone and through chains."""

import math

import numpy as np
import pytest

from ...cases import as_one_test
from ..building import (
    call,
    expression,
    gradients_twice,
    second_by_forward_over_reverse,
    tangent_of,
    value_and_gradients,
)

pytestmark = pytest.mark.smoke

INF, NAN = math.inf, math.nan


def where(condition, taken, otherwise):
    return call("where", condition, taken, otherwise)


def sqrt(x):
    return call("sqrt", x)


def log(x):
    return call("log", x)


def exp(x):
    return call("exp", x)


def total(x, axis=None):
    return call("sum", x, axis=axis)


def check(write, point, value, gradients):
    """Value and gradients exactly, -0.0 counting as 0.0 and nan as nan; forward mode entry by entry."""
    names = [f"x{place}" for place in range(len(point))]
    graph = expression(write, *names)
    found, reverse = value_and_gradients(graph, point)
    np.testing.assert_array_equal(found, value)
    for place, (gradient, expected) in enumerate(zip(reverse, gradients, strict=True)):
        np.testing.assert_array_equal(gradient, expected, f"reverse, {place}")
        for entry in np.ndindex(np.shape(point[place])):
            direction = np.zeros(np.shape(point[place]))
            direction[entry] = 1.0
            directions = [direction[()] if at == place else None for at in range(len(point))]
            tangent = np.sum(tangent_of(graph, point, directions))
            np.testing.assert_array_equal(tangent, np.asarray(expected)[entry], f"forward, {place}{entry}")


TABLE = {
    # abs, sign at 0; relu at 0; norm, hypot of zeros: 0
    "abs at 0": (lambda x: call("abs", x), (0.0,), 0, (0,)),
    "abs at -0": (lambda x: call("abs", x), (-0.0,), 0, (0,)),
    "sign at 0": (lambda x: call("sign", x), (0.0,), 0, (0,)),
    "relu at 0": (lambda x: call("relu", x), (0.0,), 0, (0,)),
    "relu at -0": (lambda x: call("relu", x), (-0.0,), 0, (0,)),
    "abs of a difference at 0": (lambda x, y: 3 * call("abs", x - y), (2.0, 2.0), 0, (0, 0)),
    "relu of a product at 0": (lambda x, y: call("relu", x * y), (0.0, 2.0), 0, (0, 0)),
    "norm of zeros": (lambda x: call("norm", x), (np.zeros(3),), 0, (np.zeros(3),)),
    "norm of a zero scalar": (lambda x: call("norm", x), (0.0,), 0, (0,)),
    "norm of a row of zeros": (
        lambda x: total(call("norm", x, axis=1)),
        (np.array([[0.0, 0.0], [3.0, 4.0]]),),
        5,
        (np.array([[0, 0], [0.6, 0.8]]),),
    ),
    "hypot of zeros": (lambda x, y: call("hypot", x, y), (0.0, 0.0), 0, (0, 0)),
    "hypot with one zero": (lambda x, y: call("hypot", x, y), (0.0, -2.0), 2, (0, -1)),
    "norm of a difference of equals": (
        lambda x, y: call("norm", x - y),
        (np.array([1.0, 2.0]), np.array([1.0, 2.0])),
        0,
        (np.zeros(2), np.zeros(2)),
    ),
    "std of equals": (lambda x: call("std", x), (np.full(3, 7.0),), 0, (np.zeros(3),)),
    # max/min at a tie: shared equally
    "max of two tied": (lambda x, y: call("max", x, y), (2.0, 2.0), 2, (0.5, 0.5)),
    "max of three tied": (lambda x, y, z: call("max", x, y, z), (2.0, 2.0, 2.0), 2, (1 / 3, 1 / 3, 1 / 3)),
    "max of three, two tied": (lambda x, y, z: call("max", x, y, z), (2.0, 1.0, 2.0), 2, (0.5, 0, 0.5)),
    "min of two tied": (lambda x, y: call("min", x, y), (2.0, 2.0), 2, (0.5, 0.5)),
    "min of three, two tied": (lambda x, y, z: call("min", x, y, z), (2.0, 3.0, 2.0), 2, (0.5, 0, 0.5)),
    "max of 0 and -0": (lambda x, y: call("max", x, y), (0.0, -0.0), 0, (0.5, 0.5)),
    "max of a number with itself": (lambda x: call("max", x, x), (2.0,), 2, (1,)),
    "max of an array, three tied": (
        lambda x: 3 * call("max", x),
        (np.array([5.0, 5.0, 1.0, 5.0]),),
        15,
        (np.array([1, 1, 0, 1.0]),),
    ),
    "min of an array, two tied": (
        lambda x: call("min", x),
        (np.array([-1.0, 0.0, -1.0]),),
        -1,
        (np.array([0.5, 0, 0.5]),),
    ),
    "max of rows, one of them tied": (
        lambda x: total(call("max", x, axis=1)),
        (np.array([[2.0, 2.0], [1.0, 3.0]]),),
        5,
        (np.array([[0.5, 0.5], [0, 1]]),),
    ),
    "max entry by entry, some tied": (
        lambda x, y: total(call("max", x, y)),
        (np.array([1.0, 2.0, 3.0]), 2.0),
        7,
        (np.array([0, 0.5, 1]), 1.5),
    ),
    "clip at its upper bound": (lambda x: call("clip", x, -1, 1), (1.0,), 1, (0.5,)),
    "clip at its lower bound": (lambda x: call("clip", x, -1, 1), (-1.0,), -1, (0.5,)),
    # comparisons, floor, ceil, round, sign: 0
    "floor at a step": (lambda x: call("floor", x), (2.0,), 2, (0,)),
    "ceil at a step": (lambda x: call("ceil", x), (-3.0,), -3, (0,)),
    "round at a half": (lambda x: call("round", x), (0.5,), 0, (0,)),
    "a comparison at a tie": (lambda x, y: x >= y, (2.0, 2.0), 1, (0, 0)),
    "a comparison scaled by what it compares": (lambda x: (x > 0) * x, (2.0,), 2, (1,)),
    "x minus its floor": (lambda x: x - call("floor", x), (2.5,), 0.5, (1,)),
    "the quotient rounded down": (lambda x, y: call("//", x, y), (7.0, 2.0), 3, (0, 0)),
    "the remainder": (lambda x, y: x % y, (7.0, 2.0), 1, (1, -3)),
}


@as_one_test("write, point, value, gradients", TABLE.values(), ids=TABLE)
def test_the_table(write, point, value, gradients):
    check(write, point, value, gradients)


POWERS = {0.5: (INF, 0), 1.0: (1, 0), 1.5: (0, 0), 2.0: (0, 0), 3.0: (0, 0)}


@pytest.mark.parametrize("y", POWERS)
@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_a_power_of_zero_has_the_gradient_of_its_limit(y, zero):
    by_x, by_y = POWERS[y]
    check(lambda x: x**y, (zero,), 0, (by_x,))
    check(lambda x, y: x**y, (zero, y), 0, (by_x, by_y))


def test_a_power_of_zero_with_a_computed_exponent():
    check(lambda x, y: x ** (y + 1), (0.0, 1.0), 0, (0, 0))
    check(lambda x, y: 3 * (2 * x) ** y, (0.0, 1.0), 0, (6, 0))
    check(lambda x: total(x**2), (np.array([0.0, 3.0]),), 9, (np.array([0.0, 6.0]),))


def test_zero_to_the_zero_is_one_and_level_in_x():
    check(lambda x: x**0, (0.0,), 1, (0,))
    value, (by_x, by_y) = value_and_gradients(expression(lambda x, y: x**y, "x", "y"), (0.0, 0.0))
    assert (value, by_x, by_y) == (1, 0, -INF)


SECOND_DERIVATIVES = {
    "x^2 at 0": (lambda x: x**2, 0.0, 2),
    "x^3 at 0": (lambda x: x**3, 0.0, 0),
    "x^1 at 0": (lambda x: x**1, 0.0, 0),
    "x^0 at 0": (lambda x: x**0, 0.0, 0),
    "x^4 at 0": (lambda x: x**4, 0.0, 0),
    "x*abs(x) at 2": (lambda x: x * call("abs", x), 2.0, 2),
    "abs at 0": (lambda x: call("abs", x), 0.0, 0),
    "relu at 0": (lambda x: call("relu", x), 0.0, 0),
    "relu squared at 0": (lambda x: call("relu", x) ** 2, 0.0, 1),
    "max at a tie": (lambda x: call("max", x, 2), 2.0, 0),
    "where, the square taken": (lambda x: where(x > 0, x**2, log(x)), 3.0, 2),
    "where, the square taken beside a nan": (lambda x: where(x < 0, x**2, log(x)), -3.0, 2),
    "where at its step": (lambda x: where(x > 0, sqrt(x), x**2), 0.0, 2),
    "where, a root not taken": (lambda x: where(x > 0, sqrt(x), 0), 0.0, 0),
    "where, a root not taken, squared": (lambda x: where(x > 0, sqrt(x), x) ** 2, 0.0, 2),
    "where in where": (lambda x: where(x > 0, where(x > 1, log(x), sqrt(x)), x**2), -1.0, 2),
}


@pytest.mark.parametrize("write, x, second", SECOND_DERIVATIVES.values(), ids=SECOND_DERIVATIVES)
def test_second_derivatives_keep_the_conventions(write, x, second):
    graph = expression(write, "x")
    np.testing.assert_array_equal(gradients_twice(graph, [x], 1.0, [1.0]), [second])
    np.testing.assert_array_equal(second_by_forward_over_reverse(graph, [x], 1.0, [1.0]), [second])


@pytest.mark.parametrize("y, second", [(1.0, 0), (2.0, 2), (3.0, 0)])
def test_second_derivative_of_a_power_of_zero_with_a_variable_exponent(y, second):
    graph = expression(lambda x, y: x**y, "x", "y")
    assert gradients_twice(graph, [0.0, y], 1.0, [1.0, None])[0] == second
    assert second_by_forward_over_reverse(graph, [0.0, y], 1.0, [1.0, None])[0] == second


SHOWN_AS_THEY_ARE = {
    "0/0": (lambda x, y: x / y, (0.0, 0.0), NAN, (INF, NAN)),
    "1/0": (lambda x, y: x / y, (1.0, 0.0), INF, (INF, -INF)),
    "1/-0": (lambda x, y: x / y, (1.0, -0.0), -INF, (-INF, -INF)),
    "log at 0": (log, (0.0,), -INF, (INF,)),
    "log at -1": (log, (-1.0,), NAN, (-1,)),
    "sqrt at 0": (sqrt, (0.0,), 0, (INF,)),
    "sqrt at -1": (sqrt, (-1.0,), NAN, (NAN,)),
    "cbrt at 0": (lambda x: call("cbrt", x), (0.0,), 0, (INF,)),
    "exp overflows": (exp, (800.0,), INF, (INF,)),
    "x - x at inf": (lambda x: x - x, (INF,), NAN, (0,)),
}


@pytest.mark.parametrize("write, point, value, gradients", SHOWN_AS_THEY_ARE.values(), ids=SHOWN_AS_THEY_ARE)
def test_what_is_not_finite_is_shown(write, point, value, gradients):
    check(write, point, value, gradients)


BRANCHES = {
    # the branch not taken: exactly 0, even where it is nan or inf there
    "a root at 0": (lambda x: where(x > 0, sqrt(x), 0), (0.0,), 0, (0,)),
    "a root at -1": (lambda x: where(x > 0, sqrt(x), 0), (-1.0,), 0, (0,)),
    "a root at 4": (lambda x: where(x > 0, sqrt(x), 0), (4.0,), 2, (0.25,)),
    "the other way round": (lambda x: where(x < 1, 0, log(x - 1)), (0.5,), 0, (0,)),
    "scaled after": (lambda x: 3 * where(x > 0, sqrt(x), x), (0.0,), 0, (3,)),
    "scaled before": (lambda x: where(x > 0, sqrt(2 * x), x), (0.0,), 0, (1,)),
    "through a chain of infinite slopes": (
        lambda x: where(x > 0, sqrt(sqrt(call("cbrt", x))), 5 * x),
        (0.0,),
        0,
        (5,),
    ),
    "1/x at 0": (lambda x: where(call("!=", x, 0), 1 / x, 7 * x), (0.0,), 0, (7,)),
    "x*log(x) at 0": (lambda x: where(x > 0, x * log(x), 0), (0.0,), 0, (0,)),
    "sin(x)/x at 0": (lambda x: where(call("==", x, 0), 1, call("sin", x) / x), (0.0,), 1, (0,)),
    "an exponential that overflows": (lambda x: where(x < 100, exp(x), x), (800.0,), 800, (1,)),
    "the branch is given as nan": (lambda x, y: where(x > 0, x, y), (1.0, NAN), 1, (1, 0)),
    "the branch is given as inf": (lambda x, y: where(x > 0, x * x, y * x), (3.0, INF), 9, (6, 0)),
    "the taken branch is not finite": (lambda x: where(x >= 0, sqrt(x), 0), (0.0,), 0, (INF,)),
    "nan as a condition counts as true": (lambda x, y: where(x, y, sqrt(y - 1)), (NAN, 1.0), 1, (0, 1)),
    "where in the taken branch": (
        lambda x: where(x > 0, where(x > 1, log(x - 1), x**2), sqrt(x)),
        (0.5,),
        0.25,
        (1,),
    ),
    "where in the branch not taken": (
        lambda x: where(x > 0, where(x > -1, sqrt(x), log(x)), 2 * x),
        (-4.0,),
        -8,
        (2,),
    ),
    "a taken where in a branch not taken": (
        lambda x: where(x > 0, where(x < 1, log(x), 0), x),
        (0.0,),
        0,
        (1,),
    ),
    "a node shared by both branches": (lambda x: where(x > 0, sqrt(x), 3 + 0 * x), (0.0,), 3, (0,)),
    "a node shared by a taken and an untaken branch": (
        lambda x: where(x > 5, sqrt(x) * NAN, sqrt(x)),
        (4.0,),
        2,
        (0.25,),
    ),
    "a node shared by an untaken branch and the rest": (
        lambda x: where(x > 5, log(sqrt(x) - 2), 1) + sqrt(x),
        (4.0,),
        3,
        (0.25,),
    ),
    "a node in two untaken branches": (
        lambda x: where(x > 0, sqrt(x), 0) + where(x > 1, 2 * sqrt(x), x),
        (0.0,),
        0,
        (1,),
    ),
    "a condition that depends on a root": (lambda x: where(sqrt(x) > 1, sqrt(x), x), (0.0,), 0, (1,)),
    "where as a condition": (lambda x: where(where(x > 0, 1, 0), log(x), 2 * x), (0.0,), 0, (2,)),
    "where of one branch twice": (lambda x: where(x > 0, x, x), (3.0,), 3, (1,)),
    "a power not taken": (lambda x: where(x > 0, x**0.5, x), (0.0,), 0, (1,)),
    "a maximum of a branch": (lambda x: call("max", where(x > 0, sqrt(x), -1), x), (0.0,), 0, (1,)),
}


@as_one_test("write, point, value, gradients", BRANCHES.values(), ids=BRANCHES)
def test_a_branch_not_taken_gives_exactly_nothing(write, point, value, gradients):
    check(write, point, value, gradients)
