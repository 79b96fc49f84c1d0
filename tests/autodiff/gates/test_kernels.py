"""The graphs that code generators write: built by NumPy's own kernels where those can, of the same digits elsewhere."""

import numpy as np
import pytest

from backprop.autodiff.evaluation.execution import evaluate
from backprop.autodiff.gates import GATES, activations, arithmetic, selection, trigonometric
from backprop.autodiff.graph import Graph

from ...closeness import close_to

CASES = [
    pytest.param(gate, sample, id=f"{gate.name}{place}")
    for gate in GATES
    if gate.kernel is not None and gate.has_local
    for place, sample in enumerate(gate.samples)
]


@pytest.mark.parametrize("gate, sample", CASES)
def test_a_kernel_has_the_digits_of_its_gate(gate, sample):
    values = {f"x{place}": np.float64(value) for place, value in enumerate(sample.operands)}
    settings = {name: sample.attributes.get(name, one.default) for name, one in gate.attributes.items()}
    graph = Graph(is_typed=True)
    result = gate.kernel(*[graph.input(name) for name in values], **settings)
    with np.errstate(all="ignore"):
        (mine,) = evaluate([result], values)
        truth = gate.forward(*values.values(), **settings)
    if gate.kernel is gate.forward:
        assert mine == truth
    else:
        assert mine == close_to(truth, rel=2e-15)


def test_numpys_functions_of_nodes_build_gates():
    graph = Graph(is_typed=True)
    x, y = graph.input("x"), graph.input("y")
    assert np.arctan2(y, x) is trigonometric.atan2(y, x)
    assert np.maximum(x, 0.0) is selection.maximum(x, 0.0)
    assert np.clip(x, -1.0, y) is selection.clip(x, -1.0, y)
    assert np.where(x < y, x, 2.0) is (x < y).where(x, 2.0)
    assert np.float64(2.0) * x is arithmetic.multiply(graph.constant(2.0), x)
    assert np.divide(np.float64(1.0), x) is 1 / x


def test_what_no_gate_is_made_of_is_refused():
    x = Graph(is_typed=True).input("x")
    for function in (np.spacing, np.sinc, np.add.reduce):
        with pytest.raises(TypeError):
            function(x)


def test_a_formula_stands_once():
    """The accurate forms are written in numerics/ alone."""
    assert activations.mish.kernel is activations.mish.forward
    assert sum(gate.kernel is gate.forward for gate in GATES) >= 25
