"""A long sum of terms that differ in their numbers only, as one sum of an array: of sixty terms each step is one.

Such sums come from data that somebody wrote out. Knows no gate but the sum's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from backprop.autodiff.gates import OPERATORS
from backprop.autodiff.gates.reductions import total
from backprop.autodiff.graph import Node

ADDED, SUBTRACTED = OPERATORS["+"], OPERATORS["-"]
LEAST_TERMS = 8
MOST_NODES = 2000  # of a term

Term = list[tuple[Any, Node, tuple[int, ...]]]  # its nodes: what has to be equal, the node, where its operands are


def rolled(output: Node) -> Node:
    """The same number as a scalar node of a typed graph, its like terms together."""
    alike: dict[Any, list[Term]] = {}
    rest: list[tuple[float, Node]] = []
    for sign, addend in addends(output):
        term = term_of(addend)
        if term is None:
            rest.append((sign, addend))
        else:
            alike.setdefault((sign, tuple([(what, operands) for what, _, operands in term])), []).append(term)
    if not any([len(terms) >= LEAST_TERMS for terms in alike.values()]):
        return output
    for (sign, _), terms in alike.items():
        if len(terms) >= LEAST_TERMS:
            rest.append((sign, together(terms)))
        else:
            rest += [(sign, term[-1][1]) for term in terms]
    whole: Node | None = None
    for sign, node in rest:
        whole = (node if sign > 0.0 else -node) if whole is None else whole + node if sign > 0.0 else whole - node
    return output if whole is None else whole


def addends(output: Node) -> list[tuple[float, Node]]:
    """What is added, or subtracted (-1), in order."""
    found = []
    left = [(1.0, output)]
    while left:
        sign, node = left.pop()
        if node.gate is ADDED:
            left += [(sign, operand) for operand in reversed(node.inputs)]
        elif node.gate is SUBTRACTED:
            left += [(-sign, node.inputs[1]), (sign, node.inputs[0])]
        else:
            found.append((sign, node))
    return found


def term_of(addend: Node) -> Term | None:
    """The nodes of a term, operands first; None where it is not made of scalars, entry by entry, or is too long.

    A number stands for itself at each of its uses: two that are equal in one term need not be in another.
    """
    term: Term = []
    place: dict[Node, int] = {}
    left: list[tuple[Node, bool]] = [(addend, False)]
    done: list[int] = []  # the places of what is finished and waits for its user
    while left:
        node, is_ready = left.pop()
        if node in place:
            done.append(place[node])
            continue
        if node.shape or len(term) > MOST_NODES or (node.inputs and not node.gate.is_entrywise):
            return None
        if node.is_constant:
            term.append((None, node, ()))
            done.append(len(term) - 1)
        elif not node.inputs:
            place[node] = len(term)
            term.append((node, node, ()))
            done.append(place[node])
        elif is_ready:
            count = len(node.inputs)
            operands = tuple(done[-count:])
            del done[-count:]
            place[node] = len(term)
            term.append(((node.gate, node.attributes), node, operands))
            done.append(place[node])
        else:
            left.append((node, True))
            left += [(operand, False) for operand in reversed(node.inputs)]
    return term


def together(terms: Sequence[Term]) -> Node:
    """The sum of like terms."""
    made: list[Node] = []
    for parts in zip(*terms, strict=True):
        _, first, operands = parts[0]
        if all([part[1] is first for part in parts]):
            made.append(first)
        elif first.is_constant:
            made.append(first.graph.constant(np.array([float(part[1].value) for part in parts])))
        else:
            made.append(first.graph.add(first.gate, tuple([made[place] for place in operands]), first.attributes))
    node: Node = total(made[-1]) if made[-1].shape else made[-1] * float(len(terms))
    return node
