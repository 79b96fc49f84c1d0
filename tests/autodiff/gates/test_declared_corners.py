"""The corners that the gates declare: the value and every gradient exactly, in both modes, alone and inside arrays."""

import numpy as np

from backprop.autodiff.gates import GATES

from ...cases import as_one_test
from ..building import single, tangent_of, value_and_gradients
from ..checks import check_corner

CORNERS = [(gate, corner) for gate in GATES for corner in gate.corners]
IDS = [f"{gate.name}{corner.operands}" for gate, corner in CORNERS]
MUST_HAVE_CORNERS = [
    "abs", "sign", "floor", "ceil", "round", "floordiv", "relu", "leaky_relu", "elu", "selu", "hard_tanh",
    "hard_sigmoid", "softsign", "pow", "sqrt", "cbrt", "log", "hypot", "norm", "std", "prod", "maximum",
    "minimum", "max", "min", "clip", "where", "sinc", "less", "less_equal", "greater", "greater_equal", "equal",
    "not_equal",
]  # fmt: skip


@as_one_test("gate, corner", CORNERS, ids=IDS)
def test_the_declared_corner_holds_exactly(gate, corner):
    check_corner(gate, corner)


@as_one_test("gate, corner", [one for one in CORNERS if one[0].has_local], ids=lambda one: repr(one))
def test_a_corner_inside_an_array_is_the_same_corner(gate, corner):
    """Beside an ordinary entry, which gets the gradient that it gets alone."""
    ordinary = next(one for one in gate.samples if len(one.operands) == len(corner.operands)).operands
    operands = [np.array(pair) for pair in zip(corner.operands, ordinary, strict=True)]
    graph = single(gate, len(operands))
    value, gradients = value_and_gradients(graph, operands)
    alone_value, alone = value_and_gradients(graph, ordinary)
    np.testing.assert_array_equal(value[0], corner.value)
    np.testing.assert_allclose(value[1], alone_value, rtol=1e-15)
    for place, gradient in enumerate(gradients):
        np.testing.assert_array_equal(gradient[0], corner.gradients[place])
        np.testing.assert_allclose(gradient[1], alone[place], rtol=1e-15)
        directions = [np.ones(2) if at == place else None for at in range(len(operands))]
        np.testing.assert_array_equal(tangent_of(graph, operands, directions)[0], corner.gradients[place])


@as_one_test("name", MUST_HAVE_CORNERS)
def test_gates_with_a_kink_or_a_jump_declare_it(name):
    (gate,) = [gate for gate in GATES if gate.name == name]
    assert gate.corners
