"""Functions of the text's own: expanded at the call, with the names of the text around them, at linear cost."""

import pytest

from backprop.parser import ExpressionError, parse
from backprop.parser import functions as functions_module

from ..cases import as_one_test
from .structure import structure_of

pytestmark = pytest.mark.smoke

MEANINGS = {
    "sq(t) = t^2; sq(x)": ("pow", "x", 2.0),
    "sq(t) = t^2\nsq(x) + sq(3)": ("add", ("pow", "x", 2.0), ("pow", 3.0, 2.0)),
    "f(a, b) = a - b; f(x, y)": ("sub", "x", "y"),
    "f(a, b) = a - b; f(b=x, a=y)": ("sub", "y", "x"),
    "f(a, b) = a - b; f(x, b=y)": ("sub", "x", "y"),
    "same(t) = t; same(x)": "x",
    "three(t) = 3; three(x)": 3.0,
    "f(t) = t + 1; g(t) = f(f(t)); g(x)": ("add", ("add", "x", 1.0), 1.0),
    "q = x*y; f(t) = q + t; f(z)": ("add", ("mul", "x", "y"), "z"),
    "f(t) = a*t; f(x)": ("mul", "a", "x"),  # a is a variable
    "f(x) = x + pi; f(y)": ("add", "y", "pi"),
    "f(e) = e; f(x)": "x",  # a parameter wins over a constant
    "q = 3; f(q) = q + 1; f(x)": ("add", "x", 1.0),  # and over a name of the text
    "q = 3; f(t) = q*t; g(q) = f(q); g(x)": ("mul", "q", "x"),  # f's q is that of the text
    "f(t) = q*t; g(q) = f(q); g(x)": ("mul", "q", "x"),
    "sin(t) = t + 1; sin(x)": ("add", "x", 1.0),  # a function of one's own wins
    "f(t) = max(t, 0); max(f(x), y)": ("maximum", ("maximum", "x", 0.0), "y"),
    "f(f) = f; f(x)": "x",
    "f(x) = x^2; x = 3; f(x)": ("pow", "x", 2.0),  # a parameter is no use of the name
    "f(θ, β) = θ/β; f(1, x)": ("div", 1.0, "x"),
    "f(\n a,\n b\n) = (a\n + b); f(x, y)": ("add", "x", "y"),
    # an argument where a constant must stand
    "row(i) = W[i]; row(0) + row(1)": ("add", ("index", "W", {"index": (0,)}), ("index", "W", {"index": (1,)})),
    "cut(i) = x[i:i + 2]; cut(2 - 1)": ("index", "x", {"index": ((1, 3, None),)}),
    "f(n) = zeros(n, 2); f(3)": ("zeros", {"shape": (3, 2)}),
    "f(x, n) = sum(x, axis=n); g(n) = f(y, n + 1); g(0)": ("sum", "y", {"axis": 1}),
    "n = 2; f(t) = t*x[n]; f(y)": ("mul", "y", ("index", "x", {"index": (2,)})),
    "f(t) = [t, 2*t]; f(x)[1]": ("index", ("stack", "x", ("mul", 2.0, "x"), {"axis": 0}), {"index": (1,)}),
}


@as_one_test("text", MEANINGS)
def test_meaning(text):
    assert structure_of(text) == MEANINGS[text]


def test_a_function_that_is_not_called_adds_nothing():
    graph = parse("f(t) = a*t + 1; x")
    assert [node.name for node in graph.nodes] == ["x"]


@pytest.mark.parametrize("text", ["f(t) = a*t; a = 2; f(3)", "f(t) = pi*t; pi = 3; f(1)"])
def test_a_name_that_a_body_used_cannot_be_assigned_later(text):
    with pytest.raises(ExpressionError, match="is assigned after it was used"):
        parse(text)


def test_a_call_in_a_body_of_what_is_not_constant_is_refused_at_the_call():
    with pytest.raises(ExpressionError, match="a setting of eye must be constant, and 'y' is a variable"):
        parse("unit(n) = eye(n); unit(2) + unit(y)")


def test_nodes_of_an_expansion_point_into_the_body():
    graph = parse("f(t) = sqrt(t - 1); f(x)")
    assert graph.result.span == (7, 18)


def test_a_call_with_the_same_arguments_is_expanded_once(monkeypatch):
    copies = []
    copy = functions_module.Graph.copy
    monkeypatch.setattr(functions_module.Graph, "copy", lambda *all: copies.append(1) or copy(*all))
    parse("f(t) = t*t + t; " + " + ".join(["f(x + 1)"] * 50))
    assert len(copies) == 2  # the product and the sum, once


def test_nested_expansion_is_linear_in_the_graph_it_makes(monkeypatch):
    """Each level calls the one before twice with the same argument: 60 levels are no 2^60 nodes."""
    levels = "; ".join(f"f{i}(t) = f{i - 1}(t) + f{i - 1}(t)" if i else "f0(t) = t*t" for i in range(60))
    assert len(parse(f"{levels}; f59(x)").nodes) == 1 + 1 + 59


def test_expansion_is_bounded(monkeypatch):
    monkeypatch.setattr(functions_module, "MAXIMUM_REPLAYED", 10_000)
    levels = "; ".join(f"f{i}(t) = f{i - 1}(f{i - 1}(t))" if i else "f0(t) = t*t" for i in range(60))
    with pytest.raises(ExpressionError, match="take more than 10000 steps"):
        parse(f"{levels}; f59(x)")


def test_a_function_in_a_function_waits_for_its_index():
    assert structure_of("row(i) = W[i]; next(i) = row(i + 1); next(1)") == structure_of("W[2]")
    assert structure_of("row(i) = W[i]; next(i) = row(i + 1); next(y)") == structure_of("W[y + 1]")


def test_what_one_text_defines_is_gone_in_the_next():
    parse("f(t) = t; q = f(x); q")
    assert parse("q").variables == ("q",)
    with pytest.raises(ExpressionError, match="unknown function 'f'"):
        parse("f(x)")


def test_a_text_that_fails_inside_a_body_leaves_no_trace():
    with pytest.raises(ExpressionError):
        parse("f(t) = t + ")
    assert structure_of("t") == "t"
