"""Shape rules, each against what NumPy itself does, and the words of their errors."""

import itertools

import numpy as np
import pytest

from backprop.autodiff import ExpressionError, Graph
from backprop.autodiff import shapes as rules
from backprop.autodiff.gates import FUNCTIONS, GATES, OPERATORS, arrays, constructors
from backprop.autodiff.shapes import Slice

from ..cases import as_one_test, each
from .array_points import POINTS
from .building import single, value_of

SHAPES = [(), (1,), (3,), (2, 3), (3, 1), (1, 3), (2, 1, 3), (0,), (2, 0), (4, 3)]


@as_one_test("gate", dict.fromkeys(point.gate for point in POINTS), ids=lambda gate: gate.name)
def test_every_rule_says_the_shape_that_comes_out(gate):
    for _, operands, attributes in each(point for point in POINTS if point.gate is gate):
        graph = single(gate, len(operands), attributes)
        typed = graph.typed({f"x{place}": np.shape(one) for place, one in enumerate(operands)})
        assert np.shape(value_of(graph, operands)) == typed.result.shape


@as_one_test("a, b", list(itertools.product(SHAPES, SHAPES)))
def test_broadcasting_is_numpys(a, b):
    try:
        expected = np.broadcast_shapes(a, b)
    except ValueError:
        with pytest.raises(ExpressionError, match="do not match") as caught:
            rules.broadcast([a, b])
        assert rules.show(a) in caught.value.reason
        assert rules.show(b) in caught.value.reason
    else:
        assert rules.broadcast([a, b]) == expected


def test_many_operands_broadcast():
    assert rules.broadcast([(3,), *[()] * 100, (2, 1)]) == (2, 3)


@pytest.mark.parametrize("gate, function", [(OPERATORS["@"], np.matmul), (FUNCTIONS["dot"][0], np.dot)])
def test_products_are_numpys_up_to_matrices(gate, function):
    for a, b in each(itertools.product(SHAPES, SHAPES)):
        try:
            expected = function(np.ones(a), np.ones(b)).shape
        except ValueError:
            expected = None
        if expected is None or len(a) > 2 or len(b) > 2:
            if expected is None or (a and b):
                with pytest.raises(ExpressionError):
                    gate.shape(a, b)
        else:
            assert gate.shape(a, b) == expected


@as_one_test("shape", SHAPES)
@as_one_test("axis", [None, 0, 1, -1, 2, -3, (0, 1), (1, 0), (0, -1), (0, 0), (0, 5), ()])
def test_reduced_shapes_are_numpys(shape, axis):
    if shape == () and axis in (0, -1):  # NumPy lets these pass, for scalars only
        with pytest.raises(ExpressionError):
            rules.reduced(shape, axis)
        return
    try:
        expected = np.sum(np.ones(shape), axis=axis).shape
    except ValueError:  # out of range, or twice the same
        with pytest.raises(ExpressionError):
            rules.reduced(shape, axis)
    else:
        assert rules.reduced(shape, axis) == expected
        assert rules.reduced(shape, axis, keepdims=True) == np.sum(np.ones(shape), axis=axis, keepdims=True).shape


INDICES = [
    (0,), (-1,), (2,), (5,), (-4,), (0, 0), (1, -1), (0, 0, 0), (Slice(None, None, None),), (Slice(1, None, None),),
    (Slice(None, -1, None),), (Slice(None, None, -1),), (Slice(5, None, -2),), (Slice(1, 1, None),),
    (Slice(-2, 9, 1), 0), (0, Slice(0, 2, None)), (Slice(None, None, 2), Slice(0, 1, None)), (),
]  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_indexed_shapes_are_numpys(shape):
    for index in each(INDICES):
        try:
            expected = np.ones(shape)[rules.as_numpy_index(index)].shape
        except IndexError:
            with pytest.raises(ExpressionError, match=r"ind(ex|ices)"):
                rules.indexed(shape, index)
        else:
            assert rules.indexed(shape, index) == expected


def test_a_slice_with_step_zero_is_refused():
    with pytest.raises(ExpressionError, match="step"):
        rules.indexed((3,), (Slice(None, None, 0),))


@as_one_test("old", SHAPES)
@as_one_test("new", [(), (3,), (-1,), (3, -1), (-1, 1), (6,), (3, 2), (0,), (0, -1), (-1, -1)])
def test_reshaping_is_numpys(old, new):
    try:
        expected = np.reshape(np.ones(old), new).shape
    except ValueError:
        expected = None
    try:
        found = arrays.reshaped(old, arrays.as_new_shape(np.array(new, dtype=float)))
    except ExpressionError:
        found = None
    assert found == expected


@as_one_test("axis", [-3, -2, -1, 0, 1, 2])
@as_one_test("operands", [[(3,), (3,)], [(2, 3), (2, 3), (2, 3)], [(2, 3), (2, 1)], [(), ()], [(2,), (2, 2)]])
@as_one_test("name, function", [("stack", np.stack), ("concat", np.concatenate)])
def test_joining_is_numpys(name, function, operands, axis):
    rule = FUNCTIONS[name][0].shape
    try:
        expected = function([np.ones(one) for one in operands], axis=axis).shape
    except ValueError:
        with pytest.raises(ExpressionError):
            rule(*operands, axis=axis)
    else:
        assert rule(*operands, axis=axis) == expected


@pytest.mark.parametrize(
    "limits", [(4.0,), (0.0,), (-3.0,), (1.0, 4.0), (1.0, 2.0, 0.3), (5.0, 1.0, -1.5), (0.0, 1.0, 0.1)]
)
def test_arange_has_numpys_length(limits):
    assert constructors.arange_rule(limits) == np.arange(*limits).shape


BAD_SQUARES = [(), (3,), (2, 3), (2, 2, 2)]


@pytest.mark.parametrize("name", ["det", "inv", "logdet", "trace"])
@pytest.mark.parametrize("shape", BAD_SQUARES)
def test_matrix_functions_want_square_matrices(name, shape):
    with pytest.raises(ExpressionError, match="square"):
        FUNCTIONS[name][0].shape(shape)


@pytest.mark.parametrize("a, b", [((2, 2), ()), ((2, 2), (3,)), ((2, 3), (2,)), ((2, 2), (2, 2, 2)), ((), (2,))])
def test_solve_wants_a_matrix_and_as_many_rows(a, b):
    with pytest.raises(ExpressionError):
        FUNCTIONS["solve"][0].shape(a, b)


@pytest.mark.parametrize("shape", [(), (2, 3), (2, 2, 2)])
def test_diag_wants_a_vector_or_a_square_matrix(shape):
    with pytest.raises(ExpressionError, match="diag"):
        FUNCTIONS["diag"][0].shape(shape)


@pytest.mark.parametrize("name", ["max", "min", "mean", "var", "std", "logsumexp"])
def test_reductions_that_need_an_entry_say_so(name):
    gate = next(gate for gate in FUNCTIONS[name] if gate.name == name)
    with pytest.raises(ExpressionError, match="no entry"):
        gate.shape((0,), axis=None)
    assert gate.shape((0, 3), axis=1) == (0,)


def test_a_running_sum_has_one_axis():
    with pytest.raises(ExpressionError, match="one axis"):
        FUNCTIONS["cumsum"][0].shape((2, 3), axis=(0, 1))


NUMBERS = [0.5, np.nan, np.inf, -np.inf, np.array([1.0])]


@pytest.mark.parametrize("value", NUMBERS, ids=str)
def test_a_size_is_a_whole_number(value):
    with pytest.raises(ExpressionError, match="whole number"):
        rules.as_size(value)


def test_settings_are_read_from_constants():
    assert rules.as_size(np.float64(-3)) == -3
    assert rules.as_axis(np.float64(1)) == 1
    assert rules.as_axis(np.array([0.0, 1.0])) == (0, 1)
    assert rules.as_shape(np.array([2.0, 3.0])) == (2, 3)
    assert rules.as_shape(np.float64(2)) == (2,)
    assert constructors.as_limits(np.array([1.0, 2.0])) == (1.0, 2.0)
    for convert, value in [
        (rules.as_axis, np.ones((2, 2))),
        (rules.as_axis, np.array([0.5])),
        (rules.as_shape, np.array([2.0, -1.0])),
        (constructors.as_length, np.float64(-1)),
        (constructors.as_limits, np.array([0.0, 1.0, 0.0])),
        (constructors.as_limits, np.array([0.0, np.inf])),
        (constructors.as_limits, np.ones(4)),
        (constructors.as_limits, np.ones(0)),
        (constructors.as_finite, np.float64(np.nan)),
        (arrays.as_new_shape, np.array([-1.0, -1.0])),
        (arrays.as_new_shape, np.array([-2.0])),
        (rules.as_order, np.float64(-1)),
        (rules.as_order, np.float64(101)),
        (rules.as_order, np.float64(1.5)),
    ]:
        with pytest.raises(ExpressionError):
            convert(value)


@as_one_test(
    "gate", [gate for gate in GATES if gate.is_public and gate.samples and gate.operands], ids=lambda gate: gate.name
)
def test_a_rule_answers_or_raises_the_one_error(gate):
    """Whatever the operands' shapes: an ExpressionError or a shape, which evaluation then has."""
    settings = gate.samples[0].attributes
    count = len(gate.samples[0].operands)
    for shape in each([(1,) * 32, (3,), (), (2, 3), (2, 3, 4), (0,), (1, 1)]):
        graph = Graph(is_typed=True)
        nodes = tuple(graph.input(f"x{place}", shape) for place in range(count))
        defaults = {name: one.default for name, one in gate.attributes.items()} | dict(settings)
        try:
            node = graph.add(gate, nodes, tuple(defaults.values()))
        except ExpressionError as error:
            assert error.reason.startswith(f"{gate.name}: ")
            continue
        found = value_of(single(gate, count, settings), [np.ones(nodes[0].shape)[()]] * count)
        assert np.shape(found) == node.shape
