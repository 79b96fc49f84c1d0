"""What is exactly zero in a derivative: where a branch is not taken, an entry not selected. Names no gate.

A derivative carries its condition along and is settled, once, where it leaves the branch: there 0 beats inf and nan.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from backprop.autodiff.declaration.gate import Condition
from backprop.autodiff.declaration.kinds import add_up
from backprop.autodiff.declaration.table import METHODS

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node


class Masked(NamedTuple):
    """A derivative that is `value` where `condition` holds (None: everywhere) and exactly 0 elsewhere."""

    value: Node
    condition: Condition | None

    @property
    def settled(self) -> Node:
        return self.condition.settle(self.value) if self.condition else self.value


def total(parts: Sequence[Masked]) -> Masked:
    """The sum of contributions. Those under one condition are settled once, when their sum leaves the branch."""
    first = parts[0].condition
    if len(parts) == 1:
        return parts[0]
    if all(part.condition == first for part in parts):
        return Masked(add_up([part.value for part in parts]), first)
    return Masked(add_up([part.settled for part in parts]), either([part.condition for part in parts]))


def either(conditions: Sequence[Condition | None]) -> Condition | None:
    """Where one of the conditions holds."""
    known = [condition for condition in conditions if condition is not None]
    if len(known) < len(conditions):
        return None
    if all(condition == known[0] for condition in known):
        return known[0]
    if {one.test for one in known if one.holds} & {one.test for one in known if not one.holds}:
        return None  # a test and its opposite
    tests = list(dict.fromkeys(condition.truth for condition in known))
    while len(tests) > 1:
        tests = [METHODS["or"](*tests[:2]), *tests[2:]]
    return Condition(tests[0], True, all(condition.is_implied for condition in known))


def both(outer: Condition | None, inner: Condition | None) -> Condition | None:
    """Where both conditions hold."""
    if inner is None or outer == inner:
        return outer
    if outer is None:
        return inner
    test = METHODS["and"](outer.truth, inner.truth)
    return Condition(test, True, outer.is_implied and inner.is_implied)
