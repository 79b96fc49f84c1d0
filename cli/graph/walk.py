"""The walk through both passes, as data for a page: its steps, what each says, and which numbers it makes known.

The sentences are those of `backprop explain`; the numbers in them are quantities, so that the page can set them anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from backprop.autodiff.declaration.table import METHODS
from backprop.autodiff.derivatives.trace import Trace, TracedContribution
from backprop.autodiff.graph import Node
from backprop.autodiff.shapes import Array
from backprop.cli.explain.notations import Code, Line, Quantity
from backprop.cli.explain.sentences import PART, forward_line, step_blocks
from backprop.cli.explain.steps import Explanation, ReverseStep, Term, explain_trace
from backprop.cli.graph.circuit import Circuit, ElementKind, shares_of
from backprop.cli.graph.quantities import Quantities
from backprop.cli.graph.svg import Marks
from backprop.cli.output.numbers import rounded, summary
from backprop.cli.reports.nodes import NodeTable


class Walk:
    """The steps of one trace: step 0 shows everything, then come the forward and the reverse pass."""

    def __init__(self, trace: Trace, circuit: Circuit, text: str, quantities: Quantities, digits: int) -> None:
        self.trace = trace
        self.quantities = quantities
        self.digits = digits
        self.explanation = explain_trace(trace, text, is_live=True, language=circuit.language)
        self.number = {
            element.node: element.number for element in circuit.elements if element.kind is not ElementKind.REPEAT
        }
        self.contributions = shares_of(trace, "gradient")
        self.value_step: dict[Node, int] = {}
        self.visit: dict[Node, int] = {}
        self.steps: list[dict[str, Any]] = []
        self.forward()
        self.reverse()
        self.how = self.terms()

    def forward(self) -> None:
        """All inputs at once, then gate by gate."""
        inputs = [step for step in self.explanation.forward if step.is_input]
        gates = [step for step in self.explanation.forward if not step.is_input]
        for together in [inputs, *([step] for step in gates)]:
            if together:
                lines = [
                    {"kind": "item", "pieces": self.pieces(forward_line(self.explanation, step))} for step in together
                ]
                self.value_step.update((step.node, len(self.steps) + 1) for step in together)
                self.add("forward", [step.node for step in together], lines)

    def reverse(self) -> None:
        for step in self.explanation.steps:
            lines = self.lines(self.explanation, step)
            if lines:
                self.visit[step.node] = len(self.steps) + 1
                self.add("reverse", [step.node], lines)

    def add(self, phase: str, nodes: Sequence[Node], lines: list[dict[str, Any]]) -> None:
        elements = [self.number[node] for node in nodes if node in self.number]
        self.steps.append({"phase": phase, "elements": elements, "lines": lines})

    def lines(self, explanation: Explanation, step: ReverseStep) -> list[dict[str, Any]]:
        """What the pass does at a node. Which branch is taken may change with the inputs: then both sentences."""
        taken = step._replace(parts=tuple([self.taken(step, part) for part in step.parts]))
        other = step._replace(parts=tuple([part._replace(is_taken=False) for part in step.parts]))
        parts = iter(step.parts)
        lines = []
        for block, otherwise in zip(step_blocks(explanation, taken), step_blocks(explanation, other), strict=True):
            line: dict[str, Any] = {"kind": block.kind, "pieces": self.pieces(block.line)}
            part = next(parts, None) if block.kind == PART else None
            test = self.test(step.node.inputs[part.position], step.node, part.position) if part else None
            if test is not None:
                line |= {"test": self.quantities.of(test), "otherwise": self.pieces(otherwise.line)}
            lines.append(line)
        return lines

    def taken(self, step: ReverseStep, part: Term) -> Term:
        """The part as it is where its branch is taken."""
        if part.is_taken:
            return part
        is_product = part.local is not None and not step.node.shape
        pulled = self.explanation.symbols.share(step.node, part.position, part.local_rule, is_product=is_product)
        return part._replace(is_taken=True, is_product=is_product, share=pulled)

    def pieces(self, line: Line) -> list[dict[str, Any]]:
        """A line as data: prose, code, and numbers by their quantity."""
        pieces: list[dict[str, Any]] = []
        for piece in line:
            if isinstance(piece, Quantity):
                number: dict[str, Any] = {"kind": piece.kind, "text": summary(piece.value, rounded(self.digits))}
                if piece.node is not None:
                    number["quantity"] = self.quantities.of(piece.node)
                if piece.is_tight:
                    number["tight"] = True
                pieces.append(number)
            elif isinstance(piece, Code):
                pieces.append({"kind": "code", "text": piece.text})
            elif piece:
                pieces.append({"kind": "prose", "text": piece})
        return pieces

    def terms(self) -> dict[int, list[dict[str, Any]]]:
        """The chain rule at each element, as `eval` says it: one term for each share of its gradient."""
        table = NodeTable(self.trace, "gradient")
        terms: dict[int, list[dict[str, Any]]] = {}
        for step in self.trace.steps:
            said = table.how(step)
            shares = [] if isinstance(said, str) else table.in_order(step)
            words = [{"pieces": self.pieces(self.explanation.say(said))}] if isinstance(said, str) else []
            terms[self.number[step.node]] = [*words, *[self.term(table, share) for share in shares]]
        return terms

    def term(self, table: NodeTable, share: TracedContribution) -> dict[str, Any]:
        """A share, and what is said of it where its branch is not taken."""
        factor = table.factor(share)
        via = self.explanation.say(" via {0}", self.trace.labels[share.user])
        line: Line = (Code(table.formula(share)), *via)
        if factor is not None:
            upstream = Quantity(self.trace.derivatives.get(share.user), share.upstream, "gradient")
            line = (upstream, "*", Quantity(share.local_gradient, factor, "local"), *via)
        term: dict[str, Any] = {"pieces": self.pieces(line)}
        test = self.test_of(share)
        if test is not None:
            term |= {
                "test": self.quantities.of(test),
                "otherwise": self.pieces((*self.explanation.say("not taken"), *via)),
            }
        return term

    def settle(self) -> None:
        """Leave of two sentences the one that holds at this point: nothing is computed anew."""
        values = self.quantities.values()
        for step in self.steps:
            step["lines"] = [settled(line, values) for line in step["lines"]]
        self.how = {element: [settled(term, values) for term in terms] for element, terms in self.how.items()}

    def marks(self, circuit: Circuit) -> dict[int, Marks]:
        """For each element with numbers on its wire its quantities, and the steps that make them known."""
        marks = {}
        last_user: dict[Node, int] = {}
        of_repeats: dict[int, tuple[Node | None, int]] = {}
        for wire, ends in zip(circuit.wires, self.ends(circuit), strict=True):
            visit = self.visit.get(ends[1], 0)
            last_user[ends[0]] = max(last_user.get(ends[0], 0), visit)
            if circuit.elements[wire.tail].kind is ElementKind.REPEAT:
                share = self.contributions.get(ends)
                of_repeats[wire.tail] = (share.formula if share else None), visit
        for element in circuit.elements:
            node = element.node
            derivative, used = self.trace.derivatives.get(node), last_user.get(node, 0)
            if element.number in of_repeats:
                derivative, used = of_repeats[element.number]
            if derivative is None and element.derivative is not None:
                derivative = self.trace.graph.constant(element.derivative)  # nothing reaches it: zeros
            gradient = None if derivative is None else self.quantities.of(derivative)
            seed_step = self.visit.get(node, 0) if node is self.trace.output else 0
            step = max(seed_step, used) or len(self.steps)
            known = self.value_step.get(node, 0)
            is_unnamed = element.kind is ElementKind.GATE and not element.label
            name = self.trace.labels.get(node, "") if is_unnamed else ""
            marks[element.number] = Marks(self.quantities.of(node), gradient, known, step, name)
        return marks

    def shares(self, circuit: Circuit) -> dict[int, tuple[int, int]]:
        """For each wire that has a share of its own, by its place: the quantity and the step that makes it known."""
        shares = {}
        for index, (wire, ends) in enumerate(zip(circuit.wires, self.ends(circuit), strict=True)):
            if wire.share is not None:
                contribution = self.contributions.get(ends)
                formula = contribution.formula if contribution else self.trace.graph.constant(wire.share)
                shares[index] = self.quantities.of(formula), self.visit.get(ends[1], len(self.steps))
        return shares

    def wire_tests(self, circuit: Circuit) -> dict[int, int]:
        """For each wire of a branch, by its place, the quantity that is 0 where the branch is not taken."""
        tests = [self.test(*ends) for ends in self.ends(circuit)]
        return {index: self.quantities.of(test) for index, test in enumerate(tests) if test is not None}

    def test(self, operand: Node, gate: Node, position: int) -> Node | None:
        """The node that is 0 where the operand gets nothing of the gate's gradient; None where it always does."""
        contribution = self.contributions.get((operand, gate, position))
        return self.test_of(contribution) if contribution else None

    def test_of(self, share: TracedContribution) -> Node | None:
        """What is 0 where the share is said not to be taken: one of its own shows the product as long as that holds."""
        upstream, local, test = self.trace.derivatives.get(share.user), share.local_gradient, share.test
        if test is None or upstream is None or local is None or not share.is_own:
            return test
        is_entrywise = upstream.shape == local.shape == share.formula.shape == test.shape
        return METHODS["or"](test, METHODS["=="](upstream * local, share.formula)) if is_entrywise else test

    def ends(self, circuit: Circuit) -> list[tuple[Node, Node, int]]:
        """Each wire's operand, gate, and the operand's position."""
        ends = []
        position: dict[int, int] = {}
        for wire in circuit.wires:
            operand = position[wire.head] = position.get(wire.head, -1) + 1
            ends.append((circuit.elements[wire.tail].node, circuit.elements[wire.head].node, operand))
        return ends


def settled(line: dict[str, Any], values: Sequence[Array]) -> dict[str, Any]:
    holds = "test" not in line or bool(np.any(values[line["test"]]))
    rest = {name: what for name, what in line.items() if name not in ("test", "otherwise")}
    return rest if holds else {**rest, "pieces": line["otherwise"]}
