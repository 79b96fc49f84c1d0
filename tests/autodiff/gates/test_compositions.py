"""Functions that stand for a graph of others: NumPy's values, and derivatives that differences confirm."""

import numpy as np
import pytest
import sympy

from backprop.autodiff import hessian, hvp, jvp, value_and_grad
from backprop.autodiff.derivatives.check import check
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.gates import GATES
from backprop.autodiff.graph import Graph
from backprop.parser import parse

from ...cases import as_one_test

VECTOR = np.array([0.5, -2.0, 1.5])
MATRIX = np.array([[0.5, -2.0, 1.5], [3.0, 0.25, -1.0]])
SQUARE = np.array([[1.0, 2.0, 0.5], [3.0, -4.0, 1.0], [0.25, 6.0, -2.0]])
AS_NUMPY = {
    "pow(x, 3)": (VECTOR, lambda x: np.power(x, 3)),
    "round(1.23456*x, 2)": (VECTOR, lambda x: np.round(1.23456 * x, 2)),
    "round(123.456*x, -1)": (VECTOR, lambda x: np.round(123.456 * x, -1)),
    "log(x^2, 2)": (VECTOR, lambda x: np.log2(x**2)),
    "log(x^2, 10)": (VECTOR, lambda x: np.log10(x**2)),
    "ln(x^2, 3)": (VECTOR, lambda x: np.log(x**2) / np.log(3)),
    "hypot(x[0], x[1], x[2])": (VECTOR, np.linalg.norm),
    "hypot(x[0], x, 2, 3)": (VECTOR, lambda x: np.sqrt(x[0] ** 2 + x**2 + 13)),
    "sum(x, axis=0, keepdims=True)": (MATRIX, lambda x: np.sum(x, axis=0, keepdims=True)),
    "sum(x, keepdims=1)": (MATRIX, lambda x: np.sum(x, keepdims=True)),
    "mean(x, axis=(0, 1), keepdims=True)": (MATRIX, lambda x: np.mean(x, keepdims=True)),
    "x - mean(x, axis=-1, keepdims=True)": (MATRIX, lambda x: x - np.mean(x, axis=-1, keepdims=True)),
    "prod(x, axis=1, keepdims=True)": (MATRIX, lambda x: np.prod(x, axis=1, keepdims=True)),
    "max(x, axis=1, keepdims=True)": (MATRIX, lambda x: np.max(x, axis=1, keepdims=True)),
    "min(x, axis=0, keepdims=False)": (MATRIX, lambda x: np.min(x, axis=0)),
    "logsumexp(x, axis=0, keepdims=True)": (MATRIX, lambda x: np.log(np.sum(np.exp(x), axis=0, keepdims=True))),
    "var(x, ddof=1)": (VECTOR, lambda x: np.var(x, ddof=1)),
    "var(x, axis=0, ddof=1, keepdims=True)": (MATRIX, lambda x: np.var(x, axis=0, ddof=1, keepdims=True)),
    "std(x, axis=1, ddof=1.5)": (MATRIX, lambda x: np.std(x, axis=1, ddof=1.5)),
    "norm(x, ord=1)": (VECTOR, lambda x: np.linalg.norm(x, 1)),
    "norm(x, ord=2, axis=0)": (MATRIX, lambda x: np.linalg.norm(x, 2, axis=0)),
    "norm(x, ord=3, axis=1, keepdims=True)": (MATRIX, lambda x: np.linalg.norm(x, 3, axis=1, keepdims=True)),
    "norm(x, ord=inf)": (VECTOR, lambda x: np.linalg.norm(x, np.inf)),
    "norm(x, ord=-inf)": (VECTOR, lambda x: np.linalg.norm(x, -np.inf)),
    "cumprod(x)": (VECTOR, np.cumprod),
    "cumprod(x)*1": (MATRIX, lambda x: np.cumprod(x).reshape(x.shape)),
    "cumprod(x, axis=0)": (MATRIX, lambda x: np.cumprod(x, axis=0)),
    "cumprod(x, -1)": (MATRIX, lambda x: np.cumprod(x, axis=-1)),
    "cumprod(x[0])": (VECTOR, lambda x: x[0]),
    "tril(x)": (SQUARE, np.tril),
    "triu(x, 1)": (SQUARE, lambda x: np.triu(x, 1)),
    "cross(x, [1, 2, 4])": (VECTOR, lambda x: np.cross(x, [1, 2, 4])),
    "kron(x, [1, 10])": (VECTOR, lambda x: np.kron(x, [1, 10])),
    "kron([[1, 2], [3, 4]], x)": (MATRIX, lambda x: np.kron([[1, 2], [3, 4]], x)),
    "kron(x, [1, 10])*2": (MATRIX, lambda x: np.kron(x, [1, 10]) * 2),
    "expand_dims(x, (0, 2))": (VECTOR, lambda x: np.expand_dims(x, (0, 2))),
    "median(x)": (VECTOR, np.median),
    "median(x)*2": (MATRIX, lambda x: np.median(x) * 2),
    "median(x, axis=0)": (MATRIX, lambda x: np.median(x, axis=0)),
    "median(x, axis=(0, 1), keepdims=True)": (MATRIX, lambda x: np.median(x, axis=(0, 1), keepdims=True)),
    "median(x[0, 0])": (MATRIX, lambda x: x[0, 0]),
    "quantile(x, 0.3)": (VECTOR, lambda x: np.quantile(x, 0.3)),
    "quantile(x, 3/4, axis=-1)": (MATRIX, lambda x: np.quantile(x, 0.75, axis=-1)),
    "quantile(x, [0, 1/4, 0.9, 1], axis=1)": (MATRIX, lambda x: np.quantile(x, [0, 0.25, 0.9, 1], axis=1)),
    "quantile(x, 0.2, axis=0, keepdims=True)": (MATRIX, lambda x: np.quantile(x, 0.2, axis=0, keepdims=True)),
    "tril(x, k=1e19) + triu(x, k=1e19)": (MATRIX, lambda x: x),
    "mean(x, 1, keepdims=True)": (MATRIX, lambda x: np.mean(x, 1, keepdims=True)),
    "max(x, 0, keepdims=True)": (MATRIX, lambda x: np.max(x, 0, keepdims=True)),
    "std(x, 1, ddof=1)": (MATRIX, lambda x: np.std(x, 1, ddof=1)),
    'einsum("ij,kj->ik", x, x)': (MATRIX, lambda x: x @ x.T),
    'einsum("ij->ji", x)': (MATRIX, np.transpose),
    'einsum("ij", x)': (MATRIX, lambda x: x),
    'einsum("ji", x)': (MATRIX, np.transpose),
    'einsum("ii", x)': (SQUARE, np.trace),
    "einsum('ii->i', x)": (SQUARE, np.diag),
    'einsum("ij->", x)': (MATRIX, np.sum),
    'einsum("i, i", x, x)': (VECTOR, lambda x: x @ x),
    'einsum("i,j", x, x)': (VECTOR, lambda x: np.outer(x, x)),
    'einsum("...i,i->...", x, x[0])': (MATRIX, lambda x: x @ x[0]),
    'einsum("i...->...", x)': (MATRIX, lambda x: np.sum(x, axis=0)),
    'einsum("iij->ij", expand_dims(x, 2)*[1, 2])': (
        SQUARE,
        lambda x: np.einsum("iij->ij", x[..., None] * [1.0, 2.0]),
    ),
    'einsum("iji->j", expand_dims(x, 1)*[[1], [2]])': (
        SQUARE,
        lambda x: np.einsum("iji->j", x[:, None] * [[1.0], [2.0]]),
    ),
    'einsum("ij,jk,kl->il", x, x.T, x)': (MATRIX, lambda x: x @ x.T @ x),
    'einsum("ij,ij->", x, x)': (MATRIX, lambda x: np.sum(x * x)),
    'einsum("ij,kj->i", x, x)': (MATRIX, lambda x: np.einsum("ij,kj->i", x, x)),
    'einsum(",ij->ij", 3, x)': (MATRIX, lambda x: 3 * x),
    'einsum("ij,jk->ik", x, sum(x, axis=0, keepdims=True))': (
        SQUARE,
        lambda x: np.einsum("ij,jk->ik", x, np.sum(x, axis=0, keepdims=True)),
    ),
    "len(x)*x": (MATRIX, lambda x: len(x) * x),
    "shape(x)[1]*x": (MATRIX, lambda x: x.shape[1] * x),
}


@as_one_test("text", AS_NUMPY)
def test_the_value_is_numpys_and_differences_confirm_the_gradient(text):
    point, compute = AS_NUMPY[text]
    graph = parse(text)
    value, _ = value_and_grad(graph, x=point)
    expected = np.asarray(compute(point))
    assert np.shape(value) == expected.shape
    np.testing.assert_allclose(value, expected, rtol=4e-16 * 4, atol=0)
    assert {entry.verdict for entry in check(graph, {"x": point}).entries} <= {"ok"}


@as_one_test(
    ("text", "reason"),
    [
        ("var(x, ddof=3)", "3 entries less ddof=3 leave none"),
        ("sum(x, keepdims=2)", "'keepdims' of sum: expected 1 or 0"),
        ("norm(x, ord=0)", "'ord' of norm: expected an order above 0"),
        ("sum(x, keepdims=x)", "a setting of sum must be constant"),
        ("sum(x, ddof=1)", "'sum' has no argument 'ddof'"),
        ("mean(x, axis=1, keepdims=True)", "axis 1 is out of range"),
        ("cumprod(x, axis=(0, 1))", "a running product has one axis"),
        ("cumprod(x, axis=1)", "axis 1 is out of range"),
        ("cumprod(x[0]*zeros(200000))", "a running product of 200000 entries"),
        ("tril(x)", "only a matrix has a diagonal"),
        ("cross(x, [1, 2])", "cross takes two vectors of three entries"),
        ("cross_entropy(x, [1, 2])", "cross_entropy takes the scores"),
        ("len(x[0])", "a number has no length"),
        ("expand_dims(x, 2)", "axis 2 is out of range"),
        ("norm(x, 1)", "'norm' takes its axis by name only"),
        ("median(x, axis=1)", "axis 1 is out of range"),
        ("median(x[:0])", "no entry to choose"),
        ("quantile(x, 1.5)", "asked for outside of 0 to 1: 1.5"),
        ("quantile(x, [0.5, -1])", "asked for outside of 0 to 1: -1"),
        ("quantile(x, [[0.5]])", r"q of quantile has shape \(1, 1\)"),
        ("sort(x, axis=(0,))", "sorted along one axis"),
        ("sort(x, axis=1)", "axis 1 is out of range"),
        ("sort_by(x, [1, 2])", r"shapes \(3\) and \(2\) differ"),
        ('einsum("ij->i", x)', r"'ij' does not fit an operand of shape \(3\)"),
        ('einsum("...ij->i", x)', r"'...ij' does not fit an operand of shape \(3\)"),
        ('einsum("i,i->", x)', "subscripts of 2 operands for 1"),
        ('einsum("i,i->", x, [1, 2])', "'i' stands for the lengths 3 and 2"),
        ('einsum("ii->i", [[1, 2]]*x[0])', "'i' stands for the lengths 1 and 2"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(text, reason):
    with pytest.raises(ExpressionError, match=reason) as caught:
        value_and_grad(parse(text), x=VECTOR)
    assert caught.value.span is not None


def test_no_composition_is_left_in_a_typed_graph():
    gates = {gate for gate in GATES if gate.expand is not None}
    assert len(gates) > 20
    for text, (point, _) in AS_NUMPY.items():
        typed = parse(text).typed({"x": np.shape(point)})
        assert not gates & {node.gate for node in typed.nodes}, text


def test_a_logarithm_to_a_base_that_has_a_gate_is_exact():
    assert value_and_grad(parse("log(x, 2)"), x=8)[0] == 3.0
    assert value_and_grad(parse("log(x, 10)"), x=1000)[0] == 3.0


def test_the_radius_of_several_is_smooth_away_from_zero_and_does_not_overflow():
    assert value_and_grad(parse("hypot(x, y, z)"), x=2e200, y=3e200, z=6e200)[0] == 7e200


def test_a_plain_call_is_still_the_plain_gate():
    graph = Graph(is_typed=True)
    assert graph.nodes == []
    assert [node.gate.name for node in parse("sum(x) + log(y) + round(z) + hypot(a, b)").nodes if node.inputs][:2] == [
        "sum",
        "log",
    ]


@pytest.mark.parametrize("point", [(0.5, -2.0, 1.5, 3.0), (0.5, 0.0, 1.5, 3.0), (0.0, -2.0, 0.0, 3.0), (0.0,) * 4])
def test_a_running_product_is_exact_at_zeros(point):
    """Against SymPy: nothing is divided by an entry. Doubles hold every number here exactly."""
    letters = sympy.symbols("a b c d")
    products = [sympy.prod(letters[: count + 1]) for count in range(4)]
    truth = sum((place + 1) * product**2 for place, product in enumerate(products))
    there = dict(zip(letters, map(sympy.Rational, point), strict=True))
    graph, x = parse("sum([1, 2, 3, 4]*cumprod(x)^2)"), np.array(point)
    slopes = [float(sympy.diff(truth, one).subs(there)) for one in letters]
    bends = [[float(sympy.diff(truth, one, other).subs(there)) for one in letters] for other in letters]
    assert value_and_grad(graph, x=x)[1]["x"].tolist() == slopes
    assert [jvp(graph, {"x": row}, x=x)[1] for row in np.eye(4)] == slopes
    assert hessian(graph, x=x)["x"]["x"].tolist() == bends
    assert [hvp(graph, {"x": row}, x=x)[1]["x"].tolist() for row in np.eye(4)] == bends
