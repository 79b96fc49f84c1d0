"""The gates that mix entries, against mpmath: reductions, softmax, products and matrix functions, with gradients.

The oracles are NumPy on arrays of mpmath numbers where NumPy only adds and multiplies, else mpmath's own matrices.
"""

import math
from functools import partial
from itertools import permutations

import mpmath
import numpy as np
import pytest
from mpmath import mp, mpf

from backprop.autodiff import ExpressionError, value_and_grad
from backprop.parser import parse

from ..array_points import ARRAY_POINTS
from ..building import single, value_and_gradients
from ..oracles import RELATIVE_STEP, STEP_AT_ZERO

EXACT = np.vectorize(mpf, otypes=[object])
DIGITS = 600  # e^-1600 beside 1, and steps of 1e-40 of it


def count(x, axis):
    return np.size(x) // max(np.size(np.sum(x, axis=axis)), 1)


def centred(x, axis):
    return x - np.sum(x, axis=axis, keepdims=True) / count(x, axis)


def exponentials(x, axis):
    return np.vectorize(mp.exp, otypes=[object])(x)


def rooted(x):
    return np.vectorize(mp.sqrt, otypes=[object])(x)


def logarithms(x):
    return np.vectorize(mp.log, otypes=[object])(x)


def variance(x, axis):
    return np.sum(centred(x, axis) ** 2, axis=axis) / count(x, axis)


def softmax(x, axis):
    axis = axis if np.ndim(x) else None
    return exponentials(x, axis) / np.sum(exponentials(x, axis), axis=axis, keepdims=True)


def less_mean(direction, x, axis):
    """The direction less its mean under the shares of softmax(x)."""
    axis = axis if np.ndim(x) else None
    return direction - np.sum(softmax(x, axis) * direction, axis=axis, keepdims=True)


def less_shares(upstream, x, axis):
    axis = axis if np.ndim(x) else None
    return upstream - softmax(x, axis) * np.sum(upstream, axis=axis, keepdims=True)


def others(x, *directions, axis):
    """For each entry the sum, over different places of the directions among the others, of the products."""
    x = np.asarray(x)
    if not x.ndim or axis is None or isinstance(axis, tuple):
        places = tuple(range(x.ndim)) if axis is None or not x.ndim else tuple(one % x.ndim for one in axis)
        kept_places = tuple(one for one in range(x.ndim) if one not in places)
        order = kept_places + places
        lengths = [x.shape[one] for one in kept_places]
        rows = [np.asarray(one).transpose(order).reshape(*lengths, -1) for one in (x, *directions)]
        moved = others(*rows, axis=-1).reshape([x.shape[one] for one in order])
        return moved.transpose(np.argsort(order))
    rows = np.stack(np.broadcast_arrays(*[np.moveaxis(one, axis, -1) for one in (x, *directions)]))
    result = np.empty(rows.shape[1:], dtype=object)
    for place in np.ndindex(result.shape):
        row, *along = rows[(slice(None), *place[:-1])]
        left = [one for one in range(len(row)) if one != place[-1]]
        result[place] = sum(
            math.prod([row[one] for one in left if one not in at])
            * math.prod([one[where] for one, where in zip(along, at, strict=True)])
            for at in permutations(left, len(along))
        )
    return np.moveaxis(result, -1, axis)


def cofactors(a, *directions):
    """det(A) A^-T, or its differential: the sum, over different rows, of cofactors with rows of the directions."""
    total = np.zeros(a.shape, dtype=object)
    for row, column in np.ndindex(a.shape):
        for rows in permutations([one for one in range(len(a)) if one != row], len(directions)):
            mixed = np.array(a, dtype=object)
            for at, direction in zip(rows, directions, strict=True):
                mixed[at] = direction[at]
            minor = np.delete(np.delete(mixed, row, axis=0), column, axis=1)
            total[row, column] += (-1) ** (row + column) * laplace(minor.tolist())
    return total


def laplace(rows):
    """The determinant by the first row: mpmath's own stops at some matrices that are singular."""
    if not rows:
        return mpf(1)
    return sum(
        (-1) ** place * entry * laplace([[*row[:place], *row[place + 1 :]] for row in rows[1:]])
        for place, entry in enumerate(rows[0])
    )


def share(x, extreme):
    """1 for the extreme entry: no two entries of the points are equal."""
    return np.where(np.equal(x, extreme), mpf(1), mpf(0))


def matrix(function):
    """A function of mpmath's matrices as one of arrays of numbers."""

    def of_arrays(*arrays):
        found = function(*[mp.matrix(one.tolist()) for one in arrays])
        if not isinstance(found, mpmath.matrix):
            return np.array(found, dtype=object)
        return np.array(found.tolist(), dtype=object)

    return of_arrays


def solve(a, b):
    columns = b[:, None] if b.ndim == 1 else b
    return np.array((mp.inverse(mp.matrix(a.tolist())) * mp.matrix(columns.tolist())).tolist()).reshape(b.shape)


def running_sum(x, axis):
    return np.cumsum(x, axis=axis).reshape(np.shape(x)) if np.ndim(x) else x


ARRAY_ORACLES = {
    "sum": lambda x, axis: np.sum(x, axis=axis),
    "mean": lambda x, axis: np.sum(x, axis=axis) / count(x, axis),
    "prod": lambda x, axis: np.prod(x, axis=axis),
    "product_of_others": others,
    "deviations": centred,
    "var": variance,
    "std": lambda x, axis: rooted(variance(x, axis)),
    "min": lambda x, axis: np.min(x, axis=axis),
    "max": lambda x, axis: np.max(x, axis=axis),
    "smallest_entry_share": lambda x, axis: share(x, np.min(x, axis=axis, keepdims=True)),
    "largest_entry_share": lambda x, axis: share(x, np.max(x, axis=axis, keepdims=True)),
    "norm": lambda x, axis: rooted(np.sum(np.asarray(x) ** 2, axis=axis)),
    "logsumexp": lambda x, axis: logarithms(np.sum(exponentials(x, axis), axis=axis)),
    "softmax": softmax,
    "log_softmax": lambda x, axis: logarithms(softmax(x, axis)),
    "softmax_differential": lambda direction, x, axis: softmax(x, axis) * less_mean(direction, x, axis),
    "log_softmax_differential": less_mean,
    "log_softmax_transpose": less_shares,
    "cumsum": running_sum,
    "matmul": np.matmul,
    "dot": np.dot,
    "outer": lambda a, b: a[:, None] * b,
    "trace": lambda a: sum(a[place, place] for place in range(len(a))),
    "det": matrix(mp.det),
    "inv": matrix(mp.inverse),
    "logdet": matrix(lambda a: mp.log(mp.det(a))),
    "cofactor": cofactors,
    "solve": solve,
    "contraction": lambda *operands, subscripts: np.einsum(subscripts, *operands),
}
# These take entries and put them somewhere: their value is NumPy's by definition, and test_modes.py has the rest.
MOVES = {"index", "scatter", "stack", "concat", "reshape", "transpose", "broadcast_to", "sum_to", "diag"}
MOVES |= {"entry", "placed", "one_hot", "sort", "sort_or_nan", "sort_by", "unsort_by", "ranks", "order"}
WITH_ORACLE = [point for point in ARRAY_POINTS if point.gate.name in ARRAY_ORACLES]


def test_every_array_gate_has_an_oracle_or_moves_entries():
    names = {
        point.gate.name for point in ARRAY_POINTS if not point.gate.has_inside
    }  # those: tests/parser/test_binding.py
    assert names - MOVES == set(ARRAY_ORACLES)


def worst(mine, exact):
    """The largest relative error of an entry; entries too small for a double count as 0."""
    mine, exact = np.atleast_1d(mine).ravel(), np.atleast_1d(np.asarray(exact, dtype=object)).ravel()
    assert mine.shape == exact.shape
    errors = [abs(mpf(one) - truth) / max(abs(truth), mpf(2) ** -1022) for one, truth in zip(mine, exact, strict=True)]
    return max(map(float, errors), default=0.0)


@pytest.mark.parametrize("gate, operands, attributes", WITH_ORACLE, ids=[point.id for point in WITH_ORACLE])
def test_value_and_gradient_match_mpmath(gate, operands, attributes):
    settings = {name: one.default for name, one in gate.attributes.items()} | attributes
    oracle = partial(ARRAY_ORACLES[gate.name], **settings)
    generator = np.random.default_rng(0)
    with mp.workdps(DIGITS):
        exact = [EXACT(one) if np.ndim(one) else mpf(one) for one in operands]
        expected = np.asarray(oracle(*exact), dtype=object)
        upstream = generator.uniform(0.5, 1.5, expected.shape)
        value, gradients = value_and_gradients(single(gate, len(operands), attributes), operands, upstream)
        assert worst(value, expected) <= 1e-13
        for place, gradient in enumerate(gradients):
            assert worst(gradient, gradient_by_differences(oracle, exact, place, EXACT(upstream))) <= 1e-13


def gradient_by_differences(oracle, exact, place, upstream):
    """The gradient of <upstream, oracle> by one operand, an entry at a time."""
    flat = np.ravel(np.asarray(exact[place], dtype=object))
    result = []
    for at, entry in enumerate(flat):
        step = abs(entry) * RELATIVE_STEP or STEP_AT_ZERO
        ends = []
        for moved in (entry + step, entry - step):
            entries = flat.copy()
            entries[at] = moved
            shape = np.shape(exact[place])
            operand = entries.reshape(shape) if shape else entries[0]
            operands = [*exact[:place], operand, *exact[place + 1 :]]
            ends.append(np.sum(upstream * oracle(*operands)))
        result.append((ends[0] - ends[1]) / (2 * step))
    return result


@pytest.mark.parametrize(
    "text",
    [
        "product_of_others(v, w)",
        "product_of_others(v, 2)",
        "product_of_others(2, v)",
        "product_of_others(A, A, v)",
        "product_of_others(v, v, axis=1)",
        "product_of_others(v, axis=[0, 0])",
        "product_of_others(2, axis=0)",
        "cofactor(A, 3)",
        "cofactor(A, v)",
        "cofactor(A, [A, A])",
        "logerfc_derivative(v, order=0)",
        "lognormcdf_derivative(v, order=0)",
    ],
)
def test_a_gate_of_derivatives_called_by_its_name_refuses_what_does_not_fit(text):
    with pytest.raises(ExpressionError):
        value_and_grad(parse(text), {"v": np.ones(3), "w": np.ones(2), "A": np.eye(2)})
