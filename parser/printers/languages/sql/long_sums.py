"""Long sums of a graph added in pairs, before SQL is written of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import reduce
from typing import Any

from backprop.autodiff.declaration.sums import add_up
from backprop.autodiff.declaration.table import METHODS
from backprop.autodiff.evaluation.program import needed

LONGEST_SUM = 16  # terms


def in_pairs(results: Sequence[Any]) -> list[Any]:
    """The results with long sums added in pairs: a chain of them would take a layer for every few terms."""
    plus = METHODS["+"]
    nodes = needed(results)
    uses = Counter([*results, *[operand for node in nodes for operand in node.inputs]])
    added = {operand for node in nodes if node.gate is plus for operand in node.inputs if operand.gate is plus}
    inner = {node for node in added if uses[node] == 1}
    twin: dict[Any, Any] = {}
    terms: dict[Any, list[Any]] = {}
    for node in nodes:
        if node.gate is plus:
            parts = [terms.pop(one) if one in inner else [twin[one]] for one in node.inputs]
            parts[0].extend(parts[1])
            if node in inner:
                terms[node] = parts[0]
            else:
                twin[node] = add_up(parts[0]) if len(parts[0]) > LONGEST_SUM else reduce(METHODS["+"], parts[0])
        else:
            operands = tuple([twin[one] for one in node.inputs])
            is_same = operands == node.inputs
            twin[node] = node if is_same else node.graph.add(node.gate, operands, node.attributes, node.span)
    return [twin[node] for node in results]
