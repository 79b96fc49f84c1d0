"""Functions that stand for a graph of other gates, which takes their place as soon as shapes are known.

What people write in one call is several steps to differentiate: `var(x, ddof=1)` is a variance and a factor, and a
reader of the circuit sees both.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from backprop.autodiff import shapes
from backprop.autodiff.declaration.gate import REQUIRED, Attribute, Gate
from backprop.autodiff.declaration.kinds import AXIS, Expansion
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.gates import (
    arrays,
    exponential,
    labels,
    reductions,
    rounding,
    shares,
)
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.shapes import Array, Axis, Shape, Slice

if TYPE_CHECKING:
    from backprop.autodiff.graph import Graph, Node

EXACT_BASES = {2.0: exponential.log2, 10.0: exponential.log10}
HABIT = "is replaced by the graph that it stands for, which is differentiated like any other"
DEFINITION = "by definition"


def composition(name: str, expand: Callable[..., Node], summary: str, **declaration: Any) -> Expansion:
    return Expansion(
        name, expand, **{"summary": summary, "habit": HABIT, "source": DEFINITION, "samples": (), **declaration}
    )


def as_flag(value: Array) -> bool:
    if np.ndim(value) or value not in (0.0, 1.0):
        raise ExpressionError("expected 1 or 0", cure="write 1 for yes, 0 for no")
    return bool(value)


def as_offset(value: Array) -> float:
    if np.ndim(value) or not np.isfinite(value):
        raise ExpressionError("expected a number", cure="1 divides by n - 1")
    return float(value)


def as_norm_order(value: Array) -> float:
    if np.ndim(value) or not (value > 0.0 or value == -math.inf):
        raise ExpressionError("expected an order above 0", cure="norms have the orders 1, 2, inf and any between")
    return float(value)


def constant(graph: Graph, value: Any) -> Node:
    return graph.constant(np.asarray(value, dtype=np.float64)[()])


USUAL_DIGITS = 15  # to which a product overflows beyond 10^293 only
FEWEST_DIGITS, MOST_DIGITS = -308, 292  # that `round` takes: the product with 10^292 of a fraction is a double


# Scalars ---------------------------------------------------------------------------------------------------------


def rounded(x: Node, digits: Node) -> Node:
    """Halves of the last digit go to the even one; a power of ten below 1 would not be exact, one above is.

    Raises ExpressionError for a number of digits that no double has.
    """
    if digits.is_scalar_constant and not FEWEST_DIGITS <= digits.value <= MOST_DIGITS:
        raise ExpressionError(
            f"round to {digits.value:g} digits", cure=f"digits are a number from {FEWEST_DIGITS} to {MOST_DIGITS}"
        )
    if digits.is_scalar_constant and digits.value < 0:
        unit = float(10.0**-digits.value)
        return rounding.nearest(x / unit) * unit
    ten = constant(x.graph, 10.0)
    scale = constant(x.graph, 10.0**digits.value) if digits.is_scalar_constant else ten**digits
    nearest = rounding.nearest(x * scale) / scale
    if digits.is_scalar_constant and digits.value <= USUAL_DIGITS:
        return nearest
    has_fraction = rounding.absolute(x) < 2.0**53  # else the product may overflow
    return has_fraction.where(nearest, rounding.nearest(x))


def logarithm(x: Node, base: Node) -> Node:
    exact = EXACT_BASES.get(float(base.value)) if base.is_scalar_constant else None
    return exact(x) if exact else exponential.log(x) / exponential.log(base)


def radius(*legs: Node) -> Node:
    shape = shapes.broadcast([leg.shape for leg in legs])
    return reductions.norm(arrays.stack(*[leg.broadcast_to(shape) for leg in legs], axis=0), axis=0)


power = composition("pow_as_a_call", lambda x, y: x**y, "x^y", operands=("x", "y"), form_of="pow")
round_to_digits = composition(
    "round_to_digits",
    rounded,
    "round(x, 2): x with so many decimal digits; -2 rounds to hundreds",
    operands=("x", "digits"),
    form_of="round",
    source="numpy.round",
)
log_to_base = composition(
    "log_to_base",
    logarithm,
    "log(x, 2): the logarithm to any base",
    operands=("x", "base"),
    form_of="log",
    aliases=("ln",),
)
hypot_of_several = composition(
    "hypot_of_several",
    radius,
    "hypot(x, y, z): the length of a vector with any number of entries",
    operands=("x", "y", "z", "*more"),
    form_of="hypot",
)

# Reductions as NumPy writes them -----------------------------------------------------------------------------------


def factor_of(offset: float, x: Node, axis: Axis) -> float:
    """What makes a mean of squares over n one over n - ddof."""
    count = reductions.count(x.shape, axis)
    if count - offset <= 0:
        raise ExpressionError(
            f"{count} entr{'y' if count == 1 else 'ies'} less ddof={offset:g} leave{'s' * (count == 1)} none",
            cure="give more entries, or omit ddof",
        )
    return count / (count - offset)


def variance(x: Node, axis: Axis, ddof: float) -> Node:
    return reductions.variance(x, axis=axis) * factor_of(ddof, x, axis)


def deviation(x: Node, axis: Axis, ddof: float) -> Node:
    return reductions.deviation(x, axis=axis) * math.sqrt(factor_of(ddof, x, axis))


def norm_of_order(x: Node, axis: Axis, ord: float) -> Node:
    sizes = rounding.absolute(x)
    if ord == 2.0:
        return reductions.norm(x, axis=axis)
    if ord == 1.0:
        return sizes.sum(axis)
    if math.isinf(ord):
        return (reductions.largest if ord > 0 else reductions.smallest)(sizes, axis=axis)
    return (sizes**ord).sum(axis) ** (1.0 / ord)


def as_numpy_writes(gate: Gate, compute: Callable[..., Node], **settings: Attribute) -> Expansion:
    """The reduction with `keepdims` and what else NumPy's function of that name takes by name."""

    def expand(x: Node, axis: Axis, keepdims: bool, **given: Any) -> Node:
        reduced = compute(x, axis=axis, **given)
        return reduced.reshape(shapes.reduced(x.shape, axis, keepdims=True)) if keepdims else reduced

    return composition(
        f"{gate.name}_as_in_numpy",
        expand,
        f"{gate.name} with NumPy's {' and '.join([*settings, 'keepdims'])}",
        attributes={"axis": gate.attributes["axis"], **settings, "keepdims": Attribute(as_flag, False)},
        shape=lambda x, axis, **more: shapes.reduced(x, axis),
        form_of=gate.name,
        source=f"numpy.{gate.name}",
    )


DDOF = Attribute(as_offset, 0.0)
sum_in_numpy = as_numpy_writes(reductions.total, reductions.total)
mean_in_numpy = as_numpy_writes(reductions.mean, reductions.mean)
prod_in_numpy = as_numpy_writes(reductions.product, reductions.product)
min_in_numpy = as_numpy_writes(reductions.smallest, reductions.smallest)
max_in_numpy = as_numpy_writes(reductions.largest, reductions.largest)
logsumexp_in_numpy = as_numpy_writes(reductions.logsumexp, reductions.logsumexp)
var_in_numpy = as_numpy_writes(reductions.variance, variance, ddof=DDOF)
std_in_numpy = as_numpy_writes(reductions.deviation, deviation, ddof=DDOF)
norm_in_numpy = as_numpy_writes(reductions.norm, norm_of_order, ord=Attribute(as_norm_order, 2.0))

MOST_PRODUCTS = 100_000  # entries that a running product takes: each is two nodes of the graph


def running_product(x: Node, axis: Axis) -> Node:
    """Each entry times the product before it: nothing is divided, so that a 0 is an entry like any other."""
    if isinstance(axis, tuple):
        raise ExpressionError("a running product has one axis", cure="give one number, or no axis for all entries")
    if axis is None and len(x.shape) > 1:
        return running_product(x.reshape((math.prod(x.shape),)), 0).reshape(x.shape)
    if not math.prod(x.shape) or not x.shape:
        return x
    axis_index = 0 if axis is None else shapes.normalized_axes(axis, len(x.shape))[0]
    if x.shape[axis_index] > MOST_PRODUCTS:
        raise ExpressionError(
            f"a running product of {x.shape[axis_index]} entries", cure=f"it takes at most {MOST_PRODUCTS}"
        )
    before = (Slice(None, None, None),) * axis_index
    entries = [arrays.index(x, index=(*before, entry)) for entry in range(x.shape[axis_index])]
    return arrays.stack(*accumulate(entries, operator.mul), axis=axis_index)


cumprod = composition(
    "cumprod",
    running_product,
    "the running product, of all entries in order or along an axis",
    attributes={"axis": AXIS},
    shape=reductions.one_axis_rule,
    source="numpy.cumprod",
)

# Matrices and labels -----------------------------------------------------------------------------------------------


def part_of_matrix(cut: Callable[..., Any], x: Node, k: int) -> Node:
    if len(x.shape) < 2:
        raise ExpressionError("only a matrix has a diagonal", cure="give an array of two axes or more")
    within = min(max(k, -max(x.shape)), max(x.shape))  # NumPy counts diagonals by 64 bits
    return constant(x.graph, cut(np.ones(x.shape[-2:]), within)).where(x, 0.0)


def cross_product(a: Node, b: Node) -> Node:
    if a.shape != (3,) or b.shape != (3,):
        raise ExpressionError(
            f"cross takes two vectors of three entries, not {shapes.show(a.shape)} and {shapes.show(b.shape)}"
        )
    x, y = ([arrays.index(vector, index=(position,)) for position in range(3)] for vector in (a, b))
    return arrays.stack(*[x[i] * y[j] - x[j] * y[i] for i, j in ((1, 2), (2, 0), (0, 1))], axis=0)


def kronecker(a: Node, b: Node) -> Node:
    rank = max(len(a.shape), len(b.shape))
    first, second = ((*[1] * (rank - len(node.shape)), *node.shape) for node in (a, b))
    spread = a.reshape(interleaved(first, (1,) * rank)) * b.reshape(interleaved((1,) * rank, second))
    return spread.reshape(tuple(one * other for one, other in zip(first, second, strict=True)))


def interleaved(first: Shape, second: Shape) -> Shape:
    return tuple(length for pair in zip(first, second, strict=True) for length in pair)


def cross_entropy_of(scores: Node, label: Node) -> Node:
    """The loss of each row of scores, or of the one vector of them."""
    if not scores.shape or label.shape != scores.shape[:-1]:
        raise ExpressionError(
            f"cross_entropy takes the scores of the classes along the last axis and a label for each row, "
            f"not shapes {shapes.show(scores.shape)} and {shapes.show(label.shape)}"
        )
    return -labels.entry(shares.log_softmax(scores, axis=-1), label, axis=-1)


def with_new_axes(shape: Shape, axis: int | tuple[int, ...]) -> Shape:
    axes = axis if isinstance(axis, tuple) else (axis,)
    lengths = iter(shape)
    places = shapes.normalized_axes(axes, len(shape) + len(axes))
    return tuple(1 if position in places else next(lengths) for position in range(len(shape) + len(axes)))


def length_of(x: Node) -> int:
    if not x.shape:
        raise ExpressionError("a number has no length", cure="give an array")
    return x.shape[0]


K = {"k": Attribute(shapes.as_size, 0)}
lower_triangle = composition(
    "tril", partial(part_of_matrix, np.tril), "the entries on and below the diagonal k, zeros above", attributes=K
)
upper_triangle = composition(
    "triu", partial(part_of_matrix, np.triu), "the entries on and above the diagonal k, zeros below", attributes=K
)
cross = composition("cross", cross_product, "the cross product of two vectors in space", operands=("a", "b"))
kron = composition("kron", kronecker, "every entry of a times the whole of b", operands=("a", "b"), source="numpy.kron")
cross_entropy = composition(
    "cross_entropy",
    cross_entropy_of,
    "-log_softmax(scores)[label], for each row of scores",
    operands=("scores", "label"),
)
new_axes = composition(
    "expand_dims",
    lambda x, axis: x.reshape(with_new_axes(x.shape, axis)),
    "x with new axes of length 1 there, as x[:, None] has",
    attributes={"axis": Attribute(shapes.as_axis, REQUIRED)},
    methods=("new_axes",),
    source="numpy.expand_dims",
)
length = composition("len", lambda x: constant(x.graph, length_of(x)), "the length of the first axis", reads_shape=True)
shape_of = composition("shape", lambda x: constant(x.graph, x.shape), "the lengths of all axes", reads_shape=True)
