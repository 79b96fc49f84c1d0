"""Gates that choose: the branch of a condition, the largest, the smallest, the nearest within bounds."""

from __future__ import annotations

import math
from functools import reduce
from typing import TYPE_CHECKING, Any

from backprop.autodiff import shapes
from backprop.autodiff.declaration.gate import Corner, Forward, at
from backprop.autodiff.declaration.kinds import Elementwise
from backprop.autodiff.declaration.masks import Mask
from backprop.autodiff.declaration.notation import TERNARY, Template
from backprop.autodiff.gates import kinked
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.numerics import intervals

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node


def chosen(condition: Any, taken: Any, otherwise: Any) -> Any:
    """NumPy's choice between two values that are both there."""
    return np.where(condition != 0, taken, otherwise)[()]


def selected(value: Any, test: Any) -> Any:
    """The value, with zeros for what is not finite where the test is zero.

    It is the value itself where all of it is finite: of a sum that is known from one sweep, and that makes no array.
    """
    if np.ndim(test) and np.broadcast(value, test).shape != np.shape(value):
        value = value + np.zeros_like(test)
    if np.isfinite(np.sum(value)):
        return value
    return np.where((test == 0.0) & ~np.isfinite(value), 0.0, value)[()]


def selected_number(value: float, test: float) -> float:
    """The same of numbers."""
    return value if test != 0.0 or math.isfinite(value) else 0.0


class Selection(Elementwise):
    """An elementwise gate that may return its operand."""

    returns_operand = True


class Extreme(Elementwise):
    """The largest or the smallest of any number of operands, of two by NumPy's own function."""

    def __init__(self, name: str, of_two: np.ufunc, *gradients: Any, **declaration: Any) -> None:
        super().__init__(name, lambda *operands: reduce(of_two, operands), *gradients, methods=(of_two,), **declaration)
        self.of_two = of_two

    def row_function(self, node: Node) -> Forward:
        return self.of_two if len(node.inputs) == 2 else self.forward


def within(x: Node, low: Node, high: Node) -> tuple[Node, Node, Node]:
    """The local gradients of clip, which is minimum(maximum(x, low), high) and shares ties as those do."""
    raised = maximum(x, low)
    passed = kinked.smallest_share(raised, high, position=0)
    return (
        passed * kinked.largest_share(x, low, position=0),
        passed * kinked.largest_share(x, low, position=1),
        kinked.smallest_share(raised, high, position=1),
    )


def decided(condition: Node, a: Node, b: Node) -> Node | None:
    """The branch that a number takes."""
    if not condition.is_literal:
        return None
    taken = a if condition.value else b
    return taken if taken.shape == shapes.broadcast((a.shape, b.shape)) else None


where = Elementwise(
    "where",
    chosen,
    lambda condition, a, b, out: None,
    lambda condition, a, b, out: 1,
    lambda condition, a, b, out: 1,
    operands=("condition", "a", "b"),
    routes=(
        None,
        lambda condition, a, b, out: Mask(condition),
        lambda condition, a, b, out: Mask(condition, holds=False),
    ),
    methods=("where", np.where),
    shortcut=decided,
    code={
        "latex": Template(r"\begin{cases} {1} & \text{if } {0} \\ {2} & \text{otherwise} \end{cases}", TERNARY),
    },
    enclosure=intervals.choice,
    summary="a where the condition is nonzero, b elsewhere; also written a if condition else b",
    habit="routes the gradient to the branch that was taken; the other gets exactly 0",
    source="by definition; a branch not taken gets 0 even where it is inf or nan",
    samples=(at(1.0, 2.0, -3.0), at(0.0, 2.0, -3.0)),
    corners=(
        Corner((1.0, 2.0, np.nan), 2.0, (0.0, 1.0, 0.0)),
        Corner((0.0, np.inf, 3.0), 3.0, (0.0, 0.0, 1.0)),
    ),
)
select = Selection(
    "select",
    selected,
    lambda value, test, out: 1,  # what is selected is a multiple of the test by itself
    lambda value, test, out: None,
    operands=("value", "test"),
    routes=(lambda value, test, out: Mask(test, is_implied=True), None),
    methods=("select",),
    textbook=lambda value, test: test.where(value, 0),
    kernel=lambda value, test: test.where(value, 0),
    of_floats=selected_number,
    enclosure=intervals.kept,
    summary="a value that is zero where the test is, but for what is infinite: there it is made zero",
    habit="routes the gradient to what is selected",
    source="what is not selected contributes exactly 0",
    samples=(at(2.0, 1.0), at(-0.5, 0.25)),
    is_public=False,
)


def kept_by_sign(*operands: Node) -> list[tuple[Node, Node]]:
    """max(x, 0) times its own slope is max(x, 0)."""
    if len(operands) != 2 or not (operands[0].is_number(0.0) or operands[1].is_number(0.0)):
        return []
    position = int(operands[0].is_number(0.0))
    out, x = maximum(*operands), operands[position]
    return [(kinked.largest_share(*operands, position=position), out), (x > 0.0, out)]


maximum: Extreme = Extreme(
    "maximum",
    np.maximum,
    lambda position, *nodes: kinked.largest_share(*nodes[:-1], position=position),
    is_selection=True,
    operands=("x", "y", "*more"),
    aliases=("max", "maxout"),
    partners=kept_by_sign,
    code={
        "latex": r"\max",
    },
    enclosure=intervals.corners,
    summary="the largest of its arguments, entry by entry",
    habit="routes the gradient to the largest input; tied ones share it equally",
    choice=("the larger", "the largest"),
    source="subgradient, shared at ties",
    samples=(at(2.0, -3.0), at(0.5, 0.75, 0.25)),
    corners=(
        Corner((2.0, 2.0), 2.0, (0.5, 0.5)),
        Corner((2.0, 2.0, 2.0), 2.0, (1 / 3, 1 / 3, 1 / 3)),
        Corner((2.0, 2.0, 1.0), 2.0, (0.5, 0.5, 0.0)),
    ),
)
minimum = Extreme(
    "minimum",
    np.minimum,
    lambda position, *nodes: kinked.smallest_share(*nodes[:-1], position=position),
    is_selection=True,
    operands=("x", "y", "*more"),
    aliases=("min",),
    code={
        "latex": r"\min",
    },
    enclosure=intervals.corners,
    summary="the smallest of its arguments, entry by entry",
    habit="routes the gradient to the smallest input; tied ones share it equally",
    choice=("the smaller", "the smallest"),
    source="subgradient, shared at ties",
    samples=(at(2.0, -3.0), at(0.5, 0.75, 0.25)),
    corners=(Corner((2.0, 2.0), 2.0, (0.5, 0.5)), Corner((2.0, 2.0, 3.0), 2.0, (0.5, 0.5, 0.0))),
)
clip = Elementwise(
    "clip",
    lambda x, low, high: np.minimum(np.maximum(x, low), high),
    lambda x, low, high, out: within(x, low, high)[0],
    lambda x, low, high, out: within(x, low, high)[1],
    lambda x, low, high, out: within(x, low, high)[2],
    is_selection=True,
    operands=("x", "low", "high"),
    methods=(np.clip,),
    textbook=lambda x, low, high: minimum(maximum(x, low), high),
    enclosure=intervals.corners,
    summary="x held between low and high",
    habit="routes the gradient to whichever of x, low and high it returns",
    choice=("what it returns", "what it returns"),
    source="minimum(maximum(x, low), high)",
    samples=(at(0.5, -1.0, 1.0), at(-3.0, -1.0, 1.0), at(3.0, -1.0, 1.0)),
    corners=(Corner((1.0, -1.0, 1.0), 1.0, (0.5, 0.0, 0.5)),),
)
