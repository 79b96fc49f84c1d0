"""Even functions of a radius near its zero and at it, to the sixth order, against mpmath's Taylor coefficients."""

import itertools
import math
from functools import cache

import numpy as np
import pytest
from mpmath import mp, mpf

from backprop.autodiff import hessian, hvp, jvp, value_and_grad
from backprop.autodiff.evaluation.execution import run
from backprop.autodiff.evaluation.program import lower, needed
from backprop.autodiff.passes.reverse import gradients
from backprop.parser import parse

from ...closeness import close_to

FUNCTIONS = {
    "cos(R)": mp.cos,
    "cosh(2*R)": lambda r: mp.cosh(2 * r),
    "sinc(R)": mp.sincpi,
    "exp(-R^2)": lambda r: mp.exp(-r * r),
    "1/(1 + R^2)": lambda r: 1 / (1 + r * r),
    "log1p(R^2)": lambda r: mp.log(1 + r * r),
    "sqrt(1 + R^2)": lambda r: mp.sqrt(1 + r * r),
    "sec(R)": mp.sec,
    "log(cosh(R))": lambda r: mp.log(mp.cosh(r)),
    "tan(R)^2": lambda r: mp.tan(r) ** 2,
    "R*tanh(3*R)": lambda r: r * mp.tanh(3 * r),
    "R*asin(R/4)": lambda r: r * mp.asin(r / 4),
    "R*atan(R/2)": lambda r: r * mp.atan(r / 2),
    "asinh(R)^2": lambda r: mp.asinh(r) ** 2,
    "atanh(R)*sin(R)": lambda r: mp.atanh(r) * mp.sin(r),
    "erf(R)^2": lambda r: mp.erf(r) ** 2,
    "exp(-R^2/2)*cos(3*R)": lambda r: mp.exp(-r * r / 2) * mp.cos(3 * r),
}
TERMS = 20  # in pairs of powers: at the largest size the next is 1e-30
SIZES = (0.0, 1e-300, 1e-160, 1e-10, 1e-5, 1e-2, 0.04)
POINT = (1.0, -2.0)


@cache
def coefficients(text):
    """The even Taylor coefficients of a function at 0."""
    with mp.workdps(120):
        return mp.taylor(FUNCTIONS[text], 0, 2 * TERMS)[::2]


@cache
def powers(x):
    with mp.workdps(60):
        return [mpf(x) ** power for power in range(2 * (TERMS + 1))]


@cache
def partial(text, by_x, by_y, x, y):
    """The derivative of the sum of c (x^2 + y^2)^m, term by term."""
    series = coefficients(text)
    with mp.workdps(60):
        of_x, of_y = powers(x), powers(y)
        terms = [
            c * (math.comb(m, k) * math.perm(2 * k, by_x) * math.perm(2 * (m - k), by_y))
            * of_x[2 * k - by_x] * of_y[2 * (m - k) - by_y]
            for m, c in enumerate(series) for k in range(m + 1) if 2 * k >= by_x and 2 * (m - k) >= by_y
        ]  # fmt: skip
        return float(mp.fsum(terms))


def nested(text, variables):
    for name in variables:
        text = f"grad({text}, {name})"
    return parse(text)


CASES = [
    pytest.param(text, radius, variables, id=f"{text}-{radius}-{variables}")
    for text, (radius, orders) in itertools.product(
        FUNCTIONS, {"norm([x, y])": "23456", "hypot(x, y)": "36", "sqrt(2)*std([x, -x, y, -y])": "4"}.items()
    )
    for variables in ("xy", "xxx", "yxx", "xxxx", "xxyy", "xyxyx", "xxxxxx", "xyyxxy")
    if str(len(variables)) in orders
]


@pytest.mark.parametrize("text, radius, variables", CASES)
def test_derivatives_near_zero(text, radius, variables):
    graph = nested(text.replace("R", f"({radius})"), variables[:-1])
    typed = graph.typed({})
    (derivative,) = gradients(typed.result, [typed.inputs[variables[-1]]])
    program = lower([derivative])
    for size in SIZES:
        x, y = (size * one for one in POINT)
        (found,) = run(program, {"x": np.float64(x), "y": np.float64(y)})
        truth = partial(text, variables.count("x"), variables.count("y"), x, y)
        assert found == pytest.approx(truth, rel=2e-11, abs=1e-318), size


@pytest.mark.parametrize("size", [0.0, 1e-160, 1e-10, 1e-5, 0.04])
def test_forward_over_reverse_as_reverse(size):
    """The third derivatives by hessian, hvp and jvp of a first one, the fourth by hvp of a second."""
    x, y = (size * one for one in POINT)
    first, second = nested("cos(hypot(x, y))", "x"), nested("cos(hypot(x, y))", "xy")
    truth = {key: partial("cos(R)", *key, x, y) for key in ((3, 0), (2, 1), (1, 2), (2, 2), (1, 3))}
    near = {"rel": 1e-12, "abs": 1e-318}
    found = hessian(first, x=x, y=y)
    assert found["x"]["x"] == pytest.approx(truth[3, 0], **near)
    assert [found["x"]["y"], found["y"]["x"]] == pytest.approx([truth[2, 1]] * 2, **near)
    assert found["y"]["y"] == pytest.approx(truth[1, 2], **near)
    assert hvp(second, {"y": 2.0}, x=x, y=y)[1]["x"] == pytest.approx(2 * truth[2, 2], **near)
    assert hvp(second, {"y": 2.0}, x=x, y=y)[1]["y"] == pytest.approx(2 * truth[1, 3], **near)
    assert jvp(second, {"x": 3.0}, x=x, y=y)[1] == pytest.approx(3 * truth[2, 1], **near)


def test_each_row_is_near_a_zero_of_its_own():
    points = np.array([[0.0, 0.0], [1e-10, -2e-10], [0.03, -0.06]])
    graph = parse("grad(grad(grad(sum(w*cos(norm(A + t*[1, 0], axis=1))), t), t), t)")
    for row, (x, y) in enumerate(points):
        found = value_and_grad(graph, wrt=["t"], A=points, t=0.0, w=np.eye(3)[row])
        truth = [partial("cos(R)", order, 0, x, y) for order in (3, 4)]
        assert [found[0], found[1]["t"]] == close_to(truth, rel=1e-12)


@pytest.mark.parametrize("text", ["cos(R)", "R*tanh(3*R)", "sinc(R)"])
def test_a_first_derivative_is_computed_as_ever(text):
    """What is prepared for the second costs it nothing and changes no digit of it."""
    x = np.array([0.3, -1.2, 0.7])
    graph = parse(text.replace("R", "norm(x)"))
    r = float(value_and_grad(parse("norm(x)"), x=x)[0])
    slope = value_and_grad(parse(text.replace("R", "r")), r=r)[1]["r"]
    np.testing.assert_allclose(value_and_grad(graph, x=x)[1]["x"], slope * (x / r), rtol=3e-16)
    typed = graph.typed({"x": (3,)})
    gradient = gradients(typed.result, [typed.inputs["x"]])[0]
    assert "odd_quotient" not in {node.gate.name for node in needed([gradient], is_read=True)}


def test_a_factor_of_what_varies_beside_the_radius():
    found = value_and_grad(nested("cos(y*hypot(a, b))", "aya"), {"y": 2.0, "a": 0.0, "b": 1e-9})[1]
    assert found == close_to({"y": -2.0, "a": 0.0, "b": 32e-9 / 3}, rel=1e-12)


def test_many_radii_take_linear_time():
    counts = []
    for count in (100, 200, 400):
        terms = " + ".join(f"cos(norm([x, {place}]))" for place in range(count))
        counts.append(len(nested(terms, "xxx").typed({}).nodes))
    assert counts[2] - counts[1] == close_to(2 * (counts[1] - counts[0]), rel=0.05)
