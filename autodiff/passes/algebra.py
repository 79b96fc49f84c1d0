"""A node read as a sum, a product or a sum of exponentials, whatever the order it is written in; and written again.

Numbers are folded together, so that `2*x - 6*x/3` and `-(-x)` are read as what they are. Looks only as deep as a
formula of a textbook goes, so that long sums are read in time linear in their size.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import reduce
from operator import mul

from backprop.autodiff.gates import arithmetic, exponential, trigonometric
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.named_tuple import NamedTuple

MOST_VISITED = 24  # nodes that are read as one formula

Linear = dict[Node | None, float]  # the factor of each node, None being the number 1


class Product(NamedTuple):
    """`number` times the nodes `above` the fraction bar, divided by those `below` it."""

    number: float
    above: list[Node]
    below: list[Node]


class Exponential(NamedTuple):
    """`factor` times e to the power `exponent`, which is `origin` or its negative, if that is a node."""

    factor: float
    exponent: Linear
    origin: Node | None = None


def number_of(node: Node) -> float | None:
    """The value of a number without a name, finite and not 0; None for any other node."""
    value = float(node.value) if node.is_literal else 0.0
    return value if value and math.isfinite(value) else None


def terms(node: Node, most: int = 4) -> Linear | None:
    """The node as a sum of nodes times numbers; None where there are more than `most` of them."""
    total: Linear = {}
    waiting: list[tuple[float, Node]] = [(1.0, node)]
    visited = 0
    while waiting:
        factor, part = waiting.pop()
        visited += 1
        if visited > max(MOST_VISITED, 3 * most) or len(total) > most:
            return None
        number = number_of(part)
        if number is not None:
            total[None] = total.get(None, 0.0) + factor * number
        elif part.gate is arithmetic.add:
            waiting += [(factor, operand) for operand in reversed(part.inputs)]
        elif part.gate is arithmetic.subtract:
            waiting += [(-factor, part.inputs[1]), (factor, part.inputs[0])]
        elif part.gate is arithmetic.negative:
            waiting.append((-factor, part.inputs[0]))
        elif (scaled := _scaled(part)) is not None:
            waiting.append((factor * scaled[0], scaled[1]))
        else:
            total[part] = total.get(part, 0.0) + factor
    return (
        {term: factor for term, factor in total.items() if factor or term is not None} if len(total) <= most else None
    )


def _scaled(node: Node) -> tuple[float, Node] | None:
    """A product with a number or a sign in it, as that and the product of the others."""
    if node.gate not in (arithmetic.multiply, arithmetic.divide):
        return None
    product = factors(node)
    if product is None or not (product.above or product.below):
        return None
    others = multiplied(1.0, product.above, product.below, node.graph)
    return None if others is node else (product.number, others)


def linear(node: Node) -> Linear:
    """The node as a sum, or as itself where it is a long one."""
    total = terms(node, most=8)
    return {node: 1.0} if total is None else total


def factors(node: Node) -> Product | None:
    """The node as a product; None where it has very many factors."""
    number = 1.0
    sides: tuple[list[Node], list[Node]] = ([], [])
    waiting = [(node, 0)]
    visited = 0
    while waiting:
        part, side = waiting.pop()
        visited += 1
        if visited > MOST_VISITED:
            return None
        value = number_of(part)
        if value is not None:
            number = number / value if side else number * value
        elif part.gate is arithmetic.multiply:
            waiting += [(operand, side) for operand in reversed(part.inputs)]
        elif part.gate is arithmetic.divide:
            waiting += [(part.inputs[1], 1 - side), (part.inputs[0], side)]
        elif part.gate is arithmetic.negative:
            number = -number
            waiting.append((part.inputs[0], side))
        elif part.gate is arithmetic.power and number_of(part.inputs[1]) == -1.0:
            waiting.append((part.inputs[0], 1 - side))
        else:
            sides[side].append(part)
    return Product(number, *sides)


def as_exponential(node: Node) -> Exponential | None:
    """exp(u), 1/exp(u) or e^u as what it is; None for any other node."""
    product = factors(node)
    if product is None or product.number != 1.0 or len(product.above) + len(product.below) != 1:
        return None
    (factor,) = product.above or product.below
    if factor.gate is exponential.exp:
        origin = factor.inputs[0]
    elif factor.gate is arithmetic.power and is_e(factor.inputs[0]):
        origin = factor.inputs[1]
    else:
        return None
    return Exponential(1.0, times(linear(origin), 1.0 if product.above else -1.0), origin)


def is_e(node: Node) -> bool:
    """Whether it is the constant e, which an untyped graph calls an input."""
    return node.is_constant and node.name == "e"


def exponentials(node: Node, most: int = 4) -> list[Exponential] | None:
    """The node as a sum of numbers times exponentials; None where it is none or has more than `most` of them."""
    collected: list[Exponential] = []
    for base, factor in (terms(node, most) or {}).items():
        for part in _exponentials_in(base):
            if part is None:
                return None
            same = next((position for position, known in enumerate(collected) if known.exponent == part.exponent), None)
            if same is None:
                collected.append(part._replace(factor=factor * part.factor))
            else:
                collected[same] = collected[same]._replace(factor=collected[same].factor + factor * part.factor)
    kept = [term for term in collected if term.factor]
    return kept if kept and len(kept) <= most else None


def _exponentials_in(node: Node | None) -> Iterable[Exponential | None]:
    if node is None:
        return [Exponential(1.0, {})]
    if node.gate in (trigonometric.sinh, trigonometric.cosh):
        (u,) = node.inputs
        sign = -1.0 if node.gate is trigonometric.sinh else 1.0
        return [Exponential(0.5, linear(u), u), Exponential(0.5 * sign, times(linear(u), -1.0), u)]
    if node.gate is exponential.expm1:
        return [Exponential(1.0, linear(node.inputs[0]), node.inputs[0]), Exponential(-1.0, {})]
    return [as_exponential(node)]


def times(total: Linear, factor: float) -> Linear:
    return {node: factor * each for node, each in total.items()}


def plus(*several: Linear) -> Linear:
    """Their sum, with every node of theirs: one that cancels keeps the factor 0."""
    total: Linear = {}
    for addend in several:
        for node, factor in addend.items():
            total[node] = total.get(node, 0.0) + factor
    return {node: factor for node, factor in total.items() if factor or node is not None}


def is_whole(total: Linear) -> bool:
    """Whether there are nodes and none cancels: it may have had another shape, which the result would lack."""
    return any(total) and all(total.values())


def written(total: Linear, graph: Graph, *origins: Node | None) -> Node:
    """The sum as nodes of the graph: an origin where that is the sum or its negative, so that it stays as written."""
    known = [(origin, linear(origin)) for origin in origins if origin is not None]
    for origin, its in known:
        if its == total:
            return origin
    for origin, its in known:
        if times(its, -1.0) == total:
            return negated(origin)
    result: Node | None = None
    for node, factor in sorted(total.items(), key=lambda item: (item[0] is None, item[1] < 0)):
        if node is None:
            result = graph.constant(factor) if result is None else shifted(result, factor)
        elif result is None:
            result = scaled(node, factor)
        elif factor < 0:
            result = result - scaled(node, -factor)
        else:
            result = result + scaled(node, factor)
    return graph.constant(0.0) if result is None else result


def scaled(node: Node, factor: float) -> Node:
    return node if factor == 1.0 else -node if factor == -1.0 else factor * node


def shifted(node: Node, number: float) -> Node:
    return node if number == 0.0 else node - -number if number < 0 else node + number


def negated(node: Node) -> Node:
    """-node, in the shortest form."""
    if node.gate is arithmetic.negative:
        return node.inputs[0]
    product = factors(node)
    if product is not None and product.number < 0 and (product.above or product.below):
        return multiplied(-product.number, product.above, product.below, node.graph)
    total = linear(node)
    if node.gate is arithmetic.subtract and total.get(node.inputs[0]) == 1.0:
        return node.inputs[1] - node.inputs[0]
    is_short = len(total) == 1 and node not in total
    begins_negative = next((factor for term, factor in total.items() if term is not None), 0.0) < 0
    return written(times(total, -1.0), node.graph) if is_short or begins_negative else -node


def halved(node: Node) -> Node:
    """node/2, its number folded."""
    total = linear(node)
    return 0.5 * node if len(total) > 1 else written(times(total, 0.5), node.graph)


def multiplied(number: float, above: Sequence[Node], below: Sequence[Node], graph: Graph) -> Node:
    """The product as nodes of the graph."""
    top = scaled(reduce(mul, above), number) if above else graph.constant(number)
    return top / reduce(mul, below) if below else top


def squared(node: Node) -> Node | None:
    """x for x^2, x*x and square(x), a number's root; None for any other node."""
    if node.gate is arithmetic.square:
        return node.inputs[0]
    if node.gate is arithmetic.power and number_of(node.inputs[1]) == 2.0:
        return node.inputs[0]
    if node.gate is arithmetic.multiply and node.inputs[0] is node.inputs[1]:
        return node.inputs[0]
    return None
