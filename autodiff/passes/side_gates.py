"""The gates that stand for derivatives at a kink: its sides' values, their mean, whether they differ. Finds no side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from backprop.autodiff.declaration.gate import Attribute, Gate
from backprop.autodiff.declaration.kinds import Flat
from backprop.autodiff.declaration.notation import Postfix
from backprop.autodiff.graph import Node
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.passes.side_means import Numbers


class SideValues(float):
    """What `kinks` found: no `values` where none is hit, else those of the derivatives, with the means of both sides.

    Of many rows `rows` are those with a hit, and `count` is how many there are. `differ`, alike, tells where the sides
    differ of what is told of. It is a number, as whatever stands in a program's slots.
    """

    values: Sequence[Numbers] | None = None
    rows: Any = None
    count = 1
    differ: Any = ()


NOT_HIT = SideValues()


class OutsideTable(Gate):
    """A gate that only this pass makes, and that no table of gates has."""

    def __reduce__(self) -> tuple[Callable[[str], Gate], tuple[str]]:
        return gate_of_sides, (self.name,)


class Kinks(OutsideTable, Flat):
    """What tells the means of derivatives whether a kink is hit."""

    is_unshown = True


class Derivative(OutsideTable):
    """A derivative as it is, of an `order` that its nodes need not show."""

    is_entrywise = True
    tells_order = True

    def pull(self, position: int, upstream: Node, inputs: tuple[Node, ...], out: Node) -> Node | None:
        return upstream

    def push(self, tangents: Sequence[Node | None], inputs: tuple[Node, ...], out: Node) -> Node | None:
        return tangents[0]


class SideMean(Derivative):
    """A derivative; where a kink is hit, what the node of the index `found` has in its place at `position`."""

    is_informed = True


def mean_at_point(derivative: Any, sides: SideValues, position: int, order: int, found: int) -> Any:
    return derivative if sides.values is None else sides.values[position]


def mean_over_rows(derivative: Any, sides: SideValues, position: int, order: int, found: int) -> Any:
    if sides.values is None:
        return derivative
    result = np.array(np.broadcast_to(derivative, (*derivative.shape[:-1], sides.count)))
    result[..., sides.rows] = sides.values[position]
    return result


def differ_over_rows(sides: SideValues) -> Any:
    result = np.zeros(sides.count)
    if sides.values is not None:
        result[sides.rows] = sides.differ
    return result


LANGUAGES = ("latex", "python", "numpy", "c", "javascript")

kinks = Kinks(
    "kinks",
    lambda *operands, sides: sides.at_point(*operands),
    over_rows=lambda *operands, sides: sides.over_rows(*operands),
    operands=("*operands",),
    attributes={"sides": Attribute(lambda sides: sides)},
    shape=lambda *operands, sides: (),
    summary="whether a kink is hit, and if so the derivatives on its sides",
    habit="stops the gradient: it only tells",
    source="by definition",
    samples=(),
    is_public=False,
)
sides_differ = Kinks(
    "sides_differ",
    lambda found: float(np.any(found.differ)),
    over_rows=differ_over_rows,
    operands=("found",),
    shape=lambda found: (),
    summary="whether the derivatives on the sides of a kink that is hit differ",
    habit="stops the gradient: it only tells",
    source="by definition",
    samples=(),
    is_public=False,
)
side_mean = SideMean(
    "side_mean",
    mean_at_point,
    over_rows=mean_over_rows,
    operands=("derivative",),
    attributes={"position": Attribute(int), "order": Attribute(int), "found": Attribute(int)},
    shape=lambda derivative, position, order, found: derivative,
    notation=Postfix(" (both sides)"),
    textbook=lambda derivative, position, order, found: derivative,
    code=dict.fromkeys(LANGUAGES, "{0}"),
    summary="a derivative; where a kink is hit exactly, the mean of those from its sides",
    habit="passes the gradient on",
    source="the convention for derivatives of second and higher order",
    samples=(),
    is_public=False,
)
differentiated = Derivative(
    "derivative",
    lambda derivative, order: derivative,
    over_rows=lambda derivative, order: derivative,
    operands=("derivative",),
    attributes={"order": Attribute(int)},
    shape=lambda derivative, order: derivative,
    notation=Postfix(""),
    textbook=lambda derivative, order: derivative,
    code=dict.fromkeys(LANGUAGES, "{0}"),
    summary="a derivative, as it is",
    habit="passes the gradient on",
    source="by definition",
    samples=(),
    is_public=False,
)
GATES = (kinks, sides_differ, side_mean, differentiated)


def gate_of_sides(name: str) -> Gate:
    return {gate.name: gate for gate in GATES}[name]
