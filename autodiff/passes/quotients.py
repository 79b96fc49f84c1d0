"""Quotients of exponentials, which overflow before they are divided, as the gates that they are."""

from __future__ import annotations

from backprop.autodiff.gates import activations, arithmetic, exponential, reductions, trigonometric
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.passes.algebra import (
    Exponential,
    exponentials,
    factors,
    is_whole,
    linear,
    multiplied,
    plus,
    squared,
    times,
    written,
)
from backprop.autodiff.passes.cancellation import of_two_exponentials


def of_product(node: Node) -> Node | None:
    """1/(1 + exp(-x)), x/(1 + exp(-x)), (exp(x) - exp(-x))/(exp(x) + exp(-x)), exp(x)/sum(exp(x))."""
    product = factors(node) if _may_be_one(node) else None
    if product is None:
        return None
    number, above = product.number, list(product.above)
    below = [base for divisor in product.below for base in _bases(divisor)]
    is_changed = False
    for denominator in tuple(below):
        made = _quotient(denominator, above)
        if made is not None:
            factor, gate = made
            below.remove(denominator)
            above.append(gate)
            number *= factor
            is_changed = True
    if not is_changed:
        below = list(product.below)
    for gate in [base for base in above if base.gate is activations.sigmoid]:
        found_silu = _silu(gate, [base for base in above if base is not gate], number)
        if found_silu is not None:
            number, above = found_silu
            is_changed = True
    if is_changed:
        return multiplied(number, above, below, node.graph)
    two = exponentials(node, most=2) if len(above) == 1 and not below else None
    if two is None or (node.gate is arithmetic.multiply and above[0] in node.inputs):
        return None
    return of_two_exponentials(two, node)


def _silu(gate: Node, others: list[Node], number: float) -> tuple[float, list[Node]] | None:
    """x*sigmoid(x) among the factors: the number and the factors that then are left."""
    operand = gate.inputs[0]
    for other in others:
        ratio = _ratio(operand, other)
        if ratio is not None and ratio in (1.0, number):
            silu = activations.silu(other if ratio == 1.0 else operand)
            return number / ratio, [*(each for each in others if each is not other), silu]
    if len(others) > 1 and multiplied(1.0, others, (), gate.graph) is operand:
        return number, [activations.silu(operand)]
    return None


def _may_be_one(node: Node) -> bool:
    """Whether it is worth a closer look, so that long products are not looked at again at each of their gates."""
    if node.gate is arithmetic.multiply:
        return any(operand.is_literal or operand.gate is activations.sigmoid for operand in node.inputs)
    return node.gate is arithmetic.power or node.inputs[1].is_literal or node.inputs[1].gate in DENOMINATORS


SUMS = (arithmetic.add, arithmetic.subtract)
DENOMINATORS = (
    *SUMS,
    arithmetic.multiply,
    arithmetic.power,
    arithmetic.square,
    trigonometric.cosh,
    trigonometric.sinh,
    exponential.expm1,
    reductions.total,
)


def _bases(node: Node) -> list[Node]:
    """The node, twice what is squared where that is a sum."""
    base = squared(node)
    return [node] if base is None or base.gate not in (*SUMS, trigonometric.cosh) else [base, base]


def _quotient(denominator: Node, above: list[Node]) -> tuple[float, Node] | None:
    """A number and the gate of which it makes the numerator over this denominator; what it takes leaves `above`."""
    if denominator.gate is reductions.total:
        return _normalized(denominator, above)
    bottom = exponentials(denominator, most=2)
    if bottom is None or len(bottom) != 2 or abs(bottom[0].factor) != abs(bottom[1].factor):
        return None
    for numerator in above:
        parts = exponentials(numerator, most=2)
        made = None if parts is None else _of_exponentials(parts, bottom, denominator.graph)
        if made is not None:
            above.remove(numerator)
            return made
    for one, other in (bottom, bottom[::-1]):
        if not one.exponent and is_whole(other.exponent) and one.factor == other.factor:
            operand = written(times(other.exponent, -1.0), denominator.graph, other.origin)
            return 1.0 / one.factor, activations.sigmoid(operand)
    return None


def _of_exponentials(top: list[Exponential], bottom: list[Exponential], graph: Graph) -> tuple[float, Node] | None:
    """Exponentials over two of the same exponents: sigmoid, tanh or 1/tanh, times a number."""
    one, other = bottom if top[0].exponent == bottom[0].exponent else bottom[::-1]
    difference = plus(one.exponent, times(other.exponent, -1.0))
    if top[0].exponent != one.exponent or not is_whole(difference):
        return None
    factor = top[0].factor / one.factor
    is_sum = one.factor == other.factor
    if len(top) == 1:
        operand = written(difference, graph, one.origin, other.origin)
        return (factor, activations.sigmoid(operand)) if is_sum else None
    if top[1].exponent != other.exponent or abs(top[0].factor) != abs(top[1].factor):
        return None
    if is_sum == (top[0].factor == top[1].factor):
        return None
    sign = 1.0 if next(iter(difference.values())) > 0 else -1.0
    tanh = trigonometric.tanh(written(times(difference, 0.5 * sign), graph, one.origin, other.origin))
    return sign * factor, tanh if is_sum else 1 / tanh


def _normalized(denominator: Node, above: list[Node]) -> tuple[float, Node] | None:
    """exp(u)/sum(exp(v)) as exp(u - logsumexp(v)); a softmax is that, too, where the axes are known to be its own."""
    weights = exponentials(denominator.inputs[0], most=1)
    if weights is None or not is_whole(weights[0].exponent):
        return None
    for numerator in above:
        parts = exponentials(numerator, most=1)
        if parts is not None and is_whole(parts[0].exponent):
            above.remove(numerator)
            v = written(weights[0].exponent, denominator.graph, weights[0].origin)
            u = written(parts[0].exponent, denominator.graph, parts[0].origin)
            whole = reductions.logsumexp(v, axis=denominator.axis)
            return parts[0].factor / weights[0].factor, exponential.exp(u - whole)
    return None


def _ratio(operand: Node, node: Node) -> float | None:
    """What number times `node` the operand is, None where it is no multiple of it."""
    whole, part = linear(operand), linear(node)
    if whole.keys() != part.keys() or not is_whole(part):
        return None
    first = next(iter(part))
    ratio = whole[first] / part[first]
    return ratio if times(part, ratio) == whole else None
