"""Which entries of a gate's operands and of its result have to do with each other, against moved operands.

A mask must never call zero what is not: what a kind says is used, or moves, holds all that its function shows.
"""

import numpy as np
import pytest

from backprop.autodiff.declaration.kinds import Elementwise, Linear
from backprop.autodiff.evaluation.execution import evaluate
from backprop.autodiff.gates import GATES, arrays, linear_algebra, reductions
from backprop.autodiff.gates.labels import nan_for_none
from backprop.autodiff.graph import Graph

from ...cases import as_one_test

NUDGE = 2.0**-10


def applied(gate, sample):
    """The node of the gate, and the values of its operands; a scalar's first operand is made a vector."""
    values = [np.asarray(one, dtype=float) for one in sample.operands]
    if gate.has_local and values[0].shape == ():
        values[0] = values[0] * (1 + np.arange(3) / 64)
    graph = Graph(is_typed=True)
    inputs = tuple(graph.input(f"x{place}", value.shape) for place, value in enumerate(values))
    attributes = tuple(sample.attributes.get(name, one.default) for name, one in gate.attributes.items())
    return graph.add(gate, inputs, attributes), values


def dependence(node, values, position):
    """For each entry of the operand, which entries of the result another value of it changes."""
    before = node.gate.forward(*values, **node.settings)
    found = []
    for place in range(values[position].size):
        moved = values[position].copy()
        moved.flat[place] += NUDGE * (1 + abs(moved.flat[place]))
        others = [moved if index == position else value for index, value in enumerate(values)]
        with nan_for_none():  # a label that is moved names no entry
            after = node.gate.forward(*others, **node.settings)
        found.append(~np.isclose(after, before, rtol=0, atol=0, equal_nan=True).ravel())
    return np.array(found)


def units(graph, shape):
    """A test of each entry alone."""
    size = int(np.prod(shape))
    return [graph.constant(unit.reshape(shape)) for unit in np.eye(size)]


def truth(node, shape, values):
    (found,) = evaluate([node], {f"x{place}": value for place, value in enumerate(values)})
    return (np.broadcast_to(found, shape) != 0).ravel()


def used(node, values, position):
    tests = units(node.graph, node.shape)
    nodes = [node.gate.used(test, position, node.inputs, node) for test in tests]
    return np.array([truth(one, values[position].shape, values) for one in nodes]).T


def moved(node, values, position):
    tests = [[None] * position + [test] for test in units(node.graph, values[position].shape)]
    whole = [[*test, *[None] * (len(values) - position - 1)] for test in tests]
    return np.array([truth(node.gate.moved(one, node.inputs, node), node.shape, values) for one in whole])


def is_tried(gate, sample):
    return sample.operands and not gate.is_flat and gate.expand is None and not gate.is_informed


CASES = [(gate, sample) for gate in GATES for sample in gate.samples if is_tried(gate, sample)]
OTHERS = [case for case in CASES if not isinstance(case[0], Elementwise)]


@as_one_test("gate, sample", CASES)
def test_what_is_used_holds_all_that_the_result_depends_on(gate, sample):
    node, values = applied(gate, sample)
    with np.errstate(all="ignore"):
        for position in range(len(values)):
            shown = dependence(node, values, position)
            said = used(node, values, position)
            assert not np.any(shown & ~said)
            if isinstance(gate, Linear):
                assert np.array_equal(shown, said)


@as_one_test("gate, sample", OTHERS)
def test_what_moves_holds_all_that_an_operand_changes(gate, sample):
    node, values = applied(gate, sample)
    with np.errstate(all="ignore"):
        for position in range(len(values)):
            shown = dependence(node, values, position)
            said = moved(node, values, position)
            assert not np.any(shown & ~said)
            if isinstance(gate, Linear):
                assert np.array_equal(shown, said)


@pytest.mark.parametrize(
    "gate, sample",
    [(linear_algebra.matmul, linear_algebra.matmul.samples[3]), (arrays.concat, arrays.concat.samples[0])],
)
def test_an_entry_that_is_left_out_is_seen(gate, sample, monkeypatch):
    node, values = applied(gate, sample)
    monkeypatch.setattr(type(gate), "used", lambda self, test, *more: test.graph.constant(0.0))
    assert np.any(dependence(node, values, 0) & ~used(node, values, 0))


def test_products_and_reductions_say_no_more_than_that():
    for gate, sample in (
        (linear_algebra.matmul, linear_algebra.matmul.samples[3]),
        (linear_algebra.outer, linear_algebra.outer.samples[0]),
        (reductions.logsumexp, reductions.logsumexp.samples[1]),
    ):
        node, values = applied(gate, sample)
        for position in range(len(values)):
            shown = dependence(node, values, position)
            assert np.array_equal(shown, used(node, values, position))
            assert np.array_equal(shown, moved(node, values, position))


@pytest.mark.parametrize("gate", [gate for gate in GATES if gate.has_no_zero], ids=lambda gate: gate.name)
def test_a_gate_without_a_zero_has_none(gate):
    """Neither a change of sign but through a pole, nor a least size that a finer look makes smaller."""
    points = np.linspace(-12, 12, 24_001) + 1e-5
    with np.errstate(all="ignore"):
        values = gate.forward(points)
        assert (values != 0).all()
        (turns,) = np.nonzero(np.sign(values[1:]) != np.sign(values[:-1]))
        size = np.abs(values)
        assert all(abs(gate.forward(points[turn : turn + 2].mean())) > size[turn : turn + 2].min() for turn in turns)
        (least,) = np.nonzero((size[1:-1] < size[:-2]) & (size[1:-1] < size[2:]))
        finer = [np.abs(gate.forward(np.linspace(points[at], points[at + 2], 201))).min() for at in least]
    assert np.allclose(finer, size[least + 1], rtol=1e-3)
