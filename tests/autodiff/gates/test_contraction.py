"""Einstein's sums: what they are written as, their derivatives of every order, infinities, rows and bounds."""

import numpy as np
import pytest

from backprop.autodiff import compile, hessian, hvp, jvp, value_and_grad
from backprop.autodiff.gates import contraction as contractions
from backprop.autodiff.graph import Graph
from backprop.parser import ExpressionError, parse
from backprop.parser.printers.expression import show

CUBE = np.array([[[0.5, -2.0], [1.5, 3.0]], [[0.25, -1.0], [2.5, 0.75]], [[-0.5, 1.25], [4.0, -3.5]]])
PAIR = np.array([[1.0, 2.0], [3.0, -1.0]])
WRITTEN = {
    ("ij,jk->ik", 2, 2): "a @ b",
    ("ij,kj->ik", 2, 2): "a @ b.T",
    ("ji,jk->ik", 2, 2): "a.T @ b",
    ("ij,jk->ki", 2, 2): "b.T @ a.T",
    ("ij,j->i", 2, 1): "a @ b",
    ("i,ij->j", 1, 2): "a @ b",
    ("ij,i->j", 2, 1): "a.T @ b",
    ("i,i->", 1, 1): "a @ b",
    ("i,j->ij", 1, 1): "outer(a, b)",
    ("i,j->ji", 1, 1): "outer(b, a)",
    ("ij,ij->ij", 2, 2): "a * b",
    (",ij->ij", 0, 2): "a * b",
    ("ij,ij->", 2, 2): 'einsum("ij,ij->", a, b)',
    ("ij,ij->i", 2, 2): 'einsum("ij,ij->i", a, b)',
    ("ij,kl->ijkl", 2, 2): 'einsum("ij,kl->ijkl", a, b)',
}


@pytest.mark.parametrize("case", WRITTEN, ids=str)
def test_what_has_an_operator_is_written_with_it_and_is_numpys(case):
    subscripts, *ranks = case
    graph = Graph(is_typed=True)
    nodes = [graph.input(name, (2,) * rank) for name, rank in zip("ab", ranks, strict=True)]
    found = contractions.contraction(*nodes, subscripts=subscripts)
    assert show(found, {}) == WRITTEN[case]
    values = {name: np.arange(1.0, 1 + 2**rank).reshape((2,) * rank) for name, rank in zip("ab", ranks, strict=True)}
    text = f'einsum("{subscripts}", a, b)'
    np.testing.assert_array_equal(value_and_grad(parse(text), **values)[0], np.einsum(subscripts, *values.values()))


LAST = {
    "ijk,kl,li->j": np.array([[1.0, 0.5, 2.0], [-1.0, 3.0, 0.25]]),
    "ijk,lk,il->ij": np.array([[1.0, 0.5], [2.0, -1.0], [3.0, 0.25]]),
    "ijk,kk,ii->": np.array([[1.0, 0.5, 2.0], [-1.0, 3.0, 0.25], [2.0, 1.0, 4.0]]),
    "...k,kl,lm->...m": PAIR,
}


@pytest.mark.parametrize("subscripts", LAST)
def test_gradients_are_the_entries_that_linearity_gives(subscripts):
    """The derivative by an entry is the value with the unit array of that entry in place of the operand: exactly."""
    operands = {"a": CUBE, "b": PAIR, "c": LAST[subscripts]}
    graph = parse(f'einsum("{subscripts}", a, b, c)')
    value, gradients = value_and_grad(graph, **operands)
    np.testing.assert_allclose(value, np.einsum(subscripts, *operands.values()), rtol=1e-14)
    for name, operand in operands.items():
        expected = np.empty(operand.shape)
        for entry in np.ndindex(operand.shape):
            unit = np.zeros(operand.shape)
            unit[entry] = 1.0
            moved = np.einsum(subscripts, *{**operands, name: unit}.values())
            expected[entry] = np.sum(moved)
            np.testing.assert_allclose(jvp(graph, {name: unit}, **operands)[1], moved, rtol=1e-13, atol=1e-14)
        np.testing.assert_allclose(gradients[name], expected, rtol=1e-13, atol=1e-14)


def test_second_and_third_derivatives():
    """f = sum_ij a_i A_ij a_j is a quadratic form: its Hessian by a is A + A^T, and by a and A once more a unit."""
    graph = parse('einsum("i,ij,j->", a, A, a)')
    found = hessian(graph, a=[1.0, 2.0], A=PAIR)
    np.testing.assert_array_equal(found["a"]["a"], PAIR + PAIR.T)
    along = hvp(graph, {"a": [1.0, 0.0]}, a=[1.0, 2.0], A=PAIR)[1]["A"]
    np.testing.assert_array_equal(along, [[2.0, 2.0], [2.0, 0.0]])
    third = parse('sum(grad(sum(grad(einsum("i,ij,j->", a, A, a), a)*[1, 0]), A)*[[1, 10], [100, 1000]])')
    np.testing.assert_array_equal(value_and_grad(third, a=[1.0, 2.0], A=PAIR)[1]["a"], [2.0, 110.0])


def test_rows_are_the_points_one_by_one():
    graph = parse('einsum("ij,jk,k->i", A, [[x, 1], [2, y]], [1, x])')
    rows = {"A": np.stack([PAIR, 2 * PAIR, PAIR.T]), "x": np.array([1.0, 2.0, 3.0]), "y": np.array([0.5, 0.25, 4.0])}
    values, gradients = compile(graph)(**rows)
    for row, value in enumerate(values):
        there, expected = value_and_grad(graph, **{name: array[row] for name, array in rows.items()})
        np.testing.assert_allclose(value, there, rtol=1e-15)
        for name, gradient in expected.items():
            np.testing.assert_allclose(gradients[name][row], gradient, rtol=1e-15)


def test_a_branch_not_taken_gives_zero_where_another_entry_is_infinite():
    graph = parse('sum(where([1, 0], einsum("ij,jk,k->i", A, A, b), 0))')
    value, gradients = value_and_grad(graph, A=[[1.0, 0.0], [np.inf, 2.0]], b=[1.0, 0.0])
    plain = value_and_grad(parse("sum(where([1, 0], A @ A @ b, 0))"), A=[[1.0, 0.0], [np.inf, 2.0]], b=[1.0, 0.0])
    np.testing.assert_array_equal(value, plain[0])
    for name, gradient in gradients.items():
        np.testing.assert_array_equal(gradient, plain[1][name])


def test_the_result_is_bounded_before_it_is_made():
    with pytest.raises(ExpressionError, match="more than 134217728 entries"):
        value_and_grad(parse('sum(einsum("i,j,k->ijk", x, x, x))'), x=np.ones(1000))


@pytest.mark.parametrize(
    ("subscripts", "place", "reason"),
    [
        ("ij,j$->i", 4, "unexpected '\\$'"),
        ("ij,jk->i,k", 8, "unexpected ','"),
        ("ij-jk", 2, "unexpected '-'"),
        ("i.j,j", 1, "unexpected '.'"),
        ("ij->k", 4, "'k' names no axis"),
        ("ij->jij", 4, "'j' is twice in the result"),
    ],
)
def test_a_wrong_sign_is_pointed_at(subscripts, place, reason):
    with pytest.raises(ExpressionError, match=reason) as caught:
        parse(f'1 + einsum("{subscripts}", x, y)')
    start = len('1 + einsum("') + place
    assert caught.value.span == (start, start + 1)
