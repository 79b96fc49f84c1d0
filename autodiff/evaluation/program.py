"""Lowering: the nodes that some results need, as a flat list of instructions over reused slots.

Knows no numbers but the constants; execution.py runs the list.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Any

from backprop.autodiff.declaration import leaves
from backprop.autodiff.evaluation.needs import given_name as given_name
from backprop.autodiff.evaluation.needs import needed as needed
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.shapes import Array, is_large


class Instruction(NamedTuple):
    """`slots[output] = function(*slots[inputs])`."""

    function: Callable[..., Any]
    inputs: tuple[int, ...]
    output: int


class Program(NamedTuple):
    """What to run for some results: `results` are the slots they are left in, in the order they were asked for."""

    instructions: tuple[Instruction, ...]
    slots: int
    constants: tuple[tuple[int, float | Array], ...]
    inputs: tuple[tuple[int, str], ...]
    results: tuple[int, ...]


def array_function(node: Node) -> Callable[..., Any]:
    """NumPy's function that computes a node."""
    return partial(node.gate.forward, **node.settings) if node.attributes else node.gate.forward


def lower(
    results: Sequence[Node],
    given: Collection[Node] = (),
    function_of: Callable[[Node], Callable[..., Any]] = array_function,
    number: Callable[[float], float] = np.float64,
) -> Program:
    """The program for the values of `results`, nodes of one typed graph. A slot is free after its last use.

    The values of `given` nodes are not computed: they are inputs of the program, by `given_name`. `function_of` says
    by what each other node is computed, `number` makes the numbers of it that it takes.
    """
    if not results:
        return Program((), 0, (), (), ())
    nodes = needed(results, given, is_read=True)
    if any([node.shape and is_large(node.shape) for node in nodes]):
        from backprop.autodiff.evaluation.blocked_program import in_blocks  # here, not above: most arrays are small

        results, given = in_blocks(results, nodes, given), ()
        nodes = needed(results, is_read=True)
    last_use = {operand: node.index for node in nodes if node not in given for operand in node.reads}
    kept = set(results)
    slot: dict[Node, int] = {}
    free: list[int] = []
    count = 0
    instructions, constants, inputs = [], [], []
    for node in nodes:
        if node in given:
            slot[node], count = count, count + 1
            inputs.append((slot[node], given_name(node)))
            continue
        reads, index = node.reads, node.index
        operands = tuple([slot[operand] for operand in reads])
        for operand in reads if len(reads) < 2 else dict.fromkeys(reads):
            if last_use[operand] == index and operand not in kept:
                free.append(slot[operand])
        if free and node.inputs:
            output = free.pop()
        else:
            output, count = count, count + 1
        slot[node] = output
        if node.gate is leaves.constant:
            constants.append((output, node.value if node.shape else number(node.value)))
        elif node.gate is leaves.input:
            inputs.append((output, str(node.name)))
        else:
            instructions.append(Instruction(function_of(node), operands, output))
    return Program(tuple(instructions), count, tuple(constants), tuple(inputs), tuple([slot[node] for node in results]))


def dependents(graph: Graph, output: Node, wanted: Collection[Node]) -> list[bool]:
    """For each node up to the output, by index: whether it is one of `wanted` or depends on one of them."""
    active = [False] * (output.index + 1)
    for node in wanted:
        if node.index <= output.index:
            active[node.index] = True
    for node in graph.nodes[: output.index + 1]:
        if not active[node.index]:
            for operand in node.inputs:
                if active[operand.index]:
                    active[node.index] = True
                    break
    return active
