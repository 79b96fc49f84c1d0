"""What a gradient is where a radius is 0: its Taylor coefficients by the radius alone, found along the graph.

With u the upstream gradient of a radius r of v, the gradient by v is v u(r)/r. Of u only the odd part u1 r + u3 r^3/6 +
... counts: the even part has opposite gradients on opposite sides, and their mean is 0. So the gradient is v times
u1 + u3 q/3 + ..., a power series in q = r^2/2, which is a smooth function of v itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from backprop.autodiff import shapes
from backprop.autodiff.declaration import leaves
from backprop.autodiff.declaration.gate import Attribute, at
from backprop.autodiff.declaration.kinds import Elementwise, Flat
from backprop.autodiff.declaration.sums import add_up
from backprop.autodiff.gates import arrays, logic
from backprop.autodiff.lazy_numpy import np

if TYPE_CHECKING:
    from backprop.autodiff.graph import Graph, Node

MOST_BETWEEN = 5000  # nodes that are looked at between a radius and its upstream gradient
MOST_SEEN = 20_000  # the same in all of a graph
FEW = 8  # entries of a radius for which the limit is found one by one


class Paths:
    """The paths of one graph that were asked for, and how many nodes may still be looked at for others.

    A path may be as long as the graph, and each of many radii has one: without a bound a derivative would take
    quadratic time.
    """

    def __init__(self) -> None:
        self.left = MOST_SEEN
        self.known: dict[tuple[int, int], list[Node] | None] = {}
        self.varying: list[bool] = []

    def between(self, node: Node, radius: Node) -> list[Node] | None:
        """The nodes through which `node` depends on the radius, in topological order; None where they are too many."""
        key = (node.index, radius.index)
        if key not in self.known:
            self.known[key] = self._found(node, radius)
        return self.known[key]

    def varies(self, node: Node) -> bool:
        """Whether the node depends on an input."""
        for next_node in node.graph.nodes[len(self.varying) : node.index + 1]:
            self.varying.append(
                next_node.gate is leaves.input or any(self.varying[operand.index] for operand in next_node.inputs)
            )
        return self.varying[node.index]

    def _found(self, node: Node, radius: Node) -> list[Node] | None:
        seen = {node}
        waiting = [node]
        most = min(self.left, MOST_BETWEEN)
        while waiting:
            for operand in waiting.pop().inputs:
                if operand.index > radius.index and operand not in seen:
                    seen.add(operand)
                    waiting.append(operand)
            if len(seen) > most:
                self.left -= most
                return None
        self.left -= len(seen)
        depends = {radius}
        path = []
        for step in sorted(seen, key=lambda candidate: candidate.index):
            if any(operand in depends for operand in step.inputs):
                depends.add(step)
                path.append(step)
        return path


PATHS: WeakKeyDictionary[Graph, Paths] = WeakKeyDictionary()


def between(node: Node, radius: Node) -> list[Node] | None:
    """The nodes through which `node` depends on the radius, in topological order; None where they are too many."""
    return paths_of(node).between(node, radius)


def paths_of(node: Node) -> Paths:
    paths = PATHS.get(node.graph)
    if paths is None:
        paths = PATHS[node.graph] = Paths()
    return paths


def derivative(node: Node, radius: Node) -> Node:
    """The derivative of each entry by its own entry of the radius, all else held; nan where it is not known."""
    if node.is_literal and math.isnan(node.value):
        return node
    path = paths_of(node).between(node, radius)
    return node.graph.constant(math.nan) if path is None else _own_slopes(node, radius, path)


def _own_slopes(node: Node, radius: Node, path: Sequence[Node]) -> Node:
    """The diagonal of the Jacobian, which one tangent gives where no gate on the path mixes entries.

    Where one does, others may take part. A function of radii that is smooth where one is 0 is even in it, so that
    its slope there is 0 whatever the others are, and tangents of any weights agree; where they do not, it is nan.
    """
    graph = node.graph
    ones = graph.constant(1.0).broadcast_to(radius.shape)
    count = math.prod(radius.shape)
    if count == 1 or all(step.gate.has_local or step.gate is arrays.reshape for step in path):
        return _pushed(node, radius, path, ones)
    if math.prod(node.shape) != count:
        return graph.constant(math.nan)
    units = np.eye(count).reshape(count, *radius.shape)
    if count <= FEW:
        masks = [graph.constant(unit.reshape(node.shape)) for unit in units]
        tangents = [_pushed(node, radius, path, graph.constant(unit)) for unit in units]
        return add_up([tangent * mask for tangent, mask in zip(tangents, masks, strict=True)])
    weights = np.exp2(np.arange(count) % 61)  # a power of 2 rounds nothing
    plain = _pushed(node, radius, path, ones)
    weighted = _pushed(node, radius, path, graph.constant(weights.reshape(radius.shape)))
    weighted = weighted / graph.constant(weights.reshape(node.shape))
    return plain.equals(weighted).where(plain, math.nan)


def _pushed(node: Node, radius: Node, path: Sequence[Node], seed: Node) -> Node:
    """The tangent along the path. Source: Griewank & Walther (2008), section 3.1."""
    tangents = {radius: seed}
    for step in path:
        moving = [tangents.get(operand) for operand in step.inputs]
        tangent = step.gate.push(moving, step.inputs, step) if any(node is not None for node in moving) else None
        if tangent is not None:
            tangents[step] = tangent.broadcast_to(step.shape)
    return tangents.get(node) or node.graph.constant(0.0)


def at_zero(upstream: Node, radius: Node) -> tuple[Node, Node]:
    """The upstream gradient and its slope by the radius where that is 0, as functions of all else.

    The slope is nan where it is not known.
    """
    graph, base = upstream.graph, before_kept(radius)
    path = between(upstream, base)
    if path is None:
        return upstream, graph.constant(math.nan)
    if not path:
        return upstream, graph.constant(0.0)
    twin = {base: apart(base)}
    for node in path:
        operands = tuple([twin.get(operand, operand) for operand in node.inputs])
        if node.gate.unread:
            twin[node] = operands[0]
        elif node.gate is is_apart and not base.shape:
            twin[node] = graph.constant(0.0)  # by which the branch off zero is left out
        else:
            twin[node] = node.gate(*operands, **node.settings)
    return twin[upstream], derivative(twin[upstream], twin[base])


def before_kept(radius: Node) -> Node:
    """The radius before its axes were kept."""
    return radius.inputs[0] if radius.gate is arrays.reshape else radius


def origin(radius: Node) -> Node:
    """The radius itself, of which this one is a part, maybe in another shape."""
    while radius.gate in (arrays.reshape, apart):
        radius = radius.inputs[0]
    return radius


# Of no family: it is no function of its operand, whose derivative by it would be 1.
apart: Flat = Flat(
    "apart",
    np.positive,
    operands=("r",),
    textbook=lambda r: r,
    kernel=lambda r: r * 1.0,
    summary="a radius as another variable of the same value",
    habit="stops the gradient: `averaged` has one of its own by the radius",
    source="by definition",
    samples=(),
    is_public=False,
)
is_apart: Flat = Flat(
    "is_apart",
    lambda r: np.not_equal(r, 0.0).astype(np.float64)[()],
    operands=("r",),
    textbook=lambda r: r.graph.constant(1.0),
    kernel=lambda r: logic.not_equal(r, 0.0),
    keeps_digits=True,
    summary="1 where r is not 0, as a reader may take for granted",
    habit="stops the gradient: it is constant off zero",
    source="by definition",
    samples=(at(3.0), at(-0.5)),
    is_public=False,
)


def following(slope: Node, r: Node, order: int) -> Node:
    """The coefficient after that of this order."""
    base = apart(before_kept(r))
    return derivative(derivative(slope, base), base) / (2.0 * order + 3.0)


def with_other(slope: Node, r: Node) -> tuple[Node, Node]:
    """The next coefficients, where the first depends on more than the radius: they are differentiated beside it. Or 0.

    Two are enough up to the eighth order, of which one derivative is by another variable.
    """
    base = apart(before_kept(r))
    path = between(slope, base)
    inside = {base, *(path or ())}
    varies = paths_of(slope).varies
    is_alone = path is not None and not any(
        varies(operand) for node in path or [slope] for operand in node.inputs if operand not in inside
    )
    if is_alone:
        return slope.graph.constant(0.0), slope.graph.constant(0.0)
    second = following(slope, r, 0)
    return second, following(second, r, 1)


def next_in_series(slope: Node, after: Node, last: Node, q: Node, kink: Node, r: Node, out: Node) -> Node:
    order = out.settings["order"]
    coefficient = following(slope, r, order) if after.is_literal else after
    return even_series(coefficient, last, 0.0, q, kink, r, order=order + 1)


# Of no family: it is no function of q, of whose series it is the first coefficient.
even_series: Elementwise = Elementwise(
    "even_series",
    lambda slope, after, last, q, kink, r, order: slope * np.ones(np.shape(r)),
    lambda slope, after, last, q, kink, r, out: 1,
    lambda slope, after, last, q, kink, r, out: q,
    lambda slope, after, last, q, kink, r, out: q * q * 0.5,
    next_in_series,
    # Only tells if the sides differ.
    lambda slope, after, last, q, kink, r, out: derivative(slope, apart(before_kept(r))),
    lambda slope, after, last, q, kink, r, out: None,
    operands=("slope", "after", "last", "q", "kink", "r"),
    attributes={"order": Attribute(shapes.as_order, 0)},
    textbook=lambda slope, after, last, q, kink, r, order: slope,
    kernel=lambda slope, after, last, q, kink, r, order: slope.broadcast_to(r.shape) if r.shape else slope,
    summary="u(r)/r at r = 0, differentiated by q = r^2/2 as often as `order` says",
    habit="scales the gradient by the next coefficient of the power series",
    source="(1/r d/dr)^m of u(r)/r at 0 is the derivative of u of order 2m + 1 over (2m + 1)!!",
    samples=(),
    is_public=False,
)
