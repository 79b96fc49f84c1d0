"""Masks: where a derivative is exactly zero, as a branch is not taken there or an entry not selected. Names no gate.

A derivative carries its mask along and is settled, once, where it leaves the branch: there 0 beats inf and nan. How a
mask passes a gate is decided here alone. A gate only says, by its kind, where an operand is the branch taken (`route`),
which entries of an operand some entries of its result use (`used`), and which entries of its result move with some of
its operands' (`moved`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from backprop.autodiff.declaration.sums import add_up
from backprop.autodiff.declaration.table import METHODS
from backprop.autodiff.named_tuple import NamedTuple

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node


class Mask(NamedTuple):
    """A branch is taken where `test` is nonzero (`holds`) or zero (not `holds`).

    `is_implied`: what it is the mask of is a multiple of the test, zero by itself but for what is infinite.
    """

    test: Node
    holds: bool = True
    is_implied: bool = False

    @property
    def truth(self) -> Node:
        """A node that is not 0 where the branch is taken, and 0 elsewhere."""
        return self.test if self.holds else self.as_test()

    def as_test(self) -> Node:
        """A node that is 1 where the branch is taken and 0 elsewhere."""
        return METHODS["!=" if self.holds else "=="](self.test, 0.0)

    def settle(self, value: Node) -> Node:
        """The value with exact zeros where the branch is not taken: there 0 beats inf and nan."""
        if value is self.test and self.holds:
            return value
        if self.is_implied:
            return METHODS["select"](value, self.test)
        return self.test.where(value, 0.0) if self.holds else self.test.where(0.0, value)


class Masked(NamedTuple):
    """A derivative that is `value` where the mask holds (None: everywhere) and exactly 0 elsewhere."""

    value: Node
    mask: Mask | None

    @property
    def settled(self) -> Node:
        return self.mask.settle(self.value) if self.mask else self.value


def total(parts: Sequence[Masked]) -> Masked:
    """The sum of contributions. Those under one mask are settled once, when their sum leaves the branch."""
    first = parts[0].mask
    if len(parts) == 1:
        return parts[0]
    if all(part.mask == first for part in parts):
        return Masked(add_up([part.value for part in parts]), first)
    return Masked(add_up([part.settled for part in parts]), either([part.mask for part in parts]))


def either(masks: Sequence[Mask | None]) -> Mask | None:
    """Where one of the masks holds."""
    known = [mask for mask in masks if mask is not None]
    if len(known) < len(masks):
        return None
    if all(mask == known[0] for mask in known):
        return known[0]
    if {mask.test for mask in known if mask.holds} & {mask.test for mask in known if not mask.holds}:
        return None  # a test and its opposite
    tests = list(dict.fromkeys(mask.truth for mask in known))
    while len(tests) > 1:
        tests = [METHODS["or"](*tests[:2]), *tests[2:]]
    return Mask(tests[0], is_implied=all(mask.is_implied for mask in known))


def both(outer: Mask | None, inner: Mask | None) -> Mask | None:
    """Where both masks hold."""
    if inner is None or outer == inner:
        return outer
    if outer is None:
        return inner
    test = METHODS["and"](outer.truth, inner.truth)
    return Mask(test, is_implied=outer.is_implied and inner.is_implied)


def is_mixed(mask: Mask, out: Node) -> bool:
    """Whether the gate of `out` mixes entries of which the mask may hold for some only."""
    return not out.gate.has_local and mask.test.shape != ()


def screened(mask: Mask, out: Node) -> tuple[Node, ...]:
    """The inputs as its share may use them: inf in entries that no result in the branch uses, times 0, would be nan."""
    if not out.gate.multiplies or not mask.test.shape:
        return out.inputs
    used = [_used(mask, position, out)._replace(is_implied=True) for position in range(len(out.inputs))]
    return tuple([mask.settle(operand) for mask, operand in zip(used, out.inputs, strict=True)])


def pulled(value: Node, mask: Mask | None, position: int, out: Node) -> tuple[Node, Mask | None]:
    """The share that an operand gets of the upstream gradient, and its mask, in the shape of that operand."""
    gate, shape = out.gate, out.inputs[position].shape
    route = gate.route(position, out.inputs, out)
    if mask is None and route is None:
        return value if value.shape == shape else value.sum_to(shape), None
    if gate.has_local:
        mask = both(mask, route)
    if mask is not None:
        if value.shape != shape:
            value = mask.settle(value)  # zeros must be there before entries are summed
        mask = _used(mask, position, out)
    if value.shape != shape:
        value = value.sum_to(shape)
    return value, mask if gate.has_local else both(mask, route)


def pushed(moving: Mapping[int, Mask | None], out: Node) -> Mask | None:
    """Where `out` moves when its operands at these positions do under their masks; None: everywhere."""
    gate = out.gate
    masks = {position: both(mask, gate.route(position, out.inputs, out)) for position, mask in moving.items()}
    if gate.is_entrywise:
        return either(list(masks.values()))
    known = [mask for mask in masks.values() if mask is not None]
    if not gate.is_sum or len(masks) == len(out.inputs):
        if len(known) < len(masks):
            return None
        if not known[0].test.shape and all(mask == known[0] for mask in known):
            return known[0]
    tests: list[Node | None] = [None] * len(out.inputs)
    for position, mask in masks.items():
        test = out.graph.constant(1.0) if mask is None else mask.as_test()
        tests[position] = test.broadcast_to(out.inputs[position].shape)
    return Mask(gate.moved(tests, out.inputs, out), is_implied=all(mask.is_implied for mask in known))


def _used(mask: Mask, position: int, out: Node) -> Mask:
    """Where in an operand's shape the entries are that those of the result under the mask use."""
    shape = out.inputs[position].shape
    if mask.test.shape == () or (out.gate.is_entrywise and mask.test.shape == shape):
        return mask
    test = out.gate.used(mask.as_test().broadcast_to(out.shape), position, out.inputs, out)
    return Mask(test, is_implied=mask.is_implied)
