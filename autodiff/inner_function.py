"""A function inside a gate: the integrand of an integral, the equation of a root. A graph of its own, as a setting.

Its variable is bound there and nowhere else. What else it depends on are inputs `value 0`, `value 1` …, to which the
gate's last operands are given. It is differentiated as any graph, and each derivative is such a function again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from backprop.autodiff.declaration import leaves
from backprop.autodiff.declaration.table import METHODS
from backprop.autodiff.evaluation.program import dependents, lower, needed
from backprop.autodiff.graph import Graph, Node, key_of_constant
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.shapes import Shape


class InnerFunction:
    """The output of `graph` as a function of the input `variable` and of `count` values.

    Two are equal where they are written alike: gates with equal settings and operands are one node.
    """

    __slots__ = ("_derived", "_hash", "_key", "count", "graph", "variable")

    def __init__(self, graph: Graph, variable: str, count: int) -> None:
        self.graph = graph
        self.variable = variable
        self.count = count
        self._derived: dict[Any, Any] = {}
        self._key = (variable, count, graph.is_typed, *map(_row_of, graph.nodes), graph.result.index)
        self._hash = hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, InnerFunction) and (self is other or self._key == other._key)

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        gates = ", ".join([node.gate.name for node in self.graph.nodes[: self.graph.result.index + 1] if node.inputs])
        return f"<function of {self.variable} and {self.count} values: {gates}>"

    def __reduce__(self) -> tuple[Callable[..., InnerFunction], tuple[Any, ...]]:
        return InnerFunction, (self.graph, self.variable, self.count)

    def kept(self, what: Any, make: Callable[[], Any]) -> Any:
        """What was made of it before, or is made now."""
        if what not in self._derived:
            self._derived[what] = make()
        return self._derived[what]

    def typed(self, variable: Shape, values: Sequence[Shape]) -> InnerFunction:
        """It for a variable and values of these shapes. Raises ExpressionError where they do not fit."""
        if self.graph.is_typed:
            return self
        shapes = {self.variable: variable, **{value_name(place): shape for place, shape in enumerate(values)}}

        def make() -> InnerFunction:
            typed = self.graph.typed(shapes)
            return InnerFunction(typed, self.variable, self.count)

        return self.kept(("typed", variable, *values), make)  # type: ignore[no-any-return]

    def typed_for(self, operands: Sequence[Node]) -> InnerFunction:
        """It for the operands of its gate: those before its values have the variable's shape."""
        values = operands[len(operands) - self.count :]
        return self.typed(operands[0].shape, [value.shape for value in values])

    def given(self, operands: Sequence[Node]) -> dict[str, Node]:
        """The last operands of its gate by the names of the inputs that they are given to."""
        values = operands[len(operands) - self.count :]
        return {value_name(place): value for place, value in enumerate(values)}

    @property
    def result(self) -> Node:
        return self.graph.result

    def input(self, name: str) -> Node:
        return self.graph.inputs[name]

    def depends_on(self, name: str) -> bool:
        return dependents(self.graph, self.result, [self.input(name)])[self.result.index]

    def derived(self, what: Any, make: Callable[[Graph, Node], Any]) -> Any:
        """What `make` adds to a copy of the graph, of which it is given the result, once."""

        def made() -> Any:
            result = self.copy()
            return make(result.graph, result)

        return self.kept(("derived", what), made)

    def copy(self) -> Node:
        """The result in a new graph, to which more may be added."""
        graph = Graph(is_typed=True, source=self.graph.source)
        twin: list[Node] = []
        for node in self.graph.nodes:
            twin.append(copied(node, graph, twin))
        graph.output = twin[self.result.index]
        return graph.output

    def gradient(self, name: str, seed: str | None = None) -> Node:
        """The derivative of the result by one of the inputs: of its sum, or times an input called `seed`."""

        def make(graph: Graph, result: Node) -> Node:
            ones = graph.constant(1.0).broadcast_to(result.shape)
            return adjoint(result, ones if seed is None else graph.input(seed, result.shape), name)

        return self.derived(("gradient", name, seed), make)  # type: ignore[no-any-return]

    def tangent(self, name: str, seed: str | None = None) -> Node:
        """The derivative of the result along an input: along ones, or along an input called `seed`."""
        from backprop.autodiff.passes.pushforward import pushforward  # here, not above: reverse mode does without

        def make(graph: Graph, result: Node) -> Node:
            source = graph.inputs[name]
            along = graph.number(1.0) if seed is None else graph.input(seed, source.shape)
            pushed = pushforward(graph, result, {source: along}).get(result)
            return result.zeros if pushed is None else pushed.settled

        return self.derived(("tangent", name, seed), make)  # type: ignore[no-any-return]

    @property
    def slope(self) -> InnerFunction:
        """The derivative of the result by the variable, as such a function."""

        def make(graph: Graph, result: Node) -> InnerFunction:
            graph.output = adjoint(result, graph.constant(1.0).broadcast_to(result.shape), self.variable)
            return InnerFunction(graph, self.variable, self.count)

        return self.derived("slope", make)  # type: ignore[no-any-return]

    @property
    def with_jacobian(self) -> tuple[Node, Node]:
        """The result and its Jacobian by the variable, the derivative of a number by a number, in one graph."""

        def make(graph: Graph, result: Node) -> tuple[Node, Node]:
            if not result.shape:
                return result, adjoint(result, graph.number(1.0), self.variable)
            units = np.eye(result.shape[0])
            return result, METHODS["stack"](*[adjoint(result, graph.constant(unit), self.variable) for unit in units])

        return self.derived("jacobian", make)  # type: ignore[no-any-return]

    def opened(self, node: Node, given: Mapping[str, Node], graph: Graph) -> Node:
        """A node of it, or of what is derived of it, in another graph, with these nodes for the inputs."""
        twin: dict[int, Node] = {}
        for part in needed([node], is_read=True):
            is_input = part.gate is leaves.input
            twin[part.index] = given[str(part.name)] if is_input else copied(part, graph, twin)
        return twin[node.index]

    def rows(self, nodes: Sequence[Node], values: Sequence[Any]) -> Callable[[Any, Any], list[Any]]:
        """A function of places of the variable and of the rows that they are in: the values of some nodes there.

        `values` have the rows along the last axis, one where they are the same in all.
        """
        from backprop.autodiff.evaluation.batched_lowering import plan_rows  # here, not above: every start has gates
        from backprop.autodiff.evaluation.batched_program import RowProgram

        held = {value_name(place): value[..., 0] for place, value in enumerate(values) if value.shape[-1] == 1}
        columns = {value_name(place): value for place, value in enumerate(values) if value.shape[-1] != 1}
        plan = self.kept(("plan", *nodes, *columns), lambda: plan_rows(nodes, [self.variable, *columns]))
        program = RowProgram(plan, held)

        def at(places: Any, rows: Any) -> list[Any]:
            varying = {name: column[..., rows] for name, column in columns.items()}
            return program.run({self.variable: places, **varying})

        return at

    def at_point(self, nodes: Sequence[Node], values: Sequence[Any]) -> Callable[[Any], list[Any]]:
        """A function of the variable's value: the values of some nodes there."""
        from backprop.autodiff.evaluation.execution import run  # here, not above: every start has gates

        program = self.kept(("program", *nodes), lambda: lower(nodes))
        given = {value_name(place): value for place, value in enumerate(values)}
        return lambda place: run(program, {self.variable: place, **given})


def adjoint(result: Node, seed: Node, name: str) -> Node:
    """The derivative of a result by an input of its graph, times a seed."""
    from backprop.autodiff.passes.reverse import one_sided_adjoints  # here, not above: a value needs none

    source = result.graph.inputs[name]
    return one_sided_adjoints(result.graph, result, seed, [source]).by([source])[0]


def value_name(place: int) -> str:
    """What the input of that number is called; a variable's name has no blank."""
    return f"value {place}"


def _row_of(node: Node) -> tuple[Any, ...]:
    if node.gate is leaves.constant:
        return key_of_constant(*node.attributes)
    return (node.gate, node.attributes, node.shape, *[operand.index for operand in node.inputs])


def copied(node: Node, graph: Graph, twin: Any) -> Node:
    """A node of one typed graph in another, with the index that its gate reads there, if it reads one."""
    if node.gate.is_informed:
        attributes = (*node.attributes[:-1], twin[node.attributes[-1]].index)
        return graph.add(node.gate, tuple([twin[operand.index] for operand in node.inputs]), attributes, node.span)
    return graph.copy(node, twin)


def bound(
    node: Node, variable: str, given: Mapping[str, Node], shown: str | None = None
) -> tuple[InnerFunction, tuple[Node, ...]]:
    """A node as a function of the input `variable`, which is `shown` as another, and what it depends on beside it.

    `given` has a node of the outer graph for each other input. What is not needed is left out.
    """
    graph = Graph(is_typed=node.graph.is_typed, source=node.graph.source)
    parts = needed([node], is_read=True)
    values: list[Node] = []
    twin: dict[int, Node] = {}
    for part in parts:  # the values before the variable, as a reader writes a product: a*x^2
        if part.gate is leaves.input and part.name != variable:
            outer = given[str(part.name)]
            if outer not in values:
                values.append(outer)
            twin[part.index] = graph.input(value_name(values.index(outer)), part.shape, part.span)
    source = node.graph.inputs[variable]
    inner = twin[source.index] = graph.input(shown or variable, source.shape)
    for part in parts:
        if part.gate is not leaves.input:
            twin[part.index] = copied(part, graph, twin)
    graph.output = twin[node.index]
    return InnerFunction(graph, str(inner.name), len(values)), tuple(values)


def with_inside(node: Node, operands: tuple[Node, ...], rewrite: Callable[[Node], Node]) -> Node:
    """A node that has a function inside, of these operands and with that function rewritten."""
    body: InnerFunction = node.attributes[0]
    fresh = rewrite(body.typed_for(node.inputs).copy())
    rewritten, values = bound(fresh, body.variable, body.given(operands))
    return node.graph.add(node.gate, (*operands[: len(operands) - body.count], *values), (rewritten,), node.span)
