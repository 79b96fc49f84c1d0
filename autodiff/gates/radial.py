"""How a gradient passes a radius: the norm of a vector, the hypotenuse, the standard deviation.

Off zero it is scaled by the direction v/r. At r = 0 there is none, and along each line through that point r is |t|:
where f(r) is smooth on both sides, its gradient is v f'(r)/r, whose factor has the limit f''(0). Where f is no even
function of r, its odd part has opposite gradients on opposite sides, and their mean is 0. A factor r in the upstream
gradient is therefore divided out, and where there is none, the limit is found by differentiating the upstream
gradient by r.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from backprop.autodiff.gate import Condition, at
from backprop.autodiff.gates import arithmetic, arrays, elementary, kernels, selection
from backprop.autodiff.kinds import Bilinear, Elementwise, Linear, Reduction, kept
from backprop.autodiff.numerics import stable

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node

MOST_FACTORS = 64  # nodes that are looked at for a factor
MOST_BETWEEN = 1000  # nodes that are looked at between a radius and its upstream gradient
# W(r) = f'(r)/r is the mean of f''(t r) over -1 < t < 1. Source: Gauss's rule of two points, exact to f''s third power.
GAUSS_POINT = 3**-0.5


class Radius(Reduction):
    """A reduction r whose gradient is v/(n r): `vector` gives v from the operand and `weight` n."""

    def __init__(
        self,
        *declaration: Any,
        vector: Callable[[Node, Any], Node] = lambda x, axis: x,
        weight: Callable[[Node, Any], float] = lambda x, axis: 1.0,
        **more: Any,
    ) -> None:
        super().__init__(*declaration, **more)
        self.vector = vector
        self.weight = weight

    def pull(self, position: int, upstream: Node, inputs: tuple[Node, ...], out: Node) -> Node | None:
        (operand,), (axis,) = inputs, out.attributes
        vector, weight = self.vector(operand, axis), self.weight(operand, axis)
        without = divided(upstream, out)
        if without is not None:
            return kept(without, operand, axis) * vector / weight
        free, rest = factored(upstream, out)
        radius = kept(out, operand, axis)
        share = direction(vector, radius) if rest is None else radial(kept(rest, operand, axis), vector, radius)
        return share / weight if free is None else kept(free, operand, axis) * share / weight


class Hypotenuse(Elementwise):
    """The radius of two numbers, entry by entry."""

    def pull(self, position: int, upstream: Node, inputs: tuple[Node, ...], out: Node) -> Node | None:
        leg, other = inputs[position], inputs[1 - position]
        without = divided(upstream, out)
        if without is not None:
            return without * leg
        free, rest = factored(upstream, out)
        if rest is None:
            return super().pull(position, upstream, inputs, out)
        share = radial_leg(rest, leg, other, out)
        return share if free is None else free * share


def divided(upstream: Node, radius: Node) -> Node | None:
    """The node that is `upstream` without its factor `radius`; None where it is not written with one."""
    quotient: dict[Node, Node | None] = {radius: radius.graph.constant(1.0)}
    for node in reversed(_factors(upstream, radius)):
        if node not in quotient:
            quotient[node] = _quotient(node, quotient, radius)
    found = quotient.get(upstream)
    return found if found is not None and found.shape == upstream.shape else None


def _factors(upstream: Node, radius: Node) -> list[Node]:
    """The nodes in which a factor may be, those that use others first; none where they are too many."""
    found = {upstream}
    waiting = [upstream]
    while waiting:
        if len(found) > MOST_FACTORS:
            return []
        for operand in _divisible(waiting.pop()):
            if operand.index >= radius.index and operand not in found:
                found.add(operand)
                waiting.append(operand)
    return sorted(found, key=lambda node: node.index, reverse=True)


def _divisible(node: Node) -> tuple[Node, ...]:
    """The operands that may hold a factor of the node."""
    gate = node.gate
    if gate in (arithmetic.divide, arithmetic.power):
        return node.inputs[:1]
    is_product = gate in (arithmetic.multiply, arithmetic.limit_product, arithmetic.add, arithmetic.subtract)
    is_other = gate in (arithmetic.negative, elementary.square, selection.where)
    return node.inputs if is_product or is_other or isinstance(gate, (Linear, Bilinear)) else ()


def _quotient(node: Node, known: dict[Node, Node | None], radius: Node) -> Node | None:
    """The node divided by the radius, from what its operands are, so divided."""
    gate = node.gate
    if node.is_scalar_constant and node.attributes[0] == 0.0:
        return node
    operands = [known.get(one) for one in node.inputs]
    if gate in (arithmetic.multiply, arithmetic.limit_product):
        x, y = node.inputs
        if operands[0] is not None:
            return operands[0] * y
        return None if operands[1] is None else gate(x, operands[1])
    if gate is arithmetic.divide:
        return None if operands[0] is None else operands[0] / node.inputs[1]
    if gate is arithmetic.negative:
        return None if operands[0] is None else -operands[0]
    if gate is elementary.square:
        return None if operands[0] is None else operands[0] * node.inputs[0]
    if gate is arithmetic.power:
        base, exponent = node.inputs
        if operands[0] is None or not exponent.is_literal or not exponent.attributes[0] >= 1.0:
            return None
        return operands[0] * base ** (float(exponent.attributes[0]) - 1.0)
    if isinstance(gate, Bilinear) and not radius.shape:
        x, y = node.inputs
        if operands[0] is not None:
            return gate(operands[0], y)
        return None if operands[1] is None else gate(x, operands[1])
    if gate is selection.where:
        operands[0] = node.inputs[0]
    whole = [
        node_or_zero if node_or_zero is not None or not _is_zero(one) else one
        for node_or_zero, one in zip(operands, node.inputs, strict=True)
    ]
    is_linear = isinstance(gate, Linear) and not radius.shape
    if gate in (arithmetic.add, arithmetic.subtract, selection.where) or is_linear:
        parts = [one for one in whole if one is not None]
        return gate(*parts, **node.settings) if len(parts) == len(whole) else None
    return None


def _is_zero(node: Node) -> bool:
    return node.is_scalar_constant and float(node.attributes[0]) == 0.0


def factored(upstream: Node, radius: Node) -> tuple[Node | None, Node | None]:
    """What of a product does not depend on the radius, and the rest; None for a factor of 1."""
    free: list[Node] = []
    rest: list[Node] = []
    waiting = [upstream]
    while waiting:
        node = waiting.pop()
        if is_free(node, radius):
            free.append(node)
        elif node.gate is arithmetic.negative:
            waiting += [node.inputs[0], node.graph.constant(-1.0)]
        elif node.gate is arithmetic.multiply and len(rest) + len(waiting) < MOST_FACTORS:
            waiting += reversed(node.inputs)
        else:
            rest.append(node)
    free = [one for one in free if not (one.is_scalar_constant and one.attributes[0] == 1.0)]
    return _product(free), _product(rest)


def _product(factors: Sequence[Node]) -> Node | None:
    product: Node | None = None
    for factor in factors:
        product = factor if product is None else product * factor
    return product


def is_free(node: Node, radius: Node) -> bool:
    """Whether the node certainly does not depend on the radius."""
    seen = {node}
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if one is radius or len(seen) > MOST_FACTORS:
            return False
        for operand in one.inputs:
            if operand.index >= radius.index and operand not in seen:
                seen.add(operand)
                waiting.append(operand)
    return True


def between(node: Node, radius: Node) -> list[Node] | None:
    """The nodes through which `node` depends on the radius, in topological order; None where they are too many."""
    seen = {node}
    waiting = [node]
    while waiting:
        for operand in waiting.pop().inputs:
            if operand.index > radius.index and operand not in seen:
                seen.add(operand)
                waiting.append(operand)
        if len(seen) > MOST_BETWEEN:
            return None
    depends = {radius}
    found = []
    for one in sorted(seen, key=lambda one: one.index):
        if any(operand in depends for operand in one.inputs):
            depends.add(one)
            found.append(one)
    return found


def derivative(node: Node, radius: Node) -> Node:
    """The derivative by the radius alone, all else held; nan where the two are too far apart."""
    return _pushed(node, radius, between(node, radius))


def _pushed(node: Node, radius: Node, path: Sequence[Node] | None) -> Node:
    """Source: Griewank & Walther (2008), section 3.1."""
    graph = node.graph
    if path is None:
        return graph.constant(np.nan).broadcast_to(node.shape)
    tangents = {radius: graph.constant(1.0).broadcast_to(radius.shape)}
    for one in path:
        tangent = one.gate.push([tangents.get(operand) for operand in one.inputs], one.inputs, one)
        if tangent is not None:
            tangents[one] = tangent.broadcast_to(one.shape)
    return tangents.get(node) or graph.constant(0.0).broadcast_to(node.shape)


def limit(upstream: Node, radius: Node) -> Node:
    """What upstream/radius is near a radius of 0, as a function of it: as far as its third power, and its even part."""
    base = _base(radius)
    path = between(upstream, base)
    if not path:
        return _pushed(upstream, base, path)
    twin = {base: base * GAUSS_POINT}
    for node in path:
        operands = tuple([twin.get(operand, operand) for operand in node.inputs])
        twin[node] = node.graph.add(node.gate, operands, node.attributes)
    return _pushed(twin[upstream], twin[base], [twin[node] for node in path])


def _base(radius: Node) -> Node:
    """The radius before its axes were kept."""
    return radius.inputs[0] if radius.gate is arrays.reshape else radius


def is_alone(upstream: Node, radius: Node) -> bool:
    """Whether the upstream gradient is a function of the radius and of nothing else that varies."""
    base = _base(radius)
    path = between(upstream, base)
    if path is None:
        return False
    inside = {base, *path}
    return all(operand in inside or operand.is_constant for node in path for operand in node.inputs)


def slope_where_alone(upstream: Node, radius: Node, slope: Node) -> Condition | None:
    """Where the upstream gradient's own share counts: at 0 the limit, of which it is a part, speaks for it."""
    return Condition(radius, True) if is_alone(upstream, radius) else None


def off_zero(radius: Node) -> Condition:
    return Condition(radius, True)


def hidden(name: str, forward: Callable[..., Any], *gradients: Any, **declaration: Any) -> Elementwise:
    return Elementwise(name, forward, *gradients, is_public=False, **declaration)


direction = hidden(
    "direction",
    stable.ratio,
    lambda v, r, out: 1 / r,
    lambda v, r, out: -(out / r),
    operands=("v", "r"),
    routes=(lambda v, r, out: off_zero(r), lambda v, r, out: off_zero(r)),
    textbook=lambda v, r: v / r,
    kernel=lambda *x: kernels.ratio(*x),
    summary="v / r, and 0 where both are 0",
    habit="divides the gradient by r; stops it where r is 0, on whose opposite sides it has opposite signs",
    source="the convention for the norm of zeros",
    samples=(at(3.0, 5.0), at(-0.5, 0.75)),
)
quotient = hidden(
    "quotient",
    lambda u, r, limit: np.where(r == 0.0, limit, u / r)[()],
    lambda u, r, limit, out: 1 / r,
    lambda u, r, limit, out: -(out / r),
    lambda u, r, limit, out: 1,
    operands=("u", "r", "limit"),
    routes=(
        lambda u, r, limit, out: off_zero(r),
        lambda u, r, limit, out: off_zero(r),
        lambda u, r, limit, out: Condition(r, False),
    ),
    textbook=lambda u, r, limit: u / r,
    kernel=lambda u, r, limit: r.where(u / r, limit),
    summary="u / r, and its limit where r is 0",
    habit="divides the gradient by r; where r is 0 it passes it to the limit",
    source="L'Hopital's rule",
    samples=(at(3.0, 5.0, 1.0), at(-0.5, 0.75, 2.0)),
)
rate = hidden(
    "rate",
    lambda a, v, r: np.zeros(np.broadcast_shapes(np.shape(a), np.shape(v), np.shape(r)))[()],
    lambda a, v, r, out: None,
    lambda a, v, r, out: derivative(a, _base(r)),
    lambda a, v, r, out: rate(derivative(a, _base(r)), v, r),
    operands=("a", "v", "r"),
    textbook=lambda a, v, r: v * 0,
    kernel=lambda a, v, r: v * 0,
    summary="v times the derivative of a by r where v is 0: 0, with a gradient of its own",
    habit="scales the gradient by the derivative of a by r",
    source="the product rule",
    samples=(at(2.0, 3.0, 5.0), at(-0.5, 0.75, 0.5)),
)
radial = hidden(
    "radial",
    lambda u, v, r: u * stable.ratio(v, r),
    lambda u, v, r, out: elementary.ratio(v, r),
    lambda u, v, r, out: quotient(u, r, limit(u, r)),
    lambda u, v, r, out: quotient(-(u * elementary.ratio(v, r)), r, rate(limit(u, r), v, r)),
    operands=("u", "v", "r"),
    routes=(lambda u, v, r, out: slope_where_alone(u, r, out), None, None),
    textbook=lambda u, v, r: u * v / r,
    kernel=lambda u, v, r: u * elementary.ratio(v, r),
    summary="u * v / r for the radius r of v, and 0 where that is 0",
    habit="divides the gradient by r; where r is 0 it scales it by the limit of u/r",
    source="the chain rule; at 0 the mean of opposite sides",
    samples=(at(2.0, 3.0, 5.0), at(-0.5, 0.75, 0.5)),
)
radial_leg = hidden(
    "radial_leg",
    lambda u, x, y, r: u * stable.ratio(x, r),
    lambda u, x, y, r, out: elementary.ratio(x, r),
    # u/r - u x^2/r^3 would cancel where y is small
    lambda u, x, y, r, out: quotient(u * elementary.ratio(y, r) ** 2, r, limit(u, r)),
    lambda u, x, y, r, out: quotient(-(u * elementary.ratio(x, r) * elementary.ratio(y, r)), r, r * 0),
    lambda u, x, y, r, out: quotient(r * 0, r, rate(limit(u, r), x, r)),
    operands=("u", "x", "y", "r"),
    routes=(lambda u, x, y, r, out: slope_where_alone(u, r, out), None, None, None),
    textbook=lambda u, x, y, r: u * x / r,
    kernel=lambda u, x, y, r: u * elementary.ratio(x, r),
    summary="u * x / r for the hypotenuse r of x and y, and 0 where that is 0",
    habit="scales the gradient by y^2/r^3; where r is 0 by the limit of u/r",
    source="the chain rule; at 0 the mean of opposite sides",
    samples=(at(2.0, 3.0, 4.0, 5.0),),
)
