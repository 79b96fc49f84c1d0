"""Determinants, inverses and linear systems of square matrices, or of stacks of them along the leading axes.

A singular matrix is a result here (0, inf or nan), never an exception. Determinants, cofactors, inverses and
solutions of 3 rows or fewer, which people check by hand, have 32 digits until they are rounded; the rest is LAPACK's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import permutations
from typing import Any

from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.numerics.double_double import DoubleDouble
from backprop.autodiff.numerics.products import product_of_all_but, product_of_others
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
    if not _is_small(a):
        return _solved(a, b)
    exact = _solved_by_hand(a, b)
    is_finite = np.isfinite(exact).all(axis=tuple(range(-min(np.ndim(b), 2), 0)), keepdims=True)
    return exact if is_finite.all() else np.where(is_finite, exact, _solved(a, b))


def _solved(a: Array, b: Array) -> Array:
    return _solution(a, lambda regular: np.linalg.solve(regular, b), min(np.ndim(b), 2))


def _solved_by_hand(a: Array, b: Array) -> Any:
    """By Cramer's rule; not finite where a is singular or an entry is not finite."""
    expansion = _expansion(a)
    columns = np.asarray(b)[:, None] if np.ndim(b) == 1 else np.asarray(b)
    right, exponents = _scaled_along(np.ldexp(columns, -expansion.rows), -2)
    products = expansion.cofactors[..., :, :, None] * right[..., :, None, :]
    sums = sum(products[..., row, :, :] for row in range(_size(a)))
    quotients = (sums / expansion.det[..., None, None]).value
    exact = np.ldexp(quotients, exponents - expansion.columns.swapaxes(-2, -1))
    return exact[..., 0] if np.ndim(b) == 1 else exact


def cofactor(a: Array, *directions: Array) -> Array:
    """The gradient of det: det(a) inv(a).T, or its limit where a is singular; all nan where a holds a nan.

    With k directions its k-th differential along them, as a polynomial: no matrix is too singular for it.
    """
    if directions:
        result = _cofactor_differential(a, directions)
    elif _is_small(a):
        expansion = _expansion(a)
        exponents = expansion.exponent[..., None, None] - expansion.rows - expansion.columns
        exact = np.ldexp(expansion.cofactors.value, exponents)
        result = np.where(np.isfinite(expansion.cofactors.value), exact, _minors(a, np.asarray))
    else:
        result = _cofactors_by_singular_values(a)
    return np.where(_holds_nan(a)[..., None, None], np.nan, result)


class CofactorExpansion(NamedTuple):
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


def _expansion(a: Array) -> CofactorExpansion:
    """Laplace's expansion along the first row; nan where an entry is not finite."""
    matrix, rows = _scaled_along(np.asarray(a), -1)
    matrix, columns = _scaled_along(matrix, -2)
    cofactors = _minors(matrix, DoubleDouble)
    products = (DoubleDouble(matrix) * cofactors)[..., 0, :]
    return CofactorExpansion(cofactors, sum(products[..., column] for column in range(_size(a))), rows, columns)


def _scaled_along(matrix: Any, axis: int) -> tuple[Any, Any]:
    _, exponents = np.frexp(np.max(np.abs(matrix), axis=axis, keepdims=True))
    return np.ldexp(matrix, -exponents), exponents


def _minors(a: Array, number: Callable[[Any], Any]) -> Any:
    """The cofactors of 1, 2 or 3 rows, in the given kind of number."""
    matrix = np.asarray(a)
    if _size(a) == 1:
        return number(np.ones_like(matrix))
    if _size(a) == 2:
        return number(_adjugate_of_two(matrix).swapaxes(-2, -1))
    return _turned(matrix, 1, 1, number) * _turned(matrix, 2, 2, number) - (
        _turned(matrix, 1, 2, number) * _turned(matrix, 2, 1, number)
    )


def _adjugate_of_two(matrix: Any) -> Any:
    return matrix.swapaxes(-2, -1)[..., ::-1, ::-1] * np.array([[1.0, -1.0], [-1.0, 1.0]])


def _turned(matrix: Any, down: int, right: int, number: Callable[[Any], Any]) -> Any:
    return number(np.roll(matrix, (-down, -right), axis=(-2, -1)))


def _cofactor_differential(a: Array, directions: Sequence[Array]) -> Any:
    """The sum of the mixed minors: with 32 digits for 3 rows or fewer, else in the basis that makes a diagonal.

    The (k + 1)-th differential of det is linear in each of k + 1 matrices; the cofactors of n rows are of degree n - 1.
    """
    size, order = _size(a), len(directions)
    if order >= size:
        return np.zeros(np.broadcast_shapes(*map(np.shape, (a, *directions))))
    if size > ROWS_BY_HAND:
        return _mixed_cofactors_by_singular_values(a, directions)
    if size == 2:
        return _adjugate_of_two(np.asarray(directions[0])).swapaxes(-2, -1) + 0.0 * np.asarray(a)
    first, second = (np.asarray(directions[0]), np.asarray((*directions[1:], a)[0]))
    exact = _mixed_minors_of_three(first, second, DoubleDouble).value
    return np.where(np.isfinite(exact), exact, _mixed_minors_of_three(first, second, np.asarray))


def _mixed_minors_of_three(a: Any, b: Any, number: Callable[[Any], Any]) -> Any:
    """The differential at a along b of the minors of 3 rows, symmetric in both."""
    total = 0.0
    for first, second in ((a, b), (b, a)):
        straight = _turned(first, 1, 1, number) * _turned(second, 2, 2, number)
        total = total + (straight - _turned(first, 1, 2, number) * _turned(second, 2, 1, number))
    return total


def _cofactors_by_singular_values(a: Array) -> Any:
    """With a = U S V, det(U V) U C V, where C holds the products of the other singular values.

    Source: Giles 2008, section 2.2.4; Stewart 1998, On the adjugate matrix, section 2.
    """
    svd = _singular_values(a)
    if svd is None:
        return np.full_like(a, np.nan)
    others = svd.sign[..., None] * product_of_others(svd.values, axis=-1)
    return np.where(svd.is_finite, (svd.u * others[..., None, :]) @ svd.v, np.nan)


def _mixed_cofactors_by_singular_values(a: Array, directions: Sequence[Array]) -> Any:
    """With a = U S V, det(U V) U D V, where D is the differential at the diagonal S along U^T X V^T.

    There the sum runs over the permutations of the matrices and, each in its own row, over the products of the
    singular values of all other rows. Source: Stewart 1998; the polar form of the determinant.
    """
    svd = _singular_values(a)
    if svd is None:
        return np.full_like(a, np.nan)
    turned = [svd.u.swapaxes(-2, -1) @ direction @ svd.v.swapaxes(-2, -1) for direction in directions]
    left = product_of_all_but(svd.values, len(directions) + 1)
    size = _size(a)
    total = np.zeros(np.broadcast_shapes(*map(np.shape, (a, *directions))))
    rows = range(1, len(directions) + 1)
    for columns in permutations(range(len(directions) + 1)):
        factors: list[Any] = [operand for row in rows for operand in (turned[row - 1], [..., row, columns[row]])]
        places: list[Any] = [..., *range(len(directions) + 1)]
        kept: list[Any] = [..., 0, columns[0]] if columns[0] else [..., 0]
        if columns[0]:
            total += _parity(columns) * np.einsum(left, places, *factors, kept)
        else:
            diagonal = np.einsum(left, places, *factors, kept)
            total[..., range(size), range(size)] += _parity(columns) * diagonal
    return np.where(svd.is_finite, svd.sign[..., None, None] * (svd.u @ total @ svd.v), np.nan)


def _parity(permutation: Sequence[int]) -> float:
    """1.0 for an even permutation, -1.0 for an odd one."""
    swaps = sum(one > other for position, one in enumerate(permutation) for other in permutation[position:])
    return -1.0 if swaps % 2 else 1.0


class SingularValues(NamedTuple):
    """a = u diag(values) v, the sign of det(u v), and where a is finite, two axes kept as 1."""

    u: Any
    values: Any
    v: Any
    sign: Any
    is_finite: Any


def _singular_values(a: Array) -> SingularValues | None:
    """None where they do not converge."""
    is_finite = np.isfinite(a).all(axis=(-2, -1), keepdims=True)
    try:
        u, values, v = np.linalg.svd(np.where(is_finite, a, 0.0))
    except np.linalg.LinAlgError:
        return None
    return SingularValues(u, values, v, np.linalg.slogdet(u)[0] * np.linalg.slogdet(v)[0], is_finite)


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
