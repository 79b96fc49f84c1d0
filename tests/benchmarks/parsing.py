"""Parsing, and text to the value and all gradients, against Lark alone on the same text.

Lark alone makes its tree of the same grammar with its own lexer and no callbacks of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from backprop.autodiff import value_and_grad
from backprop.parser import parse, tables

from .measuring import Comparison, Runner, call

TEXTS: dict[str, Callable[[int], str]] = {
    "x*y + x*y + …": lambda terms: " + ".join(["x*y"] * terms),
    "x0*y0 + x1*y1 + …": lambda terms: " + ".join([f"x{i}*y{i}" for i in range(terms)]),
    "0.5*sin(x) + 1.5*sin(x) + …": lambda terms: " + ".join([f"{i}.5*sin(x)" for i in range(terms)]),
}


def comparisons(tiny: bool) -> Iterator[Comparison]:
    terms = 10 if tiny else 1_000
    for name, text_of in TEXTS.items():
        peers = {"Lark alone": partial(lark, text_of(terms))}
        yield Comparison(f"parse {name}, {terms:,} terms", partial(parsing, text_of(terms)), peers)
        yield Comparison(f"gradient of {name}, {terms:,} terms", partial(whole, text_of(terms)), peers)


def parsing(text: str) -> Runner:
    return call(lambda: parse(text))


def whole(text: str) -> Runner:
    def answer() -> object:
        graph = parse(text)
        return value_and_grad(graph, dict.fromkeys(graph.variables, 1.0))

    return call(answer)


def lark(text: str) -> Runner:
    from lark import Lark

    made = Lark(tables.grammar_text(), start=tables.START, parser="lalr", maybe_placeholders=False)
    return call(lambda: made.parse(text))
