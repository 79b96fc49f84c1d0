"""Derivatives of second and higher order where a kink is hit exactly: the mean of those from its sides.

The slope of a kink is a convention in a first derivative. A second derivative would square or move that convention,
which is no limit of anything: abs(x)^2 is x^2, and 2*sign(0)*sign(0) is 0. So each such derivative goes through a gate
that does nothing where no kink is hit. Where one is, it takes the derivative's values on the sides of the kinks, with
the slopes that hold there (both_sides.py): their common value or, where they differ, their mean.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from backprop.autodiff.declaration import leaves
from backprop.autodiff.evaluation.program import needed
from backprop.autodiff.graph import Node
from backprop.autodiff.passes.both_sides import BothSides, is_variable
from backprop.autodiff.passes.forms import in_forms
from backprop.autodiff.passes.rays import Rays, meet
from backprop.autodiff.passes.side_gates import Derivative, differentiated, kinks, side_mean, sides_differ

if TYPE_CHECKING:
    pass


def with_sides(
    derivatives: Mapping[Node, Node],
    outputs: Collection[Node],
    seeds: Mapping[Node, Node] | None = None,
    told: Callable[[Node], bool] = lambda key: True,
) -> dict[Node, Node]:
    """The derivatives, those of second or higher order at a kink with the mean of both sides.

    The keys are what each is by in reverse mode; in forward mode they may be any, and `seeds` gives the direction.
    `outputs` are what was differentiated: where slopes or derivatives are among what they depend on, it was not for the
    first time. `told`: whether to tell of it where the sides differ.
    """
    order = order_of(outputs) if derivatives else 0
    if not order:
        return dict(derivatives)
    results = list(derivatives.values())
    if not any([node.gate.form or node.gate.has_sides for node in needed(results)]):
        return dict(derivatives)
    rays = _rays(derivatives, seeds)
    formed = in_forms(results) if meet(results) else ()
    sides = BothSides(results, order + 1, [told(key) for key in derivatives], rays, formed)
    if not sides.slopes:
        return dict(derivatives)
    graph = next(iter(outputs)).graph
    kinks_node = graph.add(kinks, sides.operands, (sides,))
    return {
        key: graph.add(side_mean, (node,), (position, sides.order, kinks_node.index))
        for position, (key, node) in enumerate(derivatives.items())
    }


def _rays(keys: Iterable[Node], seeds: Mapping[Node, Node] | None) -> Rays:
    if seeds is not None:
        return Rays((), {str(node.name): seed for node, seed in seeds.items()})
    return Rays(tuple([str(key.name) if key.gate is leaves.input and is_variable(key) else None for key in keys]), None)


def to_differentiate(derivatives: Sequence[Node], output: Node, *, are_together: bool = False) -> list[Node]:
    """The derivatives of `output`, each with a kink marked as one: its own derivative is of a second order then.

    `are_together`: they are differentiated in one pass, for which the slope of a kink among them is mark enough.
    """
    graph = output.graph
    if not derivatives or not any([node.gate.has_kink for node in graph.nodes]):
        return list(derivatives)
    derivatives = in_forms(derivatives)
    order = order_of([output]) + 1
    nodes = needed(derivatives)
    if are_together and _most_times(nodes) >= order:
        return list(derivatives)
    bent: set[Node] = set()  # what has a kink, or depends on something that has
    for node in nodes:
        if node.gate.has_kink or node.gate.has_sides or any([operand in bent for operand in node.inputs]):
            bent.add(node)
    return [
        graph.add(differentiated, (node,), (order,)) if node in bent and node.gate is not side_mean else node
        for node in derivatives
    ]


def order_of(outputs: Collection[Node]) -> int:
    """How many times something with a kink has been differentiated in what the outputs depend on."""
    return _most_times(needed(list(outputs)))


def _most_times(nodes: Sequence[Node]) -> int:
    """The same for what the outputs depend on."""
    orders = [
        int(node.settings["order"]) if isinstance(node.gate, Derivative) else 1
        for node in nodes
        if node.gate.tells_order
    ]
    return max(orders, default=0)


def where_sides_differ(results: Sequence[Node]) -> list[Node]:
    """Nodes that are 1 where the sides differ of derivatives that the results depend on."""
    graph = results[0].graph
    return [graph.add(sides_differ, (node,)) for node in needed(results, is_read=True) if node.gate is kinks]
