"""What a target asks of the inputs: checked by computing the budget that it leads to."""

from __future__ import annotations

import pytest

from backprop.autodiff.uncertainty.budget import Budget, budget
from backprop.autodiff.uncertainty.inputs import Uncertain
from backprop.parser import parse

from ...closeness import close_to

KNOWN = {"a": Uncertain(2.0, 0.3), "b": Uncertain(5.0, 0.4), "c": Uncertain(1.0, 0.1)}


def at(sizes: dict[str, float], correlations: dict[tuple[str, str], float], **settings: float) -> Budget:
    inputs = {name: known._replace(uncertainty=sizes.get(name, known.uncertainty)) for name, known in KNOWN.items()}
    return budget(parse("a*b + c"), inputs, correlations=correlations, trials=20, **settings)


@pytest.mark.parametrize("correlations", [{}, {("a", "b"): 0.4}, {("a", "b"): -0.4, ("b", "c"): 0.2}])
@pytest.mark.parametrize("wanted", [0.9, 0.5, 0.15])
def test_what_it_asks_for_is_enough(correlations, wanted):
    found = at({}, correlations, target_uncertainty=wanted).target
    assert not found.is_met
    together = {name: one.together for name, one in found.improvements.items() if one.together is not None}
    assert at(together, correlations).uncertainty == close_to(wanted, rel=1e-9)
    assert all(size < KNOWN[name].uncertainty for name, size in together.items())
    for name, one in found.improvements.items():
        if one.alone is not None:
            assert at({name: one.alone}, correlations).uncertainty == close_to(wanted, rel=1e-9)


def test_no_input_is_enough_alone():
    assert all(one.alone is None for one in at({}, {}, target_uncertainty=0.5).target.improvements.values())


def test_a_target_that_is_met():
    assert at({}, {}, target_uncertainty=100.0).target.is_met


def test_an_expanded_one_goes_by_the_factor():
    result = at({}, {}, target_expanded=1.0)
    assert result.target.uncertainty == close_to(1.0 / result.factor, rel=1e-14)
