"""NumPy's functions of pairs of doubles against mpmath: 29 digits and more."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from backprop.autodiff.numerics.double_double import DoubleDouble
from backprop.autodiff.numerics.paired_functions import of_decimals, stacked, total
from backprop.autodiff.numerics.stable import power

WIDE = [1e-8, 0.003, 0.4, 1.0, 2.5, 19.7]
SIGNED = [*WIDE, *[-number for number in WIDE]]
INNER = [1e-8, 0.003, 0.4, 0.95]
FUNCTIONS = [
    (np.sqrt, mpmath.sqrt, WIDE),
    (np.exp, mpmath.exp, [*SIGNED, -60.0, 60.0]),
    (np.expm1, mpmath.expm1, [*SIGNED, -60.0, 60.0]),
    (np.exp2, lambda x: mpmath.mpf(2) ** x, SIGNED),
    (np.log, mpmath.log, [0.003, 0.4, 2.5, 19.7]),
    (np.log1p, mpmath.log1p, [*WIDE, -0.5]),
    (np.log2, lambda x: mpmath.log(x, 2), [0.003, 0.4, 2.5]),
    (np.log10, mpmath.log10, [0.003, 0.4, 2.5]),
    (np.sin, mpmath.sin, SIGNED),
    (np.cos, mpmath.cos, SIGNED),
    (np.tan, mpmath.tan, SIGNED),
    (np.arctan, mpmath.atan, SIGNED),
    (np.arcsin, mpmath.asin, [*INNER, -0.4]),
    (np.arccos, mpmath.acos, [*INNER, -0.4]),
    (np.sinh, mpmath.sinh, SIGNED),
    (np.cosh, mpmath.cosh, SIGNED),
    (np.tanh, mpmath.tanh, [*SIGNED, -60.0]),
    (np.square, lambda x: x * x, SIGNED),
    (np.absolute, mpmath.fabs, SIGNED),
]


def exact(pair: DoubleDouble, place: int) -> mpmath.mpf:
    return mpmath.mpf(float(pair.high[place])) + mpmath.mpf(float(pair.low[place]))


def worst(found: DoubleDouble, truths: list[mpmath.mpf]) -> float:
    return max(float(abs(exact(found, place) / truth - 1)) for place, truth in enumerate(truths))


@pytest.mark.parametrize("function, oracle, points", FUNCTIONS, ids=[function.__name__ for function, *_ in FUNCTIONS])
def test_functions_have_29_digits(function, oracle, points):
    high = np.array(points)
    pairs = DoubleDouble(high, high * 3e-18)
    with mpmath.workdps(60):
        assert worst(function(pairs), [oracle(exact(pairs, place)) for place in range(len(points))]) < 1e-29


@pytest.mark.parametrize("exponent", [3.0, -2.0, 0.0, 0.5, -1.25, 77.0])
def test_powers_have_29_digits(exponent):
    high = np.array([0.3, 1.7, 12.0])
    pairs = DoubleDouble(high, high * 3e-18)
    with mpmath.workdps(60):
        truths = [exact(pairs, place) ** mpmath.mpf(exponent) for place in range(3)]
        assert worst(np.power(pairs, exponent), truths) < 1e-29
        assert worst(power(pairs, DoubleDouble(np.float64(exponent))), truths) < 1e-29
        assert worst(np.power(pairs, np.full(3, exponent)), truths) < 1e-29


def test_negative_bases_have_powers_of_whole_exponents():
    pairs = DoubleDouble(np.array([-2.0, -2.0, 2.0]))
    assert np.power(pairs, np.array([3.0, 2.0, -1.0])).value.tolist() == pytest.approx(
        [-8.0, 4.0, 0.5], rel=1e-15, abs=0
    )
    with pytest.raises(TypeError):
        np.power(pairs, np.array([0.5, 1.0, 1.0]))


def test_what_pairs_do_not_know_raises_instead_of_making_objects():
    pairs = DoubleDouble(np.ones(2))
    for call in (lambda: np.arctanh(pairs), lambda: np.asarray(pairs), lambda: np.concatenate([pairs, pairs])):
        with pytest.raises(TypeError):
            call()


def test_comparisons_and_choices_are_by_both_halves():
    one, more = DoubleDouble(np.float64(1.0)), DoubleDouble(np.float64(1.0), np.float64(1e-20))
    assert np.greater(more, one) and np.less(one, more) and not np.equal(one, more)
    assert np.maximum(one, more).low == 1e-20 and np.minimum(one, more).low == 0.0
    assert np.where(np.array([True, False]), more, one).low.tolist() == [1e-20, 0.0]


def test_doubles_stand_for_the_shortest_decimals():
    with mpmath.workdps(60):
        for text in ("0.1", "2.044333373291", "1e300", "-3"):
            pair = of_decimals(np.array([float(text)]))
            assert exact(pair, 0) == pytest.approx(mpmath.mpf(text), rel=1e-32, abs=0)


def test_sums_keep_what_cancels():
    terms = of_decimals(np.array([1e16, 0.1, -1e16, 0.2, 0.3]))
    assert total(terms).value == pytest.approx(0.6, rel=1e-15, abs=0)
    assert stacked([terms[:2], terms[2:]]).high.tolist() == terms.high.tolist()
