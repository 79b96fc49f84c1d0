"""--fuse: what loses digits becomes the gate that keeps them, nothing else does, and the numbers agree elsewhere."""

import math

import numpy as np
import pytest

from backprop.autodiff import value_and_grad
from backprop.autodiff.evaluation.execution import constant_value
from backprop.autodiff.evaluation.program import needed
from backprop.autodiff.passes.fusion import fuse
from backprop.parser import parse
from backprop.parser.printers.expression import show

from ...cases import as_one_test
from ...closeness import close_to
from ..building import assign, call, expression
from ..deep import chain


def exp(x):
    return call("exp", x)


def log(x):
    return call("log", x)


OPERANDS = {"scalar": 0.7, "row": np.array([0.7, -2.0, 3.0]), "matrix": np.array([[0.7, -1.0], [2.0, 0.1]])}


def gates_of(graph):
    return [node.gate.name for node in needed([graph.result]) if node.inputs]


def same(found, expected, tolerance=1e-14):
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=1e-15)  # the composition itself loses digits


FORMS = {
    # the logistic function and its like
    "1/(1 + exp(-x))": "sigmoid(x)",
    "1/(exp(-x) + 1)": "sigmoid(x)",
    "(1 + exp(-x))^(-1)": "sigmoid(x)",
    "1/(1 + 1/exp(x))": "sigmoid(x)",
    "1/(1 + e^(-x))": "sigmoid(x)",
    "1/(1 + exp(x))": "sigmoid(-x)",
    "exp(x)/(1 + exp(x))": "sigmoid(x)",
    "exp(x)/(exp(x) + 1)": "sigmoid(x)",
    "3*exp(x)/(3 + 3*exp(x))": "sigmoid(x)",
    "2/(1 + exp(-x))": "2 * sigmoid(x)",
    "1/(1 + exp(-2*x))": "sigmoid(2 * x)",
    "1/(1 + exp(-(2*x + 1)))": "sigmoid(2 * x + 1)",
    "1/(1 + exp(1 - 2*x))": "sigmoid(2 * x - 1)",
    "1/(1 + exp(-(x - 2)/0.5))": "sigmoid(2 * (x - 2))",
    "1/(1 + exp(2 - x))": "sigmoid(x - 2)",
    "1/(1 + exp(-x + 2))": "sigmoid(x - 2)",
    "1/(1 + exp(-x/4))": "sigmoid(0.25 * x)",
    "exp(x)/(exp(x) + exp(2*x + 1))": "sigmoid(-x - 1)",
    "1 - 1/(1 + exp(-x))": "sigmoid(-x)",
    "1 - sigmoid(x)": "sigmoid(-x)",
    "-sigmoid(x) + 1": "sigmoid(-x)",
    "2 - 2*sigmoid(x)": "2 * sigmoid(-x)",
    "x/(1 + exp(-x))": "silu(x)",
    "x/(exp(-x) + 1)": "silu(x)",
    "x*(1/(1 + exp(-x)))": "silu(x)",
    "1/(1 + exp(-x))*x": "silu(x)",
    "x*exp(x)/(1 + exp(x))": "silu(x)",
    "2*x/(1 + exp(-2*x))": "silu(2 * x)",
    "(2*x + 1)/(1 + exp(-2*x - 1))": "silu(2 * x + 1)",
    "x/(2 + 2*exp(-x))": "0.5 * silu(x)",
    # hyperbolic functions
    "(exp(x) - exp(-x))/(exp(x) + exp(-x))": "tanh(x)",
    "(exp(x) - exp(-x))/(exp(-x) + exp(x))": "tanh(x)",
    "(-exp(-x) + exp(x))/(exp(-x) + exp(x))": "tanh(x)",
    "(exp(-x) - exp(x))/(exp(x) + exp(-x))": "-tanh(x)",
    "(exp(2*x) - 1)/(exp(2*x) + 1)": "tanh(x)",
    "(1 - exp(-2*x))/(1 + exp(-2*x))": "tanh(x)",
    "(e^x - e^(-x))/(e^x + e^(-x))": "tanh(x)",
    "sinh(x)/cosh(x)": "tanh(x)",
    "2/(1 + exp(-2*x)) - 1": "tanh(x)",
    "1 - tanh(x)^2": "4 * (sigmoid(2 * x) * sigmoid(-2 * x))",
    "(exp(x) - exp(-x))/2": "sinh(x)",
    "0.5*exp(x) - 0.5*exp(-x)": "sinh(x)",
    "(exp(x) + exp(-x))/2": "cosh(x)",
    "cosh(x) - 1": "2 * sinh(0.5 * x)^2",
    "(exp(x) + exp(-x))/(exp(x) - exp(-x))": "1 / tanh(x)",
    "exp(x)/(exp(x) - 1)": "exp(x) / expm1(x)",
    "exp(x)/(1 + exp(x))^2": "sigmoid(x) * sigmoid(-x)",
    "sigmoid(x)*(1 - sigmoid(x))": "sigmoid(x) * sigmoid(-x)",
    # sums of exponentials
    "log(1 + exp(x))": "softplus(x)",
    "log(exp(x) + 1)": "softplus(x)",
    "log1p(exp(x))": "softplus(x)",
    "log(1 + exp(-x))": "softplus(-x)",
    "log(3 + 3*exp(x))": "softplus(x) + 1.0986122886681098",
    "log(exp(x) + exp(2*x))": "logaddexp(x, 2 * x)",
    "log(exp(2*x) + exp(x))": "logaddexp(2 * x, x)",
    "log(2*exp(x) + exp(-x))": "logaddexp(x + 0.6931471805599453, -x)",
    "log(2 + exp(x))": "logaddexp(0.6931471805599453, x)",
    "log(exp(x) + exp(3))": "logaddexp(x, 3)",
    "log(exp(x) + exp(2*x) + exp(-x))": "logaddexp(logaddexp(x, 2 * x), -x)",
    "log(exp(x))": "x",
    "log(sum(exp(x)))": "logsumexp(x)",
    "log(sum(2*exp(x)))": "logsumexp(x + 0.6931471805599453)",
    "exp(x)/sum(exp(x))": "exp(x - logsumexp(x))",
    "log(exp(x)/sum(exp(x)))": "x - logsumexp(x)",
    # logarithms of what underflows
    "log(sigmoid(x))": "logsigmoid(x)",
    "log(1/(1 + exp(-x)))": "logsigmoid(x)",
    "log(1 - sigmoid(x))": "logsigmoid(-x)",
    "log1p(-sigmoid(x))": "logsigmoid(-x)",
    "log(normcdf(x))": "lognormcdf(x)",
    "log(1 - normcdf(x))": "lognormcdf(-x)",
    "log(erfc(x))": "logerfc(x)",
    "log(1 - erf(x))": "logerfc(x)",
    "log(0.5*erfc(-x))": "logerfc(-x) - 0.6931471805599453",
    "log(0.5*(1 + erf(x)))": "logerfc(-x) - 0.6931471805599453",
    "log(normpdf(x))": "-0.5 * x^2 - 0.9189385332046727",
    "log(exp(-x^2/2)/sqrt(2*pi))": "-x^2 / 2 - log(sqrt(2 * pi))",
    "log(softmax(x))": "log_softmax(x)",
    "log(sum(softmax(x)))": "logsumexp(log_softmax(x))",
    "log(prod(sigmoid(x)))": "sum(logsigmoid(x))",
    "log(sigmoid(x)*sigmoid(2*x))": "logsigmoid(x) + logsigmoid(2 * x)",
    "log(sigmoid(x)/normcdf(x))": "logsigmoid(x) - lognormcdf(x)",
    "log(sigmoid(x)^2)": "2 * logsigmoid(x)",
    "log(sqrt(sigmoid(x)))": "0.5 * logsigmoid(x)",
    "log(abs(x)*sigmoid(x))": "logsigmoid(x) + log(abs(x))",
    "log2(sigmoid(x))": "logsigmoid(x) / log(2)",
    "log10(normcdf(x))": "lognormcdf(x) / log(10)",
    # differences that cancel
    "exp(x) - 1": "expm1(x)",
    "-1 + exp(x)": "expm1(x)",
    "1 - exp(-x)": "-expm1(-x)",
    "log(1 + x^2)": "log1p(x^2)",
    "1 - cos(x)": "2 * sin(0.5 * x)^2",
    "1 - erf(x)": "erfc(x)",
    "1 + erf(x)": "erfc(-x)",
    "1 - erfc(x)": "erf(x)",
    "1 - normcdf(x)": "normcdf(-x)",
    "sqrt(x^2 + 3) - sqrt(x^2 + 1)": "2 / (sqrt(x^2 + 3) + hypot(x, 1))",
    "sqrt(4 + x^2) - 2": "x * (x / (sqrt(4 + x^2) + 2))",
    "sqrt(1 + x^2) - 1": "x * (x / (hypot(1, x) + 1))",
    "1 - sqrt(1 + exp(x))": "-(exp(x) / (sqrt(1 + exp(x)) + 1))",
    "log(x + sqrt(x^2 + 1))": "asinh(x)",
    "log(sqrt(1 + x*x) - x)": "-asinh(x)",
    "log((10 + x)/(1 - x))": "log((10 + x) / (1 - x))",
    "log((1 + sin(x))/(1 - sin(x)))": "2 * atanh(sin(x))",
    "log(sin(x)^2/(1 - sin(x)^2))": "logit(sin(x)^2)",
    "log(mean(exp(x)))": "logsumexp(x) - log(sum(x == x))",
    # roots of sums of squares
    "sqrt(x^2 + (2*x)^2)": "hypot(x, 2 * x)",
    "(x*x + square(2*x))^0.5": "hypot(x, 2 * x)",
    "sqrt(1 + x^2)": "hypot(1, x)",
    "sqrt(sum(x^2))": "norm(x)",
    "sqrt(x^2)": "abs(x)",
}


@as_one_test("text, expected", FORMS.items(), ids=FORMS)
@as_one_test("x", OPERANDS.values(), ids=OPERANDS)
def test_a_composition_becomes_its_gate_with_the_same_gradients(text, expected, x):
    graph = parse(text)
    fused = fuse(graph, ["x"])
    assert show(fused.result, {}) == expected
    value, gradient = value_and_grad(graph, x=x)
    fused_value, fused_gradient = value_and_grad(fused, x=x)
    same(fused_value, value, 1e-12)
    same(fused_gradient["x"], gradient["x"], 1e-11)


ARRAYS = {
    "log(softmax(x)[0])": "log_softmax(x)[0]",
    "log(softmax(x, axis=0)[1:, 0])": "log_softmax(x, axis=0)[1:, 0]",
    "log(sum(exp(x), axis=0))": "logsumexp(x, axis=0)",
    "log(max(softmax(x)))": "max(log_softmax(x))",
    "log(softmax(x)[0] + softmax(x)[1])": "logaddexp(log_softmax(x)[0], log_softmax(x)[1])",
    "-sum(y*log(softmax(x)))": "-sum(y * log_softmax(x))",
    "exp(x)/(exp(x) + exp(y))": "sigmoid(x - y)",
    "log(exp(x) + exp(y))": "logaddexp(x, y)",
    "sqrt(x^2 + y^2)": "hypot(x, y)",
    "sum(log(sigmoid(x@y)))": "sum(logsigmoid(x @ y))",
    "(x*y)/(1 + exp(-x*y))": "silu(x * y)",
}


@pytest.mark.parametrize("text, expected", ARRAYS.items(), ids=ARRAYS)
def test_of_arrays_and_of_two_operands(text, expected):
    graph = parse(text)
    fused = fuse(graph, ["x", "y"])
    assert show(fused.result, {}) == expected
    generator = np.random.default_rng(1)
    values = {name: generator.uniform(-1, 1, (3, 3)) for name in graph.variables}
    value, gradient = value_and_grad(graph, values)
    fused_value, fused_gradient = value_and_grad(fused, values)
    same(fused_value, value, 1e-13)
    for name in values:
        same(fused_gradient[name], gradient[name], 1e-12)


@pytest.mark.parametrize(
    "text, x, value, slope",
    [
        ("log(sigmoid(x))", -800.0, -800.0, 1.0),
        ("log(1 - sigmoid(x))", 40.0, -40.0, -1.0),
        ("log(sigmoid(x))", 40.0, -math.exp(-40), math.exp(-40)),
        ("log(normcdf(x))", -40.0, -804.60844201375256, 40.024968847207264),
        ("log(erfc(x))", 27.0, -732.86888650789744, -54.03698640512436),
        ("log(exp(x) + exp(2*x))", 800.0, 1600.0, 2.0),
        ("x/(1 + exp(-x))", -800.0, 0.0, 0.0),
        ("(exp(x) - exp(-x))/(exp(x) + exp(-x))", 800.0, 1.0, 0.0),
        ("exp(x) - 1", 1e-20, 1e-20, 1.0),
        ("log(1 + x)", 1e-20, 1e-20, 1.0),
        ("1 - cos(x)", 1e-10, 5e-21, 1e-10),
        ("sqrt(x^2 + (2*x)^2)", 1e200, math.sqrt(5) * 1e200, math.sqrt(5)),
        ("log(cosh(x))", 800.0, 800.0 - math.log(2), 1.0),
        ("log(cosh(x))", 1e-10, 5e-21, 1e-10),
        ("log(1 - exp(x))", -50.0, -math.exp(-50), -math.exp(-50)),
        ("log(exp(x) - 1)", 800.0, 800.0, 1.0),
    ],
)
def test_digits_are_kept_where_the_composition_loses_them(text, x, value, slope):
    mine, gradient = value_and_grad(fuse(parse(text), ["x"]), x=x)
    assert mine == close_to(value, rel=1e-14)
    assert gradient["x"] == close_to(slope, rel=1e-14)


FAR = (0.0, 1e-300, -1e-9, 5.0, -20.0, 40.0, -40.0, 355.0, 720.0, -720.0, 800.0, -800.0, 1e155, -1e155, 1e300)


@as_one_test("text", FORMS)
def test_what_is_finite_as_written_stays_finite(text):
    graph = parse(text)
    fused = fuse(graph, ["x"])
    for x in FAR:
        value, gradient = value_and_grad(graph, x=x)
        fused_value, fused_gradient = value_and_grad(fused, x=x)
        if math.isfinite(value):
            assert math.isfinite(fused_value), x
            assert math.isfinite(fused_gradient["x"]) or not math.isfinite(gradient["x"]), x


@pytest.mark.parametrize("text", ["1/(1 + e^(-x))", "(e^x - e^(-x))/(e^x + e^(-x))"])
def test_a_variable_called_e_is_not_the_number(text):
    graph = parse(text)
    fused = fuse(graph, ["x", "e"])
    assert show(fused.result, {}) == show(graph.result, {})
    assert "e" in fused.inputs


def test_what_cancels_keeps_its_shape():
    graph = parse("(exp(x + y) - exp(x - y))/(exp(x + y) + exp(x - y))")
    value, gradient = value_and_grad(fuse(graph, ["x", "y"]), x=np.array([1.0, 2.0]), y=0.5)
    assert value.shape == gradient["x"].shape == (2,)


def test_the_lectures_neuron_has_one_sigmoid_gate():
    names = ["w0", "x0", "w1", "x1", "w2"]
    graph = expression(lambda w0, x0, w1, x1, w2: 1 / (1 + exp(-(w0 * x0 + w1 * x1 + w2))), *names)
    fused = fuse(graph)
    assert gates_of(fused) == ["mul", "mul", "add", "add", "sigmoid"]
    point = dict(zip(names, [2, -1, -3, -2, -3], strict=True))
    value, gradient = value_and_grad(fused, point)
    assert value == close_to(0.7310585786300049, rel=1e-15)
    assert gradient == close_to(value_and_grad(graph, point)[1], rel=1e-14)


@pytest.mark.parametrize(
    "x, sigmoid, slope", [(800.0, 1.0, 0.0), (-800.0, 0.0, 0.0), (-700.0, math.exp(-700), math.exp(-700))]
)
def test_what_overflows_as_written_does_not_as_one_gate(x, sigmoid, slope):
    graph = expression(lambda x: exp(x) / (1 + exp(x)), "x")
    value, gradient = value_and_grad(fuse(graph), x=x)
    assert (value, gradient["x"]) == (close_to(sigmoid, rel=1e-13), close_to(slope, rel=1e-13))
    if x == 800.0:
        assert math.isnan(value_and_grad(graph, x=x)[0])


NEAR_MISSES = {
    "1/(2 + exp(-x))": lambda x, y: 1 / (2 + exp(-x)),
    "1/(1 + exp2(-x))": lambda x, y: 1 / (1 + call("exp2", -x)),
    "1/(1 + exp(-x))'s denominator alone": lambda x, y: 1 + exp(-x),
    "(1 + exp(x))/1": lambda x, y: (1 + exp(x)) / 1,
    "log1p(x)": lambda x, y: call("log1p", x * y),
    "log(sum(x))": lambda x, y: log(call("sum", x)),
    "log(2 + x)": lambda x, y: log(2 + x),
    "log(exp(x) - exp(y))": lambda x, y: log(exp(x) - exp(y)),
    "log(x*y)": lambda x, y: log(x * y),
    "log(sum(y*exp(x)))": lambda x, y: log(call("sum", y * exp(x))),
    "log(-sigmoid(x))": lambda x, y: log(-call("sigmoid", x)),
    "exp(x) - 2": lambda x, y: exp(x) - 2,
    "1 - cos(x) + y": lambda x, y: y + (1 + call("cos", x)),
    "sqrt(x^2 - y^2)": lambda x, y: call("sqrt", x**2 - y**2),
    "sqrt(x^2 + 2*y^2)": lambda x, y: call("sqrt", x**2 + 2 * y**2),
    "(exp(x) - exp(y))/(exp(x) + exp(-y))": lambda x, y: (exp(x) - exp(y)) / (exp(x) + exp(-y)),
    "1/(1 + x)": lambda x, y: 1 / (1 + x),
    "x/(1 + x)": lambda x, y: x / (1 + x),
}


@pytest.mark.parametrize("write", NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_a_near_miss_stays_as_it_is_written(write):
    graph = expression(write, "x", "y")
    fused = fuse(graph)
    assert [(node.gate, node.attributes) for node in needed([fused.result])] == [
        (node.gate, node.attributes) for node in needed([graph.result])
    ]


def test_array_literals_in_the_place_of_the_one():
    for row in ([1.0, 2.0], [1.0, 1.0]):
        graph = expression(lambda x, row=row: call("/", np.array(row), 1 + exp(-x)), "x")
        fused = fuse(graph)
        assert gates_of(fused) == ["sigmoid", "mul"]
        same(value_and_grad(fused, x=0.5)[0], value_and_grad(graph, x=0.5)[0])


def test_spellings_inside_spellings():
    def sigmoid(x):
        return 1 / (1 + exp(-x))

    graph = expression(lambda x: log(1 + exp(sigmoid(sigmoid(x)))), "x")
    assert gates_of(fuse(graph)) == ["sigmoid", "sigmoid", "softplus"]


def test_a_part_that_is_used_elsewhere_stays_too():
    graph = expression(lambda x: assign("s", 1 / (1 + exp(-x))) * exp(-x), "x")
    fused = fuse(graph)
    assert gates_of(fused) == ["neg", "exp", "sigmoid", "mul"]
    assert fused.names["s"].gate.name == "sigmoid"
    same(value_and_grad(fused, x=0.3)[1]["x"], value_and_grad(graph, x=0.3)[1]["x"])


def test_names_inputs_source_and_spans_are_kept():
    graph = expression(lambda y, x: assign("q", 1 / (1 + exp(-x))) + y, "y", "x")
    graph.source = "…"
    fused = fuse(graph)
    assert fused.variables == ("y", "x")
    assert fused.source == "…"
    assert fused.names["q"].span == graph.names["q"].span
    assert fused.result.span == graph.result.span
    assert not fused.is_typed


def test_the_graph_given_is_not_touched():
    graph = expression(lambda x: 1 / (1 + exp(-x)), "x")
    before = list(graph.nodes)
    fuse(graph)
    assert graph.nodes == before
    assert graph.result.gate.name == "div"


def test_constants_may_be_fused():
    graph = expression(lambda pi: 1 / (1 + exp(-pi)), "pi")
    assert constant_value(fuse(graph).result) == close_to(1 / (1 + math.exp(-math.pi)), rel=1e-15)


def test_long_chains_are_fused_without_recursion():
    assert len(fuse(chain(5_000)).nodes) == 5_001
