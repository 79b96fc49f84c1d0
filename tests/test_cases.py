"""The choice of cases: nothing that fits is left out."""

from __future__ import annotations

import inspect
import itertools

import pytest

from .cases import as_one_test, covering, each, tried, tuples


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


def test_a_test_of_all_cases_names_each_that_fails(tmp_path):
    seen = []

    def test(number, tmp_path):
        seen.append((number, tmp_path))
        assert number % 2, f"{number} is even"

    whole = as_one_test("number", range(1, 6), ids=lambda number: f"case {number}")(test)
    assert list(inspect.signature(whole).parameters) == ["tmp_path"]
    with pytest.raises(AssertionError, match="2 of 5 cases: case 2, case 4\n") as caught:
        whole(tmp_path=tmp_path)
    assert seen == [(number, tmp_path) for number in range(1, 6)]
    assert "2 is even" in str(caught.value) and "4 is even" in str(caught.value)


@as_one_test("left", "ab")
@as_one_test("right, number", [("x", 1), ("y", 2)])
def test_of_all_pairs(left, right, number):
    assert left + right * number in ("ax", "ayy", "bx", "byy")
