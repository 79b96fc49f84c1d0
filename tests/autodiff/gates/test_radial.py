"""Functions of a radius at and near its zero, to the fifth order, against mpmath's Taylor coefficients at 50 digits."""

import itertools
from functools import cache

import numpy as np
import pytest
from mpmath import mp

from backprop.autodiff import hessian, hvp, value_and_grad
from backprop.parser import parse

from ...closeness import close_to

RADII = {"hypot(x, y)": 2, "norm([x, y])": 2, "std([x, -x])": 1, "hypot(y, x)": 2, "norm([[0, x], [y, 0]])": 2}
EVEN = {
    "R^2/2": lambda r: r * r / 2,
    "R^4": lambda r: r**4,
    "R*R": lambda r: r * r,
    "square(R) - 3*R^6": lambda r: r * r - 3 * r**6,
    "sqrt(1 + R^2)": lambda r: mp.sqrt(1 + r * r),
    "exp(-R^2)": lambda r: mp.exp(-r * r),
    "1/(1 + (2*R)^2)": lambda r: 1 / (1 + 4 * r * r),
    "log(1 + R^2)": lambda r: mp.log(1 + r * r),
    "cos(R)": mp.cos,
    "sinc(R)": mp.sincpi,
    "R*sin(R)": lambda r: r * mp.sin(r),
}
SIDED = {  # a kink at 0, whose sides agree in the orders that are even
    "exp(-R)": lambda r: mp.exp(-r),
    "R": lambda r: r,
    "R^3": lambda r: r**3,
    "R^2 + R": lambda r: r * r + r,
}


def pairings(places):
    if not places:
        yield []
    for at in range(1, len(places)):
        for rest in pairings(places[1:at] + places[at + 1 :]):
            yield [(places[0], places[at]), *rest]


@cache
def at_zero(function, variables):
    """The partial derivative of f(r) at 0: of even order f^(2m)/(2m - 1)!! for each way to pair equal variables."""
    order = len(variables)
    if order % 2:
        return 0.0
    with mp.workdps(50):
        ways = sum(all(variables[a] == variables[b] for a, b in one) for one in pairings([*range(order)]))
        return float(mp.taylor(function, 0, order)[order] * mp.factorial(order) * ways / mp.fac2(order - 1))


def nested(text, variables):
    for name in variables:
        text = f"grad({text}, {name})"
    return parse(text)


def cases():
    for (radius, count), (text, function) in itertools.product(RADII.items(), {**EVEN, **SIDED}.items()):
        for order in (2, 3, 4, 5):
            names = "xy"[:count]
            mixed = {"x" * order, ("xxyy" + "x")[:order], "xyxyx"[:order]} if order < 5 else {"xyxyx"}
            for variables in sorted(one for one in mixed if {*one} <= {*names}):
                if order < 4 or (radius == "hypot(x, y)" and text in EVEN) or text in ("cos(R)", "R^4"):
                    yield pytest.param(radius, text, function, variables, id=f"{text}-{radius}-{variables}")


@pytest.mark.parametrize("radius, text, function, variables", [*cases()])
def test_derivatives_at_zero_in_both_modes(radius, text, function, variables):
    truth = at_zero(function, variables)
    values = dict.fromkeys("xy"[: RADII[radius]], 0.0)
    whole = text.replace("R", radius)
    found = value_and_grad(nested(whole, variables[:-1]), values)[1][variables[-1]]
    assert found == close_to(truth, rel=1e-13)
    if len(variables) < 5:  # forward over reverse
        found = hessian(nested(whole, variables[:-2]), values)[variables[-2]][variables[-1]]
        assert found == close_to(truth, rel=1e-13)


@pytest.mark.parametrize("size", [1e-20, 1e-160, 3e-8, 1.0])
@pytest.mark.parametrize("text", ["R^2/2", "R*R/2", "(2*R)^2/8"])
def test_a_square_is_exact_at_any_size(text, size):
    x = np.array([1.0, -2.0, 0.5]) * size
    found = hessian(parse(text.replace("R", "norm(x)")), x=x)["x"]["x"]
    np.testing.assert_array_equal(found, np.eye(3))


@pytest.mark.parametrize("size", [1e-20, 1e-160, 1e-7])
@pytest.mark.parametrize("text", ["cos(R)", "exp(-R^2)", "sqrt(1 + R^2)"])
def test_near_zero_is_as_at_zero(text, size):
    whole = parse(text.replace("R", "norm(x)"))
    direction = np.array([0.5, 2.0, -1.0])
    near = hvp(whole, {"x": direction}, x=np.array([1.0, -2.0, 0.5]) * size)[1]["x"]
    at = hvp(whole, {"x": direction}, x=np.zeros(3))[1]["x"]
    np.testing.assert_allclose(near, at, rtol=1e-12)


def test_each_row_has_a_radius_of_its_own():
    found = hessian(parse("sum(cos(norm(A, axis=1)))"), A=[[0.0, 0.0], [3.0, 4.0], [0.0, 0.0]])["A"]["A"]
    np.testing.assert_array_equal(found[0, :, 0], -np.eye(2))
    np.testing.assert_array_equal(found[2, :, 2], -np.eye(2))
    np.testing.assert_array_equal(found[0, :, 2], np.zeros((2, 2)))
    u = np.array([0.6, 0.8])
    expected = -np.cos(5.0) * np.outer(u, u) - np.sin(5.0) / 5.0 * (np.eye(2) - np.outer(u, u))
    np.testing.assert_allclose(found[1, :, 1], expected, rtol=1e-13)


@pytest.mark.parametrize("rows", [3, 12])
def test_rows_that_a_sum_mixes(rows):
    """A sum of exponentials of distances, one of them 0, is smooth; the square of a sum of norms is not."""
    points = np.random.default_rng(2).normal(size=(rows, 2))
    text = "log(sum(cos(norm(P - x, axis=1))) + 20)"
    x = points[1]
    found = hessian(parse(text), wrt=["x"], P=points, x=x)["x"]["x"]
    with mp.workdps(50):

        def exact(a, b):
            radii = [mp.hypot(mp.mpf(p) - a, mp.mpf(q) - b) for p, q in points.tolist()]
            return mp.log(sum(map(mp.cos, radii)) + 20)

        for place, orders in {(0, 0): (2, 0), (0, 1): (1, 1), (1, 1): (0, 2)}.items():
            truth = mp.diff(exact, tuple(map(mp.mpf, x.tolist())), orders, h=mp.mpf(10) ** -12)
            assert found[place] == close_to(float(truth), rel=1e-9)
    squared = hessian(parse("sum(norm(A, axis=1))^2"), A=np.zeros((rows, 2)))["A"]["A"]
    assert squared[0, 0, 0, 0] == 2.0 if rows <= 8 else np.isnan(squared[0, 0, 0, 0])


def test_factors_of_other_variables_take_part():
    whole = "y*cos(hypot(a, b))*exp(y)"
    at = {"y": 0.5, "a": 0.0, "b": 0.0}
    expected = -0.5 * np.exp(0.5), -1.5 * np.exp(0.5)
    assert value_and_grad(nested(whole, "a"), at)[1]["a"] == close_to(expected[0], rel=1e-14)
    for variables in ("aay", "aya", "yaa"):
        found = value_and_grad(nested(whole, variables[:2]), at)[1][variables[2]]
        assert found == close_to(expected[1], rel=1e-13)


def test_an_even_function_whose_parts_are_none_of_the_radius_and_another_variable():
    at = {"y": 2.0, "a": 0.0, "b": 0.0}
    whole = "exp(y*hypot(a, b)) + exp(-y*hypot(a, b))"
    assert value_and_grad(nested(whole, "a"), at)[1]["a"] == 8.0
    assert value_and_grad(nested(whole, "aa"), at)[1]["y"] == 8.0
    assert value_and_grad(nested(whole, "ay"), at)[1]["a"] == 8.0


def test_many_radii_one_in_another_take_linear_time():
    count = 300
    lines = ["a0 = x", *[f"a{place + 1} = norm([a{place}, {place}])" for place in range(count)]]
    graph = parse("; ".join([*lines, f"cos(a{count})"]))
    typed_before = len(graph.typed({}).nodes)
    found = hvp(graph, {"x": 1.0}, x=0.5)
    assert np.isfinite(found[1]["x"])
    assert typed_before < 5 * count


@pytest.mark.parametrize("radius", ["hypot(x, y)", "norm([x, y])"])
@pytest.mark.parametrize("text, truth", [("R", 0.0), ("exp(-R)", 1.0)])
def test_the_sixth_derivative_at_zero(radius, text, truth):
    found = value_and_grad(nested(text.replace("R", radius), "xxxxx"), x=0.0, y=0.0)[1]["x"]
    assert found == pytest.approx(truth, rel=1e-13, abs=0)


TWO_RADII = {  # of one vector, to the second derivative at 0
    "hypot(x, y)*norm([x, y])": 2.0,
    "norm([y, 0, -x])*hypot(x, y)": 2.0,
    "norm([x, y])*norm([2*x, -(y*2)])": 4.0,
    "exp(-hypot(x, y))*norm([x, y])": -2.0,
    "cos(hypot(y, x) - 2*norm([y, x]))": -1.0,
    "norm([x, y])*hypot(y, x)^3": 0.0,
}


@pytest.mark.parametrize("text", TWO_RADII)
def test_radii_of_one_vector_in_two_notations_are_one(text):
    expected = {"x": {"x": TWO_RADII[text], "y": 0.0}, "y": {"x": 0.0, "y": TWO_RADII[text]}}
    assert hessian(parse(text), x=0.0, y=0.0) == expected
    for name in "xy":
        assert hvp(parse(text), {name: 1.0}, x=0.0, y=0.0)[1] == expected[name]
        assert value_and_grad(nested(text, [name]), x=0.0, y=0.0)[1] == expected[name]


def test_a_radius_of_a_radius_is_that_of_all_entries():
    expected = {"x": {"x": 4.0, "y": 0.0}, "y": {"x": 0.0, "y": 2.0}}
    for text in ("norm([norm([x, y]), x])^2", "hypot(x, hypot(x, y))*norm([x, hypot(x, y)])"):
        assert hessian(parse(text), x=0.0, y=0.0) == expected
