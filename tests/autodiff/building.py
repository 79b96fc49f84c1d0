"""Graphs written in Python: gate by gate and unsimplified, as the parser adds them, each node with a span of its own.

Knows how to write and how to run a graph; compares nothing.
"""

from __future__ import annotations

import numpy as np

from backprop.autodiff import Graph, Node, Span, value_and_grad
from backprop.autodiff.declaration.gate import Gate
from backprop.autodiff.evaluation.binding import bind
from backprop.autodiff.evaluation.execution import evaluate, run
from backprop.autodiff.evaluation.garbage import without_collection
from backprop.autodiff.evaluation.program import lower
from backprop.autodiff.gates import FUNCTIONS, OPERATORS
from backprop.autodiff.passes.forward import tangents
from backprop.autodiff.passes.reverse import adjoints


class Written:
    """A node with the language's operators."""

    __array_ufunc__ = None  # a NumPy number on the left hands over to the reflected operator

    def __init__(self, node: Node) -> None:
        self.node = node

    @property
    def span(self) -> Span | None:
        return self.node.span

    def __add__(self, other):
        return call("+", self, other)

    def __radd__(self, other):
        return call("+", other, self)

    def __sub__(self, other):
        return call("-", self, other)

    def __rsub__(self, other):
        return call("-", other, self)

    def __mul__(self, other):
        return call("*", self, other)

    def __rmul__(self, other):
        return call("*", other, self)

    def __truediv__(self, other):
        return call("/", self, other)

    def __rtruediv__(self, other):
        return call("/", other, self)

    def __pow__(self, other):
        return call("^", self, other)

    def __rpow__(self, other):
        return call("^", other, self)

    def __mod__(self, other):
        return call("%", self, other)

    def __matmul__(self, other):
        return call("@", self, other)

    def __neg__(self):
        return call("negative", self)

    def __gt__(self, other):
        return call(">", self, other)

    def __ge__(self, other):
        return call(">=", self, other)

    def __lt__(self, other):
        return call("<", self, other)

    def __getitem__(self, index):
        return call("index", self, index=index if isinstance(index, tuple) else (index,))


def gate_of(name: str | Gate, count: int) -> Gate:
    """The gate that a name of the language means for so many operands."""
    if isinstance(name, Gate):
        return name
    if name in OPERATORS:
        return OPERATORS[name]
    return next(
        gate
        for gate in FUNCTIONS[name]
        if gate.least_operands <= count and (gate.most_operands is None or count <= gate.most_operands)
    )


def call(name: str | Gate, *operands, **attributes) -> Written:
    """The gate of these operands, numbers among them becoming constants; settings left out have their defaults."""
    gate = gate_of(name, len(operands))
    graph = next(one.node.graph for one in operands if isinstance(one, Written))
    nodes = [one.node if isinstance(one, Written) else graph.constant(one) for one in operands]
    nodes += [graph.constant(gate.defaults[rest]) for rest in gate.operands[len(nodes) :] if rest in gate.defaults]
    settings = tuple(attributes.get(key, one.default) for key, one in gate.attributes.items())
    place = len(graph.nodes)
    return Written(graph.add(gate, tuple(nodes), settings, Span(place, place + 1)))


def assign(name: str, value: Written) -> Written:
    """The statement `name = value`."""
    value.node.graph.names[name] = value.node
    return value


@without_collection
def expression(write, *names: str) -> Graph:
    """The untyped graph of `write`, a function of the inputs that `names` gives."""
    graph = Graph(is_typed=False)
    inputs = [Written(graph.input(name, (), Span(place, place + 1))) for place, name in enumerate(names)]
    output = write(*inputs)
    graph.output = output.node if isinstance(output, Written) else graph.constant(output)
    return graph


def single(gate: Gate, count: int, attributes=None) -> Graph:
    """The graph of one gate applied to `count` inputs x0, x1 …"""
    names = [f"x{place}" for place in range(count)]
    graph = expression(lambda *inputs: call(gate, *inputs, **(attributes or {})) if inputs else 0.0, *names)
    if not count:
        graph.output = graph.add(gate, (), tuple(dict(attributes or {}).get(key) for key in gate.attributes))
    return graph


def value_and_gradients(graph: Graph, operands, upstream=None):
    """Reverse mode: the value and one gradient for each input, in the inputs' order."""
    value, gradient = value_and_grad(graph, dict(zip(graph.inputs, operands, strict=True)), upstream=upstream)
    return value, list(gradient.values())


def value_of(graph: Graph, operands):
    typed, arrays = bind(graph, dict(zip(graph.inputs, operands, strict=True)))
    return evaluate([typed.result], arrays)[0]


def typed_for(graph: Graph, operands) -> Graph:
    """The typed graph for operands of these shapes."""
    typed, _ = bind(graph, dict(zip(graph.inputs, operands, strict=True)))
    return typed


def compiled(graph: Graph, operands, upstream=None):
    """Two functions of operands of these shapes, to be called often: the value, and the list of the gradients."""
    typed = typed_for(graph, operands)
    seed = np.ones(typed.result.shape) if upstream is None else upstream
    return as_function_of_value(typed), as_function(typed, first_derivatives(typed, seed))


def as_function_of_value(typed: Graph):
    program = lower([typed.result])
    return lambda operands: run(program, arrays(typed, operands))[0]


def as_function(typed: Graph, found):
    """The list of what these nodes compute, zeros where there is no node, one for each input."""
    inputs = typed.inputs.values()
    program = lower([node or one.zeros for node, one in zip(found, inputs, strict=True)])
    return lambda operands: run(program, arrays(typed, operands))


def first_derivatives(typed: Graph, upstream):
    """The gradient's node for each input, or None."""
    inputs = list(typed.inputs.values())
    found = adjoints(typed, typed.result, typed.constant(upstream), inputs).of
    return [found.get(node) for node in inputs]


def arrays(typed: Graph, operands):
    return {name: np.asarray(one, dtype=float)[()] for name, one in zip(typed.inputs, operands, strict=True)}


def tangent_of(graph: Graph, operands, directions):
    """Forward mode: the output's tangent along one direction for each input; None stands for no direction at all."""
    return compiled_tangent(typed_for(graph, operands), directions)(operands)


@without_collection
def compiled_tangent(typed: Graph, directions):
    """The same as a function, to be called often."""
    seeds = {
        node: typed.constant(direction)
        for node, direction in zip(typed.inputs.values(), directions, strict=True)
        if direction is not None
    }
    found = tangents(typed, [typed.result], seeds).get(typed.result)
    if found is None:
        return lambda operands: np.zeros(typed.result.shape)[()]
    program = lower([found])
    return lambda operands: run(program, arrays(typed, operands))[0]


def gradients_twice(graph: Graph, operands, upstream, weights):
    """The gradient of <weights, gradient>: the reverse pass run on the reverse pass, one result for each input.

    A weight None leaves that gradient out; 0 would not where it is inf.
    """
    typed = typed_for(graph, operands)
    return as_function(typed, by_reverse(typed, first_derivatives(typed, upstream), weights))(operands)


def by_reverse(typed: Graph, first, weights):
    """The nodes of the gradient of <weights, first>."""
    inputs = list(typed.inputs.values())
    total = typed.constant(0.0)
    for gradient, weight in zip(first, weights, strict=True):
        if gradient is not None and weight is not None:
            total = total + (gradient * typed.constant(weight)).sum()
    second = adjoints(typed, total, typed.constant(1.0), inputs).of
    return [second.get(node) for node in inputs]


def second_by_forward_over_reverse(graph: Graph, operands, upstream, directions):
    """The tangent, along `directions` (None: no direction), of the gradient that the reverse pass found."""
    typed = typed_for(graph, operands)
    return as_function(typed, by_forward(typed, first_derivatives(typed, upstream), directions))(operands)


def by_forward(typed: Graph, first, directions):
    """The nodes of the tangents of `first` along the directions."""
    inputs = typed.inputs.values()
    seeds = {node: typed.constant(one) for node, one in zip(inputs, directions, strict=True) if one is not None}
    return [None if one is None else tangents(typed, [one], seeds).get(one) for one in first]


def compiled_twice_and_mixed(typed: Graph, first, weights, directions):
    """gradients_twice and second_by_forward_over_reverse as one function, which computes once what they share."""
    inputs = list(typed.inputs.values())
    found = [*by_reverse(typed, first, weights), *by_forward(typed, first, directions)]
    program = lower([node or one.zeros for node, one in zip(found, inputs * 2, strict=True)])

    def both(operands):
        results = run(program, arrays(typed, operands))
        return results[: len(inputs)], results[len(inputs) :]

    return both
