"""Where digits were lost at a point: each composition's numbers beside those of the gate that keeps them.

Whether a composition lost any depends on the point alone, so that it is computed both ways and compared.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any

from backprop.autodiff.declaration.gate import Hazard
from backprop.autodiff.declaration.table import METHODS
from backprop.autodiff.evaluation.binding import bind
from backprop.autodiff.evaluation.execution import evaluate, evaluate_numbers
from backprop.autodiff.evaluation.garbage import without_collection
from backprop.autodiff.evaluation.program import needed
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.passes.reverse import adjoints
from backprop.autodiff.shapes import Array

TOLERANCE = 1e-8  # relative: half of the digits
NUDGE = 2.0**-40  # relative, of the variables: a number that moves by as much as it is off was never sharper
NEGLIGIBLE = 1e-300  # below it doubles run out of digits by themselves
FAR = 1e-100  # beyond it and its inverse, squares and products leave the range of doubles
SWALLOWED = 1e-7  # relative: what is added to a number that much larger has lost as many digits
MOST_NODES = 500  # of an expression that is looked at: larger ones would take too long
MOST_ENTRIES = 100_000  # of its arrays together, the same
MOST_GRADIENTS = 20  # compositions whose gradients are compared


class Loss(NamedTuple):
    """A composition that lost digits: its `value` or, where that is sound, its gradient is wrong or not finite.

    `better` is the node that keeps them, of another graph; `is_fused`: the one that fusing makes. `right` is its
    value.
    """

    node: Node
    value: Array
    right: Array
    better: Node
    is_fused: bool
    is_gradient: bool


@without_collection
def losses(graph: Graph, values: Mapping[str, Any]) -> list[Loss]:
    """The compositions that lose digits at `values` and matter for the result, in topological order.

    Raises ExpressionError as `value_and_grad` does.
    """
    if len(graph.nodes) > MOST_NODES or not may_lose(graph):
        return []
    typed, arrays = bind(graph, values)
    if sum(math.prod(node.shape) for node in typed.nodes) > MOST_ENTRIES:
        return []
    if not is_suspicious(typed, arrays):
        return []
    from backprop.autodiff.passes.fusion import fused  # here, not above: most expressions do not need it
    from backprop.autodiff.passes.logarithms import ADVICE

    rewritten = fused(typed, advice=ADVICE)
    live = {*needed([typed.result])}
    better = {node: rewritten.twin[node.index] for node in rewritten.compositions if node in live}
    kept = {*needed([rewritten.graph.result])}
    pairs = [(node, twin) for node, twin in better.items() if twin in kept]
    if not pairs:
        return []
    with np.errstate(all="ignore"):
        nudged = {name: value * (1.0 + NUDGE) for name, value in arrays.items()}
    mine = evaluate([node for node, _ in pairs], arrays)
    right = evaluate([twin for _, twin in pairs], arrays)
    moved = evaluate([twin for _, twin in pairs], nudged)
    result: list[Loss] = []
    rest: list[tuple[Node, Node]] = []
    matters = _mattering(rewritten.graph, [twin for _, twin in pairs], arrays)
    for (node, twin), value, true, other in zip(pairs, mine, right, moved, strict=True):
        is_fused = node not in rewritten.advised
        if twin not in matters:
            continue
        if is_lost(value, true, other) and (is_fused or not np.any(np.isnan(value))):
            result.append(Loss(node, value, true, twin, is_fused, False))
        elif is_fused and np.all(np.isfinite(true)):
            rest.append((node, twin))
    for node, twin in rest[:MOST_GRADIENTS]:
        gradients = _gradients(node, twin, arrays, nudged)
        lost = next(((value, true) for value, true, other in gradients if is_lost(value, true, other)), None)
        if lost is not None:
            result.append(Loss(node, *lost, twin, True, True))
    return sorted(result, key=lambda loss: loss.node.index)


def may_lose(graph: Graph) -> bool:
    """Whether a composition may be in it: a quick look, for most expressions hold none."""
    hazards = {Hazard.MAGNIFIES if _is_root(node) else node.gate.hazard for node in graph.nodes}
    if Hazard.MAGNIFIES in hazards:
        return not hazards.isdisjoint((Hazard.ADDS, Hazard.SATURATES, Hazard.OVERFLOWS))
    return Hazard.ADDS in hazards and Hazard.SATURATES in hazards


def _is_root(node: Node) -> bool:
    return node.gate is METHODS["^"] and node.inputs[1].is_literal and node.inputs[1].value == 0.5


def is_suspicious(typed: Graph, arrays: Mapping[str, Array]) -> bool:
    """Whether a number on the way is one with which digits are lost: 0, far out, next to 1, or a sum that swallows."""
    nodes = needed([typed.result])
    value = dict(zip(nodes, evaluate_numbers(nodes, arrays), strict=True))
    are_floats = all([type(number) is float for number in value.values()])  # of Python's, of which nothing is warned
    with nullcontext() if are_floats else np.errstate(all="ignore"):
        for node in nodes:
            if not node.inputs:
                continue
            size = np.abs(value[node])
            if not np.all((size > FAR) & (size < 1.0 / FAR)):
                return True
            if node.gate.hazard is Hazard.SATURATES and np.any(np.abs(size - 1.0) < SWALLOWED):
                return True
            is_sum = node.gate.hazard is Hazard.ADDS and node.gate.has_local
            if is_sum and any(swallows(size, np.abs(value[operand])) for operand in node.inputs):
                return True
    return False


def swallows(total: Array, term: Array) -> bool:
    """Whether a sum or one of its terms is so much smaller than the other, both without their sign."""
    return bool(np.any(np.minimum(total, term) < SWALLOWED * np.maximum(total, term)))


def is_lost(value: Array, right: Array, moved: Array) -> bool:
    """Whether an entry of `value` is wrong by more than half of its digits, `moved` being `right` a nudge away."""
    with np.errstate(all="ignore"):
        error = np.abs(value - right)
        is_wrong = (error > np.maximum(TOLERANCE * np.abs(right), np.abs(moved - right))) & (error > NEGLIGIBLE)
        return bool(np.any(np.isfinite(right) & (~np.isfinite(value) | is_wrong)))


def _mattering(graph: Graph, nodes: Sequence[Node], arrays: Mapping[str, Array]) -> set[Node]:
    """The nodes on which the result depends at this point: not those in a branch that is not taken."""
    output = graph.result
    adjoint_of = adjoints(graph, output, graph.constant(np.ones(output.shape)), nodes).of
    reached = [node for node in nodes if node in adjoint_of]
    values = evaluate_numbers([adjoint_of[node] for node in reached], arrays)
    return {node for node, value in zip(reached, values, strict=True) if np.any(value != 0.0)}


def _gradients(
    node: Node, twin: Node, arrays: Mapping[str, Array], nudged: Mapping[str, Array]
) -> list[tuple[Array, Array, Array]]:
    """By each variable the gradient of the composition, of the gate in its place, and of that a nudge away."""
    sides = []
    for output in (node, twin):
        graph = output.graph
        inputs = [graph.inputs[name] for name in arrays]
        adjoint_of = adjoints(graph, output, graph.constant(np.ones(output.shape)), inputs).of
        sides.append(
            {name: adjoint_of[operand] for name, operand in zip(arrays, inputs, strict=True) if operand in adjoint_of}
        )
    names = [name for name in sides[0] if name in sides[1]]
    if not names:
        return []
    mine = evaluate([sides[0][name] for name in names], arrays)
    right = evaluate([sides[1][name] for name in names], arrays)
    moved = evaluate([sides[1][name] for name in names], nudged)
    return list(zip(mine, right, moved, strict=True))
