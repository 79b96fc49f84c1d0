"""Products of vectors and matrices, determinants, inverses and linear systems."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import permutations
from typing import TYPE_CHECKING

from backprop.autodiff import shapes
from backprop.autodiff.declaration import batching
from backprop.autodiff.declaration.gate import Hazard, at
from backprop.autodiff.declaration.kinds import Bilinear, Differential, Linear
from backprop.autodiff.declaration.notation import POWER, PRODUCT, Infix, Template
from backprop.autodiff.declaration.sums import add_up
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.gates import arrays, constructors, minors
from backprop.autodiff.gates.polarized import Polarized, along_directions
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.numerics import linear
from backprop.autodiff.shapes import Array, Shape

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node

VECTOR = (0.5, -2.0)
SQUARE = ((2.0, 1.0), (-0.5, 3.0))
WIDE = ((0.5, -2.0, 1.5), (3.0, 0.25, -1.0))
CUBIC = ((1.0, 2.0, 0.5), (0.0, -1.0, 3.0), (2.0, 0.25, 1.0))
QUARTIC = ((1.0, 2.0, 0.5, -1.0), (0.0, -1.0, 3.0, 0.5), (2.0, 0.25, 1.0, 1.5), (0.5, 1.0, -2.0, 1.0))


def matmul_rule(a: Shape, b: Shape) -> Shape:
    if not (1 <= len(a) <= 2 and 1 <= len(b) <= 2):
        raise ExpressionError(
            f"shapes {shapes.show(a)} and {shapes.show(b)} have no matrix product",
            cure="give vectors and matrices; * multiplies scalars and entries",
        )
    if a[-1] != b[0]:
        raise ExpressionError(
            f"shapes {shapes.show(a)} and {shapes.show(b)} do not match",
            cure="the last length of the first must be the first length of the second",
        )
    return (*a[:-1], *b[1:])


def matmul_shortcut(a: Node, b: Node) -> Node | None:
    if is_identity(a):
        return b
    return a if is_identity(b) else None


def is_identity(node: Node) -> bool:
    return node.gate is constructors.eye and len({*node.shape}) == 1


def matmul_to_first(upstream: Node, a: Node, b: Node, out: Node) -> Node:
    if len(a.shape) == 1:
        return upstream * b if len(b.shape) == 1 else b @ upstream
    return outer(upstream, b) if len(b.shape) == 1 else upstream @ b.transposed()


def matmul_to_second(upstream: Node, a: Node, b: Node, out: Node) -> Node:
    if len(b.shape) == 1:
        return upstream * a if len(a.shape) == 1 else a.transposed() @ upstream
    return outer(a, upstream) if len(a.shape) == 1 else a.transposed() @ upstream


def rows_of_output(test: Node, a: Node, b: Node, out: Node) -> Node:
    """Of a test of a product's entries: whether any of a row is used, broadcast to the first factor's shape."""
    if len(a.shape) == 1:
        return test.sum()
    return (test.sum(1) if len(b.shape) == 2 else test).reshape((a.shape[0], 1))


def columns_of_output(test: Node, a: Node, b: Node, out: Node) -> Node:
    """The same of a column and the second factor."""
    if len(b.shape) == 1:
        return test.sum()
    return test.sum(0) if len(a.shape) == 2 else test


def rows_of_first(test: Node, a: Node, b: Node, out: Node) -> Node:
    """Of a test of the first factor's entries: whether any of a row counts, broadcast to the product's shape."""
    if len(a.shape) == 1:
        return test.sum()
    return test.sum(1).reshape((a.shape[0], 1)) if len(b.shape) == 2 else test.sum(1)


def columns_of_second(test: Node, a: Node, b: Node, out: Node) -> Node:
    """The same of a column of the second factor."""
    return test.sum() if len(b.shape) == 1 else test.sum(0)


def dot_rule(a: Shape, b: Shape) -> Shape:
    return matmul_rule(a, b) if a and b else a + b


def dot_to_first(upstream: Node, a: Node, b: Node, out: Node) -> Node:
    if a.shape and b.shape:
        return matmul_to_first(upstream, a, b, out)
    return upstream * b if a.shape else (upstream * b).sum()


def dot_to_second(upstream: Node, a: Node, b: Node, out: Node) -> Node:
    if a.shape and b.shape:
        return matmul_to_second(upstream, a, b, out)
    return upstream * a if b.shape else (upstream * a).sum()


def outer_rule(a: Shape, b: Shape) -> Shape:
    if len(a) != 1 or len(b) != 1:
        raise ExpressionError(
            f"shapes {shapes.show(a)} and {shapes.show(b)} have no outer product", cure="give two vectors"
        )
    return a + b


def square_rule(a: Shape) -> Shape:
    if len(a) != 2 or a[0] != a[1]:
        raise ExpressionError(f"shape {shapes.show(a)} is not a square matrix", cure="give a square matrix")
    return a


def scalar_of_square(a: Shape) -> Shape:
    square_rule(a)
    return ()


def solve_rule(a: Shape, b: Shape) -> Shape:
    square_rule(a)
    if not 1 <= len(b) <= 2 or b[0] != a[0]:
        raise ExpressionError(
            f"shapes {shapes.show(a)} and {shapes.show(b)} do not match",
            cure="the right side is a vector or matrix with as many rows as the matrix",
        )
    return b


def solved_in_rows(a: Array, b: Array) -> Array:
    """linear.solve for stacks: there a right side is always a matrix."""
    return linear.solve(a, b) if b.ndim == a.ndim else np.squeeze(linear.solve(a, np.expand_dims(b, -1)), -1)


def product_of_columns(a: Node, b: Node) -> Node:
    """outer(a, b) for vectors, a @ b.T for matrices."""
    return outer(a, b) if len(a.shape) == 1 else a @ b.transposed()


def cofactor_in_textbook(a: Node, *directions: Node) -> Node:
    """det(A) A^-T, and its differential: det(A) times a signed sum over permutations of traces, for B = A^-1 X.

    The cycle of a permutation that holds the place of the gradient is the product (B ... B A^-1)^T, each other one
    the trace of its product. Source: Jacobi's formula, differentiated again and again.
    """
    inverse = inv(a)
    turned = [inverse @ direction for direction in directions]
    terms = []
    for images in permutations(range(len(directions) + 1)):
        open_cycle, *closed = cycles(images)
        term = reduce(matmul, [*[turned[element - 1] for element in open_cycle[1:]], inverse]).transposed()
        for cycle in closed:
            term = trace(reduce(matmul, [turned[element - 1] for element in cycle])) * term
        terms.append(-term if (len(images) - len(closed) - 1) % 2 else term)
    return det(a) * add_up(terms)


def cycles(images: Sequence[int]) -> list[list[int]]:
    """The cycles of a permutation, the first that of 0."""
    left = list(range(len(images)))
    closed = []
    while left:
        cycle = [left[0]]
        while images[cycle[-1]] != cycle[0]:
            cycle.append(images[cycle[-1]])
        closed.append(cycle)
        left = [element for element in left if element not in cycle]
    return closed


matmul = Bilinear(
    "matmul",
    np.matmul,
    matmul_to_first,
    matmul_to_second,
    carries=(rows_of_output, columns_of_output),
    reaches=(rows_of_first, columns_of_second),
    over_rows=batching.matrix_product,
    shape=matmul_rule,
    shortcut=matmul_shortcut,
    notation=Infix("@", PRODUCT),
    is_function=True,
    summary="a @ b, the product of vectors and matrices",
    habit="swaps: each factor gets the upstream gradient times the other factor, transposed",
    source="Giles (2008), section 2.2.2",
    samples=(at(SQUARE, VECTOR), at(VECTOR, VECTOR), at(VECTOR, WIDE), at(SQUARE, WIDE)),
)
dot = Bilinear(
    "dot",
    np.dot,
    dot_to_first,
    dot_to_second,
    over_rows=batching.dot_product,
    shape=dot_rule,
    summary="the scalar product of vectors; the matrix product of matrices",
    habit="swaps: each factor gets the upstream gradient times the other factor",
    source="Giles (2008), section 2.2.2",
    samples=(at(VECTOR, VECTOR), at(SQUARE, VECTOR), at(2.0, VECTOR), at(SQUARE, WIDE)),
)
outer = Bilinear(
    "outer",
    np.outer,
    lambda upstream, a, b, out: upstream @ b,
    lambda upstream, a, b, out: upstream.transposed() @ a,
    over_rows=batching.outer_product,
    shape=outer_rule,
    code={"latex": Template(r"{0} {1}^{\top}", PRODUCT)},
    summary="a times b transposed: all products of two vectors' entries",
    habit="swaps: each vector gets the upstream gradient times the other",
    source="the transpose of the outer product in each factor",
    samples=(at(VECTOR, (1.0, 2.0, 3.0)),),
)
trace = Linear(
    "trace",
    np.trace,
    lambda position, upstream, a, out: arrays.diag(upstream.broadcast_to(a.shape[:1])),
    over_rows=np.trace,
    operands=("a",),
    shape=scalar_of_square,
    code={"latex": r"\operatorname{tr}"},
    summary="the sum of a square matrix's diagonal",
    habit="distributes the gradient to the diagonal",
    source="Giles (2008), section 2.1",
    samples=(at(SQUARE),),
)
det = Differential(
    "det",
    linear.det,
    over_rows=batching.rows_first(linear.det),
    by_entries=minors.det,
    pullbacks=[lambda upstream, a, out: upstream * cofactor(a)],
    pushforwards=[lambda tangent, a, out: (cofactor(a) * tangent).sum()],
    operands=("a",),
    shape=scalar_of_square,
    code={"latex": r"\det"},
    hazard=Hazard.OVERFLOWS,
    summary="the determinant",
    habit="scales the gradient by the cofactors",
    source="Jacobi's formula",
    samples=(at(SQUARE), at(CUBIC)),
)
cofactor: Polarized = Polarized(
    "cofactor",
    linear.cofactor,
    over_rows=batching.rows_first(linear.cofactor),
    by_entries=minors.cofactors,
    operand="a",
    entries=lambda shape, directions: int(shape[0] ** (directions + 1)),
    shape=lambda a, *directions: along_directions(square_rule(a), directions),
    textbook=cofactor_in_textbook,
    summary="the matrix of cofactors, the derivative of det; with directions, its differential along them",
    habit="spreads the gradient over the other rows and columns",
    source="Jacobi's formula; the polar form of the determinant",
    samples=(at(SQUARE), at(CUBIC), at(CUBIC, CUBIC[::-1]), at(CUBIC, CUBIC[::-1], CUBIC), at(QUARTIC, QUARTIC)),
)
inv: Differential = Differential(
    "inv",
    linear.inv,
    over_rows=batching.rows_first(linear.inv),
    by_entries=minors.inv,
    pullbacks=[lambda upstream, a, out: -(out.transposed() @ upstream @ out.transposed())],
    pushforwards=[lambda tangent, a, out: -(out @ tangent @ out)],
    operands=("a",),
    shape=square_rule,
    code={"latex": Template(r"{0}^{-1}", POWER)},
    summary="the inverse of a square matrix",
    habit="multiplies the gradient by the transposed inverse on both sides and flips its sign",
    source="Giles (2008), section 2.2.3",
    samples=(at(SQUARE),),
)
logdet = Differential(
    "logdet",
    linear.logdet,
    over_rows=batching.rows_first(linear.logdet),
    by_entries=minors.logdet,
    pullbacks=[lambda upstream, a, out: upstream * inv(a).transposed()],
    pushforwards=[lambda tangent, a, out: (inv(a).transposed() * tangent).sum()],
    operands=("a",),
    shape=scalar_of_square,
    code={"latex": r"\log\left|\det\left({0}\right)\right|"},
    summary="log(det(a)), without overflow",
    habit="scales the gradient by the transposed inverse",
    source="Jacobi's formula",
    samples=(at(SQUARE),),
)
solve: Differential = Differential(
    "solve",
    linear.solve,
    over_rows=batching.rows_first(solved_in_rows),
    by_entries=minors.solve,
    pullbacks=[
        lambda upstream, a, b, out: -product_of_columns(solve(a.transposed(), upstream), out),
        lambda upstream, a, b, out: solve(a.transposed(), upstream),
    ],
    pushforwards=[
        lambda tangent, a, b, out: -solve(a, tangent @ out),
        lambda tangent, a, b, out: solve(a, tangent),
    ],
    operands=("a", "b"),
    shape=solve_rule,
    summary="the x for which a @ x is b",
    habit="solves the transposed system for the gradient",
    source="Giles (2008), section 2.2.4",
    samples=(at(SQUARE, VECTOR), at(SQUARE, WIDE)),
)
