"""What may depend on what, found without numbers, against what changes: each gate alone, then chains of gates."""

import numpy as np
import pytest
from hypothesis import given, settings

from backprop.autodiff import Graph
from backprop.autodiff.evaluation.execution import evaluate
from backprop.autodiff.gates import GATES, arrays, contraction, linear_algebra, ordering, reductions, shares
from backprop.autodiff.passes import sparsity
from backprop.autodiff.passes.forward import tangents_of
from backprop.autodiff.passes.sparsity import TooDense, dependence

from ...cases import as_one_test
from ..declaration.test_kinds import applied
from ..declaration.test_kinds import dependence as shown
from ..test_random_arrays import graphs


def matrix_of(results, inputs):
    """Where the pattern has an entry: a row for each entry of the results, a column for each of the inputs."""
    rows, columns = dependence(results, inputs)
    found = np.zeros((sum(map(sparsity.size, results)), sum(map(sparsity.size, inputs))), dtype=bool)
    found[rows, columns] = True
    assert np.count_nonzero(found) == len(rows)
    assert np.array_equal(np.argwhere(found), np.stack([rows, columns], axis=1))
    return found


CASES = [
    pytest.param(gate, sample, id=f"{gate.name}{place}")
    for gate in GATES
    for place, sample in enumerate(gate.samples)
    if sample.operands and not (gate.is_flat or gate.is_entrywise) and gate.expand is None
]


@pytest.mark.parametrize("gate, sample", CASES)
def test_the_pattern_of_a_gate_holds_all_that_its_result_depends_on(gate, sample):
    node, values = applied(gate, sample)
    with np.errstate(all="ignore"):
        truth = np.concatenate([shown(node, values, position) for position in range(len(values))]).T
    assert not np.any(truth & ~matrix_of([node], node.inputs))


EXACT = [
    *[(gate, sample) for gate in GATES for sample in gate.samples if gate.moves_entries(())],
    *[(gate, sample) for gate in (reductions.total, reductions.mean, arrays.sum_to) for sample in gate.samples],
    *[(contraction.contraction, sample) for sample in contraction.contraction.samples],
    *[(gate, sample) for gate in (linear_algebra.matmul, linear_algebra.outer) for sample in gate.samples],
    (reductions.logsumexp, reductions.logsumexp.samples[1]),
    (linear_algebra.trace, linear_algebra.trace.samples[0]),
]


@as_one_test("gate, sample", EXACT, ids=[f"{gate.name}{number}" for number, (gate, _) in enumerate(EXACT)])
def test_what_moves_and_sums_entries_says_no_more_than_that(gate, sample):
    node, values = applied(gate, sample)
    truth = np.concatenate([shown(node, values, position) for position in range(len(values))]).T
    assert np.array_equal(matrix_of([node], node.inputs), truth)


@pytest.mark.parametrize("gate", [gate for gate in GATES if gate.moves_entries(())], ids=lambda gate: gate.name)
def test_what_only_moves_entries_keeps_their_numbers(gate):
    for sample in gate.samples:
        node, values = applied(gate, sample)
        given = {f"x{place}": np.arange(1.0, value.size + 1).reshape(value.shape) for place, value in enumerate(values)}
        (result,) = evaluate([node], given)
        assert set(np.ravel(result)) <= {0.0}.union(*[np.ravel(value) for value in given.values()])


def test_entries_that_are_sorted_stay_along_their_axis():
    graph = Graph(is_typed=True)
    x = graph.input("x", (2, 3))
    expected = np.kron(np.eye(2), np.ones((3, 3))) != 0
    assert np.array_equal(matrix_of([ordering.sort(x, axis=-1)], [x]), expected)
    assert np.array_equal(matrix_of([shares.softmax(x, axis=-1)], [x]), expected)


def test_a_number_along_an_axis_is_the_only_one():
    graph = Graph(is_typed=True)
    x = graph.input("x")
    for gate in (shares.softmax, shares.log_softmax, ordering.sort):
        assert np.array_equal(matrix_of([gate(x, axis=-1)], [x]), [[True]])


def seeded(graph):
    """The tangents of a graph's output and the inputs for its unit vectors, which they depend on."""
    inputs = [node for node in graph.inputs.values()]
    seeds = [graph.input(f"seed of {node.index}", node.shape) for node in inputs]
    return tangents_of([graph.output], dict(zip(inputs, seeds, strict=True))), inputs, seeds


@settings(max_examples=40, deadline=None, derandomize=True)
@given(graphs())
def test_random_graphs_depend_on_nothing_that_the_pattern_lacks(graph):
    tangents, inputs, seeds = seeded(graph)
    pattern = matrix_of(tangents, seeds)
    rng = np.random.default_rng(5)
    values = {str(node.name): rng.uniform(0.5, 2.0, node.shape)[()] for node in inputs}
    column = 0
    for seed in seeds:
        for place in range(sparsity.size(seed)):
            unit = {str(node.name): np.zeros(node.shape)[()] for node in seeds}
            vector = np.zeros(seed.shape)
            vector.flat[place] = 1.0
            unit[str(seed.name)] = vector[()]
            (moved,) = evaluate(tangents, {**values, **unit})
            moves = np.ravel(moved)
            assert not np.any((moves != 0.0) & np.isfinite(moves) & ~pattern[:, column])
            column += 1


def test_what_is_dense_beyond_memory_is_refused(monkeypatch):
    graph = Graph(is_typed=True)
    x = graph.input("x", (100_000,))
    with pytest.raises(TooDense):
        dependence([x.sum().broadcast_to((100_000,)) * x], [x])
