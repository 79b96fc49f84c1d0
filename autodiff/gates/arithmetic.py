"""Sums, products, quotients and powers."""

from __future__ import annotations

import math
from functools import reduce
from typing import TYPE_CHECKING

from backprop.autodiff import shapes
from backprop.autodiff.declaration.gate import Attribute, Corner, Forward, Gap, Hazard, at
from backprop.autodiff.declaration.kinds import Elementwise, Linear
from backprop.autodiff.declaration.masks import Mask
from backprop.autodiff.declaration.notation import POWER, PRODUCT, SUM, UNARY, Infix, Prefix, Template
from backprop.autodiff.declaration.sums import add_up
from backprop.autodiff.gates import kernels, logic, rounding
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.numerics import intervals, powers, stable

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node

PAIR = ("x", "y")
MOST_SEEN = 64  # nodes that are looked at for a base that stays 0


def product_shortcut(x: Node, y: Node) -> Node | None:
    if x.is_number(1.0):
        return y
    if y.is_number(1.0):
        return x
    if y.is_number(-1.0):
        return -x
    return None


def quotient_shortcut(x: Node, y: Node) -> Node | None:
    return x if y.is_number(1.0) else None


def power_shortcut(x: Node, y: Node) -> Node | None:
    if y.is_number(1.0):
        return x
    return x.graph.constant(1.0) if y.is_number(0.0) else None


def limit_product_shortcut(x: Node, y: Node) -> Node | None:
    if x.is_scalar_constant:
        return x if x.is_number(0.0) else x * y
    return None


def power_by_base(x: Node, y: Node) -> Node:
    """y x^(y-1), of which a constant exponent needs no derivative."""
    return limit_product(y, x ** (y - 1)) if y.is_constant else power_partial(x, y, by_x=1)


def power_by_exponent(x: Node, y: Node, out: Node) -> Node:
    """x^y log(x), an ordinary product where the base is a positive number."""
    is_positive = x.is_scalar_constant and x.value > 0
    return out * np.log(x) if is_positive else power_partial(x, y, by_y=1)


def is_zero_throughout(node: Node) -> bool:
    """Whether the node is written as 0 at every point: a constant, x - x, or a multiple or a list of such."""
    waiting = [node]
    for part in waiting:
        gate = part.gate
        is_list = isinstance(gate, Linear) and bool(part.inputs)
        if part.is_constant and not np.any(part.value):
            continue
        is_difference = gate is subtract and part.inputs[0] is part.inputs[1]
        if is_difference or (gate is multiply and any([factor.is_number(0.0) for factor in part.inputs])):
            continue
        if len(waiting) > MOST_SEEN or not (is_list or gate in (negative, square, rounding.absolute)):
            return False
        waiting += part.inputs
    return True


def unmoved_base(x: Node, y: Node, out: Node) -> Mask | None:
    """0^y is 0 for all y > 0: of a base that stays 0 no derivative counts, though by the base itself it is infinite."""
    return Mask(y > 0, holds=False) if is_zero_throughout(x) else None


def negative_shortcut(x: Node) -> Node | None:
    """Two turns of a sign are none, also where a product or a quotient lies between them: that is exact."""
    if x.gate is negative:
        return x.inputs[0]
    if x.gate in (multiply, divide) and x.inputs[0].gate is negative:
        return x.gate(x.inputs[0].inputs[0], x.inputs[1])
    return None


def power_partial_spelled(x: Node, y: Node, by_x: int, by_y: int) -> Node:
    """The derivative as a sum of products, in the order of falling powers of the logarithm."""
    power = x ** (y - by_x) if by_x else x**y
    terms = []
    for order in range(min(by_x, by_y) + 1):
        factors = []
        coefficient = falling_factorial(y, by_x, order) if by_x else None
        if coefficient is not None and not coefficient.is_number(1.0):
            factors.append(coefficient)
        factors.append(power)
        if by_y - order:
            factors.append(np.log(x) ** (by_y - order))
        term = reduce(limit_product, factors)
        multiple = math.comb(by_y, order)
        terms.append(term if multiple == 1 else multiple * term)
    return add_up(terms)


def falling_factorial(y: Node, length: int, order: int) -> Node:
    """y (y - 1) ... of `length` factors differentiated, at most so many times: a product or a polynomial."""
    if order == 0:
        return reduce(lambda product, offset: product * (y - offset), range(1, length), y)
    coefficients = [1]  # of the falling powers of y, exactly
    for root in range(length):
        coefficients = [
            raised - root * lower for raised, lower in zip([*coefficients, 0], [0, *coefficients], strict=True)
        ]
    for _ in range(order):
        degree = len(coefficients) - 1
        coefficients = [(degree - position) * coefficient for position, coefficient in enumerate(coefficients[:-1])]
    result = y.graph.constant(float(coefficients[0]))
    for addend in coefficients[1:]:
        result = result * y if addend == 0 else result * y + float(addend)
    return result


def indefinite(x: Node, y: Node, by_x: int, by_y: int) -> Node:
    """Where the formula is 0 times infinity, and the derivative 0."""
    y = x.graph.constant(0.0) if y is x else y
    vanishes = y > float(by_x) if by_y else falling_factorial(y, by_x, 0).equals(0.0)
    return logic.all_of(x.equals(0.0), vanishes)


class Power(Elementwise):
    """NumPy's own power fills a buffer of rows; only a square root, which it takes for x^0.5, is another function."""

    def row_function(self, node: Node) -> Forward:
        exponent = node.inputs[1]
        return np.power if exponent.is_scalar_constant and exponent.value != 0.5 else self.over_rows


add = Elementwise(
    "add",
    np.add,
    lambda x, y, out: 1,
    lambda x, y, out: 1,
    operands=PAIR,
    notation=Infix("+", SUM),
    hazard=Hazard.ADDS,
    enclosure=intervals.total,
    summary="x + y",
    habit="distributes the upstream gradient to every input",
    source="by definition",
    samples=(at(2.0, -3.0), at(0.5, 0.25)),
)
subtract = Elementwise(
    "sub",
    np.subtract,
    lambda x, y, out: 1,
    lambda x, y, out: -1,
    operands=PAIR,
    notation=Infix("-", SUM, others=("−",), sign="−"),  # noqa: RUF001 - the minus sign
    hazard=Hazard.ADDS,
    enclosure=intervals.difference,
    summary="x - y",
    habit="distributes the upstream gradient, with its sign flipped for what is subtracted",
    source="by definition",
    samples=(at(2.0, -3.0), at(0.5, 0.25)),
)
multiply = Elementwise(
    "mul",
    np.multiply,
    lambda x, y, out: y,
    lambda x, y, out: x,
    operands=PAIR,
    notation=Infix("*", PRODUCT, others=("·", "×"), sign="×"),  # noqa: RUF001 - the multiplication sign
    shortcut=product_shortcut,
    rules={(0, 1): "product rule"},
    hazard=Hazard.OVERFLOWS,
    enclosure=intervals.product,
    summary="x * y",
    habit="swaps: each input gets the upstream gradient times the other input",
    source="by definition",
    samples=(at(2.0, -3.0), at(0.5, 0.25)),
)
divide = Elementwise(
    "div",
    np.divide,
    lambda x, y, out: 1 / y,
    lambda x, y, out: -(out / y),  # x/y^2, which would overflow first
    operands=PAIR,
    notation=Infix("/", PRODUCT, others=("÷",)),
    shortcut=quotient_shortcut,
    rules={(0, 1): "quotient rule", (1,): "quotient rule"},
    code={"latex": Template(r"\frac{{0}}{{1}}", UNARY)},
    hazard=Hazard.MAGNIFIES,
    enclosure=intervals.quotient,
    summary="x / y",
    habit="divides the gradient by y; y itself gets -x/y^2 of it",
    source="the quotient rule",
    samples=(at(2.0, -3.0), at(0.5, 0.25)),
)
ratio: Elementwise = Elementwise(
    "ratio",
    stable.ratio,
    lambda x, r, out: 1 / r,
    lambda x, r, out: -(out / r),
    operands=("x", "r"),
    textbook=lambda x, r: x / r,
    gap=Gap(lambda x, r: logic.all_of(x.equals(0.0), r.equals(0.0))),
    kernel=kernels.ratio,
    keeps_digits=True,
    summary="x / r, and 0 where both are 0",
    habit="divides the gradient by r",
    source="the convention for the norm of zeros",
    samples=(at(3.0, 5.0), at(-0.5, 0.75)),
    is_public=False,
)
negative = Elementwise(
    "neg",
    np.negative,
    lambda x, out: -1,
    notation=Prefix("-", UNARY, sign="(−)"),  # noqa: RUF001 - the minus sign
    methods=("negative",),
    shortcut=negative_shortcut,
    enclosure=intervals.opposite,
    summary="-x",
    habit="flips the sign of the gradient",
    source="by definition",
    samples=(at(2.0), at(-0.5)),
)
limit_product = Elementwise(
    "limit_product",
    stable.limit_product,
    lambda x, y, out: y,
    lambda x, y, out: x,
    operands=PAIR,
    routes=(None, lambda x, y, out: Mask(x)),
    notation=Infix("*", PRODUCT, sign="×"),  # noqa: RUF001 - the multiplication sign
    shortcut=limit_product_shortcut,
    textbook=lambda x, y: x * y,
    kernel=kernels.limit_product,
    keeps_digits=True,
    enclosure=intervals.product,
    summary="x * y, and 0 where x is 0 whatever y is",
    habit="swaps, as a product does",
    source="the limit that the corner table gives x^y at x = 0",
    samples=(at(2.0, -3.0), at(0.5, 0.25)),
    is_public=False,
)
power = Power(
    "pow",
    stable.power,
    lambda x, y, out: power_by_base(x, y),
    lambda x, y, out: power_by_exponent(x, y, out),
    operands=PAIR,
    routes=(unmoved_base, None),
    notation=Infix("^", POWER, associates="right", others=("**",)),
    shortcut=power_shortcut,
    quick=lambda x, y: square(x) if y.is_number(2.0) else None,
    rules={(0,): "power rule", (1,): "exponential rule"},
    code={"math": "pow", "latex": Template(r"{0}^{{1}}", POWER)},
    hazard=Hazard.OVERFLOWS,
    enclosure=intervals.power,
    summary="x ^ y, also written x ** y",
    habit="scales the gradient by y*x^(y-1); the exponent gets x^y*log(x) of it",
    source="DLMF 4.2.26; at x = 0 by the limit",
    samples=(at(2.0, 3.0), at(0.5, -1.5), at(3.0, 0.25)),
    corners=(
        Corner((0.0, 2.0), 0.0, (0.0, 0.0)),
        Corner((0.0, 1.0), 0.0, (1.0, 0.0)),
        Corner((0.0, 0.5), 0.0, (np.inf, 0.0)),
        Corner((0.0, 3.5), 0.0, (0.0, 0.0)),
    ),
)
square: Elementwise = Elementwise(
    "square",
    np.square,
    lambda x, out: 2 * x,
    textbook=lambda x: x**2,
    kernel=lambda x: x * x,
    rules={(0,): "power rule"},
    code={"latex": Template(r"{0}^2", POWER)},
    enclosure=intervals.between(0.0),
    summary="x squared",
    source="the power rule",
    samples=(at(2.0), at(-0.3)),
)
power_partial: Elementwise = Elementwise(
    "power_partial",
    powers.power_partial,
    lambda x, y, out: power_partial(x, y, by_x=out.settings["by_x"] + 1, by_y=out.settings["by_y"]),
    lambda x, y, out: power_partial(x, y, by_x=out.settings["by_x"], by_y=out.settings["by_y"] + 1),
    operands=("x", "y"),
    routes=(unmoved_base, None),
    attributes={"by_x": Attribute(shapes.as_order, 0), "by_y": Attribute(shapes.as_order, 0)},
    textbook=power_partial_spelled,
    gap=Gap(indefinite),
    kernel=power_partial_spelled,
    keeps_digits=True,
    summary="the derivative of x^y of these orders",
    habit="scales the gradient by the next derivatives of x^y",
    source="DLMF 4.2.26 and Leibniz' rule; at x = 0 by the limit",
    samples=(at(2.0, 3.0, by_x=1, by_y=0), at(0.5, -1.5, by_x=0, by_y=1), at(3.0, 0.25, by_x=2, by_y=2)),
    corners=(Corner((0.0, 2.0), 0.0, (0.0, 0.0)),),
    is_public=False,
)
modulo = Elementwise(
    "mod",
    np.mod,
    lambda x, y, out: 1,
    lambda x, y, out: -rounding.floor_divide(x, y),
    operands=PAIR,
    notation=Infix("%", PRODUCT, latex=r"\bmod"),
    enclosure=intervals.remainder,
    summary="x % y, the remainder with the sign of y, as in Python",
    habit="passes the gradient to x; y gets -(x // y) times it",
    source="x % y = x - y*(x // y)",
    samples=(at(7.3, 2.0), at(-7.3, 2.0), at(5.1, -1.5)),
)
