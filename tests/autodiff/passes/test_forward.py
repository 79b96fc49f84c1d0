"""The forward pass as a transformation of the graph: tangents along a direction, missing where they are zero."""

import numpy as np
import pytest

from backprop.autodiff.evaluation.execution import evaluate
from backprop.autodiff.evaluation.garbage import without_collection
from backprop.autodiff.passes.forward import tangents

from ...closeness import close_to
from ..building import assign, call, expression, tangent_of
from ..deep import DEEP, deep, is_linear


@without_collection
def forward(graph, seeds):
    typed = graph.typed({})
    found = tangents(typed, [typed.result], {typed.inputs[name]: typed.constant(seed) for name, seed in seeds.items()})
    return typed, found


def test_the_lectures_circuit():
    graph = expression(lambda x, y, z: (x + y) * z, "x", "y", "z")
    assert [tangent_of(graph, [-2.0, 5.0, -4.0], one) for one in np.eye(3)] == [-4.0, -4.0, 3.0]


def test_a_direction_is_a_linear_combination():
    graph = expression(lambda x, y: call("sin", x * y) / y, "x", "y")
    along_x, along_y = tangent_of(graph, [0.3, 0.7], [1.0, 0.0]), tangent_of(graph, [0.3, 0.7], [0.0, 1.0])
    both = tangent_of(graph, [0.3, 0.7], [2.0, -3.0])
    assert both == close_to(2 * along_x - 3 * along_y, rel=1e-14)


def test_only_what_depends_on_the_seeds_has_a_tangent():
    graph = expression(lambda x, y: call("sin", x) * call("exp", y) + call("floor", x), "x", "y")
    _, found = forward(graph, {"x": 1.0})
    assert {node.gate.name for node in found} == {"input", "sin", "mul", "add"}


def test_no_seed_no_tangent():
    typed, found = forward(expression(lambda x: x * 2.0, "x"), {})
    assert found == {}
    assert typed.result.gate.name == "mul"


def test_a_tangent_has_its_nodes_shape():
    graph = expression(lambda W, x, b: call("relu", W @ x + b), "W", "x", "b")
    typed = graph.typed({"W": (2, 3), "x": (3,)})
    found = tangents(typed, [typed.result], {typed.inputs["b"]: typed.constant(1.0)})
    assert all(tangent.shape == node.shape for node, tangent in found.items())
    assert found[typed.result].shape == (2,)


def test_nodes_after_the_output_are_left_alone():
    graph = expression(lambda x: (assign("q", x**2.0), call("exp", x**2.0))[1], "x")
    typed = graph.typed({})
    found = tangents(typed, [typed.names["q"]], {typed.inputs["x"]: typed.constant(1.0)})
    assert typed.result not in found


def test_a_seed_inside_the_graph_stands_instead_of_its_own_tangent():
    graph = expression(lambda x: call("exp", assign("q", x**2.0)), "x")
    typed = graph.typed({})
    seeds = {typed.inputs["x"]: typed.constant(1.0), typed.names["q"]: typed.constant(1.0)}
    found = tangents(typed, [typed.result], seeds)
    assert evaluate([found[typed.result]], {"x": np.float64(2)})[0] == close_to(np.exp(4.0), rel=1e-15)


def test_tangent_nodes_point_at_the_gate_they_come_from():
    graph = expression(lambda x: call("exp", call("sin", x)), "x")
    typed = graph.typed({})
    before = len(typed.nodes)
    found = tangents(typed, [typed.result], {typed.inputs["x"]: typed.constant(2.0)})
    sine = typed.result.inputs[0]
    assert found[sine].span == sine.span
    assert found[typed.result].span == typed.result.span
    assert len(typed.nodes) > before
    assert typed.place is None


def nodes_made(graph) -> int:
    typed, _ = forward(graph, {"x": 2.0})
    return len(typed.nodes) - len(graph.nodes)


@pytest.mark.parametrize("name", DEEP)
def test_the_pass_makes_as_many_nodes_a_gate_at_any_size(name):
    assert is_linear(nodes_made, name)


@pytest.mark.parametrize("name", ["uses", "branches"])
def test_very_many_gates_need_no_recursion(name):
    graph = deep(name)
    assert np.isfinite(tangent_of(graph, [0.5] * len(graph.variables), [1.0] * len(graph.variables)))
