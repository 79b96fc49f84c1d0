"""Functions of a radius and of a variable of its vector, at the radius's zero, to the sixth order.

The truth is the even part by the radius of mpmath's Taylor series: the mean of opposite sides along any line.
"""

import itertools

import numpy as np
import pytest
from mpmath import mp

from backprop.autodiff import compile, hessian, hvp, jvp, value_and_grad
from backprop.autodiff.passes.kink_hits import take_hits
from backprop.parser import parse

from ...cases import as_one_test
from ...closeness import close_to

RADII = ["hypot(x, y)", "norm([x, y])", "std([x, -x, y, -y])*sqrt(2)"]
FUNCTIONS = {
    "exp(-R)": lambda r, x: mp.exp(-r),
    "sigmoid(R)*sigmoid(-R)": lambda r, x: 1 / (1 + mp.exp(r)) / (1 + mp.exp(-r)),
    "cos(R)": lambda r, x: mp.cos(r),
    "R^3": lambda r, x: r**3,
    "R^5": lambda r, x: r**5,
    "log(1+R)": lambda r, x: mp.log(1 + r),
    "(1+R)^x": lambda r, x: mp.exp(x * mp.log(1 + r)),
    "exp(x*R)": lambda r, x: mp.exp(x * r),
    "cos(R)*exp(x+R)": lambda r, x: mp.cos(r) * mp.exp(x + r),
    "x*R + sin(R)^3": lambda r, x: x * r + mp.sin(r) ** 3,
    "tanh(R - x^2)": lambda r, x: mp.tanh(r - x * x),
}
WORDS = ["xx", "yx", "yy", "xxx", "yyx", "yxyx"]
LONG_WORDS = ["xxyyxx", "xyyxx"]  # one for each of the short functions, with one of the radii
CASES = [
    (radius, text, [LONG_WORDS[place % 2]] if place % 3 == turn and place < 8 else [])
    for place, text in enumerate(FUNCTIONS)
    for turn, radius in enumerate(RADII)
]


def nested(text, variables):
    for name in variables:
        text = f"grad({text}, {name})"
    return parse(text)


def taylor(function, order=6, points=24, size=0.125):
    """The coefficients of r^m x^k, by Cauchy's formula with equal steps on a circle in each variable."""
    roots = [mp.expjpi(mp.mpf(2) * one / points) for one in range(points)]
    rows = [[function(size * r, size * x) for x in roots] for r in roots]
    by_x = [[mp.fsum(v / z**k for v, z in zip(row, roots, strict=True)) for k in range(order + 1)] for row in rows]
    return {
        (m, k): mp.re(mp.fsum(row[k] / z**m for row, z in zip(by_x, roots, strict=True))) / points**2 / size ** (m + k)
        for m in range(order + 1)
        for k in range(order + 1)
    }


@pytest.fixture(scope="module")
def truth():
    """The derivative at 0 by these variables of the even part by the radius."""
    known = {}

    def series(text):
        if text not in known:
            with mp.workdps(50):
                known[text] = taylor(FUNCTIONS[text])
        return known[text]

    def derivative(text, variables):
        by_x, by_y = variables.count("x"), variables.count("y")
        if by_y % 2:
            return 0.0
        half = by_y // 2
        with mp.workdps(50):  # r^2m x^k has the power x^(2(m - half) + k) y^by_y, binomial(m, half) times
            total = mp.fsum(
                series(text)[2 * m, by_x - 2 * (m - half)] * mp.binomial(m, half)
                for m in range(half, half + by_x // 2 + 1)
            )
            return float(total * mp.factorial(by_x) * mp.factorial(by_y))

    return derivative


@pytest.mark.parametrize("radius, text, long_words", CASES)
def test_derivatives_at_zero_in_both_modes(truth, radius, text, long_words):
    whole = text.replace("R", f"({radius})")
    at = {"x": 0.0, "y": 0.0}
    for variables in WORDS + long_words:
        expected = pytest.approx(truth(text, variables), rel=1e-11, abs=1e-13)  # zeros are sums of what cancels
        assert value_and_grad(nested(whole, variables[:-1]), at)[1][variables[-1]] == expected, variables
    *inner, before, last = "xyy" if long_words else "yy"
    expected = pytest.approx(truth(text, "".join([*inner, before, last])), rel=1e-11, abs=1e-13)
    assert jvp(nested(whole, [*inner, before]), {last: 1.0}, at)[1] == expected
    assert hessian(nested(whole, inner), at)[before][last] == expected
    assert hvp(nested(whole, inner), {last: 1.0}, at)[1][before] == expected


def test_mixed_derivatives_agree_in_every_order_of_differentiation(truth):
    at = {"x": 0.0, "y": 0.0}
    words = [*itertools.permutations("xyy"), *itertools.permutations("xxyy"), *map(tuple, ("xxxyy", "yxxyx", "yyxxx"))]
    for word in sorted(set(words)):
        found = value_and_grad(nested("(1+norm([x, y]))^x", word[:-1]), at)[1][word[-1]]
        assert found == close_to(truth("(1+R)^x", "".join(word)), rel=1e-12), word


@pytest.mark.parametrize("word", ["uauuuuu", "uuauuuu", "uuuuauu", "auuuuuu", "uuaauuuu"])
def test_another_variable_between_those_of_the_vector(word):
    """Of r^n exp(a r) for n derivatives by a, the sixth by the radius."""
    count, at = word.count("a"), {"a": 0.3, "u": 0.0, "v": 0.0}
    with mp.workdps(50):
        exact = mp.diff(lambda r: r**count * mp.exp(mp.mpf("0.3") * r), 0, 6)
    found = value_and_grad(nested("exp(a*hypot(u, v))", word[:-1]), at)[1]["u"]
    assert found == close_to(float(exact), rel=1e-13)


@pytest.mark.parametrize("radius", RADII)
def test_rows_on_the_zero_and_off_it(truth, radius):
    graph = nested("(1+R)^x".replace("R", f"({radius})"), "xyy")
    rows = {"x": np.array([0.0, 0.3, 0.0]), "y": np.array([0.0, -0.2, 0.0])}
    found = compile(graph, gradients=False)(**rows)[0]
    alone = [value_and_grad(graph, x=x, y=y)[0] for x, y in zip(*rows.values(), strict=True)]
    assert found == close_to(alone, rel=1e-13)
    assert found[0] == close_to(truth("(1+R)^x", "xyy"), rel=1e-12)


TOLD = {  # whether the sides differ
    ("x*R", "ux"): True,
    ("x*R", "uv"): False,
    ("exp(-R)", "uuu"): True,
    ("cos(R)", "uuu"): False,
    ("sigmoid(R)*sigmoid(-R)", "uvu"): False,
    ("cosh(x*R)", "uux"): False,
    ("exp(x*R)", "ux"): True,
    ("R^2", "uu"): False,
    ("R^3", "uuu"): True,
}


@as_one_test("radius", ["hypot(u, v)", "norm([u, v])", "norm([0, v, u])", "std([u, v, -u-v])"])
@as_one_test("text, variables", TOLD)
def test_sides_that_differ_are_told(radius, text, variables):
    graph, last = nested(text.replace("R", radius), variables[:-1]), variables[-1]
    at = {name: value for name, value in {"x": 0.7, "u": 0.0, "v": 0.0}.items() if name in graph.variables}
    take_hits()
    assert np.isfinite(value_and_grad(graph, at, wrt=[last])[1][last])
    spans = {slope.graph.source[slope.span.start : slope.span.end] for slope in take_hits()}
    assert spans == ({radius} if TOLD[text, variables] else set())
    value_and_grad(graph, {**at, "u": 0.5})
    assert take_hits() == []


UNMOVED = ["(z-z)^y", "abs(z-z)^y", "([z, 1]*0)^y", "(-[z-z, 0])^y", "(z*y-z*y)^(2*y)"]


@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.5])
@pytest.mark.parametrize("text", UNMOVED)
def test_a_power_of_what_stays_zero_stays_zero(text, exponent):
    at = {"z": 1.5, "y": exponent}
    for variables in ("z", "y", "zz", "zy", "yz", "yy", "zyz", "yzzz", "zzyy", "zzzz", "yyzyz", "zzzzzz"):
        graph = nested(f"sum({text})", variables[:-1])
        assert value_and_grad(graph, at)[1][variables[-1]] == 0.0, variables
        assert jvp(graph, {variables[-1]: 1.0}, at)[1] == 0.0, variables
    assert hessian(parse(f"sum({text})"), at) == {"z": {"z": 0.0, "y": 0.0}, "y": {"z": 0.0, "y": 0.0}}


def test_a_power_of_what_stays_zero_is_as_ever_for_other_exponents():
    assert np.isnan(value_and_grad(parse("(z-z)^y"), z=1.5, y=-0.5)[1]["z"])
    assert value_and_grad(parse("(z-1)^y"), z=1.0, y=0.5)[1]["z"] == np.inf
