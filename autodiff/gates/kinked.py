"""The slopes of gates with a kink: which side is taken, or which of several entries is selected.

Each is constant away from the kink, and at the kink what the corner table says. None is a function of the language; a
reader sees the `textbook` form.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any

from backprop.autodiff import shapes
from backprop.autodiff.declaration.axes import kept
from backprop.autodiff.declaration.gate import Attribute, Corner, Gap, at
from backprop.autodiff.declaration.kinds import AXIS, Flat, Slope
from backprop.autodiff.declaration.notation import COMPARISON, Call, Infix
from backprop.autodiff.declaration.table import METHODS, of_numpy
from backprop.autodiff.gates import kernels, logic
from backprop.autodiff.gates.shares import MATRIX, ROW
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.numerics import intervals
from backprop.autodiff.shapes import Axis

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node

POSITION = {"position": Attribute(shapes.as_size, 0)}


def first_difference(*series: Sequence[Any]) -> tuple[Any, Any]:
    """Operands that compare as x and y do beside a kink: by their first derivatives where they are equal, and so on."""
    first, second = series[0][0], series[0][1]
    for x, y in series[1:]:
        is_equal = first == second
        first, second = np.where(is_equal, x, first), np.where(is_equal, y, second)
    return first, second


def first_nonzero(*series: Sequence[Any]) -> tuple[Any]:
    """An operand with the sign that x has beside a kink."""
    leading = series[0][0]
    for (x,) in series[1:]:
        leading = np.where(leading == 0.0, x, leading)
    return (leading,)


def share(operands: Sequence[Any], position: int, extreme: np.ufunc) -> Any:
    """1/k for each of k operands that are the extreme, 0 for the others; nan where the extreme is."""
    if len(operands) == 2:
        first, second = operands if (position == 0) == (of_numpy(extreme) == of_numpy(np.maximum)) else operands[::-1]
        wins = np.greater(first, second)
        is_decided = wins != np.less(first, second)
        if is_decided.all():  # the rule, and the fastest: neither ties nor nan
            return wins.astype(np.float64)
        is_equal = np.equal(first, second)
        if (is_decided != is_equal).all():
            return wins + 0.5 * is_equal
    best = reduce(extreme, operands)
    tied = reduce(np.add, [np.equal(operand, best).astype(np.float64) for operand in operands])
    return np.equal(operands[position], best) / tied


def winners(series: Sequence[Sequence[Any]], extreme: np.ufunc, worst: float) -> tuple[Any, ...]:
    """1 for the operands that are the extreme beside a tie, by their first derivatives and so on, 0 for the others."""
    left = [np.ones_like(operand, dtype=bool) for operand in np.broadcast_arrays(*series[0])]
    for operands in series:
        held = [np.where(winning, operand, worst) for winning, operand in zip(left, operands, strict=True)]
        best = reduce(extreme, held)
        left = [winning & (operand == best) for winning, operand in zip(left, held, strict=True)]
    return tuple(winning.astype(np.float64) for winning in left)


def share_of_entries(x: Any, axis: Axis, extreme: np.ufunc) -> Any:
    """The same for the entries of one array along an axis."""
    best = extreme.reduce(x, axis=axis, keepdims=True) if np.ndim(x) else x
    is_best = np.equal(x, best)
    return is_best / (np.sum(is_best, axis=axis, keepdims=True) if np.ndim(x) else is_best)


def winning_entries(series: Sequence[Sequence[Any]], axis: Axis, extreme: np.ufunc, worst: float) -> tuple[Any]:
    left = np.ones_like(series[0][0], dtype=bool)
    for (x,) in series:
        held = np.where(left, x, worst)
        left = left & (held == extreme.reduce(held, axis=axis, keepdims=True) if np.ndim(held) else left)
    return (left.astype(np.float64),)


def sum_of_ties(out: Node, *operands: Node) -> Node:
    winners = operands[0].equals(out)
    for operand in operands[1:]:
        winners = winners + operand.equals(out)
    return winners


def is_tied(operands: Sequence[Any], position: int, extreme: np.ufunc) -> Any:
    """Whether an operand is the extreme beside another."""
    return np.equal(*operands) if len(operands) == 2 else is_shared(share(operands, position, extreme))


def is_shared(value: Any) -> Any:
    """Whether a share is one of several."""
    return (value > 0.0) & (value < 1.0)


def elementwise_share(name: str, extreme: np.ufunc, worst: float, of: str) -> Slope:
    """The slope of an elementwise extreme by the operand at `position`."""
    is_largest = of_numpy(extreme) == of_numpy(np.maximum)
    sign = 1.0 if is_largest else -1.0

    def shared(*operands: Node, position: int) -> Node:
        out = METHODS[extreme](*operands)
        return operands[position].equals(out) / tied(out, *operands)

    def brief(*operands: Node, position: int) -> Node:
        if len(operands) > 2:
            return shared(*operands, position=position)
        winner, other = operands[position], operands[1 - position]
        return winner > other if is_largest else other > winner

    def tie(*operands: Node, position: int) -> Node:
        if len(operands) > 2:
            return tied(METHODS[extreme](*operands), *operands) > 1.0
        return operands[0].equals(operands[1])

    def tie_of_two(*operands: Node, position: int) -> Node:
        return tie(*operands, position=position) if len(operands) == 2 else operands[0].graph.constant(0.0)

    return Slope(
        name,
        lambda *operands, position: share(operands, position, extreme),
        hits=lambda *operands, position: is_tied(operands, position, extreme),
        kink=tie,
        leading=lambda *series, position: tuple(sign * winning for winning in winners(series, extreme, worst)),
        operands=("x", "y", "*more"),
        attributes=POSITION,
        textbook=shared,
        brief=brief,
        gap=Gap(tie_of_two, lambda *operands, position: 0.5, written=0.0),
        kernel=shared,
        keeps_digits=True,
        enclosure=intervals.steps,
        summary=f"the derivative of {of}: 1 for the only winner, 1/k for each of k tied ones, 0 for the others",
        source="subgradient, shared at ties",
        samples=(at(2.0, -3.0, position=0), at(0.5, 0.75, 0.25, position=1)),
        is_public=False,
    )


def reduced_share(name: str, extreme: np.ufunc, worst: float, of: str) -> Slope:
    """The slope of an extreme along an axis by each entry."""
    is_largest = of_numpy(extreme) == of_numpy(np.maximum)
    sign = 1.0 if is_largest else -1.0

    def forward(x: Any, axis: Axis) -> Any:
        return share_of_entries(x, axis, extreme)

    def leading(*series: Sequence[Any], axis: Axis) -> tuple[Any]:
        return (sign * winning_entries(series, axis, extreme, worst)[0],)

    def is_best(x: Node, axis: Axis) -> Node:
        best = METHODS[np.max if is_largest else np.min](x, axis=axis)
        return x.equals(kept(best, x, axis))

    def textbook(x: Node, axis: Axis) -> Node:
        best = is_best(x, axis)
        return best / kept(best.sum(axis), x, axis)

    return Slope(
        name,
        forward,
        hits=lambda x, axis: is_shared(forward(x, axis)),
        kink=lambda x, axis: kept(is_best(x, axis).sum(axis), x, axis) > 1.0,
        leading=leading,
        attributes={"axis": AXIS},
        shape=lambda x, axis: x,
        textbook=textbook,
        kernel=textbook,
        summary=f"the derivative of {of}: 1 for the only winner, 1/k for each of k tied ones, 0 for the others",
        source="subgradient, shared at ties",
        samples=(at(ROW, axis=None), at(MATRIX, axis=0)),
        is_public=False,
    )


tied = Flat(
    "tied",
    lambda out, *operands: reduce(np.add, [np.equal(operand, out).astype(np.float64) for operand in operands]),
    operands=("out", "x", "*more"),
    textbook=sum_of_ties,
    kernel=sum_of_ties,
    keeps_digits=True,
    summary="how many of its further operands equal the first",
    habit="stops the gradient: it is constant between ties",
    source="by definition",
    samples=(at(2.0, 1.0, -3.0), at(0.5, 0.25, 0.75)),
    corners=(Corner((2.0, 2.0, 2.0), 2.0, (0.0, 0.0, 0.0)), Corner((2.0, 2.0, 1.0), 1.0, (0.0, 0.0, 0.0))),
    is_public=False,
)
absolute_slope: Slope = Slope(
    "abs_slope",
    np.sign,
    hits=lambda x: np.equal(x, 0.0),
    kink=lambda x: x.equals(0.0),
    leading=first_nonzero,
    notation=Call("sign"),
    textbook=lambda x: np.sign(x),
    partners=lambda x: [(x, np.absolute(x))],
    kernel=kernels.sign,
    enclosure=intervals.steps,
    summary="the derivative of abs: -1, 0 or 1",
    source="subgradient 0 at 0",
    samples=(at(2.5), at(-0.5)),
    is_public=False,
)
passes: Slope = Slope(
    "passes",
    logic.greater.forward,
    is_indicator=True,
    hits=np.equal,
    kink=lambda x, y: x.equals(y),
    leading=first_difference,
    operands=("x", "y"),
    notation=Infix(">", COMPARISON, associates="none"),
    textbook=lambda x, y: x > y,
    kernel=lambda x, y: x > y,
    keeps_digits=True,
    enclosure=intervals.steps,
    summary="1 where x > y, else 0: the derivative of max(x, y) by x that is 0 at a tie",
    source="subgradient 0 at a tie",
    samples=(at(2.0, -3.0), at(-3.0, 2.0)),
    is_public=False,
)
largest_share: Slope = elementwise_share("largest_share", np.maximum, -np.inf, "maximum")
smallest_share: Slope = elementwise_share("smallest_share", np.minimum, np.inf, "minimum")
largest_entry_share = reduced_share("largest_entry_share", np.maximum, -np.inf, "max along an axis")
smallest_entry_share = reduced_share("smallest_entry_share", np.minimum, np.inf, "min along an axis")
