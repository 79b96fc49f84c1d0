"""Even functions of a radius, whose derivatives are found without quotients of what cancels near 0.

With s = r^2/2 such a function f has the derivatives f'(r)/r, (f'(r)/r)'/r … by s, which are smooth and even, too. For
f' = g, an odd function of the table, they come from the power series of g(z)/z where z is small. Each of them is one
gate, and its own derivative by z is z times the next.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

from backprop.autodiff import shapes
from backprop.autodiff.declaration.gate import REQUIRED, Attribute, Gap, at
from backprop.autodiff.declaration.kinds import Elementwise
from backprop.autodiff.declaration.sums import add_up
from backprop.autodiff.declaration.table import gate_named
from backprop.autodiff.evaluation.execution import run
from backprop.autodiff.evaluation.program import Program, lower
from backprop.autodiff.gates import limits, rounding
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.numerics.odd import OddSeries, derivative_series, even_polynomial


def over_argument(node: Node) -> Node:
    """g(z)/z for the node g(z), of an odd gate."""
    return node.graph.add(odd_quotient, node.inputs, (node.gate.name, 0))


def odd_series(of: str) -> OddSeries:
    """The series of the gate of that name."""
    series = gate_named(of).odd
    assert series is not None
    return series


def in_textbook(z: Node, of: str, order: int) -> Node:
    """(1/z d/dz)^order of g(z)/z, by quotients. Source: Rayleigh's formula, as DLMF 10.49.14 has it for the sine."""
    slope = gate_named(of)(z, **odd_series(of).settings)
    terms = []
    for count in range(order, -1, -1):  # so many of the derivatives are of the powers of z
        multiple = (-1) ** count * (math.perm(order + count, 2 * count) // math.factorial(count) // 2**count)
        term = slope / z ** (order + count + 1) if order + count else slope / z
        terms.append(term if multiple == 1 else multiple * term)
        if count:
            slope = limits.derivative(slope, z)
    return add_up(terms[::-1])


def in_kernel(z: Node, of: str, order: int) -> Node:
    """The same with the series where z is small."""
    coefficients, reach = series_of(of, order)
    square = z * z
    result = z.graph.constant(coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        result = result * square + coefficient
    plain = in_textbook(z, of, order)
    return (rounding.absolute(z) > reach).where(plain, result) if reach else z.equals(0.0).where(result, plain)


@lru_cache
def series_of(of: str, order: int) -> tuple[list[float], float]:
    """The coefficients by powers of z^2, and up to which |z| they are summed: of g(z)/z itself only at 0."""
    odd = odd_series(of)
    return (derivative_series(odd, order), odd.reach(order)) if order else (list(odd.coefficients(1)), 0.0)


@lru_cache
def away_from_zero(of: str, order: int) -> Program:
    """The program for the quotient as the textbook has it."""
    graph = Graph(is_typed=True)
    return lower([in_textbook(graph.input("z", ()), of, order)])


def value(z: Any, of: str, order: int) -> Any:
    """Of any shape, entry by entry."""
    coefficients, reach = series_of(of, order)
    is_near = np.abs(z) <= reach
    near = even_polynomial(coefficients, np.where(is_near, z, 0.0)) if np.any(is_near) else z
    if np.all(is_near):
        return near[()]
    (far,) = run(away_from_zero(of, order), {"z": np.where(is_near, reach, z)})
    return np.where(is_near, near, far)[()]


odd_quotient: Elementwise = Elementwise(
    "odd_quotient",
    value,
    lambda z, out: z * odd_quotient(z, of=out.settings["of"], order=out.settings["order"] + 1),
    operands=("z",),
    attributes={"of": Attribute(str, REQUIRED), "order": Attribute(shapes.as_order, REQUIRED)},
    textbook=in_textbook,
    gap=Gap(lambda z, of, order: z.equals(0.0), lambda z, of, order: series_of(of, order)[0][0]),
    kernel=in_kernel,
    summary="g(z)/z for an odd function g, differentiated by z^2/2 as often as `order` says",
    habit="scales the gradient by z times the next of these derivatives",
    source="the power series of g near 0, the quotient rule elsewhere",
    samples=(
        at(0.5, of="sin", order=0),
        at(-3.0, of="tanh", order=1),
        at(1e-9, of="atan", order=2),
        at(0.25, of="sinc_derivative", order=1),
    ),
    is_public=False,
)
