"""`compile`: rows in, rows out, as value_and_grad gives them one by one."""

import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backprop.autodiff import ExpressionError, compile, value_and_grad
from backprop.autodiff.evaluation.batched_lowering import MOST_ROWS

from ..building import assign, call, expression
from ..deep import deep, deep_value_and_grad
from ..test_random_arrays import graphs, is_ordinary, settings, steady
from ..test_random_expressions import as_graph, depth, names_of, points, trees

generator = np.random.default_rng


def circuit():
    return expression(lambda x, y, z: assign("q", x + y) * z, "x", "y", "z")


def perceptron():
    return expression(lambda w, x, b: call("tanh", call("sum", w * x) + b), "w", "x", "b")


def columns(rows, *names, seed=0):
    random = generator(seed)
    return {name: random.normal(size=rows) for name in names}


def check(graph, given, fixed=None, relative=1e-13, rows=None, **options):
    """The compiled function's rows against value_and_grad, in some rows or in all."""
    values, grads = compile(graph, fixed=fixed, **options)(given)
    count = len(values)
    assert all(len(one) == count and one.dtype == np.float64 for one in grads.values())
    for row in range(count) if rows is None else rows:
        point = {name: column[row] if np.ndim(column) else column for name, column in given.items()}
        value, gradient = value_and_grad(graph, {**(fixed or {}), **point}, wrt=options.get("wrt"))
        assert list(grads) == list(gradient)
        for one, truth in zip(
            [values[row], *(grads[name][row] for name in gradient)], [value, *gradient.values()], strict=True
        ):
            assert np.shape(one) == np.shape(truth)
            scale = np.max(np.abs(truth), initial=0.0, where=np.isfinite(truth))
            np.testing.assert_allclose(one, truth, rtol=relative, atol=relative * scale)
    return values, grads


def test_the_example_of_the_lecture():
    values, grads = compile(circuit())(x=[-2.0, 1.0], y=[5.0, 1.0], z=[-4.0, 3.0])
    np.testing.assert_array_equal(values, [-12.0, 6.0])
    assert list(grads) == ["x", "y", "z"]
    np.testing.assert_array_equal(grads["x"], [-4.0, 3.0])
    np.testing.assert_array_equal(grads["y"], [-4.0, 3.0])
    np.testing.assert_array_equal(grads["z"], [3.0, 2.0])


@settings(steady, max_examples=200)
@given(trees, points, st.integers(0, 2**32 - 1))
def test_random_expressions_give_each_row_what_it_has_alone(tree, point, seed):
    names = names_of(tree)
    if not names or depth(tree) > 6:
        return
    graph = expression(lambda *inputs: as_graph(tree, dict(zip(names, inputs, strict=True))), *names)
    factors = np.concatenate([[1.0], generator(seed).uniform(0.5, 1.5, 4)])
    given = {name: point[name] * factors for name in names}
    values, grads = compile(graph)(given)
    for row in range(len(factors)):
        value, gradient = value_and_grad(graph, {name: given[name][row : row + 1] for name in names})
        np.testing.assert_array_equal(values[row], value[0])
        for name in names:
            np.testing.assert_array_equal(grads[name][row], gradient[name][0])


@settings(steady, max_examples=150)
@given(graphs(), st.integers(0, 2**32 - 1), st.sets(st.integers(0, 2)))
def test_random_array_expressions_give_each_row_what_it_has_alone(typed, seed, held):
    random = generator(seed)
    fixed, given = {}, {}
    for place, (name, node) in enumerate(typed.inputs.items()):
        if place in held and place:  # the first always has rows
            fixed[name] = random.uniform(0.3, 1.7, node.shape)
        else:
            given[name] = random.uniform(0.3, 1.7, (3, *node.shape))
    points = [{**fixed, **{name: one[row] for name, one in given.items()}} for row in range(3)]
    if all(is_ordinary(typed, [point[name] for name in typed.inputs], 1e-2) for point in points):
        check(typed, given, fixed, relative=1e-9)  # sums are in another order, and may cancel


@pytest.mark.parametrize("rows", [0, 1, 2, MOST_ROWS - 1, MOST_ROWS, MOST_ROWS + 1, 3 * MOST_ROWS + 5])
def test_any_number_of_rows(rows):
    given = columns(rows, "x", "y", "z")
    values, grads = compile(circuit())(given)
    np.testing.assert_array_equal(values, (given["x"] + given["y"]) * given["z"])
    np.testing.assert_array_equal(grads["x"], given["z"])
    np.testing.assert_array_equal(grads["y"], given["z"])
    np.testing.assert_array_equal(grads["z"], given["x"] + given["y"])


@pytest.mark.parametrize("rows", [0, 1, 7])
def test_arrays_in_each_row(rows):
    random = generator(1)
    given = {"w": random.normal(size=(rows, 3)), "x": random.normal(size=(rows, 3)), "b": random.normal(size=rows)}
    values, grads = check(perceptron(), given)
    assert values.shape == (rows,)
    assert {name: one.shape for name, one in grads.items()} == {"w": (rows, 3), "x": (rows, 3), "b": (rows,)}


def test_fixed_values_hold_for_all_rows_and_have_gradients():
    random = generator(2)
    fixed = {"w": random.normal(size=3), "b": 0.5}
    _, grads = check(perceptron(), {"x": random.normal(size=(9, 3))}, fixed)
    assert grads["w"].shape == (9, 3) and grads["b"].shape == (9,)


def test_a_fixed_matrix_times_a_vector_in_each_row():
    random = generator(3)
    graph = expression(lambda a, x: call("sum", call("tanh", a @ x)), "a", "x")
    check(graph, {"x": random.normal(size=(6, 4))}, {"a": random.normal(size=(3, 4))})
    check(graph, {"a": random.normal(size=(6, 3, 4))}, {"x": random.normal(size=4)})


def test_a_number_at_the_call_holds_for_all_rows():
    given = columns(5, "x", "y")
    for four in (4, 4.0, np.float32(4), np.array(4.0), True + 3):
        values, grads = compile(circuit())(given, z=four)
        np.testing.assert_array_equal(values, (given["x"] + given["y"]) * 4.0)
        np.testing.assert_array_equal(grads["x"], np.full(5, 4.0))


def test_an_output_that_is_an_array():
    given = {"x": generator(4).normal(size=(5, 2, 3)), "y": generator(5).normal(size=(5, 3))}
    values, grads = check(expression(lambda x, y: x * y, "x", "y"), given)
    assert values.shape == (5, 2, 3) and grads["y"].shape == (5, 3)


def test_wrt_chooses_and_orders_the_gradients():
    given = columns(3, "x", "y", "z")
    _, grads = compile(circuit(), wrt=["z", "x"])(given)
    assert list(grads) == ["z", "x"]
    _, grads = compile(circuit(), wrt=iter(["y"]))(given)
    assert list(grads) == ["y"]
    assert compile(circuit(), wrt=[])(given)[1] == {}


def test_without_gradients_no_adjoint_is_computed():
    f = compile(circuit(), gradients=False)
    values, grads = f(x=[1.0], y=[2.0], z=[3.0])
    assert (values.tolist(), grads) == ([9.0], {})
    ((plan, _),) = f._plans._kept.values()
    assert len(plan.rows.steps) == 2


def test_a_variable_that_the_output_does_not_depend_on_has_a_gradient_of_zeros():
    def write(x, y):
        assign("dead", y * 2.0)
        return x * x

    values, grads = compile(expression(write, "x", "y"))(x=[1.0, 2.0], y=np.ones((2, 3)))
    np.testing.assert_array_equal(values, [1.0, 4.0])
    np.testing.assert_array_equal(grads["y"], np.zeros((2, 3)))


def test_an_output_that_depends_on_no_row_is_repeated():
    values, grads = compile(expression(lambda x, y: y * 2.0, "x", "y"), fixed={"y": [1.0, 3.0]})(x=[1.0, 2.0, 3.0])
    np.testing.assert_array_equal(values, [[2.0, 6.0]] * 3)
    np.testing.assert_array_equal(grads["x"], [0.0, 0.0, 0.0])
    np.testing.assert_array_equal(grads["y"], [[2.0, 2.0]] * 3)


@pytest.mark.parametrize("shape", [(4,), (4, 2)])
def test_a_result_never_is_the_callers_array(shape):
    x = np.ones(shape)
    values, grads = compile(expression(lambda x: x, "x"))(x=x)
    values[:] = 7.0
    grads["x"][:] = 8.0
    np.testing.assert_array_equal(x, np.ones(shape))
    np.testing.assert_array_equal(values, np.full(shape, 7.0))


def test_results_do_not_share_memory():
    _, grads = compile(circuit())(columns(3, "x", "y", "z"))
    assert not np.shares_memory(grads["x"], grads["y"])


def test_a_branch_not_taken_is_exactly_nothing():
    graph = expression(lambda x: call("where", x > 0.0, call("sqrt", x), 0.0), "x")
    values, grads = compile(graph)(x=[4.0, 0.0, -1.0, np.nan])
    np.testing.assert_array_equal(values, [2.0, 0.0, 0.0, 0.0])
    np.testing.assert_array_equal(grads["x"], [0.25, 0.0, 0.0, 0.0])


def test_inf_and_nan_come_out_without_a_warning_in_every_thread():
    graph = expression(lambda x: call("log", x) / x, "x")
    x = np.tile([0.0, -1.0, np.inf, 1e-320], MOST_ROWS)
    values, grads = compile(graph)(x=x)
    for row in range(4):
        value, gradient = value_and_grad(graph, x=x[row])
        assert np.array_equal(values[row::4], np.full(MOST_ROWS, value), equal_nan=True)
        assert np.array_equal(grads["x"][row::4], np.full(MOST_ROWS, gradient["x"]), equal_nan=True)


def unaligned(array):
    raw = np.zeros(array.nbytes + 1, dtype=np.uint8)
    found = raw[1:].view(array.dtype)
    found[:] = array
    return found


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(lambda x: x.tolist(), id="list"),
        pytest.param(lambda x: x[::-1][::-1], id="reversed twice"),
        pytest.param(lambda x: np.repeat(x, 3)[::3], id="strided"),
        pytest.param(lambda x: np.stack([x, -x], axis=1)[:, 0], id="column of a table"),
        pytest.param(lambda x: x[::-1].copy()[::-1], id="backwards"),
        pytest.param(lambda x: x.astype(np.int64), id="int64"),
        pytest.param(lambda x: x.astype(np.int8), id="int8"),
        pytest.param(lambda x: x.astype(np.uint16), id="uint16"),
        pytest.param(lambda x: x.astype(np.float32), id="float32"),
        pytest.param(lambda x: x.astype(np.longdouble), id="longdouble"),
        pytest.param(lambda x: x.astype(">f8"), id="big-endian"),
        pytest.param(unaligned, id="unaligned"),
        pytest.param(lambda x: memoryview(x), id="buffer"),
    ],
)
def test_any_kind_of_numbers(given):
    x = np.arange(1.0, 101.0)
    column = given(x)
    if isinstance(column, np.ndarray):
        column.flags.writeable = False
    values, grads = compile(expression(lambda x: x * x - x, "x"))(x=column)
    np.testing.assert_array_equal(values, x * x - x)
    np.testing.assert_array_equal(grads["x"], 2 * x - 1)
    np.testing.assert_array_equal(np.asarray(column), x)


def test_truth_values_are_numbers():
    values, _ = compile(expression(lambda x: x * 2.0, "x"))(x=np.array([True, False]))
    np.testing.assert_array_equal(values, [2.0, 0.0])


def test_arrays_a_row_in_any_layout():
    plain = generator(6).normal(size=(50, 2, 3))
    graph = expression(lambda x: call("sum", call("exp", x), axis=0), "x")
    truth, slope = compile(graph)(x=plain)
    for other in (np.asfortranarray(plain), plain.transpose(1, 2, 0).copy().transpose(2, 0, 1), plain[::-1][::-1]):
        values, grads = compile(graph)(x=other)
        np.testing.assert_array_equal(values, truth)
        np.testing.assert_array_equal(grads["x"], slope["x"])


@pytest.mark.parametrize(
    "given, reason",
    [
        ({"x": [1.0, 2.0], "y": [1.0, 2.0, 3.0], "z": 1.0}, "the numbers of rows differ: 'x' 2, 'y' 3"),
        ({"x": [1.0], "y": [1.0, 2.0], "z": [1.0, 2.0]}, "the numbers of rows differ: 'x' 1, 'y' and 'z' 2"),
        ({"x": [1.0]}, "no value for 'y' and 'z'"),
        ({"x": [1.0], "y": 1, "z": 1, "v": 1}, "'v' is not in the expression"),
        ({"x": ["one"], "y": 1, "z": 1}, "the value of 'x' is neither a number nor an array of numbers"),
        ({"x": [[1.0], [1.0, 2.0]], "y": 1, "z": 1}, "the value of 'x' is neither a number nor an array of numbers"),
        ({"x": np.ones((2, 3)), "y": np.ones((2, 4)), "z": 1}, "add: shapes (3) and (4) do not match"),
    ],
)
def test_what_is_wrong_with_the_rows(given, reason):
    with pytest.raises(ExpressionError) as caught:
        compile(circuit())(given)
    assert caught.value.reason == reason
    assert caught.value.cure


@pytest.mark.parametrize(
    "options, reason",
    [
        ({"wrt": ["v"]}, "'v' is not in the expression"),
        ({"fixed": {"v": 1.0}}, "'v' is not in the expression"),
        ({"fixed": {"x": "one"}}, "the value of 'x' is neither a number nor an array of numbers"),
    ],
)
def test_what_is_wrong_before_any_row(options, reason):
    with pytest.raises(ExpressionError) as caught:
        compile(circuit(), **options)
    assert caught.value.reason == reason


def test_a_fixed_variable_is_not_given_again():
    with pytest.raises(ExpressionError) as caught:
        compile(circuit(), fixed={"z": 2.0})(x=[1.0], y=[1.0], z=[3.0])
    assert caught.value.reason == "'z' has a fixed value"


def test_a_named_constant_may_have_rows():
    graph = expression(lambda x, e: x * e, "x", "e")
    values, grads = compile(graph)(x=[1.0, 2.0])
    np.testing.assert_array_equal(values, np.array([1.0, 2.0]) * np.e)
    assert list(grads) == ["x"]
    values, grads = compile(graph)(x=[1.0, 2.0], e=[3.0, 4.0])
    np.testing.assert_array_equal(values, [3.0, 8.0])
    assert list(grads) == ["x", "e"]


def test_lowered_once_for_each_set_of_shapes():
    f = compile(circuit())
    given = columns(3, "x", "y", "z")
    f(given)
    f(columns(5, "x", "y", "z"))
    assert len(f._plans) == 1
    f(z=given["z"], y=given["y"], x=given["x"])
    assert len(f._plans) == 1
    f(x=given["x"], y=given["y"], z=2.0)
    assert f(x=given["x"], y=given["y"], z=3.0)[1]["x"].tolist() == [3.0, 3.0, 3.0]
    f(x=np.ones((3, 2)), y=given["y"], z=2.0)
    assert len(f._plans) == 3
    values, _ = f(given)
    np.testing.assert_array_equal(values, (given["x"] + given["y"]) * given["z"])


def test_the_plans_of_many_shapes_do_not_pile_up():
    f = compile(expression(lambda x: call("sum", x), "x"))
    for length in range(1, 200):
        assert f(x=np.ones((2, length)))[0].tolist() == [length, length]
    assert len(f._plans) <= 16


def test_a_pickled_function_gives_the_same():
    given = {"x": generator(7).normal(size=(4, 3)), "b": generator(8).normal(size=4)}
    f = compile(perceptron(), wrt=["x", "w"], fixed={"w": [1.0, 2.0, 3.0]})
    for g in (pickle.loads(pickle.dumps(f)), (f(given), pickle.loads(pickle.dumps(f)))[1]):
        (values, grads), (others, slopes) = f(given), g(given)
        np.testing.assert_array_equal(values, others)
        assert list(grads) == list(slopes) == ["x", "w"]
        for name in grads:
            np.testing.assert_array_equal(grads[name], slopes[name])
    assert pickle.loads(pickle.dumps(compile(circuit(), gradients=False)))(x=[1.0], y=[1.0], z=[1.0])[1] == {}


def test_a_pickled_function_works_in_another_process(tmp_path):
    path = tmp_path / "f.pickle"
    path.write_bytes(pickle.dumps(compile(circuit())))
    code = (
        "import pickle, sys; f = pickle.load(open(sys.argv[1], 'rb')); v, g = f(x=[-2.0], y=[5.0], z=[-4.0]);"
        " print(v[0], *(g[name][0] for name in 'xyz'))"
    )
    found = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["-12.0", "-4.0", "-4.0", "3.0"]


@pytest.mark.parametrize("name", ["uses", "branches"])
def test_very_many_gates_pickle_and_run(name):
    graph = deep(name)
    f = pickle.loads(pickle.dumps(compile(graph)))
    value, gradient = deep_value_and_grad(name)
    values, grads = f({variable: np.full(3, 0.5) for variable in graph.variables})
    np.testing.assert_array_equal(values, np.full(3, value))
    for variable in gradient:
        np.testing.assert_array_equal(grads[variable], np.full(3, gradient[variable]))


def test_many_threads_may_call_one_function():
    f = compile(expression(lambda x, y: call("sin", x) * call("exp", y) + x / y, "x", "y"))
    inputs = [columns(MOST_ROWS + 17 * seed, "x", "y", seed=seed) for seed in range(12)]
    expected = [f(given) for given in inputs]
    with ThreadPoolExecutor(6) as pool:
        for (values, grads), (others, slopes) in zip(expected, pool.map(f, inputs * 3), strict=False):
            np.testing.assert_array_equal(values, others)
            for name in grads:
                np.testing.assert_array_equal(grads[name], slopes[name])


def test_the_floating_point_state_is_left_as_it_was():
    with np.errstate(all="raise"):
        before = np.geterr()
        compile(expression(lambda x: 1.0 / x, "x"))(x=[0.0])
        assert np.geterr() == before
