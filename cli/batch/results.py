"""Which results a row gets and what they are called. Makes the adjoints, computes no number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from backprop.autodiff.declaration import leaves
from backprop.autodiff.derivatives.values import zero_of
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.passes.reverse import adjoints
from backprop.autodiff.shapes import Shape
from backprop.cli.status import Failure


class Naming(NamedTuple):
    """What the value's column is called, and what stands before a variable's name in its gradient's."""

    value: str = "value"
    gradient: str = "grad_"


class Wanted(NamedTuple):
    """What the options ask for: `wrt` None is all variables that have values."""

    wrt: Sequence[str] | None
    has_gradients: bool
    has_nodes: bool
    naming: Naming
    is_fused: bool = False


class Result(NamedTuple):
    name: str
    node: Node


def results_of(typed: Graph, wanted: Wanted, given: Sequence[str]) -> list[Result]:
    """The value, the gradients and, if asked for, every node's, as nodes of the `typed` graph."""
    output = typed.result
    found = [Result(wanted.naming.value, output)]
    names = [name for name in given if wanted.wrt is None or name in wanted.wrt] if wanted.has_gradients else []
    if wanted.wrt is not None and wanted.has_gradients:
        names = list(wanted.wrt)
    inputs = [typed.inputs[name] for name in names]
    between: list[tuple[str, Node]] = []
    if wanted.has_nodes:
        from backprop.autodiff.derivatives.trace import labels_of, shown_nodes

        shown = shown_nodes(typed)
        labels = labels_of(typed, shown)
        between = [(labels[node], node) for node in shown if node.gate is not leaves.input and node is not output]
    if names:
        seed = typed.constant(1.0).broadcast_to(output.shape)
        every = adjoints(typed, output, seed, [*inputs, *(node for _, node in between)]).of
        found += [
            Result(f"{wanted.naming.gradient}{name}", every.get(node) or zero_of(node))
            for name, node in zip(names, inputs, strict=True)
        ]
    for label, node in between:
        found.append(Result(label, node))
        if names:
            found.append(Result(f"{wanted.naming.gradient}{label}", every.get(node) or zero_of(node)))
    return found


def entry_names(name: str, shape: Shape) -> list[str]:
    """The columns of an array result, entry by entry: `grad_x[0]`, `grad_W[1][0]`."""
    return [name + "".join(f"[{place}]" for place in index) for index in np.ndindex(*shape)]


def check_names(results: Sequence[str], header: Sequence[str]) -> None:
    """Raise Failure where a result has the name of a column that is there already, or of another result."""
    twice = shared_names(results)
    if twice:
        raise Failure(f"two results are called {twice[0]}", "call them otherwise: --name NAME,PREFIX")
    there = frozenset(header)
    taken = next((name for name in results if name in there), None)
    if taken is not None:
        raise Failure(
            f"the input has a column {taken} already",
            "call the results otherwise: --name NAME,PREFIX; or keep them alone: --only",
        )


def shared_names(names: Sequence[str]) -> list[str]:
    """The names that are there more than once."""
    return [name for name, count in Counter(names).items() if count > 1]


def held_once(form: str) -> str:
    """What becomes of columns of one name, in words."""
    return f"{form} holds a name once, so that only the first column of this name is written"
