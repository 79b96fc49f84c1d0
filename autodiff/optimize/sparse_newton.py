"""Newton's steps with a sparse matrix of second derivatives, factored by SciPy: many variables within bounds.

Where the factors show that the matrix is not positive definite, or a step does not reduce the value as expected, its
diagonal is raised. Sources: Nocedal & Wright, Numerical Optimization (2006), section 3.4; Cuthill & McKee (1969).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from backprop.autodiff.derivatives.coloring import Numbers, Sparsity
from backprop.autodiff.optimize.conditions import Mask, Region
from backprop.autodiff.optimize.descent import ACCEPTED, GOOD, MOST_REDUCED, UNBOUNDED
from backprop.autodiff.optimize.functions import Functions
from backprop.autodiff.optimize.large import free
from backprop.autodiff.optimize.residuals import Vector

WIDEST_BAND = 64  # diagonals on each side: of more, a factorization that knows the sparsity is quicker
LEAST_SHIFT, MOST_SHIFT = 1e-5, 1e10  # of the largest entry
MOST_STOPS = 20  # times that variables are stopped by bounds in one step
RAISED, LOWERED = 4.0, 0.2


def descend_by_factors(
    functions: Functions, start: Vector, region: Region, *, most: int, tell: Callable[[Vector, float], None]
) -> Vector:
    """The point that no step improves, or the last after `most` steps."""
    factored = factoring(functions.sparsity)
    vector, value, shift = start, functions.value(start), 0.0
    for _ in range(most):
        slope = functions.gradient(vector)
        is_free = free(vector, slope, region)
        right, entries = np.where(is_free, -slope, 0.0), functions.sparse_hessian(vector)
        if not (np.isfinite(right).all() and np.isfinite(entries).all()):
            break
        matrix = Among(functions.sparsity, entries, is_free)
        while True:
            step = step_within(factored, matrix, shift, right, region.lower - vector, region.upper - vector)
            if step is not None:
                trial = np.clip(vector + step, region.lower, region.upper)
                expected = float(right @ step - 0.5 * (step @ matrix.product(step)))
                if not expected > MOST_REDUCED * max(abs(value), 1e-25):  # what the value does not show, the slope does
                    return trial if slope_left(functions, trial, region) < np.linalg.norm(right) else vector
                reached = functions.value(trial)
                share = (value - reached) / expected if np.isfinite(reached) and expected > 0.0 else -1.0
                if share > ACCEPTED:
                    break
            shift = max(RAISED * shift, LEAST_SHIFT * matrix.largest)
            if not shift <= MOST_SHIFT * matrix.largest:
                return vector
        vector, value = trial, reached
        tell(vector, value)
        if value < UNBOUNDED:
            break
        if share > GOOD:
            shift = LOWERED * shift if shift > LEAST_SHIFT * LEAST_SHIFT * matrix.largest else 0.0
    return vector


def slope_left(functions: Functions, vector: Vector, region: Region) -> float:
    slope = functions.gradient(vector)
    return float(np.linalg.norm(slope[free(vector, slope, region)]))


def step_within(
    factored: Factored, matrix: Among, shift: float, right: Vector, lower: Vector, upper: Vector
) -> Vector | None:
    """The step that solves for the free variables; those that a bound stops are solved for no more, and stay there."""
    step = factored(matrix, shift, right)
    stopped = np.zeros_like(right)
    among = matrix
    for _ in range(MOST_STOPS):
        if step is None:
            return None
        is_over = (step < lower) | (step > upper)
        if not is_over.any():
            return step
        stopped[is_over] = np.clip(step, lower, upper)[is_over]
        among = Among(matrix.structure, matrix.entries, among.is_free & ~is_over)
        left = np.where(among.is_free, right - matrix.product(stopped), 0.0)
        found = factored(among, shift, left)
        step = None if found is None else found + stopped
    return None if step is None else np.clip(step, lower, upper)


class Among:
    """A symmetric matrix among some variables, the others apart from them."""

    def __init__(self, structure: Sparsity, entries: Vector, is_free: Mask) -> None:
        self.structure = structure
        self.is_free = is_free
        self.entries = entries
        if not is_free.all():
            self.entries = np.where(is_free[structure.rows] & is_free[structure.columns], entries, 0.0)
        self.largest = float(np.max(np.abs(self.entries), initial=0.0)) or 1.0

    def product(self, vector: Vector) -> Vector:
        rows, columns = self.structure.rows, self.structure.columns
        return np.asarray(np.bincount(rows, self.entries * vector[columns], minlength=len(vector)), dtype=np.float64)

    def diagonal(self, shift: float) -> Vector:
        """What is added to the diagonal."""
        return np.where(self.is_free, shift, 1.0)


Factored = Callable[[Among, float, Vector], "Vector | None"]


def factoring(structure: Sparsity) -> Factored:
    """What solves with a matrix of that structure and a shift; None where it is not positive definite then."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import reverse_cuthill_mckee

    ones = csr_array((np.ones(len(structure.rows)), (structure.rows, structure.columns)), shape=(structure.width,) * 2)
    order = reverse_cuthill_mckee(ones, symmetric_mode=True)
    places = np.empty_like(order)
    places[order] = np.arange(len(order))
    rows, columns = places[structure.rows], places[structure.columns]
    width = int(np.max(np.abs(rows - columns), initial=0))
    return banded(rows, columns, width, order) if width <= WIDEST_BAND else by_sparse_factors


def banded(rows: Numbers, columns: Numbers, width: int, order: Numbers) -> Factored:
    """Cholesky's factors of what lies close to the diagonal in that order of the variables."""
    from scipy.linalg import LinAlgError, solveh_banded

    is_below = rows >= columns
    offsets, places = (rows - columns)[is_below], columns[is_below]

    def solved(matrix: Among, shift: float, right: Vector) -> Vector | None:
        band = np.zeros((width + 1, len(right)))
        band[offsets, places] = matrix.entries[is_below]
        band[0] += matrix.diagonal(shift)[order]
        try:
            found = solveh_banded(band, right[order], overwrite_ab=True, lower=True, check_finite=False)
        except LinAlgError:
            return None
        step = np.empty_like(right)
        step[order] = found
        return step

    return solved


def by_sparse_factors(matrix: Among, shift: float, right: Vector) -> Vector | None:
    from scipy.sparse import csc_array, diags_array
    from scipy.sparse.linalg import splu

    structure, size = matrix.structure, len(right)
    whole: Any = csc_array((matrix.entries, (structure.rows, structure.columns)), shape=(size, size))
    whole = (whole + diags_array(matrix.diagonal(shift))).tocsc()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            factors = splu(whole, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    except RuntimeError:  # it is singular
        return None
    is_positive = np.array_equal(factors.perm_r, factors.perm_c) and bool(np.all(factors.U.diagonal() > 0.0))
    return np.asarray(factors.solve(right)) if is_positive else None
