"""The trace: labels, steps, shares that add up to the gradient, births of inf and nan, in both modes."""

import math

import numpy as np
import pytest

from backprop.autodiff import ExpressionError, value_and_grad
from backprop.autodiff.derivatives.trace import trace
from backprop.autodiff.evaluation.execution import evaluate

from ...closeness import close_to
from ..building import assign, call, expression
from ..deep import deep

PRODUCT = expression(lambda x, y, z: (x + y) * z, "x", "y", "z")
POINT = {"x": -2, "y": 5, "z": -4}


def table(found):
    """Label, gate, value and gradient of each step, as `eval` shows them."""
    return [
        (found.labels[step.node], step.node.gate.name, float(step.value), float(step.gradient)) for step in found.steps
    ]


def step_of(found, label):
    return next(step for step in found.steps if found.labels[step.node] == label)


def test_the_lectures_circuit():
    found = trace(PRODUCT, POINT)
    assert table(found) == [
        ("x", "input", -2, -4),
        ("y", "input", 5, -4),
        ("z", "input", -4, 3),
        ("n1", "add", 3, -4),
        ("f", "mul", -12, 1),
    ]
    assert found.gradients == {"x": -4, "y": -4, "z": 3}
    assert (found.value, found.output, found.births) == (-12, found.graph.result, [])
    assert found.is_result_finite
    (share,) = step_of(found, "x").shares
    assert (found.labels[share.user], share.upstream, share.local, share.value) == ("n1", -4, 1, -4)
    (through,) = step_of(found, "n1").shares
    assert (found.labels[through.user], through.upstream, through.local, through.value) == ("f", 1, -4, -4)
    assert step_of(found, "f").shares == ()


def test_the_trace_agrees_with_the_gradient():
    graph = expression(lambda W, x, b: call("sum", call("softmax", W @ x + b) * x), "W", "x", "b")
    values = {"W": [[0.1, 0.5], [-0.3, 0.8]], "x": [0.2, 0.4], "b": 0.3}
    found = trace(graph, values)
    value, gradient = value_and_grad(graph, values)
    assert found.value == value
    for name, expected in gradient.items():
        np.testing.assert_array_equal(found.gradients[name], expected)


EXPRESSIONS = {
    "a polynomial": lambda x, y: x * x * y + x / y - 3 * x,
    "powers": lambda x, y: x**y * y**x,
    "a maximum": lambda x, y: call("max", x, y, x * y) * x,
    "branches": lambda x, y: call("where", x > y, call("log", x - y), call("sqrt", x)) * x,
    "special functions": lambda x, y: call("gelu", x * y) + call("gamma", x) * call("sigmoid", y),
    "a vector": lambda x, y: call("norm", call("stack", x, y, x * y)) + call("stack", x, x)[0],
}


@pytest.mark.parametrize("write", EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_shares_add_up_to_the_gradient(write):
    found = trace(expression(write, "x", "y"), {"x": 0.7, "y": 1.9})
    for step in found.steps:
        if step.node is not found.output:
            assert step.shares or step.node.gate.is_flat
            assert step.gradient == close_to(sum(share.value for share in step.shares), rel=1e-15)


@pytest.mark.parametrize("write", EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_a_share_is_upstream_times_local_in_the_branch_that_is_taken(write):
    for values in ({"x": 0.7, "y": 1.9}, {"x": 2.7, "y": 1.9}):
        for step in trace(expression(write, "x", "y"), values).steps:
            for share in step.shares:
                if share.local is not None and share.is_taken:
                    assert share.value == close_to(share.upstream * share.local, rel=1e-15)
                elif not share.is_taken:
                    assert share.value == 0


@pytest.mark.parametrize("write", EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_forward_shares_add_up_to_the_tangent(write):
    found = trace(expression(write, "x", "y"), {"x": 0.7, "y": 1.9}, mode="forward", wrt=["x"])
    for step in found.steps:
        if step.node.inputs:
            total = sum((share.value for share in step.shares), start=0.0)
            np.testing.assert_allclose(step.gradient, np.broadcast_to(total, step.node.shape), rtol=1e-14)
    _, gradient = value_and_grad(expression(write, "x", "y"), x=0.7, y=1.9)
    assert found.gradients["x"] == close_to(gradient["x"], rel=1e-13)


def test_array_shares_have_the_nodes_shape_and_add_up():
    graph = expression(lambda W, x: call("sum", (W @ x) ** 2 + x[0]), "W", "x")
    found = trace(graph, {"W": [[0.1, 0.5, 2.0], [-0.3, 0.8, 1.0]], "x": [0.2, 0.4, -1.0]})
    for step in found.steps[:-1]:
        assert all(np.shape(share.value) == step.node.shape for share in step.shares)
        np.testing.assert_allclose(step.gradient, sum(share.value for share in step.shares), rtol=1e-15)


def test_a_gate_that_mixes_entries_has_no_local_gradient():
    found = trace(expression(lambda x: call("sum", x), "x"), {"x": [1.0, 2.0]})
    (share,) = step_of(found, "x").shares
    assert share.local is None
    np.testing.assert_array_equal(share.value, [1.0, 1.0])


@pytest.mark.parametrize("write", EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_a_formula_evaluates_to_its_share(write):
    found = trace(expression(write, "x", "y"), {"x": 0.7, "y": 1.9})
    values = {"x": np.float64(0.7), "y": np.float64(1.9)}
    shares = [share for step in found.steps for share in step.shares]
    for share, value in zip(shares, evaluate([share.formula for share in shares], values), strict=True):
        np.testing.assert_array_equal(share.value, value)


def test_a_branch_not_taken_is_marked():
    graph = expression(lambda x: call("where", x > 0, call("sqrt", x), 2 * x), "x")
    found = trace(graph, {"x": -4.0})
    marks = {share.user.gate.name: share.is_taken for share in step_of(found, "x").shares}
    assert marks == {"sqrt": False, "mul": True}
    root = next(step for step in found.steps if step.node.gate.name == "sqrt")
    assert [(share.is_taken, share.value) for share in root.shares] == [(False, 0)]
    assert root.gradient == 0
    assert trace(graph, {"x": 4.0}).gradients == {"x": 0.25}


def test_a_branch_taken_somewhere_in_an_array_is_taken():
    graph = expression(lambda x: call("sum", call("where", x > 0, call("sqrt", x), 2 * x)), "x")
    mixed = trace(graph, {"x": [-4.0, 4.0]})
    assert {share.is_taken for step in mixed.steps for share in step.shares} == {True}
    never = trace(graph, {"x": [-4.0, -1.0]})
    assert {share.user.gate.name for step in never.steps for share in step.shares if not share.is_taken} == {
        "sqrt",
        "where",
    }


@pytest.mark.parametrize("x, taken", [(-4.0, False), (4.0, True)])
def test_a_branch_is_marked_in_forward_mode(x, taken):
    graph = expression(lambda x: call("where", x > 0, call("sqrt", x), 0.0), "x")
    found = trace(graph, {"x": x}, mode="forward", wrt=["x"])
    assert [share.is_taken for share in step_of(found, "f").shares] == [taken]
    assert found.gradients["x"] == (0.25 if taken else 0)


# Labels


def labels_of(write, *names, values=None):
    found = trace(expression(write, *names), values or dict.fromkeys(names, 1.5))
    return [found.labels[step.node] for step in found.steps]


def test_inputs_and_statements_have_their_names():
    assert labels_of(lambda x, y: assign("q", x + y) * y, "x", "y") == ["x", "y", "q", "f"]


def test_the_output_takes_the_first_free_name():
    assert labels_of(lambda f: f * 2, "f") == ["f", "out"]
    assert labels_of(lambda f, out: f * out, "f", "out") == ["f", "out", "output"]
    assert labels_of(lambda f, out, output: f * out * output, "f", "out", "output")[-1] == "f1"
    assert labels_of(lambda x: assign("f", x * 2) + 1, "x") == ["x", "f", "out"]


def test_an_output_with_a_name_keeps_it():
    assert labels_of(lambda x: assign("loss", x * 2), "x") == ["x", "loss"]
    assert labels_of(lambda x: x, "x") == ["x"]


def test_numbered_labels_avoid_names_that_are_taken():
    assert labels_of(lambda n1, x: call("sin", n1 * x) + 1, "n1", "x") == ["n1", "x", "n2", "n3", "f"]
    assert labels_of(lambda x: call("sin", assign("n2", x * 2) + 1) + 1, "x") == ["x", "n2", "n1", "n3", "f"]


def test_two_names_of_one_node_use_the_first():
    assert labels_of(lambda x: (assign("p", x * 2), assign("q", x * 2) + 1)[1], "x") == ["x", "p", "f"]


def test_a_name_of_an_input_is_no_second_label():
    assert labels_of(lambda x: assign("alias", x) * 2, "x") == ["x", "f"]


def test_a_name_of_a_number_still_blocks_its_label():
    def write(x):
        assign("f", x.__class__(x.node.graph.constant(5.0)))
        return x * 2

    assert labels_of(write, "x") == ["x", "out"]


def test_labels_are_unique():
    found = trace(
        expression(lambda x, n1, f: call("sin", x * n1) * call("cos", f * n1) + x, "x", "n1", "f"),
        dict.fromkeys(["x", "n1", "f"], 0.5),
    )
    assert len(set(found.labels.values())) == len(found.labels) == len(found.steps)


# What is shown


def test_constants_are_no_steps():
    found = trace(expression(lambda x, pi: 2 * x + pi * 3, "x", "pi"), {"x": 1.0})
    assert [step.node.gate.name for step in found.steps] == ["input", "mul", "mul", "add"]


def test_a_named_constant_that_is_given_is_a_step():
    found = trace(expression(lambda x, pi: x * pi, "x", "pi"), {"x": 2.0, "pi": 3.0})
    assert [found.labels[step.node] for step in found.steps] == ["x", "pi", "f"]
    assert found.gradients == {"x": 3.0, "pi": 2.0}


def test_a_dead_statement_is_a_step_with_gradient_zero():
    graph = expression(lambda x: (assign("dead", call("exp", x)), x * 2)[1], "x")
    found = trace(graph, {"x": 0.0})
    assert [(label, gradient) for label, _, _, gradient in table(found)] == [("x", 2), ("dead", 0), ("f", 1)]
    assert step_of(found, "dead").value == 1
    assert [share.user.gate.name for share in step_of(found, "x").shares] == ["mul"]


def test_a_node_that_nothing_names_or_needs_is_no_step():
    graph = expression(lambda x: (call("exp", x), x * 2)[1], "x")
    assert [found.gate.name for found in graph.nodes] == ["input", "exp", "constant", "mul"]
    assert [step.node.gate.name for step in trace(graph, {"x": 0.0}).steps] == ["input", "mul"]


def test_an_input_that_nothing_uses_is_a_step():
    graph = expression(lambda x, y: x * 2, "x", "y")
    assert [label for label, *_ in table(trace(graph, {"x": 1.0, "y": 2.0}))] == ["x", "y", "f"]


def test_steps_are_in_topological_order():
    found = trace(expression(EXPRESSIONS["a polynomial"], "x", "y"), {"x": 1.0, "y": 2.0})
    indices = [step.node.index for step in found.steps]
    assert indices == sorted(indices)


def test_an_expression_without_variables():
    found = trace(expression(lambda: 5.0), {})
    assert (found.value, found.steps, found.gradients) == (5.0, [], {})
    assert found.labels[found.output] == "f"


# Arguments


def test_wrt_limits_what_is_differentiated():
    found = trace(PRODUCT, POINT, wrt=["x"])
    assert found.gradients == {"x": -4}
    gradients = {found.labels[step.node]: step.gradient for step in found.steps}
    assert gradients == {"x": -4, "y": None, "z": None, "n1": -4, "f": 1}
    assert list(trace(PRODUCT, POINT, wrt=["z", "x"]).gradients) == ["z", "x"]
    assert trace(PRODUCT, POINT, wrt=[]).gradients == {}


def test_upstream_scales_every_gradient():
    found = trace(PRODUCT, POINT, upstream=0.5)
    assert [gradient for *_, gradient in table(found)] == [-2, -2, 1.5, -2, 0.5]
    row = trace(expression(lambda x: x**2, "x"), {"x": [1.0, 2.0]}, upstream=[1.0, 0.0])
    np.testing.assert_array_equal(row.gradients["x"], [2.0, 0.0])


def test_forward_mode_shows_tangents():
    found = trace(PRODUCT, POINT, mode="forward", wrt=["x"])
    assert table(found) == [
        ("x", "input", -2, 1),
        ("y", "input", 5, 0),
        ("z", "input", -4, 0),
        ("n1", "add", 3, 1),
        ("f", "mul", -12, -4),
    ]
    assert found.gradients == {"x": -4}
    assert step_of(found, "x").shares == ()
    (share,) = step_of(found, "f").shares
    assert (found.labels[share.user], share.position, share.upstream, share.local, share.value) == ("n1", 0, 1, -4, -4)


def test_forward_mode_goes_along_ones():
    graph = expression(lambda x, y: x * y, "x", "y")
    found = trace(graph, {"x": [1.0, 2.0], "y": [3.0, 4.0]}, mode="forward", wrt=["x"])
    np.testing.assert_array_equal(found.gradients["x"], [3.0, 4.0])


def test_forward_mode_covers_dead_statements():
    graph = expression(lambda x: (assign("dead", call("exp", x)), x * 2)[1], "x")
    found = trace(graph, {"x": 0.0}, mode="forward", wrt=["x"])
    assert step_of(found, "dead").gradient == 1


def test_forward_mode_of_an_output_that_does_not_depend_on_the_variable():
    graph = expression(lambda x, y: (assign("dead", x * 2), y * 3)[1], "x", "y")
    assert trace(graph, {"x": 1.0, "y": 1.0}, mode="forward", wrt=["x"]).gradients == {"x": 0}


def test_both_modes_of_a_constant_output():
    graph = expression(lambda x: (assign("dead", x * 2), 5.0)[1], "x")
    assert trace(graph, {"x": 1.0}).gradients == {"x": 0}
    assert trace(graph, {"x": 1.0}, mode="forward", wrt=["x"]).gradients == {"x": 0}


def test_forward_mode_wants_one_variable():
    for wrt in (None, ["x", "y"], []):
        with pytest.raises(ExpressionError, match="one variable"):
            trace(PRODUCT, POINT, mode="forward", wrt=wrt)
    only = trace(expression(lambda x: x**2, "x"), {"x": 3.0}, mode="forward")
    assert only.gradients == {"x": 6}


@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_wrong_arguments_raise_the_one_error(mode):
    for values, more in [
        ({"x": 1}, {}),
        ({**POINT, "w": 1}, {}),
        ({**POINT, "x": "text"}, {}),
        ({"x": [1, 2], "y": [1, 2, 3], "z": 1}, {}),
        (POINT, {"wrt": ["w"]}),
    ]:
        with pytest.raises(ExpressionError):
            trace(PRODUCT, values, mode=mode, **({"wrt": ["x"]} | more))
    with pytest.raises(ExpressionError, match="upstream"):
        trace(PRODUCT, POINT, upstream=[1, 2])


# Births


def births_of(write, *names, **values):
    graph = expression(write, *names)
    found = trace(graph, values)
    return found, [(birth.node.gate.name, birth.kind, float(np.ravel(birth.value)[0])) for birth in found.births]


def test_a_value_is_born_where_its_operands_are_finite():
    found, births = births_of(lambda x: call("exp", call("log", x) * 2) + x, "x", x=0.0)
    assert births == [("log", "value", -math.inf)]
    assert found.births[0].node.span == found.graph.nodes[1].span
    assert not found.is_result_finite


def test_an_input_that_is_not_finite_is_its_own_birth():
    _, births = births_of(lambda x, y: x * y, "x", "y", x=math.inf, y=2.0)
    assert births == [("input", "value", math.inf)]


def test_a_constant_that_is_not_finite_is_a_birth():
    graph = expression(lambda x, inf: x * inf, "x", "inf")
    found = trace(graph, {"x": 2.0})
    assert [birth.kind for birth in found.births] == ["value"]


def test_a_gradient_is_born_at_the_gate_whose_slope_is_infinite():
    found, births = births_of(lambda x: 3 * call("sqrt", 2 * x), "x", x=0.0)
    assert [(gate, kind) for gate, kind, _ in births] == [("sqrt", "gradient")]
    assert found.births[0].node.span is not None
    assert found.value == 0


def test_several_births_are_told_in_the_order_of_their_nodes():
    _, births = births_of(lambda x, y: call("log", x) + 1 / y, "x", "y", x=0.0, y=0.0)
    assert [gate for gate, *_ in births] == ["log", "div"]


def test_a_nan_born_of_two_infinities_is_followed_to_both():
    _, births = births_of(lambda x, y: call("log", x) - call("log", y), "x", "y", x=0.0, y=0.0)
    assert [gate for gate, *_ in births] == ["log", "log"]


def test_an_overflow_is_born_in_the_product():
    _, births = births_of(lambda x: x * x * 1e-300, "x", x=1e200)
    assert births[0] == ("mul", "value", math.inf)


def test_a_branch_not_taken_bears_nothing_that_reaches_a_result():
    found, births = births_of(lambda x: call("where", x > 0, call("log", x), 2 * x), "x", x=0.0)
    assert births == []
    assert [node.gate.name for node in found.origins] == ["log"]
    assert found.gradients == {"x": 2}
    assert found.is_result_finite


def test_nothing_is_born_where_all_is_finite():
    assert births_of(EXPRESSIONS["powers"], "x", "y", x=1.5, y=2.0)[1] == []


def test_births_inside_arrays():
    _, births = births_of(lambda x: call("sum", call("log", x)), "x", x=[1.0, 0.0])
    assert births == [("log", "value", 0.0)]


def test_births_in_forward_mode():
    graph = expression(lambda x: 3 * call("sqrt", x), "x")
    found = trace(graph, {"x": 0.0}, mode="forward", wrt=["x"])
    assert [(birth.node.gate.name, birth.kind) for birth in found.births] == [("sqrt", "gradient")]


def test_very_many_gates_and_uses_are_traced():
    found = trace(deep("uses"), {"x": 0.5})
    assert len(found.steps) == 20_001
    first = step_of(found, "x")
    assert len(first.shares) == 20_001
    assert first.gradient == close_to(math.fsum(share.value for share in first.shares), rel=1e-14)
    assert found.labels[found.output] == "f"


@pytest.mark.parametrize(
    "write, values",
    [
        (lambda x: call("maximum", x, -math.inf), {"x": 2.0}),
        (lambda x: call("minimum", math.inf, x), {"x": 2.0}),
        (lambda x: call("where", x, x, math.nan), {"x": 2.0}),
        (lambda x: call("where", x, call("log", x), 3.0), {"x": 0.0}),
        (lambda x: 1 / x, {"x": math.inf}),
        (lambda x: call("exp", x), {"x": -math.inf}),
        (lambda x: call("relu", x), {"x": -math.inf}),
    ],
)
def test_an_infinity_that_no_result_comes_from_is_no_birth(write, values):
    found, births = births_of(write, *values, **values)
    assert (births, found.is_result_finite) == ([], True)


def test_a_constant_that_is_not_finite_is_named_itself():
    found, births = births_of(lambda x: x - math.inf, "x", x=2.0)
    assert births == [("constant", "value", math.inf)]
    _, births = births_of(lambda x: x / 0.0, "x", x=-1.0)  # the slope 1/0 is a constant, too, and inf
    assert births == [("div", "value", -math.inf)]
    assert found.births[0].node.is_constant


def test_a_slope_is_named_by_the_value_that_it_belongs_to():
    _, births = births_of(lambda x: call("exp", call("log", x) * 2), "x", x=0.0)  # 0, and 0*inf for its gradient
    assert births == [("log", "value", -math.inf)]
