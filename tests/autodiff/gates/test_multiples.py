"""A radius of a vector that is written as a multiple of another one: near 0 no digit of a derivative is lost."""

import pytest
from mpmath import mp, mpf

from backprop.autodiff import compile, hessian, jvp, value_and_grad
from backprop.autodiff.gates.multiples import common_factor
from backprop.parser import parse

LENGTHS = {  # of each radius, for x = 1
    "norm([x, 2*x])": lambda: mp.sqrt(5),
    "norm([x/3, -0.7*x, 0])": lambda: mp.hypot(mpf(1) / 3, 0.7),
    "norm(x*[1, 2])": lambda: mp.sqrt(5),
    "norm([[x, 0], [x, x]] @ [1, 2])": lambda: mp.sqrt(10),
    "hypot(x, -2*x)": lambda: mp.sqrt(5),
    "hypot(x, 0)": lambda: mpf(1),
    "std([x, -x, 2*x])": lambda: mp.sqrt(mpf(14) / 9),
}
FUNCTIONS = {
    "exp(-R)": lambda r: mp.exp(-r),
    "R^3": lambda r: r**3,
    "sigmoid(R)": lambda r: 1 / (1 + mp.exp(-r)),
}
SIZES = [1e-300, -1e-20, 1e-10, -1e-3]


def nested(text, order):
    for _ in range(order):
        text = f"grad({text}, x)"
    return parse(text)


def derivative(function, r, order):
    """By the Taylor coefficients at 0: differences there would hide what vanishes with r."""
    terms = enumerate(mp.chop(mp.taylor(function, 0, order + 12), tol=mpf(10) ** -25))
    return mp.fsum(term * mp.ff(power, order) * r ** (power - order) for power, term in terms if power >= order)


@pytest.mark.parametrize("order", [2, 3, 6])
@pytest.mark.parametrize("text", FUNCTIONS)
@pytest.mark.parametrize("radius", LENGTHS)
def test_derivatives_near_zero(radius, text, order):
    whole = text.replace("R", radius)
    for x in SIZES:
        with mp.workdps(80):
            length = LENGTHS[radius]()
            truth = derivative(FUNCTIONS[text], abs(mpf(x)) * length, order) * (length if x > 0 else -length) ** order
        expected = pytest.approx(float(truth), rel=1e-13, abs=0)
        assert value_and_grad(nested(whole, order - 1), x=x)[1]["x"] == expected
        if order < 4:
            assert jvp(nested(whole, order - 1), {"x": 1.0}, x=x)[1] == expected
            assert hessian(nested(whole, order - 2), x=x)["x"]["x"] == expected


CURVES = {
    "exp(-norm([sin(x), 2*x]))": lambda x: mp.exp(-mp.hypot(mp.sin(x), 2 * x)),
    "exp(-hypot(x + x^2, tanh(x)))": lambda x: mp.exp(-mp.hypot(x + x * x, mp.tanh(x))),
    "norm([x*exp(x), x, x^2])^3": lambda x: mp.sqrt((x * mp.exp(x)) ** 2 + x**2 + x**4) ** 3,
    "sigmoid(std([x, -3*atan(x)]))": lambda x: 1 / (1 + mp.exp(-abs(x + 3 * mp.atan(x)) / 2)),
}


@pytest.mark.parametrize("order", [2, 3, 4])
@pytest.mark.parametrize("text", CURVES)
def test_derivatives_near_the_zero_of_a_curve(text, order):
    for x in (1e-20, -1e-10, 1e-5, -1e-3):
        with mp.workdps(200):
            truth = float(mp.diff(CURVES[text], mpf(x), order, h=mpf(x) / 10**30))
        assert value_and_grad(nested(text, order - 1), x=x)[1]["x"] == pytest.approx(truth, rel=1e-11, abs=0)


@pytest.mark.parametrize("point", [{"x": 1e-10, "y": 1.0}, {"x": 3.0, "y": 1e-10}, {"x": 1e-10, "y": 1e-12}])
def test_a_product_is_a_multiple_of_each_factor(point):
    for variables in ("xx", "xxx", "yyy", "xxxx"):
        text = "exp(-hypot(x*y, 2*x*y))"
        for name in variables[1:]:
            text = f"grad({text}, {name})"
        other = point["y" if variables[0] == "x" else "x"]
        with mp.workdps(50):
            length = mp.sqrt(5) * other
            truth = (-length) ** len(variables) * mp.exp(-length * point[variables[0]])
        found = value_and_grad(parse(text), point)[1][variables[0]]
        assert found == pytest.approx(float(truth), rel=1e-13, abs=0)


@pytest.mark.parametrize("text", ["exp(-norm(x*[y, z]))", "exp(-hypot(x*y, z*x))"])
def test_the_other_vector_may_vanish_instead(text):
    """Where y = z = 0 the derivatives by them are x^2 times those of exp(-R), and by x they are 0."""
    second = hessian(parse(text), x=3.0, y=0.0, z=0.0)
    assert [second["y"]["y"], second["z"]["z"], second["y"]["z"], second["x"]["x"]] == [9.0, 9.0, 0.0, 0.0]
    near = value_and_grad(parse(f"grad(grad({text}, x), x)"), x=1e-10, y=3.0, z=4.0)[1]["x"]
    assert near == pytest.approx(-125.0, rel=1e-8, abs=0)


def test_rows_agree_with_one_point():
    graph = nested("exp(-norm([x, 2*x]))", 3)
    rows = [0.0, 1e-10, -1e-5, 0.5]
    found = compile(graph, gradients=False)(x=rows)[0]
    assert found.tolist() == [value_and_grad(graph, x=x)[0] for x in rows]


@pytest.mark.parametrize(
    "text, factor",
    [
        ("[x, 2*x]", "x"),
        ("[x + 1, x]", None),
        ("[x*y, y^2]", "y"),
        ("[[1, 2], [3, 4]] @ [x, -x]", "x"),
        ("[1, 2]", None),
    ],
)
def test_the_common_factor(text, factor):
    graph = parse(text).typed({})
    found = common_factor([graph.result], {()})
    assert (found and found[0].name) == factor
