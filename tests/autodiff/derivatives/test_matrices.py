"""Second derivatives against SymPy at 50 digits; products and both modes against each other; shapes, costs, errors."""

import numpy as np
import pytest
import sympy

from backprop.autodiff import ExpressionError, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from backprop.autodiff.derivatives import sweeps
from backprop.autodiff.derivatives.asked import TooManyEntries
from backprop.autodiff.derivatives.critical_points import kind_of, nature
from backprop.autodiff.derivatives.matrices import second_order
from backprop.autodiff.derivatives.sweeps import (
    by_forward,
    by_reverse,
    with_exact_zeros,
)
from backprop.autodiff.evaluation.binding import bind
from backprop.autodiff.evaluation.execution import run
from backprop.autodiff.evaluation.program import lower, needed
from backprop.autodiff.passes.forward import tangents_of
from backprop.autodiff.passes.reverse import gradients
from backprop.parser import parse

from ...closeness import close_to

DIGITS = 50
RELATIVE = 1e-10

# Public test functions (Surjanovic & Bingham, Virtual Library of Simulation Experiments; Jamil & Yang 2013).
PUBLIC = {
    "rosenbrock": ("(1-x)^2 + 100*(y-x^2)^2", [(1, 1), (-1.2, 1), (0.3, -2.7)]),
    "himmelblau": ("(x^2+y-11)^2 + (x+y^2-7)^2", [(3, 2), (-2.805118, 3.131312), (0.1, -0.9)]),
    "beale": ("(1.5-x+x*y)^2 + (2.25-x+x*y^2)^2 + (2.625-x+x*y^3)^2", [(3, 0.5), (1, 1), (-2.2, 1.3)]),
    "booth": ("(x+2*y-7)^2 + (2*x+y-5)^2", [(1, 3), (-4.5, 8)]),
    "matyas": ("0.26*(x^2+y^2) - 0.48*x*y", [(0, 0), (3.5, -1)]),
    "ackley": (
        "-20*exp(-0.2*sqrt((x^2+y^2)/2)) - exp((cos(2*pi*x)+cos(2*pi*y))/2) + e + 20",
        [(0.5, -0.25), (3.1, 2.2)],
    ),
    "rastrigin": ("20 + x^2 - 10*cos(2*pi*x) + y^2 - 10*cos(2*pi*y)", [(0, 0), (0.4, -1.3)]),
    "goldstein-price": (
        "(1+(x+y+1)^2*(19-14*x+3*x^2-14*y+6*x*y+3*y^2))*(30+(2*x-3*y)^2*(18-32*x+12*x^2+48*y-36*x*y+27*y^2))",
        [(0, -1), (1.1, 0.2)],
    ),
    "levy 13": (
        "sin(3*pi*x)^2 + (x-1)^2*(1+sin(3*pi*y)^2) + (y-1)^2*(1+sin(2*pi*y)^2)",
        [(1, 1), (0.2, -0.7)],
    ),
    "easom": ("-cos(x)*cos(y)*exp(-((x-pi)^2+(y-pi)^2))", [(3, 3.2), (2, 1)]),
    "three-hump camel": ("2*x^2 - 1.05*x^4 + x^6/6 + x*y + y^2", [(0, 0), (1.7, -0.8)]),
    "six-hump camel": ("(4-2.1*x^2+x^4/3)*x^2 + x*y + (-4+4*y^2)*y^2", [(0.0898, -0.7126), (1.5, 0.5)]),
    "mccormick": ("sin(x+y) + (x-y)^2 - 1.5*x + 2.5*y + 1", [(-0.547, -1.547), (3, 2)]),
    "styblinski-tang": ("(x^4-16*x^2+5*x + y^4-16*y^2+5*y)/2", [(-2.9035, 1.5)]),
    "griewank": ("1 + (x^2+y^2)/4000 - cos(x)*cos(y/sqrt(2))", [(2.5, -1.5)]),
    "branin": ("(y - 5.1/(4*pi^2)*x^2 + 5/pi*x - 6)^2 + 10*(1-1/(8*pi))*cos(x) + 10", [(2, 5)]),
    "bohachevsky": ("x^2 + 2*y^2 - 0.3*cos(3*pi*x) - 0.4*cos(4*pi*y) + 0.7", [(0, 0), (0.7, 0.3)]),
    "schaffer 2": ("0.5 + (sin(x^2-y^2)^2-0.5)/(1+0.001*(x^2+y^2))^2", [(1.2, 0.4)]),
    "drop-wave": ("-(1+cos(12*sqrt(x^2+y^2)))/(0.5*(x^2+y^2)+2)", [(0.7, 0.9)]),
    "colville": (
        "100*(x^2-y)^2 + (x-1)^2 + (z-1)^2 + 90*(z^2-w)^2 + 10.1*((y-1)^2+(w-1)^2) + 19.8*(y-1)*(w-1)",
        [(1.2, 0.5, -0.3, 2)],
    ),
    "powell": ("(x+10*y)^2 + 5*(z-w)^2 + (y-2*z)^4 + 10*(x-w)^4", [(3, -1, 0.5, 1), (0, 0, 0, 0)]),
    "wood neuron": ("1/(1+exp(-(w*x+y*z)))", [(2, -1, -3, -2)]),
}
ELEMENTARY = [
    ("x^2*sin(y)", (1.3, 0.4)),
    ("exp(x*y)", (0.7, -1.1)),
    ("log(x)*y", (0.3, 2)),
    ("log(1+x^2*y^2)", (0.5, 3)),
    ("sqrt(x*y)", (2.5, 0.4)),
    ("x^y", (1.7, 2.3)),
    ("x^y", (0.2, -1.5)),
    ("x/y", (3, -0.7)),
    ("1/(x*y)", (0.1, 5)),
    ("tan(x*y)", (0.4, 1.2)),
    ("asin(x*y)", (0.6, 0.9)),
    ("acos(x)*y", (0.3, 2)),
    ("atan(x/y)", (1, 2)),
    ("atan2(x, y)", (1.5, 0.5)),
    ("sinh(x)*cosh(y)", (0.9, -0.4)),
    ("tanh(x+y)", (1.5, 2)),
    ("tanh(x*y)", (4, 5)),
    ("asinh(x)*y^3", (2, 1.5)),
    ("acosh(x)*y", (2.5, 1)),
    ("atanh(x*y)", (0.5, 0.7)),
    ("erf(x*y)", (0.8, 1.1)),
    ("erfc(x+y)", (1, 2)),
    ("gamma(x)*y", (3.3, 2)),
    ("lgamma(x+y)", (2.2, 1.9)),
    ("sec(x)*csc(y)", (0.5, 1)),
    ("cot(x*y)", (0.5, 1.5)),
    ("sigmoid(x*y)", (2, 3)),
    ("sigmoid(x*y)", (-6, 5)),
    ("softplus(x-y)", (0.5, 2)),
    ("hypot(x, y)", (3, 4)),
    ("cbrt(x)*y^2", (2.7, 1.1)),
    ("expm1(x)*log1p(y)", (1e-5, 0.25)),
    ("normpdf(x)*y", (1.2, 2)),
    ("log2(x)*log10(y)", (3, 7)),
    ("exp2(x*y)", (1.5, 0.5)),
    ("x*y if x > y else x/y", (3, 2)),
    ("abs(x)^3*y", (-1.5, 2)),
]
OWN = {
    "lgamma": sympy.loggamma,
    "sigmoid": lambda x: 1 / (1 + sympy.exp(-x)),
    "softplus": lambda x: sympy.log(1 + sympy.exp(x)),
    "hypot": lambda x, y: sympy.sqrt(x**2 + y**2),
    "cbrt": sympy.cbrt,
    "expm1": lambda x: sympy.exp(x) - 1,
    "log1p": lambda x: sympy.log(1 + x),
    "normpdf": lambda x: sympy.exp(-(x**2) / 2) / sympy.sqrt(2 * sympy.pi),
    "log2": lambda x: sympy.log(x, 2),
    "log10": lambda x: sympy.log(x, 10),
    "exp2": lambda x: 2**x,
    "abs": lambda x: sympy.sqrt(x**2),
    "e": sympy.E,
}
CASES = [
    pytest.param(text, point, id=f"{name}{point}")
    for name, text, points in [
        *((name, *case) for name, case in PUBLIC.items()),
        *((text, text, [point]) for text, point in ELEMENTARY),
    ]
    for point in points
]
NAMES = ("x", "y", "z", "w")
CHAIN = "sum((x[1:]-x[:-1]^2)^2)"


def truth(text, names, point):
    """The Hessian by SymPy, to 50 digits, at the doubles of `point`."""
    text = text.split(" if ")[0].replace("^", "**")
    symbols = [sympy.Symbol(name) for name in names]
    formula = sympy.sympify(text, locals={**OWN, **dict(zip(names, symbols, strict=True))}, rational=True)
    at = {symbol: sympy.Rational(float(value)) for symbol, value in zip(symbols, point, strict=True)}
    return [[float(formula.diff(one, two).subs(at).evalf(DIGITS)) for two in symbols] for one in symbols]


def test_there_are_enough_cases():
    assert len(CASES) >= 60


@pytest.mark.parametrize(("text", "point"), CASES)
def test_second_derivatives_match_sympy_at_50_digits(text, point):
    names = NAMES[: len(point)]
    found = hessian(parse(text), dict(zip(names, point, strict=True)))
    for one, row in zip(names, truth(text, names, point), strict=True):
        for two, exact in zip(names, row, strict=True):
            assert found[one][two] == close_to(exact, rel=RELATIVE), (one, two)


def test_the_design_pages_example():
    zero = {"x": 0.0, "y": 0.0, "z": 1.0}
    found = hessian(parse("(x+y)*z"), x=-2, y=5, z=-4)
    assert found == {"x": zero, "y": zero, "z": {"x": 1.0, "y": 1.0, "z": 0.0}}
    assert all(type(one) is float for row in found.values() for one in row.values())


def test_blocks_have_both_shapes():
    W, x = np.array([[0.1, 0.5, 2.0], [-0.3, 0.8, -1.0]]), np.array([0.2, 0.4, -0.6])
    found = hessian(parse("sum((W@x)^2)*c"), W=W, x=x, c=2)
    assert {one: {two: np.shape(block) for two, block in row.items()} for one, row in found.items()} == {
        "W": {"W": (2, 3, 2, 3), "x": (2, 3, 3), "c": (2, 3)},
        "x": {"W": (3, 2, 3), "x": (3, 3), "c": (3,)},
        "c": {"W": (2, 3), "x": (3,), "c": ()},
    }
    np.testing.assert_allclose(found["x"]["x"], 4 * W.T @ W, rtol=1e-14)
    np.testing.assert_allclose(found["W"]["W"], 4 * np.einsum("ik,j,l->ijkl", np.eye(2), x, x), rtol=1e-14, atol=0)
    np.testing.assert_allclose(found["x"]["W"], np.moveaxis(found["W"]["x"], 2, 0), rtol=1e-14)
    np.testing.assert_allclose(found["c"]["x"], found["x"]["c"], rtol=1e-14)


@pytest.mark.parametrize(
    "text",
    [
        "logsumexp(x)",
        "prod(x)*sum(x^3)",
        "norm(x)",
        "sum(softmax(x)^2)",
        "var(x)*x[0]",
        "max(x)*x[1]",
        "sum(cumsum(x)^3)",
    ],
)
def test_hessians_are_symmetric_to_rounding(text):
    x = np.random.default_rng(3).normal(size=5)
    found = hessian(parse(text), x=x)["x"]["x"]
    assert np.abs(found).max() > 0.01
    np.testing.assert_allclose(found, found.T, rtol=1e-13, atol=0)


def test_logsumexp_has_the_softmax_covariance():
    x = np.array([1.0, -2.0, 0.5])
    p = np.exp(x) / np.exp(x).sum()
    np.testing.assert_allclose(hessian(parse("logsumexp(x)"), x=x)["x"]["x"], np.diag(p) - np.outer(p, p), rtol=1e-13)


@pytest.mark.parametrize(
    "text",
    [
        "softmax(x)",
        "x*sum(x)",
        "[x[0]*x[1], sin(x[2])]",
        "outer(x, x)",
        "W@x",
        "sum(W*x, axis=0)",
        "where(x > 0, x^2, W[0])",
    ],
)
def test_both_modes_give_the_same_jacobian(text):
    values = {"x": np.array([0.3, -1.2, 2.0]), "W": np.arange(6.0).reshape(2, 3)}
    graph = parse(text)
    given = {name: values[name] for name in graph.variables}
    typed, arrays = bind(graph, given)
    inputs = list(typed.inputs.values())
    rows = by_reverse(typed.result, inputs).compute(arrays)
    for sweep in (by_forward([typed.result], inputs), with_exact_zeros([typed.result], inputs)):
        np.testing.assert_allclose(rows, sweep.compute(arrays), rtol=1e-14, atol=0)
    flat = np.hstack([one.reshape(len(rows), -1) for one in jacobian(graph, given).values()])
    np.testing.assert_allclose(flat, rows, rtol=1e-14, atol=0)


def test_jacobian_blocks_and_choice_of_variables():
    found = jacobian(parse("(W@x)*c"), W=[[1, 2, 3], [4, 5, 6]], x=[1, 0, -1], c=2, wrt=["x", "c"])
    assert list(found) == ["x", "c"]
    np.testing.assert_array_equal(found["x"], [[2, 4, 6], [8, 10, 12]])
    np.testing.assert_array_equal(found["c"], [-2, -2])
    assert jacobian(parse("x*y"), x=2, y=3) == {"x": 3.0, "y": 2.0}
    assert jacobian(parse("2*3")) == {} == hessian(parse("2*3"))
    assert jacobian(parse("x+0*y"), x=1, y=1, wrt="y") == {"y": 0.0}
    np.testing.assert_array_equal(jacobian(parse("x"), x=[1, 2])["x"], np.eye(2))
    assert hessian(parse("floor(x)"), x=1.5) == {"x": {"x": 0.0}}
    assert jacobian(parse("x*2"), x=np.zeros((0, 2)))["x"].shape == (0, 2, 0, 2)


def test_an_infinite_slope_stays_in_its_own_entry():
    np.testing.assert_array_equal(jacobian(parse("sqrt(x)"), x=[0, 4])["x"], [[np.inf, 0], [0, 0.25]])
    found = hessian(parse("sum(x^1.5) + y^2"), x=[0, 1], y=3)
    np.testing.assert_array_equal(found["x"]["x"], [[np.inf, 0], [0, 0.75]])
    np.testing.assert_array_equal(found["x"]["y"], [0, 0])
    assert found["y"]["y"] == 2.0


def test_products_agree_with_matrices():
    graph = parse("exp(x[0]*y)*x[1] + W@x")
    values = {"x": [0.3, -1.2], "y": 0.7, "W": [[1.0, 2.0], [3.0, 4.0]]}
    matrix = jacobian(graph, values)
    value, tangent = jvp(graph, {"x": [1, 2], "y": -1}, values)
    np.testing.assert_allclose(tangent, matrix["x"] @ [1, 2] - matrix["y"], rtol=1e-14)
    np.testing.assert_allclose(value, value_and_grad(graph, values)[0], rtol=0)
    value, gradient = vjp(graph, [1, -2], values, wrt=["y", "W"])
    assert list(gradient) == ["y", "W"]
    np.testing.assert_allclose(gradient["y"], [1, -2] @ matrix["y"], rtol=1e-14)
    np.testing.assert_allclose(gradient["W"], np.tensordot([1, -2], matrix["W"], 1), rtol=1e-14)


def test_hvp_is_the_hessian_times_the_direction():
    graph = parse("(1-x)^2 + 100*(y-x^2)^2 + sum(z^3)*x")
    values = {"x": -1.2, "y": 1.0, "z": [1.0, 2.0]}
    blocks = hessian(graph, values)
    value, product = hvp(graph, {"x": 2, "z": [1, -1]}, values)
    assert value == value_and_grad(graph, values)[0]
    for name in "xyz":
        expected = blocks[name]["x"] * 2 + np.dot(blocks[name]["z"], [1, -1])
        np.testing.assert_allclose(product[name], expected, rtol=1e-14)
    assert hvp(graph, {"x": 2}, values, wrt=["y"]) == (value, {"y": blocks["y"]["x"] * 2})
    assert hvp(graph, {}, values, wrt=["y"])[1] == {"y": 0.0}


def test_hvp_of_100000_variables_is_exact():
    x, v = np.linspace(-1, 1, 100_000), np.linspace(2, 3, 100_000)
    _, product = hvp(parse(CHAIN), {"x": v}, x=x)
    right = 2 * (v[1:] - 2 * x[:-1] * v[:-1])  # the residual r = x[i+1] - x[i]^2 has tangent v[i+1] - 2 x[i] v[i]
    r = x[1:] - x[:-1] ** 2
    exact = np.zeros_like(x)
    exact[1:] += right
    exact[:-1] -= 2 * x[:-1] * right + 4 * v[:-1] * r
    np.testing.assert_allclose(product["x"], exact, rtol=1e-12, atol=0)


def test_a_direction_of_what_is_added_to_a_kink_with_sides():
    values = {"c": np.array([[1.0], [2.0]]), "m": np.array([1.0, 2.0])}
    directions = {"c": np.array([[1.0], [0.0]]), "m": np.array([1.0, 0.0])}
    _, product = hvp(parse("sum(sin(std(c, axis=1))) + sum(m)"), directions, values)
    assert not np.any(product["c"]) and not np.any(product["m"])


def steps_of(graph, shapes):
    """Instructions of the programs of the value, the gradient and one Hessian-vector product."""
    typed = graph.typed(shapes)
    inputs = list(typed.inputs.values())
    slopes = gradients(typed.result, inputs)
    units = [typed.input(f"direction {node.name}", node.shape) for node in inputs]
    products = tangents_of(slopes, dict(zip(inputs, units, strict=True)))
    return [len(lower(some).instructions) for some in ([typed.result], [typed.result, *slopes], products)]


def test_hvp_is_linear_by_counting_nodes():
    few, several, many, most = (steps_of(parse(CHAIN), {"x": (n,)}) for n in (10, 10_000, 100_000, 1_000_000))
    assert few == several, "array gates: the number of steps does not depend on the length"
    assert many == most and all(map(int.__le__, many, few)), "large arrays: a step of blocks stands for several"

    def unrolled(n):
        terms = [f"(x{k + 1} - x{k}^2)^2" for k in range(n)]
        return steps_of(parse(" + ".join(terms)), {})

    small, large = unrolled(50), unrolled(500)
    assert large[2] <= 10 * small[2] * 1.05
    assert large[2] <= 5 * large[1]


def test_no_matrix_is_in_the_graph_of_a_product():
    typed = parse(CHAIN).typed({"x": (100_000,)})
    slopes = gradients(typed.result, [typed.inputs["x"]])
    unit = typed.input("direction", (100_000,))
    nodes = needed(tangents_of(slopes, {typed.inputs["x"]: unit}))
    assert max(int(np.prod(node.shape)) for node in nodes) == 100_000


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda: jvp(parse("x*y"), {"x": [1, 2]}, x=1, y=1), "the tangent of 'x' has shape (2), the variable scalar"),
        (lambda: jvp(parse("x*y"), {"q": 1}, x=1, y=1), "a tangent for 'q', which is not a variable"),
        (
            lambda: jvp(parse("x*y"), {"x": "a"}, x=1, y=1),
            "the tangent of 'x' is neither a number nor an array of numbers",
        ),
        (
            lambda: hvp(parse("x*y"), {"x": [[1]]}, x=1, y=1),
            "the direction of 'x' has shape (1, 1), the variable scalar",
        ),
        (lambda: hvp(parse("[x, x]"), {"x": 1}, x=1), "only a scalar has a Hessian, the output has shape (2)"),
        (lambda: hessian(parse("[x, x]"), x=1), "only a scalar has a Hessian, the output has shape (2)"),
        (lambda: vjp(parse("[x, x]"), [1, 2, 3], x=1), "the upstream gradient has shape (3), the output (2)"),
        (lambda: vjp(parse("x"), None, x=1), "no upstream gradient"),
        (lambda: jacobian(parse("x*y"), x=1), "no value for 'y'"),
        (lambda: jacobian(parse("x"), x=1, wrt=["q"]), "'q' is not in the expression"),
        (lambda: hessian(parse("sum(x)"), x=np.ones(1000)), "the Hessian has 1000 x 1000 = 1000000 entries"),
        (lambda: jacobian(parse("x"), x=np.ones(9), maximum_entries=80), "the Jacobian has 9 x 9 = 81 entries"),
    ],
)
def test_errors(call, reason):
    with pytest.raises(ExpressionError) as caught:
        call()
    assert caught.value.reason == reason
    assert caught.value.cure or reason.startswith("no value")


def test_an_error_knows_its_place():
    with pytest.raises(ExpressionError) as caught:
        jvp(parse("2*xs"), {"xs": [1, 2]}, xs=1)
    assert caught.value.span == (2, 4)


def test_size_is_refused_before_anything_is_computed_and_allowed_on_demand():
    graph = parse("sum(x)")
    with pytest.raises(TooManyEntries) as caught:
        hessian(graph, x=np.ones(10**6))
    assert caught.value.entries == 10**12
    assert hessian(graph, x=np.ones(3), maximum_entries=9)["x"]["x"].shape == (3, 3)


@pytest.mark.parametrize(
    ("text", "point", "kind"),
    [
        ("(1-x)^2 + 100*(y-x^2)^2", (1, 1), "minimum"),
        ("(x^2+y-11)^2 + (x+y^2-7)^2", (-2.805118086952745, 3.131312518250573), "minimum"),
        ("(x^2+y-11)^2 + (x+y^2-7)^2", (-0.270844590667, -0.923038522416), None),
        ("(x^2+y-11)^2 + (x+y^2-7)^2", (-2.805118, 3.131312), None),
        ("sin(x)*cos(y)", (np.pi / 2, 0), "maximum"),
        ("sin(x)*sin(y)", (0, 0), "saddle"),
        ("x^4 + y^4", (0, 0), "undecided"),
        ("x^2 + y^4", (0, 0), "undecided"),
        ("1e-200*(x^2 + y^2)", (0, 0), "minimum"),
        ("1e-12*x + x^2 + y^2", (0, 0), None),
        ("0.1*x + 0.2*x - 0.3*x + x^2 + y^2", (0, 0), "minimum"),
        ("1e40*y^2 - exp(-(x-1e-20)^2*1e40)", (1e-20, 0), "minimum"),
        ("1e40*x^2 + y^2", (0, 0), "undecided"),  # 2 beside 2e40 may be rounding
    ],
)
def test_critical_points(text, point, kind):
    values = dict(zip("xy", map(np.float64, point), strict=True))
    found = nature(second_order(parse(text), values, None, 100), values)
    assert found is not None
    assert found.kind == kind


@pytest.mark.parametrize(
    ("text", "point", "kind"),
    [
        ("x^2 - abs(x) + y^2", (0, 0), "undecided"),  # a maximum along x
        ("x^2 + y^2 - abs(x-y)", (0, 0), "undecided"),
        ("x^2 + y^2 - abs(x-y)", (3, 3), None),
        ("x^2 - y^2 + 3*abs(y)", (0, 0), "undecided"),  # a minimum
        ("hypot(x, y)^2 - hypot(x, y)", (0, 0), "undecided"),
        ("norm([x, y])^2 - 2*norm([x, y])", (0, 0), "undecided"),
        ("2*relu(x)^2 - relu(-x)^2 + y^2", (0, 0), "undecided"),  # it falls to the left
        ("(x-1)^2 - abs(x-1) + (y-2)^2", (1, 2), "undecided"),
        ("x^2 + abs(x) + abs(y)^2", (0, 0), "minimum"),
        ("abs(x)^2 + norm([x, y])^2", (0, 0), "minimum"),
        ("exp(-abs(x-1)^2)*cos(y)", (1, 0), "maximum"),
        ("max(x^2, -x^2) - relu(y)^2 - relu(-y)^2", (0, 0), "saddle"),
    ],
)
def test_critical_points_at_kinks(text, point, kind):
    values = dict(zip("xy", map(np.float64, point), strict=True))
    found = nature(second_order(parse(text), values, None, 100), values)
    assert found is not None
    assert found.kind == kind


def test_kinds_by_eigenvalues():
    assert kind_of(np.array([1.0, 2.0])) == "minimum"
    assert kind_of(np.array([-2.0, -1.0])) == "maximum"
    assert kind_of(np.array([-1.0, 1e-20, 2.0])) == "saddle"
    assert kind_of(np.array([1e-20, 2.0])) == "undecided"


def test_a_point_that_is_not_finite_has_no_nature():
    values = {"x": np.float64(0)}
    assert nature(second_order(parse("log(x)"), values, None, 100), values) is None
    assert nature(second_order(parse("2"), {}, None, 100), {}) is None


def test_a_sweep_runs_only_what_a_direction_moves(monkeypatch):
    ran = []

    def counted(program, values):
        ran.append(len(program.instructions))
        return run(program, values)

    monkeypatch.setattr(sweeps, "run", counted)
    n = 40
    graph = parse(" + ".join(f"(x{k + 1} - x{k}^2)^2" for k in range(n)))
    found = hessian(graph, {f"x{k}": 0.1 * k for k in range(n + 1)})
    assert found["x3"]["x9"] == 0.0
    assert found["x3"]["x4"] == close_to(-4 * 0.3, rel=1e-14)
    assert len(ran) == n + 1
    assert max(ran) < 40, "a variable moves its own few terms"
