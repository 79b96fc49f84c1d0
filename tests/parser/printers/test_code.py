"""The generated code is compiled and run, and agrees with value_and_grad at every gate's samples and corners.

The bound is 2e-15 relative: nine units in the last place. NumPy's, glibc's and V8's own functions differ from each
other by up to four (NumPy promises four), and a slope takes one or two of them; sums of the same numbers are equal.
"""

from __future__ import annotations

import math
import shutil
import sys
from functools import cache
from importlib import import_module

import numpy as np
import pytest

from backprop.autodiff.declaration.kinds import Elementwise
from backprop.autodiff.declaration.leaves import NAMED_CONSTANTS
from backprop.autodiff.derivatives.values import value_and_grad
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.gates import GATES
from backprop.autodiff.graph import Graph
from backprop.autodiff.numerics.linear import cofactor
from backprop.parser import parse

from ...cases import as_one_test
from ...closeness import close_to
from .running import BOUND_AT_ANY_LENGTH, is_at_any_length, run, run_python, text_of, truth_of, written

BOUND = 2e-15
LANGUAGES = ("python", "numpy", "c", "javascript")
needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
RUNNERS = [
    "python",
    "numpy",
    pytest.param("c", marks=needs_gcc),
    pytest.param("javascript", marks=needs_node),
]


def assert_agrees(cases, results, bound=BOUND, *, has_forms=False):
    """`has_forms`: the language has no loops, and of routines those forms that serve all numbers."""
    wrong = []
    for (text, values), (value, gradient) in zip(cases, results, strict=True):
        true_value, true_gradient = truth_of(text, values)
        pairs = [(value, true_value), *[(gradient[name], true_gradient[name]) for name in true_gradient]]
        room = BOUND_AT_ANY_LENGTH if has_forms and is_at_any_length(text) else bound
        for mine, truth in pairs:
            if not np.allclose(mine, truth, rtol=room, atol=0, equal_nan=True):
                wrong.append((text, values, mine, truth))
    assert not wrong, wrong


@cache
def gate_cases():
    """Each elementwise gate of the language at its samples and corners, as (text, values)."""
    cases = []
    for gate in GATES:
        if not isinstance(gate, Elementwise) or not gate.is_public or (gate.attributes and gate.routine is None):
            continue
        points = [(one.operands, one.attributes) for one in gate.samples]
        for point, attributes in [*points, *[(one.operands, {}) for one in gate.corners]]:
            text = text_of(gate, len(point), tuple(attributes.values()))
            cases.append((text, {f"x{place}": float(one) for place, one in enumerate(point)}))
    return cases


CORNERS = [
    ("where(x > 0, sqrt(x), 0)", {"x": 0.0}),
    ("where(x > 0, log(x), -1)", {"x": -1.0}),
    ("x if x else y", {"x": math.nan, "y": 2.0}),
    ("x^y", {"x": 0.0, "y": 2.0}),
    ("x^y", {"x": 0.0, "y": -1.0}),
    ("x^y", {"x": -0.0, "y": -3.0}),
    ("x^y", {"x": -0.0, "y": 0.5}),
    ("x^y", {"x": -1e-200, "y": -3.0}),
    ("x^y", {"x": -8.0, "y": 1 / 3}),
    ("x^y", {"x": -1e200, "y": 3.0}),
    ("x^y", {"x": 1.0, "y": math.nan}),
    ("x^y", {"x": -1.0, "y": math.inf}),
    ("log(x)", {"x": 0.0}),
    ("log(x)", {"x": -1.0}),
    ("log1p(x) + log2(x) + log10(x)", {"x": -1.0}),
    ("1/x", {"x": 0.0}),
    ("1/x", {"x": -0.0}),
    ("x/y", {"x": 0.0, "y": 0.0}),
    ("exp(x)", {"x": 1000.0}),
    ("sinh(x) + cosh(y)", {"x": -1000.0, "y": 1000.0}),
    ("expm1(x)", {"x": 1000.0}),
    ("sin(x)*cos(x)", {"x": math.inf}),
    ("sqrt(x)", {"x": -1.0}),
    ("asin(x)", {"x": 2.0}),
    ("atanh(x)", {"x": 1.0}),
    ("atanh(x)", {"x": -1.0}),
    ("acosh(x)", {"x": 0.5}),
    ("max(x, y)", {"x": math.nan, "y": 1.0}),
    ("min(y, x)", {"x": math.nan, "y": 1.0}),
    ("sign(x) + abs(x)", {"x": math.nan}),
    ("floor(x) + ceil(x) + round(x)", {"x": math.inf}),
    ("round(x)", {"x": -2.5}),
    ("round(x)", {"x": 0.49999999999999994}),
    ("x % y", {"x": -7.3, "y": math.inf}),
    ("x % y", {"x": 1.0, "y": 0.0}),
    ("x // y", {"x": -1.0, "y": 0.0}),
    ("x // y", {"x": 7.5, "y": -2.0}),
    ("x*1e308*10 + y", {"x": 1.0, "y": 1.0}),
    ("0/0 + x", {"x": 1.0}),
    ("-(-x) - -y", {"x": 1.0, "y": 2.0}),
    ("(x < y)/(x <= 2*y)", {"x": 1.0, "y": 2.0}),
    ("(x < y and not x) + (x or y)", {"x": 1.0, "y": 0.0}),
    ("x - (y - x) - (x - (y - 1))", {"x": 1.25, "y": 0.1}),
    ("x/(y/x)/(x*(y*3))", {"x": 1.25, "y": 0.1}),
    ("x^-2 + (x^2)^3 + x^2^3", {"x": 1.25}),
    ("hypot(x, y) + atan2(y, x)", {"x": 1e-200, "y": 3e-200}),
    *[
        ("hypot(x, y)", {"x": x, "y": y})
        for x, y in ((-math.inf, 3.0), (math.inf, math.inf), (0.0, math.inf), (-0.0, 0.0))
    ],
    ("pi*x + e*tau", {"x": 2.0}),
    ("erf(x)*erfc(y)", {"x": 3.0, "y": 0.7}),
    ("erf(x)*erfc(y)", {"x": -0.2, "y": 6.0}),
    ("q = sin(x); q*q + q", {"x": 0.3}),
    ("softplus(x)*sigmoid(y)", {"x": 800.0, "y": -800.0}),
    ("abs(x) if x < 1 else x^3", {"x": 0.5}),
    ("silu(x) + gelu(x)", {"x": -math.inf}),
    ("clip(x, -1, 1)*leaky_relu(y)", {"x": 0.5, "y": -2.0}),
    ("maxout(x, y, z)", {"x": 1.0, "y": 1.0, "z": 1.0}),
]


@pytest.mark.parametrize("language", RUNNERS)
def test_every_elementwise_gate_agrees_at_its_samples_and_corners(language, tmp_path):
    cases = gate_cases()
    assert len(cases) > 150
    assert_agrees(cases, run(language, cases, tmp_path))


@pytest.mark.parametrize("language", RUNNERS)
def test_corners_agree(language, tmp_path):
    assert_agrees(CORNERS, run(language, CORNERS, tmp_path))


@pytest.mark.parametrize("language", RUNNERS)
@pytest.mark.parametrize("terms", ["sum", "nested"])
def test_long_and_deep_expressions(language, terms, tmp_path):
    long = " + ".join(f"sin({place}*x)" for place in range(2000))
    deep = "tanh(" * 5000 + "x" + ")" * 5000
    case = (long if terms == "sum" else deep, {"x": 0.5})
    results = run(language, [case], tmp_path)
    # The sum's gradient cancels, and 5000 roundings of tanh add up: the difference of libms is amplified.
    assert_agrees([case], results, bound=1e-11)


@pytest.mark.parametrize("language", RUNNERS)
def test_names_that_mean_something_there_are_changed(language, tmp_path):
    words = ["lambda", "double", "function", "math", "np", "exp", "gradient", "t1", "ratio", "Math", "lambda_", "float"]
    words += ["y1", "gamma", "sum", "class", "sigmoid", "_exp", "f", "int", "value"]
    text = " + ".join(f"exp({word})*sigmoid({word})*hypot({word}, 1)" for word in words)
    case = (text, {word: 0.1 + place for place, word in enumerate(words)})
    assert_agrees([case], run(language, [case], tmp_path), bound=1e-14)


def test_a_changed_name_is_told():
    assert "lambda is called lambda_ here" in written("python", "lambda*2")
    assert "double is called double_ here" in written("c", "double*2")
    assert "function is called function_ here" in written("javascript", "function*2")


ARRAYS = [
    ("sum((W@x)^2)", {"W": [[1.0, 2.0], [3.0, 4.0]], "x": [0.5, -2.0]}),
    ("sum(W*x)/mean(x)", {"W": [[1.0, 2.0], [3.0, 4.0]], "x": [0.5, -2.5]}),
    ("x[0]*x[1:3] + x[-1]", {"x": [1.0, 2.0, 3.0]}),
    ("W[:, 0] + W[1]", {"W": [[1.0, 2.0], [3.0, 4.0]]}),
    ("dot(x, y)*outer(x, y)", {"x": [1.0, 2.0], "y": [3.0, 0.1]}),
    ("W.T @ W", {"W": [[1.0, 2.0], [3.0, 4.0]]}),
    ("norm(x) + std(x)*var(x)", {"x": [1e-3, 2.0, 3.0]}),
    ("norm(x)", {"x": [0.0, 0.0]}),
    ("max(x)*min(x)", {"x": [1.0, 3.0, 3.0]}),
    ("[x, y, x*y]", {"x": 2.0, "y": 3.0}),
    ("sum([x, y]*[1, 2])", {"x": 2.0, "y": 3.0}),
    ("sum(sigmoid(x)*where(x > 0, x, log(x)))", {"x": [-1.0, 0.0, 2.0]}),
    ("sum(softmax(x)*y)", {"x": [1.0, 2.0], "y": [3.0, 4.0]}),
    ("concat(x, x^2)", {"x": [1.0, 2.0]}),
    ("reshape(x, 2, 2) @ eye(2)", {"x": [1.0, 2.0, 3.0, 4.0]}),
    ("cumsum(x)", {"x": [1.0, 2.0, 3.0]}),
    ("normcdf(x)*erf(x)", {"x": [1.0, 2.0, -3.0]}),
    ("trace(W) + sum(diag(x))", {"W": [[1.0, 2.0], [3.0, 4.0]], "x": [1.0, 2.0]}),
    ("logsumexp(x)", {"x": [1.0, 2.0, 800.0]}),
    ("logsumexp(x)*1", {"x": [1.0, math.inf, 800.0]}),
    ("logsumexp(x)*2", {"x": [math.inf, math.inf, 800.0]}),
    ("sum(softmax(x)*[1, 2, 3])", {"x": [1.0, math.inf, -math.inf]}),
    ("log_softmax(x)[0]", {"x": [1.0, math.inf, 3.0]}),
    ("prod(x)", {"x": [1.0, 2.0, 0.0]}),
    ("x*linspace(0, 1, 3) + zeros(3) + ones(3)*arange(3)", {"x": 2.0}),
]


@as_one_test("text, values", ARRAYS, ids=[text for text, _ in ARRAYS])
def test_numpy_computes_with_arrays(text, values):
    values = {name: np.asarray(value) for name, value in values.items()}
    value, gradient = run_python("numpy", text, values)
    true_value, true_gradient = truth_of(text, values)
    np.testing.assert_allclose(value, true_value, rtol=BOUND, atol=0)
    for name, truth in true_gradient.items():
        assert np.shape(gradient[name]) == np.shape(truth)
        np.testing.assert_allclose(gradient[name], truth, rtol=BOUND, atol=0)


def test_numpy_code_of_scalars_takes_arrays_of_them():
    space: dict[str, object] = {}
    exec(written("numpy", "x*sigmoid(y)"), space)
    rows = np.linspace(-3, 3, 7)
    value, gradient = space["f"](rows, 2 * rows)
    for place, x in enumerate(rows):
        truth = value_and_grad(parse("x*sigmoid(y)"), x=x, y=2 * x)
        assert (value[place], gradient["x"][place]) == close_to((truth[0], truth[1]["x"]), rel=BOUND)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_language_cannot_compute_is_refused_by_name(language):
    """Every gate has its code; one that declares none says so."""
    bare = Elementwise("bare", lambda x: x, lambda x, out: 1.0, summary="", habit="", source="", samples=())
    graph = Graph(is_typed=True)
    node = graph.add(bare, (graph.input("x"),))
    with pytest.raises(ExpressionError, match=r"code for 'bare' is not known") as caught:
        import_module(f"backprop.parser.printers.languages.{language}").write("f", node, {})
    assert caught.value.cure


def test_numbers_are_the_shortest_that_read_back():
    code = written("python", "x*0.1 + 1e-300*x + 3*x")
    assert "0.1" in code and "1e-300" in code and "3.0" in code


def test_named_constants_keep_their_name():
    assert "math.pi" in written("python", "pi*x")
    assert NAMED_CONSTANTS["pi"] == math.pi
    assert sys.version_info >= (3, 10)


def test_a_constant_expression_has_no_gradient(tmp_path):
    assert "double f(void)" in written("c", "2*3")
    assert "return 6.0, {}" in written("python", "2*3")


MATRICES = {
    "A": [[2.0, 1.0], [-0.5, 3.0]],
    "three rows": [[1.0, 2.0, 0.5], [0.0, -1.0, 3.0], [2.0, 0.25, 1.0]],
    "singular": [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]],
    "four rows": [[1.0, 2.0, 0.5, -1.0], [0.0, -1.0, 3.0, 0.5], [2.0, 0.25, 1.0, 1.5], [0.5, 1.0, -2.0, 1.0]],
    "zero": [[0.0, 0.0], [0.0, 0.0]],
    "nan": [[math.nan, 1.0], [1.0, 2.0]],
    "large": [[1e200, 0.0], [0.0, 1e200]],
    "one": [[1.0, 1e-9], [-1e-9, 1.0]],
}
OF_MATRICES = (
    "det(A)", "logdet(A)", "sum(inv(A)*A)", "sum(solve(A, A[0]))", "sum(solve(A, A.T)*A)", "sum(cofactor(A)*A)",
)  # fmt: skip


@as_one_test("name", MATRICES)
@as_one_test("text", OF_MATRICES)
def test_numpy_has_what_people_ask_of_matrices(text, name):
    """To 4 units in the last place; from four rows on the gates themselves have LAPACK's digits."""
    values = {"A": np.array(MATRICES[name])}
    bound = 4 * 2.0**-53 if len(values["A"]) < 4 else 1e-14
    assert_agrees([(text, values)], [run_python("numpy", text, values)], bound)


@pytest.mark.parametrize("size", [2, 3, 4, 5])
@pytest.mark.parametrize("directions", [1, 2, 3])
def test_numpy_has_the_differentials_of_determinants(size, directions):
    random = np.random.default_rng(7 * size + directions)
    values = {name: random.uniform(-2, 2, (size, size)) for name in "ABCD"[: directions + 1]}
    text = f"sum(cofactor({', '.join(values)}))"
    value, _ = run_python("numpy", text, values)
    truth = cofactor(*values.values())
    assert value == close_to(np.sum(truth), rel=1e-13 * np.sum(np.abs(truth)) / max(abs(np.sum(truth)), 1e-300))


@pytest.mark.parametrize("label", [0.0, 2.0, -1.0])
def test_numpy_puts_an_entry_back(label):
    values = {"x": np.array([1.0, -2.5, 3.0]), "W": np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), "k": label}
    case = ("x[k]^2 + sum(W[k]^3)", values)
    assert_agrees([case], [run_python("numpy", *case)])
