"""Determinants, inverses and linear systems of square matrices, or of stacks of them along the leading axes.

A singular matrix is a result here (0, inf or nan), never an exception. Determinants, cofactors and inverses
of 3 rows or fewer, which people check by hand, have 32 digits until they are rounded; the rest is LAPACK's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from backprop.autodiff.numerics.double_double import DoubleDouble
from backprop.autodiff.numerics.stable import product_of_others
from backprop.autodiff.shapes import Array

ROWS_BY_HAND = 3


def det(a: Array) -> Array:
    """The determinant; nan where a holds a nan."""
    result = np.where(_holds_nan(a), np.nan, np.linalg.det(a))
    if _is_small(a):
        expansion = _expansion(a)
        exact = np.ldexp(expansion.det.value, expansion.exponent)
        result = np.where(np.isfinite(expansion.det.value), exact, result)
    return result[()]


def logdet(a: Array) -> Array:
    """log(det(a)), without overflow: nan where det(a) < 0 or a holds a nan, -inf where a is singular."""
    sign, logarithm = _sign_and_logarithm(a)
    return np.where((sign < 0.0) | _holds_nan(a), np.nan, logarithm)[()]


def inv(a: Array) -> Array:
    """The inverse; all nan where a is singular or holds a nan."""
    if not _is_small(a):
        return _solution(a, np.linalg.inv, 2)
    expansion = _expansion(a)
    quotients = (expansion.cofactors / expansion.det[..., None, None]).value
    exact = np.ldexp(quotients, -(expansion.rows + expansion.columns)).swapaxes(-2, -1)
    is_finite = np.isfinite(quotients).all(axis=(-2, -1), keepdims=True)
    return exact if is_finite.all() else np.where(is_finite, exact, _solution(a, np.linalg.inv, 2))


def solve(a: Array, b: Array) -> Array:
    """The x with a x = b, b a vector or a matrix of columns; all nan where a is singular or holds a nan."""
    return _solution(a, lambda regular: np.linalg.solve(regular, b), min(np.ndim(b), 2))


def cofactor(a: Array) -> Array:
    """The gradient of det: det(a) inv(a).T, or its limit where a is singular; all nan where a holds a nan."""
    if _is_small(a):
        expansion = _expansion(a)
        exponents = expansion.exponent[..., None, None] - expansion.rows - expansion.columns
        exact = np.ldexp(expansion.cofactors.value, exponents)
        result = np.where(np.isfinite(expansion.cofactors.value), exact, _minors(a, np.asarray))
    else:
        result = _cofactors_by_singular_values(a)
    return np.where(_holds_nan(a)[..., None, None], np.nan, result)


class Expansion(NamedTuple):
    """The cofactors and the determinant of a[i, j] / 2^(rows[i] + columns[j]): they do not overflow."""

    cofactors: DoubleDouble
    det: DoubleDouble
    rows: Any
    columns: Any

    @property
    def exponent(self) -> Any:
        """The determinant of a itself is 2^exponent times as large."""
        of_rows = np.sum(self.rows, axis=(-2, -1), dtype=np.intc)
        return of_rows + np.sum(self.columns, axis=(-2, -1), dtype=np.intc)


def _expansion(a: Array) -> Expansion:
    """Laplace's expansion along the first row; nan where an entry is not finite."""
    matrix, rows = _scaled_along(np.asarray(a), -1)
    matrix, columns = _scaled_along(matrix, -2)
    cofactors = _minors(matrix, DoubleDouble)
    products = (DoubleDouble(matrix) * cofactors)[..., 0, :]
    return Expansion(cofactors, sum(products[..., place] for place in range(_size(a))), rows, columns)


def _scaled_along(matrix: Any, axis: int) -> tuple[Any, Any]:
    _, exponents = np.frexp(np.max(np.abs(matrix), axis=axis, keepdims=True))
    return np.ldexp(matrix, -exponents), exponents


def _minors(a: Array, number: Callable[[Any], Any]) -> Any:
    """The cofactors of 1, 2 or 3 rows, in the given kind of number."""
    matrix = np.asarray(a)
    if _size(a) == 1:
        return number(np.ones_like(matrix))
    if _size(a) == 2:
        return number(matrix[..., ::-1, ::-1] * np.array([[1.0, -1.0], [-1.0, 1.0]]))

    def turned(down: int, right: int) -> Any:
        return number(np.roll(matrix, (-down, -right), axis=(-2, -1)))

    return turned(1, 1) * turned(2, 2) - turned(1, 2) * turned(2, 1)


def _cofactors_by_singular_values(a: Array) -> Any:
    """With a = U S V, det(U V) U C V, where C holds the products of the other singular values.

    Source: Giles 2008, section 2.2.4; Stewart 1998, On the adjugate matrix, section 2.
    """
    is_finite = np.isfinite(a).all(axis=(-2, -1), keepdims=True)
    try:
        u, singular_values, v = np.linalg.svd(np.where(is_finite, a, 0.0))
    except np.linalg.LinAlgError:  # no convergence
        return np.full_like(a, np.nan)
    sign = np.linalg.slogdet(u)[0] * np.linalg.slogdet(v)[0]
    others = sign[..., None] * product_of_others(singular_values, axis=-1)
    return np.where(is_finite, (u * others[..., None, :]) @ v, np.nan)


def _sign_and_logarithm(a: Array) -> tuple[Any, Any]:
    """The sign of det(a) and log |det(a)|, with relative accuracy near 0 for 3 rows or fewer."""
    sign, logarithm = np.linalg.slogdet(a)
    if not _is_small(a):
        return sign, logarithm
    expansion = _expansion(a)
    scaled_det = expansion.det.value
    magnitude = (expansion.det * np.sign(scaled_det)).scaled(expansion.exponent)
    near_one = np.abs(magnitude.value - 1.0) < 0.5
    exact = np.where(near_one, np.log1p((magnitude - 1.0).value), np.log(magnitude.value))
    is_exact = ((magnitude.value > 1e-300) & (magnitude.value < 1e300)) | (scaled_det == 0.0)
    is_finite = np.isfinite(scaled_det)
    return np.where(is_finite, np.sign(scaled_det), sign), np.where(is_exact, exact, logarithm)


def _solution(a: Array, solution: Callable[[Any], Any], dimensions: int) -> Array:
    """solution(a), its last `dimensions` axes all nan where a is singular or holds a nan."""
    # Of a singular matrix LAPACK may meet the rounding errors; of another its pivot may underflow.
    hopeless = _holds_nan(a) | (_sign_and_logarithm(a)[0] == 0.0) | (np.linalg.slogdet(a)[0] == 0.0)
    result = solution(np.where(hopeless[..., None, None], np.eye(_size(a)), a))
    return np.where(np.expand_dims(hopeless, tuple(range(-dimensions, 0))), np.nan, result)


def _holds_nan(a: Array) -> Any:
    return np.isnan(a).any(axis=(-2, -1))


def _size(a: Array) -> int:
    return int(np.shape(a)[-1])


def _is_small(a: Array) -> bool:
    """Whether it is computed by hand; a matrix without rows, whose determinant is 1, is not."""
    return 0 < _size(a) <= ROWS_BY_HAND
