"""The beta function, its logarithm and the binomial coefficient."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial, reduce
from itertools import product
from typing import TYPE_CHECKING

from backprop.autodiff import shapes
from backprop.autodiff.declaration.gate import REQUIRED, Attribute, Corner, Gap, at
from backprop.autodiff.declaration.kinds import Elementwise
from backprop.autodiff.declaration.sums import add_up
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.gates import logic, rounding, slopes, special
from backprop.autodiff.numerics import beta as numerics
from backprop.autodiff.numerics.routines import beta as routines
from backprop.autodiff.numerics.routines import beta_derivatives as derivatives
from backprop.autodiff.numerics.routines import of_numbers
from backprop.autodiff.shapes import Array

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node

MOST_ORDERS = 15  # by each operand: for which the routines have room


def polygamma_of(x: Node, order: int) -> Node:
    """The derivative of digamma of that order, 0 being digamma itself."""
    return special.polygamma(x, order=order) if order else special.digamma(x)


def rise(x: Node, h: Node, order: int = 0) -> Node:
    return polygamma_difference(x, h, order=order)


def by_logarithm(value: Node, score: Callable[[int, int], Node], by_x: int, by_y: int) -> Node:
    """The derivative of a value of these orders, `score` giving those of its logarithm: from the last order down."""
    by_order: dict[tuple[int, int], Node] = {(0, 0): value}
    for i, j in product(range(by_x + 1), range(by_y + 1)):
        if i or j:
            more_x, more_y = (1, 0) if i else (0, 1)
            by_order[i, j] = add_up(
                [
                    math.comb(i - more_x, p)
                    * math.comb(j - more_y, q)
                    * (by_order[i - more_x - p, j - more_y - q] * score(p + more_x, q + more_y))
                    for p in range(i - more_x + 1)
                    for q in range(j - more_y + 1)
                ]
            )
    return by_order[by_x, by_y]


def binom_score(n: Node, k: Node, i: int, j: int) -> Node:
    """The derivative of the logarithm of binom, i times by n and j times by k."""
    below = polygamma_of(n - k + 1, i + j - 1)
    if i and j:
        return below if j % 2 else -below
    if i:
        return polygamma_of(n + 1, i - 1) - below
    return (below if j % 2 else -below) - polygamma_of(k + 1, j - 1)


def beta_score(a: Node, b: Node, i: int, j: int) -> Node:
    """The same of beta, by a and by b."""
    together = polygamma_of(a + b, i + j - 1)
    if i and j:
        return -together
    return polygamma_of(a if i else b, i + j - 1) - together


def raised(gate: Elementwise, out: Node, *more: int) -> Node:
    """The derivative, which the gate is of some orders, taken so many times more by each of its operands."""
    orders = zip(out.settings.items(), more, strict=True)
    return gate(*out.inputs, **{name: order + added for (name, order), added in orders})


def at_a_pole(*parts: Node) -> Node:
    """Where one of these is 0, or a negative whole number."""
    poles = [logic.logical_and(part < 1.0, part.equals(rounding.floor(part))) for part in parts]
    return reduce(logic.logical_or, poles)


def its_limit(*operands: Node, **attributes: int) -> None:
    """The value of a gate in a gap of its form."""


polygamma_difference: Elementwise = slopes.slope(
    "polygamma_difference",
    lambda x, h, order: numerics.polygamma_difference(order, x, h),
    lambda x, h, out: rise(x, h, out.settings["order"] + 1),
    lambda x, h, out: polygamma_of(x + h, out.settings["order"] + 1),
    of="lgamma, of some order, between x and x + h",
    routine=routines.polygamma_difference,
    operands=("x", "h"),
    attributes={"order": Attribute(shapes.as_order, REQUIRED)},
    textbook=lambda x, h, order: polygamma_of(x + h, order) - polygamma_of(x, order),
    gap=Gap(lambda x, h, order: logic.logical_and(at_a_pole(x), at_a_pole(x + h)), its_limit),
    source="DLMF 5.15.1",
    samples=(at(2.5, 3.0, order=0), at(2.5, 1e-9, order=0), at(-1.3, 0.25, order=1), at(1e6, 1e-3, order=2)),
)
lbeta = Elementwise(
    "lbeta",
    of_numbers(routines.lbeta, numerics.lbeta),
    lambda a, b, out: -rise(a, b),
    lambda a, b, out: -rise(b, a),
    routine=routines.lbeta,
    operands=("a", "b"),
    aliases=("betaln", "lnbeta"),
    code={"latex": r"\log\left|\operatorname{B}\left({0}, {1}\right)\right|"},
    summary="log(abs(beta(a, b))), without overflow",
    habit="scales the gradient by digamma(a) - digamma(a + b) for a, and alike for b",
    source="DLMF 5.12.1",
    samples=(at(2.5, 3.0), at(0.5, -1.25), at(150.0, 30.0), at(1e10, 0.5), at(1e-9, 2.0)),
)
beta = Elementwise(
    "beta",
    of_numbers(routines.beta, numerics.beta),
    lambda a, b, out: beta_slope(a, b, by_a=1),
    lambda a, b, out: beta_slope(a, b, by_b=1),
    routine=routines.beta,
    operands=("a", "b"),
    code={"latex": r"\operatorname{B}\left({0}, {1}\right)"},
    summary="gamma(a)*gamma(b)/gamma(a + b)",
    habit="scales the gradient by beta(a, b)*(digamma(a) - digamma(a + b)) for a, and alike for b",
    source="DLMF 5.12.1",
    samples=(at(2.5, 3.0), at(0.5, -1.25), at(15.0, 30.0), at(1e10, 0.5), at(0.25, 2.0)),
)


def as_derivative_order(value: Array) -> int:
    order = shapes.as_order(value)
    if order > MOST_ORDERS:
        raise ExpressionError(f"order {order} is out of range", cure=f"orders run from 0 to {MOST_ORDERS}")
    return order


beta_slope: Elementwise = slopes.slope(
    "beta_slope",
    numerics.beta_slope,
    lambda a, b, out: raised(beta_slope, out, 1, 0),
    lambda a, b, out: raised(beta_slope, out, 0, 1),
    routine=derivatives.beta_slope,
    of="beta, by its operands as often as the orders say",
    operands=("a", "b"),
    attributes={name: Attribute(as_derivative_order, 0) for name in ("by_a", "by_b")},
    textbook=lambda a, b, by_a, by_b: by_logarithm(beta(a, b), partial(beta_score, a, b), by_a, by_b),
    gap=Gap(lambda a, b, by_a, by_b: at_a_pole(a, b, a + b), its_limit),
    source="DLMF 5.12.1 and 5.2.2; at the zeros DLMF 5.5.3",
    samples=(at(2.5, 3.0, by_a=1), at(0.5, -1.25, by_b=1), at(1.5, 3.0, by_a=1, by_b=1)),
)
binom_slope: Elementwise = slopes.slope(
    "binom_slope",
    numerics.binom_slope,
    lambda n, k, out: raised(binom_slope, out, 1, 0),
    lambda n, k, out: raised(binom_slope, out, 0, 1),
    routine=derivatives.binom_slope,
    of="binom, by its operands as often as the orders say",
    operands=("n", "k"),
    attributes={name: Attribute(as_derivative_order, 0) for name in ("by_n", "by_k")},
    textbook=lambda n, k, by_n, by_k: by_logarithm(binom(n, k), partial(binom_score, n, k), by_n, by_k),
    gap=Gap(lambda n, k, by_n, by_k: at_a_pole(n + 1, k + 1, n - k + 1), its_limit),
    source="DLMF 5.5.1 and 5.2.2; at the zeros DLMF 5.5.3",
    samples=(at(5.5, 2.5, by_n=1, by_k=1), at(10.5, 3.25, by_k=1), at(-2.5, 0.75, by_n=1), at(1e10, 1.5, by_n=1)),
)
binom: Elementwise = Elementwise(
    "binom",
    of_numbers(routines.binom, numerics.binom),
    lambda n, k, out: binom_slope(n, k, by_n=1),
    lambda n, k, out: binom_slope(n, k, by_k=1),
    routine=routines.binom,
    operands=("n", "k"),
    aliases=("binomial",),
    code={"latex": r"\binom{{0}}{{1}}"},
    summary="the binomial coefficient gamma(n + 1)/(gamma(k + 1)*gamma(n - k + 1))",
    habit="scales the gradient by the coefficient and a difference of two digammas for each operand",
    source="DLMF 5.5.1 and 5.2.2",
    corners=(Corner((3.0, 4.0), 0.0, (0.25, -0.25)), Corner((2.5, -2.0), 0.0, (0.0, -4 / 63))),
    samples=(at(5.0, 2.0), at(10.5, 3.25), at(-2.5, 0.75), at(1e10, 1.5), at(60.0, 25.0)),
)
