"""Compositions that lose digits, each as the one gate that keeps them: made only where the user asks for it.

A node is recognised whatever the order of its terms and factors, numbers folded together (algebra.py); logarithms
are in logarithms.py. Every rule gives the same function of the same operands, to the last constant.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from backprop.autodiff import leaves
from backprop.autodiff.algebra import (
    Exponential,
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
    squared,
    terms,
    times,
    written,
)
from backprop.autodiff.gate import Gate
from backprop.autodiff.gates import activations, arithmetic, elementary, reductions, rounding, special
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.logarithms import logarithm, logarithm_of_one_plus

Rule = Callable[[Node], Node | None]


class Fused(NamedTuple):
    """The new graph, its node for each node of the old one, and the old nodes that became others.

    `advised` are those that the rules given as advice changed.
    """

    graph: Graph
    twin: list[Node]
    compositions: list[Node]
    advised: set[Node]


def fuse(graph: Graph, given: Collection[str] | None = None) -> Graph:
    """The graph with every known composition as the one gate that computes it without loss.

    `given` are the names that have values: another one that is a constant's is that constant (`e` in `e^x`).
    """
    return fused(graph, given).graph


def fused(graph: Graph, given: Collection[str] | None = None, advice: Mapping[Gate, Rule] | None = None) -> Fused:
    """The same, with what became of each node, and with more rules where `advice` gives some."""
    result = Graph(is_typed=graph.is_typed, source=graph.source)
    twin: list[Node] = []
    compositions = []
    advised = set()
    for node in graph.nodes:
        name = node.name if node.gate is leaves.input else None
        if given is not None and name is not None and name in leaves.NAMED_CONSTANTS and name not in given:
            twin.append(result.constant(leaves.NAMED_CONSTANTS[name], name, node.span))
            continue
        copied = result.copy(node, twin)
        result.place = node.span
        made = RULES[node.gate](copied) if node.gate in RULES else None
        if made is None and advice is not None and node.gate in advice:
            made = advice[node.gate](copied)
            advised.add(node)
        result.place = None
        if made is not None and made is not copied and made.shape == copied.shape:
            compositions.append(node)
            copied = made
        twin.append(copied)
    result.names = {name: twin[node.index] for name, node in graph.names.items()}
    result.output = None if graph.output is None else twin[graph.output.index]
    return Fused(result, twin, compositions, advised)


def of_sum(node: Node) -> Node | None:
    """exp(x) - 1, 1 - sigmoid(x), 1 - cos(x), exp(x) - exp(-x): differences that cancel."""
    found = terms(node, most=2)
    if found is None or len(found) != 2:
        return None
    of_exponentials = exponentials(node, most=2)
    if of_exponentials is not None:
        return _of_two_exponentials(of_exponentials, node)
    constant = found.get(None)
    one, factor = next((each for each in found.items() if each[0] is not None), (None, 0.0))
    if constant is None or one is None:
        return None
    rule = COMPLEMENTS.get(one.gate)
    return None if rule is None else rule(one, constant, factor)


def _of_two_exponentials(found: list[Exponential], node: Node) -> Node | None:
    if len(found) != 2:
        return None
    for one, other in (found, found[::-1]):
        if one.factor == -other.factor and is_whole(one.exponent):
            operand = written(one.exponent, node.graph, one.origin)
            if not other.exponent:
                return scaled(elementary.expm1(operand), one.factor)
            if one.factor > 0 and times(other.exponent, -1.0) == one.exponent:
                return scaled(elementary.sinh(operand), 2.0 * one.factor)
    return _cosh(found, node)


def _cosh(found: list[Exponential], node: Node) -> Node | None:
    """(exp(x) + exp(-x))/2."""
    one, other = found
    if one.factor == other.factor == 0.5 and is_whole(one.exponent) and times(other.exponent, -1.0) == one.exponent:
        return elementary.cosh(written(one.exponent, node.graph, one.origin))
    return None


Complement = Callable[[Node, float, float], Node | None]  # of the node, the number and the node's factor


def _mirrored(gate: Gate) -> Complement:
    """gate(-x) for 1 - gate(x)."""

    def rule(node: Node, constant: float, factor: float) -> Node | None:
        return scaled(gate(negated(node.inputs[0])), constant) if factor == -constant else None

    return rule


def _of_sigmoid(node: Node, constant: float, factor: float) -> Node | None:
    if factor == -2.0 * constant:
        return scaled(elementary.tanh(halved(node.inputs[0])), -constant)
    return _mirrored(activations.sigmoid)(node, constant, factor)


def _of_erf(node: Node, constant: float, factor: float) -> Node | None:
    if abs(factor) != abs(constant):
        return None
    operand = negated(node.inputs[0]) if factor == constant else node.inputs[0]
    return scaled(special.erfc(operand), constant)


def _of_erfc(node: Node, constant: float, factor: float) -> Node | None:
    return scaled(special.erf(node.inputs[0]), constant) if factor == -constant else None


def _of_half_angle(gate: Gate, sign: float) -> Complement:
    """1 - cos(x) = 2*sin(x/2)^2 and cosh(x) - 1 = 2*sinh(x/2)^2."""

    def rule(node: Node, constant: float, factor: float) -> Node | None:
        if factor != -constant:
            return None
        return scaled(gate(halved(node.inputs[0])) ** 2, 2.0 * sign * constant)

    return rule


def _of_tanh_squared(node: Node, constant: float, factor: float) -> Node | None:
    base = squared(node)
    if base is None or base.gate is not elementary.tanh or factor != -constant:
        return None
    return constant / elementary.cosh(base.inputs[0]) ** 2


COMPLEMENTS: dict[Gate, Complement] = {
    activations.sigmoid: _of_sigmoid,
    special.normcdf: _mirrored(special.normcdf),
    special.erf: _of_erf,
    special.erfc: _of_erfc,
    elementary.cos: _of_half_angle(elementary.sin, 1.0),
    elementary.cosh: _of_half_angle(elementary.sinh, -1.0),
    elementary.square: _of_tanh_squared,
    arithmetic.power: _of_tanh_squared,
    arithmetic.multiply: _of_tanh_squared,
}


def of_product(node: Node) -> Node | None:
    """1/(1 + exp(-x)), x/(1 + exp(-x)), (exp(x) - exp(-x))/(exp(x) + exp(-x)), exp(x)/sum(exp(x))."""
    found = factors(node) if _may_be_one(node) else None
    if found is None:
        return None
    number, above, below = found.number, list(found.above), list(found.below)
    is_changed = False
    for denominator in found.below:
        made = _quotient(denominator, above)
        if made is not None:
            factor, gate = made
            below.remove(denominator)
            above.append(gate)
            number *= factor
            is_changed = True
    for gate in [one for one in above if one.gate is activations.sigmoid]:
        found_silu = _silu(gate, [one for one in above if one is not gate], number)
        if found_silu is not None:
            number, above = found_silu
            is_changed = True
    if is_changed:
        return multiplied(number, above, below, node.graph)
    two = exponentials(node, most=2) if len(above) == 1 and not below else None
    if two is None or (node.gate is arithmetic.multiply and above[0] in node.inputs):
        return None
    return _of_two_exponentials(two, node)


def _silu(gate: Node, others: list[Node], number: float) -> tuple[float, list[Node]] | None:
    """x*sigmoid(x) among the factors: the number and the factors that then are left."""
    operand = gate.inputs[0]
    for one in others:
        ratio = _ratio(operand, one)
        if ratio is not None and ratio in (1.0, number):
            silu = activations.silu(one if ratio == 1.0 else operand)
            return number / ratio, [*(each for each in others if each is not one), silu]
    if len(others) > 1 and multiplied(1.0, others, (), gate.graph) is operand:
        return number, [activations.silu(operand)]
    return None


def _may_be_one(node: Node) -> bool:
    """Whether it is worth a closer look, so that long products are not looked at again at each of their gates."""
    if node.gate is arithmetic.multiply:
        return any(one.is_literal or one.gate is activations.sigmoid for one in node.inputs)
    return node.gate is arithmetic.power or node.inputs[1].is_literal or node.inputs[1].gate in DENOMINATORS


DENOMINATORS = (arithmetic.add, arithmetic.subtract, arithmetic.multiply, elementary.cosh, reductions.total)


def _quotient(denominator: Node, above: list[Node]) -> tuple[float, Node] | None:
    """A number and the gate of which it makes the numerator over this denominator; what it takes leaves `above`."""
    if denominator.gate is reductions.total:
        return _normalized(denominator, above)
    found = exponentials(denominator, most=2)
    if found is None or len(found) != 2 or found[0].factor != found[1].factor:
        return None
    one, other = found
    graph = denominator.graph
    for numerator in above:
        parts = exponentials(numerator, most=2)
        if parts is None:
            continue
        if len(parts) == 2 and parts[0].factor == -parts[1].factor:
            if parts[0].exponent == other.exponent:
                one, other = other, one
            difference = plus(one.exponent, times(other.exponent, -1.0))
            if [parts[0].exponent, parts[1].exponent] == [one.exponent, other.exponent] and is_whole(difference):
                above.remove(numerator)
                sign = 1.0 if next(iter(difference.values())) > 0 else -1.0
                operand = written(times(difference, 0.5 * sign), graph, one.origin, other.origin)
                return sign * parts[0].factor / one.factor, elementary.tanh(operand)
        if len(parts) == 1 and parts[0].exponent in (one.exponent, other.exponent):
            if parts[0].exponent == other.exponent:
                one, other = other, one
            difference = plus(one.exponent, times(other.exponent, -1.0))
            if is_whole(difference):
                above.remove(numerator)
                operand = written(difference, graph, one.origin, other.origin)
                return parts[0].factor / one.factor, activations.sigmoid(operand)
    for one, other in (found, found[::-1]):
        if not one.exponent and is_whole(other.exponent):
            operand = written(times(other.exponent, -1.0), graph, other.origin)
            return 1.0 / one.factor, activations.sigmoid(operand)
    return None


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
            whole = reductions.logsumexp(v, axis=denominator.attributes[0])
            return parts[0].factor / weights[0].factor, elementary.exp(u - whole)
    return None


def _ratio(operand: Node, node: Node) -> float | None:
    """What number times `node` the operand is, None where it is no multiple of it."""
    whole, part = linear(operand), linear(node)
    if whole.keys() != part.keys() or not is_whole(part):
        return None
    first = next(iter(part))
    ratio = whole[first] / part[first]
    return ratio if times(part, ratio) == whole else None


def of_root(node: Node) -> Node | None:
    """sqrt(x^2 + y^2), sqrt(sum(x^2))."""
    if node.gate is arithmetic.power and number_of(node.inputs[1]) != 0.5:
        return None
    (inside, *_) = node.inputs
    if inside.gate is reductions.total and (base := squared(inside.inputs[0])) is not None:
        return reductions.norm(base, axis=inside.attributes[0])
    found = terms(inside, most=3)
    if found is None or len(found) > 3 or any(factor != 1.0 for factor in found.values()):
        return None
    sides = [inside.graph.constant(1.0) if one is None else squared(one) for one in found]
    if any(one is None for one in sides) or not any(found):
        return None
    total: Node | None = None
    for one in sides:
        assert one is not None
        total = one if total is None else elementary.hypot(total, one)
    assert total is not None
    return rounding.absolute(total) if len(sides) == 1 else total


def of_logarithm(base: float | None) -> Rule:
    """log, or that to a base."""

    def rule(node: Node) -> Node | None:
        found = logarithm(node.inputs[0])
        if found is None or base is None:
            return found
        return found / elementary.log_of(base, node)

    return rule


def of_log1p(node: Node) -> Node | None:
    (operand,) = node.inputs
    whole = 1 + operand
    return logarithm_of_one_plus(of_sum(whole) or whole)


RULES: dict[Gate, Rule] = {
    arithmetic.add: of_sum,
    arithmetic.subtract: of_sum,
    arithmetic.multiply: of_product,
    arithmetic.divide: of_product,
    arithmetic.power: lambda node: of_product(node) if number_of(node.inputs[1]) == -1.0 else of_root(node),
    elementary.sqrt: of_root,
    elementary.log: of_logarithm(None),
    elementary.log2: of_logarithm(2.0),
    elementary.log10: of_logarithm(10.0),
    elementary.log1p: of_log1p,
}
