"""Graphs that are deep or wide, to see that a pass is a loop and its work linear."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from typing import Any

from backprop.autodiff import Graph, value_and_grad

from .building import call, expression


def chain(depth: int) -> Graph:
    """sin(sin(… x)), every gate on the one before."""
    return expression(lambda x: _repeated(x, depth, lambda node, place: call("sin", node)), "x")


def alternating(depth: int) -> Graph:
    """Products and sums in turn, x an operand of each: a node of `depth` uses, whose adjoint has as many shares."""
    return expression(lambda x: _repeated(x, depth, lambda node, place: node * x if place % 2 else node + x), "x")


def sum_of_terms(count: int) -> Graph:
    """x*1 + x*2 + …: a left-leaning tower whose bottom has `count` uses."""

    def write(x):
        result = x
        for place in range(count):
            result = result + x * float(place + 2)
        return result

    return expression(write, "x")


def tower_of_branches(depth: int) -> Graph:
    """where(x > 0, where(x > 0, …, 0), 0), a condition in a condition in a condition."""
    return expression(
        lambda x: _repeated(x, depth, lambda node, place: call("where", x > float(-place), node * 1.0, 0.0)), "x"
    )


def _repeated(start, times: int, step: Callable):
    node = start
    for place in range(times):
        node = step(node, place)
    return node


# The depth that the design promises is the chain's; of the others twenty times the depth that recursion reaches.
DEEP = {"chain": (chain, 100_000), "uses": (alternating, 20_000), "branches": (tower_of_branches, 20_000)}


@cache
def deep(name: str) -> Graph:
    """The deepest graph of a kind, built once for all tests."""
    make, depth = DEEP[name]
    return make(depth)


@cache
def deep_value_and_grad(name: str) -> tuple[Any, dict[str, Any]]:
    """The value and the gradient of that graph where every variable is 0.5, computed once for all tests."""
    graph = deep(name)
    limit = sys.getrecursionlimit()
    found = value_and_grad(graph, dict.fromkeys(graph.variables, 0.5))
    assert sys.getrecursionlimit() == limit
    return found


def is_linear(count: Callable[[Graph], int], name: str) -> bool:
    """Whether `count` of a graph grows by the same for every gate, from 500 to 6,500 of them."""
    make, _ = DEEP[name]
    small, middle, large = count(make(500)), count(make(1_500)), count(make(6_500))
    return 0 < middle - small <= 20_000 and large - small == 6 * (middle - small)
