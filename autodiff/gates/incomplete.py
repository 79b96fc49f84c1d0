"""The regularised incomplete gamma and beta functions, their densities and their derivatives by every parameter."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from backprop.autodiff import shapes
from backprop.autodiff.declaration.gate import REQUIRED, Attribute, Corner, at
from backprop.autodiff.declaration.kinds import Elementwise
from backprop.autodiff.declaration.sums import add_up
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.gates import beta, exponential, slopes, special
from backprop.autodiff.numerics.routines import incomplete_beta, incomplete_gamma, over_entries

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node
    from backprop.autodiff.shapes import Array

MOST_OF_BETA = 15  # the order by each parameter for which the routine has room


def as_beta_order(value: Array) -> int:
    """The order of a derivative of betainc."""
    order = shapes.as_order(value)
    if order > MOST_OF_BETA:
        raise ExpressionError(f"order {order} is out of range", cure=f"orders run from 0 to {MOST_OF_BETA}")
    return order


def score(a: Node, x: Node) -> Node:
    """The derivative of the logarithm of the gamma density by a."""
    return exponential.log(x) - special.digamma(a)


def density_derivative(a: Node, x: Node, order: int) -> Node:
    """The derivative of the gamma density by a: D(n) = sum of C(n-1, k) D(n-1-k) g(k+1), g being log(density)."""
    found = [gamma_density(a, x)]
    for n in range(1, order + 1):
        of_logarithm = [score(a, x), *[-special.polygamma(a, order=k) for k in range(1, n)]]
        found.append(add_up([math.comb(n - 1, k) * (found[n - 1 - k] * of_logarithm[k]) for k in range(n)]))
    return found[order]


def beta_score(a: Node, b: Node, x: Node, k: int, j: int) -> Node:
    """The derivative of the logarithm of the beta density, k times by a and j times by b."""
    order = k + j - 1
    if k and j:
        return beta.polygamma_of(a + b, order)
    if k:
        change = beta.rise(a, b, order)
        return change if order else exponential.log(x) + change
    change = beta.rise(b, a, order)
    return change if order else exponential.log1p(-x) + change


def beta_density_derivative(a: Node, b: Node, x: Node, by_a: int, by_b: int) -> Node:
    """The same as density_derivative, by two parameters."""
    found: dict[tuple[int, int], Node] = {(0, 0): beta_density(a, b, x)}
    for n in range(by_a + 1):
        for m in range(by_b + 1):
            if n:
                terms = [
                    math.comb(n - 1, k) * math.comb(m, j) * (found[n - 1 - k, m - j] * beta_score(a, b, x, k + 1, j))
                    for k in range(n)
                    for j in range(m + 1)
                ]
                found[n, m] = add_up(terms)
            elif m:
                terms = [math.comb(m - 1, j) * (found[0, m - 1 - j] * beta_score(a, b, x, 0, j + 1)) for j in range(m)]
                found[0, m] = add_up(terms)
    return found[by_a, by_b]


gamma_density_slope: Elementwise = slopes.slope(
    "gamma_density_slope",
    over_entries(incomplete_gamma.gamma_density_slope),
    lambda a, x, out: out * score(a, x) + gamma_density(a, x) / x,
    lambda a, x, out: gamma_density(a, x) * ((((a - 1 - x) / x) ** 2) - (a - 1) / x**2),
    routine=incomplete_gamma.gamma_density_slope,
    of="the gamma density by x",
    operands=("a", "x"),
    textbook=lambda a, x: gamma_density(a, x) * ((a - 1 - x) / x),
    source="the chain rule",
    samples=(at(2.5, 1.25), at(0.5, 3.0), at(30.0, 25.0)),
)
gamma_density: Elementwise = slopes.slope(
    "gamma_density",
    over_entries(incomplete_gamma.gamma_density),
    lambda a, x, out: out * score(a, x),
    lambda a, x, out: gamma_density_slope(a, x),
    routine=incomplete_gamma.gamma_density,
    of="gammainc by x",
    operands=("a", "x"),
    textbook=lambda a, x: x ** (a - 1) * exponential.exp(-x) / special.gamma(a),
    source="DLMF 8.2.4",
    samples=(at(2.5, 1.25), at(0.5, 3.0), at(30.0, 25.0), at(1e3, 1e3), at(0.0625, 2.0)),
)
gammainc_derivative: Elementwise = Elementwise(
    "gammainc_derivative",
    over_entries(incomplete_gamma.gammainc_derivative),
    lambda a, x, out: gammainc_derivative(a, x, order=out.settings["order"] + 1),
    lambda a, x, out: density_derivative(a, x, out.settings["order"]),
    routine=incomplete_gamma.gammainc_derivative,
    operands=("a", "x"),
    attributes={"order": Attribute(special.as_positive_order, REQUIRED)},
    code={"latex": r"\operatorname{P}^{(<order>,0)}\left({0}, {1}\right)"},
    summary="the derivative of gammainc by a of that order",
    habit="scales the gradient by the next derivative for a, and by that of the density for x",
    source="DLMF 8.2.4 under the integral sign",
    samples=(at(60.0, 55.0, order=1), at(0.5, 60.0, order=1), at(52.0, 40.0, order=2)),
)
gammainc: Elementwise = Elementwise(
    "gammainc",
    over_entries(incomplete_gamma.gammainc),
    lambda a, x, out: gammainc_derivative(a, x, order=1),
    lambda a, x, out: gamma_density(a, x),
    routine=incomplete_gamma.gammainc,
    operands=("a", "x"),
    code={"latex": r"\operatorname{P}\left({0}, {1}\right)"},
    summary="the regularised lower incomplete gamma function, the gamma distribution function",
    habit="scales the gradient by x^(a-1)*exp(-x)/gamma(a) for x, and by gammainc_derivative for a",
    source="DLMF 8.2.4",
    samples=(at(2.5, 1.25), at(0.5, 3.0), at(30.0, 25.0), at(1e3, 1050.0), at(1e-9, 2.0), at(20.0, 1e-5)),
    corners=(Corner((2.5, 0.0), 0.0, (0.0, 0.0)), Corner((1.0, 0.0), 0.0, (0.0, 1.0))),
)
gammaincc: Elementwise = Elementwise(
    "gammaincc",
    over_entries(incomplete_gamma.gammaincc),
    lambda a, x, out: -gammainc_derivative(a, x, order=1),
    lambda a, x, out: -gamma_density(a, x),
    routine=incomplete_gamma.gammaincc,
    operands=("a", "x"),
    code={"latex": r"\operatorname{Q}\left({0}, {1}\right)"},
    summary="1 - gammainc(a, x), exact for large x",
    habit="scales the gradient by -x^(a-1)*exp(-x)/gamma(a) for x, and by -gammainc_derivative for a",
    source="DLMF 8.2.4",
    samples=(at(2.5, 1.25), at(0.5, 3.0), at(30.0, 75.0), at(1e3, 1050.0), at(1e-9, 2.0), at(0.5, 60.0)),
    corners=(Corner((2.5, 0.0), 1.0, (0.0, 0.0)), Corner((1.0, 0.0), 1.0, (0.0, -1.0))),
)
beta_density_slope: Elementwise = slopes.slope(
    "beta_density_slope",
    over_entries(incomplete_beta.beta_density_slope),
    lambda a, b, x, out: out * beta_score(a, b, x, 1, 0) + beta_density(a, b, x) / x,
    lambda a, b, x, out: out * beta_score(a, b, x, 0, 1) - beta_density(a, b, x) / (1 - x),
    lambda a, b, x, out: beta_density(a, b, x) * (odds_slope(a, b, x) ** 2 - (a - 1) / x**2 - (b - 1) / (1 - x) ** 2),
    routine=incomplete_beta.beta_density_slope,
    of="the beta density by x",
    operands=("a", "b", "x"),
    textbook=lambda a, b, x: beta_density(a, b, x) * odds_slope(a, b, x),
    source="the chain rule",
    samples=(at(2.5, 3.0, 0.25), at(0.5, 0.75, 0.9), at(20.0, 12.0, 0.5)),
)
beta_density: Elementwise = slopes.slope(
    "beta_density",
    over_entries(incomplete_beta.beta_density),
    lambda a, b, x, out: out * beta_score(a, b, x, 1, 0),
    lambda a, b, x, out: out * beta_score(a, b, x, 0, 1),
    lambda a, b, x, out: beta_density_slope(a, b, x),
    routine=incomplete_beta.beta_density,
    of="betainc by x",
    operands=("a", "b", "x"),
    textbook=lambda a, b, x: x ** (a - 1) * (1 - x) ** (b - 1) / beta.beta(a, b),
    source="DLMF 8.17.1",
    samples=(at(2.5, 3.0, 0.25), at(0.5, 0.75, 0.9), at(20.0, 12.0, 0.5), at(300.0, 150.0, 0.667)),
)


def odds_slope(a: Node, b: Node, x: Node) -> Node:
    """The derivative of the logarithm of the beta density by x."""
    return (a - 1) / x - (b - 1) / (1 - x)


betainc_derivative: Elementwise = Elementwise(
    "betainc_derivative",
    over_entries(incomplete_beta.betainc_derivative),
    lambda a, b, x, out: raised(a, b, x, out, 1, 0),
    lambda a, b, x, out: raised(a, b, x, out, 0, 1),
    lambda a, b, x, out: beta_density_derivative(a, b, x, out.settings["by_a"], out.settings["by_b"]),
    routine=incomplete_beta.betainc_derivative,
    operands=("a", "b", "x"),
    attributes={name: Attribute(as_beta_order, REQUIRED) for name in ("by_a", "by_b")},
    code={"latex": r"\operatorname{I}_{{2}}^{(<by_a>,<by_b>)}\left({0}, {1}\right)"},
    summary="the derivative of betainc, by_a times by a and by_b times by b",
    habit="scales the gradient by the next derivatives for a and b, and by that of the density for x",
    source="DLMF 8.17.2 under the integral sign",
    samples=(
        at(2.5, 3.0, 0.25, by_a=1, by_b=0),
        at(0.5, 0.75, 0.9, by_a=0, by_b=1),
        at(3.0, 2.0, 0.5, by_a=1, by_b=1),
    ),
)


def raised(a: Node, b: Node, x: Node, out: Node, more_by_a: int, more_by_b: int) -> Node:
    """The derivative that has been taken so many times more."""
    return betainc_derivative(a, b, x, by_a=out.settings["by_a"] + more_by_a, by_b=out.settings["by_b"] + more_by_b)


betainc: Elementwise = Elementwise(
    "betainc",
    over_entries(incomplete_beta.betainc),
    lambda a, b, x, out: betainc_derivative(a, b, x, by_a=1, by_b=0),
    lambda a, b, x, out: betainc_derivative(a, b, x, by_a=0, by_b=1),
    lambda a, b, x, out: beta_density(a, b, x),
    routine=incomplete_beta.betainc,
    operands=("a", "b", "x"),
    code={"latex": r"\operatorname{I}_{{2}}\left({0}, {1}\right)"},
    summary="the regularised incomplete beta function, the beta distribution function",
    habit="scales the gradient by the beta density for x, and by betainc_derivative for a and b",
    source="DLMF 8.17.2",
    samples=(
        at(2.5, 3.0, 0.25), at(0.5, 0.75, 0.9), at(20.0, 12.0, 0.5), at(60.0, 30.0, 0.667), at(0.125, 20.0, 1e-9),
    ),
    corners=(Corner((2.5, 3.0, 0.0), 0.0, (0.0, 0.0, 0.0)), Corner((2.5, 1.0, 1.0), 1.0, (0.0, 0.0, 2.5))),
)  # fmt: skip
