"""value_and_grad: the lecture's numbers, what goes in and comes out, every error, and the memory it takes."""

import math
import tracemalloc
from collections import OrderedDict
from fractions import Fraction
from types import MappingProxyType

import numpy as np
import pytest

from backprop.autodiff import ExpressionError, Span, value_and_grad
from backprop.autodiff import shapes as rules

from ...closeness import close_to
from ..building import Written, assign, call, expression

PRODUCT = expression(lambda x, y, z: (x + y) * z, "x", "y", "z")
SCALE = expression(lambda a, x: call("sum", a * x**2), "a", "x")


def test_the_lectures_first_circuit():
    assert value_and_grad(PRODUCT, x=-2, y=5, z=-4) == (-12.0, {"x": -4.0, "y": -4.0, "z": 3.0})


def test_the_lectures_neuron():
    graph = expression(
        lambda w0, x0, w1, x1, w2: 1 / (1 + call("exp", -(w0 * x0 + w1 * x1 + w2))), "w0", "x0", "w1", "x1", "w2"
    )
    value, gradient = value_and_grad(graph, w0=2, x0=-1, w1=-3, x1=-2, w2=-3)
    assert value == 0.7310585786300049
    expected = {"w0": -0.1966, "x0": 0.3932, "w1": -0.3932, "x1": -0.5898, "w2": 0.1966}
    assert gradient == pytest.approx(expected, abs=5e-5)


def test_the_lectures_matrix_product():
    graph = expression(lambda W, x: call("sum", assign("q", W @ x) ** 2), "W", "x")
    value, gradient = value_and_grad(graph, W=[[0.1, 0.5], [-0.3, 0.8]], x=[0.2, 0.4])
    assert value == close_to(0.116, rel=1e-14)
    np.testing.assert_allclose(gradient["W"], [[0.088, 0.176], [0.104, 0.208]], rtol=1e-14)
    np.testing.assert_allclose(gradient["x"], [-0.112, 0.636], rtol=1e-14)


def test_the_lectures_routers():
    graph = expression(lambda x, y, z, w: 2 * (x * y + call("max", z, w)), "x", "y", "z", "w")
    assert value_and_grad(graph, x=3, y=-4, z=2, w=-1) == (-20.0, {"x": -8.0, "y": 6.0, "z": 2.0, "w": 0.0})


def test_a_variable_used_many_times_gets_the_sum():
    graph = expression(lambda x: x * x + x + x * x * x, "x")
    assert value_and_grad(graph, x=2.0) == (14.0, {"x": 17.0})


def test_scalars_come_back_as_floats_and_arrays_as_arrays():
    value, gradient = value_and_grad(SCALE, a=2, x=[1, 2, 3])
    assert type(value) is float
    assert type(gradient["a"]) is float
    assert type(gradient["x"]) is np.ndarray
    assert gradient["x"].dtype == np.float64
    array_value, _ = value_and_grad(expression(lambda x: x * 2, "x"), x=[[1, 2]])
    assert array_value.shape == (1, 2)


def test_results_have_memory_of_their_own():
    given = np.array([1.0, 2.0])
    graph = expression(lambda x, y: x + 0 * y, "x", "y")
    value, gradient = value_and_grad(expression(lambda x: x, "x"), x=given)
    value[0] = 99.0
    gradient["x"][0] = 99.0
    np.testing.assert_array_equal(given, [1.0, 2.0])
    _, broadcast = value_and_grad(graph, x=given, y=[[1.0], [2.0]])
    for one in broadcast.values():
        one += 1.0  # a view of a broadcast would refuse this, or write one entry into many
    np.testing.assert_array_equal(broadcast["x"], [3.0, 3.0])
    assert not np.shares_memory(broadcast["x"], broadcast["y"])
    _, linear = value_and_grad(expression(lambda x, y: call("sum", x + y), "x", "y"), x=given, y=given)
    linear["x"][0] = 7.0
    assert linear["y"][0] == 1.0


def test_values_are_not_changed():
    given = np.array([4.0, 9.0])
    given.flags.writeable = False
    value_and_grad(expression(lambda x: call("sum", call("sqrt", x)), "x"), x=given)
    np.testing.assert_array_equal(given, [4.0, 9.0])


@pytest.mark.parametrize(
    "given",
    [2, 2.0, np.float32(2), np.int8(2), True + 1, np.array(2), np.array(2.0), np.uint64(2)],
    ids=lambda one: type(one).__name__,
)
def test_any_real_number_is_a_scalar(given):
    assert value_and_grad(expression(lambda x: x**2, "x"), x=given) == (4.0, {"x": 4.0})


@pytest.mark.parametrize("given", [[1, 2], (1, 2), np.array([1, 2]), np.array([1, 2], dtype=np.float32), [True, 2]])
def test_any_list_of_numbers_is_an_array(given):
    value, gradient = value_and_grad(expression(lambda x: call("sum", x**2), "x"), x=given)
    assert value == 5.0
    np.testing.assert_array_equal(gradient["x"], [2.0, 4.0])


def test_values_may_come_in_any_mapping():
    expected = value_and_grad(PRODUCT, x=1, y=2, z=3)
    assert value_and_grad(PRODUCT, {"x": 1, "y": 2, "z": 3}) == expected
    assert value_and_grad(PRODUCT, MappingProxyType({"x": 1}), y=2, z=3) == expected
    assert value_and_grad(PRODUCT, OrderedDict(z=3, y=2, x=1)) == expected


@pytest.mark.parametrize("name", ["wrt", "upstream", "graph", "values", "self"])
def test_a_variable_named_like_an_argument_goes_through_the_mapping(name):
    graph = expression(lambda variable, x: variable**2 * x, name, "x")
    assert value_and_grad(graph, {name: 3.0}, x=2.0) == (18.0, {name: 12.0, "x": 9.0})
    assert value_and_grad(graph, {name: 3.0, "x": 2.0}, wrt=[name]) == (18.0, {name: 12.0})


def test_wrt_chooses_and_orders():
    value, gradient = value_and_grad(PRODUCT, {"x": -2, "y": 5, "z": -4}, wrt=["z", "x"])
    assert value == -12.0
    assert list(gradient.items()) == [("z", 3.0), ("x", -4.0)]
    assert value_and_grad(PRODUCT, {"x": -2, "y": 5, "z": -4}, wrt=[]) == (-12.0, {})
    assert list(value_and_grad(PRODUCT, x=1, y=1, z=1, wrt=("z", "z", "y"))[1]) == ["z", "y"]
    assert list(value_and_grad(PRODUCT, x=1, y=1, z=1, wrt=iter("yx"))[1]) == ["y", "x"]


def test_named_constants_are_constants_unless_given():
    graph = expression(lambda r, pi: pi * r**2, "r", "pi")
    assert value_and_grad(graph, r=2.0) == (4 * math.pi, {"r": 4 * math.pi})
    assert value_and_grad(graph, r=2.0, pi=3.0) == (12.0, {"r": 12.0, "pi": 4.0})
    with pytest.raises(ExpressionError, match="'pi' is not in the expression"):
        value_and_grad(graph, r=2.0, wrt=["pi"])


def test_a_variable_that_the_output_does_not_need_has_gradient_zero():
    graph = expression(lambda x, y: (assign("dead", x * y), 2 * x)[1], "x", "y")
    value, gradient = value_and_grad(graph, x=3.0, y=[1.0, 2.0])
    assert (value, gradient["x"]) == (6.0, 2.0)
    np.testing.assert_array_equal(gradient["y"], [0.0, 0.0])


def test_an_expression_without_variables():
    graph = expression(lambda: 5.0)
    assert value_and_grad(graph) == (5.0, {})


def test_the_output_may_be_a_variable():
    value, gradient = value_and_grad(expression(lambda x: x, "x"), x=[1.0, 2.0])
    np.testing.assert_array_equal(value, [1.0, 2.0])
    np.testing.assert_array_equal(gradient["x"], [1.0, 1.0])


def test_upstream_is_ones_or_what_is_given():
    graph = expression(lambda x: x**2, "x")
    point = [1.0, 2.0, 3.0]
    np.testing.assert_array_equal(value_and_grad(graph, x=point)[1]["x"], [2.0, 4.0, 6.0])
    np.testing.assert_array_equal(value_and_grad(graph, x=point, upstream=[1, 0, -1])[1]["x"], [2.0, 0.0, -6.0])
    assert value_and_grad(graph, x=3.0, upstream=0.5)[1] == {"x": 3.0}
    assert value_and_grad(graph, x=3.0, upstream=math.inf)[1] == {"x": math.inf}


@pytest.mark.parametrize("upstream", [1.0, [1, 1], [[1, 1, 1]], [1, 1, 1, 1], [[1], [1], [1]]])
def test_upstream_of_another_shape_is_refused(upstream):
    with pytest.raises(ExpressionError, match="upstream gradient has shape") as caught:
        value_and_grad(expression(lambda x: x**2, "x"), x=[1.0, 2.0, 3.0], upstream=upstream)
    assert rules.show(np.shape(upstream)) in caught.value.reason
    assert "(3)" in caught.value.reason
    assert caught.value.cure


@pytest.mark.parametrize("upstream", ["ones", [1, "x"], 1j, [[1], [1, 2]]])
def test_upstream_that_is_no_number_is_refused(upstream):
    with pytest.raises(ExpressionError, match="upstream gradient is neither a number nor an array of numbers"):
        value_and_grad(PRODUCT, {"x": 1, "y": 1, "z": 1}, upstream=upstream)


def test_all_missing_variables_are_reported_at_once():
    with pytest.raises(ExpressionError) as caught:
        value_and_grad(PRODUCT, y=1)
    error = caught.value
    assert error.reason == "no value for 'x' and 'z'"
    assert error.span == Span(0, 1)
    assert error.cure
    with pytest.raises(ExpressionError, match="no value for 'x' and 'y' and 'z'"):
        value_and_grad(PRODUCT)


def test_a_value_of_no_variable_is_refused():
    with pytest.raises(ExpressionError, match="'w' is not in the expression") as caught:
        value_and_grad(PRODUCT, x=1, y=2, z=3, w=4)
    assert caught.value.cure == "its variables are x, y, z"
    with pytest.raises(ExpressionError) as caught:
        value_and_grad(expression(lambda: 1.0), x=1)
    assert caught.value.cure == "it has no variables"


def test_an_unknown_name_to_differentiate_by_is_refused():
    with pytest.raises(ExpressionError, match="'w' is not in the expression") as caught:
        value_and_grad(PRODUCT, x=1, y=2, z=3, wrt=["x", "w"])
    assert "x, y, z" in caught.value.cure


LOOP: list = []
LOOP.append(LOOP)
NO_NUMBERS = {
    "text": "2",
    "bytes": b"2",
    "None": None,
    "complex": 2 + 0j,
    "complex array": np.array([1j]),
    "text in a list": [1, "2"],
    "None in a list": [1, None],
    "ragged": [[1, 2], [3]],
    "ragged at depth": [[1, [2]], [3, 4]],
    "dictionary": {"a": 1},
    "set": {1, 2},
    "fraction": Fraction(1, 2),
    "dates": np.array(["2020-01-01"], dtype="datetime64[D]"),
    "object": object(),
    "an integer beyond all doubles": 10**400,
    "integers beyond all doubles": [10**400, 1],
    "function": math.sin,
    "a list in itself": LOOP,
    "a record": np.zeros(2, dtype=[("a", float)]),
}


@pytest.mark.parametrize("given", NO_NUMBERS.values(), ids=NO_NUMBERS)
def test_what_is_no_number_is_refused_by_name(given):
    with pytest.raises(ExpressionError, match="the value of 'y' is neither a number nor an array of numbers") as caught:
        value_and_grad(PRODUCT, x=1, y=given, z=3)
    assert caught.value.cure


def test_values_that_do_not_fit_name_both_shapes_and_the_place():
    with pytest.raises(ExpressionError, match=r"mul: shapes \(2\) and \(3\) do not match") as caught:
        value_and_grad(PRODUCT, x=[1, 2], y=1, z=[1, 2, 3])
    assert caught.value.span == PRODUCT.result.span


def test_a_value_beyond_the_bound_is_refused_before_memory_is_taken():
    huge = np.broadcast_to(np.float32(1), (2**40,))
    with pytest.raises(ExpressionError, match="more than"):
        value_and_grad(PRODUCT, x=huge, y=1, z=1)
    with pytest.raises(ExpressionError, match="more than"):
        value_and_grad(PRODUCT, {"x": 1, "y": 1, "z": 1}, upstream=huge)


def test_errors_are_one_class_that_is_a_value_error():
    with pytest.raises(ValueError) as caught:
        value_and_grad(PRODUCT)
    assert type(caught.value) is ExpressionError
    assert str(caught.value) == ExpressionError.written(caught.value)


def test_the_graph_is_not_touched():
    before = len(PRODUCT.nodes)
    value_and_grad(PRODUCT, x=[1, 2], y=1, z=3)
    value_and_grad(PRODUCT, x=1, y=1, z=3)
    assert len(PRODUCT.nodes) == before
    assert PRODUCT.result.shape == ()


def test_not_finite_values_go_through():
    value, gradient = value_and_grad(PRODUCT, x=math.nan, y=1, z=math.inf)
    assert math.isnan(value)
    assert gradient["x"] == math.inf
    assert math.isnan(gradient["z"])


ACTIVATIONS = ["sigmoid", "tanh", "relu", "leaky_relu", "elu", "maxout", "gelu", "mish"]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_of_4096_inputs(name):
    inputs = np.linspace(-9.0, 9.0, 4096)
    more = [0.5] if name == "maxout" else []
    graph = expression(lambda x: call("sum", call(name, x, *more)), "x")
    _, gradient = value_and_grad(graph, x=inputs)
    alone = expression(lambda x: call(name, x, *more), "x")
    for place in (0, 1000, 2047, 2048, 4095):
        expected = value_and_grad(alone, x=inputs[place])[1]["x"]
        assert gradient["x"][place] == close_to(expected, rel=1e-14)


def test_four_million_inputs_need_no_jacobian():
    """Ten arrays of 32 MB: the Jacobian would have been 128 TB."""
    graph = expression(lambda x: call("sum", call("tanh", x) * x), "x")
    inputs = np.linspace(-3.0, 3.0, 4_000_000)
    tracemalloc.start()
    try:
        value, gradient = value_and_grad(graph, x=inputs)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 400e6
    assert gradient["x"].shape == (4_000_000,)
    expected = np.tanh(3.0) + 3.0 / np.cosh(3.0) ** 2
    assert gradient["x"][-1] == close_to(expected, rel=1e-13)
    assert value == close_to(float(np.sum(np.tanh(inputs) * inputs)), rel=1e-12)


def test_written_is_the_tests_own():
    """The builder adds what is written: no simplification hides a gate from these tests."""
    graph = expression(lambda x: (1 * x) ** 1 + 0 * x, "x")
    assert isinstance(Written(graph.result).span, Span)
    assert [node.gate.name for node in graph.nodes] == ["input", "constant", "mul", "pow", "constant", "mul", "add"]
