"""The kinds of gate: how each pulls an upstream gradient back to its operands and pushes tangents forward.

The passes ask a gate by these methods and name no gate, so that a new gate is one declaration of some kind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from backprop.autodiff import shapes
from backprop.autodiff.declaration import batching
from backprop.autodiff.declaration.gate import Attribute, Forward, Gate
from backprop.autodiff.declaration.masks import Mask
from backprop.autodiff.declaration.sums import add_up
from backprop.autodiff.numerics.entries import at_entries
from backprop.autodiff.shapes import Axis

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node

Local = Callable[..., "Node | float | None"]

AXIS = Attribute(shapes.as_axis)


class Elementwise(Gate):
    """Entry by entry, with NumPy's broadcasting; `gradients` gives one local gradient for each operand.

    Each is a function of the operands and the output that returns a node, a number, or None for no gradient.
    A gate with any number of operands gives a single one, which is also told the position first. `routes` says for each
    operand where it is the branch taken; of a gate with `is_selection` that is where its local gradient is not zero.
    """

    has_local = True
    is_entrywise = True

    def __init__(
        self,
        name: str,
        forward: Forward,
        *gradients: Local,
        routes: Sequence[Callable[..., Mask | None] | None] = (),
        is_selection: bool = False,
        **declaration: Any,
    ) -> None:
        super().__init__(name, forward, **{"has_kink": is_selection, **declaration})
        self.gradients = gradients
        self.routes = tuple(routes)
        self.is_selection = is_selection

    def row_form(self) -> Forward:
        return self.forward

    def entry_form(self) -> Forward:
        return partial(entry_by_entry, self)

    def local(self, position: int, inputs: tuple[Node, ...], out: Node) -> Node | None:
        gradient = self._local(position, inputs, out)
        return out.graph.constant(gradient) if isinstance(gradient, (int, float)) else gradient

    def _local(self, position: int, inputs: tuple[Node, ...], out: Node) -> Node | float | None:
        if self.is_variadic:
            return self.gradients[0](position, *inputs, out)
        return self.gradients[position](*inputs, out)

    def route(self, position: int, inputs: tuple[Node, ...], out: Node) -> Mask | None:
        if self.is_selection:
            local = None if out.graph.is_plain else self.local(position, inputs, out)
            return None if local is None else Mask(local, is_implied=True)
        rule = self.routes[position] if self.routes else None
        return rule(*inputs, out) if rule else None

    def pull(self, position: int, upstream: Node, inputs: tuple[Node, ...], out: Node) -> Node | None:
        local = self._local(position, inputs, out)
        if local is None:
            return None
        return upstream if local == 1 else upstream * local

    def push_along(self, position: int, tangent: Node, inputs: tuple[Node, ...], out: Node) -> Node | None:
        local = self._local(position, inputs, out)
        if local is None:
            return None
        return tangent if local == 1 else tangent * local

    def push(self, tangents: Sequence[Node | None], inputs: tuple[Node, ...], out: Node) -> Node | None:
        parts = []
        for position, tangent in enumerate(tangents):
            part = None if tangent is None else self.push_along(position, tangent, inputs, out)
            if part is not None:
                route = self.route(position, inputs, out)
                parts.append(route.settle(part) if route else part)
        return add_up(parts) if parts else None

    def used(self, test: Node, position: int, inputs: tuple[Node, ...], out: Node) -> Node:
        return test.sum_to(inputs[position].shape)


class Flat(Elementwise):
    """Piecewise constant: its gradient is zero wherever it has one, and no share is ever made."""

    is_flat = True

    def __init__(self, name: str, forward: Forward, **declaration: Any) -> None:
        declaration = {"habit": "stops the gradient: it is constant between its steps", **declaration}
        super().__init__(name, forward, *([lambda *_: None] * 9), **declaration)


class Slope(Gate):
    """The slope of a gate with a kink: constant on each side of it, and at the kink itself what a convention says.

    Of a derivative of second or higher order both sides count instead (sides.py). `hits` tells from the operands which
    entries are on the kink, `kink` gives that as a node. `leading` gives the operands that stand for a side: it takes
    a series, the tuple of the operands, then that of their derivatives along a direction, and so on. All get the
    attributes as keywords. `only_tells`: the sides count in no mean, and only tell whether they differ.
    """

    is_flat = True
    tells_order = True
    has_sides = True

    def __init__(
        self,
        name: str,
        forward: Forward,
        *,
        hits: Callable[..., Any],
        kink: Callable[..., Node],
        leading: Callable[..., tuple[Any, ...]],
        is_indicator: bool = False,
        only_tells: bool = False,
        **declaration: Any,
    ) -> None:
        self.is_indicator = is_indicator
        self.only_tells = only_tells
        self.has_local = AXIS not in declaration.get("attributes", {}).values()
        super().__init__(
            name, forward, habit="stops the gradient: it is constant on both sides of the kink", **declaration
        )
        self.hits = hits
        self.kink = kink
        self.leading = leading

    def row_form(self) -> Forward:
        return self.forward if self.has_local else batching.along_axes(self.forward)

    def entry_form(self) -> Forward | None:
        return partial(entry_by_entry, self) if self.has_local else None

    def pull(self, position: int, upstream: Node, inputs: tuple[Node, ...], out: Node) -> Node | None:
        return None

    def push(self, tangents: Sequence[Node | None], inputs: tuple[Node, ...], out: Node) -> Node | None:
        return None

    @property
    def hits_in_rows(self) -> Callable[..., Any]:
        """`hits` for operands whose rows lie along one more axis, the last."""
        return self.hits if self.has_local else batching.along_axes(self.hits)

    @cached_property
    def beside(self) -> Flat:
        """The gate for the slope on a side: of the operands, then their first derivatives along a direction, and so on.

        Its attribute `order` says how many derivatives are given.
        """

        def forward(*series: Any, order: int, **settings: Any) -> Any:
            width = len(series) // (order + 1)
            levels = [series[start : start + width] for start in range(0, len(series), width)]
            return self.forward(*self.leading(*levels, **settings), **settings)

        def along_axis(*series: Any, axis: Axis, order: int) -> Any:
            return batching.along_axes(partial(forward, order=order))(*series, axis=axis)

        return Flat(
            f"{self.name} beside the kink",
            forward,
            over_rows=forward if self.has_local else along_axis,
            operands=("*series",),
            attributes={**self.attributes, "order": Attribute(int)},
            shape=lambda *series, **settings: shapes.broadcast(series),
            summary=self.summary,
            habit=self.habit,
            source=self.source,
            samples=(),
            is_public=False,
        )


class Linear(Gate):
    """Linear in its operands together: pushing applies the gate to the tangents, pulling its transpose.

    `transpose(position, upstream, *inputs, out)` returns the share. `moves`: whether it only moves entries, each entry
    of its result being one of its operands', or 0.
    """

    is_sum = True

    def __init__(
        self, name: str, forward: Forward, transpose: Callable[..., Node], *, moves: bool = False, **declaration: Any
    ) -> None:
        super().__init__(name, forward, **declaration)
        self.transpose = transpose
        self.moves = moves

    def moves_entries(self, inputs: tuple[Node, ...]) -> bool:
        return self.moves

    def entry_form(self) -> Forward:
        return self.forward

    def pull(self, position: int, upstream: Node, inputs: tuple[Node, ...], out: Node) -> Node | None:
        return self.transpose(position, upstream, *inputs, out)

    def push(self, tangents: Sequence[Node | None], inputs: tuple[Node, ...], out: Node) -> Node:
        zero = out.graph.constant(0.0)
        whole = tuple(
            zero.broadcast_to(operand.shape) if tangent is None else tangent
            for operand, tangent in zip(inputs, tangents, strict=True)
        )
        return self(*whole, **dict(zip(self.attributes, out.attributes, strict=True)))

    def used(self, test: Node, position: int, inputs: tuple[Node, ...], out: Node) -> Node:
        return self.transpose(position, test, *inputs, out)

    def moved(self, tests: Sequence[Node | None], inputs: tuple[Node, ...], out: Node) -> Node:
        return self.push(tests, inputs, out)


class Bilinear(Gate):
    """Linear in each of its two operands: `transposes` gives `(upstream, a, b, out)` to each one's share.

    `carries` gives `(test, a, b, out)`, a test of the output's shape, to that of the entries of each operand which the
    tested entries use, and `reaches`, a test of an operand's shape, to that of the output's entries which use it; both
    may be of a shape to be broadcast. By default they are found by the gate itself, from operands of ones.
    """

    multiplies = True

    def __init__(
        self,
        name: str,
        forward: Forward,
        *transposes: Callable[..., Node],
        carries: Sequence[Callable[..., Node]] = (),
        reaches: Sequence[Callable[..., Node]] = (),
        **declaration: Any,
    ) -> None:
        super().__init__(name, forward, operands=("a", "b"), **declaration)
        self.transposes = transposes
        self.carries = tuple(carries)
        self.reaches = tuple(reaches)

    def entry_form(self) -> Forward:
        return self.forward

    def pull(self, position: int, upstream: Node, inputs: tuple[Node, ...], out: Node) -> Node | None:
        return self.transposes[position](upstream, *inputs, out)

    def used(self, test: Node, position: int, inputs: tuple[Node, ...], out: Node) -> Node:
        if self.carries:
            return self.carries[position](test, *inputs, out)
        return self.transposes[position](test, *_ones(inputs), out)

    def moved(self, tests: Sequence[Node | None], inputs: tuple[Node, ...], out: Node) -> Node:
        moved = []
        for position, test in enumerate(tests):
            if test is not None and self.reaches:
                moved.append(self.reaches[position](test, *inputs, out))
            elif test is not None:
                operands = _ones(inputs)
                operands[position] = test
                moved.append(self(*operands))
        return add_up(moved)

    def push(self, tangents: Sequence[Node | None], inputs: tuple[Node, ...], out: Node) -> Node | None:
        first, second = inputs
        parts = []
        if tangents[0] is not None:
            parts.append(self(tangents[0], second))
        if tangents[1] is not None:
            parts.append(self(first, tangents[1]))
        return add_up(parts)


def _ones(inputs: Sequence[Node]) -> list[Node]:
    return [node.graph.constant(1.0).broadcast_to(node.shape) for node in inputs]


class Differential(Gate):
    """A gate whose differential is best given whole: its two maps, pulling back and pushing forward.

    `pullbacks` gives `(upstream, *inputs, out)` to each operand's share, `pushforwards` `(tangent, *inputs, out)`
    to what each operand's tangent adds to the output's: the same, unless given, for a map that is symmetric. None
    where nothing flows.
    """

    def __init__(
        self,
        name: str,
        forward: Forward,
        *,
        pullbacks: Sequence[Callable[..., Node | None]],
        pushforwards: Sequence[Callable[..., Node | None]] = (),
        **declaration: Any,
    ) -> None:
        super().__init__(name, forward, **declaration)
        self.pullbacks = tuple(pullbacks)
        self.pushforwards = tuple(pushforwards or pullbacks)

    def pull(self, position: int, upstream: Node, inputs: tuple[Node, ...], out: Node) -> Node | None:
        return self.pullbacks[position](upstream, *inputs, out)

    def push(self, tangents: Sequence[Node | None], inputs: tuple[Node, ...], out: Node) -> Node | None:
        parts = [
            rule(tangent, *inputs, out)
            for rule, tangent in zip(self.pushforwards, tangents, strict=True)
            if tangent is not None
        ]
        moving = [part for part in parts if part is not None]
        return add_up(moving) if moving else None


class Leaf(Gate):
    """No operands: an input, a constant, or an array made from constants (`eye(3)`)."""

    def __init__(self, name: str, forward: Forward, **declaration: Any) -> None:
        super().__init__(name, forward, operands=(), **declaration)

    def entry_form(self) -> Forward:
        return self.forward


class Expansion(Gate):
    """Stands for a graph of other gates, `expand` of its operands, and is never evaluated itself.

    `form_of` is the function of which it is another form, by whose name it is called. `reads_shape`: it follows from
    its operand's shape alone.
    """

    def __init__(
        self,
        name: str,
        expand: Callable[..., Node],
        *,
        form_of: str | None = None,
        reads_shape: bool = False,
        **declaration: Any,
    ) -> None:
        super().__init__(name, expand, expand=expand, **declaration)
        self.called = form_of or name
        self.reads_shape = reads_shape


def entry_by_entry(gate: Gate, *operands: Any, **settings: Any) -> Any:
    """The gate at each entry, with NumPy's broadcasting."""
    return at_entries(lambda *entries: gate(*entries, **settings), *operands)
