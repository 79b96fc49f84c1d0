"""LaTeX as a textbook sets it."""

from __future__ import annotations

import pytest

from backprop.parser import parse
from backprop.parser.printers.latex import show_latex

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
    ("x*-y", r"x \left(-y\right)"),
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
]


@pytest.mark.parametrize("text, latex", PAIRS, ids=[text for text, _ in PAIRS])
def test_latex_is_what_a_textbook_prints(text, latex):
    graph = parse(text)
    node = graph.typed({"W": (2, 2), "x": (2,)} if "W" in text or "[0]" in text or "axis" in text else {}).result
    assert show_latex(node) == latex


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
