"""Reverse mode: the adjoint of every node, as more nodes of the same graph.

One loop over the nodes, last first, that asks each gate to pull its upstream gradient back and names no gate.
Source: Griewank & Walther, Evaluating Derivatives (2008), section 3.2.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from backprop.autodiff.declaration import leaves
from backprop.autodiff.declaration.masks import Mask, Masked, is_mixed, pulled, screened, total
from backprop.autodiff.evaluation.program import dependents
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.named_tuple import NamedTuple


class Contribution(NamedTuple):
    """What one use of a node, as the operand at `position` of `user`, adds to its adjoint."""

    user: Node
    position: int
    upstream: Node
    value: Node
    mask: Mask | None

    @property
    def settled(self) -> Node:
        return self.masked.settled

    @property
    def masked(self) -> Masked:
        return Masked(self.value, self.mask)


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
    result = one_sided_adjoints(graph, output, seed, wanted)
    if any([node.gate.has_sides for node in graph.nodes[: output.index + 1]]):
        from backprop.autodiff.passes.sides import with_sides  # here, not above: few first derivatives need it

        of = {node: result.of[node] for node in wanted if node in result.of}
        result.of.update(with_sides(of, [output], told=lambda node: node.gate is leaves.input))
    return result


def one_sided_adjoints(graph: Graph, output: Node, seed: Node, wanted: Collection[Node]) -> Adjoints:
    """The same, of which those at a kink are what the slopes there, each a convention, make of them."""
    active = dependents(graph, output, wanted)
    result = Adjoints({}, {output: []})
    for node in reversed(graph.nodes[: output.index + 1]):
        shares = result.shares.get(node)
        if shares is None:
            continue
        graph.place = node.span
        upstream, mask = (seed, None) if node is output else _sum(shares)
        result.of[node] = upstream if mask is None else mask.settle(upstream)
        if mask is not None and is_mixed(mask, node):
            upstream = result.of[node]  # what is not taken entry by entry must be zero before entries are mixed
        for position, operand in enumerate(node.inputs):
            if active[operand.index]:
                share = _share(position, node, upstream, mask)
                if share is not None:
                    result.shares.setdefault(operand, []).append(share)
    graph.place = None
    return result


def _sum(shares: list[Contribution]) -> tuple[Node, Mask | None]:
    """The sum of a node's shares, and the mask outside of which it stands for zero."""
    if len(shares) == 1:
        return shares[0].value, shares[0].mask
    shares.sort(key=lambda share: share.user.index)  # the order of use is the product rule's order of terms
    return total([share.masked for share in shares])


def _share(position: int, node: Node, upstream: Node, mask: Mask | None) -> Contribution | None:
    inputs = node.inputs if mask is None else screened(mask, node)
    value = node.gate.pull(position, upstream, inputs, node)
    return None if value is None else Contribution(node, position, upstream, *pulled(value, mask, position, node))
