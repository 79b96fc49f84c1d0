"""The kinds of gate that work along axes: one number from many entries, or entries that are mixed along one axis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from backprop.autodiff import shapes
from backprop.autodiff.declaration import batching
from backprop.autodiff.declaration.gate import Attribute, Forward, Gate
from backprop.autodiff.declaration.kinds import AXIS, Differential
from backprop.autodiff.declaration.masks import Mask
from backprop.autodiff.declaration.sums import add_up
from backprop.autodiff.shapes import Axis, Shape

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node


class Reduction(Gate):
    """One number from the entries along `axis`; `gradient` gives the local gradient in the operand's shape.

    It is a function of the operand and of the output with the reduced axes kept as 1. `is_selection`: the gradient is
    zero for the entries that are not selected, which then contribute nothing.
    """

    def __init__(
        self,
        name: str,
        forward: Forward,
        gradient: Callable[[Node, Node, Any], Node],
        *,
        rule: Callable[..., Shape] = shapes.reduced,
        is_selection: bool = False,
        axis: Attribute = AXIS,
        **declaration: Any,
    ) -> None:
        super().__init__(name, forward, attributes={"axis": axis}, shape=rule, has_kink=is_selection, **declaration)
        self.gradient = gradient
        self.is_selection = is_selection

    def row_form(self) -> Forward:
        return batching.along_axes(self.forward)

    def _gradient(self, inputs: tuple[Node, ...], out: Node) -> Node:
        (operand,), (axis,) = inputs, out.attributes
        return self.gradient(operand, kept(out, operand, axis), axis)

    def route(self, position: int, inputs: tuple[Node, ...], out: Node) -> Mask | None:
        if not self.is_selection or out.graph.is_plain:
            return None
        return Mask(self._gradient(inputs, out), is_implied=True)

    def pull(self, position: int, upstream: Node, inputs: tuple[Node, ...], out: Node) -> Node | None:
        (operand,), (axis,) = inputs, out.attributes
        return kept(upstream, operand, axis) * self._gradient(inputs, out)

    def used(self, test: Node, position: int, inputs: tuple[Node, ...], out: Node) -> Node:
        return kept(test, inputs[0], out.axis).broadcast_to(inputs[0].shape)

    def push(self, tangents: Sequence[Node | None], inputs: tuple[Node, ...], out: Node) -> Node | None:
        (tangent,), (axis,) = tangents, out.attributes
        if tangent is None:
            return None
        route = self.route(0, inputs, out)
        product = self._gradient(inputs, out) * tangent
        return (route.settle(product) if route else product).sum(axis)

    def moved(self, tests: Sequence[Node | None], inputs: tuple[Node, ...], out: Node) -> Node:
        return add_up([test.sum(out.axis) for test in tests if test is not None])


class AlongAxis(Differential):
    """A differential gate that mixes entries along its axis only, its operands all of the output's shape."""

    def row_form(self) -> Forward:
        return batching.along_axes(self.forward)

    def used(self, test: Node, position: int, inputs: tuple[Node, ...], out: Node) -> Node:
        return shared_along(out.axis, test, out)

    def moved(self, tests: Sequence[Node | None], inputs: tuple[Node, ...], out: Node) -> Node:
        whole = [test.broadcast_to(out.shape) for test in tests if test is not None]
        return add_up([shared_along(out.axis, test, out) for test in whole])


def shared_along(axis: Axis, test: Node, out: Node) -> Node:
    """Of a test of the output's entries: whether any along the axis counts, in its shape; a number has no axis."""
    return test if not out.shape else kept(test.sum(axis), out, axis).broadcast_to(out.shape)


def kept(node: Node, operand: Node, axis: Axis) -> Node:
    """A reduction's output (or its upstream) with the axes it reduced away kept as 1, to broadcast again."""
    return node.reshape(shapes.reduced(operand.shape, axis, keepdims=True)) if node.shape else node
