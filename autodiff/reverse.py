"""Reverse mode: the adjoint of every node, as more nodes of the same graph.

One loop over the nodes, last first, that asks each gate to pull its upstream gradient back and names no gate.
Source: Griewank & Walther, Evaluating Derivatives (2008), section 3.2.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from backprop.autodiff.gate import METHODS, Condition
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.kinds import add_up


class Share(NamedTuple):
    """What one use of a node adds to its adjoint: `value` where `condition` holds (None: everywhere), else 0."""

    user: Node
    position: int
    upstream: Node
    value: Node
    condition: Condition | None

    @property
    def settled(self) -> Node:
        return self.condition.settle(self.value) if self.condition else self.value


class Adjoints(NamedTuple):
    """The adjoint of each node that the output depends on, and the shares that each is the sum of."""

    of: dict[Node, Node]
    shares: dict[Node, list[Share]]


def adjoints(graph: Graph, output: Node, seed: Node, wanted: Collection[Node]) -> Adjoints:
    """Append the adjoints of the nodes that lie between `wanted` and `output` to the typed `graph`.

    `seed` is the output's adjoint, of its shape. A node that the output does not depend on has no adjoint.
    """
    active = dependents(graph, output, wanted)
    found = Adjoints({}, {output: []})
    for node in reversed(graph.nodes[: output.index + 1]):
        shares = found.shares.get(node)
        if shares is None:
            continue
        graph.place = node.span
        upstream, condition = (seed, None) if node is output else _total(shares)
        found.of[node] = condition.settle(upstream) if condition else upstream
        if condition is not None and not node.gate.has_local and condition.test.shape:
            upstream = found.of[node]  # what is not taken entry by entry must be zero before entries are mixed
        for position, operand in enumerate(node.inputs):
            if active[operand.index]:
                share = _share(position, node, upstream, condition)
                if share is not None:
                    found.shares.setdefault(operand, []).append(share)
    graph.place = None
    return found


def dependents(graph: Graph, output: Node, wanted: Collection[Node]) -> list[bool]:
    """For each node up to the output, by index: whether it is one of `wanted` or depends on one of them."""
    active = [False] * (output.index + 1)
    for node in wanted:
        if node.index <= output.index:
            active[node.index] = True
    for node in graph.nodes[: output.index + 1]:
        if not active[node.index]:
            for operand in node.inputs:
                if active[operand.index]:
                    active[node.index] = True
                    break
    return active


def _share(position: int, node: Node, upstream: Node, condition: Condition | None) -> Share | None:
    operand = node.inputs[position]
    inputs = node.inputs
    if condition is not None and condition.test.shape:
        inputs = node.gate.screen(condition, inputs, node)
    value = node.gate.pull(position, upstream, inputs, node)
    if value is None:
        return None
    route = node.gate.route(position, node.inputs, node)
    here = condition if route is None else _both(condition, route)
    if here is not None:
        if value.shape != operand.shape:
            value = here.settle(value)  # zeros must be there before entries are summed
        here = node.gate.carry(here, position, node.inputs, node)
    if value.shape != operand.shape:
        value = value.sum_to(operand.shape)
    return Share(node, position, upstream, value, here)


def _total(shares: list[Share]) -> tuple[Node, Condition | None]:
    """The sum of the shares and the condition outside of which it stands for zero.

    Shares under one condition are settled once, when their sum leaves the branch.
    """
    first = shares[0].condition
    if len(shares) == 1:
        return shares[0].value, first
    shares.sort(key=lambda share: share.user.index)  # the order of use is the product rule's order of terms
    if all(share.condition == first for share in shares):
        return add_up([share.value for share in shares]), first
    total = add_up([share.settled for share in shares])
    if any(share.condition is None for share in shares):
        return total, None
    either = METHODS["or"]
    tests = list(dict.fromkeys(share.condition.as_test() for share in shares if share.condition))
    while len(tests) > 1:
        tests = [either(*tests[:2]), *tests[2:]]
    return total, Condition(tests[0], True)


def _both(outer: Condition | None, inner: Condition) -> Condition:
    if outer is None or outer == inner:
        return inner
    return Condition(METHODS["and"](outer.as_test(), inner.as_test()), True)
