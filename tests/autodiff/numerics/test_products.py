"""Products of the others and their differentials, against sums over places written out in fractions."""

import math
from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest

from backprop.autodiff.numerics import products

from ...cases import as_one_test

INF = math.inf
FACTORS = [(0.0, 2.0, 3.0), (0.0, 0.0, 3.0), (2.0, -3.0, 0.5, 7.0), (5.0,), (), (0.0, INF, 2.0)]
ROWS = [
    (1e-20, 1.0, 1.0),
    (0.0, 0.0, 3.0, -2.0, 0.5),
    (0.0, 0.0, 0.0, 0.0),
    (1e-160, 1e-160, 2.0),
    (3.0,),
    tuple(range(9)),
]


@pytest.fixture(autouse=True)
def as_the_callers_do():
    with np.errstate(all="ignore"):
        yield


@pytest.mark.parametrize("row", FACTORS)
def test_product_of_others_divides_by_nothing(row):
    expected = [math.prod(row[:place] + row[place + 1 :]) for place in range(len(row))]
    np.testing.assert_array_equal(products.product_of_others(np.array(row)), expected)


def differential(row, directions):
    """The sum over the different places that the directions can have beside each entry's own."""
    result = []
    for own in range(len(row)):
        others = [place for place in range(len(row)) if place != own]
        total = Fraction(0)
        for places in permutations(others, len(directions)):
            term = math.prod((Fraction(row[one]) for one in others if one not in places), start=Fraction(1))
            total += term * math.prod(Fraction(one[at]) for one, at in zip(directions, places, strict=True))
        result.append(float(total))
    return result


@as_one_test("order", [1, 2, 3, 4])
@as_one_test("row", ROWS)
def test_differentials_match_fractions_at_zeros_and_near_them(row, order):
    directions = np.random.default_rng(order).integers(1, 9, (order, len(row))).astype(float)
    mine = products.product_of_others(np.array(row, dtype=float), *directions)
    np.testing.assert_allclose(mine, differential(row, directions), rtol=1e-15, atol=0)


def test_the_order_of_directions_does_not_matter():
    x, a, b = np.random.default_rng(3).normal(size=(3, 6))
    np.testing.assert_allclose(products.product_of_others(x, a, b), products.product_of_others(x, b, a), rtol=1e-14)


@pytest.mark.parametrize("axis", [None, 0, 1, -1, (0, 2), (2, 0), (1,)])
def test_axes_follow_numpy(axis):
    x, direction = np.random.default_rng(7).normal(size=(2, 3, 4, 5))
    others = np.prod(x, axis=axis, keepdims=True) / x
    np.testing.assert_allclose(products.product_of_others(x, axis=axis), others, rtol=1e-12)
    along = direction * others
    expected = (np.sum(along, axis=axis, keepdims=True) - along) / x
    scale = np.abs(expected).max()
    np.testing.assert_allclose(
        products.product_of_others(x, direction, axis=axis), expected, rtol=0, atol=1e-12 * scale
    )


@pytest.mark.parametrize("x", [0.0, 2.0, -INF, math.nan])
def test_a_scalar_is_a_row_of_one(x):
    assert products.product_of_others(np.float64(x)) == 1.0
    found = products.product_of_others(np.float64(x), np.float64(3.0))
    assert type(found) is np.float64 and found == 0.0


@pytest.mark.parametrize("count", [1, 2, 3, 4])
@pytest.mark.parametrize("row", [(0.0, 0.0, 3.0, -2.0, 0.5), (2.0,), (1e-20, 1.0, 1.0)])
def test_product_of_all_but_some_places(row, count):
    found = products.product_of_all_but(np.array([row, row]), count)
    assert found.shape == (2, *(len(row),) * count)
    for places in np.ndindex(found.shape[1:]):
        left = [one for place, one in enumerate(row) if place not in places]
        assert found[(1, *places)] == (math.prod(left) if len({*places}) == count else 0.0)
