"""Loops: what they unroll to, which names they know, and their bounds."""

import pytest

from backprop.parser import ExpressionError, parse
from backprop.parser import functions as functions_module

from ..cases import as_one_test
from .structure import structure_of

pytestmark = pytest.mark.smoke

EQUALS = {
    # over an index
    "sum(i^2*x for i in 1:3)": "1^2*x + 2^2*x + 3^2*x",
    "prod(x - i for i in 0:2)": "(x - 0)*(x - 1)*(x - 2)",
    "max(i*x for i in 1:3)": "max([1*x, 2*x, 3*x], axis=0)",
    "min(sin(i*x) for i in -1:1)": "min([sin(-1*x), sin(0*x), sin(1*x)], axis=0)",
    "hypot(i*x for i in 1:3)": "hypot(1*x, 2*x, 3*x)",
    "concat(v[:i] for i in 1:2)": "concat(v[:1], v[:2])",
    "max(v for i in 1:1)": "max([v], axis=0)",
    "mean(i*x for i in 1:2)": "mean([1*x, 2*x], axis=0)",
    "norm(v[i] for i in 0:1)": "norm([v[0], v[1]], axis=0)",
    "exp(i*x for i in 1:2)": "exp([1*x, 2*x])",
    "[x^i for i in 0:2]": "[x^0, x^1, x^2]",
    "[[i*j*x for i in 1:2] for j in 1:2]": "[[1*1*x, 2*1*x], [1*2*x, 2*2*x]]",
    "sum(x for i in 1:2)": "x + x",
    "sum(i*x for i in 4:4)": "4*x",
    "sum(i*x for i in [0.5, 4])": "0.5*x + 4*x",
    "sum(i*x for i in arange(1, 6, 2))": "1*x + 3*x + 5*x",
    "sum(v[i]*w[i + 1] for i in 0:1)": "v[0]*w[0 + 1] + v[1]*w[1 + 1]",
    "sum(v[:i + 1] @ w[:i + 1] for i in 0:1)": "v[:1] @ w[:1] + v[:2] @ w[:2]",
    "sum(sum(i*j*x for j in 1:i) for i in 1:2)": "1*1*x + (2*1*x + 2*2*x)",
    "sum(sum(j*x for j in i:i + 1) for i in 1:2)": "(1*x + 2*x) + (2*x + 3*x)",
    "sum(i*x for i in 1:2) + sum(i*y for i in 1:2)": "(1*x + 2*x) + (1*y + 2*y)",
    "sum(x if i > 1 else y for i in 1:2)": "(x if 1 > 1 else y) + (x if 2 > 1 else y)",
    "2*sum(\n  i*x\n  for i\n  in 1:2\n)": "2*(1*x + 2*x)",
    "Σ = sum(θ*x for θ in 1:2); Σ": "Σ = 1*x + 2*x; Σ",
    "sum(e*x for e in 1:2)": "1*x + 2*x",  # an index wins over a constant, as a parameter does
    # bounds
    "const n = 2; sum(i*x for i in 1:n)": "1*x + 2*x",
    "n = 2; sum(i*x for i in 1:n + 1)": "1*x + 2*x + 3*x",
    # with functions
    "f(t) = t^2; sum(f(i*x) for i in 1:2)": "(1*x)^2 + (2*x)^2",
    "f(n) = sum(i*x for i in 1:n); f(2)": "1*x + 2*x",
    "f(t, n) = sum(t^i for i in 0:n); g(n) = f(y, n + 1); g(0)": "y^0 + y^1",
    "f(t) = sum(sum(i*j*t for j in 1:2) for i in 1:2); f(x)": "(1*1*x + 1*2*x) + (2*1*x + 2*2*x)",
    "f(i) = i*x; sum(f(j) for j in 1:2)": "1*x + 2*x",
    "f(v) = v[0]*v[1]; f(i*x for i in 1:2)": "[1*x, 2*x][0]*[1*x, 2*x][1]",
    "sum(v) = v[1]; sum(i*x for i in 1:2)": "[1*x, 2*x][1]",  # a function of one's own takes the list
    # steps
    "f(s) = s*x; iterate(f, 1, 3)": "1*x*x*x",
    "f(s) = s*x; iterate(f, y, 0)": "y",
    "f(s, k) = s + k*x; iterate(f, y, 3)": "y + 0*x + 1*x + 2*x",
    "f(h, t) = tanh(w*h + x[t]); iterate(f, 0, 2)": "tanh(w*tanh(w*0 + x[0]) + x[1])",
    "f(a, b) = [b, a + b]; iterate(f, x, y, 1)": "[y, x + y]",
    "f(a, b) = [b, a + b]; iterate(f, x, y, 0)": "[x, y]",
    "f(a, b) = [b, a + b]; iterate(f, x, y, 2)": "[[y, x + y][1], [y, x + y][0] + [y, x + y][1]]",
    "f(a, b, k) = [b, k*a]; iterate(f, x, y, 1)": "[y, 0*x]",
    "f(s) = s*x; g(n) = iterate(f, 1, n); g(2)": "1*x*x",
    "f(s) = s*x; iterate((f), 1, 2)": "1*x*x",
    "f(s) = s*x; sum(iterate(f, 1, i) for i in 1:2)": "1*x + 1*x*x",
    "f(s) = sum(i*s for i in 1:2); iterate(f, x, 2)": "1*(1*x + 2*x) + 2*(1*x + 2*x)",
    "iterate = 3; iterate*x": "iterate = 3; iterate*x",
    "iterate(t) = t*x; iterate(2)": "2*x",
    "f(t) = t; f*x": "f*x",  # a function is one in a call only, a variable elsewhere
    "f(t) = t; x[f]": "x[f]",
}


@as_one_test("text", EQUALS)
def test_a_loop_is_what_is_written_out(text):
    assert structure_of(text) == structure_of(EQUALS[text])


@as_one_test("text", [text for text in EQUALS if " for " in text])
def test_an_index_is_no_variable(text):
    assert set(parse(text).variables) == set(parse(EQUALS[text]).variables)


def test_a_loop_is_linear_in_the_graph():
    """Each term adds its product, its power and its sum; indices are constants."""
    sizes = [len(parse(f"sum(i^2*x for i in 1:{count})").nodes) for count in (100, 200, 400)]
    assert sizes[1] - sizes[0] == 4 * 100
    assert sizes[2] - sizes[1] == 4 * 200


def test_a_term_points_into_its_body():
    assert parse("sum(sqrt(x - i) for i in 2:2)").result.span == (4, 15)


@pytest.mark.parametrize(
    "text",
    [
        "sum(i*x for i in 1:1e15)",
        "sum(i*x for i in 1:600)",
        "[i*x for i in 1:600]",
        "f(n) = sum(i*x for i in 1:n); f(600)",
        "sum(sum(i*j*x for i in 1:30) for j in 1:30)",
        "f(s) = s*x; iterate(f, 1, 1e15)",
        "f(s) = s*x; iterate(f, 1, 600)",
        "f(s) = s*x; g(s) = iterate(f, s, 30); iterate(g, 1, 30)",
        "f(t) = sum(t for i in 1:400); g(t) = sum(t for i in 1:400); h(t) = sum(t for i in 1:400); x",
        "".join("sum(" for _ in range(60)) + "x" + "".join(f" for i{depth} in 1:1)" for depth in range(60)),
    ],
)
def test_growth_is_refused(text, monkeypatch):
    monkeypatch.setattr(functions_module, "MAXIMUM_REPLAYED", 1000)
    with pytest.raises(ExpressionError, match="functions and loops of the text take more than 1000 steps"):
        parse(text)


def test_growth_that_can_be_counted_is_refused_before_a_node_is_made(monkeypatch):
    made = []
    add = functions_module.Graph.add
    monkeypatch.setattr(functions_module.Graph, "add", lambda *all: made.append(1) or add(*all))
    with pytest.raises(ExpressionError, match="steps to write out"):
        parse("sum(i*x for i in 1:1e15)")
    assert len(made) == 1  # the body's product


def test_its_words_are_names_elsewhere():
    assert structure_of("for*in") == ("mul", "for", "in")


def test_an_index_may_be_used_again_but_means_nothing_else():
    parse("sum(i*x for i in 1:2)*sum(i for i in 1:2)")
    for other in ("i*", "i = 1; ", "f(t) = i*t; "):
        with pytest.raises(ExpressionError, match="'i' is an index here and has another meaning"):
            parse(f"{other}sum(i*x for i in 1:2)")


def test_no_node_is_left_over():
    assert len(parse("hypot(x*i for i in 2:3)").nodes) == len(parse("hypot(x*2, x*3)").nodes)
    assert len(parse("sum(x*i for i in 2:3)").nodes) == len(parse("x*2 + x*3").nodes)
