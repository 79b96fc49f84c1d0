"""The first- and second-order conditions of a minimum at a point, by exact derivatives: what holds and what does not.

Minimise f where c = 0 or c >= 0: the slope of f is the sum of the active constraints' slopes, each times a multiplier,
which is not negative for c >= 0, and f less multipliers times c curves upward wherever they let it move.
Source: Nocedal & Wright, Numerical Optimization (2006), sections 12.3 to 12.5.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.optimize.functions import Functions
from backprop.autodiff.optimize.nonnegative import least_with_signs
from backprop.autodiff.optimize.residuals import Matrix, Vector

NEAR = 1e-6  # of what a constraint varies by: within it it may be active
FEASIBLE = 1e-9  # the same: beyond it a constraint is violated
FALL = 1e-11  # of the value: what a Newton step may still gain
STEP = 1e-5  # of the variables: how long it may be
LEVEL = 1e-8  # of the value: the slope along what does not curve
PROBES = (1e-3, 1e-2)  # of the variables: steps along what does not curve
FAR = (0.5, 1.0, 2.0)  # of the variables: steps that tell whether a least value is attained
ROUNDED = 1e-12  # of the terms of a slope: what is their rounding
MOST_PROBED = 20  # such directions
CURVED = 1e-13  # of the largest curvature: what is less is rounding
FLAT = 1e-12  # a curvature that is none, lest x^3 near 0 have a minimum
ENOUGH = 1e-20  # an error that is none

Mask = np.ndarray[Any, np.dtype[np.bool_]]


class Region(NamedTuple):
    """Where the variables may be: between bounds, and the constraints 0 (`is_equation`) or at least 0."""

    lower: Vector
    upper: Vector
    is_equation: Mask

    @property
    def is_fixed(self) -> Mask:
        return np.asarray(self.lower == self.upper)


class Conditions:
    """What holds at `vector`.

    `multipliers` are those of the constraints, `at_lower` and `at_upper` those of the bounds; `strong` and `weak` are
    the active constraints with and without a multiplier, then the bounds of each entry, numbered on from these.
    """

    def __init__(self, functions: Functions, region: Region, vector: Vector) -> None:
        self.functions, self.region, self.vector = functions, region, vector
        self.scale = np.maximum(1.0, np.abs(vector))
        self.value = functions.value(vector)
        self.slope = functions.gradient(vector)
        self.constraints = functions.constraints(vector)
        self.jacobian = functions.jacobian(vector)
        count = functions.count
        self.reach = 1.0 + np.abs(self.jacobian) @ self.scale
        near = np.flatnonzero(region.is_equation | (self.constraints <= NEAR * self.reach))
        at_lower = np.flatnonzero(vector - region.lower <= NEAR * self.scale)
        at_upper = np.flatnonzero((region.upper - vector <= NEAR * self.scale) & ~region.is_fixed)
        unit = np.eye(functions.size)
        self.active = np.concatenate([near, count + at_lower, count + functions.size + at_upper])
        self.normals = np.concatenate([self.jacobian[near], unit[at_lower], -unit[at_upper]])
        is_free = np.concatenate([region.is_equation[near], region.is_fixed[at_lower], np.zeros(len(at_upper), bool)])
        self.is_finite = bool(
            np.isfinite(self.value)
            and np.isfinite(self.slope).all()
            and np.isfinite(self.constraints).all()
            and np.isfinite(self.jacobian).all()
        )
        self.weights = np.zeros(len(self.active))
        if self.is_finite:
            self.weights = least_with_signs((self.normals * self.scale).T, self.slope * self.scale, is_free)
        self.is_strong = is_free | (self.weights > 0.0)

    @property
    def certificate(self) -> str:
        """What was checked, where nothing is missing."""
        return "the first- and second-order conditions hold"

    @cached_property
    def multipliers(self) -> Vector:
        return self._spread[: self.functions.count]

    @cached_property
    def at_lower(self) -> Vector:
        return self._spread[self.functions.count : self.functions.count + self.functions.size]

    @cached_property
    def at_upper(self) -> Vector:
        return self._spread[self.functions.count + self.functions.size :]

    @cached_property
    def _spread(self) -> Vector:
        whole = np.zeros(self.functions.count + 2 * self.functions.size)
        whole[self.active] = self.weights
        return whole

    @cached_property
    def rest(self) -> Vector:
        """The slope that no multiplier accounts for."""
        return self.slope - self.normals.T @ self.weights

    @cached_property
    def violation(self) -> float:
        """By how much the constraints and bounds are violated, at most."""
        below = np.where(self.region.is_equation, np.abs(self.constraints), -self.constraints)
        outside = [self.region.lower - self.vector, self.vector - self.region.upper]
        return max(0.0, float(np.max(np.concatenate([below, *outside]), initial=0.0)))

    @cached_property
    def relative_violation(self) -> float:
        below = np.where(self.region.is_equation, np.abs(self.constraints), -self.constraints) / self.reach
        return max(0.0, float(np.max(below, initial=0.0)))

    @cached_property
    def curvature(self) -> Matrix:
        """The second derivatives of f less multipliers times constraints."""
        return self.functions.hessian(self.vector, self.multipliers)

    def slack(self, chosen: Mask) -> Vector:
        """By how much the chosen ones of the active constraints and bounds are off their borders."""
        ends = np.concatenate([self.constraints, self.vector - self.region.lower, self.region.upper - self.vector])
        return np.asarray(ends[self.active[chosen]])

    def directions(self, chosen: Mask) -> Matrix:
        """What the chosen ones of the active constraints let move, in lengths of the variables: orthonormal columns."""
        return kernel(self.normals[chosen] * self.scale)

    @cached_property
    def failure(self) -> str | None:
        """What is missing for a minimum; None where nothing is."""
        if not self.is_finite:
            return "the objective, a constraint or a derivative is not finite there"
        if self.relative_violation > FEASIBLE:
            return f"the constraints are violated by {self.violation:.3g}"
        if not np.isfinite(self.curvature).all():
            return "the second derivatives are not finite there"
        if not self.is_stationary:
            return f"the point is not stationary: a slope of {np.max(np.abs(self.rest)):.3g} is left"
        if self.kind == "saddle":
            return "the point is a saddle: it curves downward"
        if self.kind == "flat" and self.recedes:
            return "the value falls on and on along what is nearly flat: its least is not attained"
        return None

    @cached_property
    def spectrum(self) -> tuple[Vector, Matrix]:
        """The curvatures along what the strong constraints let move, and these directions, in lengths of the scale."""
        free = self.directions(self.is_strong)
        bent = free.T @ (self.curvature * np.outer(self.scale, self.scale)) @ free
        values, vectors = np.linalg.eigh(bent)
        return values, free @ vectors

    @cached_property
    def is_stationary(self) -> bool:
        values, vectors = self.spectrum
        along = vectors.T @ (self.rest * self.scale)
        size = max(1.0, abs(self.value))
        is_curved = np.abs(values) > self.rounding
        safe = np.where(is_curved, np.abs(values), 1.0)
        fall = np.where(is_curved, along**2 / safe, 0.0).sum() / 2.0
        step = np.where(is_curved, np.abs(along) / safe, 0.0).max(initial=0.0)
        level = np.where(is_curved, 0.0, np.abs(along)).max(initial=0.0)
        return bool(fall <= FALL * size and step <= STEP and level <= LEVEL * size)

    @property
    def threshold(self) -> float:
        """What is no curvature."""
        return max(FLAT, self.rounding)

    @property
    def rounding(self) -> float:
        """The curvature that rounding makes of none."""
        whole = np.abs(self.curvature) * np.outer(self.scale, self.scale)
        return float(CURVED * len(whole) * np.max(whole, initial=0.0))

    @cached_property
    def kind(self) -> str:
        """`minimum`, `flat` where a direction does not curve, or `saddle`."""
        values = self.spectrum[0]
        if not len(values) or values[0] > self.threshold:
            return "minimum"
        if values[0] >= -self.threshold:
            return "saddle" if self.descents else "flat"
        free = self.directions(np.ones(len(self.active), bool))
        lowest = np.linalg.eigvalsh(free.T @ (self.curvature * np.outer(self.scale, self.scale)) @ free)
        return "saddle" if len(lowest) and lowest[0] < -self.threshold else "flat"

    @cached_property
    def descents(self) -> list[Vector]:
        """Ways down that no slope shows, in lengths of the scale: what curves downward, or does not curve and falls."""
        values, vectors = self.spectrum
        if len(values) and values[0] < -self.threshold:
            return [vectors[:, 0], -vectors[:, 0]]
        flat = vectors.T[np.abs(values) <= self.threshold][:MOST_PROBED]
        return [way for one in flat for way in (one, -one) if self._falls(way)]

    @cached_property
    def recedes(self) -> bool:
        """Whether along a flat direction the slope, however small, leads down as far as one looks.

        Where a flat minimum is attained, the slope turns within the size of the variables.
        """
        values, vectors = self.spectrum
        for way in vectors.T[np.abs(values) <= self.threshold][:MOST_PROBED]:
            parts = self.rest * self.scale * way
            slope = float(np.sum(parts))
            if abs(slope) > ROUNDED * float(np.sum(np.abs(parts))) and self._leads_on(-np.sign(slope) * way):
                return True
        return False

    def _leads_on(self, way: Vector) -> bool:
        """Whether steps that way satisfy the constraints and none of them meets a slope that leads up."""
        slopes = []
        for length in FAR:
            vector = self.vector + length * self.scale * way
            constraints = self.functions.constraints(vector)
            below = np.where(self.region.is_equation, np.abs(constraints), -constraints) / self.reach
            if np.any(vector != np.clip(vector, self.region.lower, self.region.upper)):
                return False
            if np.max(below, initial=0.0) > FEASIBLE:
                return False
            rest = self.functions.gradient(vector) - self.normals.T @ self.weights
            slopes.append(float(np.sum(rest * self.scale * way)))
        return slopes[0] < 0.0 and all(slope <= 0.0 for slope in slopes)

    def _falls(self, way: Vector) -> bool:
        """Whether a short step that way, which satisfies the constraints, lowers the value."""
        for length in PROBES:
            vector = np.clip(self.vector + length * self.scale * way, self.region.lower, self.region.upper)
            constraints = self.functions.constraints(vector)
            below = np.where(self.region.is_equation, np.abs(constraints), -constraints) / self.reach
            if np.max(below, initial=0.0) <= FEASIBLE:
                gain = self.value - self.functions.value(vector)
                if gain > FALL * max(1.0, abs(self.value)):
                    return True
        return False

    @property
    def lowest(self) -> float | None:
        """The least curvature along what the constraints let move; None where nothing moves, or it is not finite."""
        free = kernel(self.normals[self.is_strong])
        if not free.shape[1] or not np.isfinite(self.curvature).all():
            return None
        return float(np.linalg.eigvalsh(free.T @ self.curvature @ free)[0])

    @property
    def error(self) -> float:
        """How far the first-order conditions are from holding, in the scale of the problem."""
        if not self.is_finite:
            return np.inf
        size = 1.0 + float(np.max(np.abs(self.slope * self.scale), initial=0.0))
        slack = float(np.max(np.abs(self.slack(self.is_strong)), initial=0.0))
        return max(float(np.max(np.abs(self.rest * self.scale), initial=0.0)) / size, self.relative_violation, slack)


def kernel(rows: Matrix) -> Matrix:
    """Orthonormal columns that all rows are orthogonal to."""
    width = rows.shape[1]
    lengths = np.linalg.norm(rows, axis=1)
    rows = rows[lengths > 0.0] / lengths[lengths > 0.0, None]
    if not len(rows):
        return np.eye(width)
    _, singular, turned = np.linalg.svd(rows)
    return np.asarray(turned[int(np.sum(singular > 1e-10 * singular[0])) :].T)


def polished(conditions: Conditions, most: int = 100) -> Conditions:
    """The same nearer to the point where they hold, by Newton's steps on them with the active constraints."""
    for _ in range(most):
        if not conditions.error > ENOUGH or not np.isfinite(conditions.error):
            break
        further = newton_step(conditions)
        if further is None or not further.error < conditions.error:
            break
        conditions = further
    return conditions


def newton_step(here: Conditions) -> Conditions | None:
    """Where one step leads; None where it cannot be made."""
    matrix, strong = here.curvature, here.normals[here.is_strong] * here.scale
    if not np.isfinite(matrix).all():
        return None
    lengths = np.linalg.norm(strong, axis=1)
    lengths[lengths == 0.0] = 1.0
    strong = strong / lengths[:, None]
    matrix = matrix * np.outer(here.scale, here.scale)
    size = max(float(np.max(np.abs(matrix), initial=0.0)), np.finfo(float).tiny)
    count = len(strong)
    if not np.isfinite(matrix).all():
        return None
    system = np.block([[matrix / size, strong.T], [strong, np.zeros((count, count))]])
    right = np.concatenate([-here.rest * here.scale / size, -here.slack(here.is_strong) / lengths])
    try:
        solution = np.linalg.lstsq(system, right, rcond=1e-15)[0]
    except np.linalg.LinAlgError:
        return None
    region = here.region
    vector = np.clip(here.vector + here.scale * solution[: len(matrix)], region.lower, region.upper)
    if not np.isfinite(vector).all():
        return None
    return Conditions(here.functions, region, vector)
