"""Second and third derivatives of a radius whose entries are of very unequal sizes, entry by entry against mpmath."""

import numpy as np
import pytest
from mpmath import mp

from backprop.autodiff import compile, hessian, hvp, value_and_grad
from backprop.parser import parse

from ...cases import as_one_test
from ...closeness import close_to

DIGITS = 1000  # of what cancels at a ratio of 1e180 there are 360 before the first that is left
RANGE = 1e-290, 1e290
SHAPES = [  # entries, each but for the size
    (3.0, -4.0),
    (1e-180, 1.0),
    (1.0, 0.7e-180),
    (1e-4, -1.0),
    (1.0, 1e-20, -1e-160),
    (1e-9, -2e-9, 1.0),
    (0.0, 1.0, 1e-12),
]
SIZES = [1e-300, 1e-200, 1e-155, 1e-8, 1.0, 1e150, 1e300]


def kronecker(i, j):
    return mp.mpf(i == j)


def norm_slopes(v):
    """The second and the third derivative of the norm by entries i, j (and k)."""
    r = mp.sqrt(mp.fsum(x * x for x in v))
    e = [x / r for x in v]

    def second(i, j):
        return (kronecker(i, j) - e[i] * e[j]) / r

    def third(i, j, k):
        return -(e[i] * second(j, k) + e[j] * second(i, k) + e[k] * second(i, j)) / r

    return second, third


def std_slopes(x):
    n = len(x)
    mean = mp.fsum(x) / n
    s = mp.sqrt(mp.fsum((one - mean) ** 2 for one in x) / n)
    e = [(one - mean) / s for one in x]

    def second(i, j):
        return (kronecker(i, j) - mp.mpf(1) / n - e[i] * e[j] / n) / (n * s)

    def third(i, j, k):
        return -(e[i] * second(j, k) + e[j] * second(i, k) + e[k] * second(i, j)) / (n * s)

    return second, third


def assert_entries(found, truth):
    """Each to its last digits, where neither it nor its square is out of range."""
    for place, number in np.ndenumerate(found):
        with mp.workdps(DIGITS):
            expected = truth(*place)
            if not expected or RANGE[0] < abs(expected) < RANGE[1]:
                assert number == close_to(float(expected), rel=2e-14), place
            elif abs(expected) <= RANGE[0]:
                assert abs(number) <= 2 * RANGE[0], place
            else:
                assert number * mp.sign(expected) > RANGE[1] / 2, place


def third_of(text, values):
    """The third derivative: of each entry of the gradient the reverse and the forward pass together."""
    along = [parse(f"grad({text}, x)[{place}]") for place in range(len(values))]
    return np.array([hessian(graph, x=values)["x"]["x"] for graph in along])


@as_one_test("size", SIZES)
@as_one_test("entries", SHAPES)
@as_one_test("text", ["norm(x)", "norm([x, x*0], axis=1)[0]"])
def test_entries_of_a_norm(text, entries, size):
    x = np.array(entries) * size / (8.0 if size > 1e299 else 1.0)
    with mp.workdps(DIGITS):
        second, third = norm_slopes([mp.mpf(one) for one in x.tolist()])
    assert_entries(hessian(parse(text), x=x)["x"]["x"], second)
    assert_entries(np.array([hvp(parse(text), {"x": unit}, x=x)[1]["x"] for unit in np.eye(len(x))]), second)
    assert_entries(third_of(text, x), third)


@as_one_test("size", SIZES)
@as_one_test("entries", [entries for entries in SHAPES if len(entries) == 2])
def test_entries_of_a_hypotenuse(entries, size):
    x, y = at = np.array(entries) * size / (8.0 if size > 1e299 else 1.0)
    with mp.workdps(DIGITS):
        second, third = norm_slopes([mp.mpf(float(one)) for one in at])

    def matrix(text):
        found = hessian(parse(text), x=x, y=y)
        return [[found[a][b] for b in "xy"] for a in "xy"]

    assert_entries(np.array(matrix("hypot(x, y)")), second)
    assert_entries(np.array([matrix(f"grad(hypot(x, y), {name})") for name in "xy"]), third)


@pytest.mark.parametrize("size", [1e-300, 1e-155, 1.0, 1e300])
@pytest.mark.parametrize("entries", [(0.0, 1e-10, 1.0), (0.0, 1.0, 3.0, -2.0), (0.0, 0.0, 0.0, 1.0), (0.0, 1.0, 1e-7)])
def test_entries_of_a_standard_deviation(entries, size):
    """The diagonal is of one sign and keeps its digits; what is off it is as exact as it is large."""
    x = np.array(entries) * size / (8.0 if size > 1e299 else 1.0)
    with mp.workdps(DIGITS):
        second, third = std_slopes([mp.mpf(one) for one in x.tolist()])
        diagonal = [float(second(place, place)) for place in range(len(x))]
        whole = [[float(second(i, j)) for j in range(len(x))] for i in range(len(x))]
    found = hessian(parse("std(x)"), x=x)["x"]["x"]
    assert np.diag(found) == close_to(diagonal, rel=1e-13)
    np.testing.assert_allclose(found / np.max(whole), np.array(whole) / np.max(whole), rtol=0, atol=1e-14)
    if size == 1.0:
        cube = [[[float(third(i, j, k)) for k in range(len(x))] for j in range(len(x))] for i in range(len(x))]
        np.testing.assert_allclose(third_of("std(x)", x), cube, rtol=1e-12, atol=1e-12)


def test_rows_are_as_single_points():
    graph = parse("grad(grad(exp(-norm([x, y])), y), y)")
    rows = {"x": np.array([1e-200, 1e-12, 3.0]), "y": np.array([1e-20, 1e-8, 4.0])}
    alone = [value_and_grad(graph, x=x, y=y)[0] for x, y in zip(*rows.values(), strict=True)]
    assert compile(graph, gradients=False)(**rows)[0] == close_to(alone, rel=1e-14)
    assert alone[:2] == [1.0, close_to(5.0e-9, rel=1e-6)]


def test_entries_of_each_row_of_a_matrix():
    rows = np.array([[1e-200, 1e-20], [0.0, 0.0], [1e-4, 1.0]])
    found = hessian(parse("sum(norm(A, axis=1))"), A=rows)["A"]["A"]
    for place, row in enumerate(rows):
        alone = hessian(parse("norm(x)"), x=row)["x"]["x"]
        np.testing.assert_array_equal(found[place, :, place], alone)
        assert not np.any(np.delete(found[place], place, axis=1))
