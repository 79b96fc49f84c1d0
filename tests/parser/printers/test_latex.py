"""LaTeX as a textbook sets it."""

from __future__ import annotations

import re

import numpy as np
import pytest

from backprop.autodiff import Graph
from backprop.autodiff.derivatives.symbolic import derivatives
from backprop.autodiff.gates import GATES
from backprop.parser import parse
from backprop.parser.printers.latex import show_latex

from ...cases import as_one_test

PAIRS = [
    ("x/(y + 1)", r"\frac{x}{y + 1}"),
    ("x^2*sin(x)", r"x^{2} \sin\left(x\right)"),
    ("2*x*sin(x) + x^2*cos(x)", r"2 x \sin\left(x\right) + x^{2} \cos\left(x\right)"),
    ("2*3", r"2 \cdot 3"),
    ("x*2", r"x \cdot 2"),
    ("2*(1/2)*x", r"2 \cdot \frac{1}{2} x"),
    ("sqrt(1 - x^2)", r"\sqrt{1 - x^{2}}"),
    ("cbrt(x)", r"\sqrt[3]{x}"),
    ("(x + y)*z", r"\left(x + y\right) z"),
    ("(x + y)^n", r"\left(x + y\right)^{n}"),
    ("(x/y)^2", r"\left(\frac{x}{y}\right)^{2}"),
    ("x^(y^z)", r"x^{y^{z}}"),
    ("(x^y)^z", r"\left(x^{y}\right)^{z}"),
    ("exp(-x)", r"e^{-x}"),
    ("exp(x)^2", r"\left(e^{x}\right)^{2}"),
    ("log(x)/log2(y)", r"\frac{\log\left(x\right)}{\log_{2}\left(y\right)}"),
    ("-(x + y)", r"-\left(x + y\right)"),
    ("x*-y", r"x \cdot \left(-y\right)"),  # x (-y) might call x
    ("x - -2", r"x - \left(-2\right)"),
    ("x - (y - z)", r"x - \left(y - z\right)"),
    ("abs(x - y)", r"\left|x - y\right|"),
    ("floor(x)", r"\left\lfloor x \right\rfloor"),
    ("asin(x) + atan2(y, x)", r"\arcsin\left(x\right) + \operatorname{atan2}\left(y, x\right)"),
    ("sigmoid(alpha)", r"\operatorname{sigmoid}\left(\alpha\right)"),
    ("theta_0 + x_0 + x1 + loss", r"\theta_{0} + x_{0} + x_{1} + \mathrm{loss}"),
    ("\u03b1 + \u03a3", r"\alpha + \Sigma"),
    ("2*pi*x", r"2 \pi x"),
    ("W.T @ x", r"W^{\top} x"),
    ("x[0]", "x_{0}"),
    ("[x, y]", r"\begin{bmatrix} x \\ y \end{bmatrix}"),
    ("[[x, 1], [0, y]]", r"\begin{bmatrix} x & 1 \\ 0 & y \end{bmatrix}"),
    ("max(x, y)", r"\max\left(x, y\right)"),
    ("sum(x, axis=0)", r"\operatorname{sum}_{\mathrm{axis}=0}\left(x\right)"),
    ("x if x >= 0 else -x", r"\begin{cases} x & \text{if } x \ge 0 \\ -x & \text{otherwise} \end{cases}"),
    (
        "2*(x if x != 0 else y)",
        r"2 \left(\begin{cases} x & \text{if } x \ne 0 \\ y & \text{otherwise} \end{cases}\right)",
    ),
    ("x < y and not z", r"x < y \land \lnot z"),
    ("1e-20*x + 2.5e30", r"10^{-20} x + 2.5 \cdot 10^{30}"),
    ("inf*x", r"\infty x"),
    ("leaky_relu(x)", r"\operatorname{leaky\_relu}\left(x\right)"),
    ("x*(y > 0)", r"x \left[y > 0\right]"),
    ("x % y", r"x \bmod y"),
    ("lgamma(x)", r"\log\left|\Gamma\left(x\right)\right|"),
    ("polygamma(x, order=1)^2", r"\psi^{(1)}\left(x\right)^{2}"),
    ("sinc_derivative(x, 2)", r"\operatorname{sinc}^{(2)}\left(x\right)"),
    # a sign before a product
    ("-3*x^2", r"-3 x^{2}"),
    ("(-3)*x*y", r"-3 x y"),
    ("-x*y", r"-x y"),
    ("-(x + y)*z", r"-\left(x + y\right) z"),
    ("-5*(x + 1)", r"-5 \left(x + 1\right)"),
    ("2*(-3*x)", r"2 \left(-3 x\right)"),
    ("x - -3*y", r"x - \left(-3 y\right)"),
    ("x + -y*z", r"x + \left(-y z\right)"),
    ("-3*x + y", r"-3 x + y"),
    ("(-3)^2*x", r"\left(-3\right)^{2} x"),
    ("x*-3*y", r"x \cdot \left(-3\right) y"),
    ("-inf*x", r"-\infty x"),
    ("-1e-20*x", r"-10^{-20} x"),
    ("-x/y", r"-\frac{x}{y}"),
    ("-1/sqrt(x)", r"-\frac{1}{\sqrt{x}}"),
    ("-(x + y)/z", r"-\frac{x + y}{z}"),
    ("exp(-x^2/2)", r"e^{-\frac{x^{2}}{2}}"),
    ("x/-y", r"\frac{x}{-y}"),
    ("a - -x/y", r"a - \left(-\frac{x}{y}\right)"),
    ("(-x) % y*z", r"\left(\left(-x\right) \bmod y\right) z"),
    # what is true or false, computed with
    ("(x > 0)/y", r"\frac{\left[x > 0\right]}{y}"),
    ("exp(x > 0)", r"e^{\left[x > 0\right]}"),
    ("(x > 0 and y > 0)*z", r"\left[x > 0 \land y > 0\right] z"),
    ("exp(x if y else z)", r"e^{\begin{cases} x & \text{if } y \\ z & \text{otherwise} \end{cases}}"),
    # arrays made of constants
    ("eye(3)", r"I_{3 \times 3}"),
    ("eye(2)[0]", r"{I_{2 \times 2}}_{0}"),
    ("zeros(2, 3)", r"\mathbf 0_{2 \times 3}"),
    ("ones(3)", r"\mathbf 1_{3}"),
    ("linspace(0, 1, 5)", r"\operatorname{linspace}\left(0, 1, 5\right)"),
    ("arange(1, 2, 0.25)", r"\operatorname{arange}\left(1, 2, 0.25\right)"),
]
ARRAYS = [
    ("outer(v, w)", r"v w^{\top}"),
    ("outer(v + w, 2*w)", r"\left(v + w\right) \left(2 w\right)^{\top}"),
    ("-outer(v, w)", r"-v w^{\top}"),
    ("A @ v", r"A v"),
    ("v @ w", r"v^{\top} w"),
    ("v @ A", r"A^{\top} v"),
    ("v @ A.T", r"A v"),
    ("v @ A @ w", r"\left(A^{\top} v\right)^{\top} w"),
    ("A * B", r"A \odot B"),
    ("(A * B) @ A", r"\left(A \odot B\right) A"),
    ("A @ B * A", r"\left(A B\right) \odot A"),
    ("s*A @ B", r"s A B"),
    ("-2*A @ v", r"-2 A v"),
    ("inv(A @ B)", r"\left(A B\right)^{-1}"),
]


@as_one_test("text, latex", PAIRS, ids=[text for text, _ in PAIRS])
def test_latex_is_what_a_textbook_prints(text, latex):
    graph = parse(text)
    node = graph.typed({"W": (2, 2), "x": (2,)} if "W" in text or "[0]" in text or "axis" in text else {}).result
    assert show_latex(node) == latex


@pytest.mark.parametrize("text, latex", ARRAYS, ids=[text for text, _ in ARRAYS])
def test_a_vector_is_a_column(text, latex):
    shapes = {"A": (2, 2), "B": (2, 2), "v": (2,), "w": (2,)}
    graph = parse(text)
    assert show_latex(graph.typed({name: shapes.get(name, ()) for name in graph.variables}).result) == latex


@as_one_test("gate", [gate for gate in GATES if gate.expand is None], ids=lambda gate: gate.name)
def test_no_letter_has_two_subscripts_or_two_powers(gate):
    for sample in gate.samples:
        graph = Graph(is_typed=True)
        inputs = tuple([graph.input(f"x_{place}", np.shape(one)) for place, one in enumerate(sample.operands)])
        settings = tuple([sample.attributes.get(name, one.default) for name, one in gate.attributes.items()])
        graph.output = graph.add(gate, inputs, settings)
        for node in (graph.output, *derivatives(graph, given={one.name: one.shape for one in inputs}).written.values()):
            text = show_latex(node)
            assert not re.search(r"_\{[^{}]*\}_|\^\{[^{}]*\}\^", text), text
            assert r"\left(\right)" not in text


def test_a_long_product_is_written_in_linear_time():
    text = show_latex(parse("-" + "*".join(["x"] * 5000)).typed({}).result)
    assert text == "-" + " ".join(["x"] * 5000)


def test_labels_cut_it_off():
    graph = parse("q = x + y; q^2").typed({})
    assert show_latex(graph.result, {graph.names["q"]: "q"}) == "q^{2}"


def test_long_and_deep_expressions():
    deep = parse("sin(" * 5000 + "x" + ")" * 5000).typed({}).result
    assert show_latex(deep).count(r"\sin") == 5000
    long = parse(" + ".join(["x"] * 2000)).typed({}).result
    assert show_latex(long).count("x") == 2000
    power = parse("^".join(["x"] * 2000)).typed({}).result
    assert show_latex(power).count("^{") == 1999
