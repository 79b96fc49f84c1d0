"""The way to a least sum of squares: a trust region in scaled parameters, linear ones solved for at every step.

Sources: Moré, The Levenberg-Marquardt algorithm (1978); Golub & Pereyra (1973) with Kaufman's derivative (1975), which
is that of all parameters together with the linear ones eliminated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.optimize.residuals import Matrix, Residuals, Vector
from backprop.autodiff.optimize.triangle import least_squares, lengths, triangle

MOST_STEPS = 500
ACCEPTED = 1e-4  # of the predicted reduction, from which on a step is taken
SMALLEST_STEP = 1e-12  # of the parameters, in their scale
SMALLEST_GAIN = 1e-14  # of the sum of squares

Mask = np.ndarray[Any, np.dtype[np.bool_]]


class Point(NamedTuple):
    """Parameters, the sum of squares there (inf: not finite), and the triangle of the derivatives and the residuals."""

    vector: Vector
    squares: float
    upper: Matrix


class Search:
    """Looks for the least sum of squares from one start. `linear` parameters are solved for, `free` ones are moved.

    `tell` gets the point of each iteration. `refused` is the first point on the way that was not finite.
    """

    def __init__(
        self,
        residuals: Residuals,
        linear: Sequence[str],
        free: Sequence[str],
        lower: Vector,
        upper: Vector,
        tell: Callable[[Point], None] | None = None,
    ) -> None:
        layout = residuals.layout
        self.residuals = residuals
        self.linear, self.free = tuple(linear), tuple(free)
        self.linear_places, self.free_places = layout.places(linear), layout.places(free)
        self.lower, self.upper = lower[self.free_places], upper[self.free_places]
        self.tell = tell
        self.steps = 0
        self.refused: Vector | None = None

    def at(self, vector: Vector) -> Point:
        """The point whose free parameters are those of `vector`, the linear ones being the best for them."""
        vector = np.array(vector)
        if self.linear:
            vector[self.linear_places] = 0.0
            upper = self._triangle(vector, self.linear)
            if not np.isfinite(upper).all():
                return Point(vector, np.inf, upper)
            vector[self.linear_places] = -least_squares(upper[:, :-1], upper[:, -1])
        upper = self._triangle(vector, (*self.linear, *self.free))
        with np.errstate(over="ignore"):
            squares = float(np.sum(upper[:, -1] ** 2))
        return Point(vector, squares if np.isfinite(upper).all() and np.isfinite(squares) else np.inf, upper)

    def _triangle(self, vector: Vector, names: tuple[str, ...]) -> Matrix:
        width = len(self.residuals.layout.places(names)) + 1
        blocks = (np.column_stack([matrix, residuals]) for residuals, matrix in self.residuals.blocks(vector, names))
        with np.errstate(all="ignore"):
            try:
                return triangle(blocks, width)
            except np.linalg.LinAlgError:
                return np.full((width, width), np.nan)

    def run(self, start: Vector, reach: float) -> Point:
        """The last point of the way from a start; its first step is at most `reach` times as long as the start."""
        point = self.at(start)
        if not self.free or not np.isfinite(point.squares):
            return point
        scale = np.zeros(len(self.free_places))
        radius = None
        while self.steps < MOST_STEPS:
            self.steps += 1
            if self.tell:
                self.tell(point)
            count = len(self.linear_places)
            block = point.upper[count:, count:]
            jacobian, right = block[:, :-1], block[:, -1]
            scale = np.maximum(scale, lengths(jacobian))
            place = point.vector[self.free_places]
            length = float(np.linalg.norm(scale * place))
            if radius is None:
                radius = reach * (length or 1.0)
            held = self._held(place, jacobian.T @ right)
            if held.all():
                return point
            while True:
                step = self._step(jacobian, right, place, scale, radius, held)
                expected = float(right @ right - np.sum((right + jacobian @ step) ** 2))
                size = float(np.linalg.norm(scale * step))
                if expected <= SMALLEST_GAIN * point.squares or size <= SMALLEST_STEP * length:
                    return point
                vector = np.array(point.vector)
                vector[self.free_places] = np.clip(place + step, self.lower, self.upper)
                trial = self.at(vector)
                if self.refused is None and not np.isfinite(trial.squares):
                    self.refused = trial.vector
                ratio = (point.squares - trial.squares) / expected if np.isfinite(trial.squares) else -np.inf
                if ratio < 0.25:
                    radius = min(radius, size) * (0.25 if ratio > -1.0 else 0.1)
                elif ratio > 0.75 or radius > 2.0 * size:
                    radius = max(radius, 2.0 * size) if ratio > 0.75 else radius
                if ratio > ACCEPTED:
                    point = trial
                    break
        return point

    def _step(self, jacobian: Matrix, right: Vector, place: Vector, scale: Vector, radius: float, held: Mask) -> Vector:
        """The step within radius and bounds: what would leave the bounds goes to them, and the others on from there."""
        fixed, step = held.copy(), np.zeros(len(place))
        while not fixed.all():
            rest = right + jacobian[:, fixed] @ step[fixed]
            step[~fixed] = bounded_step(jacobian[:, ~fixed], rest, scale[~fixed], radius)
            end = place + step
            leaves = ~fixed & ((end < self.lower) | (end > self.upper))
            if not leaves.any():
                break
            step[leaves] = (np.clip(end, self.lower, self.upper) - place)[leaves]
            fixed |= leaves
        return step

    def _held(self, place: Vector, gradient: Vector) -> Mask:
        """Which parameters are at a bound that the sum of squares pushes them against."""
        held: Mask = ((place <= self.lower) & (gradient > 0.0)) | ((place >= self.upper) & (gradient < 0.0))
        return held


def bounded_step(jacobian: Matrix, right: Vector, scale: Vector, radius: float) -> Vector:
    """The step of at most that scaled length after which `right` + `jacobian` step is shortest.

    By singular values, which tell the multiplier's equation: Moré & Sorensen (1983), for a quadratic that is a square.
    """
    left, singular, turned = np.linalg.svd(jacobian / scale, full_matrices=False)
    along = left.T @ right
    told = singular > np.finfo(float).eps * max(jacobian.shape) * max(singular[0], np.finfo(float).tiny)
    newton = np.where(told, -along / np.where(told, singular, 1.0), 0.0)
    if np.linalg.norm(newton) <= radius:
        return (turned.T @ newton) / scale
    slope = singular * along
    damping = float(np.linalg.norm(slope)) / radius
    low, high = 0.0, damping
    for _ in range(60):
        parts = -slope / (singular**2 + damping)
        size = float(np.linalg.norm(parts))
        if abs(size - radius) <= 0.01 * radius:
            break
        low, high = (damping, high) if size > radius else (low, damping)
        change = float(np.sum(parts**2 / (singular**2 + damping))) / size
        damping += (size - radius) / radius * size / max(change, np.finfo(float).tiny)
        if not low < damping < high:
            damping = max(0.001 * high, float(np.sqrt(low * high)))
    return (turned.T @ parts) / scale
