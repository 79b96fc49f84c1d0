"""Least squares in which some unknowns are not negative.

Source: Lawson & Hanson, Solving Least Squares Problems (1974), chapter 23.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from backprop.autodiff.optimize.residuals import Matrix, Vector

EQUAL = 1e-12  # of the largest product: a column is orthogonal to what is left


def least_with_signs(matrix: Matrix, right: Vector, is_free: np.ndarray[Any, np.dtype[np.bool_]]) -> Vector:
    """x for which `matrix` x is closest to `right`, where only what `is_free` may be negative."""
    lengths = np.linalg.norm(matrix, axis=0)
    scaled = matrix / np.where(lengths > 0.0, lengths, 1.0)
    is_in = is_free & (lengths > 0.0)
    solution = solved(scaled, right, is_in)
    size = max(float(np.linalg.norm(right)), np.finfo(float).tiny)
    for _ in range(3 * matrix.shape[1] + 1):
        pull = np.where(is_in | (lengths == 0.0), -np.inf, scaled.T @ (right - scaled @ solution))
        place = int(np.argmax(pull)) if len(pull) else 0
        if not len(pull) or pull[place] <= EQUAL * size:
            break
        is_in[place] = True
        while True:
            better = solved(scaled, right, is_in)
            is_wrong = is_in & ~is_free & (better <= 0.0)
            if not is_wrong.any():
                break
            with np.errstate(all="ignore"):
                share = np.where(is_wrong, solution / (solution - better), np.inf)
            reach = float(np.min(share))
            solution = solution + reach * (better - solution)
            is_in &= is_free | (solution > EQUAL * np.max(np.abs(solution)))
            is_in[np.argmin(share)] = False
            solution = np.where(is_in, solution, 0.0)
        solution = better
    return solution / np.where(lengths > 0.0, lengths, 1.0)


def solved(matrix: Matrix, right: Vector, is_in: np.ndarray[Any, np.dtype[np.bool_]]) -> Vector:
    """The shortest x of the chosen columns; zeros elsewhere."""
    whole = np.zeros(matrix.shape[1])
    if is_in.any():
        whole[is_in] = np.linalg.lstsq(matrix[:, is_in], right, rcond=1e-13)[0]
    return whole
