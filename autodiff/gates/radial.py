"""How a gradient passes a radius: the norm of a vector, the hypotenuse, the standard deviation.

Off zero it is scaled by the direction v/r. At r = 0 there is none, and along each line through that point r is |t|: its
gradient there is a convention, 0. A derivative that is differentiated further takes another form (forms.py), with a
branch for r = 0: the power series of limits.py, and beside it what is opposite on opposite sides, which is 0 in their
mean and tells whether they differ (directions.py). A factor r in the upstream gradient is divided out instead.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from backprop.autodiff.declaration.axes import AlongAxis, Reduction, kept
from backprop.autodiff.declaration.gate import Form, Gap, at
from backprop.autodiff.declaration.kinds import Elementwise
from backprop.autodiff.declaration.sums import add_up
from backprop.autodiff.gates import arithmetic, directions, kernels, legs, limits, multiples, same_radius, units
from backprop.autodiff.gates.factors import divided, factored
from backprop.autodiff.gates.limits import at_zero, before_kept, even_series, with_other
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.numerics import stable

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node


class Radius(Reduction):
    """A reduction r with the gradient v/(n r): `vector` gives v from the operand, `weight` n, `unit` v/r off 0."""

    def __init__(
        self,
        *declaration: Any,
        vector: Callable[[Node, Any], Node] = lambda x, axis: x,
        weight: Callable[[Node, Any], float] = lambda x, axis: 1.0,
        unit: AlongAxis = units.unit,
        **more: Any,
    ) -> None:
        super().__init__(*declaration, **more)
        self.has_kink = True
        self.vector = vector
        self.weight = weight
        self.unit = unit

    def pull(self, position: int, upstream: Node, inputs: tuple[Node, ...], out: Node) -> Node | None:
        upstream = same_radius.in_terms_of(upstream, out)
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
            return direction(vector, radius) if upstream is None else radial(factor, vector, radius)

        return restated_as_multiple(self._line(operand, out), plain, factor, vector, radius)

    def _line(self, operand: Node, out: Node) -> multiples.LineThroughZero | None:
        """The line through 0 that a scalar factor moves the operand along, if it has one."""
        common = multiples.common_factor([operand], {()})
        if common is None:
            return None
        (axis,) = out.attributes
        scale, (rest,) = common
        rest = rest.broadcast_to(operand.shape)
        radius = kept(out.gate(rest, axis=axis), operand, axis)
        return multiples.line(scale, direction(self.vector(rest, axis), radius), radius)

    def written_vector(self, out: Node) -> tuple[Node, ...]:
        (operand,), (axis,) = out.inputs, out.attributes
        return (self.vector(operand, axis),)

    def half_square(self, out: Node) -> Node:
        """r^2/2 as a smooth function of the vector."""
        (operand,), (axis,) = out.inputs, out.attributes
        vector = self.vector(operand, axis)
        return (vector * vector).sum(axis) * (0.5 / self.weight(operand, axis))

    def kink(self, out: Node) -> Node:
        (operand,), (axis,) = out.inputs, out.attributes
        return directions.kink(self.vector(operand, axis), axis=axis) / math.sqrt(self.weight(operand, axis))

    def side(self, vector: Node, out: Node) -> Node:
        """v/r on each side of 0."""
        (operand,), (axis,) = out.inputs, out.attributes
        return directions.side(self.vector(operand, axis), axis=axis) * math.sqrt(self.weight(operand, axis))

    def _gradient(self, inputs: tuple[Node, ...], out: Node) -> Node:
        (operand,), (axis,) = inputs, out.attributes
        vector, weight = self.vector(operand, axis), self.weight(operand, axis)
        one, radius = out.graph.constant(1.0), kept(out, operand, axis)

        def plain() -> Node:
            return direction(vector, radius)

        return restated_as_multiple(self._line(operand, out), plain, one, vector, radius) / weight


class Hypotenuse(Elementwise):
    """The radius of two numbers, entry by entry."""

    def pull(self, position: int, upstream: Node, inputs: tuple[Node, ...], out: Node) -> Node | None:
        upstream = same_radius.in_terms_of(upstream, out)
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
            return LEGS[position](upstream, *inputs)

        return restated_as_multiple(self._line(position, inputs, out), plain, upstream, leg, out)

    def written_vector(self, out: Node) -> tuple[Node, ...]:
        return out.inputs

    def half_square(self, out: Node) -> Node:
        x, y = out.inputs
        return (x * x + y * y) * 0.5

    def kink(self, out: Node) -> Node:
        return directions.kink_of_legs(*out.inputs)

    def side(self, vector: Node, out: Node) -> Node:
        x, y = out.inputs
        return directions.side_of_leg(x, y) if vector is x else directions.side_of_leg(y, x)

    def _slope(self, position: int, inputs: tuple[Node, ...], out: Node) -> Node:
        one, leg = out.graph.constant(1.0), inputs[position]

        def plain() -> Node:
            return hypot_slope(leg, inputs[1 - position])

        return restated_as_multiple(self._line(position, inputs, out), plain, one, leg, out)

    def _local(self, position: int, inputs: tuple[Node, ...], out: Node) -> Node | float | None:
        return self._slope(position, inputs, out)

    def _line(self, position: int, inputs: tuple[Node, ...], out: Node) -> multiples.LineThroughZero | None:
        """The line through 0 that a common factor moves both operands along, if there is one."""
        common = multiples.common_factor(inputs, {(), out.shape})
        if common is None:
            return None
        scale, rests = common
        return multiples.line(scale, hypot_slope(rests[position], rests[1 - position]), self(*rests))


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
    return in_form(form, radial(upstream, vector, radius))


def series_at_zero(u: Node, v: Node, r: Node, tells: bool) -> Node | float:
    """u * v/r where r is 0: the first of its power series and, if it `tells`, what is opposite on opposite sides."""
    base = before_kept(r)
    gate = base.gate
    assert isinstance(gate, (Radius, Hypotenuse))
    value, slope = at_zero(u, r)
    parts = []
    if not slope.is_number(0.0):
        kink = _in_shape(gate.kink(base), r) if tells else r.graph.constant(0.0)
        parts.append(v * even_series(slope, *with_other(slope, r), _in_shape(gate.half_square(base), r), kink, r))
    if tells and not value.is_number(0.0):
        parts.append(value * gate.side(v, base))
    return add_up(parts) if parts else 0.0


def _in_shape(node: Node, other: Node) -> Node:
    return node if node.shape == other.shape else node.reshape(other.shape)


def side_at_zero(v: Node, r: Node, tells: bool) -> Node | float:
    """v/r where r is 0."""
    base = before_kept(r)
    assert isinstance(base.gate, (Radius, Hypotenuse))
    return base.gate.side(v, base) if tells else 0.0


def off_zero(v: Node, r: Node) -> Node:
    """v/r where r is not 0."""
    base = before_kept(r)
    if not isinstance(base.gate, Radius):
        return arithmetic.ratio(v, r)
    return base.gate.unit(*base.inputs, axis=base.axis)


def vanishes(radius: Node) -> Node:
    """The condition that a radius is 0, for a reader."""
    base = before_kept(radius)
    if not isinstance(base.gate, Hypotenuse):
        return base.equals(0.0)
    return legs.both_vanish(*base.inputs)


def hidden(name: str, forward: Callable[..., Any], *gradients: Any, **declaration: Any) -> Elementwise:
    return Elementwise(name, forward, *gradients, is_public=False, **declaration)


direction: Elementwise = hidden(
    "direction",
    stable.ratio,
    lambda v, r, out: 1 / r,
    lambda v, r, out: -(out / r),
    operands=("v", "r"),
    form=Form(lambda v, r: limits.is_apart(r), off_zero, side_at_zero),
    textbook=lambda v, r: v / r,
    gap=Gap(lambda v, r: vanishes(r)),
    kernel=kernels.ratio,
    keeps_digits=True,
    summary="v / r, and 0 where both are 0",
    habit="divides the gradient by r; stops it where r is 0, on whose opposite sides it has opposite signs",
    source="the convention for the norm of zeros",
    samples=(at(3.0, 5.0), at(-0.5, 0.75)),
)
radial: Elementwise = hidden(
    "radial",
    lambda u, v, r: u * stable.ratio(v, r),
    lambda u, v, r, out: arithmetic.ratio(v, r),
    lambda u, v, r, out: u / r,
    lambda u, v, r, out: -(u * arithmetic.ratio(v, r) / r),
    form=Form(lambda u, v, r: limits.is_apart(r), lambda u, v, r: u * off_zero(v, r), series_at_zero),
    summary="u * v / r for the radius r of v, and 0 where that is 0",
    source="the chain rule; at 0 the mean of opposite sides",
    operands=("u", "v", "r"),
    textbook=lambda u, v, r: u * v / r,
    gap=Gap(lambda u, v, r: vanishes(r)),
    kernel=lambda u, v, r: u * arithmetic.ratio(v, r),
    habit="divides the gradient by r",
    samples=(at(2.0, 3.0, 5.0), at(-0.5, 0.75, 0.5)),
)


def radial_of_leg(leg: int) -> Elementwise:
    """radial for the hypotenuse r of x and y."""
    letter = "xy"[leg]

    def of_leg(gate: Elementwise, x: Node, y: Node) -> Node:
        return gate(x, y) if leg == 0 else gate(y, x)

    by_legs = [legs.along, legs.across] if leg == 0 else [legs.across, legs.along]
    return hidden(
        f"radial_{letter}",
        lambda u, x, y: u * stable.hypot_slope((x, y)[leg], (x, y)[1 - leg]),
        lambda u, x, y, out: of_leg(legs.share, x, y),
        *[lambda u, x, y, out, by=by: u * of_leg(by, x, y) for by in by_legs],
        form=Form(
            lambda u, x, y: limits.is_apart(np.hypot(x, y)),
            lambda u, x, y: u * of_leg(legs.share, x, y),
            lambda u, x, y, tells: series_at_zero(u, (x, y)[leg], np.hypot(x, y), tells),
        ),
        operands=("u", "x", "y"),
        textbook=lambda u, x, y: u * (x, y)[leg] / np.hypot(x, y),
        gap=Gap(lambda u, x, y: legs.both_vanish(x, y)),
        kernel=lambda u, x, y: u * arithmetic.ratio((x, y)[leg], np.hypot(x, y)),
        summary=f"u * {letter} / hypot(x, y), and 0 where that is 0",
        habit=f"scales the gradient of {letter} by u over r times the other's share squared",
        source="the chain rule; at 0 the mean of opposite sides",
        samples=(at(2.0, 3.0, 4.0), at(0.5, -3.0, 1e-6)),
    )


hypot_slope: Elementwise = legs.slope_of_hypot(
    "hypot_slope",
    form=Form(
        lambda x, y: limits.is_apart(np.hypot(x, y)),
        legs.share,
        lambda x, y, tells: side_at_zero(x, np.hypot(x, y), tells),
    ),
)
radial_x, radial_y = radial_of_leg(0), radial_of_leg(1)
LEGS = (radial_x, radial_y)


class InForm(Elementwise):
    """A gate that is differentiated as another form of it, its first operand, which its value does not need.

    That form is none of a first derivative's cost.
    """

    unread = 1
    returns_operand = True


in_form: InForm = InForm(
    "in_form",
    lambda *operands: operands[-1],
    lambda form, value, out: 1,
    lambda form, value, out: None,
    operands=("form", "value"),
    shape=lambda form, value: value,
    methods=("in form",),
    textbook=lambda form, value: value,
    summary="a value that is differentiated as another form of it",
    habit="passes the gradient to the form without quotient of what vanishes",
    source="by definition",
    samples=(),
    is_public=False,
)
