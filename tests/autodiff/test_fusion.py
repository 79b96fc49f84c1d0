"""--fuse: each spelling becomes one gate, nothing else does, and the numbers are those of the spelling or better."""

import math

import numpy as np
import pytest

from backprop.autodiff import value_and_grad
from backprop.autodiff.execution import constant_value
from backprop.autodiff.fusion import SPELLINGS, fuse
from backprop.autodiff.program import needed

from .building import assign, call, expression
from .deep import chain


def exp(x):
    return call("exp", x)


def log(x):
    return call("log", x)


WRITTEN = {
    "1/(1 + exp(-x))": (lambda x: 1 / (1 + exp(-x)), ["sigmoid"]),
    "1/(exp(-x) + 1)": (lambda x: 1 / (exp(-x) + 1), ["sigmoid"]),
    "1/(1 + exp(x))": (lambda x: 1 / (1 + exp(x)), ["neg", "sigmoid"]),
    "1/(exp(x) + 1)": (lambda x: 1 / (exp(x) + 1), ["neg", "sigmoid"]),
    "exp(x)/(1 + exp(x))": (lambda x: exp(x) / (1 + exp(x)), ["sigmoid"]),
    "exp(x)/(exp(x) + 1)": (lambda x: exp(x) / (exp(x) + 1), ["sigmoid"]),
    "log(1 + exp(x))": (lambda x: log(1 + exp(x)), ["softplus"]),
    "log(exp(x) + 1)": (lambda x: log(exp(x) + 1), ["softplus"]),
    "log1p(exp(x))": (lambda x: call("log1p", exp(x)), ["softplus"]),
    "log(1 + exp(-x))": (lambda x: log(1 + exp(-x)), ["neg", "softplus"]),
    "log(sum(exp(x)))": (lambda x: log(call("sum", exp(x))), ["logsumexp"]),
}
OPERANDS = {"scalar": 0.7, "row": np.array([0.7, -2.0, 3.0]), "matrix": np.array([[0.7, -1.0], [2.0, 0.1]])}


def gates_of(graph):
    return [node.gate.name for node in needed([graph.result]) if node.inputs]


def same(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_every_spelling_is_tried_here():
    assert len(WRITTEN) == len(SPELLINGS) + 1  # softplus of -x is no spelling of its own


@pytest.mark.parametrize("write, gates", WRITTEN.values(), ids=WRITTEN)
@pytest.mark.parametrize("x", OPERANDS.values(), ids=OPERANDS)
def test_a_spelling_becomes_one_gate_with_the_same_gradients(write, gates, x):
    graph = expression(write, "x")
    fused = fuse(graph)
    assert gates_of(fused) == gates
    value, gradient = value_and_grad(graph, x=x)
    fused_value, fused_gradient = value_and_grad(fused, x=x)
    same(fused_value, value)
    same(fused_gradient["x"], gradient["x"])


def test_the_lectures_neuron_has_one_sigmoid_gate():
    names = ["w0", "x0", "w1", "x1", "w2"]
    graph = expression(lambda w0, x0, w1, x1, w2: 1 / (1 + exp(-(w0 * x0 + w1 * x1 + w2))), *names)
    fused = fuse(graph)
    assert gates_of(fused) == ["mul", "mul", "add", "add", "sigmoid"]
    point = dict(zip(names, [2, -1, -3, -2, -3], strict=True))
    value, gradient = value_and_grad(fused, point)
    assert value == pytest.approx(0.7310585786300049, rel=1e-15)
    assert gradient == pytest.approx(value_and_grad(graph, point)[1], rel=1e-14)


@pytest.mark.parametrize(
    "x, sigmoid, slope", [(800.0, 1.0, 0.0), (-800.0, 0.0, 0.0), (-700.0, math.exp(-700), math.exp(-700))]
)
def test_what_overflows_as_written_does_not_as_one_gate(x, sigmoid, slope):
    graph = expression(lambda x: exp(x) / (1 + exp(x)), "x")
    value, gradient = value_and_grad(fuse(graph), x=x)
    assert (value, gradient["x"]) == (pytest.approx(sigmoid, rel=1e-13), pytest.approx(slope, rel=1e-13))
    if x == 800.0:
        assert math.isnan(value_and_grad(graph, x=x)[0])


NEAR_MISSES = {
    "2/(1 + exp(-x))": lambda x, y: 2 / (1 + exp(-x)),
    "1/(2 + exp(-x))": lambda x, y: 1 / (2 + exp(-x)),
    "1/(1 - exp(-x))": lambda x, y: 1 / (1 - exp(-x)),
    "1/(1 + exp2(-x))": lambda x, y: 1 / (1 + call("exp2", -x)),
    "1/(1 + exp(-x))'s denominator alone": lambda x, y: 1 + exp(-x),
    "exp(x)/(1 + exp(y))": lambda x, y: exp(x) / (1 + exp(y)),
    "exp(x)/(1 + exp(-x))": lambda x, y: exp(x) / (1 + exp(-x)),
    "(1 + exp(x))/1": lambda x, y: (1 + exp(x)) / 1,
    "log(2 + exp(x))": lambda x, y: log(2 + exp(x)),
    "log(exp(x) - 1)": lambda x, y: log(exp(x) - 1),
    "log(exp(x) + exp(y))": lambda x, y: log(exp(x) + exp(y)),
    "log2(1 + exp(x))": lambda x, y: call("log2", 1 + exp(x)),
    "log1p(x)": lambda x, y: call("log1p", x * y),
    "log(mean(exp(x)))": lambda x, y: log(call("mean", exp(x))),
    "log(sum(exp(x), axis=0))": lambda x, y: log(call("sum", exp(x), axis=0)),
    "log(sum(x))": lambda x, y: log(call("sum", x)),
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
    row = [1.0, 2.0]
    graph = expression(lambda x: call("/", np.array(row), 1 + exp(-x)), "x")
    fused = fuse(graph)
    assert "sigmoid" not in gates_of(fused)
    same(value_and_grad(fused, x=0.5)[0], value_and_grad(graph, x=0.5)[0])
    ones = expression(lambda x: call("/", np.ones(2), 1 + exp(-x)), "x")
    same(value_and_grad(fuse(ones), x=0.5)[0], value_and_grad(ones, x=0.5)[0])


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
    graph = expression(WRITTEN["1/(1 + exp(-x))"][0], "x")
    before = list(graph.nodes)
    fuse(graph)
    assert graph.nodes == before
    assert graph.result.gate.name == "div"


def test_constants_may_be_fused():
    graph = expression(lambda pi: 1 / (1 + exp(-pi)), "pi")
    assert constant_value(fuse(graph).result) == pytest.approx(1 / (1 + math.exp(-math.pi)), rel=1e-15)


def test_long_chains_are_fused_without_recursion():
    assert len(fuse(chain(5_000)).nodes) == 5_001
