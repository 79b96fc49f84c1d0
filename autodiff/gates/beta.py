"""The beta function, its logarithm and the binomial coefficient."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backprop.autodiff import shapes
from backprop.autodiff.declaration.gate import REQUIRED, Attribute, Corner, Gap, at
from backprop.autodiff.declaration.kinds import Elementwise
from backprop.autodiff.gates import logic, rounding, slopes, special
from backprop.autodiff.numerics import beta as numerics
from backprop.autodiff.numerics.routines import beta as routines

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node


def polygamma_of(x: Node, order: int) -> Node:
    """The derivative of digamma of that order, 0 being digamma itself."""
    return special.polygamma(x, order=order) if order else special.digamma(x)


def rise(x: Node, h: Node, order: int = 0) -> Node:
    return polygamma_difference(x, h, order=order)


def by_n(n: Node, k: Node) -> Node:
    """The derivative of log(binom(n, k)) by n."""
    return rise(n - k + 1, k)


def by_k(n: Node, k: Node) -> Node:
    """The derivative of log(binom(n, k)) by k."""
    return rise(k + 1, n - 2 * k)


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
    source="DLMF 5.15.1",
    samples=(at(2.5, 3.0, order=0), at(2.5, 1e-9, order=0), at(-1.3, 0.25, order=1), at(1e6, 1e-3, order=2)),
)
lbeta = Elementwise(
    "lbeta",
    numerics.lbeta,
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
    numerics.beta,
    lambda a, b, out: -(out * rise(a, b)),
    lambda a, b, out: -(out * rise(b, a)),
    routine=routines.beta,
    operands=("a", "b"),
    code={"latex": r"\operatorname{B}\left({0}, {1}\right)"},
    summary="gamma(a)*gamma(b)/gamma(a + b)",
    habit="scales the gradient by beta(a, b)*(digamma(a) - digamma(a + b)) for a, and alike for b",
    source="DLMF 5.12.1",
    samples=(at(2.5, 3.0), at(0.5, -1.25), at(15.0, 30.0), at(1e10, 0.5), at(0.25, 2.0)),
)


def at_a_pole(n: Node, k: Node) -> Node:
    """Where a gamma function of the binomial has a pole: one of n, k and n - k is a negative whole number."""
    poles = [logic.logical_and(part < 0.0, part.equals(rounding.floor(part))) for part in (n, k, n - k)]
    return logic.logical_or(logic.logical_or(poles[0], poles[1]), poles[2])


BINOMIAL_GAP = Gap(at_a_pole, lambda n, k: None)

binom_slope_n: Elementwise = slopes.slope(
    "binom_slope_n",
    lambda n, k: numerics.binom_slope(n, k, by_k=False),
    lambda n, k, out: out * by_n(n, k) + binom(n, k) * rise(n - k + 1, k, order=1),
    lambda n, k, out: binom_slope_k(n, k) * by_n(n, k) + binom(n, k) * polygamma_of(n - k + 1, 1),
    routine=routines.binom_slope_n,
    of="binom by n",
    operands=("n", "k"),
    textbook=lambda n, k: binom(n, k) * (polygamma_of(n + 1, 0) - polygamma_of(n - k + 1, 0)),
    gap=BINOMIAL_GAP,
    source="DLMF 5.5.1 and 5.2.2; at the zeros DLMF 5.5.3",
    samples=(at(5.5, 2.5), at(10.5, 3.25), at(-2.5, 0.75), at(1e10, 1.5), at(60.0, 25.0)),
)
binom_slope_k: Elementwise = slopes.slope(
    "binom_slope_k",
    lambda n, k: numerics.binom_slope(n, k, by_k=True),
    lambda n, k, out: out * by_n(n, k) + binom(n, k) * polygamma_of(n - k + 1, 1),
    lambda n, k, out: out * by_k(n, k) - binom(n, k) * (polygamma_of(n - k + 1, 1) + polygamma_of(k + 1, 1)),
    routine=routines.binom_slope_k,
    of="binom by k",
    operands=("n", "k"),
    textbook=lambda n, k: binom(n, k) * (polygamma_of(n - k + 1, 0) - polygamma_of(k + 1, 0)),
    gap=BINOMIAL_GAP,
    source="DLMF 5.5.1 and 5.2.2; at the zeros DLMF 5.5.3",
    samples=(at(5.5, 2.5), at(10.5, 3.25), at(-2.5, 0.75), at(1e10, 1.5), at(60.0, 25.0)),
)
binom: Elementwise = Elementwise(
    "binom",
    numerics.binom,
    lambda n, k, out: binom_slope_n(n, k),
    lambda n, k, out: binom_slope_k(n, k),
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
