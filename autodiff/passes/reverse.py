"""Reverse mode: the adjoint of every node, as more nodes of the same graph.

One loop over the nodes, last first, that asks each gate to pull its upstream gradient back and names no gate.
Source: Griewank & Walther, Evaluating Derivatives (2008), section 3.2.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from backprop.autodiff.declaration import leaves
from backprop.autodiff.declaration.gate import Condition
from backprop.autodiff.declaration.masks import Masked, both, total
from backprop.autodiff.evaluation.program import dependents
from backprop.autodiff.graph import Graph, Node


class Contribution(NamedTuple):
    """What one use of a node adds to its adjoint: `value` where `condition` holds (None: everywhere), else 0."""

    user: Node
    position: int
    upstream: Node
    value: Node
    condition: Condition | None

    @property
    def settled(self) -> Node:
        return self.masked.settled

    @property
    def masked(self) -> Masked:
        return Masked(self.value, self.condition)


class Adjoints(NamedTuple):
    """The adjoint of each node that the output depends on, and the shares that each is the sum of."""

    of: dict[Node, Node]
    shares: dict[Node, list[Contribution]]

    def by(self, inputs: Sequence[Node]) -> list[Node]:
        """The adjoint of each of them, zeros for one that the output does not depend on."""
        return [self.of.get(node) or node.zeros for node in inputs]


def gradients(output: Node, inputs: Sequence[Node], seed: Node | None = None) -> list[Node]:
    """The gradients of `output` by some nodes of its typed graph, each of its node's shape, as more nodes of it.

    `seed` is the output's upstream gradient, of its shape; None: ones.
    """
    if not inputs:
        return []
    graph = output.graph
    ones = graph.constant(1.0).broadcast_to(output.shape) if seed is None else seed
    return adjoints(graph, output, ones, inputs).by(inputs)


def adjoints(graph: Graph, output: Node, seed: Node, wanted: Collection[Node]) -> Adjoints:
    """Append the adjoints of the nodes that lie between `wanted` and `output` to the typed `graph`.

    `seed` is the output's adjoint, of its shape. A node that the output does not depend on has no adjoint. Those of
    `wanted` are the mean of both sides where they are of second or higher order and a kink is hit exactly.
    """
    found = one_sided_adjoints(graph, output, seed, wanted)
    if any([node.gate.has_sides for node in graph.nodes[: output.index + 1]]):
        from backprop.autodiff.passes.sides import with_sides  # here, not above: few first derivatives need it

        of = {node: found.of[node] for node in wanted if node in found.of}
        found.of.update(with_sides(of, [output], told=lambda node: node.gate is leaves.input))
    return found


def one_sided_adjoints(graph: Graph, output: Node, seed: Node, wanted: Collection[Node]) -> Adjoints:
    """The same, of which those at a kink are what the slopes there, each a convention, make of them."""
    active = dependents(graph, output, wanted)
    found = Adjoints({}, {output: []})
    for node in reversed(graph.nodes[: output.index + 1]):
        shares = found.shares.get(node)
        if shares is None:
            continue
        graph.place = node.span
        upstream, condition = (seed, None) if node is output else _sum(shares)
        found.of[node] = upstream if condition is None else condition.settle(upstream)
        if condition is not None and not node.gate.has_local and condition.test.shape:
            upstream = found.of[node]  # what is not taken entry by entry must be zero before entries are mixed
        for position, operand in enumerate(node.inputs):
            if active[operand.index]:
                share = _share(position, node, upstream, condition)
                if share is not None:
                    found.shares.setdefault(operand, []).append(share)
    graph.place = None
    return found


def _sum(shares: list[Contribution]) -> tuple[Node, Condition | None]:
    """The sum of a node's shares, and the condition outside of which it stands for zero."""
    if len(shares) == 1:
        return shares[0].value, shares[0].condition
    shares.sort(key=lambda share: share.user.index)  # the order of use is the product rule's order of terms
    return total([share.masked for share in shares])


def _share(position: int, node: Node, upstream: Node, condition: Condition | None) -> Contribution | None:
    operand = node.inputs[position]
    inputs = node.inputs
    if condition is not None and condition.test.shape:
        inputs = node.gate.screen(condition, inputs, node)
    value = node.gate.pull(position, upstream, inputs, node)
    if value is None:
        return None
    route = node.gate.route(position, node.inputs, node)
    if condition is None and route is None:
        whole = value if value.shape == operand.shape else value.sum_to(operand.shape)
        return Contribution(node, position, upstream, whole, None)
    here = both(condition, route) if node.gate.has_local else condition
    if here is not None:
        if value.shape != operand.shape:
            value = here.settle(value)  # zeros must be there before entries are summed
        here = node.gate.carry(here, position, node.inputs, node)
    if value.shape != operand.shape:
        value = value.sum_to(operand.shape)
    if not node.gate.has_local:
        here = both(here, route)
    return Contribution(node, position, upstream, value, here)
