"""The choice of cases: nothing that fits is left out."""

from __future__ import annotations

from .cases import covering


def test_a_covering_has_every_case_that_fits_any():
    found = covering("ab", range(5), lambda letter, number: number != 3 and letter + str(number) != "a2")
    assert {letter for letter, _ in found} == {"a", "b"}
    assert {number for _, number in found} == {0, 1, 2, 4}
    assert ("a", 2) not in found
    assert len(found) == 4
    assert covering("ab", "", lambda letter, number: True) == []
