"""Every gate, on scalars and arrays, broadcast and not: the modes agree with each other and with differences."""

from collections import defaultdict

import numpy as np
import pytest

from backprop.autodiff.declaration.kinds import Bilinear, Linear
from backprop.autodiff.gates import GATES, OPERATORS

from ...cases import as_one_test, each, tuples
from ..array_points import EMPTY, POINTS, is_moderate, sample_points
from ..building import gradients_twice, single, tangent_of, value_and_gradients, value_of
from ..checks import check_differences, check_linear, check_modes_agree, check_second_differences

# A label has no neighbours: test_labels.py has the gates that take one.
WITH_OPERANDS = [gate for gate in GATES if gate.operands and gate.expand is None and "label" not in gate.operands]
POINTS_OF = defaultdict(list)
for point in POINTS:
    POINTS_OF[point.gate].append(point)

every_gate = pytest.mark.parametrize("gate", WITH_OPERANDS, ids=lambda gate: gate.name)


@pytest.mark.parametrize("gate", POINTS_OF, ids=lambda gate: gate.name)
def test_forward_mode_is_the_transpose_of_reverse_mode(gate):
    for point in each(POINTS_OF[gate]):
        check_modes_agree(*point)


def suits_differences(point):
    """Whether a step of 0.1 is small, and straddles no step of a flat gate or of a condition."""
    steps = point.operands if point.gate.is_flat else point.operands[:1] if point.gate is OPERATORS["where"] else ()
    return is_moderate(point.operands) and all(np.all(np.abs(one) > 1e-3) for one in steps)


def is_kink(point):
    """The deviation of equal entries and the norm of zeros: their derivatives there are conventions, no differences."""
    if point.gate.name not in ("std", "norm"):
        return False
    return not np.all(value_of(single(point.gate, len(point.operands), point.attributes), point.operands))


@every_gate
def test_derivatives_match_central_differences(gate):
    """In both modes, at every point where those are sharp; each gate has some, arrays among them."""
    sharp = [one for one in POINTS_OF[gate] if suits_differences(one) and check_differences(*one)]
    is_nothing = gate.name == "rate"  # 0 with a derivative that is 0, too, but where an operand is made from another
    assert is_nothing or any(np.ndim(operand) for point in sharp for operand in point.operands)


@every_gate
def test_second_derivatives_match_central_differences(gate):
    smooth = [one for one in POINTS_OF[gate] if suits_differences(one) and not is_kink(one)]
    sharp = [one for one in smooth if check_second_differences(*one)]
    assert any(np.ndim(operand) for point in sharp for operand in point.operands)


@as_one_test("gate, operands, attributes", EMPTY, ids=[point.id for point in EMPTY])
def test_arrays_without_entries_have_empty_gradients(gate, operands, attributes):
    graph = single(gate, len(operands), attributes)
    value, gradients = value_and_gradients(graph, operands)
    assert [np.shape(one) for one in gradients] == [np.shape(one) for one in operands]
    assert np.shape(tangent_of(graph, operands, operands)) == np.shape(value)


@every_gate
def test_arrays_of_one_entry_give_what_scalars_give(gate):
    """The declared function may take another road for scalars (`math` for `scipy`); the result is the same number."""
    for point in sample_points():
        if point.gate is gate and gate.has_local:
            scalar = value_of(single(gate, len(point.operands), point.attributes), point.operands)
            boxed = [np.array([one]) for one in point.operands]
            entry = value_of(single(gate, len(boxed), point.attributes), boxed)
            assert np.shape(scalar) == () and np.shape(entry) == (1,)
            assert isinstance(scalar, np.float64) and entry.dtype == np.float64
            np.testing.assert_allclose(entry[0], scalar, rtol=4e-15, atol=0)


LINEAR = [point for point in POINTS if isinstance(point.gate, (Linear, Bilinear))]


@as_one_test("gate, operands, attributes", LINEAR, ids=[point.id for point in LINEAR])
def test_linear_gates_are_linear(gate, operands, attributes):
    if isinstance(gate, Linear):
        check_linear(gate, operands, attributes, range(len(operands)))
    else:
        check_linear(gate, operands, attributes, [0])
        check_linear(gate, operands, attributes, [1])


@as_one_test("gate", [gate for gate in POINTS_OF if gate.is_flat], ids=lambda gate: gate.name)
def test_flat_gates_stop_every_derivative(gate):
    for _, operands, attributes in each(POINTS_OF[gate]):
        graph = single(gate, len(operands), attributes)
        value, gradients = value_and_gradients(graph, operands)
        tangent = tangent_of(graph, operands, [np.ones(np.shape(one)) for one in operands])
        for found in (*gradients, tangent, *gradients_twice(graph, operands, np.ones(np.shape(value)), operands)):
            np.testing.assert_array_equal(found, np.zeros(np.shape(found)))


NASTY = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 5e-324, -5e-324, 1.7e308, -1.7e308, 1.0, -1.0, 800.0, -0.5])


@as_one_test("gate", [gate for gate in GATES if gate.has_local], ids=lambda gate: gate.name)
def test_no_warning_leaks_and_nothing_raises_at_any_double(gate):
    """Results there are IEEE's; pytest turns a warning into a failure."""
    for sample in gate.samples[:1]:
        count = len(sample.operands)
        graph = single(gate, count, sample.attributes)
        columns = np.array(tuples(NASTY, count)).T
        value, gradients = value_and_gradients(graph, list(columns))
        assert value.shape == columns[0].shape
        assert all(gradient.shape == columns[0].shape for gradient in gradients)
        for place in range(0, len(NASTY), 4):
            scalar, _ = value_and_gradients(graph, [float(column[place]) for column in columns])
            assert isinstance(scalar, float)


@as_one_test("gate", [gate for gate in WITH_OPERANDS if not gate.has_local], ids=lambda gate: gate.name)
@as_one_test("poison", [np.nan, np.inf, -np.inf, 0.0, 1e300])
def test_arrays_full_of_anything_raise_nothing(gate, poison):
    for one in sample_points():
        if one.gate is gate:
            operands = [np.full(np.shape(operand), poison)[()] for operand in one.operands]
            _, gradients = value_and_gradients(single(gate, len(operands), one.attributes), operands)
            assert [np.shape(gradient) for gradient in gradients] == [np.shape(operand) for operand in operands]


def test_leaves_that_make_arrays_have_the_shape_that_their_rule_says():
    for gate in GATES:
        for sample in gate.samples if not gate.operands else ():
            graph = single(gate, 0, sample.attributes)
            typed = graph.typed({})
            assert np.shape(value_of(graph, [])) == typed.result.shape
