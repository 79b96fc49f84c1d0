"""LaTeX is read as a paper means it, and as `--to latex` writes it."""

from __future__ import annotations

import numpy as np
import pytest

from backprop.autodiff import Graph
from backprop.autodiff.evaluation.execution import evaluate
from backprop.autodiff.gates import GATES
from backprop.parser import ExpressionError, parse, parse_latex
from backprop.parser.latex.reading import parse_latex as read
from backprop.parser.parsing import TextKind
from backprop.parser.printers.expression import show
from backprop.parser.printers.latex import show_latex

from ...cases import as_one_test, each

SAME = [
    (r"\frac{1}{1+e^{-(w_0x_0+w_1x_1+w_2)}}", "1/(1+exp(-(w_0*x_0+w_1*x_1+w_2)))"),
    ("2x^2y", "2*x^2*y"),
    (r"\frac12 m v^2", "1/2*m*v^2"),
    (r"\frac1x + \sqrt2 + \sqrt[3]{x} + \sqrt[n]{x}", "1/x + sqrt(2) + cbrt(x) + x^(1/n)"),
    (r"\sin^2 x + \cos^2\theta", "sin(x)^2 + cos(theta)^2"),
    (r"\sin 2x \cos y", "sin(2*x)*cos(y)"),
    (r"\sin(x)^2 + \log \sin x", "sin(x)^2 + log(sin(x))"),
    (r"\ln|x| + \log_2 x + \log_{10} x + \log_b x", "log(abs(x)) + log2(x) + log10(x) + log(x, b)"),
    (r"|x| + 2|y|", "abs(x) + 2*abs(y)"),
    (r"\left|x\right| \lvert y \rvert", "abs(x)*abs(y)"),
    (r"\lfloor x \rfloor + \left\lceil x \right\rceil", "floor(x) + ceil(x)"),
    (r"x(x+1) + \pi(y+1)", "x*(x+1) + pi*(y+1)"),
    (r"\left( x + y \right) \bigl[ z - 1 \bigr]", "(x + y)*(z - 1)"),
    (r"x \cdot y \times z * w / 2", "x*y*z*w/2"),
    ("-x^2 - 3 y", "-x^2 - 3*y"),
    (r"\max(0, x) + \min\{x, y, z\}", "max(0, x) + min(x, y, z)"),
    (r"\operatorname{ReLU}(x) + \text{ReLU}(y)", "relu(x) + relu(y)"),
    (r"\operatorname{softplus}(x) \cdot \mathrm{rate}", "softplus(x)*rate"),
    (r"\mathbf{w} + \boldsymbol\theta + \hat{y} + \varepsilon", "w + theta + y_hat + epsilon"),
    (r"x_{\mathrm{max}} + x_{ij} + x_{0, 1} + x_n^2", "x_max + x_ij + x_0_1 + x_n^2"),
    (r"n! + \binom{n}{k}", "gamma(n + 1) + binom(n, k)"),
    (
        r"\Gamma(x) + \psi(x) + \psi^{(1)}(x) + \Phi^{-1}(p)",
        "gamma(x) + digamma(x) + polygamma(x, order=1) + norminv(p)",
    ),
    (r"\psi x", "psi*x"),
    (r"[x > 0] y + (x \le y)", "(x > 0)*y + (x <= y)"),
    (r"\begin{cases} x, & \text{if } x > 0 \\ 0 & \text{otherwise} \end{cases}", "where(x > 0, x, 0)"),
    (
        r"\begin{cases} 1 & x = 0 \text{ or } x > 3 \\ 2 & \text{for } x < 0 \\ x & \text{else} \\ \end{cases}",
        "where(x == 0 or x > 3, 1, where(x < 0, 2, x))",
    ),
    (r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}", "[[a, b], [c, d]]"),
    (r"\begin{bmatrix} a \\ 2 \end{bmatrix}", "[a, 2]"),
    (r"\sum_{i=1}^{3} w_i x_i + b", "w_1*x_1 + w_2*x_2 + w_3*x_3 + b"),
    (r"\frac{1}{2} \sum_{i=1}^2 (x_{i+1} - x_i)^2", "1/2*((x_2 - x_1)^2 + (x_3 - x_2)^2)"),
    (r"\sum_{i=1}^{2} \sum_{j=1}^{2} a_{ij} y_j", "a_11*y_1 + a_12*y_2 + (a_21*y_1 + a_22*y_2)"),
    (r"\prod_{k=0}^{2} (x - k)", "(x - 0)*(x - 1)*(x - 2)"),
    (r"\sum\limits^{2}_{i=1} i x", "1*x + 2*x"),
    (r"\int_a^b x(1-x) dx + x", "integral(x*(1 - x), x, a, b) + x"),
    (r"\int_0^\infty e^{-t^2}\,dt", "integral(exp(-t^2), t, 0, inf)"),
    (
        r"2\int^1_0 k \frac{x\,dx}{1+x^2} + \int_0^1 \frac{-d\theta}{2}",
        "2*integral(k*(x/(1 + x^2)), x, 0, 1) + integral(-1/2, theta, 0, 1)",
    ),
    (r"\int_0^1\int_0^x xy\,dy\,dx", "integral(integral(x*y, y, 0, x), x, 0, 1)"),
    (r"\int_{0}^{1} d x \, \mathrm{d}x + d y", "integral(d*x, x, 0, 1) + d*y"),
    (
        r"\sum_{i=1}^{2} \int_0^1 \sum_{j=1}^2 w_i x^j F_x\,dx",
        "integral(w_1*x^1*F_x + w_1*x^2*F_x, x, 0, 1) + integral(w_2*x^1*F_x + w_2*x^2*F_x, x, 0, 1)",
    ),
    (r"\int_0^1 e^2\,de + e^2", "integral(e^2, e, 0, 1) + exp(2)"),
    (r"e = 3; e^2", "e = 3; e^2"),
    (r"1 + (\operatorname{root}_{x \approx a} \left(x^2 - 2\right))", "1 + root(x^2 - 2, x, a)"),
    (
        r"\operatorname*{arg\,min}_{x \approx 0} ((x - a)^2) > \arg\min_{x \approx 0} (x^2)",
        "argmin((x - a)^2, x, 0) > argmin(x^2, x, 0)",
    ),
    (r"q = x + y; q^2", "q = x + y; q^2"),
    (r"$$ y = \frac{x}{2} $$", "x/2"),
    (r"x \, y \quad z % a comment", "x*y*z"),
]
ARRAYS = {"A": (2, 2), "B": (2, 2), "x": (2,), "y": (2,), "u": (3,), "v": (3,)}
PRODUCTS = [
    (r"A x", "A @ x"),
    (r"2 A B x", "2 * A @ B @ x"),
    (r"x^{\top} A y", "x @ A @ y"),
    (r"x^T y + x \cdot y", "x @ y + x @ y"),
    (r"(A x)^{\top} y", "A @ x @ y"),
    (r"x y^\top", "outer(x, y)"),
    (r"u \times v", "cross(u, v)"),
    (r"x \odot y + s x", "x * y + s * x"),
    (r"A^{\mathsf{T}} x", "A.T @ x"),
    (r"\|A x\|_2^2 + \|x\|_1", "norm(A @ x)^2 + norm(x, ord=1)"),
    (r"\sum_{i=1}^{2} i A x", "1 * A @ x + 2 * A @ x"),
    (r"s = A x; \int_0^1 t (s^{\top} y)\,dt", "s = A @ x; integral(t * (s @ y), t, 0, 1)"),
    (r"\arg\min_{z \approx y} (\sum_{i=1}^{1} \|A z - x\|_2^2)", "argmin(norm(A @ z - x)^2, z, y)"),
]


@pytest.mark.smoke
def test_a_formula_is_the_expression_that_it_means():
    for latex, text in each(SAME):
        assert show(parse_latex(latex).result, {}) == show(parse(text).result, {})


@pytest.mark.smoke
def test_a_product_of_arrays_is_that_of_a_paper():
    for latex, text in each(PRODUCTS):
        assert show(parse_latex(latex, ARRAYS).result, {}) == show(parse(text).result, {})


NOT_AGAIN = {
    "equal": "outside brackets an equals sign names a value",
    "inv": "a power of a matrix is asked for",
    "index": "a subscript is part of a name",
    "gammainc_derivative": "derivatives by parameters are not read",
    "betainc_derivative": "derivatives by parameters are not read",
}


@as_one_test("gate", [gate for gate in GATES if gate.is_public and not gate.expand], ids=lambda gate: gate.name)
def test_what_is_written_is_read_with_the_same_value(gate):
    for sample in gate.samples:
        graph = Graph(is_typed=True)
        values = {f"x_{place}": np.asarray(one, dtype=float)[()] for place, one in enumerate(sample.operands)}
        shapes = {name: np.shape(value) for name, value in values.items()}
        inputs = tuple([graph.input(name, shape) for name, shape in shapes.items()])
        settings = tuple([sample.attributes.get(name, one.default) for name, one in gate.attributes.items()])
        result = graph.add(gate, inputs, settings)
        if gate.name in NOT_AGAIN:
            return
        again = parse_latex(show_latex(result), shapes).typed(shapes).result
        with np.errstate(all="ignore"):
            expected, actual = evaluate([result], values)[0], evaluate([again], values)[0]
        np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=0)


@pytest.mark.smoke
@pytest.mark.parametrize("text", ["x*(y + 1)", "2*alpha_1*(y + 1)", "rate*(y + 1)", "2*root(x^2 - y, x, 1)^2 + y"])
def test_a_written_product_is_read_again(text):
    graph = parse(text)
    assert show(parse_latex(show_latex(graph.result)).result, {}) == show(graph.result, {})


@pytest.mark.smoke
def test_models_and_relations():
    model = read(r"y \sim a e^{-b t}", None, TextKind.MODEL)
    assert show(model.result, {}) == "y - a * exp(-b * t)"
    relations = read(r"x^2 + y^2 = 4; x y \le 1", None, TextKind.RELATIONS).relations
    assert len(relations) == 2


def test_a_long_formula_takes_linear_time():
    graph = parse_latex(" + ".join([r"\frac{x_{1}}{2} y"] * 2000))
    assert graph.variables == ("x_1", "y")
    deep = parse_latex(r"\sqrt{" * 2000 + "x" + "}" * 2000)
    assert len(deep.nodes) == 2001


def test_shapes_are_those_that_it_was_read_for():
    graph = parse_latex("x y")
    with pytest.raises(ExpressionError, match="was read for shape scalar"):
        graph.typed({"x": (2,), "y": (2,)})
