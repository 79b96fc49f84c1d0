"""The choice of cases: nothing that fits is left out."""

from __future__ import annotations

import itertools

import pytest

from .cases import covering, each, tried, tuples


def test_a_covering_has_every_case_that_fits_any():
    found = covering("ab", range(5), lambda letter, number: number != 3 and letter + str(number) != "a2")
    assert {letter for letter, _ in found} == {"a", "b"}
    assert {number for _, number in found} == {0, 1, 2, 4}
    assert ("a", 2) not in found
    assert len(found) == 4
    assert covering("ab", "", lambda letter, number: True) == []


@pytest.mark.parametrize("count", [1, 3, 5, 9, 14])
def test_any_two_places_of_tuples_hold_every_pair(count):
    values = range(8)
    made = tuples(values, count)
    assert len(made) < 5000
    for first, second in itertools.combinations(zip(*made, strict=True), 2):
        assert len(set(zip(first, second, strict=True))) == 64


def test_the_case_that_a_test_fails_at_is_kept():
    cases = each("abc")
    assert [next(cases), next(cases)] == ["a", "b"]
    assert tried == ["b"]
    assert list(cases) == ["c"]
    assert tried == []
