"""What kind of point it is where the gradient is zero, from the Hessian's eigenvalues. Differentiates nothing."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from backprop.autodiff.derivatives.matrices import SecondOrder
from backprop.autodiff.derivatives.sweeps import Matrix
from backprop.autodiff.evaluation.execution import run
from backprop.autodiff.evaluation.program import lower
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.shapes import Array

EPSILON = sys.float_info.epsilon
STEP = 2.0**-20  # of a coordinate, to a point beside it
STEP_FROM_ZERO = 2.0**-300  # as short as leaves products of two such steps above the least double
ROUNDINGS = 8  # how many roundings of its terms a sum may be away from zero and still count as zero


class Nature(NamedTuple):
    """The Hessian's eigenvalues in rising order, and the `kind` of critical point.

    `kind` is minimum, maximum, saddle or undecided, or None where the gradient is not zero.
    """

    eigenvalues: Matrix
    kind: str | None


def nature(derivatives: SecondOrder, values: Mapping[str, Array]) -> Nature | None:
    """The nature of the point `values`; None where the gradient or the Hessian is not finite."""
    slopes = [np.ravel(entries) for entries in derivatives.gradient.values()]
    gradient = np.concatenate(slopes) if slopes else np.zeros(0)
    if not len(gradient) or not np.isfinite(gradient).all() or not np.isfinite(derivatives.matrix).all():
        return None
    eigenvalues = np.asarray(np.linalg.eigvalsh((derivatives.matrix + derivatives.matrix.T) / 2), dtype=np.float64)
    bound = uncertainty(derivatives, values)
    if not np.all(np.abs(gradient) <= bound):
        return Nature(eigenvalues, None)
    kind = kind_of(eigenvalues)
    return Nature(eigenvalues, kind if kind == "undecided" or holds_beside(derivatives, values, bound) else "undecided")


def holds_beside(derivatives: SecondOrder, values: Mapping[str, Any], bound: Matrix) -> bool:
    """Whether the gradients beside the point rise and fall along each eigenvector as the Hessian says.

    Where a kink is hit, they need not: the gradient at x = 0 of x^2 - abs(x) is 0 by convention, and beside it -1 and
    1; and the Hessian may be the mean of that of several sides. `bound` is how far rounding moves a gradient.
    """
    eigenvalues, vectors = np.linalg.eigh((derivatives.matrix + derivatives.matrix.T) / 2)
    directions, rises = vectors.T, eigenvalues > 0
    if rises.all() or not rises.any():  # then along any direction, and along an axis each gradient stands alone
        directions = np.concatenate([directions, np.eye(len(eigenvalues))])
        rises = np.resize(rises, len(directions))
    program = lower(derivatives.slopes)
    for direction, is_rise in zip(np.concatenate([directions, -directions]), np.tile(rises, 2), strict=True):
        beside, start = dict(values), 0
        for node in derivatives.inputs:
            value = np.asarray(values[str(node.name)], dtype=np.float64)
            along = direction[start : start + value.size].reshape(value.shape)
            beside[str(node.name)] = (value + along * np.where(value == 0, STEP_FROM_ZERO, STEP * np.abs(value)))[()]
            start += value.size
        slopes = np.concatenate([np.ravel(entries) for entries in run(program, beside)])
        slope = float(direction @ slopes) if is_rise else -float(direction @ slopes)
        if slope < -float(np.abs(direction) @ bound):
            return False
    return True


def uncertainty(derivatives: SecondOrder, values: Mapping[str, Any]) -> Matrix:
    """How far from zero rounding alone may leave each entry of a gradient that is zero.

    A critical point as a rule is no double: rounding coordinate x_j by eps*|x_j|/2 moves gradient i by
    |H_ij|*eps*|x_j|/2. And a sum of terms that cancel is off by some eps times the size of the terms.
    Both scale with the variables and with the function, as a fixed tolerance would not.
    """
    point = np.concatenate([np.ravel(values[str(node.name)]) for node in derivatives.inputs])
    terms = np.concatenate(
        [np.broadcast_to(derivatives.scale[str(node.name)], node.shape).ravel() for node in derivatives.inputs]
    )
    moves = np.zeros_like(derivatives.matrix)  # an infinite coordinate moves no gradient that does not depend on it
    np.multiply(np.abs(derivatives.matrix), np.abs(point), out=moves, where=derivatives.matrix != 0)
    moved: Matrix = ROUNDINGS * EPSILON * (moves.sum(axis=1) + terms)
    return moved


def kind_of(eigenvalues: Matrix) -> str:
    """The second-derivative test. An eigenvalue that may be zero decides nothing, were it by units far apart.

    Source: Golub & Van Loan, Matrix Computations, section 8.1: a symmetric matrix's computed eigenvalues are off
    by about the rounding error times the largest of them.
    """
    bound = ROUNDINGS * len(eigenvalues) * EPSILON * float(np.max(np.abs(eigenvalues)))
    rises, falls = eigenvalues > bound, eigenvalues < -bound
    if rises.any() and falls.any():
        return "saddle"
    if rises.all():
        return "minimum"
    return "maximum" if falls.all() else "undecided"
