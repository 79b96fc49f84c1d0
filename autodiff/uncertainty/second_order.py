"""The uncertainty to second order, with exact second and third derivatives. Decides nothing.

Source: GUM (JCGM 100:2008), note to 5.1.2: with derivatives f_i, f_ij and f_ijj of independent inputs that are
symmetric about their estimates, u^2 = sum f_i^2 u_i^2 + sum_ij (f_ij^2/2 + f_i f_ijj) u_i^2 u_j^2. For correlated
inputs it is the variance of the quadratic polynomial of normal ones, g'Vg + tr(HVHV)/2, by Isserlis' theorem.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from backprop.autodiff.derivatives.matrices import MAXIMUM_RESULT
from backprop.autodiff.derivatives.matrices import second_order as derivatives_of
from backprop.autodiff.derivatives.programs import AtPoint, Derived, seed_input, seed_name
from backprop.autodiff.evaluation.program import lower
from backprop.autodiff.graph import Graph
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.passes.forward import tangents_of
from backprop.autodiff.passes.sides import to_differentiate
from backprop.autodiff.shapes import Array
from backprop.autodiff.uncertainty.inputs import Inputs
from backprop.autodiff.uncertainty.numbers import Matrix, Vector, scale_of, total

GUM = "GUM 5.1.2"
QUADRATIC = "quadratic"
DIRECTION, ALONG = "direction", "weighted direction"


class SecondOrderUncertainty(NamedTuple):
    """The standard uncertainty by a `formula`, and the `bias`: how far the mean lies from the value.

    `quadratic` is the one of the quadratic polynomial, `negative` whether GUM 5.1.2 gave a variance below zero.
    Those inputs are `vanishing` whose first derivative is zero though a second one is not.
    """

    uncertainty: float
    bias: float
    formula: str
    quadratic: float
    is_negative: bool
    vanishing: tuple[str, ...]


def second_order(graph: Graph, inputs: Inputs, slopes: Vector) -> SecondOrderUncertainty | None:
    """The uncertainty to second order, where the gradient is `slopes`; None for too many inputs for a Hessian."""
    if len(inputs.entries) ** 2 > MAXIMUM_RESULT:
        return None
    hessian = derivatives_of(graph, inputs.values, inputs.names, MAXIMUM_RESULT).matrix
    with np.errstate(all="ignore"):
        scaled = scaled_by(hessian, inputs.uncertainties)
        parts = slopes * inputs.uncertainties
        scale = scale_of(np.concatenate([parts, scaled.ravel()]))
        parts, scaled = parts / scale, scaled / scale
        moved = scaled if inputs.correlation is None else scaled @ inputs.correlation
        bias = float(np.trace(moved)) / 2.0 * scale
        curvature = (moved * moved.T).sum(axis=1) / 2.0
        linear = float(parts @ inputs.correlated(parts))
        quadratic = linear + total(curvature)
        vanishing = tuple(
            [
                entry
                for entry, slope, row in zip(inputs.entries, slopes, scaled, strict=True)
                if slope == 0.0 and (row != 0).any()
            ]
        )
    uncertainty = scale * root(quadratic)
    bent = SecondOrderUncertainty(uncertainty, bias, QUADRATIC, uncertainty, False, vanishing)
    if inputs.correlation is not None:
        return bent
    with np.errstate(all="ignore"):
        variance = quadratic + total(third_order(graph, inputs, slopes, scale))
    if not variance >= 0.0:
        return bent._replace(is_negative=variance < 0.0)
    return bent._replace(uncertainty=scale * root(variance), formula=GUM)


def scaled_by(hessian: Matrix, uncertainties: Vector) -> Matrix:
    """What second derivatives make of one standard uncertainty each; 0 beside an infinite factor stays 0."""
    scaled = np.zeros_like(hessian)
    np.multiply(hessian, uncertainties, out=scaled, where=hessian != 0)
    return np.multiply(scaled, uncertainties[:, None], out=scaled, where=hessian != 0)


def root(variance: float) -> float:
    return math.sqrt(variance) if variance >= 0.0 else math.nan


def third_order(graph: Graph, inputs: Inputs, slopes: Vector, scale: float) -> list[float]:
    """For each input j the sum over i of f_i u_i^2 f_ijj u_j^2, over the scale's square: a third derivative along two
    directions.
    """
    if not np.any(slopes):
        return [0.0]
    along = inputs.split(slopes * inputs.uncertainties / scale * inputs.uncertainties)
    directions = [direction_for(inputs, entry) for entry in range(len(inputs.entries))]
    arrays = {**inputs.values, **named(DIRECTION, directions[0]), **named(ALONG, along)}

    def make(typed: Graph) -> AtPoint:
        node = typed.result
        for kind in (DIRECTION, DIRECTION, ALONG):
            seeds = {typed.inputs[name]: seed_input(typed, seed_name(kind, name), arrays) for name in inputs.names}
            (tangent,) = tangents_of([node], seeds)
            (node,) = to_differentiate([tangent], node)
        return AtPoint(lower([node]))

    derivatives = []
    for direction in directions:
        arrays |= named(DIRECTION, direction)
        (derivative,) = Derived(graph, ("third derivative", inputs.names), arrays, make).numbers()
        derivatives.append(float(derivative) / scale)
    return derivatives


def named(kind: str, direction: Mapping[str, Array]) -> dict[str, Array]:
    return {seed_name(kind, name): np.asarray(part)[()] for name, part in direction.items()}


def direction_for(inputs: Inputs, entry: int) -> dict[str, Array]:
    """One standard uncertainty of one entry."""
    unit = np.zeros(len(inputs.uncertainties))
    unit[entry] = inputs.uncertainties[entry]
    return inputs.split(unit)
