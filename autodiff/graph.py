"""The computational graph: append-only, hash-consed, ordered by construction. Knows no gate but the leaves.

A node's inputs exist before it, so that the list of nodes is the topological order, and equal subexpressions
are one node. Adjoints, tangents and symbolic derivatives are more nodes of the same graph.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from backprop.autodiff import shapes
from backprop.autodiff.declaration import leaves
from backprop.autodiff.declaration.gate import Gate
from backprop.autodiff.declaration.table import METHODS
from backprop.autodiff.errors import ExpressionError, Span
from backprop.autodiff.evaluation.garbage import without_collection
from backprop.autodiff.evaluation.recent import Recent
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.relation import Relation
from backprop.autodiff.shapes import Array, Axis, Index, Shape

MOST_PROGRAMS, MOST_INSTRUCTIONS = 32, 2**18  # that a graph keeps, about 60 MB
MAXIMUM_NODES = 10_000_000  # about 3 GB; functions of one's own can ask for any number of nodes in a few lines


class Node:
    """One gate applied to its inputs. It never changes: values and gradients are kept by whoever computes them.

    `shape` is the value's shape, meaningful in a typed graph only. `span` is the place in the source text of the
    user's gate that it stands for or, in a derivative, comes from. `reads` are the nodes whose values it is computed
    from: its inputs but those that the gate leaves `unread`, and for a gate that `is_informed` one that no expression
    shows, named by its last attribute.
    """

    __slots__ = ("attributes", "gate", "graph", "index", "inputs", "reads", "shape", "span")

    def __init__(
        self,
        graph: Graph,
        index: int,
        gate: Gate,
        inputs: tuple[Node, ...],
        attributes: tuple[Any, ...],
        shape: Shape,
        span: Span | None,
    ) -> None:
        self.graph = graph
        self.index = index
        self.gate = gate
        self.inputs = inputs
        self.reads = (*inputs, graph.nodes[attributes[-1]]) if gate.is_informed else inputs[gate.unread :]
        self.attributes = attributes
        self.shape = shape
        self.span = span

    def __repr__(self) -> str:
        return f"<node {self.index}: {self.gate.name}({', '.join(str(node.index) for node in self.inputs)})>"

    def __reduce__(self) -> tuple[Callable[..., Node], tuple[Graph, int]]:
        return node_at, (self.graph, self.index)

    @property
    def settings(self) -> dict[str, Any]:
        """The attributes by name."""
        return dict(zip(self.gate.attributes, self.attributes, strict=True))

    @property
    def is_constant(self) -> bool:
        """Whether it is a literal or a named constant."""
        return self.gate is leaves.constant

    @property
    def is_scalar_constant(self) -> bool:
        return self.gate is leaves.constant and not self.shape

    @property
    def is_literal(self) -> bool:
        """Whether it is a number without a name."""
        return self.gate is leaves.constant and not self.shape and self.attributes[1] is None

    def is_number(self, number: float) -> bool:
        """Whether it is this scalar constant."""
        return self.gate is leaves.constant and not self.shape and float(self.attributes[0]) == number

    @property
    def value(self) -> Any:
        """The value of a constant, None for any other node."""
        return self.attributes[0] if self.gate is leaves.constant else None

    @property
    def original(self) -> Node:
        """What it stands for in another graph, itself if for nothing."""
        node = self
        while node.gate is leaves.stand_in:
            node = node.attributes[0]
        return node

    @property
    def axis(self) -> Any:
        """The axis or axes that its gate works along, None for all of them."""
        return self.settings["axis"]

    @property
    def name(self) -> str | None:
        """The name of an input or of a named constant (`pi`), None for any other node."""
        if self.gate is leaves.input:
            return str(self.attributes[0])
        return self.attributes[1] if self.gate is leaves.constant else None

    def of(self, operands: tuple[Node, ...]) -> Node:
        """The same gate of these operands: the node itself where they are its own."""
        return self if operands == self.inputs else self.graph.add(self.gate, operands, self.attributes, self.span)

    def __add__(self, other: Node | float) -> Node:
        return METHODS["+"](self, other)

    def __radd__(self, other: float) -> Node:
        return METHODS["+"](other, self)

    def __sub__(self, other: Node | float) -> Node:
        return METHODS["-"](self, other)

    def __rsub__(self, other: float) -> Node:
        return METHODS["-"](other, self)

    def __mul__(self, other: Node | float) -> Node:
        return METHODS["*"](self, other)

    def __rmul__(self, other: float) -> Node:
        return METHODS["*"](other, self)

    def __truediv__(self, other: Node | float) -> Node:
        return METHODS["/"](self, other)

    def __rtruediv__(self, other: float) -> Node:
        return METHODS["/"](other, self)

    def __pow__(self, other: Node | float) -> Node:
        return METHODS["^"](self, other)

    def __matmul__(self, other: Node) -> Node:
        return METHODS["@"](self, other)

    def __neg__(self) -> Node:
        return METHODS["negative"](self)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *operands: Any, **settings: Any) -> Any:
        """The node for a function of NumPy's: a kernel of numerics/ that is called with nodes writes its own graph."""
        try:
            gate = METHODS[ufunc]
        except KeyError:
            return NotImplemented
        is_known = method == "__call__" and settings.keys() <= gate.attributes.keys()
        return gate(*operands, **settings) if is_known else NotImplemented

    def __array_function__(self, function: Any, types: Any, operands: Any, settings: Any) -> Any:
        """The same for the functions of NumPy's that are no ufuncs, as `where` is."""
        return self.__array_ufunc__(function, "__call__", *operands, **settings)

    def __getitem__(self, index: tuple[()]) -> Node:
        """Itself, of `[()]`, by which a kernel makes a scalar of an array without axes; a node is no sequence."""
        return self

    __iter__ = None

    def equals(self, other: Node | float) -> Node:
        """1 where they are equal, 0 elsewhere; `==` on nodes is identity, as for any Python object."""
        return METHODS["=="](self, other)

    def __gt__(self, other: Node | float) -> Node:
        """1 where this node is greater, 0 elsewhere."""
        return METHODS[">"](self, other)

    def __ge__(self, other: Node | float) -> Node:
        return METHODS[">="](self, other)

    def __lt__(self, other: Node | float) -> Node:
        return METHODS["<"](self, other)

    def where(self, taken: Node | float, otherwise: Node | float) -> Node:
        """`taken` where this node is nonzero, `otherwise` elsewhere."""
        return METHODS["where"](self, taken, otherwise)

    def sum(self, axis: Axis = None) -> Node:
        return METHODS["sum"](self, axis=axis)

    def transposed(self) -> Node:
        return METHODS["transpose"](self)

    def entry(self, index: tuple[int, ...]) -> Node:
        """The entry at a place of an array."""
        return METHODS["index"](self, index=index)

    def reshape(self, shape: Shape) -> Node:
        return METHODS["reshape"](self, shape=shape)

    @property
    def zeros(self) -> Node:
        """The derivative of a node that nothing moves, or by one that nothing depends on: zeros of its shape."""
        return self.graph.constant(0.0).broadcast_to(self.shape)

    def broadcast_to(self, shape: Shape) -> Node:
        return METHODS["broadcast_to"](self, shape=shape)

    def scattered(self, index: Index, shape: Shape) -> Node:
        """The transpose of taking entries: zeros of `shape` with this node at `index`."""
        return METHODS["scatter"](self, index=index, shape=shape)

    def sum_to(self, shape: Shape) -> Node:
        """The transpose of broadcasting: summed over the axes that broadcasting `shape` to this one repeats."""
        return METHODS["sum_to"](self, shape=shape)


class Graph:
    """Nodes in topological order, the output, and the names that the text gave.

    A graph as parsed is untyped: it fits inputs of any shape. `typed` gives the graph for some shapes, and the
    passes run on that one.
    """

    def __init__(self, *, is_typed: bool, source: str | None = None, reader: str = "parse") -> None:
        self.nodes: list[Node] = []
        self.names: dict[str, Node] = {}  # what the statements assigned, in their order
        self.output: Node | None = None
        self.relations: list[Relation] = []  # the equations and inequalities of a text that states some
        self.is_typed = is_typed
        self.source = source  # only ever handed on to an error
        self.reader = reader  # the call that makes a graph of such a source
        self.place: Span | None = None  # the span of nodes added without one: the gate being differentiated
        self.is_plain = False  # whether derivatives do without the masks that only infinite numbers need (masks.py)
        self.inputs: dict[str, Node] = {}  # the free names, named constants among them, in order of first use
        self.defaults: dict[str, Any] = {}  # the values of inputs that the text gives, numbers as floats
        self.assumed: dict[str, Shape] = {}  # the shapes of inputs that the text was read for: for i in 1:len(x)-1
        self.fixed: set[str] = set()  # inputs that keep that value: they are constants of the text
        self.programs = Recent(MOST_PROGRAMS, MOST_INSTRUCTIONS)  # what was derived from it last (programs.py)
        self._interned: dict[tuple[Any, ...], Node] = {}
        self._numbers: dict[float, Node] = {}  # the constants that derivatives are built with: 1, 2, 0.5

    def __repr__(self) -> str:
        if self.source is None:
            return f"<graph of {len(self.nodes)} nodes>"
        return f"{self.reader}({self.source!r})"

    def add(
        self,
        gate: Gate,
        inputs: tuple[Node, ...] = (),
        attributes: tuple[Any, ...] = (),
        span: Span | None = None,
    ) -> Node:
        """Return the node for `gate` of `inputs`, the existing one where there is one.

        Raises ExpressionError with the gate's span where the shapes do not fit or would take too much memory.
        """
        key = (gate, attributes, *[node.index for node in inputs])
        existing = self._interned.get(key)
        if existing is not None:
            return existing
        shape: Shape = ()
        if self.is_typed:
            try:
                settings = dict(zip(gate.attributes, attributes, strict=True)) if attributes else {}
                shape = gate.shape(*[node.shape for node in inputs], **settings)
                if shape:
                    shapes.bounded(shape)
            except ExpressionError as error:
                error.reason = f"{gate.name}: {error.reason}"
                raise error.located(span or self.place, self.source) from None
        return self._append(key, gate, inputs, attributes, shape, span)

    def constant(self, value: Any, name: str | None = None, span: Span | None = None) -> Node:
        """The node of a constant, interned by its bits: 0.0 and -0.0 are two, nan is one.

        The value of a number is a float of Python's.
        """
        if not isinstance(value, (int, float)):
            value = np.asarray(value, dtype=np.float64)[()]
        if isinstance(value, (int, float)):
            value = float(value) if value == value else math.nan
        key = key_of_constant(value, name)
        existing = self._interned.get(key)
        return existing or self._append(key, leaves.constant, (), (value, name), shapes.of(value), span)

    def number(self, value: float) -> Node:
        """The node of a scalar constant without a name."""
        node = self._numbers.get(value)
        if node is None:
            node = self.constant(value)
            if value:  # a dictionary takes 0.0 and -0.0 for one
                self._numbers[value] = node
        return node

    def input(self, name: str, shape: Shape = (), span: Span | None = None) -> Node:
        """The node of a variable."""
        key = (leaves.input, name)
        node = self._interned.get(key)
        if node is None:
            node = self._append(key, leaves.input, (), (name,), shapes.bounded(shape), span)
            self.inputs[name] = node
        return node

    def fix(self, name: str) -> None:
        """Let an input with a default, or a named constant, take no other value."""
        if name not in self.defaults:
            self.defaults[name] = leaves.NAMED_CONSTANTS[name]
        self.fixed.add(name)

    def copy(self, node: Node, twin: Sequence[Node] | Mapping[int, Node]) -> Node:
        """A node of another graph in this one, `twin` giving this graph's node for each index of the other's."""
        if node.gate is leaves.constant:
            return self.constant(node.value, node.name, node.span)
        if node.gate is leaves.input:
            return self.input(str(node.name), node.shape, node.span)
        operands = tuple([twin[operand.index] for operand in node.inputs])
        if node.gate.expand is not None and self.is_typed:
            self.place = node.span
            try:
                return node.gate.expand(*operands, **node.settings)
            except ExpressionError as error:
                raise error.located(node.span, self.source) from None
            finally:
                self.place = None
        return self.add(node.gate, operands, node.attributes, node.span)

    def _append(
        self,
        key: tuple[Any, ...],
        gate: Gate,
        inputs: tuple[Node, ...],
        attributes: tuple[Any, ...],
        shape: Shape,
        span: Span | None,
    ) -> Node:
        if len(self.nodes) >= MAXIMUM_NODES:
            raise ExpressionError(
                f"the graph has more than {MAXIMUM_NODES} nodes",
                span,
                "write a smaller expression",
                self.source,
            )
        node = Node(self, len(self.nodes), gate, inputs, attributes, shape, span or self.place)
        self.nodes.append(node)
        self._interned[key] = node
        return node

    def __reduce__(self) -> tuple[Callable[..., Graph], tuple[Any, ...]]:
        """Pickled as flat lists: following the nodes' inputs would recurse as deep as the graph is."""
        rows = [
            (node.gate, tuple([operand.index for operand in node.inputs]), node.attributes, node.shape, node.span)
            for node in self.nodes
        ]
        names = {name: node.index for name, node in self.names.items()}
        output = None if self.output is None else self.output.index
        relations = [(one.difference.index, one.is_equation, one.span) for one in self.relations]
        return restored, (
            self.is_typed,
            self.source,
            self.reader,
            rows,
            names,
            output,
            self.defaults,
            self.fixed,
            relations,
        )

    @property
    def result(self) -> Node:
        """The output, which a graph under construction has not yet."""
        if self.output is None:
            raise ExpressionError("the expression has no value", None, "end with an expression", self.source)
        return self.output

    @property
    def state(self) -> tuple[int, int]:
        """What changes whenever the graph does: how many nodes it has, and which of them is the output."""
        output = self.output  # not self.result, where there is one: every call asks for this
        return len(self.nodes), (self.result if output is None else output).index

    @property
    def variables(self) -> tuple[str, ...]:
        """The names that take a value, in the order of their first use; some have defaults."""
        return tuple(
            name
            for name in self.inputs
            if name not in self.fixed and (name in self.defaults or name not in leaves.NAMED_CONSTANTS)
        )

    def named(self, name: str) -> Node:
        """The input of that name, or the node that a statement computes. Raises KeyError."""
        return self.inputs[name] if name in self.inputs else self.names[name]

    def cut(self, names: Collection[str]) -> Graph:
        """This typed graph with what the statements of those names compute as inputs."""
        result = Graph(is_typed=True, source=self.source, reader=self.reader)
        parts = {self.names[name].index: name for name in names}
        twin: list[Node] = []
        for node in self.nodes:
            is_part = node.index in parts
            twin.append(result.input(parts[node.index], node.shape, node.span) if is_part else result.copy(node, twin))
        result.names = {name: twin[node.index] for name, node in self.names.items() if name not in names}
        result.output = twin[self.result.index]
        return result

    def typed(self, given: Mapping[str, Shape]) -> Graph:
        """This graph for inputs of the `given` shapes, every other variable of its default's shape or a scalar.

        A free name such as `pi` becomes the constant unless it is given, a fixed one its value. Raises ExpressionError
        with both shapes and the operator's place where they do not fit, or are not those that the text was read for.
        """
        result = Graph(is_typed=True, source=self.source, reader=self.reader)
        for name, shape in self.assumed.items():
            default = self.defaults.get(name)
            actual = given.get(name, () if default is None else shapes.of(default))
            if actual != shape:
                raise ExpressionError(
                    f"{name} has shape {shapes.show(actual)}, and the text was read for shape {shapes.show(shape)}",
                    self.inputs[name].span if name in self.inputs else None,
                    "give the shapes to parse, too",
                    self.source,
                )
        twin: list[Node] = []
        for node in self.nodes:
            if node.gate is leaves.input:
                name = str(node.name)
                default = self.defaults.get(name)
                if name in self.fixed:
                    made = result.constant(default, name, node.span)
                elif default is None and name in leaves.NAMED_CONSTANTS and name not in given:
                    made = result.constant(leaves.NAMED_CONSTANTS[name], name, node.span)
                else:
                    made = result.input(name, given.get(name, () if default is None else shapes.of(default)), node.span)
            else:
                made = result.copy(node, twin)
            twin.append(made)
        result.defaults = {name: value for name, value in self.defaults.items() if name not in self.fixed}
        result.names = {name: twin[node.index] for name, node in self.names.items()}
        result.output = None if self.output is None else twin[self.output.index]
        result.relations = [one._replace(difference=twin[one.difference.index]) for one in self.relations]
        return result


def key_of_constant(value: float | Array, name: str | None) -> tuple[Any, ...]:
    if isinstance(value, float):
        if value != value:  # one nan of a graph that was pickled is not another
            return (leaves.constant, "nan", True, name)
        return (leaves.constant, value if value else math.copysign(1.0, value), bool(value), name)
    return (leaves.constant, value.tobytes(), value.shape, name)


@without_collection
def restored(
    is_typed: bool,
    source: str | None,
    reader: str,
    rows: Sequence[tuple[Gate, tuple[int, ...], tuple[Any, ...], Shape, Span | None]],
    names: Mapping[str, int],
    output: int | None,
    defaults: Mapping[str, Array],
    fixed: Collection[str],
    relations: Sequence[tuple[int, bool, Span | None]],
) -> Graph:
    """The graph that was pickled so, node by node and unchanged."""
    graph = Graph(is_typed=is_typed, source=source, reader=reader)
    for gate, inputs, attributes, shape, span in rows:
        key = key_of_constant(*attributes) if gate is leaves.constant else (gate, attributes, *inputs)
        if gate is leaves.input:
            key = (gate, *attributes)
        operands = tuple([graph.nodes[index] for index in inputs])
        node = graph._append(key, gate, operands, attributes, shape, span)
        if gate is leaves.input:
            graph.inputs[attributes[0]] = node
    graph.names = {name: graph.nodes[index] for name, index in names.items()}
    graph.output = None if output is None else graph.nodes[output]
    graph.defaults, graph.fixed = dict(defaults), set(fixed)
    graph.relations = [Relation(graph.nodes[index], is_equation, span) for index, is_equation, span in relations]
    return graph


def node_at(graph: Graph, index: int) -> Node:
    return graph.nodes[index]
