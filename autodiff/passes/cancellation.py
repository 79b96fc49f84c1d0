"""Sums of two terms that cancel, as the gate that gives their difference: exp(x) - 1, 1 - sigmoid(x), 1 - cos(x)."""

from __future__ import annotations

from collections.abc import Callable

from backprop.autodiff.declaration.gate import Gate
from backprop.autodiff.gates import activations, arithmetic, exponential, special, trigonometric
from backprop.autodiff.graph import Node
from backprop.autodiff.passes.algebra import (
    Exponential,
    Linear,
    exponentials,
    halved,
    is_whole,
    linear,
    negated,
    plus,
    scaled,
    squared,
    terms,
    times,
    written,
)


def of_sum(node: Node) -> Node | None:
    """exp(x) - 1, 1 - sigmoid(x), 1 - cos(x), exp(x) - exp(-x): differences that cancel."""
    total = terms(node, most=2)
    if total is None or len(total) != 2:
        return None
    if all(term is not None and term.gate in ROOTS for term in total):
        return _of_two_roots(total)
    of_exponentials = exponentials(node, most=2)
    if of_exponentials is not None:
        return of_two_exponentials(of_exponentials, node)
    constant = total.get(None)
    base, factor = next((each for each in total.items() if each[0] is not None), (None, 0.0))
    if constant is None or base is None:
        return None
    rule = COMPLEMENTS.get(base.gate)
    return None if rule is None else rule(base, constant, factor)


def of_two_exponentials(pair: list[Exponential], node: Node) -> Node | None:
    if len(pair) != 2:
        return None
    for one, other in (pair, pair[::-1]):
        if one.factor == -other.factor and is_whole(one.exponent):
            operand = written(one.exponent, node.graph, one.origin)
            if not other.exponent:
                return scaled(exponential.expm1(operand), one.factor)
            if one.factor > 0 and times(other.exponent, -1.0) == one.exponent:
                return scaled(trigonometric.sinh(operand), 2.0 * one.factor)
    return _cosh(pair, node)


def _cosh(pair: list[Exponential], node: Node) -> Node | None:
    """(exp(x) + exp(-x))/2."""
    one, other = pair
    if one.factor == other.factor == 0.5 and is_whole(one.exponent) and times(other.exponent, -1.0) == one.exponent:
        return trigonometric.cosh(written(one.exponent, node.graph, one.origin))
    return None


def _of_two_roots(total: Linear) -> Node | None:
    """sqrt(a) - sqrt(b) = (a - b)/(sqrt(a) + sqrt(b)), where a - b is a shorter sum."""
    (one, factor), (other, opposite) = total.items()
    if one is None or other is None or factor != -opposite:
        return None
    difference = plus(_under(one), times(_under(other), -1.0))
    shorter = {node: each for node, each in difference.items() if each}
    if not shorter or len(shorter) == len(difference):
        return None
    return scaled(written(shorter, one.graph) / (one + other), factor)


ROOTS = (exponential.sqrt, exponential.hypot)


def _under(root: Node) -> Linear:
    """What is under the root, as a sum."""
    if root.gate is exponential.sqrt:
        return linear(root.inputs[0])
    return plus(*[linear(operand**2) for operand in root.inputs])


Complement = Callable[[Node, float, float], Node | None]  # of the node, the number and the node's factor


def _mirrored(gate: Gate) -> Complement:
    """gate(-x) for 1 - gate(x)."""

    def rule(node: Node, constant: float, factor: float) -> Node | None:
        return scaled(gate(negated(node.inputs[0])), constant) if factor == -constant else None

    return rule


def _of_sigmoid(node: Node, constant: float, factor: float) -> Node | None:
    if factor == -2.0 * constant:
        return scaled(trigonometric.tanh(halved(node.inputs[0])), -constant)
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


def _of_root(node: Node, constant: float, factor: float) -> Node | None:
    """sqrt(1 + x) - 1 = x/(sqrt(1 + x) + 1)."""
    inside = _under(node)
    root = -constant / factor
    others: Linear = {term: each for term, each in inside.items() if term is not None}
    if root <= 0 or inside.get(None) != root * root or not others:
        return None
    rest = written(others, node.graph)
    base = squared(rest)
    return scaled(rest / (node + root) if base is None else base * (base / (node + root)), factor)


def _of_tanh_squared(node: Node, constant: float, factor: float) -> Node | None:
    """1 - tanh(x)^2 = 4*sigmoid(2*x)*sigmoid(-2*x), where cosh(x) would overflow."""
    base = squared(node)
    if base is None or base.gate is not trigonometric.tanh or factor != -constant:
        return None
    double = times(linear(base.inputs[0]), 2.0)
    both = [activations.sigmoid(written(times(double, sign), node.graph)) for sign in (1.0, -1.0)]
    return scaled(both[0] * both[1], 4.0 * constant)


COMPLEMENTS: dict[Gate, Complement] = {
    activations.sigmoid: _of_sigmoid,
    special.normcdf: _mirrored(special.normcdf),
    special.erf: _of_erf,
    special.erfc: _of_erfc,
    trigonometric.cos: _of_half_angle(trigonometric.sin, 1.0),
    trigonometric.cosh: _of_half_angle(trigonometric.sinh, -1.0),
    exponential.sqrt: _of_root,
    exponential.hypot: _of_root,
    arithmetic.square: _of_tanh_squared,
    arithmetic.power: _of_tanh_squared,
    arithmetic.multiply: _of_tanh_squared,
}
