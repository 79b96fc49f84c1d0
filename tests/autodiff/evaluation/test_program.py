"""Lowering to a list of instructions over reused slots, and running it."""

import pickle

import numpy as np
import pytest

from backprop.autodiff import Graph
from backprop.autodiff.evaluation.execution import evaluate, run
from backprop.autodiff.evaluation.program import Program, lower, needed
from backprop.autodiff.gates import constructors
from backprop.autodiff.passes.reverse import adjoints

from ..building import assign, call, expression
from ..deep import DEEP, chain, deep


def lowered(write, *names):
    graph = expression(write, *names).typed({})
    return graph, lower([graph.result])


def run_by_hand(program: Program, values) -> list:
    """What the instructions say, refusing to read a slot that nothing was put in."""
    slots: dict = dict(program.constants)
    slots.update({place: values[name] for place, name in program.inputs})
    for function, inputs, output in program.instructions:
        slots[output] = function(*[slots[place] for place in inputs])
    assert all(place < program.slots for place in slots)
    return [slots[place] for place in program.results]


def test_a_chain_needs_two_slots():
    graph = chain(1000).typed({})
    program = lower([graph.result])
    assert len(program.instructions) == 1000
    assert program.slots <= 2


def test_a_balanced_tree_needs_slots_for_its_leaves_only():
    def write(*leaves):
        level = list(leaves)
        while len(level) > 1:
            level = [level[place] * level[place + 1] for place in range(0, len(level), 2)]
        return level[0]

    _, program = lowered(write, *[f"x{place}" for place in range(64)])
    assert len(program.instructions) == 63
    assert program.slots <= 65


def test_slots_are_reused_in_a_gradient_too():
    graph = chain(500).typed({})
    x = graph.inputs["x"]
    gradient = adjoints(graph, graph.result, graph.constant(1.0), [x]).of[x]
    program = lower([gradient])
    assert program.slots < len(program.instructions)
    assert run(program, {"x": np.float64(1e-3)}) == run_by_hand(program, {"x": np.float64(1e-3)})


def test_results_are_not_overwritten():
    def write(x):
        nodes = [x]
        for place in range(30):
            nodes.append(assign(f"q{place}", call("sin", nodes[-1])))
        return nodes[-1]

    graph = expression(write, "x").typed({})
    names = list(graph.names.values())
    program = lower([graph.inputs["x"], *names[::3], graph.result])
    assert len(set(program.results)) == len(program.results)
    expected = [np.float64(0.5)]
    for _ in range(30):
        expected.append(np.sin(expected[-1]))
    found = run(program, {"x": np.float64(0.5)})
    assert found == [expected[0], *expected[1:][::3], expected[-1]]


def test_a_result_asked_for_twice_comes_twice():
    graph = expression(lambda x: x * 2.0, "x").typed({})
    assert evaluate([graph.result, graph.inputs["x"], graph.result], {"x": np.float64(3)}) == [6.0, 3.0, 6.0]


def test_inputs_and_constants_may_be_results():
    graph = Graph(is_typed=True)
    x, two = graph.input("x"), graph.constant(2.0)
    assert evaluate([two, x], {"x": np.float64(3)}) == [2.0, 3.0]


def test_no_results_no_program():
    assert lower([]) == Program((), 0, (), (), ())
    assert run(lower([]), {}) == []


def test_only_what_is_needed_is_run():
    graph = expression(lambda x, y: (assign("dead", call("gamma", y)), x * 2.0)[1], "x", "y").typed({})
    program = lower([graph.result])
    assert len(program.instructions) == 1
    assert [name for _, name in program.inputs] == ["x"]
    assert [node.gate.name for node in needed([graph.result])] == ["input", "constant", "mul"]


def test_shared_nodes_run_once():
    _, program = lowered(lambda x: call("exp", x) * call("exp", x) + call("exp", x), "x")
    assert len(program.instructions) == 3


def test_a_program_runs_again_with_other_values():
    _, program = lowered(lambda x: (x + 1.0) * (x + 2.0) - 3.0, "x")
    assert run(program, {"x": np.float64(1)}) == [3.0]
    assert run(program, {"x": np.float64(2)}) == [9.0]
    assert run(program, {"x": np.float64(1)}) == [3.0]


def test_operands_of_one_gate_keep_their_places():
    _, program = lowered(lambda x, y: call("where", x > y, x - y, y / x), "x", "y")
    assert run(program, {"x": np.float64(3), "y": np.float64(1)}) == [2.0]
    assert run(program, {"x": np.float64(4), "y": np.float64(8)}) == [2.0]


def test_settings_reach_the_function():
    graph = expression(lambda x: call("sum", call("stack", x, x * 2.0, axis=1), axis=0), "x").typed({"x": (2,)})
    (found,) = evaluate([graph.result], {"x": np.array([1.0, 2.0])})
    np.testing.assert_array_equal(found, [3.0, 6.0])


def test_arrays_made_from_constants_run_as_instructions():
    graph = Graph(is_typed=True)
    node = graph.add(constructors.eye, (), (2, None))
    np.testing.assert_array_equal(evaluate([node], {})[0], np.eye(2))


@pytest.mark.parametrize("write", [lambda x: x, lambda x: x * 1.0, lambda x: -x])
def test_running_changes_no_value(write):
    graph = expression(write, "x").typed({"x": (3,)})
    given = np.array([1.0, 2.0, 3.0])
    given.flags.writeable = False
    evaluate([graph.result], {"x": given})
    np.testing.assert_array_equal(given, [1.0, 2.0, 3.0])


def test_the_floating_point_state_is_left_as_it_was():
    graph = expression(lambda x: call("log", x) / x, "x").typed({})
    with np.errstate(all="raise"):
        before = np.geterr()
        assert evaluate([graph.result], {"x": np.float64(0)}) == [-np.inf]
        assert np.geterr() == before
        with pytest.raises(FloatingPointError):
            np.float64(1) / np.float64(0)


@pytest.mark.parametrize("name", DEEP)
def test_very_many_gates_lower_and_run(name):
    graph = deep(name)
    typed = graph.typed({})
    program = lower([typed.result])
    assert len(program.instructions) >= DEEP[name][1]
    assert program.slots <= len(typed.nodes) - len(program.instructions) + 3
    values = {name: np.float64(0.5) for name in graph.variables}
    assert run(program, values) == run_by_hand(program, values)


def test_spans_and_numbers_pickle():
    """What a program holds besides functions is plain data."""
    _, program = lowered(lambda x: call("sin", x) + 1.0, "x")
    plain = (program.slots, program.constants, program.inputs, program.results)
    assert pickle.loads(pickle.dumps(plain)) == plain
