"""Logarithms taken before what they are taken of: where exp(-800) is 0, its logarithm is still -800.

A factor whose logarithm is a gate (sigmoid, normcdf, erfc, softmax, an exponential, a sum of them) leaves the
logarithm's operand; all of them are positive, so that what is left has the sign that the whole had.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from backprop.autodiff.declaration.gate import Gate
from backprop.autodiff.gates import (
    activations,
    arithmetic,
    arrays,
    exponential,
    linear_algebra,
    logic,
    reductions,
    rounding,
    shares,
    special,
    trigonometric,
)
from backprop.autodiff.graph import Node
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.passes.algebra import (
    Linear,
    exponentials,
    factors,
    halved,
    is_whole,
    linear,
    multiplied,
    negated,
    number_of,
    plus,
    scaled,
    shifted,
    terms,
    times,
    written,
)

MOST_EXPONENTIALS = 40  # in one sum
DEEPEST = 6  # a logarithm is taken through so many gates
LOG_TWO = math.log(2.0)
HALF_LOG_TWO_PI = 0.5 * math.log(2.0 * math.pi)

Rule = Callable[[Node, int], Node | None]


class Parts(NamedTuple):
    """log(x) as `total`, the logarithms that were taken, plus that of `number` times what is left of the quotient."""

    total: Node
    number: float
    above: list[Node]
    below: list[Node]

    @property
    def is_whole(self) -> bool:
        return self.number > 0 and not self.above and not self.below


def logarithm(x: Node) -> Node | None:
    """log(x) without x, or None where nothing is won."""
    parts = _parts(x, 0)
    if parts is not None:
        return _together(parts)
    return _of_one_plus(x) or _of_asinh(x) or _of_odds(x)


def logarithm_of_one_plus(whole: Node) -> Node | None:
    """log1p(u) without u, `whole` being 1 + u in the best form known."""
    parts = _parts(whole, 0)
    return None if parts is None else _together(parts)


def _together(parts: Parts) -> Node | None:
    total, number, above, below = parts
    if number == 1.0 and below and not above:
        return total - exponential.log(multiplied(1.0, below, (), total.graph))
    if above or below:
        return total + exponential.log(multiplied(number, above, below, total.graph))
    return shifted(total, math.log(number)) if number > 0 else None


def _parts(x: Node, depth: int) -> Parts | None:
    """None where no factor's logarithm is known to gain anything."""
    product = factors(x) if depth < DEEPEST else None
    if product is None:
        return None
    number = product.number
    total: Node | None = None
    rest: tuple[list[Node], list[Node]] = ([], [])
    for side, nodes in enumerate(product[1:]):
        for node in nodes:
            part = _of_factor(node, depth + 1)
            if part is None and node.gate is exponential.expm1 and node is (*product.above, *product.below)[-1]:
                part = _of_expm1(node.inputs[0], is_negative=number < 0)
                number = abs(number)
            if part is None:
                rest[side].append(node)
            elif total is None:
                total = negated(part) if side else part
            else:
                total = total - part if side else total + part
    return None if total is None else Parts(total, number, *rest)


def _positive(x: Node, depth: int) -> Node | None:
    """The logarithm of a node that is positive all through."""
    parts = _parts(x, depth)
    return _together(parts) if parts is not None and parts.is_whole else None


def _of_one_plus(x: Node) -> Node | None:
    """log1p(u) for log(1 + u)."""
    total = terms(x)
    if total is None or total.get(None) != 1.0 or not any(total):
        return None
    return exponential.log1p(written({node: factor for node, factor in total.items() if node is not None}, x.graph))


def _of_asinh(x: Node) -> Node | None:
    """log(u + sqrt(1 + u^2)), the root being a hypot by now."""
    total = terms(x, most=2)
    roots = [term for term in total or () if term is not None and term.gate is exponential.hypot]
    if total is None or len(total) != 2 or len(roots) != 1 or total[roots[0]] != 1.0:
        return None
    sides = [side for side in roots[0].inputs if number_of(side) != 1.0]
    rest = {term: factor for term, factor in total.items() if term is not roots[0]}
    for sign in (1.0, -1.0):
        if len(sides) == 1 and times(linear(sides[0]), sign) == rest:
            return scaled(trigonometric.asinh(sides[0]), sign)
    return None


def _of_odds(x: Node) -> Node | None:
    """log(p/(1 - p)) and log((1 + u)/(1 - u))."""
    quotient = factors(x)
    if quotient is None or quotient.number != 1.0 or len(quotient.above) != 1 or len(quotient.below) != 1:
        return None
    above, below = linear(quotient.above[0]), linear(quotient.below[0])
    for top, bottom, sign in ((above, below, 1.0), (below, above, -1.0)):
        if bottom == plus({None: 1.0}, times(top, -1.0)) and is_whole(top) and None not in top:
            return scaled(activations.logit(written(top, x.graph, *quotient.above, *quotient.below)), sign)
    u: Linear = {term: factor for term, factor in above.items() if term is not None}
    if u and above.get(None) == 1.0 and below == plus({None: 1.0}, times(u, -1.0)):
        return 2 * trigonometric.atanh(written(u, x.graph))
    return None


def _of_factor(node: Node, depth: int) -> Node | None:
    """The logarithm of something that is never negative, None where that is not known to gain anything."""
    rule = LOGARITHMS.get(node.gate)
    result = rule(node, depth) if rule is not None else None
    return _of_exponentials(node) if result is None else result


def _of_exponentials(node: Node) -> Node | None:
    """log of a sum of exponentials with positive factors, two of them or more."""
    parts = exponentials(node, MOST_EXPONENTIALS)
    if parts is None or not any(part.exponent for part in parts) or any(part.factor <= 0 for part in parts):
        return None
    first = parts[0].factor
    if len(parts) == 1:
        return shifted(written(parts[0].exponent, node.graph, parts[0].origin), math.log(first))
    if len(parts) == 2 and parts[1].factor == first:
        for one, other in (parts, parts[::-1]):
            if not one.exponent and is_whole(other.exponent):
                operand = written(other.exponent, node.graph, other.origin)
                return shifted(activations.softplus(operand), math.log(first))
    common = first if all(part.factor == first for part in parts) else 1.0
    total: Node | None = None
    for factor, exponent, origin in parts:
        shift: Linear = {None: math.log(factor / common)} if factor != common else {}
        term = written(plus(exponent, shift), node.graph, origin)
        total = term if total is None else activations.logaddexp(total, term)
    return None if total is None else shifted(total, math.log(common))


def _of_expm1(u: Node, *, is_negative: bool) -> Node:
    """log(exp(u) - 1) or, of its negative, log(1 - exp(u))."""
    return _of_one_minus_exp(u) if is_negative else u + _of_one_minus_exp(negated(u))


def _of_one_minus_exp(u: Node) -> Node:
    """log(1 - exp(u)). Source: Maechler, Accurately computing log(1 - exp(-|a|)) (2012)."""
    near = exponential.log(-exponential.expm1(u))
    return logic.greater(u, -LOG_TWO).where(near, exponential.log1p(-exponential.exp(u)))


def _of_cosh(node: Node, depth: int) -> Node:
    """log(cosh(u)), which is u^2/2 near 0 and |u| - log 2 far from it."""
    (u,) = node.inputs
    far = rounding.absolute(u)
    near = exponential.log1p(2 * trigonometric.sinh(halved(u)) ** 2)
    return logic.less(far, 1.0).where(near, far + exponential.log1p(exponential.exp(-2 * far)) - LOG_TWO)


def _of_power(node: Node, depth: int) -> Node | None:
    exponent, base = number_of(node.inputs[1]), _positive(node.inputs[0], depth)
    return None if base is None or exponent is None else scaled(base, exponent)


def _scaled_by(factor: float) -> Rule:
    def rule(node: Node, depth: int) -> Node | None:
        base = _positive(node.inputs[0], depth)
        return None if base is None else scaled(base, factor)

    return rule


def _rearranged(node: Node, depth: int) -> Node | None:
    """The logarithm goes through what only picks or places entries."""
    inner = _positive(node.inputs[0], depth)
    return None if inner is None else node.graph.add(node.gate, (inner,), node.attributes)


def _of_sum(node: Node, depth: int) -> Node | None:
    inner = _positive(node.inputs[0], depth)
    return None if inner is None else reductions.logsumexp(inner, axis=node.axis)


def _of_mean(node: Node, depth: int) -> Node | None:
    """The mean is the sum over the number of entries, which is that of those that equal themselves."""
    inner = _positive(node.inputs[0], depth)
    if inner is None:
        return None
    (axis,) = node.attributes
    return reductions.logsumexp(inner, axis=axis) - exponential.log(logic.equal(inner, inner).sum(axis))


def _of_prod(node: Node, depth: int) -> Node | None:
    inner = _positive(node.inputs[0], depth)
    return None if inner is None else inner.sum(node.axis)


def _of_add(node: Node, depth: int) -> Node | None:
    """A sum of positive terms, say of several probabilities."""
    total = _of_exponentials(node)
    if total is not None:
        return total
    for addend, factor in (terms(node, MOST_EXPONENTIALS) or {}).items():
        inner = None if addend is None or factor <= 0 else _positive(addend, depth)
        if inner is None:
            return None
        part = shifted(inner, math.log(factor))
        total = part if total is None else activations.logaddexp(total, part)
    return total


def _of_what_may_be_negative(node: Node) -> Node | None:
    """What keeps the digits of log(prod(x)) and its like, but is another function where x is negative."""
    inside = node.inputs[0]
    if inside.gate is reductions.product:
        return exponential.log(inside.inputs[0]).sum(inside.axis)
    if inside.gate is reductions.total and (parts := _parts(inside.inputs[0], 0)) is not None:
        inner = _together(parts)
        return None if inner is None else reductions.logsumexp(inner, axis=inside.axis)
    if inside.gate is linear_algebra.det:
        return linear_algebra.logdet(*inside.inputs)
    if inside.gate is special.gamma:
        return special.lgamma(*inside.inputs)
    if inside.gate is arithmetic.power:
        base, exponent = inside.inputs
        number = number_of(exponent)
        is_even = number is not None and number % 2.0 == 0.0
        return exponent * exponential.log(rounding.absolute(base) if is_even else base)
    return None


LOGARITHMS: dict[Gate, Rule] = {
    activations.sigmoid: lambda node, depth: activations.logsigmoid(node.inputs[0]),
    special.normcdf: lambda node, depth: special.lognormcdf(node.inputs[0]),
    special.erfc: lambda node, depth: special.logerfc(node.inputs[0]),
    special.normpdf: lambda node, depth: shifted(-0.5 * node.inputs[0] ** 2, -HALF_LOG_TWO_PI),
    shares.softmax: lambda node, depth: shares.log_softmax(node.inputs[0], axis=node.axis),
    trigonometric.cosh: _of_cosh,
    arithmetic.square: _scaled_by(2.0),
    exponential.sqrt: _scaled_by(0.5),
    arithmetic.power: _of_power,
    arithmetic.add: _of_add,
    reductions.total: _of_sum,
    reductions.mean: _of_mean,
    reductions.product: _of_prod,
    arrays.index: _rearranged,
    arrays.reshape: _rearranged,
    arrays.transpose: _rearranged,
    reductions.largest: _rearranged,
    reductions.smallest: _rearranged,
}

ADVICE: dict[Gate, Callable[[Node], Node | None]] = {exponential.log: _of_what_may_be_negative}
