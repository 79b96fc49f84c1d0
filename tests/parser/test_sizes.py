"""Long and deep texts: nothing recurs, and the work grows with the length (function calls are counted, not seconds)."""

import gc
import sys
import time
from itertools import pairwise

import pytest

from backprop.parser import ExpressionError, parse
from backprop.parser import functions as functions_module
from backprop.parser.diagnostics.rendering import render
from backprop.parser.printers.expression import show

from ..cases import as_one_test
from .structure import structure_of

MANY = 100_000
FEWER = 20_000  # where nothing is nested: the linear work of longer texts is seen in the counts

SHAPES = {  # a text for a size, and how many nodes it makes
    "terms": (lambda n: " + ".join(["x*y"] * n), lambda n: n + 2),
    "different terms": (lambda n: " + ".join([f"x{i}*{i}.5" for i in range(n)]), lambda n: 4 * n - 1),
    "parentheses": (lambda n: "(" * n + "x" + ")" * n, lambda n: 1),
    "negatives": (lambda n: "-" * n + "x", lambda n: n + 1),
    "powers": (lambda n: "x" + "^x" * n, lambda n: n + 1),
    "quotients": (lambda n: "x/(" * n + "y" + ")" * n, lambda n: n + 2),
    "calls": (lambda n: "sin(" * n + "x" + ")" * n, lambda n: n + 1),
    "choices": (lambda n: "x if c else " * n + "y", lambda n: n + 3),
    "choices in parentheses": (lambda n: "(" * n + "x" + " if c else y)" * n, lambda n: n + 3),
    "negations": (lambda n: "not " * n + "x", lambda n: n + 1),
    "comparisons": (lambda n: "x" + "<x" * n, lambda n: n + 1),
    "transposes": (lambda n: "x" + ".T" * n, lambda n: n + 1),
    "indices": (lambda n: "x" + "[0]" * n, lambda n: n + 1),
    "roots": (lambda n: "√" * n + "x", lambda n: n + 1),
    "arguments": (lambda n: f"max({', '.join(['x'] * n)}, y)", lambda n: 3),
    "entries": (lambda n: f"[{', '.join(['x'] * n)}]", lambda n: 2),
    "numbers": (lambda n: f"[{', '.join(['1.5'] * n)}]", lambda n: 1),
    "rows": (lambda n: f"[{', '.join(['[1, 2]'] * n)}]", lambda n: 1),
    "statements": (
        lambda n: "a0 = x\n" + "\n".join(f"a{i} = a{i - 1}*y" for i in range(1, n + 1)),
        lambda n: n + 2,
    ),
    "own functions": (
        lambda n: "f0(t) = t + 1\n" + "\n".join(f"f{i}(t) = f{i - 1}(t)*2" for i in range(1, n)) + f"\nf{n - 1}(x)",
        lambda n: n + 2 if n == 1 else n + 3,
    ),
    "calls of a function": (
        lambda n: "f(t) = t^2 - 1; " + " + ".join([f"f(x{i})" for i in range(n)]),
        lambda n: 4 * n + 1,
    ),
    "empty statements": (lambda n: ";\n" * n + "x", lambda n: 1),
    "comments": (lambda n: "# no\n" * n + "x", lambda n: 1),
    "names of other scripts": (lambda n: " + ".join([f"é{i}" for i in range(n)]), lambda n: 2 * n - 1),
}
NESTED = [
    *("terms", "parentheses", "negatives", "powers", "quotients", "calls", "choices", "negations", "comparisons"),
    *("transposes", "indices", "roots", "statements"),
]
PRINTED_LONG = ("terms", "calls")


@pytest.mark.parametrize("shape", SHAPES)
def test_many(shape):
    text, nodes = SHAPES[shape]
    size = MANY if shape in NESTED or shape == "choices in parentheses" else FEWER
    graph = parse(text(size))
    assert len(graph.nodes) == nodes(size)
    assert graph.variables or shape in ("numbers", "rows")
    assert "x" in graph.variables or shape not in NESTED
    if shape in PRINTED_LONG:
        assert_printed(text(size), graph)


def assert_printed(text, graph):
    """The graph's text makes as many nodes: the same one does, and is not read again."""
    printed = show(graph.result, {})
    assert printed == text or len(parse(printed).nodes) == len(graph.nodes)


def calls_of(text):
    """How many function calls of Python parsing the text takes."""
    count = 0

    def see(frame, event, argument):
        nonlocal count
        count += event == "call"

    was_enabled = gc.isenabled()
    gc.disable()  # its hooks are calls too
    sys.setprofile(see)
    try:
        parse(text)
    finally:
        sys.setprofile(None)
        if was_enabled:
            gc.enable()
    return count


@as_one_test("shape", SHAPES)
def test_work_is_linear(shape):
    """The same number of calls for each further 50: an exact line, whatever the machine."""
    text, nodes = SHAPES[shape]
    sizes = (100, 150, 200, 250)
    assert [len(parse(text(size)).nodes) for size in sizes] == list(map(nodes, sizes))  # and each is remembered alike
    counts = [calls_of(text(size)) for size in sizes]
    steps = [later - earlier for earlier, later in pairwise(counts)]
    assert max(steps) <= min(steps) * 1.01 + 2


def test_a_count_of_calls_sees_quadratic_work():
    text, _ = SHAPES["terms"]
    counts = [calls_of(text(size * size // 100)) for size in (100, 150, 200, 250)]
    steps = [later - earlier for earlier, later in pairwise(counts)]
    assert max(steps) > min(steps) * 1.2


@pytest.mark.parametrize(
    "text, reason",
    [
        ("(" * MANY + "x", "'(' is never closed"),
        ("x" + ")" * MANY, "unexpected ')'"),
        ("[" * MANY + "x" + "]" * MANY, "lists are nested more than 32 deep"),
        ("[" * MANY + "1" + "]" * MANY, "lists are nested more than 32 deep"),
        ("x " * MANY, "missing operator between 'x' and 'x'"),
        ("x + " * MANY, "expected a value after '+'"),
        (" + ".join(["x"] * FEWER) + " + $", "unexpected '$'"),
        (" + ".join(["x"] * FEWER) + " + sine(x)", "unknown function 'sine'"),
        ("x if " * MANY, "'if' has no 'else'"),
        ("é" * MANY + "²x", "missing operator between '²' and 'x'"),
        ("é" * MANY + "\u2013x", "unexpected character '\u2013' (U+2013 EN DASH)"),
    ],
)
def test_long_malformed_texts(text, reason):
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert caught.value.reason == reason
    assert max(map(len, render(caught.value).split("\n"))) < 200


@as_one_test("shape", [shape for shape in NESTED if shape not in PRINTED_LONG])
def test_many_are_printed(shape):
    """As many levels as Python's own recursion would not survive; of the others 100,000, above."""
    text, nodes = SHAPES[shape]
    graph = parse(text(5_000))
    assert len(graph.nodes) == nodes(5_000)
    assert_printed(text(5_000), graph)


def test_long_loops_take_linear_time():
    """A loop of 20 times the length takes no 400 times as long: what is done a step does not grow with their number."""
    durations = []
    for count in (500, 10_000):
        start = time.process_time()
        parse(f"sum(i*x for i in 1:{count}) + sum(i*y for i in 1:{count})")
        durations.append(time.process_time() - start)
    assert durations[1] < 100 * durations[0] + 1


@pytest.mark.parametrize("step", ["sum(f{0}(n) for i in 1:n)", "iterate(f{0}, n, 1)", "f{0}(prod(n for i in 1:1))"])
def test_a_chain_of_loops_does_not_recurse(step):
    levels = "; ".join(f"f{level}(n) = {step.format(level - 1)}" for level in range(1, 3000))
    assert structure_of(f"f0(n) = n*x; {levels}; f2999(1)") == structure_of("1*x")


def test_a_chain_of_functions_takes_no_more_than_its_text(monkeypatch):
    """A definition replays nothing: 4000 templates that hold one another would be 8 million nodes."""
    monkeypatch.setattr(functions_module, "MAXIMUM_REPLAYED", 20_000)
    levels = "; ".join(f"f{i}(t) = f{i - 1}(t) + {i}" if i else "f0(t) = sin(t)" for i in range(4000))
    assert len(parse(f"{levels}; f3999(x)").nodes) == 1 + 1 + 2 * 3999
