"""The last digits of a least sum of squares: Newton's steps until they stagnate, in pairs of doubles where it can be.

A step solves (J'J + S) step = -J'r by the triangle of J alone, where S is what the residuals' second derivatives add:
J'J itself would lose half of the digits.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import numpy as np

from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.numerics.double_double import DoubleDouble
from backprop.autodiff.numerics.paired_functions import total
from backprop.autodiff.optimize.paired_residuals import PairedResiduals, Unpaired
from backprop.autodiff.optimize.residuals import Matrix, Residuals, Vector
from backprop.autodiff.optimize.triangle import RANK, PairedTriangle, lengths, triangle

MOST_STEPS = 60
MOST_CURVED = 12  # parameters; with more of them second derivatives would take longer than steps without
GROWTH = 1e-9  # of the sum of squares, which a step may not bring
SHARE = 0.05  # of a direction that data do not tell, from which on a parameter takes part in it
DONE = 4.0 * np.finfo(float).eps  # a step of so much of each parameter


class Optimum(NamedTuple):
    """Parameters, the sum of squares there, and of the derivatives the inverse of the triangle (a row for each entry:
    times its transpose it is (J'J)^-1) and the condition, in columns of length 1.

    `rank` is how many directions the data tell, of which the inverse is; `untold` are the entries that take part in the
    others. `offset` is how much longer the residuals are than they would be at the optimum, about, for their length.
    """

    vector: Vector
    squares: float
    inverse: Matrix
    condition: float
    offset: float
    rank: int
    untold: tuple[int, ...] = ()


class Local(NamedTuple):
    """What is known at a point: the sum of squares, the first rows of Q'r, R^-1, and the condition of R's columns."""

    squares: float
    rotated: Vector
    inverse: Matrix
    condition: float


def polished(residuals: Residuals, names: Sequence[str], vector: Vector) -> Optimum:
    """The optimum near a point, all entries of the parameters `names` being free to move.

    Where the data do not tell all of them the point stays as it is.
    """
    here = rough(residuals, names, vector)
    if here.rank < len(here.inverse):
        return here
    kinds = (PairedPoints, DoublePoints) if residuals.is_plain else (DoublePoints,)
    for kind in kinds:
        with contextlib.suppress(Unpaired, np.linalg.LinAlgError):
            return Polish(residuals, names, kind(residuals, names)).run(vector)
    return here


def rough(residuals: Residuals, names: Sequence[str], vector: Vector) -> Optimum:
    """A point as it is, taken for an optimum; what the data do not tell there is left out of the inverse."""
    width = len(residuals.layout.places(names))
    with np.errstate(all="ignore"):
        upper = stacked_triangle(residuals, names, vector)
    corner, squares = upper[:width, :width], float(np.sum(upper[:, -1] ** 2))
    if not width or not np.isfinite(upper).all():
        return Optimum(vector, squares, np.full(corner.shape, np.nan), np.inf, np.inf if width else 0.0, 0)
    scale = lengths(corner)
    left, singular, turned = np.linalg.svd(corner / scale)
    told = singular > RANK * singular[0]
    inverse = (turned.T * np.where(told, 1.0 / np.where(told, singular, 1.0), 0.0)) / scale[:, None]
    along = float(np.linalg.norm((left.T @ upper[:width, -1])[told]))
    untold = np.flatnonzero(np.any(np.abs(turned[~told]) > SHARE, axis=0)).tolist()
    offset = along / np.sqrt(squares) if squares else 0.0
    return Optimum(vector, squares, inverse, condition_of(corner), offset, int(np.sum(told)), tuple(untold))


def stacked_triangle(residuals: Residuals, names: Sequence[str], vector: Vector) -> Matrix:
    """The triangle of the derivatives by some parameters with the residuals behind them."""
    width = len(residuals.layout.places(names)) + 1
    return triangle((np.column_stack(both[::-1]) for both in residuals.blocks(vector, names)), width)


class Polish:
    """Newton's steps from one point."""

    def __init__(self, residuals: Residuals, names: Sequence[str], points: PairedPoints | DoublePoints) -> None:
        self.residuals = residuals
        self.names = tuple(names)
        self.places = residuals.layout.places(names)
        self.points = points
        is_scalar = not any(residuals.layout.shapes[name] for name in names)
        self.is_curved = residuals.is_plain and is_scalar and len(names) <= MOST_CURVED

    def run(self, vector: Vector) -> Optimum:
        place = DoubleDouble(np.array(vector))
        local = self.points.at(place)
        last = np.inf
        for _ in range(MOST_STEPS if self.places else 0):
            step = self._step(place.value, local)
            size = float(np.linalg.norm(local.rotated))
            whole = np.zeros(len(vector))
            whole[self.places] = step
            moved = place + whole
            following = self.points.at(moved)
            if not following.squares <= local.squares * (1.0 + GROWTH):
                break
            is_stationary = bool(np.all(np.abs(step) <= DONE * np.abs(moved.value[self.places])))
            stagnates = size >= 0.9 * last and size <= 1e-6 * np.sqrt(local.squares)
            place, local, last = moved, following, size
            if is_stationary or stagnates:
                break
        length = np.sqrt(local.squares)
        offset = float(np.linalg.norm(local.rotated) / length) if length else 0.0
        return Optimum(place.value, local.squares, local.inverse, local.condition, offset, len(local.inverse))

    def _step(self, vector: Vector, local: Local) -> Vector:
        if self.is_curved:
            curvature = self.residuals.curvature(vector, self.names)
            relative = local.inverse.T @ curvature @ local.inverse
            if np.isfinite(relative).all() and np.linalg.eigvalsh(relative)[0] > -0.99:
                return -local.inverse @ np.linalg.solve(np.eye(len(relative)) + relative, local.rotated)
        return -local.inverse @ local.rotated


class PairedPoints:
    """What is known at points, by pairs of doubles. Raises Unpaired."""

    def __init__(self, residuals: Residuals, names: Sequence[str]) -> None:
        self.paired = PairedResiduals(residuals, names)

    def at(self, place: DoubleDouble) -> Local:
        residuals, matrix = self.paired.at(place)
        factors = PairedTriangle(matrix, residuals)
        squares = float(total(residuals * residuals).value)
        return Local(squares, factors.rotated.value, factors.inverse().value, condition_of(factors.upper.value))


class DoublePoints:
    """The same by doubles, in blocks of rows."""

    def __init__(self, residuals: Residuals, names: Sequence[str]) -> None:
        self.residuals = residuals
        self.names = tuple(names)

    def at(self, place: DoubleDouble) -> Local:
        width = len(self.residuals.layout.places(self.names))
        upper = stacked_triangle(self.residuals, self.names, place.value)
        corner = upper[:width, :width]
        scale = lengths(corner)
        inverse = np.linalg.inv(corner / scale) / scale[:, None]
        return Local(float(np.sum(upper[:, -1] ** 2)), upper[:width, -1], inverse, condition_of(corner))


def condition_of(upper: Matrix) -> float:
    """The condition of a triangle's columns, each made of length 1."""
    if not upper.size:
        return 1.0
    singular = np.linalg.svd(upper / lengths(upper), compute_uv=False)
    return float(singular[0] / singular[-1]) if singular[-1] else np.inf
