"""The checks themselves: a gate that is wrong by 2.001 for 2 is caught, of every kind and in each mode."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from mpmath import mpf

from backprop.autodiff.declaration.axes import Reduction
from backprop.autodiff.declaration.gate import Corner, at
from backprop.autodiff.declaration.kinds import AXIS, Bilinear, Differential, Elementwise, Linear
from backprop.autodiff.gates import activations, kinked, linear_algebra, reductions, trigonometric
from backprop.autodiff.shapes import reduced

from ..closeness import close_to
from .checks import (
    check_corner,
    check_differences,
    check_linear,
    check_modes_agree,
    check_oracle,
    check_second_derivatives,
    check_second_differences,
    holes,
)
from .differences import central_difference
from .oracles import ORACLES, Truth, is_close, nearest_double

ROW = np.array([0.5, -2.0, 1.5])
SQUARE = np.array([[2.0, 1.0], [-0.5, 3.0]])
ABOUT = {"summary": "wrong", "habit": "misleads", "source": "a slip", "samples": (at(1.5),)}
NEVER = pytest.raises(AssertionError)


def square_with(slope: Callable, forward=np.square):
    return Elementwise("planted", forward, slope, **ABOUT)


def truth_of_square(point):
    return Truth("square", point)


right = square_with(lambda x, out: 2 * x)
wrong = square_with(lambda x, out: 2.001 * x)


def test_a_right_gate_passes_every_check():
    assert holes(right) == []
    check_oracle(right, [(1.5,), (-0.3,), (0.0,)], {}, truth_of_square)
    check_second_derivatives(right, [(1.5,)], {}, truth_of_square)
    check_modes_agree(right, (ROW,), {})
    assert check_differences(right, (ROW,), {}, ["reverse"])
    assert check_differences(right, (ROW,), {}, ["forward"])
    assert check_second_differences(right, (ROW,), {})
    check_corner(right, Corner((0.0,), 0.0, (0.0,)))


@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_a_wrong_slope_is_caught_by_differences(mode):
    with NEVER:
        check_differences(wrong, (ROW,), {}, [mode])
    with NEVER:
        check_differences(wrong, (1.5,), {}, [mode])


def test_a_wrong_slope_is_caught_by_mpmath_in_every_mode():
    with pytest.raises(AssertionError) as caught:
        check_oracle(wrong, [(1.5,)], {}, truth_of_square)
    assert [line.partition(": partial")[0] for line in str(caught.value).splitlines()] == [
        "planted(1.5,), reverse",
        "planted(1.5,), array",
        "planted(1.5,), forward",
    ]


@pytest.mark.parametrize("place", [0, 1])
def test_a_wrong_slope_of_one_of_two_operands_is_caught(place):
    slopes = [lambda x, y, out: 2.001 * y if place == 0 else y, lambda x, y, out: 2.001 * x if place == 1 else x]
    planted = Elementwise("planted", np.multiply, *slopes, **ABOUT, operands=("x", "y"))
    with pytest.raises(AssertionError, match=f"partial {place}"):
        check_oracle(planted, [(1.5, 2.5)], {}, lambda point: Truth("mul", point))
    with NEVER:
        check_differences(planted, (ROW, 2.5), {}, ["reverse"])


def test_a_slope_that_loses_digits_is_caught():
    """The textbook's 1 - tanh(x)^2, which is right to 1e-16 of 1 and wrong in every digit of its own at 20."""
    planted = Elementwise("planted", np.tanh, lambda x, out: 1 - out**2, **ABOUT)
    check_oracle(planted, [(0.5,)], {}, lambda point: Truth("tanh", point))
    with NEVER:
        check_oracle(planted, [(20.0,)], {}, lambda point: Truth("tanh", point))


def test_a_wrong_value_is_caught():
    with pytest.raises(AssertionError, match="scalar: value"):
        check_oracle(
            square_with(lambda x, out: 2 * x, lambda x: np.square(x) * (1 + 1e-12)), [(1.5,)], {}, truth_of_square
        )


def test_a_value_outside_of_the_domain_is_caught():
    planted = Elementwise("planted", lambda x: np.log(np.abs(x)), lambda x, out: 1 / x, **ABOUT)
    with pytest.raises(AssertionError, match="defined nowhere"):
        check_oracle(planted, [(-2.0,)], {}, lambda point: Truth("log", point))


def test_a_wrong_second_derivative_behind_a_right_slope_is_caught():
    slope = Elementwise("slope", np.cos, lambda x, out: -2.001 * trigonometric.sin(x), **ABOUT)
    planted = Elementwise("planted", np.sin, lambda x, out: slope(x), **ABOUT)
    check_oracle(planted, [(0.5,)], {}, lambda point: Truth("sin", point))
    with NEVER:
        check_second_derivatives(planted, [(0.5,)], {}, lambda point: Truth("sin", point))
    with NEVER:
        check_second_differences(planted, (ROW,), {})


PLANTED_ARRAY_GATES = {
    "linear": (
        Linear(
            "planted",
            lambda x: 2 * np.sum(x),
            lambda position, upstream, x, out: (2.001 * upstream).broadcast_to(x.shape),
            shape=lambda x: (),
            **ABOUT,
        ),
        (ROW,),
        {"reverse"},
    ),
    "bilinear": (
        Bilinear(
            "planted",
            np.matmul,
            lambda upstream, a, b, out: 2.001 * linear_algebra.matmul_to_first(upstream, a, b, out),
            linear_algebra.matmul_to_second,
            shape=linear_algebra.matmul_rule,
            **ABOUT,
        ),
        (SQUARE, SQUARE),
        {"reverse"},
    ),
    "reduction": (
        Reduction("planted", lambda x, axis: np.sum(x * x, axis), lambda x, out, axis: 2.001 * x, **ABOUT),
        (ROW,),
        {"reverse", "forward"},
    ),
    "differential, its pullback": (
        Differential(
            "planted",
            np.linalg.det,
            pullbacks=[lambda upstream, a, out: 2.001 * upstream * linear_algebra.cofactor(a)],
            pushforwards=[lambda tangent, a, out: (linear_algebra.cofactor(a) * tangent).sum()],
            shape=linear_algebra.scalar_of_square,
            **ABOUT,
        ),
        (SQUARE,),
        {"reverse"},
    ),
    "differential, its pushforward": (
        Differential(
            "planted",
            np.linalg.det,
            pullbacks=[lambda upstream, a, out: upstream * linear_algebra.cofactor(a)],
            pushforwards=[lambda tangent, a, out: 2.001 * (linear_algebra.cofactor(a) * tangent).sum()],
            shape=linear_algebra.scalar_of_square,
            **ABOUT,
        ),
        (SQUARE,),
        {"forward"},
    ),
}


@pytest.mark.parametrize("kind", PLANTED_ARRAY_GATES)
def test_a_wrong_rule_of_an_array_gate_is_caught_in_its_mode(kind):
    gate, operands, wrong_modes = PLANTED_ARRAY_GATES[kind]
    for mode in ("reverse", "forward"):
        if mode in wrong_modes:
            with NEVER:
                check_differences(gate, operands, {}, [mode])
        else:
            assert check_differences(gate, operands, {}, [mode])
    if len(wrong_modes) == 1:
        with pytest.raises(AssertionError, match="modes differ"):
            check_modes_agree(gate, operands, {})


def test_a_gate_that_is_not_linear_is_caught():
    planted = Linear("planted", lambda x: np.sum(x) + 1e-9, lambda *_: None, shape=lambda x: (), **ABOUT)
    with NEVER:
        check_linear(planted, (ROW,), {}, [0])
    check_linear(reductions.total, (ROW,), {}, [0])


@pytest.mark.parametrize(
    "corner", [Corner((0.0,), 0.5, (0.25,)), Corner((0.0,), 0.5000001, (0.25,)), Corner((0.0,), 0.5, (0.2500001,))]
)
def test_a_corner_is_exact_or_refused(corner):
    if corner.value == 0.5 and corner.gradients == (0.25,):
        check_corner(activations.sigmoid, corner)
    else:
        with NEVER:
            check_corner(activations.sigmoid, corner)


def test_a_corner_that_only_reverse_mode_gets_right_is_caught():
    planted = Differential(
        "planted",
        lambda x, axis: np.max(x),
        pullbacks=[lambda upstream, x, out: upstream * kinked.largest_entry_share(x, axis=None)],
        pushforwards=[lambda tangent, x, out: (tangent * x.equals(out)).sum()],
        attributes={"axis": AXIS},
        shape=reduced,
        **ABOUT,
    )
    corner = Corner(((2.0, 1.0, 2.0),), 2.0, ((0.5, 0.0, 0.5),))
    check_corner(reductions.largest, corner)
    with pytest.raises(AssertionError, match="tangent"):
        check_corner(planted, corner)


def test_central_differences_know_their_own_error():
    slope, error = central_difference(lambda step: math.exp(0.5 + step))
    assert abs(slope - math.exp(0.5)) <= error <= 1e-9
    rough, rough_error = central_difference(lambda step: 1e9 + math.sin(step))
    assert abs(rough - 1) <= rough_error
    assert rough_error >= 1e-8
    assert central_difference(lambda step: math.nan)[1] == math.inf


def test_closeness_is_relative_and_leaves_no_room_near_zero():
    assert is_close(4e-18, mpf(4e-18), lambda: 1.0)
    assert not is_close(0.0, mpf("4e-18"), lambda: 1.0)
    assert not is_close(1 + 1e-12, mpf(1), lambda: 1.0)
    assert is_close(1 + 1e-12, mpf(1), lambda: 1e5)
    assert not is_close(1e300, mpf("1e400"), lambda: 1.0)
    assert is_close(math.inf, mpf("1e400"), lambda: 1.0)
    assert not is_close(math.nan, mpf(1), lambda: math.inf)


def test_the_oracles_are_no_gate_in_disguise():
    """Known values, to 50 digits, from DLMF and Abramowitz & Stegun."""
    assert nearest_double(Truth("erf", (0.5,)).value()) == close_to(0.5204998778130465, rel=1e-15)
    assert nearest_double(Truth("digamma", (1.0,)).value()) == close_to(-0.5772156649015329, rel=1e-15)
    assert nearest_double(Truth("tanh", (300.0,)).partial(0)) == close_to(1.0601586212017239e-260, rel=1e-12)
    assert Truth("log", (-1.0,)).value() is None
    assert Truth("gamma", (-1.0,)).value() is None
    assert len(ORACLES) > 80
