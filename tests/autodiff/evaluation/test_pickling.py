"""Graphs pickle as flat lists, gates by their names: no declaration, no recursion, nothing lost."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest

from backprop.autodiff import value_and_grad
from backprop.autodiff.declaration import leaves
from backprop.autodiff.declaration.kinds import Elementwise
from backprop.autodiff.gates import GATES, OF_NO_FAMILY
from backprop.autodiff.passes import side_gates
from backprop.autodiff.shapes import Slice

from ...cases import each
from ..building import assign, call, expression, single
from ..deep import DEEP, deep


def described(graph):
    """All that a graph is, in comparable form."""
    return (
        [
            (node.index, node.gate, [one.index for one in node.inputs], bits(node.attributes), node.shape, node.span)
            for node in graph.nodes
        ],
        {name: node.index for name, node in graph.names.items()},
        {name: node.index for name, node in graph.inputs.items()},
        None if graph.output is None else graph.output.index,
        graph.is_typed,
        graph.source,
    )


def bits(attributes):
    return [np.asarray(one).tobytes() if isinstance(one, (np.ndarray, float)) else one for one in attributes]


def example():
    def write(x, w, pi):
        first = assign("q", call("index", w, index=(0, Slice(None, None, -1))))
        return call("sum", call("softmax", first * x, axis=0) * -0.0 + 0.0 + np.nan, axis=None) + pi

    graph = expression(write, "x", "w", "pi")
    graph.source = "the text"
    return graph


@pytest.mark.parametrize("again", [lambda graph: pickle.loads(pickle.dumps(graph)), copy.deepcopy])
@pytest.mark.parametrize("is_typed", [False, True])
def test_nothing_is_lost(again, is_typed):
    graph = example().typed({"w": (2, 3)}) if is_typed else example()
    twin = again(graph)
    assert described(twin) == described(graph)
    assert twin.nodes[0] is not graph.nodes[0] and twin.nodes[0].graph is twin


def test_a_pickled_graph_goes_on_interning():
    graph = example()
    twin = pickle.loads(pickle.dumps(graph))
    count = len(twin.nodes)
    for node in list(twin.nodes):
        if node.gate is leaves.input:
            again = twin.input(node.name)
        elif node.gate is leaves.constant:
            again = twin.constant(node.value, node.name)
        else:
            again = twin.add(node.gate, node.inputs, node.attributes)
        assert again is node
    assert len(twin.nodes) == count


def test_a_node_comes_with_its_graph():
    graph = example()
    node = pickle.loads(pickle.dumps(graph.names["q"]))
    assert node.index == graph.names["q"].index
    assert described(node.graph) == described(graph)


EVERY_GATE = [*GATES, *OF_NO_FAMILY, leaves.input, leaves.constant, *side_gates.GATES]


def test_a_gate_is_its_name():
    for gate in each(EVERY_GATE):
        data = pickle.dumps(gate)
        assert pickle.loads(data) is gate
        assert len(data) < 200


def test_another_process_that_imported_nothing_finds_each_gate():
    program = "import pickle, sys\nfor data in pickle.load(sys.stdin.buffer): print(pickle.loads(data).name)"
    for gate in (leaves.input, side_gates.side_mean):  # the first to be asked for: who loads it must load all it needs
        data = pickle.dumps([pickle.dumps(one) for one in (gate, *EVERY_GATE)])
        answer = subprocess.run([sys.executable, "-c", program], input=data, capture_output=True, check=True)
        assert answer.stdout.decode().split("\n")[:-1] == [one.name for one in (gate, *EVERY_GATE)]


def test_names_of_gates_are_unique_with_the_leaves():
    names = [gate.name for gate in EVERY_GATE]
    assert len(set(names)) == len(names)


def test_a_gate_that_is_not_in_the_table_is_refused():
    gate = Elementwise("planted", np.positive, lambda x, out: 1, summary="x", habit="x", source="x", samples=())
    with pytest.raises(KeyError, match="planted"):
        pickle.loads(pickle.dumps(gate))


@pytest.mark.parametrize("name", DEEP)
def test_very_many_gates(name):
    graph = deep(name)
    assert described(pickle.loads(pickle.dumps(graph))) == described(graph)


def test_a_pickled_graph_is_differentiated_as_the_first():
    graph = expression(lambda x, y: call("sin", x) * y + call("where", x > 0.0, x * y, 0.0), "x", "y")
    twin = pickle.loads(pickle.dumps(graph))
    assert value_and_grad(twin, x=0.5, y=2.0) == value_and_grad(graph, x=0.5, y=2.0)


def test_a_pickle_holds_no_code():
    data = pickle.dumps(single(GATES[0], 2))
    assert b"lambda" not in data and b"numpy.ufunc" not in data
