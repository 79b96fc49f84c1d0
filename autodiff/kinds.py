"""The kinds of gate: how each pulls an upstream gradient back to its operands and pushes tangents forward.

The passes ask a gate by these methods and name no gate, so that a new gate is one declaration of some kind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from backprop.autodiff import rowwise, shapes
from backprop.autodiff.gate import Attribute, Condition, Forward, Gate
from backprop.autodiff.shapes import Axis, Shape

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node

Local = Callable[..., "Node | float | None"]

AXIS = Attribute(shapes.as_axis)


def add_up(nodes: Sequence[Node]) -> Node:
    """Their sum, added in pairs: the rounding error grows with the logarithm of their number.

    Source: Higham, Accuracy and Stability of Numerical Algorithms, section 4.2 (pairwise summation).
    """
    level = list(nodes)
    while len(level) > 1:
        pairs = [level[place] + level[place + 1] for place in range(0, len(level) - 1, 2)]
        level = pairs + level[len(level) - len(level) % 2 :]
    return level[0]


class Elementwise(Gate):
    """Entry by entry, with NumPy's broadcasting; `gradients` gives one local gradient for each operand.

    Each is a function of the operands and the output that returns a node, a number, or None for no gradient.
    A gate with any number of operands gives a single one, which is also told the position first.
    """

    has_local = True

    def __init__(
        self,
        name: str,
        forward: Forward,
        *gradients: Local,
        routes: Sequence[Callable[..., Condition] | None] = (),
        **declaration: Any,
    ) -> None:
        super().__init__(name, forward, **declaration)
        self.gradients = gradients
        self.routes = tuple(routes)

    def row_form(self) -> Forward:
        return self.forward

    def local(self, position: int, inputs: tuple[Node, ...], out: Node) -> Node | None:
        found = self._local(position, inputs, out)
        return out.graph.constant(found) if isinstance(found, (int, float)) else found

    def _local(self, position: int, inputs: tuple[Node, ...], out: Node) -> Node | float | None:
        if self.is_variadic:
            return self.gradients[0](position, *inputs, out)
        return self.gradients[position](*inputs, out)

    def route(self, position: int, inputs: tuple[Node, ...], out: Node) -> Condition | None:
        rule = self.routes[position] if self.routes else None
        return rule(*inputs, out) if rule else None

    def pull(self, position: int, upstream: Node, inputs: tuple[Node, ...], out: Node) -> Node | None:
        local = self._local(position, inputs, out)
        if local is None:
            return None
        return upstream if local == 1 else upstream * local

    def push(self, tangents: Sequence[Node | None], inputs: tuple[Node, ...], out: Node) -> Node | None:
        parts = []
        for position, tangent in enumerate(tangents):
            local = None if tangent is None else self.local(position, inputs, out)
            if tangent is not None and local is not None:
                condition = self.route(position, inputs, out)
                parts.append(condition.settle(tangent * local) if condition else tangent * local)
        return add_up(parts) if parts else None

    def carry(self, condition: Condition, position: int, inputs: tuple[Node, ...], out: Node) -> Condition:
        if condition.test.shape in ((), inputs[position].shape):
            return condition
        spread = condition.as_test().broadcast_to(out.shape)
        return Condition(spread.sum_to(inputs[position].shape), True)


class Flat(Elementwise):
    """Piecewise constant: its gradient is zero wherever it has one, and no share is ever made."""

    is_flat = True

    def __init__(self, name: str, forward: Forward, **declaration: Any) -> None:
        super().__init__(name, forward, *([lambda *_: None] * 9), **declaration)


class Linear(Gate):
    """Linear in its operands together: pushing applies the gate to the tangents, pulling its transpose.

    `transpose(position, upstream, *inputs, out)` returns the share.
    """

    def __init__(self, name: str, forward: Forward, transpose: Callable[..., Node], **declaration: Any) -> None:
        super().__init__(name, forward, **declaration)
        self.transpose = transpose

    def pull(self, position: int, upstream: Node, inputs: tuple[Node, ...], out: Node) -> Node | None:
        return self.transpose(position, upstream, *inputs, out)

    def push(self, tangents: Sequence[Node | None], inputs: tuple[Node, ...], out: Node) -> Node | None:
        zero = out.graph.constant(0.0)
        whole = tuple(
            zero.broadcast_to(operand.shape) if tangent is None else tangent
            for operand, tangent in zip(inputs, tangents, strict=True)
        )
        return self(*whole, **dict(zip(self.attributes, out.attributes, strict=True)))

    def carry(self, condition: Condition, position: int, inputs: tuple[Node, ...], out: Node) -> Condition:
        if condition.test.shape == ():
            return condition
        spread = condition.as_test().broadcast_to(out.shape)
        return Condition(self.transpose(position, spread, *inputs, out), True)


class Bilinear(Gate):
    """Linear in each of its two operands: `transposes` gives `(upstream, a, b, out)` to each one's share."""

    def __init__(self, name: str, forward: Forward, *transposes: Callable[..., Node], **declaration: Any) -> None:
        super().__init__(name, forward, operands=("a", "b"), **declaration)
        self.transposes = transposes

    def pull(self, position: int, upstream: Node, inputs: tuple[Node, ...], out: Node) -> Node | None:
        return self.transposes[position](upstream, *inputs, out)

    def screen(self, condition: Condition, inputs: tuple[Node, ...], out: Node) -> tuple[Node, ...]:
        """Zeros in the entries that no result in the branch uses: inf times the zeros upstream would be nan."""
        return tuple(self.carry(condition, position, inputs, out).settle(node) for position, node in enumerate(inputs))

    def carry(self, condition: Condition, position: int, inputs: tuple[Node, ...], out: Node) -> Condition:
        if condition.test.shape == ():
            return condition
        one = out.graph.constant(1.0)
        everywhere = [one.broadcast_to(node.shape) for node in inputs]
        spread = condition.as_test().broadcast_to(out.shape)
        return Condition(self.transposes[position](spread, *everywhere, out), True)

    def push(self, tangents: Sequence[Node | None], inputs: tuple[Node, ...], out: Node) -> Node | None:
        first, second = inputs
        parts = []
        if tangents[0] is not None:
            parts.append(self(tangents[0], second))
        if tangents[1] is not None:
            parts.append(self(first, tangents[1]))
        return add_up(parts)


class Reduction(Gate):
    """One number from the entries along `axis`; `gradient` gives the local gradient in the operand's shape.

    It is a function of the operand and of the output with the reduced axes kept as 1.
    """

    def __init__(
        self,
        name: str,
        forward: Forward,
        gradient: Callable[[Node, Node, Any], Node],
        *,
        rule: Callable[..., Shape] = shapes.reduced,
        **declaration: Any,
    ) -> None:
        super().__init__(name, forward, attributes={"axis": AXIS}, shape=rule, **declaration)
        self.gradient = gradient

    def row_form(self) -> Forward:
        return rowwise.along_axes(self.forward)

    def pull(self, position: int, upstream: Node, inputs: tuple[Node, ...], out: Node) -> Node | None:
        (operand,), (axis,) = inputs, out.attributes
        return kept(upstream, operand, axis) * self.gradient(operand, kept(out, operand, axis), axis)

    def carry(self, condition: Condition, position: int, inputs: tuple[Node, ...], out: Node) -> Condition:
        if condition.test.shape == ():
            return condition
        (operand,), (axis,) = inputs, out.attributes
        test = condition.as_test().broadcast_to(out.shape)
        return Condition(kept(test, operand, axis).broadcast_to(operand.shape), True)

    def push(self, tangents: Sequence[Node | None], inputs: tuple[Node, ...], out: Node) -> Node | None:
        (operand,), (tangent,), (axis,) = inputs, tangents, out.attributes
        if tangent is None:
            return None
        return (self.gradient(operand, kept(out, operand, axis), axis) * tangent).sum(axis)


class Differential(Gate):
    """A gate whose differential is best given whole: its two maps, pulling back and pushing forward.

    `pullbacks` gives `(upstream, *inputs, out)` to each operand's share, `pushforwards` `(tangent, *inputs, out)`
    to what each operand's tangent adds to the output's.
    """

    def __init__(
        self,
        name: str,
        forward: Forward,
        *,
        pullbacks: Sequence[Callable[..., Node]],
        pushforwards: Sequence[Callable[..., Node]],
        **declaration: Any,
    ) -> None:
        super().__init__(name, forward, **declaration)
        self.pullbacks = tuple(pullbacks)
        self.pushforwards = tuple(pushforwards)

    def pull(self, position: int, upstream: Node, inputs: tuple[Node, ...], out: Node) -> Node | None:
        return self.pullbacks[position](upstream, *inputs, out)

    def push(self, tangents: Sequence[Node | None], inputs: tuple[Node, ...], out: Node) -> Node | None:
        parts = [
            rule(tangent, *inputs, out)
            for rule, tangent in zip(self.pushforwards, tangents, strict=True)
            if tangent is not None
        ]
        return add_up(parts)


class AlongAxis(Differential):
    """A differential gate that mixes entries along its axis only, its operands all of the output's shape."""

    def row_form(self) -> Forward:
        return rowwise.along_axes(self.forward)

    def carry(self, condition: Condition, position: int, inputs: tuple[Node, ...], out: Node) -> Condition:
        if condition.test.shape == ():
            return condition
        (axis,) = out.attributes
        used = condition.as_test().broadcast_to(out.shape).sum(axis)
        return Condition(kept(used, out, axis).broadcast_to(out.shape), True)


class Leaf(Gate):
    """No operands: an input, a constant, or an array made from constants (`eye(3)`)."""

    def __init__(self, name: str, forward: Forward, **declaration: Any) -> None:
        super().__init__(name, forward, operands=(), **declaration)


class Expansion(Gate):
    """Stands for a graph of other gates, `expand` of its operands, and is never evaluated itself."""

    def __init__(self, name: str, expand: Callable[..., Node], **declaration: Any) -> None:
        super().__init__(name, expand, expand=expand, **declaration)


def kept(node: Node, operand: Node, axis: Axis) -> Node:
    """A reduction's output (or its upstream) with the axes it reduced away kept as 1, to broadcast again."""
    return node.reshape(shapes.reduced(operand.shape, axis, keepdims=True)) if node.shape else node
