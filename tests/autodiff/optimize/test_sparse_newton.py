"""Newton's steps with a sparse matrix: chains, grids, arrows and bounds, and what is not positive definite."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from backprop.autodiff import minimize
from backprop.autodiff.derivatives.coloring import Sparsity
from backprop.autodiff.optimize import minimize as ways
from backprop.autodiff.optimize.large import free
from backprop.autodiff.optimize.problem import Problem
from backprop.autodiff.optimize.sparse_newton import Among, descend_by_factors, factoring
from backprop.parser import parse

pytestmark = pytest.mark.extras
scipy_sparse = pytest.importorskip("scipy.sparse")

CHAIN = "sum((1-x[:-1])^2 + 100*(x[1:]-x[:-1]^2)^2)"


def descended(text, start, bounds=None):
    """The problem, where the steps lead, and the values on the way."""
    problem = Problem(parse(text), start, bounds or {}, ())
    values = []
    vector = descend_by_factors(
        problem.functions, problem.first, problem.region, most=500, tell=lambda _, value: values.append(value)
    )
    assert np.all(np.diff(values) < 0.0)
    return problem, vector, values


def slope_left(problem, vector):
    """The largest slope along a variable that no bound holds."""
    slope = problem.functions.gradient(vector)
    return np.max(np.abs(slope[free(vector, slope, problem.region)]), initial=0.0)


def test_a_long_valley_takes_about_as_many_steps_as_it_has_variables():
    problem, vector, values = descended(CHAIN, {"x": np.tile([-1.2, 1.0], 30)})
    assert slope_left(problem, vector) < 1e-9 and 30 < len(values) < 120


def test_bounds_hold():
    problem, vector, values = descended(CHAIN, {"x": np.full(60, 0.5)}, {"x": (-2.0, 0.8)})
    assert vector.max() == 0.8 and slope_left(problem, vector) < 1e-9 and len(values) < 120


def test_what_is_connected_to_all_is_factored_as_well():
    text = "sum((x - z)^4) + sum((x[1:]-x[:-1])^2) + sum(x^2)/2 + (z-3)^2"
    problem, vector, values = descended(text, {"x": np.linspace(-1, 1, 90), "z": 0.5})
    assert slope_left(problem, vector) < 1e-9 and len(values) < 30


def test_a_surface_that_is_least():
    text = "sum(sqrt(1 + (u[1:,:-1]-u[:-1,:-1])^2 + (u[:-1,1:]-u[:-1,:-1])^2)) + sum(u[0]^2) + sum((u[-1]-1)^2)"
    problem, vector, values = descended(text, {"u": np.random.default_rng(1).uniform(0, 1, (9, 10))})
    assert slope_left(problem, vector) < 1e-7 and len(values) < 30


def test_it_is_the_first_way_of_many_variables():
    found = minimize(parse("sum((x-1)^4 + (x-1)^2)"), x=np.full(1001, 1.5))
    assert (found.is_certified, found.method) == (True, "sparse Newton")
    assert np.allclose(found.conditions.vector, 1.0, rtol=0, atol=1e-8)


@pytest.mark.parametrize("width", [3, 100])
def test_a_matrix_that_is_not_positive_definite_is_seen(width):
    size = 200
    rows, columns = np.nonzero(np.eye(size) + np.eye(size, k=width) + np.eye(size, k=-width))
    if width == 100:  # an arrow, too, which no order makes a band
        rows, columns = np.nonzero((np.eye(size) + (np.arange(size) == 7) + (np.arange(size)[:, None] == 7)) != 0)
    structure = Sparsity(rows, columns, size, size)
    rng = np.random.default_rng(4)
    whole = np.zeros((size, size))
    whole[rows, columns] = rng.normal(size=len(rows))
    whole = whole + whole.T
    matrix = Among(structure, whole[rows, columns], np.ones(size, dtype=bool))
    right = rng.normal(size=size)
    solved = partial(factoring(structure), matrix)
    assert solved(0.0, right) is None
    shift = 1.01 - min(np.linalg.eigvalsh(whole))
    assert np.allclose(solved(shift, right), np.linalg.solve(whole + shift * np.eye(size), right), rtol=1e-9, atol=0)
    held = Among(structure, whole[rows, columns], np.arange(size) > 3)
    assert np.all(factoring(structure)(held, shift, np.where(np.arange(size) > 3, right, 0.0))[:4] == 0.0)


def test_without_scipy_no_matrix_is_made(monkeypatch):
    monkeypatch.setattr(ways, "is_installed", lambda: False)
    found = minimize(parse("sum((x-1)^4 + (x-1)^2)"), x=np.full(1001, 1.5))
    assert found.is_certified and found.method == "Newton by conjugate gradients"
