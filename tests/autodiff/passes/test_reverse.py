"""The reverse pass as a transformation of the graph: what it appends, what it leaves out, and how much."""

import numpy as np
import pytest

from backprop.autodiff import Graph
from backprop.autodiff.evaluation.execution import evaluate
from backprop.autodiff.evaluation.garbage import without_collection
from backprop.autodiff.evaluation.program import dependents
from backprop.autodiff.passes.reverse import adjoints

from ...closeness import close_to
from ..building import assign, call, expression, value_and_gradients
from ..deep import DEEP, deep_value_and_grad, is_linear, sum_of_terms


@without_collection
def reverse(graph, values=None, wanted=None):
    typed = graph.typed({name: np.shape(value) for name, value in (values or {}).items()})
    inputs = list(typed.inputs.values()) if wanted is None else [typed.inputs[name] for name in wanted]
    seed = typed.constant(np.ones(typed.result.shape))
    return typed, adjoints(typed, typed.result, seed, inputs)


def test_every_node_between_has_an_adjoint_of_its_shape():
    graph = expression(lambda W, x: call("sum", call("tanh", W @ x + 1.0) * 2.0), "W", "x")
    typed, found = reverse(graph, {"W": np.ones((2, 3)), "x": np.ones(3)})
    between = [node for node in typed.nodes[: typed.result.index + 1] if not node.is_constant]
    assert set(found.of) == set(between)
    assert all(found.of[node].shape == node.shape for node in between)


def test_constants_and_what_is_not_wanted_have_no_adjoint():
    graph = expression(lambda x, y: call("sin", x) * call("exp", y) + 3.0, "x", "y")
    typed, found = reverse(graph, wanted=["y"])
    names = {node.gate.name for node in found.of}
    assert names == {"input", "exp", "mul", "add"}
    assert typed.inputs["x"] not in found.of


def test_a_node_that_the_output_does_not_need_has_none():
    graph = expression(lambda x, y: (assign("dead", call("cos", y)), x * 2.0)[1], "x", "y")
    typed, found = reverse(graph)
    assert typed.names["dead"] not in found.of
    assert typed.inputs["y"] not in found.of
    assert typed.inputs["x"] in found.of


def test_nothing_flows_through_flat_gates():
    graph = expression(lambda x: call("floor", x) * 2.0, "x")
    typed, found = reverse(graph)
    assert typed.inputs["x"] not in found.of


def test_the_adjoint_is_the_sum_of_the_shares():
    graph = expression(lambda x: x * 3.0 + call("sin", x) * x, "x")
    typed, found = reverse(graph)
    x = typed.inputs["x"]
    shares = found.shares[x]
    assert sorted((share.user.gate.name, share.position) for share in shares) == [("mul", 0), ("mul", 1), ("sin", 0)]
    total, *parts = evaluate([found.of[x], *[share.settled for share in shares]], {"x": np.float64(0.7)})
    assert total == close_to(sum(parts), rel=1e-15)
    assert all(share.user.inputs[share.position] is x for share in shares)


def test_a_node_used_twice_by_one_gate_has_two_shares():
    typed, found = reverse(expression(lambda x: x * x, "x"))
    assert [share.position for share in found.shares[typed.inputs["x"]]] == [0, 1]


def test_the_output_has_the_seed_and_no_share():
    typed, found = reverse(expression(lambda x: x * 2.0, "x"))
    assert found.of[typed.result] is typed.constant(1.0)
    assert found.shares[typed.result] == []


def test_a_node_that_is_not_the_last_may_be_the_output():
    graph = expression(lambda x: (assign("q", x**2.0), call("exp", x**2.0))[1], "x")
    typed = graph.typed({})
    q, x = typed.names["q"], typed.inputs["x"]
    found = adjoints(typed, q, typed.constant(1.0), [x]).of
    assert evaluate([found[x]], {"x": np.float64(3)}) == [6.0]
    assert typed.result not in found


def test_broadcasts_are_undone():
    graph = expression(lambda row, column, scalar: row * column + scalar, "row", "column", "scalar")
    row, column = np.array([1.0, 2.0, 3.0]), np.array([[4.0], [5.0]])
    _, gradients = value_and_gradients(graph, [row, column, 6.0])
    np.testing.assert_array_equal(gradients[0], [9.0, 9.0, 9.0])
    np.testing.assert_array_equal(gradients[1], [[6.0], [6.0]])
    assert gradients[2] == 6.0


def test_adjoint_nodes_point_at_the_gate_they_come_from():
    graph = expression(lambda x: call("exp", call("sin", x)), "x")
    typed = graph.typed({})
    spans = {node.span for node in typed.nodes}
    before = len(typed.nodes)
    adjoints(typed, typed.result, typed.constant(1.0), [typed.inputs["x"]])
    made = [node for node in typed.nodes[before:] if not node.is_constant]
    assert made
    assert all(node.span in spans for node in made)
    assert typed.place is None


def test_dependents_are_the_wanted_and_what_uses_them():
    graph = expression(lambda x, y: call("sin", x) + call("cos", y), "x", "y").typed({})
    active = dependents(graph, graph.result, [graph.inputs["y"]])
    assert [node.gate.name for node, is_active in zip(graph.nodes, active, strict=True) if is_active] == [
        "input",
        "cos",
        "add",
    ]


def nodes_made(graph: Graph) -> int:
    typed, _ = reverse(graph)
    return len(typed.nodes) - len(graph.nodes)


@pytest.mark.parametrize("name", DEEP)
def test_the_pass_makes_as_many_nodes_a_gate_at_any_size(name):
    assert is_linear(nodes_made, name)


@pytest.mark.parametrize("name", DEEP)
def test_very_many_gates_need_no_recursion(name):
    value, gradients = deep_value_and_grad(name)  # which sees that the limit of recursion stays
    assert np.isfinite(value)
    assert all(np.isfinite(one) for one in gradients.values())


def test_a_node_gets_the_sum_over_all_its_uses():
    graph = sum_of_terms(20_000)
    _, (gradient,) = value_and_gradients(graph, [0.1])
    assert gradient == 1 + sum(range(2, 20_002))


def test_shares_are_added_in_pairs_and_keep_their_digits():
    """One after the other they would lose two of their digits to rounding."""
    terms = 20_000

    def write(x):
        result = x * 0.1
        for place in range(1, terms):
            result = result + x * (0.1 + place * 1e-9)
        return result

    _, (gradient,) = value_and_gradients(expression(write, "x"), [1.0])
    exact = sum(np.float64(0.1 + place * 1e-9).astype(np.longdouble) for place in range(terms))
    assert abs(gradient - exact) <= 4e-16 * float(exact)
