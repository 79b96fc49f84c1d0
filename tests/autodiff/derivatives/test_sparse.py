"""Sparse Jacobians and Hessians against the full ones: chains, random graphs, corners; how few sweeps they take."""

import sys

import numpy as np
import pytest
from hypothesis import given, settings

from backprop.autodiff import ExpressionError, hessian, jacobian
from backprop.autodiff.derivatives import coloring, sparse
from backprop.autodiff.derivatives.asked import TooManyEntries
from backprop.autodiff.derivatives.coloring import Sparsity, colored, colored_symmetric, count_of
from backprop.autodiff.derivatives.sparse import sparse_first_order, sparse_second_order
from backprop.parser import parse

from ..test_random_arrays import graphs

ROSENBROCK = "sum((1-x[:-1])^2 + 100*(x[1:]-x[:-1]^2)^2)"


def full(matrix):
    found = np.zeros(matrix.shape)
    found[matrix.rows, matrix.columns] = matrix.values
    return found


def flat_hessian(graph, values):
    blocks = hessian(graph, values)
    sizes = {name: np.size(values[name]) for name in blocks}
    return np.block(
        [
            [np.reshape(block, (sizes[name], sizes[other])) for other, block in row.items()]
            for name, row in blocks.items()
        ]
    )


def flat_jacobian(graph, values):
    blocks = jacobian(graph, values)
    return np.hstack([np.reshape(block, (-1, np.size(values[name]))) for name, block in blocks.items()])


def assert_alike(found, truth, least=1e-300):
    """Equal but for rounding of the largest entry, or of what is as large as `least` on the way."""
    assert np.array_equal(np.isnan(found), np.isnan(truth))
    is_infinite = np.isinf(truth)
    assert np.array_equal(found[is_infinite], truth[is_infinite])
    finite = np.isfinite(truth)
    scale = np.max(np.abs(truth[finite]), initial=least)
    assert np.all(np.abs(found[finite] - truth[finite]) <= 1e-13 * scale)


CHAINS = {
    "Rosenbrock": (ROSENBROCK, {"x": 9}),
    "an arrow": ("sum((z*x)^2) + sin(z)*x[0]", {"x": 6, "z": ()}),
    "two blocks": ("sum(sin(x)*y) + sum(exp(x[1:]*x[:-1]))", {"x": 5, "y": 5}),
    "a grid": ("sum((4*u[1:-1,1:-1]-u[:-2,1:-1]-u[2:,1:-1]-u[1:-1,2:]-u[1:-1,:-2])^4)", {"u": (5, 6)}),
    "scalars": ("(a-b)^2*c + sin(c*d) + e*f + (e-g)^4", dict.fromkeys("abcdefg", ())),
    "reversed": ("sum((x - x[::-1])^4) + x.T@x", {"x": 7}),
    "reshaped": ("sum(reshape(x, 3, 4)[1:]^3*reshape(x, 4, 3)[:2].T[0:2,0:1])", {"x": 12}),
    "stacked": ("sum(stack(x[1:]*x[:-1], sin(x[1:]), axis=1)^2) + sum(concat(x, x[:2])^3)", {"x": 6}),
    "products": ("sum((W@x)^2*x) + sum(outer(x, x)[0]^2)", {"W": (3, 3), "x": 3}),
    "sums along an axis": ("sum(sum(A^2, axis=1)^2 + max(A, axis=1)*mean(A, axis=1))", {"A": (4, 3)}),
    "means": ("sum((x - mean(x))^4)", {"x": 5}),
    "branches": ("sum(where(x > 0, x^3, x[::-1]^2)) + sum(relu(x)^3*abs(x))", {"x": 6}),
    "tied kinks": ("sum(max(x, 1)^2*x) + sum(abs(x - 1)^3)", {"x": 4}),
    "linear": ("sum(3*x) + y", {"x": 3, "y": ()}),
    "constant": ("sum(floor(x))", {"x": 3}),
    "cumulative": ("sum(cumsum(x)^3) + sum(sort(x)^2*x)", {"x": 5}),
}


def values_of(shapes, seed=3):
    rng = np.random.default_rng(seed)
    return {name: rng.uniform(-2, 2, shape)[()] for name, shape in shapes.items()}


@pytest.mark.parametrize("text, shapes", CHAINS.values(), ids=CHAINS)
def test_a_sparse_hessian_is_the_full_one(text, shapes):
    graph, values = parse(text), values_of(shapes)
    found = sparse_second_order(graph, values, None, None)
    assert_alike(full(found.matrix), flat_hessian(graph, values))
    order = found.matrix.rows * found.matrix.shape[1] + found.matrix.columns
    assert np.all(np.diff(order) > 0)


VECTORS = {
    "differences": ("x[1:] - x[:-1]^2", {"x": 8}),
    "a dense row": ("concat([sum(x)], x^2*x[0])", {"x": 6}),
    "dense columns": ("z*x + w*sin(x)", {"x": 6, "z": (), "w": ()}),
    "a wide one": ("reshape(x^2, 3, 4) @ ones(4)", {"x": 12}),
    "matrices": ("A@B", {"A": (3, 4), "B": (4, 2)}),
    "one number": ("sum(x*y)", {"x": 4, "y": 4}),
    "scalars": ("[a*b, b*c, c*d, d*a]", dict.fromkeys("abcd", ())),
}


@pytest.mark.parametrize("text, shapes", VECTORS.values(), ids=VECTORS)
def test_a_sparse_jacobian_is_the_full_one(text, shapes):
    graph, values = parse(text), values_of(shapes)
    assert_alike(full(sparse_first_order(graph, values, None, None).matrix), flat_jacobian(graph, values))


@settings(max_examples=25, deadline=None, derandomize=True)
@given(graphs())
def test_random_graphs_have_the_same_matrices_when_they_are_sparse(graph):
    rng = np.random.default_rng(2)
    values = {name: rng.uniform(0.5, 2.0, node.shape)[()] for name, node in graph.inputs.items()}
    with np.errstate(all="ignore"):
        assert_alike(
            full(sparse_first_order(graph, values, None, None).matrix), flat_jacobian(graph, values), least=1.0
        )
        graph.output = graph.output.sum()
        assert_alike(
            full(sparse_second_order(graph, values, None, None).matrix), flat_hessian(graph, values), least=1.0
        )


CORNERS = {
    "an infinite slope beside 0": ("[sqrt(x), y, x*y]", {"x": 0.0, "y": 2.0}),
    "two columns in one row": ("sqrt(x)*ones(2) + [y, z]", {"x": 0.0, "y": 1.0, "z": 3.0}),
    "a branch that is not taken": ("where(x > 0, sqrt(x), 0) + x[::-1]", {"x": np.array([0.0, 4.0, -1.0])}),
    "nan": ("[log(x), x*y]", {"x": -1.0, "y": 2.0}),
}
SECOND_CORNERS = {
    "an infinite curvature": ("sum(sqrt(x)^3) + y^2*x[1]", {"x": np.array([0.0, 4.0]), "y": 2.0}),
    "a power at 0": ("sum(x^1.5) + sum(x[1:]*x[:-1])", {"x": np.array([0.0, 1.0, 0.0, 2.0])}),
    "a kink": ("sum(abs(x)*x^2) + sum(max(x[1:], x[:-1])*x[1:])", {"x": np.array([0.0, 0.0, -1.0, 1.0])}),
    "what is not selected": ("sum(min(x, y)) + min(1/x[0]^2, 3)*y", {"x": np.array([0.0, 2.0]), "y": 1.0}),
    "nan": ("sum(x^2*log(y)) + z^2", {"x": np.array([1.0, 2.0]), "y": -1.0, "z": 2.0}),
}


@pytest.mark.parametrize("text, values", CORNERS.values(), ids=CORNERS)
def test_corners_of_a_jacobian_are_those_of_the_full_one(text, values):
    graph = parse(text)
    assert_alike(full(sparse_first_order(graph, values, None, None).matrix), flat_jacobian(graph, values))


@pytest.mark.parametrize("text, values", SECOND_CORNERS.values(), ids=SECOND_CORNERS)
def test_corners_of_a_hessian_are_those_of_the_full_one(text, values):
    graph = parse(text)
    assert_alike(full(sparse_second_order(graph, values, None, None).matrix), flat_hessian(graph, values))


def sweeps_of(program):
    return count_of(program.plan.colors)


@pytest.mark.parametrize(
    "text, shapes, most",
    [
        (ROSENBROCK, {"x": 2000}, 3),
        ("z*sum((z*x)^2)", {"x": 500, "z": ()}, 2),
        ("sum((4*u[1:-1,1:-1]-u[:-2,1:-1]-u[2:,1:-1]-u[1:-1,2:]-u[1:-1,:-2])^2)", {"u": (20, 30)}, 17),
        ("sum(x^3) + sum(y^2*x)", {"x": 300, "y": 300}, 2),
    ],
    ids=["a band", "an arrow", "a grid", "blocks"],
)
def test_a_hessian_takes_few_sweeps(text, shapes, most, monkeypatch):
    made = []
    monkeypatch.setattr(sparse, "checked", lambda program, *others: made.append(sweeps_of(program)) or program)
    sparse_second_order(parse(text), values_of(shapes), None, None)
    assert made[0] <= most


def structures(is_symmetric):
    """Random ones of many heights, widths and fillings."""
    rng = np.random.default_rng(7)
    for _ in range(60):
        height = int(rng.integers(1, 12))
        width = height if is_symmetric else int(rng.integers(1, 12))
        rows, columns = np.nonzero(rng.uniform(size=(height, width)) < rng.uniform(0.05, 0.9))
        found = Sparsity(rows, columns, height, width)
        yield found.symmetric() if is_symmetric else found


def test_a_structure_knows_where_its_rows_begin_and_its_mirror_images():
    for structure in structures(False):
        counts = np.bincount(structure.rows, minlength=structure.height)
        assert np.array_equal(structure.starts(), [0, *np.cumsum(counts)])
        square = structure._replace(height=12, width=12)
        full = np.zeros((12, 12), dtype=bool)
        full[square.rows, square.columns] = True
        for one in (square, square.symmetric()):
            both = one.symmetric()
            assert np.array_equal(np.stack([both.rows, both.columns], axis=1), np.argwhere(full | full.T))


def alone(structure, colors):
    """Whether each entry's color stands in no other of its row."""
    keys = structure.rows * (count_of(colors) + 1) + colors[structure.columns]
    return np.array([np.count_nonzero(keys == key) == 1 for key in keys], dtype=bool)


@pytest.mark.parametrize("color", [colored, coloring.in_turn])
def test_no_row_has_a_color_twice(color):
    for structure in structures(False):
        assert alone(structure, color(structure)).all()
        assert np.array_equal(structure.transposed().transposed().columns, structure.columns)


@pytest.mark.parametrize("color", [colored_symmetric, coloring.stars_in_turn])
def test_each_entry_or_its_mirror_image_is_alone(color):
    for structure in structures(True):
        entries = zip(structure.rows.tolist(), structure.columns.tolist(), strict=True)
        found = dict(zip(entries, alone(structure, color(structure)), strict=True))
        assert all(is_alone or found[column, row] for (row, column), is_alone in found.items())


def test_a_matrix_of_no_entries():
    for text, values in {
        "sum(x)": {"x": np.zeros(0)},
        "sum(y^2) + sum(x)": {"x": np.zeros(0), "y": np.ones(2)},
    }.items():
        assert_alike(
            full(sparse_second_order(parse(text), values, None, None).matrix), flat_hessian(parse(text), values)
        )
    assert sparse_first_order(parse("x"), {"x": np.zeros(0)}, None, None).matrix.shape == (0, 0)


def test_a_matrix_that_is_not_sparse_is_refused_before_it_fills_the_memory():
    with pytest.raises(ExpressionError, match="differ from 0"):
        sparse_second_order(parse("sum(x)^2"), {"x": np.ones(100_000)}, None, None)
    with pytest.raises(TooManyEntries, match="28 entries that may differ from 0"):
        sparse_second_order(parse(ROSENBROCK), {"x": np.ones(10)}, None, 27)
    with pytest.raises(ExpressionError, match="only a scalar has a Hessian"):
        sparse_second_order(parse("x*y"), {"x": np.ones(10), "y": 1.0}, None, None)


@pytest.mark.extras
def test_scipy_gets_it_as_rows():
    scipy_sparse = pytest.importorskip("scipy.sparse")
    values = {"x": np.linspace(-1.2, 1.0, 6)}
    found = hessian(parse(ROSENBROCK), values, sparse=True)
    assert scipy_sparse.issparse(found) and found.format == "csr" and found.has_canonical_format
    assert_alike(found.toarray(), flat_hessian(parse(ROSENBROCK), values))
    rows = jacobian(parse("x[1:]*x[:-1]"), values, sparse=True)
    assert rows.shape == (5, 6) and rows.nnz == 10


def test_without_scipy_its_absence_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.sparse", None)
    with pytest.raises(ExpressionError, match="not installed"):
        hessian(parse("x^2"), x=1.0, sparse=True)
