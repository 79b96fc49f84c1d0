"""Names: a constant that a statement gives is an input's default; what else it names is a node; const is fixed."""

import pickle

import numpy as np
import pytest

from backprop.autodiff import compile, hessian, value_and_grad
from backprop.parser import ExpressionError, parse

LECTURE = "x = -2; y = 5; z = -4; q = x + y; f = q * z"


def test_the_lectures_own_lines_have_gradients():
    graph = parse(LECTURE)
    assert graph.variables == ("x", "y", "z")
    assert value_and_grad(graph) == (-12.0, {"x": -4.0, "y": -4.0, "z": 3.0})
    assert value_and_grad(graph, x=3) == (-32.0, {"x": -4.0, "y": -4.0, "z": 8.0})
    assert hessian(graph)["x"] == {"x": 0.0, "y": 0.0, "z": 1.0}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a = 2*3 + 1; a*x", 7.0),
        ("a = pi/2; a*x", np.pi / 2),
        ("a = sin(1) if 2 > 1 else 0; a*x", np.sin(1.0)),
        ("sq(t) = t^2; a = sq(3); a*x", 9.0),
        ("e = 2.5; e*x", 2.5),
        ("π = 3; π*x", 3.0),
        ("a = -2; a*x", -2.0),
    ],
)
def test_a_constant_expression_is_a_default(text, value):
    graph = parse(text)
    (name,) = graph.defaults.keys() - graph.fixed
    assert graph.variables == (name, "x")
    assert value_and_grad(graph, x=2) == (2 * value, {name: 2.0, "x": value})
    assert value_and_grad(graph, **{"x": 2, name: 10}) == (20.0, {name: 2.0, "x": 10.0})


def test_a_default_may_be_an_array_and_a_value_of_another_shape():
    graph = parse("W = [[1, 2], [3, 4]]; sum(W)*x")
    _, gradients = value_and_grad(graph, x=2)
    np.testing.assert_array_equal(gradients["W"], np.full((2, 2), 2.0))
    _, gradients = value_and_grad(graph, x=2, W=[1, 2, 3])
    np.testing.assert_array_equal(gradients["W"], np.full(3, 2.0))


def test_what_depends_on_a_variable_is_no_default():
    graph = parse("a = 2; b = a*3; c = b*x; c")
    assert graph.defaults == {"a": 2.0}
    assert graph.names.keys() == {"b", "c"}
    with pytest.raises(ExpressionError, match="'b' is not in the expression"):
        value_and_grad(graph, x=1, b=2)


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        ("const g = 9.81; g*x", "g"),
        ("const g = pi*2; g*x", "g"),
        ("n = 2; y = [1, 2, 3]; y[n]*x + n", "n"),
        ("n = 2; m = n + 1; sum(zeros(m))*x + n", "n"),
        ("k = 1; pick(i) = i; sum(eye(3)[pick(k)])*x*k", "k"),
        ("a = pi/2; a*x", "pi"),
    ],
)
def test_what_is_fixed_takes_no_other_value_and_has_no_gradient(text, fixed):
    graph = parse(text)
    assert fixed in graph.fixed and fixed not in graph.variables
    _, gradients = value_and_grad(graph, x=2)
    assert fixed not in gradients
    with pytest.raises(ExpressionError, match=f"'{fixed}' is a constant of the expression") as caught:
        value_and_grad(graph, **{"x": 2, fixed: 3})
    assert caught.value.cure == "change its value in the text"


def test_const_is_a_word_only_before_a_name_that_is_assigned():
    assert parse("const + 1").variables == ("const",)
    assert parse("const = 2; const*x").defaults == {"const": 2.0}
    assert parse("const if const > 0 else x").variables == ("const", "x")
    with pytest.raises(ExpressionError, match="the value of a const must be constant, and 'a' is a variable"):
        parse("const g = 2*a; g")
    with pytest.raises(ExpressionError, match="'g' is assigned twice"):
        parse("g = 1; const g = 2; g")


def test_rows_override_a_default():
    function = compile(parse("g = 9.81; g*x"))
    value, gradients = function(x=[1.0, 2.0])
    np.testing.assert_array_equal(value, [9.81, 2 * 9.81])
    np.testing.assert_array_equal(gradients["g"], [1.0, 2.0])
    value, _ = pickle.loads(pickle.dumps(function))(x=[1.0, 2.0], g=[3.0, 4.0])
    np.testing.assert_array_equal(value, [3.0, 8.0])


def test_many_assignments_take_time_linear_in_their_number(monkeypatch):
    """Each node is looked at once, however many statements come behind it."""
    from backprop.parser.scope import Scope

    looked_at = []
    graph_of = {}

    class Counting(Scope):
        def _is_constant(self, node):
            before = len(self._constant)
            result = super()._is_constant(node)
            looked_at.append(len(self._constant) - before)
            graph_of["nodes"] = len(self.graph.nodes)
            return result

    monkeypatch.setattr("backprop.parser.builder.Scope", Counting)
    parse("; ".join(f"a{place} = x + {place}" for place in range(500)))
    assert sum(looked_at) <= graph_of["nodes"]
