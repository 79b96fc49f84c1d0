# ruff: noqa: RUF001 - the signs of the language
"""Operators, choices and statements: what each text means, as a graph and as places in the text."""

import math

import pytest

from backprop.autodiff.errors import Span
from backprop.parser import ExpressionError, parse

from ..cases import as_one_test
from .structure import structure_of

pytestmark = pytest.mark.smoke

MEANINGS = {
    "x": "x",
    "2": 2.0,
    ".5": 0.5,
    "5.": 5.0,
    "1e-3": 0.001,
    "1_000.5e+1_0": 1000.5e10,
    "2*3": ("mul", 2.0, 3.0),  # nothing is computed
    "x - y - z": ("sub", ("sub", "x", "y"), "z"),
    "x - (y - z)": ("sub", "x", ("sub", "y", "z")),
    "x / y * z": ("mul", ("div", "x", "y"), "z"),
    "x + y*z": ("add", "x", ("mul", "y", "z")),
    "x % y // z @ w": ("matmul", ("floordiv", ("mod", "x", "y"), "z"), "w"),
    "-x^2": ("neg", ("pow", "x", 2.0)),
    "(-x)^2": ("pow", ("neg", "x"), 2.0),
    "-2^2": ("neg", ("pow", 2.0, 2.0)),
    "(-2)^2": ("pow", -2.0, 2.0),
    "2^3^2": ("pow", 2.0, ("pow", 3.0, 2.0)),
    "2**3**2": ("pow", 2.0, ("pow", 3.0, 2.0)),
    "2^-x": ("pow", 2.0, ("neg", "x")),
    "x^-2": ("pow", "x", -2.0),
    "2^-x^2": ("pow", 2.0, ("neg", ("pow", "x", 2.0))),
    "-x*y": ("mul", ("neg", "x"), "y"),
    "x - -2": ("sub", "x", -2.0),
    "--x": ("neg", ("neg", "x")),
    "--2": ("neg", -2.0),
    "-(2)": ("neg", 2.0),
    "+x": "x",
    "-+2": -2.0,
    "+ + 2": 2.0,
    "x < y": ("less", "x", "y"),
    "x <= y": ("less_equal", "x", "y"),
    "x > y": ("greater", "x", "y"),
    "x >= y": ("greater_equal", "x", "y"),
    "x == y": ("equal", "x", "y"),
    "x != y": ("not_equal", "x", "y"),
    "x < y < z": ("and", ("less", "x", "y"), ("less", "y", "z")),
    "x < y <= z != w": (
        "and",
        ("and", ("less", "x", "y"), ("less_equal", "y", "z")),
        ("not_equal", "z", "w"),
    ),
    "(x < y) < z": ("less", ("less", "x", "y"), "z"),
    "x < (y < z)": ("less", "x", ("less", "y", "z")),
    "not x == y": ("not", ("equal", "x", "y")),
    "not x and y or z": ("or", ("and", ("not", "x"), "y"), "z"),
    "x or y and z": ("or", "x", ("and", "y", "z")),
    "not not x": ("not", ("not", "x")),
    "x if c else y": ("where", "c", "x", "y"),
    "x if c else y if d else z": ("where", "c", "x", ("where", "d", "y", "z")),
    "(x if c else y) if d else z": ("where", "d", ("where", "c", "x", "y"), "z"),
    "x + 1 if c or d else y": ("where", ("or", "c", "d"), ("add", "x", 1.0), "y"),
    "x.T": ("transpose", "x"),
    "-x.T^2": ("neg", ("pow", ("transpose", "x"), 2.0)),
    # Unicode spellings
    "2·x×y÷z−1": ("sub", ("div", ("mul", ("mul", 2.0, "x"), "y"), "z"), 1.0),
    "x ≤ y": ("less_equal", "x", "y"),
    "x ≥ y": ("greater_equal", "x", "y"),
    "x ≠ y": ("not_equal", "x", "y"),
    "−2": -2.0,
    "x²": ("pow", "x", 2.0),
    "x³ + y": ("add", ("pow", "x", 3.0), "y"),
    "-x²": ("neg", ("pow", "x", 2.0)),
    "2^x²": ("pow", 2.0, ("pow", "x", 2.0)),
    "x[0]²": ("pow", ("index", "x", {"index": (0,)}), 2.0),
    "√x": ("sqrt", "x"),
    "√x^2": ("pow", ("sqrt", "x"), 2.0),
    "√x²": ("pow", ("sqrt", "x"), 2.0),
    "√√x": ("sqrt", ("sqrt", "x")),
    "√(x + 1)": ("sqrt", ("add", "x", 1.0)),
    "√sin(x)": ("sqrt", ("sin", "x")),
    "√2*x": ("mul", ("sqrt", 2.0), "x"),
    "π + τ + ∞": ("add", ("add", "pi", "tau"), "inf"),
}


@as_one_test("text", MEANINGS)
def test_meaning(text):
    assert structure_of(text) == MEANINGS[text]


def test_negative_zero_is_kept():
    assert math.copysign(1, structure_of("-0")) == -1
    assert math.copysign(1, structure_of("0")) == 1


def test_equal_parts_are_one_node():
    graph = parse("(x + y)*(x + y)")
    assert [node.gate.name for node in graph.nodes] == ["input", "input", "add", "mul"]
    assert graph.result.inputs[0] is graph.result.inputs[1]


def test_nodes_stand_in_topological_order():
    graph = parse("max(x*y, z) + sin(x*y)")
    assert [node.index for node in graph.nodes] == list(range(len(graph.nodes)))
    assert all(one.index < node.index for node in graph.nodes for one in node.inputs)


@pytest.mark.parametrize(
    "text, statements",
    [
        ("q = x + y; q*z", {"q": ("add", "x", "y")}),
        ("q = x + y\nq*z", {"q": ("add", "x", "y")}),
        ("\n;; q = x + y # named\r\n\r# more\n q*z ;\n", {"q": ("add", "x", "y")}),
        ("q = (x\n + # inside\n y)\n\nq*z", {"q": ("add", "x", "y")}),
    ],
)
def test_statements(text, statements):
    graph = parse(text)
    assert list(graph.names) == list(statements)
    assert structure_of(text) == ("mul", ("add", "x", "y"), "z")
    assert graph.variables == ("x", "y", "z")


def test_an_assignment_may_be_the_output():
    graph = parse("q = x*y; f = q + 1")
    assert graph.result is graph.names["f"]


def test_the_last_value_is_the_output():
    assert structure_of("x; y; f(t) = t") == "y"


def test_a_name_may_be_an_alias():
    graph = parse("a = x; b = a; b*a")
    assert graph.names["a"] is graph.names["b"] is graph.inputs["x"]


def test_a_name_wins_over_a_constant_and_over_a_function():
    assert structure_of("e = 2*x; e + 1") == ("add", ("mul", 2.0, "x"), 1.0)
    assert structure_of("max = 3; max(max, x)") == ("maximum", "max", "x")
    assert structure_of("sin*cos") == ("mul", "sin", "cos")


def test_named_constants_are_inputs_that_need_no_value():
    graph = parse("π*x + e")
    assert list(graph.inputs) == ["pi", "x", "e"]
    assert graph.variables == ("x",)


SPANS = {
    "2 + x*y": {"add": "2 + x*y", "mul": "x*y", "input": "x"},
    "( x+y ) * z": {"mul": "( x+y ) * z", "add": "x+y"},
    "- ( x )": {"neg": "- ( x )"},
    "2*max(x, y )": {"maximum": "max(x, y )"},
    "a = x[0]; a.T": {"index": "x[0]", "transpose": "a.T"},
    "x < y < z": {"less": "x < y", "and": "x < y < z"},
    "1 + (x if c else y)": {"where": "x if c else y"},
    "not ( x )": {"not": "not ( x )"},
    "√x + y²": {"sqrt": "√x", "pow": "y²"},
    "q*[x, [2][0]]": {"stack": "[x, [2][0]]", "index": "[2][0]"},
}


@pytest.mark.parametrize("text", SPANS)
def test_spans_cover_what_was_written(text):
    graph = parse(text)
    assert graph.source == text
    shown = {}
    for node in graph.nodes:
        shown.setdefault(node.gate.name, text[node.span.start : node.span.end])
    assert {name: shown[name] for name in SPANS[text]} == SPANS[text]


def test_spans_are_spans():
    assert all(isinstance(node.span, Span) for node in parse("f(t) = t^2; [1, x][0] + f(2) + sum(x, axis=0)").nodes)


def test_an_error_carries_the_source():
    with pytest.raises(ExpressionError) as caught:
        parse("2*sine(x)")
    assert caught.value.source == "2*sine(x)"
