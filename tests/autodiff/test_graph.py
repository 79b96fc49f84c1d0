"""The graph's laws: append-only, hash-consed, inputs before users, bounded, and typed without moving a node."""

import math

import numpy as np
import pytest

from backprop.autodiff import ExpressionError, Graph, Span
from backprop.autodiff import graph as graph_module
from backprop.autodiff.evaluation.execution import constant_value, evaluate
from backprop.autodiff.gates import OPERATORS, arrays, constructors, trigonometric
from backprop.autodiff.passes.reverse import adjoints

from .building import assign, call, expression, value_of

pytestmark = pytest.mark.smoke

add, multiply = OPERATORS["+"], OPERATORS["*"]


@pytest.fixture(params=[False, True], ids=["untyped", "typed"])
def graph(request):
    return Graph(is_typed=request.param)


def test_equal_subexpressions_are_one_node(graph):
    x, y = graph.input("x"), graph.input("y")
    assert graph.add(add, (x, y)) is graph.add(add, (x, y))
    assert graph.input("x") is x
    assert graph.constant(2.5) is graph.constant(2.5)
    assert len(graph.nodes) == 4


def test_operand_order_gate_and_attributes_tell_nodes_apart(graph):
    x, y = graph.input("x"), graph.input("y")
    assert graph.add(add, (x, y)) is not graph.add(add, (y, x))
    assert graph.add(add, (x, y)) is not graph.add(multiply, (x, y))
    assert graph.add(arrays.stack, (x, y), (0,)) is not graph.add(arrays.stack, (x, y), (-1,))
    assert graph.add(arrays.stack, (x, y), (0,)) is graph.add(arrays.stack, (x, y), (0,))


def test_the_first_span_stays():
    graph = Graph(is_typed=False)
    x = graph.input("x", (), Span(0, 1))
    first = graph.add(trigonometric.sin, (x,), (), Span(2, 8))
    assert graph.add(trigonometric.sin, (x,), (), Span(20, 26)) is first
    assert first.span == Span(2, 8)


def test_zero_and_minus_zero_are_two_nodes_and_nan_is_one(graph):
    assert graph.constant(0.0) is not graph.constant(-0.0)
    assert graph.constant(math.nan) is graph.constant(-math.nan)
    assert graph.constant(math.inf) is not graph.constant(-math.inf)
    assert graph.constant(1) is graph.constant(1.0) is graph.constant(np.float64(1))


def test_minus_zero_keeps_its_sign_to_the_end():
    assert value_of(expression(lambda x: x / -0.0, "x"), [1.0]) == -math.inf
    assert value_of(expression(lambda x: x / 0.0, "x"), [1.0]) == math.inf


def test_array_constants_are_told_apart_by_entries_and_by_shape(graph):
    row = graph.constant([1.0, 2.0])
    assert row is graph.constant(np.array([1.0, 2.0]))
    assert row is graph.constant(np.array([1.0, 9.0, 2.0])[::2])
    assert row is not graph.constant([2.0, 1.0])
    assert row is not graph.constant([[1.0, 2.0]])
    assert row.shape == (2,)
    assert graph.constant([5.0]) is not graph.constant(5.0)


def test_a_named_constant_is_not_the_number(graph):
    assert graph.constant(math.pi, "pi") is not graph.constant(math.pi)
    assert graph.constant(math.pi, "pi").name == "pi"
    assert graph.constant(math.pi).name is None


def test_inputs_come_before_users_and_nothing_is_removed():
    graph = expression(lambda x, y: (x * y + x) * call("exp", x * y), "x", "y").typed({})
    before = list(graph.nodes)
    adjoints(graph, graph.result, graph.constant(1.0), list(graph.inputs.values()))
    assert graph.nodes[: len(before)] == before
    assert len(graph.nodes) > len(before)
    for place, node in enumerate(graph.nodes):
        assert node.index == place
        assert node.graph is graph
        assert all(operand.index < place and graph.nodes[operand.index] is operand for operand in node.inputs)


def test_nodes_cannot_be_given_values():
    node = Graph(is_typed=False).input("x")
    with pytest.raises(AttributeError):
        node.value = 1.0


def test_typing_keeps_every_index():
    def write(x, y):
        q = assign("q", x @ y)
        return call("sum", q * 2) + x[0, 0]

    untyped = expression(write, "x", "y")
    typed = untyped.typed({"x": (2, 3), "y": (3,)})
    assert len(typed.nodes) == len(untyped.nodes)
    for before, after in zip(untyped.nodes, typed.nodes, strict=True):
        assert (after.index, after.gate, after.span) == (before.index, before.gate, before.span)
        assert [one.index for one in after.inputs] == [one.index for one in before.inputs]
    assert typed.names["q"].index == untyped.names["q"].index
    assert typed.output.index == untyped.output.index
    assert typed.names["q"].shape == (2,)
    assert typed.inputs["x"].shape == (2, 3)


def test_one_graph_serves_many_shapes():
    graph = expression(lambda x, y: x + y, "x", "y")
    assert graph.typed({}).result.shape == ()
    assert graph.typed({"x": (3,)}).result.shape == (3,)
    assert graph.typed({"x": (2, 1), "y": (3,)}).result.shape == (2, 3)
    assert graph.result.shape == ()


def test_named_constants_have_their_value_unless_they_are_given():
    graph = expression(lambda x, pi, e: x * pi + e, "x", "pi", "e")
    assert graph.variables == ("x",)
    typed = graph.typed({})
    assert list(typed.inputs) == ["x"]
    assert evaluate([typed.result], {"x": np.float64(2)})[0] == 2 * math.pi + math.e
    given = graph.typed({"pi": ()})
    assert list(given.inputs) == ["x", "pi"]
    assert evaluate([given.result], {"x": np.float64(2), "pi": np.float64(3)})[0] == 6 + math.e


def test_variables_are_listed_in_the_order_of_their_first_use():
    assert expression(lambda z, a, m: a + m + z, "z", "a", "m").variables == ("z", "a", "m")


def test_a_graph_without_an_output_says_so():
    with pytest.raises(ExpressionError, match="no value"):
        _ = Graph(is_typed=False).result


def test_shapes_that_do_not_fit_name_both_and_the_place():
    graph = Graph(is_typed=False, source="x + y")
    x, y = graph.input("x"), graph.input("y")
    graph.output = graph.add(add, (x, y), (), Span(2, 3))
    with pytest.raises(ExpressionError) as caught:
        graph.typed({"x": (2,), "y": (3,)})
    error = caught.value
    assert error.reason == "add: shapes (2) and (3) do not match"
    assert (error.span, error.source) == (Span(2, 3), "x + y")
    assert error.cure


def test_the_number_of_nodes_is_bounded(monkeypatch):
    monkeypatch.setattr(graph_module, "MAXIMUM_NODES", 5)
    graph = Graph(is_typed=False, source="…")
    node = graph.input("x")
    for _ in range(4):
        node = graph.add(trigonometric.sin, (node,))
    with pytest.raises(ExpressionError, match="more than 5 nodes") as caught:
        graph.add(trigonometric.sin, (node,), (), Span(7, 9))
    assert caught.value.span == Span(7, 9)
    assert caught.value.source == "…"
    assert len(graph.nodes) == 5
    assert graph.add(trigonometric.sin, (graph.nodes[0],)) is graph.nodes[1]  # no new node: no error


HUGE = {
    "zeros": lambda graph: graph.add(constructors.zeros, (), ((2**27 + 1,),), Span(3, 4)),
    "ones of many lengths": lambda graph: graph.add(constructors.ones, (), ((2**10, 2**10, 2**10),), Span(3, 4)),
    "eye": lambda graph: graph.add(constructors.eye, (), (10**9, None), Span(3, 4)),
    "linspace": lambda graph: graph.add(constructors.linspace, (), (0.0, 1.0, 10**12), Span(3, 4)),
    "arange": lambda graph: graph.add(constructors.arange, (), ((0.0, 1.0, 1e-12),), Span(3, 4)),
    "arange past the largest number": lambda graph: graph.add(
        constructors.arange, (), ((-1e308, 1e308, 1e-308),), Span(3, 4)
    ),
    "a length beyond an index": lambda graph: graph.add(constructors.zeros, (), ((10**30,),), Span(3, 4)),
    "an empty array with a length beyond an index": lambda graph: graph.add(
        constructors.zeros, (), ((0, 10**30),), Span(3, 4)
    ),
    "more dimensions than NumPy has": lambda graph: graph.add(constructors.zeros, (), ((1,) * 65,), Span(3, 4)),
    "a broadcast": lambda graph: graph.add(
        add, (graph.input("x", (2**20, 1)), graph.input("y", (1, 2**20))), (), Span(3, 4)
    ),
    "an outer product": lambda graph: graph.add(
        OPERATORS["@"], (graph.input("x", (2**20, 1)), graph.input("y", (1, 2**20))), (), Span(3, 4)
    ),
}


@pytest.mark.parametrize("make", HUGE.values(), ids=HUGE)
def test_arrays_beyond_the_bound_are_refused_before_memory_is_taken(make):
    """Nothing is evaluated here at all: the shape alone is refused, with the place."""
    with pytest.raises(ExpressionError) as caught:
        make(Graph(is_typed=True))
    assert caught.value.span == Span(3, 4)


def test_the_largest_array_allowed_has_a_node():
    graph = Graph(is_typed=True)
    assert graph.add(constructors.zeros, (), ((2**27,),)).shape == (2**27,)


def test_an_untyped_graph_takes_any_shapes():
    graph = Graph(is_typed=False)
    node = graph.add(constructors.zeros, (), ((2**40,),))
    assert graph.add(add, (node, graph.constant([1.0, 2.0])))


def test_constant_value_computes_and_checks():
    graph = expression(lambda pi: call("sin", pi / 2) + 1, "pi")
    assert constant_value(graph.result) == 2.0
    assert constant_value(graph.typed({}).result) == 2.0
    made = Graph(is_typed=False)
    row = made.add(arrays.stack, (made.constant(1.0), made.constant(2.0)), (0,))
    np.testing.assert_array_equal(constant_value(row), [1.0, 2.0])


def test_constant_value_refuses_variables_and_bad_shapes():
    graph = expression(lambda x: x * 2 + 1, "x")
    with pytest.raises(ExpressionError, match="'x' is not a constant"):
        constant_value(graph.result)
    made = Graph(is_typed=False, source="s")
    bad = made.add(add, (made.constant([1.0, 2.0]), made.constant([1.0, 2.0, 3.0])), (), Span(1, 2))
    with pytest.raises(ExpressionError, match="do not match") as caught:
        constant_value(bad)
    assert (caught.value.span, caught.value.source) == (Span(1, 2), "s")


def test_constant_value_looks_at_nothing_that_the_node_does_not_need():
    graph = Graph(is_typed=False)
    graph.add(add, (graph.constant([1.0, 2.0]), graph.constant([1.0, 2.0, 3.0])))
    graph.input("x")
    assert constant_value(graph.constant(3.0)) == 3.0


def test_reprs_name_the_gate():
    graph = expression(lambda x: call("sin", x), "x")
    assert repr(graph.result) == "<node 1: sin(0)>"
    assert repr(graph.result.gate) == "<gate sin>"
