"""Quantiles of Student's t against mpmath, and degrees of freedom."""

from __future__ import annotations

import math

import mpmath
import pytest

from backprop.autodiff.uncertainty.coverage import coverage_factor, effective_dof, normal_probability

from ...cases import as_one_test
from ...closeness import close_to


def quantile(probability: float, dof: float) -> float:
    """The t with which -t to t holds so much, by mpmath's incomplete beta function."""
    with mpmath.workdps(40):

        def excess(t: mpmath.mpf) -> mpmath.mpf:
            return mpmath.betainc(0.5, mpmath.mpf(dof) / 2, 0, t * t / (dof + t * t), regularized=True) - probability

        start = coverage_factor(probability, dof)
        return float(mpmath.findroot(excess, (start * 0.999, start * 1.001), tol=1e-35))


@as_one_test("probability", [0.1, 0.6827, 0.95, 0.99, 0.9999])
@as_one_test("dof", [0.7, 1, 2, 3.5, 16, 120, 3000])
def test_the_factor_of_few_degrees_of_freedom(probability, dof):
    assert coverage_factor(probability, dof) == close_to(quantile(probability, dof), rel=2e-13)


@pytest.mark.parametrize("dof, expected", [(1, "12.71"), (4, "2.78"), (16, "2.12"), (50, "2.01"), (math.inf, "1.96")])
def test_table_g_2_of_the_gum(dof, expected):
    assert f"{coverage_factor(0.95, dof):.2f}" == expected


def test_many_degrees_of_freedom_are_nearly_a_normal_distribution():
    normal = coverage_factor(0.95)
    assert normal == close_to(1.959963984540054, rel=1e-15)
    for dof in (1e6, 1e9, 1e12):
        expansion = normal + (normal**3 + normal) / (4 * dof)  # Abramowitz & Stegun 26.7.5
        assert coverage_factor(0.95, dof) == close_to(expansion, rel=1e-11)
    assert normal_probability(2.0) == close_to(0.954499736103642, rel=1e-14)


def test_effective_degrees_of_freedom():
    assert effective_dof([(0.6, 5.0), (0.8, math.inf)]) == close_to(625 * 5 / 81, rel=1e-14)
    assert effective_dof([(1.0, math.inf)]) == math.inf
    assert effective_dof([(0.0, 2.0)]) == math.inf
    assert effective_dof([]) == math.inf
