"""What parsing and a whole answer cost beside Lark alone on the same text: python tests/benchmarks/parse_cost.py

Lark alone makes its tree of the same grammar with its own lexer and no callbacks of ours. `parse` is our time from
text to graph, `whole` from text to the value and all gradients; the ratios are over Lark's time, and `linear` is the
whole time for a term at this length over that at 1,000 terms.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

from lark import Lark

from backprop.autodiff import value_and_grad
from backprop.parser import parse, tables

LENGTHS = (1_000, 100_000)
TEXTS: dict[str, Callable[[int], str]] = {
    "x*y + x*y + ...": lambda terms: " + ".join(["x*y"] * terms),
    "x0*y0 + x1*y1 + ...": lambda terms: " + ".join([f"x{i}*y{i}" for i in range(terms)]),
    "0.5*sin(x) + 1.5*sin(x) + ...": lambda terms: " + ".join([f"{i}.5*sin(x)" for i in range(terms)]),
}


def best_seconds(read: Callable[[str], object], text: str, repeats: int) -> float:
    """The least of some times; what was read is freed before the clock starts again."""
    best = float("inf")
    for _ in range(repeats):
        gc.collect()
        start = time.perf_counter()
        result = read(text)
        best = min(best, time.perf_counter() - start)
        del result
    return best


def main() -> None:
    lark = Lark(tables.grammar_text(), start=tables.START, parser="lalr", maybe_placeholders=False)
    print(f"{'text':31}{'terms':>9}{'Lark alone':>16}{'parse':>8}{'ratio':>8}{'whole':>8}{'ratio':>8}{'linear':>8}")
    for name, text_of in TEXTS.items():
        first = 0.0
        for terms in LENGTHS:
            text = text_of(terms)
            repeats = 20 if terms < 10_000 else 3
            alone = best_seconds(lark.parse, text, repeats) / terms * 1e6
            parsing = best_seconds(parse, text, repeats) / terms * 1e6
            whole = best_seconds(value_and_gradient, text, repeats) / terms * 1e6
            first = first or whole
            print(
                f"{name:31}{terms:>9,}{alone:>8.2f} us/term{parsing:>8.2f}{parsing / alone:>8.2f}"
                f"{whole:>8.2f}{whole / alone:>8.2f}{whole / first:>8.2f}"
            )


def value_and_gradient(text: str) -> object:
    """The answer to a text, all variables being 1."""
    graph = parse(text)
    return value_and_grad(graph, dict.fromkeys(graph.variables, 1.0))


if __name__ == "__main__":
    main()
