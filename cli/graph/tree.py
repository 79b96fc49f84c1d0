"""The circuit as a tree in the terminal, the output at its root. Knows rich's trees, no gate.

A node used several times is printed once and marked where it comes again. Chains deeper than a screen is wide go on
at the margin, so that a line stays short and rich never sees a deep tree.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TextIO

from rich.text import Text
from rich.tree import Tree

from backprop.cli.graph.circuit import Circuit, Element, ElementKind
from backprop.cli.graph.value_lines import line_of
from backprop.cli.output.numbers import Writer, rounded, times
from backprop.cli.output.output import Look
from backprop.cli.output.table import console_for, printed
from backprop.parser.printers.expression import show
from backprop.parser.visible import brief, visible

DEEPEST = 16  # levels of one tree; what is deeper is a tree of its own
LONGEST = 200  # characters of an expression


def write(circuit: Circuit, stream: TextIO, look: Look) -> None:
    """The tree of the output and, below it, what goes on at the margin or is not part of the output."""
    console = console_for(look, 0)
    if circuit.title:
        stream.write(printed(console, Text(circuit.title, style="bold", overflow="fold")))
    for tree in _Forest(circuit, rounded(look.digits)).trees():
        stream.write(printed(console, tree))


class _Forest:
    """One run: which elements have been printed, and which trees are still to come."""

    def __init__(self, circuit: Circuit, number: Writer) -> None:
        self.circuit = circuit
        self.number = number
        self.printed: set[int] = set()
        self.operands: dict[int, list[int]] = {}
        for wire in circuit.wires:
            if circuit.elements[wire.tail].kind is not ElementKind.CONSTANT:
                self.operands.setdefault(wire.head, []).append(wire.tail)

    def trees(self) -> Iterator[Tree]:
        """The output's tree, those that it leaves for later, and those of results that it does not need."""
        unused = [element.number for element in reversed(self.circuit.elements) if not element.uses]
        waiting = deque(dict.fromkeys([self.circuit.output, *unused]))
        while waiting:
            root = waiting.popleft()
            if root not in self.printed:
                yield self.tree(root, waiting)

    def tree(self, root: int, waiting: deque[int]) -> Tree:
        """An element with its operands below it. What lies too deep is put first of those that wait."""
        top = self.node(root)
        deeper: list[int] = []
        stack = [(top, operand, 1) for operand in reversed(self.below(root))]
        while stack:
            parent, number, depth = stack.pop()
            if number in self.printed:
                parent.add(self.reference(number, "above"))
            elif depth > DEEPEST and self.operands.get(number):
                parent.add(self.reference(number, "below"))
                deeper.append(number)
            else:
                node = self.node(number)
                parent.children.append(node)
                stack += [(node, operand, depth + 1) for operand in reversed(self.below(number))]
        waiting.extendleft(reversed(deeper))
        return top

    def below(self, number: int) -> list[int]:
        return list(dict.fromkeys(self.operands.get(number, ())))

    def node(self, number: int) -> Tree:
        self.printed.add(number)
        return Tree(self.line(self.circuit.elements[number]), guide_style="dim")

    def line(self, element: Element) -> Text:
        """`f = n1 * z  value -12  gradient 1`."""
        name = self.circuit.labels.get(element.node, element.label)
        expression = brief(visible(show(element.node, self.circuit.labels)), LONGEST)
        line = Text(name if element.kind is ElementKind.INPUT else f"{name} = {expression}")
        line.append("  value ").append(line_of(element.value, self.number), "green")
        if element.derivative is not None:
            line.append(f"  {self.circuit.derivative} ").append(line_of(element.derivative, self.number), "red")
        if element.uses > 1 and element.kind is not ElementKind.CONSTANT:
            line.append(f"  (used {times(element.uses)})", "dim")
        return line

    def reference(self, number: int, where: str) -> Text:
        return Text(self.circuit.labels[self.circuit.elements[number].node]).append(f"  ({where})", "dim")
