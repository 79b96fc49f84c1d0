"""Least squares by triangles: QR factors in doubles, block by block, and in pairs of doubles. Knows no model."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from backprop.autodiff.numerics.double_double import DoubleDouble
from backprop.autodiff.numerics.paired_functions import sqrt, total
from backprop.autodiff.optimize.residuals import Matrix, Vector

RANK = 1e-13  # of the largest singular value of columns of length 1: what is smaller tells nothing


def triangle(blocks: Iterable[Matrix], width: int) -> Matrix:
    """The upper triangle R of all blocks one below the other, (width, width): R'R is what the matrix gives.

    Source: Demmel, Grigori, Hoemmen & Langou, Communication-optimal parallel and sequential QR (2012), section 2.
    """
    upper: Matrix = np.zeros((0, width))
    for block in blocks:
        upper = np.asarray(np.linalg.qr(np.concatenate([upper, block]), mode="r"))
    padded = np.zeros((width, width))
    padded[: len(upper)] = upper
    return padded


def lengths(columns: Matrix) -> Vector:
    """The length of each column, which neither overflows nor vanishes; 1 of one that is zero throughout."""
    largest = np.max(np.abs(columns), axis=0, initial=0.0)
    safe = np.where(largest > 0.0, largest, 1.0)
    scaled: Vector = safe * np.sqrt(np.sum((columns / safe) ** 2, axis=0))
    return np.where(scaled > 0.0, scaled, 1.0)


def least_squares(matrix: Matrix, right: Vector) -> Vector:
    """The shortest x, in columns of length 1, for which `matrix` x is closest to `right`."""
    if not matrix.size:
        return np.zeros(matrix.shape[1])
    scale = lengths(matrix)
    left, singular, turned = np.linalg.svd(matrix / scale, full_matrices=False)
    is_told = singular > RANK * max(singular[0], np.finfo(float).tiny)
    inverse = np.where(is_told, 1.0 / np.where(is_told, singular, 1.0), 0.0)
    solution: Vector = (turned.T @ (inverse * (left.T @ right))) / scale
    return solution


class PairedTriangle:
    """The QR factors of a matrix of pairs whose columns are scaled and pivoted: `order` says which column is which.

    `rotated` is Q' times `right`, its first entries those of the triangle's rows. Source: Golub & Van Loan, Matrix
    Computations (2013), algorithm 5.4.1.
    """

    def __init__(self, matrix: DoubleDouble, right: DoubleDouble) -> None:
        width = matrix.high.shape[1]
        scale = 2.0 ** np.rint(np.log2(lengths(matrix.high)))
        work = DoubleDouble(matrix.high / scale, matrix.low / scale)
        work = DoubleDouble(np.column_stack([work.high, right.high]), np.column_stack([work.low, right.low]))
        self.scale, self.order = scale, np.arange(width)
        for step in range(width):
            rest = np.sum(work.high[step:, step:width] ** 2, axis=0)
            pivot = step + int(np.argmax(rest))
            for half in work.halves:
                half[:, [step, pivot]] = half[:, [pivot, step]]
            self.order[[step, pivot]] = self.order[[pivot, step]]
            reflect(work, step)
        self.upper = work[:width, :width]
        self.rotated = work[:width, width]
        self.rest = work[width:, width]

    def solve(self, right: DoubleDouble) -> DoubleDouble:
        """x for which the triangle times x, in the matrix's own columns, is `right`, of one or more columns."""
        width = len(self.order)
        high, low = np.array(right.high), np.array(right.low)
        left = DoubleDouble(high, low)
        for row in range(width - 1, -1, -1):
            value = left[row] / self.upper[row, row]
            high[row], low[row] = value.high, value.low
            shape = (-1, *[1] * (high.ndim - 1))
            column = DoubleDouble(*[half[:row, row].reshape(shape) for half in self.upper.halves])
            less = left[:row] - column * value
            high[:row], low[:row] = less.high, less.low
        scale = self.scale[self.order].reshape(-1, *[1] * (high.ndim - 1))
        placed = np.argsort(self.order)
        return DoubleDouble((high / scale)[placed], (low / scale)[placed])

    def inverse(self) -> DoubleDouble:
        """The inverse of the triangle, a row for each of the matrix's columns: times its transpose it is (J'J)^-1."""
        return self.solve(DoubleDouble(np.eye(len(self.order))))


def reflect(work: DoubleDouble, step: int) -> None:
    """Make zeros below the diagonal of a column, by a Householder reflection of all columns from there on, in place."""
    column = work[step:, step]
    length = sqrt(total(column * column))
    if not length.high:
        return
    length = length if column.high[0] < 0.0 else -length
    vector = DoubleDouble(np.array(column.high), np.array(column.low))
    first = column[0] - length
    vector.high[0], vector.low[0] = first.high, first.low
    norm = total(vector * vector)
    rest = work[step:, step:]
    tall = DoubleDouble(vector.high[:, None], vector.low[:, None])
    share = total(tall * rest) * 2.0 / norm
    less = rest - tall * DoubleDouble(share.high[None], share.low[None])
    work.high[step:, step:], work.low[step:, step:] = less.halves
