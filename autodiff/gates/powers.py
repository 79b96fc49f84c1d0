"""The partial derivatives of x^y, a gate that is closed under differentiation, so that mixed partials are one node."""

from __future__ import annotations

import math
from functools import reduce
from typing import TYPE_CHECKING

from backprop.autodiff import shapes
from backprop.autodiff.declaration.gate import Attribute, Corner, Gap, at
from backprop.autodiff.declaration.kinds import Elementwise, add_up
from backprop.autodiff.gates import arithmetic, elementary, logic
from backprop.autodiff.numerics import powers

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node


def spelled(x: Node, y: Node, by_x: int, by_y: int) -> Node:
    """The derivative as a sum of products, in the order of falling powers of the logarithm."""
    power = x ** (y - by_x) if by_x else x**y
    terms = []
    for order in range(min(by_x, by_y) + 1):
        factors = []
        coefficient = falling_factorial(y, by_x, order) if by_x else None
        if coefficient is not None and not arithmetic.is_number(coefficient, 1.0):
            factors.append(coefficient)
        factors.append(power)
        if by_y - order:
            factors.append(elementary.log(x) ** (by_y - order))
        term = reduce(arithmetic.limit_product, factors)
        multiple = math.comb(by_y, order)
        terms.append(term if multiple == 1 else multiple * term)
    return add_up(terms)


def falling_factorial(y: Node, length: int, order: int) -> Node:
    """y (y - 1) ... of `length` factors differentiated, at most so many times: a product or a polynomial."""
    if order == 0:
        return reduce(lambda product, place: product * (y - place), range(1, length), y)
    coefficients = [1]  # of the falling powers of y, exactly
    for place in range(length):
        coefficients = [one - place * lower for one, lower in zip([*coefficients, 0], [0, *coefficients], strict=True)]
    for _ in range(order):
        degree = len(coefficients) - 1
        coefficients = [(degree - place) * one for place, one in enumerate(coefficients[:-1])]
    result = y.graph.constant(float(coefficients[0]))
    for one in coefficients[1:]:
        result = result * y if one == 0 else result * y + float(one)
    return result


def indefinite(x: Node, y: Node, by_x: int, by_y: int) -> Node:
    """Where the formula is 0 times infinity, and the derivative 0."""
    y = x.graph.constant(0.0) if y is x else y
    vanishes = y.exceeds(float(by_x)) if by_y else falling_factorial(y, by_x, 0).equals(0.0)
    return logic.all_of(x.equals(0.0), vanishes)


power_partial: Elementwise = Elementwise(
    "power_partial",
    powers.power_partial,
    lambda x, y, out: power_partial(x, y, by_x=out.settings["by_x"] + 1, by_y=out.settings["by_y"]),
    lambda x, y, out: power_partial(x, y, by_x=out.settings["by_x"], by_y=out.settings["by_y"] + 1),
    operands=("x", "y"),
    attributes={"by_x": Attribute(shapes.as_order, 0), "by_y": Attribute(shapes.as_order, 0)},
    textbook=spelled,
    gap=Gap(indefinite),
    kernel=spelled,
    summary="the derivative of x^y of these orders",
    habit="scales the gradient by the next derivatives of x^y",
    source="DLMF 4.2.26 and Leibniz' rule; at x = 0 by the limit",
    samples=(at(2.0, 3.0, by_x=1, by_y=0), at(0.5, -1.5, by_x=0, by_y=1), at(3.0, 0.25, by_x=2, by_y=2)),
    corners=(Corner((0.0, 2.0), 0.0, (0.0, 0.0)),),
    is_public=False,
)
