"""A graph printed and parsed again is the same graph; parentheses stand only where they must."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backprop.autodiff.evaluation.execution import constant_value
from backprop.autodiff.gates import OPERATORS
from backprop.autodiff.graph import Graph
from backprop.parser import ExpressionError, parse
from backprop.parser.printers import expression
from backprop.parser.printers.expression import shortest, show

from ...cases import as_one_test
from ..structure import structure, structure_of

SPELLINGS = [  # these print as they are written
    "x + y - z",
    "x - (y - z)",
    "x - (y + z)",
    "x + (y + z)",
    "x * y / z",
    "x / (y * z)",
    "x * (y / z)",
    "(x + y) * z",
    "x * -y",
    "x - -2",
    "-x^2",
    "(-x)^2",
    "(-2)^2",
    "-2^2",
    "2^-x",
    "x^-2",
    "2^3^2",
    "(2^3)^2",
    "2^(x + 1)",
    "(x * y)^2",
    "-(x + y)",
    "-x * y",
    "-(x * y)",
    "--x",
    "-(2)",
    "x % y // z @ w",
    "x @ (y @ z)",
    "x < y",
    "(x < y) < z",
    "x < (y < z)",
    "x + 1 == y * 2",
    "(x == y) + 1",
    "x < y and y < z",
    "x and y or z",
    "x and (y or z)",
    "not x",
    "not x and y",
    "not (x and y)",
    "not not x",
    "not x == y",
    "(not x) == y",
    "where(x > 0, x, 2)",
    "where(a or b, x, y)",
    "x.T",
    "(x + y).T",
    "-x.T",
    "(-x).T",
    "x.T.T[0]",
    "(2).T",
    "x[0]",
    "x[-1, 1:3, :, ::2, 4:, :5]",
    "x[0][1]",
    "(x + y)[0]",
    "x^y[0]",
    "[x, y]",
    "[[x, 1], [2, y]]",
    "[[1, -2.5], [3, 4]]",
    "[]",
    "not 2",
    "2[0]",
    "(-2)[0]",
    "zeros(2, 0)",
    "[x + y, -z][0]",
    "sin(x)",
    "sin(x)^2",
    "maximum(x, y, z)",
    "max(x)",
    "sum(x)",
    "sum(x, axis=0)",
    "sum(x, axis=[0, 1])",
    "softmax(x)",
    "softmax(x, axis=0)",
    "leaky_relu(x)",
    "leaky_relu(x, 0.2)",
    "leaky_relu(x, y)",
    "stack(x, y, axis=1)",
    "concat(x, y)",
    "zeros(2, 3)",
    "zeros([])",
    "eye(3)",
    "eye(3, columns=2)",
    "reshape(x, 2, -1)",
    "linspace(0, 1)",
    "linspace(0, 1, count=5)",
    "arange(1, 2, 0.5)",
    "clip(x, 0, 1)",
    "pi * x + e",
    "inf - nan",
    "-inf",
    "0.1 + 1e-300 + 1e+22 + 123456789",
    "-0.0",
    "θ + é",
]


@as_one_test("text", SPELLINGS)
def test_prints_as_written(text):
    assert show(parse(text).result, {}) == text


@pytest.mark.parametrize(
    "text, expected",
    [
        ("((x)) + (y*z)", "x + y * z"),
        ("x if c else y", "where(c, x, y)"),
        ("√x²", "sqrt(x)^2"),
        ("x < y < z", "x < y and y < z"),
        ("2·π", "2 * pi"),
        ("q = x + y; q*q", "(x + y) * (x + y)"),
        ("f(t) = t^2; f(x + 1)", "(x + 1)^2"),
        ("-(-2)", "--2"),
        ("max(x, y)", "maximum(x, y)"),
        ("leaky_relu(x, a=0.01)", "leaky_relu(x)"),
        ("reshape(x, [2, 3])", "reshape(x, 2, 3)"),
        ("1_000 + 2.50 + .5", "1000 + 2.5 + 0.5"),
    ],
)
def test_prints_in_the_usual_spelling(text, expected):
    graph = parse(text)
    assert show(graph.result, {}) == expected
    assert structure_of(expected) == structure(graph.result)


@pytest.mark.parametrize(
    "number, expected",
    [
        (2.0, "2"),
        (-3.0, "-3"),
        (0.1, "0.1"),
        (-0.0, "-0.0"),
        (0.0, "0"),
        (1e16, "1e+16"),
        (123456789012345.0, "123456789012345"),
        (5e-324, "5e-324"),
        (float("inf"), "inf"),
        (float("-inf"), "-inf"),
        (float("nan"), "nan"),
        (np.float64(1.5), "1.5"),
    ],
)
def test_shortest(number, expected):
    assert shortest(number) == expected


def test_labels_cut_the_expression_off():
    graph = parse("q = x + y; r = q*z; r^2 + q")
    q, r = graph.names["q"], graph.names["r"]
    assert show(graph.result, {q: "q", r: "r"}) == "r^2 + q"
    assert show(r, {q: "q", r: "r"}) == "q * z"  # its own label is not looked at
    assert show(q, {}) == "x + y"
    assert show(r, {graph.inputs["z"]: "n1"}) == "(x + y) * n1"


def test_numbers_are_shown_as_asked():
    graph = parse("x + 2.123456789*[1.23456, 2]")
    assert show(graph.result, {}, lambda number: f"{number:.3g}") == "x + 2.12 * [1.23, 2]"


def test_a_sign_that_the_number_has_is_seen():
    """Whatever sign it is: tables may show the minus of typography."""
    graph = parse("(-2)^2")
    assert show(graph.result, {}, lambda number: f"{number:g}".replace("-", "\N{MINUS SIGN}")) == "(\N{MINUS SIGN}2)^2"


def test_constants_that_no_text_makes_read_back_to_the_same_value():
    graph = Graph(is_typed=False)
    power = OPERATORS["^"]
    for value in (float("inf"), float("-inf"), float("nan"), np.array([1.0, float("inf")]), np.zeros((0, 2))):
        constant = graph.constant(value)
        np.testing.assert_array_equal(constant_value(parse(show(constant, {})).result), value)
        squared = graph.add(power, (constant, graph.constant(2.0)))
        np.testing.assert_array_equal(constant_value(parse(show(squared, {})).result), np.power(value, 2.0))


def test_a_named_constant_of_a_typed_graph_prints_its_name():
    assert show(parse("2*pi + x").typed({}).result, {}) == "2 * pi + x"


def test_what_would_not_fit_in_memory_is_refused(monkeypatch):
    doubled = "; ".join(f"a{i} = a{i - 1} + a{i - 1}" if i else "a0 = x*y" for i in range(60))
    monkeypatch.setattr(expression, "MAXIMUM_CHARACTERS", 10_000)
    with pytest.raises(ExpressionError, match="more than 10000 characters"):
        show(parse(doubled).result, {})


def wrapped(inner):
    """Larger expressions around smaller ones, every construct of the language among them, in parentheses or not."""
    part = st.one_of(inner, inner.map("({})".format))
    binary = st.sampled_from([" + ", "-", "*", " / ", "%", "//", "^", "@", " < ", "==", " != ", " and ", " or "])
    return st.one_of(
        st.tuples(inner.map("({})".format), binary, inner.map("({})".format)).map("".join),
        st.tuples(st.sampled_from(["x", "-2", "sin(y)", "y[0]"]), binary, inner.map("({})".format)).map("".join),
        st.tuples(inner.map("({})".format), binary, st.sampled_from(["x", "2.5", "e", "y.T"])).map("".join),
        st.tuples(st.sampled_from(["-", "+", "not "]), inner.map("({})".format)).map("".join),
        st.tuples(inner.map("({})".format), st.sampled_from([".T", "[0]", "[1:, -1]", "²"])).map("".join),
        st.tuples(part, part, part).map("({0[0]}) if {0[1]} < 1 else {0[2]}".format).map("({})".format),
        st.tuples(st.sampled_from(["sin", "relu", "sum", "max", "elu", "√"]), part).map("{0[0]}({0[1]})".format),
        st.tuples(st.sampled_from(["max", "where", "clip"]), part, part, part).map(
            "{0[0]}({0[1]}, {0[2]}, {0[3]})".format
        ),
        st.tuples(part, st.integers(-2, 2)).map("sum({0[0]}, axis={0[1]})".format),
        st.lists(part, min_size=1, max_size=3).map(", ".join).map("[{}]".format),
        st.tuples(part, part).map("elu({0[0]}, a={0[1]})".format),
    )


NUMBERS = st.floats(allow_nan=False, allow_infinity=False).map(abs).map(repr)
LEAVES = st.one_of(st.sampled_from(["x", "y", "z", "pi", "2", "-3", "0", "[1, -2]", "zeros(2)", "θ"]), NUMBERS)


@settings(max_examples=800, deadline=None)
@given(st.recursive(LEAVES, wrapped, max_leaves=12))
def test_printed_and_parsed_again_it_is_the_same_graph(text):
    try:
        first = parse(text).result
    except ExpressionError as error:
        assert "ragged" in error.reason
        return
    printed = show(first, {})
    second = parse(printed).result
    assert structure(second) == structure(first)
    assert show(second, {}) == printed


@settings(max_examples=300, deadline=None)
@given(st.recursive(st.sampled_from(["x", "y", "2", "-3"]), wrapped, max_leaves=8))
def test_no_pair_of_parentheses_could_be_left_out(text):
    """Without any one pair that does not belong to a call, it is another expression or none."""
    try:
        first = parse(text).result
    except ExpressionError:
        return
    printed = show(first, {})
    for start, end in bracketed(printed):
        less = printed[:start] + printed[start + 1 : end] + printed[end + 1 :]
        try:
            assert structure_of(less) != structure(first), (printed, less)
        except ExpressionError:
            continue


def bracketed(text):
    """The pairs of parentheses that stand for themselves."""
    waiting = []
    for place, char in enumerate(text):
        if char == "(":
            waiting.append(place)
        elif char == ")":
            start = waiting.pop()
            if not start or not (text[start - 1].isalnum() or text[start - 1] == "_"):
                yield start, place
