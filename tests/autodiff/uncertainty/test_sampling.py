"""Draws: moments of every distribution alone and correlated, and that a seed says all of them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from backprop.autodiff.uncertainty.distributions import DISTRIBUTIONS
from backprop.autodiff.uncertainty.inputs import Inputs, Uncertain
from backprop.autodiff.uncertainty.sampling import PIECE_BYTES, InputSampler

TRIALS = 400_000
LEAST_KEPT = {"normal": 1.0, "uniform": 0.977, "triangular": 0.99, "arcsine": 0.93}  # of a correlation with a normal
FOURTH = {"normal": 3.0, "uniform": 1.8, "triangular": 2.4, "arcsine": 1.5}  # moments, of unit variance


@pytest.mark.parametrize("name", FOURTH)
@pytest.mark.parametrize("is_correlated", [False, True])
def test_moments(name, is_correlated):
    known = {"a": Uncertain(5.0, 0.5, distribution=name), "b": Uncertain(1.0, 2.0)}
    inputs = Inputs(known, {("a", "b"): 0.6} if is_correlated else {})
    drawn = InputSampler(inputs, 7).columns(np.random.default_rng(7), TRIALS)
    z = (drawn["a"] - 5.0) / 0.5
    assert abs(z.mean()) < 5 / math.sqrt(TRIALS)
    assert z.var() == pytest.approx(1.0, rel=0.01, abs=0)
    assert (z**4).mean() == pytest.approx(FOURTH[name], rel=0.02, abs=0)
    half_widths = DISTRIBUTIONS[name].half_widths
    if half_widths:
        assert np.abs(z).max() <= half_widths * (1 + 1e-12)
        assert np.abs(z).max() > 0.99 * half_widths
    correlation = np.corrcoef(drawn["a"], drawn["b"])[0, 1]
    if is_correlated:
        assert 0.6 * LEAST_KEPT[name] - 0.005 < correlation < 0.605
    else:
        assert abs(correlation) < 0.01


@pytest.mark.parametrize("rows", [None, "readings"])
def test_t_distributions_have_their_tails(rows):
    """JCGM 101, 6.4.9: the variance is u^2 dof/(dof - 2). From the same readings, both are stretched together."""
    known = {name: Uncertain(0.0, 1.0, 12, "t", rows) for name in "ab"}
    drawn = InputSampler(Inputs(known, {("a", "b"): 1e-9} if rows else {}), 7).columns(np.random.default_rng(7), TRIALS)
    assert drawn["a"].var() == pytest.approx(12 / 10, rel=0.01, abs=0)
    together = np.corrcoef(drawn["a"] ** 2, drawn["b"] ** 2)[0, 1]
    assert together == pytest.approx(0.08 if rows else 0.0, abs=0.02)  # E r^4 over its square is dof-2 to dof-4


def test_arrays_have_trials_along_the_last_axis():
    inputs = Inputs({"x": Uncertain(np.arange(6.0).reshape(2, 3), 1e-9)}, {})
    drawn = next(InputSampler(inputs, 0).pieces(3, 5))["x"]
    assert drawn.shape == (2, 3, 5)
    np.testing.assert_allclose(drawn[..., 0], np.arange(6.0).reshape(2, 3), atol=1e-7)


def test_a_seed_and_a_block_say_all():
    inputs = Inputs({"a": Uncertain(0.0, 1.0), "b": Uncertain(0.0, 1.0, 5, "t")}, {("a", "b"): 0.3})
    first, again = (next(InputSampler(inputs, 7).pieces(3, 100)) for _ in range(2))
    np.testing.assert_array_equal(first["b"], again["b"])
    for seed, block in ((8, 3), (7, 4)):
        assert not np.array_equal(first["a"], next(InputSampler(inputs, seed).pieces(block, 100))["a"])


def test_wholly_correlated_inputs_move_as_one():
    sampler = InputSampler(Inputs({n: Uncertain(0.0, 1.0) for n in "ab"}, {("a", "b"): -1.0}), 0)
    drawn = next(sampler.pieces(0, 1000))
    np.testing.assert_allclose(drawn["a"], -drawn["b"], atol=1e-12)


def test_many_entries_come_in_pieces():
    pieces = list(InputSampler(Inputs({"x": Uncertain(np.zeros(PIECE_BYTES // 80), 1.0)}, {}), 0).pieces(0, 25))
    assert [piece["x"].shape[-1] for piece in pieces] == [10, 10, 5]
    assert not np.array_equal(pieces[0]["x"], pieces[1]["x"])
