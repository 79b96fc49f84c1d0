"""The regularised incomplete gamma and beta functions, their densities and their derivatives by every parameter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from backprop.autodiff import shapes
from backprop.autodiff.declaration.gate import REQUIRED, Attribute, Corner, Gap, at
from backprop.autodiff.declaration.kinds import Elementwise
from backprop.autodiff.declaration.sums import add_up
from backprop.autodiff.gates import beta, exponential, logic, slopes, special
from backprop.autodiff.numerics.routines import incomplete_beta, incomplete_gamma, over_entries

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node


def density_in_words(a: Node, x: Node, order: int) -> Node:
    """The derivative of the gamma density by a: D(n) = sum of C(n-1, k) D(n-1-k) g(k+1), g being log(density)."""
    by_order = [x ** (a - 1) * exponential.exp(-x) / special.gamma(a)]
    for n in range(1, order + 1):
        score = exponential.log(x) - special.digamma(a)
        of_logarithm = [score, *[-special.polygamma(a, order=k) for k in range(1, n)]]
        by_order.append(add_up([math.comb(n - 1, k) * (by_order[n - 1 - k] * of_logarithm[k]) for k in range(n)]))
    return by_order[order]


def gamma_slope(a: Node, x: Node, order: int) -> Node:
    """The derivative of that by x, by Leibniz's rule from density*((a - 1 - x)/x)."""
    return leibniz([(a - 1 - x) / x, 1 / x], [gamma_density(a, x, order=n) for n in range(order, -1, -1)])


def gamma_curvature(a: Node, x: Node, order: int) -> Node:
    """The second derivative by x, from density*((a - 1 - x)^2 - (a - 1))/x^2."""
    above = a - 1 - x
    factors = [(above / x) ** 2 - (a - 1) / x**2, (2 * above - 1) / x**2, 2 / x**2]
    return leibniz(factors, [gamma_density(a, x, order=n) for n in range(order, -1, -1)])


def leibniz(first: Sequence[Node], second: Sequence[Node]) -> Node:
    """The derivative of a product: of the first factor from order 0 up, of the second from the last down."""
    order = len(second) - 1
    pairs = enumerate(zip(first, second, strict=False))  # what is not there of the first factor is 0
    return add_up([math.comb(order, k) * (one * other) for k, (one, other) in pairs])


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


def beta_density_in_words(a: Node, b: Node, x: Node, by_a: int, by_b: int) -> Node:
    """The same as density_in_words, by two parameters."""
    density = x ** (a - 1) * (1 - x) ** (b - 1) / beta.beta(a, b)
    return beta.by_logarithm(density, partial(beta_score, a, b, x), by_a, by_b)


def beta_slope(a: Node, b: Node, x: Node, by_a: int, by_b: int) -> Node:
    """The derivative of that by x, from density*((a - 1)/x - (b - 1)/(1 - x))."""
    terms = [beta_density(a, b, x, by_a=by_a, by_b=by_b) * ((a - 1) / x - (b - 1) / (1 - x))]
    if by_a:
        terms.append(by_a * (beta_density(a, b, x, by_a=by_a - 1, by_b=by_b) / x))
    if by_b:
        terms.append(-by_b * (beta_density(a, b, x, by_a=by_a, by_b=by_b - 1) / (1 - x)))
    return add_up(terms)


def beta_curvature(a: Node, b: Node, x: Node, by_a: int, by_b: int) -> Node:
    """The second derivative by x, from slope*((a - 1)/x - (b - 1)/(1 - x)) - density*((a - 1)/x^2 + ...)."""
    terms = [beta_density_slope(a, b, x, by_a=by_a, by_b=by_b) * ((a - 1) / x - (b - 1) / (1 - x))]
    terms.append(-(beta_density(a, b, x, by_a=by_a, by_b=by_b) * ((a - 1) / x**2 + (b - 1) / (1 - x) ** 2)))
    if by_a:
        slope, density = (gate(a, b, x, by_a=by_a - 1, by_b=by_b) for gate in (beta_density_slope, beta_density))
        terms.append(by_a * (slope / x - density / x**2))
    if by_b:
        slope, density = (gate(a, b, x, by_a=by_a, by_b=by_b - 1) for gate in (beta_density_slope, beta_density))
        terms.append(-by_b * (slope / (1 - x) + density / (1 - x) ** 2))
    return add_up(terms)


def at_an_end(a: Node, b: Node, x: Node, by_a: int, by_b: int) -> Node:
    return logic.logical_or(x.equals(0.0), x.equals(1.0))


OF_GAMMA = {"order": Attribute(shapes.as_order, 0)}
OF_BETA = {name: Attribute(beta.as_derivative_order, 0) for name in ("by_a", "by_b")}

gamma_density_slope: Elementwise = slopes.slope(
    "gamma_density_slope",
    over_entries(incomplete_gamma.gamma_density_slope),
    lambda a, x, out: gamma_density_slope(a, x, order=out.settings["order"] + 1),
    lambda a, x, out: gamma_curvature(a, x, out.settings["order"]),
    routine=incomplete_gamma.gamma_density_slope,
    of="the gamma density by x",
    operands=("a", "x"),
    attributes=OF_GAMMA,
    textbook=gamma_slope,
    gap=Gap(
        lambda a, x, order: logic.logical_or(x.equals(0.0), a.equals(0.0)) if order else x.equals(0.0), beta.its_limit
    ),
    source="the chain rule",
    samples=(at(2.5, 1.25), at(0.5, 3.0), at(30.0, 25.0), at(1e-9, 2.0, order=1), at(20.0, 12.0, order=2)),
)
gamma_density: Elementwise = slopes.slope(
    "gamma_density",
    over_entries(incomplete_gamma.gamma_density),
    lambda a, x, out: gamma_density(a, x, order=out.settings["order"] + 1),
    lambda a, x, out: gamma_density_slope(a, x, order=out.settings["order"]),
    routine=incomplete_gamma.gamma_density,
    of="gammainc by x",
    operands=("a", "x"),
    attributes=OF_GAMMA,
    textbook=density_in_words,
    gap=Gap(
        lambda a, x, order: logic.logical_or(x.equals(0.0), a.equals(0.0)) if order else a.graph.constant(0.0),
        beta.its_limit,
    ),
    source="DLMF 8.2.4",
    samples=(
        at(2.5, 1.25), at(0.5, 3.0), at(30.0, 25.0), at(1e3, 1e3), at(1e-9, 2.0), at(1e-9, 2.0, order=2),
        at(20.0, 12.0, order=1),
    ),
)  # fmt: skip
gammainc_derivative: Elementwise = Elementwise(
    "gammainc_derivative",
    over_entries(incomplete_gamma.gammainc_derivative),
    lambda a, x, out: gammainc_derivative(a, x, order=out.settings["order"] + 1),
    lambda a, x, out: gamma_density(a, x, order=out.settings["order"]),
    routine=incomplete_gamma.gammainc_derivative,
    operands=("a", "x"),
    attributes={"order": Attribute(special.as_positive_order, REQUIRED)},
    code={"latex": r"\operatorname{P}^{(<order>,0)}\left({0}, {1}\right)"},
    summary="the derivative of gammainc by a of that order",
    habit="scales the gradient by the next derivative for a, and by that of the density for x",
    source="DLMF 8.2.4 under the integral sign",
    samples=(at(2.5, 1.25, order=1), at(0.5, 60.0, order=1), at(52.0, 40.0, order=2)),
)
gammainc: Elementwise = Elementwise(
    "gammainc",
    over_entries(incomplete_gamma.gammainc),
    lambda a, x, out: gammainc_derivative(a, x, order=1),
    lambda a, x, out: gamma_density(a, x, order=0),
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
    lambda a, x, out: -gamma_density(a, x, order=0),
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
    lambda a, b, x, out: beta.raised(beta_density_slope, out, 1, 0),
    lambda a, b, x, out: beta.raised(beta_density_slope, out, 0, 1),
    lambda a, b, x, out: beta_curvature(a, b, x, **out.settings),
    routine=incomplete_beta.beta_density_slope,
    of="the beta density by x",
    operands=("a", "b", "x"),
    attributes=OF_BETA,
    textbook=beta_slope,
    gap=Gap(at_an_end, beta.its_limit),
    source="the chain rule",
    samples=(at(2.5, 3.0, 0.25), at(0.5, 0.75, 0.9), at(20.0, 12.0, 0.5), at(2.5, 0.25, 0.5, by_a=1, by_b=1)),
)
beta_density: Elementwise = slopes.slope(
    "beta_density",
    over_entries(incomplete_beta.beta_density),
    lambda a, b, x, out: beta.raised(beta_density, out, 1, 0),
    lambda a, b, x, out: beta.raised(beta_density, out, 0, 1),
    lambda a, b, x, out: beta_density_slope(a, b, x, **out.settings),
    routine=incomplete_beta.beta_density,
    of="betainc by x",
    operands=("a", "b", "x"),
    attributes=OF_BETA,
    textbook=beta_density_in_words,
    gap=Gap(
        lambda a, b, x, by_a, by_b: at_an_end(a, b, x, by_a, by_b) if by_a or by_b else a.graph.constant(0.0),
        beta.its_limit,
    ),
    source="DLMF 8.17.1",
    samples=(
        at(2.5, 3.0, 0.25), at(0.5, 0.75, 0.9), at(20.0, 12.0, 0.5), at(300.0, 150.0, 0.667),
        at(1e-9, 2.0, 0.25, by_a=2), at(2.5, 0.25, 0.5, by_a=1, by_b=1),
    ),
)  # fmt: skip


betainc_derivative: Elementwise = Elementwise(
    "betainc_derivative",
    over_entries(incomplete_beta.betainc_derivative),
    lambda a, b, x, out: beta.raised(betainc_derivative, out, 1, 0),
    lambda a, b, x, out: beta.raised(betainc_derivative, out, 0, 1),
    lambda a, b, x, out: beta_density(a, b, x, **out.settings),
    routine=incomplete_beta.betainc_derivative,
    operands=("a", "b", "x"),
    attributes={name: Attribute(beta.as_derivative_order, REQUIRED) for name in ("by_a", "by_b")},
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


betainc: Elementwise = Elementwise(
    "betainc",
    over_entries(incomplete_beta.betainc),
    lambda a, b, x, out: betainc_derivative(a, b, x, by_a=1, by_b=0),
    lambda a, b, x, out: betainc_derivative(a, b, x, by_a=0, by_b=1),
    lambda a, b, x, out: beta_density(a, b, x, by_a=0, by_b=0),
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
