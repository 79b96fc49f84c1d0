"""Derivatives as expressions: the adjoint of a variable as a node, tidied for a reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from backprop.autodiff.derivatives.parts import cut_at
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.evaluation.binding import selected
from backprop.autodiff.evaluation.garbage import without_collection
from backprop.autodiff.evaluation.program import dependents, needed
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.passes.forms import in_forms
from backprop.autodiff.passes.reverse import gradients, one_sided_adjoints
from backprop.autodiff.passes.sides import to_differentiate
from backprop.autodiff.passes.simplify import tidied
from backprop.autodiff.passes.textbook import Exemption
from backprop.autodiff.passes.writing import simplified
from backprop.autodiff.shapes import Shape

MAXIMUM_ORDER = 100
MAXIMUM_ADDED = 200_000  # nodes of the orders after the first: the next may have some times as many


class Derivatives(NamedTuple):
    """`plain`: the derivative's node by each name, which is evaluated; `written`: the same for a reader.

    `coded`: the same for generated code, which has the gates of `plain` and knows one side of a kink.
    `flat`: the gates on the way whose derivative is zero wherever it exists, by name. `exemptions`: where the written
    derivatives are not the plain ones.
    """

    graph: Graph
    plain: dict[str, Node]
    written: dict[str, Node]
    coded: dict[str, Node]
    flat: tuple[str, ...]
    exemptions: tuple[Exemption, ...]


@without_collection
def derivatives(
    graph: Graph, wrt: Sequence[str] | None = None, *, order: int = 1, given: Mapping[str, Shape] | None = None
) -> Derivatives:
    """The derivative of that order by each name of `wrt` (None: by every variable), for inputs of these shapes.

    Shapes: a derivative has its variable's shape; an output that is an array is summed, and so is, in the next
    order, a derivative: an order above 1 is for scalar variables. What a statement computes may be among `wrt`. Raises
    ExpressionError for an order below 1 or
    above MAXIMUM_ORDER, for a name that is no variable, and for an order above 1 by an array.
    Source: Griewank & Walther (2008), section 3.2, the reverse pass run `order` times.
    """
    if not 1 <= order <= MAXIMUM_ORDER:
        raise ExpressionError(f"the order is {order}", cure=f"an order is a number from 1 to {MAXIMUM_ORDER}")
    known = dict(given or {})
    names = selected(graph, known, wrt)
    typed = cut_at(graph.typed(known), names)
    plain: dict[str, Node] = {}
    for name in names:
        variable = typed.named(name)
        if order > 1 and variable.shape:
            raise ExpressionError(
                f"{name} is an array, and an order of {order} is for scalars", cure="ask for its hessian"
            )
        node = typed.result
        for done in range(order):
            if done == 1:
                limit = len(typed.nodes) + MAXIMUM_ADDED
            if done > 1 and len(typed.nodes) > limit:
                raise ExpressionError(
                    f"the derivative of order {done} has more than {MAXIMUM_ADDED} nodes", cure="ask for a lower order"
                )
            (slope,) = gradients(node, [variable])
            if done + 1 < order:
                (slope,) = to_differentiate([slope], node)
            node = slope
            if node is typed.constant(0.0):
                break
        plain[name] = node
    flat = _flat_gates(typed, [typed.named(name) for name in plain])
    coded = {name: _tidied_derivative(typed, name, order) for name in plain} if order > 1 else plain
    written, exemptions = _written(plain, coded)
    return Derivatives(typed, plain, written, coded, flat, exemptions)


def _written(plain: Mapping[str, Node], coded: Mapping[str, Node]) -> tuple[dict[str, Node], tuple[Exemption, ...]]:
    """The derivatives for a reader, and where they are not the plain ones."""
    written: dict[str, Node] = {}
    exemptions: list[Exemption] = []
    for name, node in plain.items():
        counts_sides = any([one.gate.is_informed for one in needed([node])])
        written[name] = simplified(coded[name], exemptions, counts_sides=counts_sides)
    return written, tuple(dict.fromkeys(exemptions))


def _tidied_derivative(typed: Graph, name: str, order: int) -> Node:
    """The derivative of that order, tidied between the orders: abs(x)^2 has that of x^2."""
    variable, node = typed.named(name), typed.result
    for done in range(order):
        if done:
            (node,) = in_forms([tidied(node, has_negative_powers=True)], tells=False)
        seed = typed.constant(1.0).broadcast_to(node.shape)
        (node,) = one_sided_adjoints(typed, node, seed, [variable]).by([variable])
    return node


def _flat_gates(typed: Graph, variables: Sequence[Node]) -> tuple[str, ...]:
    """The names of the flat gates between the variables and the output."""
    output = typed.result
    depends = dependents(typed, output, variables)
    return tuple(
        dict.fromkeys(
            node.gate.name
            for node in needed([output])
            if node.gate.is_flat and node.gate.is_public and any(depends[operand.index] for operand in node.inputs)
        )
    )
