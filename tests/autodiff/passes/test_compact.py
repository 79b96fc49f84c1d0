"""Derivatives of higher order are short, true to 50 digits, and keep the domain of what they were made of."""

from __future__ import annotations

import math
import re

import mpmath
import numpy as np
import pytest
import sympy

from backprop.autodiff import ExpressionError, Graph, Node
from backprop.autodiff.derivatives.symbolic import Derivatives, derivatives
from backprop.autodiff.evaluation.execution import evaluate
from backprop.parser import parse
from backprop.parser.printers.expression import TEXTBOOK, show

from ...cases import as_one_test
from ...closeness import close_to

# The shorter of what SymPy 1.14's `factor` and `simplify` make of the derivatives of orders 1, 2 … 10 by x: characters
# without spaces, ** counted as one; tidied after each order or at the end, and not counted where that took 12 seconds.
SYMPY_LENGTHS = {
    "1/(1+x^2)": (14, 21, 22, 29, 34, 37, 54, 49, 52, 61),
    "x^3/(1-x)": (19, 24, 9, 11, 11, 12, 12, 14, 15, 17),
    "(x^2-1)/(x^2+1)": (13, 22, 26, 30, 33, 39, 53, 50, 52, 62),
    "x/(x^2+x+1)": (24, 25, 34, 40, 48, 44, 66, 58, 71, 95),
    "1/(x^2-4)": (14, 21, 23, 38, 36, 48, 50, 60, 63, 79),
    "x^5-3*x^3+2*x": (13, 11, 9, 5, 3, 1, 1, 1, 1, 1),
    "exp(-x^2)": (14, 21, 23, 28, 32, 36, 42, 49, 54, 62),
    "x^2*exp(-x)": (15, 19, 20, 19, 22, 21, 22, 21, 21, 21),
    "exp(x)/x": (16, 22, 28, 37, 46, 55, 66, 79, 94, 111),
    "exp(-1/x)": (13, 21, 27, 37, 47, 58, 69, 85, 99, 117),
    "exp(sin(x))": (18, 30, 37, 55, 64, 83, 95, 136, 145, 197),
    "exp(a*x)*cos(b*x)": (32, 51, 70, 89, 110, 130, 150, 170, 192, 219),
    "1/(1+exp(-x))": (17, 30, 41, 54, 66, 79, 98, 111, 133, 149),
    "sigmoid(x)": (17, 30, 41, 54, 66, 79, 98, 111, 133, 149),
    "log(1+exp(x))": (17, 17, 31, 41, 54, 66, 79, 98, 111, 133),
    "log(x)": (3, 6, 5, 6, 6, 8, 7, 9, 9, 12),
    "x*log(x)": (8, 3, 6, 5, 6, 6, 8, 7, 9, 9),
    "log(x)/x": (14, 16, 17, 20, 21, 21, 23, 24, 27, 28),
    "log(1+x^2)": (11, 19, 21, 29, 29, 50, 38, 64, 47, 80),
    "log(x)^2": (10, 16, 18, 19, 20, 21, 21, 23, 24, 27),
    "log(x+sqrt(x^2+1))": (13, 16, 23, 74, 78, 100, 105, 119, 128, 153),
    "sin(x)*cos(x)": (8, 11, 11, 10, 11, 12, 12, 12, 12, 13),
    "sin(x)/x": (21, 37, 50, 65, 81, 98, 116, 135, 157, 182),
    "x^2*sin(x)": (21, 31, 31, 31, 32, 33, 33, 32, 32, 33),
    "sin(x)^3": (17, 20, 23, 21, 25, 24, 27, 25, 29, 28),
    "tan(x)": (10, 17, 23, 33, 41, 51, 59, 67, 77, 90),
    "1/cos(x)": (15, 21, 28, 33, 41, 58, 73, 85, 100, 126),
    "sin(x^2)": (12, 26, 29, 43, 47, 63, 68, 84, 88, 107),
    "tanh(x)": (12, 20, 26, 36, 45, 55, 66, 78, 93, 106),
    "atan(x)": (9, 14, 21, 22, 29, 34, 37, 54, 49, 52),
    "asin(x)": (13, 15, 23, 27, 39, 44, 50, 55, 65, 69),
    "x^x": (14, 26, 43, 62, 96, 133, 193, 250, 329, 424),
    "x^n": (7, 15, 21, 27, 33, 39, 45, 51, 57, 64),
    "sqrt(1+x^2)": (13, 14, 18, 31, 29, 34, 38, 45, 50, 57),
    "sqrt(x)*exp(-x)": (23, 27, 41, 51, 62, 73, 90, 106, 123, 143),
    "1/sqrt(1-x^2)": (15, 23, 27, 39, 44, 50, 55, 65, 69, 79),
    "x*y/(x+y)": (11, 14, 13, 15, 15, 16, 16, 18, 19, 21),
    "1/(x^2+y^2)": (16, 25, 27, 37, 42, 49, 64, 63, 68, 82),
    "exp(-(x-m)^2/(2*s^2))": (31, 40, 48, 55, 64, 74, 82, 91, 98, 112),
    "4*eps*((s/x)^12-(s/x)^6)": (28, 30, 32, 32, 34, 35, 38, 38, 40, 41),
    "sinh(x)/(1+cosh(x))": (13, 22, 25, 34, 55, 70, 88, 126, 133, 163),
    "sinh(x)/cosh(x)": (12, 20, 25, 35, 40, 51, 57, 70, 75, 95),
    "cosh(x)^2-sinh(x)^2": (1, 1, 1, 1, 1, 1, 1, 1, 1, 1),
    "(x+1)^x": (30, 46, 75, 339, 528, 759, 1047, 1384, 1783, 2278),
    "(x+1)^(x+1)": (24, 46, 76, 106, 449, 660, 926, 1235, 1602, 2049),
    "(1+x)^(1/2)/(1-x)^(1/2)": (25, 33, 41, 49, 58, 67, 77, 93, 104, 117),
    "x*exp(-x/2)": (17, 17, 17, 18, 19, 19, 20, 20, 20, 21),
    "x^3/(exp(x)-1)": (39, 72, 112, 144, 241, 335, 389, 497, 553, 686),
    "1/(1+x^n)": (20, 37, 84, 150, 281, 481, 639, 1011, 1294, 1809),
}
POINT = {"a": 1.25, "b": 0.75, "eps": 0.5, "m": 0.25, "n": 3.5, "s": 1.5, "x": 0.625, "y": 1.75}
LONGEST = 2  # times what SymPy writes
ORDERS = range(1, 11)


def found_of_order(text: str, order: int) -> tuple[Derivatives, Node, str]:
    found = derivatives(parse(text), ["x"], order=order)
    return found, found.written["x"], show(found.written["x"], {}, spacing=TEXTBOOK)


@pytest.mark.parametrize("text", SYMPY_LENGTHS)
def test_a_derivative_is_as_short_as_that_of_a_computer_algebra(text: str) -> None:
    for order, shortest in zip(ORDERS, SYMPY_LENGTHS[text], strict=True):
        written = found_of_order(text, order)[2].replace(" ", "")
        assert shortest is None or len(written) <= LONGEST * shortest, (order, written)


@as_one_test("text", SYMPY_LENGTHS)
def test_the_lengths_are_those_of_sympy(text: str) -> None:
    names = {name: sympy.Symbol(name) for name in POINT}
    logistic = {"sigmoid": lambda x: 1 / (1 + sympy.exp(-x))}
    expression = sympy.sympify(text.replace("^", "**"), locals={**names, **logistic})
    third = sympy.factor(sympy.diff(expression, names["x"], 3))
    shortest = SYMPY_LENGTHS[text][2]
    assert shortest is not None and shortest <= len(str(third).replace(" ", "").replace("**", "^"))


def truth(text: str, order: int) -> mpmath.mpf:
    """The derivative at POINT, from SymPy's expression, in 50 digits."""
    names = {name: sympy.Symbol(name) for name in POINT}
    logistic = {"sigmoid": lambda x: 1 / (1 + sympy.exp(-x))}
    expression = sympy.sympify(text.replace("^", "**"), locals={**names, **logistic})
    function = sympy.lambdify([*names.values()], expression, "mpmath")
    with mpmath.workdps(60):
        others = {name: mpmath.mpf(value) for name, value in POINT.items()}
        return mpmath.diff(lambda x: function(*{**others, "x": x}.values()), others["x"], order)


@pytest.mark.parametrize("text", SYMPY_LENGTHS)
def test_what_is_written_is_the_derivative(text: str) -> None:
    for order in ORDERS:
        found, _, written = found_of_order(text, order)
        again = parse(written).typed({})
        values = {name: np.float64(value) for name, value in POINT.items()}
        terms = evaluate(found.graph.nodes, {name: values[name] for name in found.graph.inputs})
        scale = max([1.0, *[abs(float(one)) for one in terms if np.isfinite(one)]])
        (read,) = evaluate([again.result], {name: values[name] for name in again.inputs if name in values})
        assert float(read) == pytest.approx(float(truth(text, order)), rel=1e-12, abs=1e-14 * scale), (order, written)


@pytest.mark.parametrize(
    "text", ["x^n*x^m", "sqrt(x)*x^n", "x^n/x^m", "(x^n + x)*sqrt(x)", "x^n*sin(x)*x^m*x^2.5", "((x*x)^0.5)^n"]
)
@pytest.mark.parametrize("order", [2, 3])
def test_powers_of_one_base_stay_apart(text: str, order: int) -> None:
    found, node, written = found_of_order(text, order)
    values = {name: np.float64(POINT[name]) for name in found.graph.inputs}
    read, plain = evaluate([node, found.plain["x"]], values)
    assert float(read) == close_to(float(plain), rel=1e-12), written


@as_one_test(
    "text, order, written",
    [
        ("1/(1+x^2)", 3, "24*x*(1 - x^2)/(1 + x^2)^4"),
        ("tanh(x)", 2, "-2*tanh(x)*(1 - tanh(x)^2)"),
        ("x*log(x)", 3, "-1/x^2"),
        ("(x^2-1)/(x^2+1)", 1, "4*x/(x^2 + 1)^2"),
        ("4*eps*((s/x)^12-(s/x)^6)", 2, "24*eps*(s/x)^6*(26*(s/x)^6 - 7)/x^2"),
        ("exp(-x^2/2)", 4, "exp(-x^2/2)*(x^4 - 6*x^2 + 3)"),
        ("x^n", 3, "n*x^(n-3)*(n - 1)*(n - 2)"),
        ("sqrt(1+x^2)", 2, "1/(1 + x^2)^1.5"),
        ("log(x+sqrt(x^2+1))", 1, "1/sqrt(x^2 + 1)"),
        ("0.5*x^4 + 0.1*x", 2, "6*x^2"),
        ("x/3 + x/7", 1, "10/21"),
        ("x*log(x)", 1, "log(x) + 1"),
        ("-x*log(x) - (1 - x)*log(1 - x)", 1, "log(1 - x) - log(x)"),
        ("(x - 1)/(x + 1)", 1, "2/(x + 1)^2"),
        ("log(x/(1 - x))", 1, "1/(x*(1 - x))"),
        ("log(x^2 + 1)/x", 1, "2/(x^2 + 1) - log(x^2 + 1)/x^2"),
        ("k*q/x^2", 1, "-2*k*q/x^3"),
        ("sqrt(1 - x^2)*asin(x)", 1, "1 - x*asin(x)/sqrt(1 - x^2)"),
        ("log(x)*sin(x^2)", 1, "sin(x^2)/x + 2*x*log(x)*cos(x^2)"),
        ("x^x", 1, "x*x^(x-1) + x^x*log(x)"),
        ("m*g*x/sqrt(1+(g*x)^2)", 2, "-3*m*g^3*x/(1 + (g*x)^2)^2.5"),
        ("x*exp(-(k*x)^2)", 2, "2*x*k^2*exp(-(x*k)^2)*(2*x^2*k^2 - 3)"),
        ("x^3/(exp(x)-1)", 2, "x*(exp(x)^2*(x^2 - 6*x + 6) + exp(x)*(x^2 + 6*x - 12) + 6)/(exp(x) - 1)^3"),
        ("sinh(x)/cosh(x)", 1, "1/cosh(x)^2"),
        ("log(cosh(x))", 1, "tanh(x)"),
        ("y*log(cos(x))", 1, "-y*tan(x)"),
        ("log(exp(x))", 1, "1"),
        ("exp(x)^3/exp(x)", 2, "4*exp(x)^2"),
        ("log(sec(x))", 2, "tan(x)^2 + 1"),
        ("log(csch(x))", 1, "-coth(x)"),
        ("log(gamma(x))", 2, "polygamma(x, order=1)"),
        ("log(normpdf(x))", 1, "-x"),
        ("log(sigmoid(x))", 2, "-sigmoid(x)*(1 - sigmoid(x))"),
        ("hypot(x, y)", 3, "-3*x*y^2/hypot(x, y)^5"),
        ("1/hypot(x, y)", 4, "3*(8*x^4 - 24*x^2*y^2 + 3*y^4)/hypot(x, y)^9"),
        ("hypot(x, y)^3", 4, "9*y^4/hypot(x, y)^5"),
        ("norm([x, y, z])", 2, "1/norm([x, y, z]) - x^2/norm([x, y, z])^3"),
        ("exp(-abs(x))*sin(x)", 4, "-4*exp(-abs(x))*sin(x)"),
        ("log(abs(x))", 3, "2/x^3"),
        ("abs(x)*x^2", 2, "6*abs(x)"),
        ("x/(1 + abs(x))", 3, "6/(1 + abs(x))^4"),
        ("x^3*2^(-3)", 2, "3*x/4"),
        ("(x^3 + x)/2^2", 2, "3*x/2"),
    ],
)
def test_a_derivative_reads_well(text: str, order: int, written: str) -> None:
    assert found_of_order(text, order)[2] == written


@as_one_test("order", [1, 2, 3])
@as_one_test(
    "function", ["trace", "det", "sum", "norm", "max", "mean", "std", "logsumexp", "logdet", "prod", "median", "len"]
)
def test_a_function_of_an_array_may_be_a_factor(function: str, order: int) -> None:
    text = f"sinh(x*{function}(A))/{function}(A)"
    values = {"x": np.float64(0.3), "A": np.array([[2.0, 0.5], [0.25, 1.5]])}
    found = derivatives(parse(text), ["x"], order=order, given={"A": (2, 2)})
    values = {name: values[name] for name in found.graph.inputs}
    written, plain = evaluate([found.written["x"], found.plain["x"]], values)
    assert float(written) == close_to(float(plain), rel=1e-13)


DOMAINS = [
    ("sqrt(sec(x))*sqrt(sec(x))*x", 2.0),
    ("x^2/x", 0.0),
    ("x*(1/x)*x", 0.0),
    ("(x^2 - 1)/(x - 1)", 1.0),
    ("(x^3 - 1)/(x - 1)", 1.0),
    ("sqrt(x)*sqrt(x)*x", -1.0),
    ("x^0.5*x^1.5*x", -1.0),
    ("x^2*(log(x) - log(x))", -1.0),
    ("(x/(x - 2))*(x - 2)*x", 2.0),
    ("log(x)/log(x)*x^2", 1.0),
    ("x^n*x", 0.0),
    ("x/(2/x)", 0.0),
    ("(x - 3)/(n - n)", 1.0),
    ("2/log(x)^(-1)", 1.0),
]


@as_one_test("order", [1, 2, 3])
@as_one_test("text, x", DOMAINS)
def test_a_domain_stays(text: str, x: float, order: int) -> None:
    found, node, written = found_of_order(text, order)
    plain, read = evaluate([found.plain["x"], node], {"x": np.float64(x), "n": np.float64(-1.0)})
    assert math.isfinite(read) == math.isfinite(plain), written


def test_an_expansion_loses_no_digits() -> None:
    """(x - c)^2 near c is not expanded, where its terms would cancel."""
    _, node, written = found_of_order("exp(-(x - 1000)^2/2)*(x - 1000)", 2)
    (value,) = evaluate([node], {"x": np.float64(1000.001)})
    t = mpmath.mpf(1000.001) - 1000
    assert float(value) == close_to(float(mpmath.exp(-(t**2) / 2) * (t**3 - 3 * t)), rel=1e-13), written


@pytest.mark.parametrize(
    "text, order",
    [("abs(x - 1)^3*sin(x)", 2), ("hypot(x - 1, y)^3", 4), ("exp(-abs(x - 1))", 3), ("abs(x - 1)*x^2", 3)],
)
@pytest.mark.parametrize("x", [-0.5, 2.5])
def test_what_is_written_of_a_kink_is_the_derivative_beside_it(text: str, order: int, x: float) -> None:
    found, node, written = found_of_order(text, order)
    values = {name: np.float64(value) for name, value in {"x": x, "y": 0.75}.items() if name in found.graph.inputs}
    read, plain = evaluate([node, found.plain["x"]], values)
    assert float(read) == close_to(float(plain), rel=1e-13), written


LONG_ORDERS = ["x^x", "tan(x)^tan(x)", "x^sin(x)", "exp(sin(x)*x^x)", "exp(sin(x)/cosh(x))", "1/hypot(x, sin(x))"]


@pytest.mark.parametrize("text", LONG_ORDERS)
def test_an_order_that_is_too_long_is_refused_with_the_last_that_is_not(text: str) -> None:
    try:
        found_of_order(text, 50)
    except ExpressionError as error:
        allowed = re.fullmatch(r"ask for an order up to (\d+)", str(error.cure))
        assert allowed, error.cure
        assert found_of_order(text, int(allowed[1]))[2]


@pytest.mark.parametrize("order", [5, 10, 20])
def test_the_work_is_linear_in_what_is_written(order: int) -> None:
    found, _, written = found_of_order("exp(sin(x))", order)
    assert len(found.graph.nodes) <= 4 * len(written)


def test_a_long_sum_is_differentiated_term_by_term() -> None:
    text = " + ".join(f"sin({place}*x)" for place in range(1, 200))
    graph: Graph = parse(text)
    found = derivatives(graph, ["x"], order=4)
    assert len(found.graph.nodes) <= 40 * 200
