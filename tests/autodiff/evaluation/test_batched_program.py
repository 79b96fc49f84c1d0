"""Blocks of rows along the last axis: slots that are used again, what is computed once, any nodes as results."""

import math
import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backprop.autodiff import Graph, compile, value_and_grad
from backprop.autodiff.evaluation.batched_gradients import plan_gradients
from backprop.autodiff.evaluation.batched_lowering import LEAST_ROWS_BYTES, MOST_ROWS, plan_rows
from backprop.autodiff.evaluation.batched_program import lower_rows
from backprop.autodiff.evaluation.execution import evaluate
from backprop.autodiff.gates import OPERATORS
from backprop.autodiff.passes.reverse import adjoints
from backprop.autodiff.shapes import Slice
from backprop.parser import parse

from ..building import call, expression
from ..deep import chain
from ..test_random_arrays import graphs, is_ordinary, steady

generator = np.random.default_rng


def lowered(write, *names, shapes=None, fixed=None):
    typed = expression(write, *names).typed(shapes or {})
    return lower_rows([typed.result], [name for name in names if name not in (fixed or {})], fixed or {})


def names_of(plan) -> list[str]:
    return [getattr(step.function, "__name__", "partial") for step in plan.steps]


def test_each_entry_is_a_run_of_rows():
    program = lowered(lambda x: x @ x, "x", shapes={"x": (2,)})
    (found,) = program.run({"x": np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])})
    np.testing.assert_array_equal(found, [17.0, 29.0, 45.0])


@settings(steady, max_examples=150)
@given(graphs(), st.integers(0, 2**32 - 1))
def test_every_node_and_every_adjoint_of_a_random_graph(graph, seed):
    """All of them as results: nothing is overwritten, whatever is a view of what."""
    random = generator(seed)
    rows = [{name: random.uniform(0.3, 1.7, node.shape)[()] for name, node in graph.inputs.items()} for _ in range(3)]
    if not all(is_ordinary(graph, [point[name] for name in graph.inputs], 1e-2) for point in rows):
        return
    nodes = list(graph.nodes)
    seed_node = graph.constant(np.ones(graph.result.shape))
    nodes += adjoints(graph, graph.result, seed_node, list(graph.inputs.values())).of.values()
    columns = {name: np.stack([point[name] for point in rows], axis=-1) for name in graph.inputs}
    found = lower_rows(nodes, list(columns), {}).run(columns)
    last = lower_rows(nodes[-1:], list(columns), {}).run(columns)
    np.testing.assert_array_equal(last[0], found[-1])
    for row, point in enumerate(rows):
        for node, one, truth in zip(nodes, found, evaluate(nodes, point), strict=True):
            assert one.shape == (*node.shape, 3)
            scale = np.max(np.abs(truth), initial=0.0)
            np.testing.assert_allclose(one[..., row], truth, rtol=1e-9, atol=1e-9 * scale)


def test_a_chain_is_computed_where_its_result_belongs_or_in_one_buffer():
    graph = chain(1000).typed({})
    plan = plan_rows([graph.result], ["x"])
    assert len(plan.steps) == 1000
    assert len(plan.buffers) <= 2


def test_entrywise_functions_that_are_no_ufuncs_use_places_again():
    def write(x):
        for _ in range(100):
            x = call("sigmoid", x)
        return x

    plan = plan_rows([expression(write, "x").typed({}).result], ["x"])
    assert len(plan.references) <= 2


def test_a_view_keeps_what_it_looks_at():
    """The index is a view of the square's buffer, which the sums after it must not use."""

    def write(x):
        first = call("index", call("square", x), index=(0,))
        other = call("square", x + 1.0)
        return first + call("index", other, index=(1,)) * 0.0 + call("index", call("square", x + 2.0), index=(0,)) * 0.0

    program = lowered(write, "x", shapes={"x": (2,)})
    (found,) = program.run({"x": np.array([[3.0, 4.0], [5.0, 6.0]])})
    np.testing.assert_array_equal(found, [9.0, 16.0])


def test_a_result_of_numbers_is_computed_where_it_belongs():
    plan = plan_rows([expression(lambda x, y: x * y, "x", "y").typed({}).result], ["x", "y"])
    assert names_of(plan) == ["multiply"]
    assert plan.buffers == ()


RECEIVER = """
import pickle, sys
import numpy as np
from backprop.autodiff.evaluation import batched_program
(found,) = pickle.load(sys.stdin.buffer).run({"x": np.array([1.0, 2.0])})
assert "backprop.autodiff.gates" not in sys.modules
print(*found.tolist())
"""


def test_a_program_of_numpys_functions_can_be_sent():
    """What the gates said of it, and what holds for all rows, is in it: another process does not import them."""
    program = lowered(lambda x, a: call("relu", call("exp", call("sinh", a) * x)), "x", "a", fixed={"a": 0.5})
    assert program.can_be_sent
    program.run({"x": np.array([3.0])})
    sent = subprocess.run(
        [sys.executable, "-c", RECEIVER], input=pickle.dumps(program), capture_output=True, check=True
    )
    expected = [math.exp(math.sinh(0.5)), math.exp(math.sinh(0.5) * 2.0)]
    np.testing.assert_allclose([float(one) for one in sent.stdout.split()], expected, rtol=1e-15)


def test_a_program_of_other_functions_cannot_be_sent():
    assert not lowered(lambda x: call("gamma", x), "x").can_be_sent


def test_gates_that_are_made_of_numpys_functions_fill_buffers_and_share_what_they_compute():
    typed = parse("sigmoid(x)").typed({})
    plan = plan_gradients(typed, ["x"], ["x"])
    assert names_of(plan).count("exp") == 1 and plan.references == ()
    for text in ("sigmoid", "softplus", "relu", "tanh", "silu", "elu", "mish", "hard_sigmoid"):
        graph = parse(f"{text}(x)*sigmoid(y)")
        x, y = np.meshgrid([-np.inf, -800.0, -3.0, -0.0, 0.0, 1e-300, 3.0, 40.0, np.inf, np.nan], [-1.0, 0.0, 700.0])
        values, grads = compile(graph)(x=x.ravel(), y=y.ravel())
        value, gradient = value_and_grad(graph, x=x.ravel(), y=y.ravel())
        np.testing.assert_array_equal([values, *grads.values()], [value, *gradient.values()])


def test_what_depends_on_no_row_is_computed_before():
    def write(x, a):
        return call("exp", call("sin", a) * 2.0) * x

    typed = expression(write, "x", "a").typed({})
    plan = plan_rows([typed.result], ["x"])
    assert names_of(plan) == ["multiply"]
    assert len(plan.prelude.instructions) == 3
    (found,) = lower_rows([typed.result], ["x"], {"a": np.float64(0.5)}).run({"x": np.array([1.0, 2.0])})
    np.testing.assert_array_equal(found, math.exp(math.sin(0.5) * 2.0) * np.array([1.0, 2.0]))


@pytest.mark.parametrize(
    "write, expected",
    [
        (lambda x: call("stack", call("index", x, index=(0,)), 7.0, axis=0), [[1.0, 2.0, 3.0], [7.0] * 3]),
        (lambda x: call("dot", x, 2.0), [[2.0, 4.0, 6.0], [8.0, 10.0, 12.0]]),
        (lambda x: call("concat", x, np.array([5.0]), axis=0), [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [5.0] * 3]),
        (lambda x: call("outer", np.array([1.0, 2.0]), call("index", x, index=(Slice(0, 1, None),))),
         [[[1.0, 2.0, 3.0]], [[2.0, 4.0, 6.0]]]),
    ],
)  # fmt: skip
def test_numbers_beside_rows_in_gates_that_are_not_entrywise(write, expected):
    program = lowered(write, "x", shapes={"x": (2,)})
    (found,) = program.run({"x": np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])})
    np.testing.assert_array_equal(found, expected)


def test_results_that_depend_on_no_row_are_repeated():
    typed = expression(lambda x, a: x * a, "x", "a").typed({"a": (2,)})
    results = [typed.inputs["a"], typed.result, typed.constant(3.0), typed.inputs["x"], typed.inputs["x"]]
    x = np.array([1.0, 2.0, 3.0])
    found = lower_rows(results, ["x"], {"a": np.array([5.0, 7.0])}).run({"x": x})
    np.testing.assert_array_equal(found[0], [[5.0] * 3, [7.0] * 3])
    np.testing.assert_array_equal(found[1], [[5.0, 10.0, 15.0], [7.0, 14.0, 21.0]])
    np.testing.assert_array_equal(found[2], [3.0] * 3)
    np.testing.assert_array_equal(found[3], x)
    assert not np.shares_memory(found[3], x) and not np.shares_memory(found[3], found[4])


def test_no_results_and_no_rows():
    assert lower_rows([], ["x"], {}).run({"x": np.ones(3)}) == []
    (found,) = lowered(lambda x: call("sum", x), "x", shapes={"x": (2,)}).run({"x": np.ones((2, 0))})
    assert found.shape == (0,)


def test_results_go_where_the_caller_wants_them():
    program = lowered(lambda x: x * 2.0, "x")
    table = np.zeros((5, 3))
    found = program.run({"x": np.arange(5.0)}, [table[:, 1]])
    np.testing.assert_array_equal(table, np.outer(2.0 * np.arange(5.0), [0.0, 1.0, 0.0]))
    assert np.shares_memory(found[0], table)


def test_columns_that_are_not_asked_for_do_not_matter():
    program = lowered(lambda x, y: x * 2.0, "x", "y")
    np.testing.assert_array_equal(program.run({"x": np.ones(2), "y": np.ones(7)})[0], [2.0, 2.0])


@pytest.mark.parametrize("length", [1, 3, 1000, 10**6, 2**27])
def test_a_block_is_bounded_in_bytes(length):
    graph = Graph(is_typed=True)
    x = graph.input("x", (length,))
    plan = plan_rows([x * x], ["x"])
    assert 1 <= plan.rows_per_block <= MOST_ROWS
    assert plan.rows_per_block == 1 or plan.rows_per_block * 8 * plan.entries <= LEAST_ROWS_BYTES


def test_blocks_of_every_size_give_the_same(monkeypatch):
    random = generator(3)
    columns = {"x": random.normal(size=(2, 100)), "y": random.normal(size=100)}

    def write(x, y):
        return call("sum", call("exp", x) * y) / call("sigmoid", y)

    expected = lowered(write, "x", "y", shapes={"x": (2,)}).run(columns)[0]
    monkeypatch.setattr("backprop.autodiff.evaluation.batched_lowering.LEAST_ROWS", 1)
    for most in (1, 7, 33, 99, 100, 101):
        monkeypatch.setattr("backprop.autodiff.evaluation.batched_lowering.MOST_ROWS", most)
        program = lowered(write, "x", "y", shapes={"x": (2,)})
        assert program.rows_per_block == most
        np.testing.assert_allclose(program.run(columns)[0], expected, rtol=1e-15)
        np.testing.assert_allclose(
            program.run({k: v[..., :5] for k, v in columns.items()})[0], expected[:5], rtol=1e-15
        )
        np.testing.assert_allclose(program.run(columns)[0], expected, rtol=1e-15)


def test_nothing_of_the_callers_is_kept():
    program = lowered(lambda x: call("transpose", call("index", x, index=(0,))) + x, "x", shapes={"x": (2, 2)})
    x = np.ones((2, 2, 5))
    (found,) = program.run({"x": x})
    assert not any(np.shares_memory(one, x) or np.shares_memory(one, found) for one in _arrays(program))


def _arrays(program):
    return [one for one in program._workspaces.of_thread.slots if isinstance(one, np.ndarray)]


@pytest.mark.parametrize("left, right", [(-0.0, 3.0), (np.inf, 0.0), (-2.0, -0.0), (np.nan, 1.0), (5e-324, 0.5)])
@pytest.mark.parametrize("operator", "*/")
def test_two_turns_of_a_sign_around_a_product_are_none(operator, left, right):
    """The shortcut is exact, signed zeros and infinities included."""
    graph = Graph(is_typed=True)
    x, y = graph.input("x"), graph.input("y")
    short = -OPERATORS[operator](-x, y)
    assert short.gate is OPERATORS[operator]
    point = {"x": np.float64(left), "y": np.float64(right)}
    minus = graph.add(OPERATORS["negative"], (graph.add(OPERATORS[operator], (-x, y)),))
    one, other = evaluate([short, minus], point)
    assert np.array_equal(one, other, equal_nan=True)
    assert np.isnan(one) or np.signbit(one) == np.signbit(other)
