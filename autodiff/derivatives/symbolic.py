"""Derivatives as expressions: the adjoint of a variable as a node, tidied for a reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from backprop.autodiff.declaration.notation import Infix
from backprop.autodiff.declaration.table import METHODS
from backprop.autodiff.derivatives.parts import cut_at
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.evaluation.binding import selected
from backprop.autodiff.evaluation.garbage import without_collection
from backprop.autodiff.evaluation.program import dependents, needed
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.passes.compact import is_shorter, may_be_shortened
from backprop.autodiff.passes.forms import in_forms
from backprop.autodiff.passes.reading import NoNormalForm
from backprop.autodiff.passes.reverse import gradients, one_sided_adjoints
from backprop.autodiff.passes.sides import to_differentiate
from backprop.autodiff.passes.simplify import tidied
from backprop.autodiff.passes.textbook import Exemption
from backprop.autodiff.passes.writing import contains_decimals, simplified, simplified_of_order
from backprop.autodiff.shapes import Shape

MAXIMUM_ORDER = 50
MAXIMUM_ADDED = 200_000  # nodes of the orders after the first: the next may have some times as many
MAXIMUM_TIDIED = 20_000  # the same where each order is tidied, beside MAXIMUM_GROWTH times the nodes of the first order
MAXIMUM_GROWTH = 16


class Derivatives:
    """Derivatives by each name: `plain`, which is evaluated, `written` for a reader, `coded` for generated code.

    `coded` has the gates of `plain` and knows one side of a kink. `flat`: the gates on the way whose derivative is zero
    wherever it exists, by name. `exemptions`: where the written derivatives are not the plain ones.
    Plain and coded ones of a higher order are computed when they are asked for: they may be much longer.
    """

    def __init__(self, graph: Graph, names: Sequence[str], order: int) -> None:
        self.graph = graph
        self.names = tuple(names)
        self.order = order
        self.flat = _flat_gates(graph, [graph.named(name) for name in names])
        self.written: dict[str, Node] = {}
        exemptions: list[Exemption] = []
        for name in names:
            self.written[name] = self._written(name, exemptions)
        self.exemptions = tuple(dict.fromkeys(exemptions))

    @cached_property
    def plain(self) -> dict[str, Node]:
        if self.order == 1:  # one sweep for all: a formula may have a hundred thousand variables
            slopes = gradients(self.graph.result, [self.graph.named(name) for name in self.names])
            return dict(zip(self.names, slopes, strict=True))
        return {name: self._plain(name) for name in self.names}

    @cached_property
    def coded(self) -> dict[str, Node]:
        return self.plain if self.order == 1 else {name: self._coded(name) for name in self.names}

    @cached_property
    def _has_decimals(self) -> bool:
        return contains_decimals(self.graph.result)

    def _written(self, name: str, exemptions: list[Exemption]) -> Node:
        if self.order > 1:
            return self._closed(name, exemptions) or self._simplified(name, exemptions)
        declared: list[Exemption] = []
        form = self._simplified(name, declared)
        exemptions += declared
        if declared or not may_be_shortened(form):
            return form
        closed = self._closed(name, declared)
        return closed if closed is not None and not declared and is_shorter(closed, form) else form

    def _closed(self, name: str, exemptions: list[Exemption]) -> Node | None:
        """The derivative as a sum of products of powers, tidied after each order; None where it is none."""
        variable, output = self.graph.named(name), self.graph.result
        if output.shape or variable.shape:
            return None
        try:
            return simplified_of_order(output, variable, self.order, exemptions)
        except NoNormalForm:
            return None

    def _simplified(self, name: str, exemptions: list[Exemption]) -> Node:
        coded = self.coded[name]  # refuses an order that grows before the plain ones are made
        counts_sides = any([node.gate.is_informed for node in needed([self.plain[name]])])
        return simplified(coded, exemptions, counts_sides=counts_sides, has_decimals=self._has_decimals)

    def _plain(self, name: str) -> Node:
        variable, node = self.graph.named(name), self.graph.result
        for done in range(self.order):
            if done == 1:
                limit = len(self.graph.nodes) + MAXIMUM_ADDED
            if done > 1:
                self._refuse_growth(done, limit)
            (slope,) = gradients(node, [variable])
            if done + 1 < self.order:
                (slope,) = to_differentiate([slope], node)
            node = slope
            if node is self.graph.constant(0.0):
                break
        return node

    def _coded(self, name: str) -> Node:
        """The derivative tidied between the orders: abs(x)^2 has that of x^2."""
        variable, node = self.graph.named(name), self.graph.result
        for done in range(self.order):
            if done == 1:
                limit = len(self.graph.nodes) + MAXIMUM_GROWTH * len(needed([node])) + MAXIMUM_TIDIED
            if done > 1:
                self._refuse_growth(done, limit)
            if done:
                (node,) = in_forms([tidied(node, has_negative_powers=True)], tells=False)
            seed = self.graph.constant(1.0).broadcast_to(node.shape)
            (node,) = one_sided_adjoints(self.graph, node, seed, [variable]).by([variable])
        return node

    def _refuse_growth(self, done: int, limit: int) -> None:
        """Raises ExpressionError where the graph has more nodes than `limit` after that many orders."""
        if len(self.graph.nodes) > limit:
            raise ExpressionError(
                f"the derivatives up to order {done} have {len(self.graph.nodes)} nodes",
                cure=f"ask for an order up to {done}",
            )


@without_collection
def derivatives(
    graph: Graph, wrt: Sequence[str] | None = None, *, order: int = 1, given: Mapping[str, Shape] | None = None
) -> Derivatives:
    """The derivative of that order by each name of `wrt` (None: by every variable), for inputs of these shapes.

    Shapes: a derivative has its variable's shape; an output that is an array is summed, and so is, in the next
    order, a derivative: an order above 1 is for scalar variables. What a statement computes may be among `wrt`. Raises
    ExpressionError for an order below 1 or above MAXIMUM_ORDER, for a name that is not a variable, and for an order
    above 1 by an array.
    Source: Griewank & Walther (2008), section 3.2, the reverse pass run `order` times.
    """
    if not 1 <= order <= MAXIMUM_ORDER:
        raise ExpressionError(f"the order is {order}", cure=f"an order is a number from 1 to {MAXIMUM_ORDER}")
    known = dict(given or {})
    names = selected(graph, known, wrt)
    typed = cut_at(graph.typed(known), names)
    for name in names:
        if order > 1 and typed.named(name).shape:
            raise ExpressionError(
                f"{name} is an array, and an order of {order} is for scalars", cure="ask for its hessian"
            )
    return Derivatives(typed, names, order)


def _flat_gates(typed: Graph, variables: Sequence[Node]) -> tuple[str, ...]:
    """The flat gates between the variables and the output, as a text has them; not those that only decide a choice."""
    output = typed.result
    depends = dependents(typed, output, variables)
    counts = {output}
    for node in reversed(needed([output])):
        if node in counts and not node.gate.is_flat:
            counts.update(node.inputs[node.gate is METHODS["where"] :])
    return tuple(
        dict.fromkeys(
            node.gate.notation.symbol.strip() if isinstance(node.gate.notation, Infix) else node.gate.name
            for node in needed([output])
            if node in counts
            and node.gate.is_flat
            and node.gate.is_public
            and any(depends[operand.index] for operand in node.inputs)
        )
    )
