"""Arrays as the scalars that their entries are: for languages that compute with no arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from backprop.autodiff.declaration import leaves
from backprop.autodiff.declaration.table import METHODS, NAMED
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.evaluation.program import needed
from backprop.autodiff.graph import Node
from backprop.autodiff.numerics.entries import at_entries
from backprop.autodiff.shapes import show

MOST_ENTRIES = 256  # of an array: to sort so many takes a hundred thousand nodes
MOST_NODES = 500_000  # that are made for one function


def in_scalars(results: Sequence[Node]) -> list[Node]:
    """The entries of the results, nodes of one typed graph, row by row and one result after another: scalars alone.

    An entry of an input is an `index` of it. What has another form by arrays is in that form already. Raises
    ExpressionError, with the gate's place, for what has no entries that are known, and for arrays that are too long.
    """
    graph = results[0].graph
    limit = len(graph.nodes) + MOST_NODES
    found: dict[Node, Any] = {}
    for node in needed(results):
        operands = [found[operand] for operand in node.inputs]
        # a reduction has entries of a mere number, too
        is_alone = node.gate.has_local or node.gate.by_entries is None or not node.inputs
        if is_alone and not node.shape and not any(operand.shape for operand in node.inputs):
            found[node] = _array(node.of(tuple([operand[()] for operand in operands])))
            continue
        is_input = node.gate is leaves.input
        is_known = is_input or node.gate.by_entries is not None
        if not is_known or np.prod(node.shape) > MOST_ENTRIES or len(graph.nodes) > limit:
            what = f"variable '{node.name}'" if is_input else f"'{node.gate.called}'"
            raise ExpressionError(
                f"{what} of shape {show(node.shape)} cannot be written entry by entry",
                node.span,
                "choose numpy",
                graph.source,
            )
        graph.place = node.span
        try:
            entries = _entries_of(node, operands)
        except ExpressionError as error:
            raise error.located(node.span, graph.source) from None
        finally:
            graph.place = None
        found[node] = at_entries(lambda entry: _node(graph, entry), _array(entries))
        if not node.shape:
            found[node] = _array(found[node])
    return _without_blanks([entry for result in results for entry in found[result].flat], limit - MOST_NODES)


def _without_blanks(results: Sequence[Node], first: int) -> list[Node]:
    """The results without what the zeros beside a placed entry left among the nodes from `first` on: x + 0 is x."""
    twin: dict[Node, Node] = {}
    for node in needed(results):
        made = node.of(tuple([twin[operand] for operand in node.inputs]))
        twin[node] = (node.index >= first and _simple(made)) or made
    return [twin[result] for result in results]


def _simple(node: Node) -> Node | None:
    if node.gate is METHODS["+"]:
        left, right = node.inputs
        return left if right.is_number(0.0) else right if left.is_number(0.0) else None
    if node.gate is METHODS["where"]:
        condition, taken, otherwise = node.inputs
        is_indicator = condition.gate.is_indicator and taken.is_number(1.0) and otherwise.is_number(0.0)
        return taken if taken is otherwise else condition if is_indicator else None
    return None


def _entries_of(node: Node, operands: Sequence[Any]) -> Any:
    if node.is_constant:
        return node.value
    if node.gate is leaves.input:
        result = np.empty(node.shape, dtype=object)
        for place in np.ndindex(result.shape):
            result[place] = NAMED["index"](node, index=place)
        return result
    assert node.gate.by_entries is not None
    return node.gate.by_entries(*operands, **node.settings)


def _node(graph: Any, entry: Any) -> Node:
    return entry if isinstance(entry, Node) else graph.constant(float(entry))


def _array(entries: Any) -> Any:
    """An array of objects, of one without axes where it is a single node or number."""
    if isinstance(entries, np.ndarray):
        return entries.astype(object)
    result = np.empty((), dtype=object)
    result[()] = entries
    return result
