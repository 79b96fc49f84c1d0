"""The order of entries along an axis: against loops over plain lists, with ties, nan and infinities."""

import numpy as np
import pytest

from backprop.autodiff.numerics import orders

KEYS = [
    [3.0, 1.0, 2.0],
    [1.0, 1.0, 0.0, 1.0],
    [np.inf, -np.inf, 0.0, -0.0, np.inf],
    [2.0, np.nan, 1.0, np.nan],
    [5.0],
]
VALUES = np.array([10.0, -1.0, 0.5, 7.0, np.pi])


def places_of(key):
    """For each entry all places that it may have; nan is last, and no nan equals another."""
    known = [one for one in key if one == one]
    unknown = iter(range(len(known), len(key)))
    return [
        [sum(other < one for other in known) + tie for tie in range(known.count(one))]
        if one == one
        else [next(unknown)]
        for one in key
    ]


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_entries_go_to_their_places_and_come_back(key):
    values, places = VALUES[: len(key)], places_of(key)
    taken = [np.mean([values[at] for at in range(len(key)) if place in places[at]]) for place in range(len(key))]
    put_back = [np.mean([values[place] for place in places[at]]) for at in range(len(key))]
    np.testing.assert_allclose(orders.sorted_by(values, np.array(key), axis=-1), taken, rtol=1e-15)
    np.testing.assert_allclose(orders.unsorted_by(values, np.array(key), axis=0), put_back, rtol=1e-15)
    np.testing.assert_array_equal(orders.ranks(np.array(key), axis=0), [np.mean(one) for one in places])
    np.testing.assert_array_equal(orders.ties(np.array(key), axis=0), [len(one) > 1 for one in places])


@pytest.mark.parametrize("axis", [0, 1, -1, (0,)])
def test_each_line_along_the_axis_has_an_order_of_its_own(axis):
    key = np.array([[2.0, 1.0, 1.0], [0.0, 5.0, 1.0]])
    (place,) = axis if isinstance(axis, tuple) else (axis,)
    expected = np.apply_along_axis(lambda line: orders.ranks(line, axis=0), place, key)
    np.testing.assert_array_equal(orders.ranks(key, axis=axis), expected)


def test_beside_a_tie_the_derivatives_decide_and_what_stays_equal_stays_tied():
    x, slope, bend = np.array([1.0, 1.0, 0.0, 1.0]), np.array([2.0, -1.0, 9.0, 2.0]), np.array([0.0, 7.0, 0.0, 1.0])
    assert orders.places_beside_ties([x], 0).tolist() == [1.0, 1.0, 0.0, 1.0]
    assert orders.places_beside_ties([x, slope], 0).tolist() == [2.0, 1.0, 0.0, 2.0]
    assert orders.places_beside_ties([x, slope, bend], 0).tolist() == [2.0, 1.0, 0.0, 3.0]


def test_a_number_is_alone():
    assert (orders.in_order(2.0, axis=-1), orders.ranks(2.0, axis=-1), orders.ties(2.0, axis=())) == (2.0, 0.0, 0.0)
    assert orders.sorted_by(np.zeros(0), np.zeros(0), axis=0).shape == (0,)
