"""Calls: the gate a name means, operands and settings by position and by name, constants among them."""

import pytest

from backprop.autodiff.declaration.gate import REQUIRED
from backprop.autodiff.derivatives.values import value_and_grad
from backprop.autodiff.gates import FUNCTIONS
from backprop.parser import ExpressionError, parse
from backprop.parser.calls import plain_gate
from backprop.parser.printers.expression import show

from ..cases import as_one_test
from .structure import structure_of

MEANINGS = {
    "sin(x)": ("sin", "x"),
    "sin (x)": ("sin", "x"),
    "sin(x=y)": ("sin", "y"),
    "ln(x)": ("log", "x"),
    "arctan2(y, x)": ("atan2", "y", "x"),
    "atan2(x=a, y=b)": ("atan2", "b", "a"),
    "max(x)": ("max", "x", {"axis": None}),
    "max(x, axis=0)": ("max", "x", {"axis": 0}),
    "max(x, y)": ("maximum", "x", "y"),
    "max(x, 0)": ("maximum", "x", 0.0),
    "min(x, y, z)": ("minimum", "x", "y", "z"),
    "maxout(x, y, z)": ("maximum", "x", "y", "z"),
    "where(x > 0, x, 2)": ("where", ("greater", "x", 0.0), "x", 2.0),
    "clip(x, 0, 1)": ("clip", "x", 0.0, 1.0),
    "clip(x, high=1, low=0)": ("clip", "x", 0.0, 1.0),
    "leaky_relu(x)": ("leaky_relu", "x", 0.01),
    "leaky_relu(x, 0.2)": ("leaky_relu", "x", 0.2),
    "leaky_relu(x, a=0.2)": ("leaky_relu", "x", 0.2),
    "leaky_relu(a=b, x=c)": ("leaky_relu", "c", "b"),
    "sum(x)": ("sum", "x", {"axis": None}),
    "sum(x, 0)": ("sum", "x", {"axis": 0}),
    "sum(x, axis=-1)": ("sum", "x", {"axis": -1}),
    "sum(x, axis=1 - 1)": ("sum", "x", {"axis": 0}),
    "sum(x, axis=[0, 1])": ("sum", "x", {"axis": (0, 1)}),
    "n = 1; sum(x, axis=n)": ("sum", "x", {"axis": 1}),
    "softmax(x)": ("softmax", "x", {"axis": -1}),
    "zeros(3)": ("zeros", {"shape": (3,)}),
    "zeros(2, 3)": ("zeros", {"shape": (2, 3)}),
    "zeros([2, 3])": ("zeros", {"shape": (2, 3)}),
    "zeros(shape=[2, 3])": ("zeros", {"shape": (2, 3)}),
    "zeros(2*1, 7//2)": ("zeros", {"shape": (2, 3)}),
    "eye(3)": ("eye", {"n": 3, "columns": None}),
    "eye(3, columns=2)": ("eye", {"n": 3, "columns": 2}),
    "reshape(x, 2, -1)": ("reshape", "x", {"shape": (2, -1)}),
    "reshape(x, [6])": ("reshape", "x", {"shape": (6,)}),
    "linspace(0, pi, 5)": ("linspace", {"start": 0.0, "stop": 3.141592653589793, "count": 5}),
    "arange(1, 2, 0.5)": ("arange", {"limits": (1.0, 2.0, 0.5)}),
    "concat(x, y, axis=1)": ("concat", "x", "y", {"axis": 1}),
    "stack(x, y)": ("stack", "x", "y", {"axis": 0}),
    "dot(a, b)": ("dot", "a", "b"),
}


@as_one_test("text", MEANINGS)
def test_meaning(text):
    assert structure_of(text) == MEANINGS[text]


@as_one_test("name", FUNCTIONS)
def test_every_function_can_be_called(name):
    """With an argument for each operand that it needs; a number for each setting."""
    gate = FUNCTIONS[name][0]
    if not any(one.default is REQUIRED for one in gate.attributes.values()):
        names = [f"x{place}" for place in range(gate.least_operands)]
        graph = parse(f"{name}({', '.join(names)})")
        assert graph.result.gate is gate
        assert graph.variables == tuple(names)


@as_one_test("name", FUNCTIONS)
def test_the_short_way_of_a_plain_call_is_the_long_way(name):
    """plain_gate decides for a call without named arguments what `meant` and `bound` would."""
    for count in range(1, 5):
        text = f"{name}({', '.join(['x'] * count)})"
        plain = plain_gate(name, count)
        try:
            graph = parse(text)
        except ExpressionError:
            assert plain is None
            continue
        if plain:
            assert (graph.result.gate, graph.result.attributes) == plain
            fitting = [
                gate for gate in FUNCTIONS[name] if gate.least_operands <= count <= (gate.most_operands or count)
            ]
            assert fitting[0] is plain[0]


def test_a_default_is_the_declared_one():
    graph = parse("elu(x)")
    (gate,) = FUNCTIONS["elu"]
    assert graph.result.inputs[1].attributes[0] == gate.defaults["a"]


def test_a_setting_leaves_no_literal_in_the_graph():
    assert [node.gate.name for node in parse("sum(x[0], axis=0)").nodes] == ["input", "index", "sum"]


@pytest.mark.parametrize("text", ["sum(x, axis=y)", "n = 2*y; zeros(n)", "eye(x)"])
def test_a_setting_must_be_constant(text):
    with pytest.raises(ExpressionError, match=r"must be constant, and '[xy]' is a variable"):
        parse(text)


@pytest.mark.parametrize("name", ["jn", "yn", "iv", "kn"])
def test_the_order_of_a_bessel_function_stands_first_or_has_its_name(name):
    scipy_like, by_name = parse(f"{name}(2, x)"), parse(f"{name}(x, n=2)")
    assert value_and_grad(scipy_like, x=1.5) == value_and_grad(by_name, x=1.5)
    assert show(scipy_like.result, {}) == f"{name}(x, n=2)"


@pytest.mark.parametrize(
    "text, reason",
    [
        ("jn(x, 2)", "a setting of jn must be constant, and 'x' is a variable"),
        ("jn(2.5, x)", "'n' of jn: expected a whole number"),
        ("jn(x)", "'jn' needs a value for 'n'"),
        ("jn(1, x, n=2)", "'n' is given twice"),
    ],
)
def test_an_order_that_is_none_is_refused(text, reason):
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert caught.value.reason == reason
