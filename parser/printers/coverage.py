"""What each language of code has of each gate: its own function, code in its place, or nothing. Writes no code."""

from __future__ import annotations

from functools import cache

import numpy as np

from backprop.autodiff.declaration import leaves
from backprop.autodiff.declaration.gate import Gate
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.evaluation.program import needed
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.passes.reverse import gradients
from backprop.parser.printers.code import CodeWriter
from backprop.parser.printers.language import Language
from backprop.parser.printers.longhand import in_public_gates
from backprop.parser.printers.scalars import in_scalars

OWN, WRITTEN, MISSING = "own", "written", "no"


def ways(language: Language, gates: list[Gate]) -> list[str]:
    """How the language computes each gate and its gradient, those of arrays with the shapes of their first sample."""
    writer = CodeWriter(language)
    lacks = language.lacks or (lambda node: False)

    @cache
    def has(gate: Gate) -> bool:
        return writer.has_call(gate) or (writer.kernel_of(gate) is not None and all(map(has, within(gate, writer))))

    def way(gate: Gate) -> str:
        nodes = written(gate, writer)
        if nodes is None or not all(has(node.gate) and not lacks(node) for node in nodes if not is_leaf(node)):
            return MISSING
        return OWN if writer.has_own(gate) else WRITTEN

    return [way(gate) for gate in gates]


def is_leaf(node: Node) -> bool:
    return node.gate is leaves.input or node.is_constant


def written(gate: Gate, writer: CodeWriter) -> list[Node] | None:
    """The nodes of which the value and the gradient of the gate's first sample are made in the language, or None."""
    if gate.has_inside:
        return None
    results = list(sample_of(gate, writer.has_arrays))
    try:
        return needed(writer.spellable(results)) if results else None
    except ExpressionError:
        return None


@cache
def sample_of(gate: Gate, has_arrays: bool) -> tuple[Node, ...]:
    """The value and the gradient at the first sample, of their entries where there are no arrays; nothing if none."""
    sample = gate.samples[0]
    graph = Graph(is_typed=True)
    inputs = [graph.input(f"x{place}", np.shape(operand)) for place, operand in enumerate(sample.operands)]
    value = graph.add(gate, tuple(inputs), gate.settings(sample.attributes))
    results = [value, *gradients(value, inputs, graph.constant(np.ones(value.shape)))]
    if has_arrays:
        return tuple(results)
    try:
        return tuple(in_scalars(in_public_gates(results, lambda gate: gate.by_entries is not None)))
    except ExpressionError:
        return ()


def within(gate: Gate, writer: CodeWriter) -> list[Gate]:
    """The gates of a kernel, as the language has it."""
    kernel = writer.kernel_of(gate)
    assert kernel is not None
    graph = Graph(is_typed=True)
    settings = zip(gate.attributes, gate.settings(gate.samples[0].attributes), strict=True)
    result = kernel(*[graph.input(operand) for operand in gate.operands], **dict(settings))
    return [node.gate for node in needed(writer.spellable([result])) if not is_leaf(node)]
