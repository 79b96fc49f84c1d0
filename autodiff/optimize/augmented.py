"""Constraints taken into the objective, with multipliers and a penalty that grows: the augmented Lagrangian.

Source: Nocedal & Wright, Numerical Optimization (2006), section 17.4; inequalities after Rockafellar (1974).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from backprop.autodiff.optimize.conditions import Region
from backprop.autodiff.optimize.descent import descend
from backprop.autodiff.optimize.functions import Functions
from backprop.autodiff.optimize.residuals import Matrix, Vector

FIRST_PENALTY, LARGEST_PENALTY = 10.0, 1e10
GROWTH = 10.0
ENOUGH = 0.25  # to which the violation has to fall, lest the penalty grow
MOST_ROUNDS = 40
SATISFIED = 1e-10
LARGEST_MULTIPLIER = 1e12


class Augmented:
    """The objective with the constraints in it."""

    def __init__(self, functions: Functions, region: Region) -> None:
        self.functions, self.region = functions, region
        self.multipliers = np.zeros(functions.count)
        self.penalty = FIRST_PENALTY

    def pressed(self, vector: Vector) -> Vector:
        """The multipliers at a point, as the penalty has them."""
        shifted = self.multipliers - self.penalty * self.functions.constraints(vector)
        return np.where(self.region.is_equation, shifted, np.maximum(shifted, 0.0))

    def value(self, vector: Vector) -> float:
        with np.errstate(all="ignore"):
            added = np.sum(self.pressed(vector) ** 2 - self.multipliers**2) / (2.0 * self.penalty)
            return self.functions.value(vector) + float(added)

    def gradient(self, vector: Vector) -> Vector:
        with np.errstate(all="ignore"):
            return self.functions.gradient(vector) - self.functions.jacobian(vector).T @ self.pressed(vector)

    def hessian(self, vector: Vector) -> Matrix:
        pressed = self.pressed(vector)
        rows = self.functions.jacobian(vector)[self.region.is_equation | (pressed > 0.0)]
        return self.functions.hessian(vector, pressed) + self.penalty * (rows.T @ rows)

    def violation(self, vector: Vector) -> float:
        constraints = self.functions.constraints(vector)
        slack = np.where(self.region.is_equation, constraints, np.minimum(constraints, self.multipliers / self.penalty))
        return float(np.max(np.abs(slack), initial=0.0))


def minimized(
    functions: Functions,
    region: Region,
    start: Vector,
    *,
    most: int,
    is_scaled: bool,
    tell: Callable[[Vector, float], None],
) -> Vector:
    """A point where the constraints hold and the objective is least nearby, if the way leads to one."""
    augmented = Augmented(functions, region)
    constraints = functions.constraints(start)
    if not np.isfinite(constraints).all():
        return start
    size = float(np.sum(np.where(region.is_equation, constraints, np.minimum(constraints, 0.0)) ** 2))
    if (
        size
    ):  # as heavy as the objective: Birgin & Martínez, Practical Augmented Lagrangian Methods (2014), section 12.4
        augmented.penalty = min(max(1e-3, 10.0 * max(1.0, abs(functions.value(start))) / (0.5 * size)), 1e3)
    vector, before = start, np.inf
    for _ in range(MOST_ROUNDS):
        vector = descend(augmented, vector, region.lower, region.upper, most=most, is_scaled=is_scaled, tell=tell)
        now = augmented.violation(vector)
        if not np.isfinite(now) or augmented.penalty > LARGEST_PENALTY:
            break
        augmented.multipliers = np.clip(augmented.pressed(vector), -LARGEST_MULTIPLIER, LARGEST_MULTIPLIER)
        if now <= SATISFIED:
            break
        if now > ENOUGH * before:
            augmented.penalty *= GROWTH
        before = now
    return vector
