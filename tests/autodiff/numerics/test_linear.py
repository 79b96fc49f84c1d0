"""Determinants, inverses and solutions against exact fractions; singular and broken matrices never raise."""

import math
from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest

from backprop.autodiff.numerics import linear

from ...closeness import close_to

INF, NAN = math.inf, math.nan
INTEGERS = {
    1: [[5.0]],
    2: [[1.0, 2.0], [3.0, 4.0]],
    3: [[2.0, 0.0, 1.0], [1.0, 3.0, 2.0], [1.0, 1.0, 4.0]],
    4: [[4.0, 1.0, 0.0, 2.0], [1.0, 5.0, 1.0, 0.0], [0.0, 2.0, 6.0, 1.0], [3.0, 0.0, 1.0, 7.0]],
}
SINGULAR = {
    1: [[0.0]],
    2: [[1.0, 2.0], [2.0, 4.0]],
    3: [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [5.0, 7.0, 9.0]],
    4: [[1.0, 2.0, 3.0, 4.0], [0.0, 1.0, 1.0, 2.0], [2.0, 4.0, 6.0, 8.0], [1.0, 0.0, 2.0, 5.0]],
}
ENTRIES = (0.0, -0.0, 1.0, -2.0, NAN, INF, -INF, 1e308, -1e308, 1e200, 5e-324, 1e-300)
each_size = pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6])


@pytest.fixture(autouse=True)
def as_the_callers_do():
    with np.errstate(all="ignore"):
        yield


def exact_det(rows):
    """Laplace's expansion along the first row."""
    if not rows:
        return Fraction(1)
    minors = ([row[:place] + row[place + 1 :] for row in rows[1:]] for place in range(len(rows)))
    return sum((-1) ** place * rows[0][place] * exact_det(minor) for place, minor in enumerate(minors))


def exact_cofactors(matrix):
    rows = fractions(matrix)
    places = range(len(rows))

    def signed_minor(i, j):
        others = [row[:j] + row[j + 1 :] for place, row in enumerate(rows) if place != i]
        return (-1) ** (i + j) * exact_det(others)

    return np.array([[float(signed_minor(i, j)) for j in places] for i in places])


def fractions(matrix):
    return [[Fraction(float(entry)) for entry in row] for row in matrix]


def random_matrix(size, seed=3):
    return np.random.default_rng(seed).normal(size=(size, size))


@pytest.mark.parametrize("matrix", [*INTEGERS.values(), *SINGULAR.values()])
def test_det_and_cofactor_of_integers(matrix):
    small = len(matrix) <= 3
    det, cofactor = linear.det(np.array(matrix)), linear.cofactor(np.array(matrix))
    assert type(det) is np.float64
    truth = float(exact_det(fractions(matrix)))
    scale = np.abs(exact_cofactors(matrix)).max()
    assert det == truth if small else det == pytest.approx(truth, rel=1e-14, abs=1e-14 * scale)
    np.testing.assert_allclose(cofactor, exact_cofactors(matrix), rtol=0, atol=0 if small else 2e-14 * scale)


@each_size
def test_det_and_cofactor_match_fractions(size):
    for seed in range(5):
        matrix = random_matrix(size, seed)
        cofactors = exact_cofactors(matrix)
        tolerances = (2e-16, 0.0) if size <= 3 else (0.0, 1e-14 * np.abs(cofactors).max())
        np.testing.assert_allclose(linear.cofactor(matrix), cofactors, *tolerances)
        determinant = float(exact_det(fractions(matrix)))
        np.testing.assert_allclose(linear.det(matrix), determinant, rtol=2e-16 if size <= 3 else 1e-14)


def test_det_of_three_rows_survives_cancellation():
    matrix = np.array([[1.0, 1.0, 1.0], [1.0, 1.0 + 2**-30, 1.0], [1.0, 1.0, 1.0 + 2**-29]])
    assert linear.det(matrix) == 2.0**-59
    assert linear.det(matrix[:2, :2]) == 2.0**-30


@each_size
def test_cofactor_of_a_singular_matrix_is_the_gradient_of_det(size):
    matrix = random_matrix(size)
    matrix[-1] = matrix[0] if size > 1 else 0.0
    cofactors = exact_cofactors(matrix)
    tolerance = 1e-14 * np.abs(cofactors).max()
    np.testing.assert_allclose(linear.cofactor(matrix), cofactors, rtol=0, atol=tolerance)
    np.testing.assert_array_equal(linear.cofactor(np.zeros((size, size))), 1.0 if size == 1 else 0.0)


@each_size
def test_inverse_and_solutions(size):
    matrix, vector = random_matrix(size), np.arange(1.0, size + 1.0)
    tolerance = 1e-15 * size * np.linalg.cond(matrix)
    np.testing.assert_allclose(matrix @ linear.inv(matrix), np.eye(size), rtol=0, atol=tolerance)
    for right in (vector, vector[:, None], np.column_stack([vector, vector[::-1], vector**2])):
        solution = linear.solve(matrix, right)
        assert solution.shape == right.shape
        np.testing.assert_allclose(matrix @ solution, right, rtol=0, atol=tolerance * right.max())


@pytest.mark.parametrize("size", [1, 2, 3])
def test_inverse_by_hand_is_rounded_once(size):
    for seed in range(5):
        matrix = random_matrix(size, seed) * 10.0 ** np.arange(-5 * size, 5 * size, 10)
        exact = exact_cofactors(matrix).T / float(exact_det(fractions(matrix)))
        np.testing.assert_allclose(linear.inv(matrix), exact, rtol=4e-16, atol=0)
    np.testing.assert_array_equal(linear.inv(np.array(INTEGERS[2])), [[-2.0, 1.0], [1.5, -0.5]])


@pytest.mark.parametrize("size", [1, 2, 3])
def test_solutions_by_hand_are_rounded_once(size):
    """Also where entries of one solution differ by 20 powers of ten, of which elimination leaves the largest."""
    for seed in range(5):
        matrix = random_matrix(size, seed) * 10.0 ** np.arange(-5 * size, 5 * size, 10)
        right = random_matrix(size, seed + 100)[0] * 10.0 ** np.arange(0, -8 * size, -8)
        columns = [fractions(np.where(np.arange(size) == place, right[:, None], matrix)) for place in range(size)]
        exact = [float(exact_det(column) / exact_det(fractions(matrix))) for column in columns]
        np.testing.assert_allclose(linear.solve(matrix, right), exact, rtol=4e-16, atol=0)
    found = linear.solve(np.array([[4.0, 2.0], [1.0, 1e-20]]), np.array([1.0, 1e-20]))
    np.testing.assert_allclose(found, [5e-21, 0.5], rtol=4e-16, atol=0)


@pytest.mark.parametrize("matrix", SINGULAR.values())
def test_singular_matrices_are_results(matrix):
    matrix = np.array(matrix)
    assert linear.det(matrix) == 0.0 and linear.logdet(matrix) == -INF
    assert np.isnan(linear.inv(matrix)).all() and linear.inv(matrix).shape == matrix.shape
    assert np.isnan(linear.solve(matrix, matrix[0])).all()
    assert linear.solve(matrix, np.ones((len(matrix), 2))).shape == (len(matrix), 2)
    assert np.isfinite(linear.cofactor(matrix)).all()


def test_logdet():
    assert linear.logdet(np.array([[2.0, 1.0], [1.0, 3.0]])) == close_to(math.log(5.0), rel=1e-15)
    assert type(linear.logdet(np.eye(2))) is np.float64 and linear.logdet(np.eye(2)) == 0.0
    assert np.isnan(linear.logdet(np.diag([1.0, -1.0])))
    near_identity = np.array([[1.0 + 2**-30, 2**-40], [3 * 2**-40, 1.0 - 2**-30]])
    distance = -(2**-60) - 3 * 2**-80
    assert linear.logdet(near_identity) == close_to(math.log1p(distance), rel=1e-15)
    assert linear.logdet(np.eye(3) * 1e200) == close_to(600 * math.log(10.0), rel=1e-15)


def test_det_at_the_ends_of_the_range():
    assert linear.det(np.diag([1e200, 1e200])) == INF and linear.det(np.diag([1e200, -1e200])) == -INF
    assert linear.det(np.diag([1e-200, 1e-200])) == 0.0
    assert linear.det(np.diag([1e-200, 1e200])) == close_to(1.0, rel=1e-15)
    assert linear.det(np.diag([1e200, 1e200, 1e-200])) == close_to(1e200, rel=1e-15)
    assert linear.det(np.diag([1e299, 1e-200, 1e-200])) == close_to(1e-101, rel=1e-15)
    rows_apart = np.array(INTEGERS[3]) * [[1e-200], [1e-200], [1.0]]
    expected = math.log(18.0) - 400 * math.log(10.0)
    assert linear.logdet(rows_apart) == close_to(expected, rel=1e-15)
    assert np.isfinite(linear.inv(rows_apart)).all()
    assert linear.logdet(np.diag([1e-200, 1e-200])) == close_to(-400 * math.log(10.0), rel=1e-15)
    np.testing.assert_array_equal(linear.cofactor(np.eye(3) * 1e200), np.where(np.eye(3), INF, 0.0))


@each_size
def test_no_matrix_raises_and_nan_shows(size):
    generator = np.random.default_rng(11)
    for _ in range(60):
        matrix, vector = generator.choice(ENTRIES, size=(size, size)), generator.choice(ENTRIES, size=size)
        before = matrix.copy()
        has_nan = np.isnan(matrix).any()
        for kernel in (linear.det, linear.logdet, linear.inv, linear.cofactor):
            result = kernel(matrix)
            assert np.shape(result) in ((), matrix.shape)
            assert not has_nan or np.isnan(result).all()
        for right in (vector, matrix):
            result = linear.solve(matrix, right)
            assert result.shape == right.shape
            assert not has_nan or np.isnan(result).all()
        np.testing.assert_array_equal(matrix, before)


@each_size
def test_stacks_are_matrices_side_by_side(size):
    stack = np.random.default_rng(5).normal(size=(4, size, size))
    stack[1], stack[2, 0, 0] = 0.0, NAN
    columns = np.random.default_rng(6).normal(size=(4, size, 2))
    for kernel in (linear.det, linear.logdet, linear.inv, linear.cofactor):
        np.testing.assert_allclose(kernel(stack), [kernel(matrix) for matrix in stack], rtol=1e-13)
    expected = [linear.solve(matrix, right) for matrix, right in zip(stack, columns, strict=True)]
    np.testing.assert_allclose(linear.solve(stack, columns), expected, rtol=1e-13)


def mixed_cofactors(matrix, directions):
    """The differential of the cofactors, each a minor with one row of every direction: the sum over the rows."""
    size = len(matrix)
    result = np.empty((size, size))
    for row, column in np.ndindex(size, size):
        total = 0
        for rows in permutations([one for one in range(size) if one != row], len(directions)):
            mixed = list(matrix)
            for at, direction in zip(rows, directions, strict=True):
                mixed[at] = direction[at]
            total += exact_det([one[:column] + one[column + 1 :] for place, one in enumerate(mixed) if place != row])
        result[row, column] = float((-1) ** (row + column) * total)
    return result


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
def test_differentials_of_cofactors_match_fractions(size, order):
    generator = np.random.default_rng(10 * size + order)
    regular = generator.normal(size=(size, size))
    singular = regular.copy()
    singular[-1] = singular[0]
    for matrix in (regular, singular, np.zeros((size, size)), regular * 1e-20):
        directions = generator.normal(size=(order, size, size))
        exact = mixed_cofactors(fractions(matrix), [fractions(one) for one in directions])
        mine = linear.cofactor(matrix, *directions)
        tolerances = (2e-16, 0.0) if size <= 3 else (0.0, 1e-14 * np.abs(exact).max())
        np.testing.assert_allclose(mine, exact, *tolerances)


def test_differentials_of_cofactors_of_stacks_and_of_what_is_not_finite():
    stack = np.random.default_rng(5).normal(size=(6, 4, 4))
    direction = np.ones((6, 4, 4))
    found = linear.cofactor(stack, direction)
    for one, expected in zip(found, map(linear.cofactor, stack, direction), strict=True):
        np.testing.assert_allclose(one, expected, rtol=1e-12, atol=1e-13)
    stack[2, 1, 1] = NAN
    stack[3, 0, 0] = INF
    found = linear.cofactor(stack, direction)
    assert np.isnan(found[2]).all() and np.isfinite(found[[0, 1, 4, 5]]).all()


def test_a_differential_of_cofactors_of_many_rows_takes_few_numbers():
    matrix = np.random.default_rng(6).normal(size=(300, 300)) / 17.0
    direction = np.ones((300, 300))
    cofactors, inverse = linear.cofactor(matrix), np.linalg.inv(matrix)
    expected = np.sum(cofactors * direction) * inverse.T - cofactors @ direction.T @ inverse.T
    mine = linear.cofactor(matrix, direction)
    np.testing.assert_allclose(mine, expected, rtol=0, atol=1e-9 * np.abs(expected).max())
