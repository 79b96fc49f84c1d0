"""Which way a matrix of derivatives is computed: of numbers as one program, of arrays jointly or by few sweeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from backprop.autodiff.derivatives.number_matrix import gradient_of_number, tangents_of_numbers
from backprop.autodiff.derivatives.sweeps import Matrix, by_forward, by_reverse, size
from backprop.autodiff.graph import Node
from backprop.autodiff.shapes import Array

LONG = 100  # entries of an array, from which looking for zeros is worth its time


class MatrixComputation(Protocol):
    """A way to compute a matrix, of about `size` instructions."""

    @property
    def size(self) -> int: ...

    def compute(self, values: Mapping[str, Array]) -> Matrix: ...


def way_to_jacobian(output: Node, inputs: Sequence[Node]) -> MatrixComputation:
    """By rows or by columns, whichever are fewer."""
    if (numbers := gradient_of_number(output, inputs)) is not None:
        return numbers
    is_wide = size(output) <= sum(map(size, inputs))
    if are_of_arrays([output], inputs) and is_smooth(output):
        # here, not above: numbers do without
        from backprop.autodiff.derivatives.joint_sweep import jointly_by_forward, jointly_by_reverse

        if are_long([output], inputs):
            from backprop.autodiff.derivatives.mostly_zeros import spread_jacobian

            if (spread := spread_jacobian(output, inputs)) is not None:
                return spread
        return jointly_by_reverse(output, inputs) if is_wide else jointly_by_forward([output], inputs)
    return by_reverse(output, inputs) if is_wide else by_forward([output], inputs)


def way_to_hessian(output: Node, slopes: Sequence[Node], inputs: Sequence[Node]) -> MatrixComputation:
    """Forward over reverse; `slopes` are the gradients of the output by the inputs."""
    if (numbers := tangents_of_numbers(slopes, inputs)) is not None:
        return numbers
    if are_of_arrays(slopes, inputs) and is_smooth(output):
        from backprop.autodiff.derivatives.joint_sweep import jointly_by_forward

        if are_long(slopes, inputs):
            from backprop.autodiff.derivatives.mostly_zeros import spread_hessian

            if (spread := spread_hessian(output, slopes, inputs)) is not None:
                return spread
        return jointly_by_forward(slopes, inputs)
    return by_forward(slopes, inputs)


def are_of_arrays(outputs: Sequence[Node], inputs: Sequence[Node]) -> bool:
    """Whether both have more entries than names. Of numbers one by one a sweep runs only what they move."""
    return all([sum(map(size, nodes)) > len(nodes) > 0 for nodes in (outputs, inputs)])


def are_long(outputs: Sequence[Node], inputs: Sequence[Node]) -> bool:
    return all([sum(map(size, nodes)) >= LONG for nodes in (outputs, inputs)])


def is_smooth(node: Node) -> bool:
    """Whether no kink is in the graph: where one has sides, each direction by itself has its own."""
    return not any([part.gate.has_kink or part.gate.has_sides or part.gate.is_informed for part in node.graph.nodes])
