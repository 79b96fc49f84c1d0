"""How a gradient passes a radius: the norm of a vector, the hypotenuse, the standard deviation.

Off zero it is scaled by the direction v/r. At r = 0 there is none, and along each line through that point r is |t|:
where f(r) is smooth on both sides, its gradient is v f'(r)/r, whose factor has the limit f''(0). Where f is no even
function of r, its odd part has opposite gradients on opposite sides, and their mean is 0. A factor r in the upstream
gradient is therefore divided out, and where there is none, the limit is found by differentiating the upstream
gradient by r.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from backprop.autodiff import shapes
from backprop.autodiff.declaration.gate import Gap, at
from backprop.autodiff.declaration.kinds import Elementwise, Flat, Reduction, kept
from backprop.autodiff.declaration.masks import Mask
from backprop.autodiff.declaration.table import METHODS
from backprop.autodiff.gates import arithmetic, kernels, logic, multiples, slopes
from backprop.autodiff.gates.factors import divided, factored
from backprop.autodiff.gates.limits import before_kept, derivative, is_alone, limit, origin
from backprop.autodiff.numerics import stable

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node

MOST_SEEN = 64  # nodes that are looked at for a radius


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
        self.has_kink = True
        self.vector = vector
        self.weight = weight

    def pull(self, position: int, upstream: Node, inputs: tuple[Node, ...], out: Node) -> Node | None:
        (operand,), (axis,) = inputs, out.attributes
        vector, weight = self.vector(operand, axis), self.weight(operand, axis)
        without = divided(upstream, out)
        if without is not None:
            return kept(without, operand, axis) * vector / weight
        free, rest = factored(upstream, out)
        share = self._share(rest, operand, out) / weight
        return share if free is None else kept(free, operand, axis) * share

    def _share(self, upstream: Node | None, operand: Node, out: Node) -> Node:
        """upstream * v/r, in a form for what the upstream gradient is."""
        (axis,) = out.attributes
        vector, radius = self.vector(operand, axis), kept(out, operand, axis)
        smooth = None if upstream is None else divided(upstream, out, by_series=True)
        factor = out.graph.constant(1.0) if upstream is None else kept(upstream, operand, axis)
        if smooth is not None:
            return restated(kept(smooth, operand, axis) * vector, factor, vector, radius)

        def plain() -> Node:
            return direction(vector, radius) if upstream is None else over_radius(factor, vector, radius)

        return restated_as_multiple(self._line(operand, out), plain, factor, vector, radius)

    def _line(self, operand: Node, out: Node) -> multiples.LineThroughZero | None:
        """The line through 0 that a scalar factor moves the operand along, if it has one."""
        found = multiples.common_factor([operand], {()})
        if found is None:
            return None
        (axis,) = out.attributes
        scale, (rest,) = found
        rest = rest.broadcast_to(operand.shape)
        radius = kept(out.gate(rest, axis=axis), operand, axis)
        return multiples.line(scale, direction(self.vector(rest, axis), radius), radius)

    def _gradient(self, inputs: tuple[Node, ...], out: Node) -> Node:
        (operand,), (axis,) = inputs, out.attributes
        plain = super()._gradient(inputs, out)
        line = self._line(operand, out)
        if line is None:
            return plain
        vector, weight = self.vector(operand, axis), self.weight(operand, axis)
        one, radius = out.graph.constant(1.0), kept(out, operand, axis)
        return restated_as_multiple(line, lambda: plain * weight, one, vector, radius) / weight


class Hypotenuse(Elementwise):
    """The radius of two numbers, entry by entry."""

    def pull(self, position: int, upstream: Node, inputs: tuple[Node, ...], out: Node) -> Node | None:
        without = divided(upstream, out)
        if without is not None:
            return without * inputs[position]
        free, rest = factored(upstream, out)
        share = self._share(position, rest, inputs, out)
        return share if free is None else free * share

    def _share(self, position: int, upstream: Node | None, inputs: tuple[Node, ...], out: Node) -> Node:
        """upstream * x/r or upstream * y/r, in a form for what the upstream gradient is."""
        leg = inputs[position]
        if upstream is None:
            return self._slope(position, inputs, out)
        smooth = divided(upstream, out, by_series=True)
        if smooth is not None:
            return restated(smooth * leg, upstream, leg, out)

        def plain() -> Node:
            return over_radius(upstream, leg, out) if met_before(upstream, out) else LEGS[position](upstream, *inputs)

        return restated_as_multiple(self._line(position, inputs, out), plain, upstream, leg, out)

    def _slope(self, position: int, inputs: tuple[Node, ...], out: Node) -> Node:
        one, leg = out.graph.constant(1.0), inputs[position]

        def plain() -> Node:
            return hypot_slope(leg, inputs[1 - position])

        return restated_as_multiple(self._line(position, inputs, out), plain, one, leg, out)

    def _local(self, position: int, inputs: tuple[Node, ...], out: Node) -> Node | float | None:
        return self._slope(position, inputs, out)

    def _line(self, position: int, inputs: tuple[Node, ...], out: Node) -> multiples.LineThroughZero | None:
        """The line through 0 that a common factor moves both operands along, if there is one."""
        found = multiples.common_factor(inputs, {(), out.shape})
        if found is None:
            return None
        scale, rests = found
        return multiples.line(scale, hypot_slope(rests[position], rests[1 - position]), self(*rests))


def over_radius(upstream: Node, vector: Node, radius: Node) -> Node:
    """upstream * vector / radius, with the limit at 0 beside it where that is differentiated further already."""
    if met_before(upstream, origin(radius)):
        return radial_with_limit(upstream, vector, radius, limit(upstream, radius))
    return radial(upstream, vector, radius)


def restated_as_multiple(
    line: multiples.LineThroughZero | None, plain: Callable[[], Node], upstream: Node, vector: Node, radius: Node
) -> Node:
    """upstream * v/r as `plain` builds it; differentiated as the direction of w has it, where w is not 0."""
    if line is None:
        return plain()
    form = upstream * line.direction
    return restated(
        form if multiples.is_known(line.radius) else line.radius.where(form, plain()), upstream, vector, radius
    )


def restated(form: Node, upstream: Node, vector: Node, radius: Node) -> Node:
    """upstream * v/r, which is differentiated as the form."""
    return form.graph.add(radial_in_form, (form, upstream, vector, radius))


def met_before(upstream: Node, radius: Node) -> bool:
    """Whether the upstream gradient shows, in its first nodes, that this radius has been passed before."""
    seen = {upstream}
    waiting = [upstream]
    for node in waiting:
        legs = node.inputs if node.gate is hypot_slope else node.inputs[1:] if node.gate in LEGS else ()
        if legs and {*legs} == {*radius.inputs}:
            return True
        if node.gate in PASSED and origin(node.inputs[PASSED[node.gate]]) is radius:
            return True
        for operand in node.inputs:
            if operand.index > radius.index and operand not in seen and len(seen) < MOST_SEEN:
                seen.add(operand)
                waiting.append(operand)
    return False


def own_slope(upstream: Node, vector: Node, radius: Node) -> Node:
    """v/r, by which the share of the upstream gradient itself is scaled.

    Where r is 0 the limit speaks for a function of r alone, and this direction has no gradient of its own; that of
    a function of other things, too, is nan from the third order on.
    """
    return direction(vector, radius) if is_alone(upstream, radius) else arithmetic.ratio(vector, radius)


def vanishes(radius: Node) -> Node:
    """The condition that a radius is 0, for a reader."""
    base = before_kept(radius)
    if not isinstance(base.gate, Hypotenuse):
        return base.equals(0.0)
    first, second = sorted(base.inputs, key=lambda leg: leg.index)
    return logic.all_of(first.equals(0.0), second.equals(0.0))


def hidden(name: str, forward: Callable[..., Any], *gradients: Any, **declaration: Any) -> Elementwise:
    return Elementwise(name, forward, *gradients, is_public=False, **declaration)


direction: Elementwise = hidden(
    "direction",
    stable.ratio,
    lambda v, r, out: quotient(1.0, r, 0.0),
    lambda v, r, out: -quotient(out, r, 0.0),
    operands=("v", "r"),
    textbook=lambda v, r: v / r,
    gap=Gap(lambda v, r: vanishes(r)),
    kernel=kernels.ratio,
    summary="v / r, and 0 where both are 0",
    habit="divides the gradient by r; stops it where r is 0, on whose opposite sides it has opposite signs",
    source="the convention for the norm of zeros",
    samples=(at(3.0, 5.0), at(-0.5, 0.75)),
)
quotient: Elementwise = hidden(
    "quotient",
    lambda u, r, limit: np.where(r == 0.0, limit, u / r)[()],
    lambda u, r, limit, out: quotient(1.0, r, 0.0),
    lambda u, r, limit, out: -quotient(out, r, 0.0),
    lambda u, r, limit, out: 1,
    operands=("u", "r", "limit"),
    routes=(None, None, lambda u, r, limit, out: Mask(is_apart(r), holds=False)),
    textbook=lambda u, r, limit: u / r,
    gap=Gap(lambda u, r, limit: vanishes(r), lambda u, r, limit: limit if limit.is_literal else None),
    kernel=lambda u, r, limit: r.equals(0.0).where(limit, u / r),
    summary="u / r, and its limit where r is 0",
    habit="divides the gradient by r; where r is 0 it passes it to the limit",
    source="L'Hopital's rule",
    samples=(at(3.0, 5.0, 1.0), at(-0.5, 0.75, 2.0)),
)
is_apart: Flat = Flat(
    "is_apart",
    lambda r: np.not_equal(r, 0.0).astype(np.float64)[()],
    operands=("r",),
    textbook=lambda r: r.graph.constant(1.0),
    kernel=lambda r: logic.not_equal(r, 0.0),
    summary="1 where r is not 0, as a reader may take for granted",
    habit="stops the gradient: it is constant off zero",
    source="by definition",
    samples=(at(3.0), at(-0.5)),
    is_public=False,
)
rate: Elementwise = hidden(
    "rate",
    lambda a, v, r: np.zeros(np.broadcast_shapes(np.shape(a), np.shape(v), np.shape(r)))[()],
    lambda a, v, r, out: None,
    lambda a, v, r, out: derivative(a, before_kept(r)),
    lambda a, v, r, out: rate(derivative(a, before_kept(r)), v, r),
    operands=("a", "v", "r"),
    textbook=lambda a, v, r: v * 0,
    kernel=lambda a, v, r: v * 0,
    summary="v times the derivative of a by r where v is 0: 0, with a gradient of its own",
    habit="scales the gradient by the derivative of a by r",
    source="the product rule",
    samples=(at(2.0, 3.0, 5.0), at(-0.5, 0.75, 0.5)),
)
radial: Elementwise = hidden(
    "radial",
    lambda u, v, r: u * stable.ratio(v, r),
    lambda u, v, r, out: own_slope(u, v, r),
    lambda u, v, r, out: quotient(u, r, limit(u, r)),
    lambda u, v, r, out: quotient(-(u * direction(v, r)), r, turned(limit(u, r), v, r)),
    operands=("u", "v", "r"),
    textbook=lambda u, v, r: u * v / r,
    gap=Gap(lambda u, v, r: vanishes(r)),
    kernel=lambda u, v, r: u * arithmetic.ratio(v, r),
    summary="u * v / r for the radius r of v, and 0 where that is 0",
    habit="divides the gradient by r; where r is 0 it scales it by the limit of u/r",
    source="the chain rule; at 0 the mean of opposite sides",
    samples=(at(2.0, 3.0, 5.0), at(-0.5, 0.75, 0.5)),
)


radial_with_limit = hidden(
    "radial_with_limit",
    lambda u, v, r, limit: u * stable.ratio(v, r) * np.ones(np.shape(limit)),
    lambda u, v, r, limit, out: direction(v, r),
    lambda u, v, r, limit, out: quotient(u, r, limit),
    lambda u, v, r, limit, out: -quotient(u * direction(v, r), r, 0.0),
    lambda u, v, r, limit, out: quotient(0.0, r, v),
    operands=("u", "v", "r", "limit"),
    textbook=lambda u, v, r, limit: u * v / r,
    gap=Gap(lambda u, v, r, limit: vanishes(r)),
    kernel=lambda u, v, r, limit: u * arithmetic.ratio(v, r),
    summary="u * v / r for the radius r of v, and v times the limit of u/r where that is 0",
    habit="divides the gradient by r; where r is 0 it scales it by the limit",
    source="the chain rule; at 0 the mean of opposite sides",
    samples=(at(2.0, 3.0, 5.0, 1.0), at(-0.5, 0.75, 0.5, 2.0)),
)


def leg_of(name: str, leg: int) -> Elementwise:
    """radial for the hypotenuse r of x and y, whose u/r - u x^2/r^3 would cancel where y is small."""

    def along_leg(u: Node, x: Node, y: Node, out: Node) -> Node:
        radius = METHODS[np.hypot](x, y)
        own, other = (x, y)[leg], (x, y)[1 - leg]
        found = limit(u, radius)
        straight = u * direction(other, radius) ** 2
        change = turned(found, own, radius)
        return quotient(
            straight, radius, found if change.is_scalar_constant else found + over_radius(change, own, radius)
        )

    def across_leg(u: Node, x: Node, y: Node, out: Node) -> Node:
        radius = METHODS[np.hypot](x, y)
        change = turned(limit(u, radius), (x, y)[leg], radius)
        across = -(u * direction(x, radius) * direction(y, radius))
        return quotient(
            across, radius, change if change.is_scalar_constant else over_radius(change, (x, y)[1 - leg], radius)
        )

    def own(u: Node, x: Node, y: Node, out: Node) -> Node:
        slope = hypot_slope(x, y) if leg == 0 else hypot_slope(y, x)
        return slope if is_alone(u, METHODS[np.hypot](x, y)) else arithmetic.ratio((x, y)[leg], METHODS[np.hypot](x, y))

    letter = "xy"[leg]
    return hidden(
        name,
        lambda u, x, y: u * stable.hypot_slope((x, y)[leg], (x, y)[1 - leg]),
        own,
        *[along_leg if place == leg else across_leg for place in range(2)],
        operands=("u", "x", "y"),
        textbook=lambda u, x, y: u * (x, y)[leg] / np.hypot(x, y),
        gap=Gap(lambda u, x, y: vanishes(np.hypot(x, y))),
        kernel=lambda u, x, y: u * arithmetic.ratio((x, y)[leg], np.hypot(x, y)),
        summary=f"u * {letter} / hypot(x, y), and 0 where that is 0",
        habit=f"scales the gradient of {letter} by u over r times the other's share squared, at 0 by the limit of u/r",
        source="the chain rule; at 0 the mean of opposite sides",
        samples=(at(2.0, 3.0, 4.0), at(0.5, -3.0, 1e-6)),
    )


def over_hypotenuse(a: Node, x: Node, y: Node) -> Node:
    """a/hypot(x, y), and 0 where that is 0: opposite sides have opposite slopes there."""
    return quotient(a, METHODS[np.hypot](x, y), 0.0)


hypot_slope: Elementwise = slopes.slope(
    "hypot_slope",
    stable.hypot_slope,
    # (1 - out^2)/hypot(x, y) would cancel where y is small
    lambda x, y, out: over_hypotenuse(direction(y, np.hypot(x, y)) ** 2, x, y),
    lambda x, y, out: over_hypotenuse(-(out * direction(y, np.hypot(x, y))), x, y),
    kernel=lambda x, y: arithmetic.ratio(x, np.hypot(x, y)),
    of="hypot by x",
    operands=("x", "y"),
    textbook=lambda x, y: x / np.hypot(x, y),
    gap=Gap(lambda x, y: vanishes(np.hypot(x, y))),
    source="x/sqrt(x^2 + y^2)",
    samples=(at(3.0, 4.0), at(-0.5, 1e-12)),
)
radial_x = leg_of("radial_x", 0)
radial_y = leg_of("radial_y", 1)
LEGS = (radial_x, radial_y)
# Where each gate has its radius.
PASSED = {direction: 1, quotient: 1, rate: 2, radial: 2, radial_with_limit: 2}


def turned(found: Node, v: Node, radius: Node) -> Node:
    """v times the derivative of a limit by the radius; a limit that is a number has none."""
    return found.graph.constant(0.0) if found.is_scalar_constant else rate(found, v, radius)


class InForm(Elementwise):
    """A gate that is differentiated as another form of it, its first operand, which its value does not need.

    That form is none of a first derivative's cost.
    """

    unread = 1


radial_in_form: InForm = InForm(
    "radial_in_form",
    lambda *operands: operands[-3] * stable.ratio(*operands[-2:]),
    lambda form, u, v, r, out: 1,
    *[lambda form, u, v, r, out: None] * 3,
    operands=("form", "u", "v", "r"),
    shape=lambda form, u, v, r: shapes.broadcast((u, v, r)),
    textbook=lambda form, u, v, r: radial(u, v, r),
    summary="u * v / r for the radius r of v, and 0 where that is 0",
    habit="passes the gradient to the form without quotient of what vanishes",
    source="the product rule",
    samples=(),
    is_public=False,
)
