"""Sorted entries, medians and quantiles: where the gradient goes, at ties too, in both modes and in rows."""

from itertools import permutations

import numpy as np
import pytest
import sympy

from backprop.autodiff import compile, hessian, hvp, jvp, value_and_grad
from backprop.autodiff.passes.kink_hits import take_hits
from backprop.parser import parse

from ...cases import as_one_test

WEIGHTS = np.array([1.0, 2.0, 4.0, 8.0])
APART = np.array([0.5, -2.0, 1.5, -0.25])
TIED = [np.array(one) for one in ([2.0, 1.0, 2.0, 3.0], [1.0, 1.0, 1.0, 0.0], [1.0, 2.0, 1.0, 2.0], [3.0] * 4)]
QUANTILES = [0.0, 0.1, 1 / 3, 0.4, 0.5, 0.75, 0.999, 1.0]


def orders(x):
    """The orders in which the entries may stand: each way to sort them."""
    return [np.array(one) for one in permutations(range(len(x))) if (np.diff(x[list(one)]) >= 0).all()]


def routed(x, weights):
    """The gradient of <weights, sort(x)>: the mean over the orders."""
    found = np.zeros(len(x))
    for places in orders(x):
        found[places] += weights
    return found / len(orders(x))


def first_derivatives(text, x):
    """The gradient by reverse mode and by forward mode."""
    graph = parse(text)
    forward = [jvp(graph, {"x": row}, x=x)[1] for row in np.eye(len(x))]
    return value_and_grad(graph, x=x)[1]["x"], np.array(forward)


@pytest.mark.parametrize("x", [APART, *TIED], ids=str)
def test_each_entry_gets_the_gradient_of_its_place_and_tied_ones_an_equal_share(x):
    for found in first_derivatives("sum(sort(x)*[1, 2, 4, 8])", x):
        np.testing.assert_allclose(found, routed(x, WEIGHTS), rtol=1e-15)


@pytest.mark.parametrize("x", [APART, *TIED], ids=str)
def test_the_ends_of_what_is_sorted_are_the_extremes_with_their_gradients(x):
    """By the same convention: the largest entries share equally."""
    for end, extreme in ((0, "min"), (-1, "max")):
        for found in first_derivatives(f"sort(x)[{end}]", x):
            np.testing.assert_array_equal(found, value_and_grad(parse(f"{extreme}(x)"), x=x)[1]["x"])


@pytest.mark.parametrize("x", [APART, *TIED[:3]], ids=str)
def test_second_derivatives_are_the_mean_over_the_orders_and_say_so(x):
    """Of sum(w*sort(x)^2): on each side 2*w at the place of the entry.

    Of four entries that are tied not every one of the 24 orders is tried.
    """
    take_hits()
    graph = parse("sum([1, 2, 4, 8]*sort(x)^2)")
    expected = np.diag(2 * routed(x, WEIGHTS))
    np.testing.assert_allclose(hessian(graph, x=x)["x"]["x"], expected, rtol=1e-14, atol=1e-14)
    assert bool(take_hits()) == (not np.allclose(expected, expected[0, 0] * np.eye(4)) and x is not APART)
    mixed = np.array([hvp(graph, {"x": row}, x=x)[1]["x"] for row in np.eye(4)])
    np.testing.assert_allclose(mixed, expected, rtol=1e-14, atol=1e-14)


def test_third_derivatives_against_sympy():
    letters = sympy.symbols("a b c d")
    ordered = [letters[place] for place in np.argsort(APART)]
    truth = sum(int(weight) * entry**4 * ordered[-1] for weight, entry in zip(WEIGHTS, ordered, strict=True))
    there = dict(zip(letters, map(sympy.Rational, APART), strict=True))
    text = "grad(grad(grad(sum([1, 2, 4, 8]*sort(x)^4)*max(x), x)[0], x)[2], x)"
    found = value_and_grad(parse(text), x=APART)[0]
    expected = [sympy.diff(truth, letters[0], letters[2], one).subs(there) for one in letters]
    assert [float(one) for one in found] == pytest.approx(list(map(float, expected)), rel=1e-14, abs=0)


@pytest.mark.parametrize("x", [APART, APART[:3], APART[:1], TIED[0], TIED[1][:3]], ids=str)
def test_a_median_and_its_gradient(x):
    weights = np.zeros(len(x))
    np.add.at(weights, [(len(x) - 1) // 2, len(x) // 2], 0.5)
    assert value_and_grad(parse("median(x)"), x=x)[0] == np.median(x)
    for found in first_derivatives("median(x)", x):
        np.testing.assert_array_equal(found, routed(x, weights))


@as_one_test("q", QUANTILES)
@as_one_test("x", [APART, APART[:3], APART[:1], TIED[0]], ids=str)
def test_a_quantile_and_its_gradients(x, q):
    """By x the weights of the two entries; by q how far the upper one is above, times the number of steps."""
    text = "quantile(x, q)"
    value, gradients = value_and_grad(parse(text), x=x, q=q)
    assert value == pytest.approx(np.quantile(x, q), rel=1e-15, abs=2e-16 * np.max(np.abs(x)))
    last = len(x) - 1
    below = min(int(np.floor(q * last)), max(last - 1, 0))
    weights = np.zeros(len(x))
    weights[min(below + 1, last)] += q * last - below
    weights[below] += 1 - (q * last - below)
    np.testing.assert_allclose(gradients["x"], routed(x, weights), rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(
        value_and_grad(parse(f"quantile(x, {q!r})"), x=x)[1]["x"], routed(x, weights), rtol=1e-13, atol=1e-15
    )
    steps = np.diff(np.sort(x))
    assert gradients["q"] == pytest.approx(last * steps[below] if last else 0.0, rel=1e-15, abs=0)
    if last:
        bends = hessian(parse(text), x=x, q=q)
        ends = np.zeros(len(x))
        ends[[below, below + 1]] = -last, last
        np.testing.assert_allclose(bends["x"]["q"], routed(x, ends), rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("q", [-0.1, 1.1, np.nan])
def test_a_quantile_that_varies_is_nan_outside(q):
    graph = parse("quantile(x*[1, 2, 3], q)")
    values, gradients = compile(graph)(x=np.ones(3), q=np.array([0.5, q, 0.0]))
    assert values.tolist()[::2] == [2.0, 1.0]
    assert np.isnan(values[1])
    assert np.isnan(gradients["q"]).tolist() == np.isnan(gradients["x"]).tolist() == [False, True, False]


def test_what_is_unknown_is_last_and_makes_a_median_unknown():
    x = np.array([2.0, np.nan, 1.0])
    assert value_and_grad(parse("sort(x)[:2]"), x=x)[0].tolist() == [1.0, 2.0]
    assert np.isnan(value_and_grad(parse("median(x)"), x=x)[0])
    assert np.isnan(value_and_grad(parse("quantile(x, 0.1)"), x=x)[0])
    assert value_and_grad(parse("median(x)"), x=[1.0, np.inf, -np.inf, 2.0])[0] == 1.5


def test_an_entry_at_infinity_gets_its_own_gradient_alone():
    value, gradients = value_and_grad(parse("sum(sort(x)[:2]*[3, 5])"), x=[2.0, np.inf, 1.0])
    assert (value, gradients["x"].tolist()) == (13.0, [5.0, 0.0, 3.0])


@pytest.mark.parametrize(
    "text", ["sum(sort(x)*[1, 2, 4, 8])", "median(x)*y", "quantile(x, y)", "sum(sort_by(x, -x)*sort(x))", "ranks(x)[0]"]
)
def test_rows_are_the_points_one_by_one(text):
    graph = parse(text)
    rows = {"x": np.array([APART, *TIED]), "y": np.array([0.5, 0.1, 0.3, 1.0, 0.0])}
    rows = {name: rows[name] for name in graph.variables}
    values, gradients = compile(graph)(**rows)
    for row, value in enumerate(values):
        there, expected = value_and_grad(graph, **{name: array[row] for name, array in rows.items()})
        np.testing.assert_array_equal(value, there)
        for name, gradient in expected.items():
            np.testing.assert_allclose(gradients[name][row], gradient, rtol=1e-15)


def test_sorting_makes_no_jacobian():
    """A matrix of 200,000 by 200,000 would be 300 GiB."""
    x = np.random.default_rng(0).permutation(200_000.0 * np.ones(200_000) + np.arange(200_000))
    _, gradients = value_and_grad(parse("sum(sort(x)*arange(200000))"), x=x)
    np.testing.assert_array_equal(gradients["x"], x - 200_000.0)


def test_places_of_tied_entries_are_their_mean():
    assert value_and_grad(parse("ranks(x)"), x=[3.0, 1.0, 3.0, 2.0])[0].tolist() == [2.5, 0.0, 2.5, 1.0]
