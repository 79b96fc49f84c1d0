"""The node table of `eval`: every node's value and gradient, and how the gradient came about."""

from __future__ import annotations

from collections import ChainMap

from backprop.autodiff import shapes
from backprop.autodiff.declaration import leaves
from backprop.autodiff.derivatives.trace import Step, Trace, TracedContribution
from backprop.autodiff.graph import Node
from backprop.autodiff.passes.side_means import counts_sides
from backprop.autodiff.shapes import Array
from backprop.cli.output.report import ROWS, Column, Report, Row, Rows, Sum, Term
from backprop.cli.reports.formula import formula
from backprop.cli.reports.nonfinite import nonfinite_entries
from backprop.parser.printers.expression import show

VALUE = Column("value", style="green", is_number=True)
OUTPUT = "f"  # the label of an output that is a mere number
FOLDED = Column("expression", folds=True), Column("how", folds=True, stacks=True)


class NodeTable:
    """Makes the rows of one trace. `derivative` is what the last number is called: gradient or tangent."""

    def __init__(self, trace: Trace, derivative: str) -> None:
        self.trace = trace
        self.derivative = derivative
        self.is_forward = derivative == "tangent"

    def row(self, step: Step) -> Row:
        node = step.node
        return (
            self.trace.labels.get(node, OUTPUT),
            node.gate.name,
            show(node, self.trace.labels),
            step.value,
            step.gradient,
            self.how(step),
        )

    def how(self, step: Step) -> str | Sum:
        """The chain rule at a node: one term for each share of its gradient."""
        if step.shares:
            if counts_sides(
                self.trace.derivatives.get(step.node), step.gradient, [share.value for share in step.shares]
            ):
                return "both sides of a kink"
            return Sum([self.term(share) for share in self.in_order(step)])
        if step.gradient is None:
            return "constant" if step.node.is_constant else "not asked for"
        if self.is_seed(step.node):
            return "seed"
        return "fixed" if self.is_forward and step.node.gate is leaves.input else "unused"

    @staticmethod
    def in_order(step: Step) -> list[TracedContribution]:
        return sorted(step.shares, key=lambda share: (share.user.index, share.position))

    def is_seed(self, node: Node) -> bool:
        if self.is_forward:
            return node.name in self.trace.gradients
        return node is self.trace.output

    def term(self, share: TracedContribution) -> Term:
        """Upstream times local with their numbers; for arrays, and gates without a local gradient, the formula."""
        via = self.via(share)
        if not share.is_taken:
            return (f"not taken{via}",)
        local = self.factor(share)
        if local is not None:
            return (float(share.upstream), "*", float(local), via)
        return (self.formula(share), via)

    def via(self, share: TracedContribution) -> str:
        return f" via {self.trace.labels[share.user]}"

    @staticmethod
    def factor(share: TracedContribution) -> Array | None:
        """The local gradient of a share that is the product of two numbers."""
        is_number = share.local is not None and not any(map(shapes.of, (share.upstream, share.local, share.value)))
        return share.local if is_number else None

    def formula(self, share: TracedContribution) -> str:
        """The share as an expression of the nodes' labels, the upstream derivative of q being dq."""
        upstream = self.trace.derivatives.get(share.user)
        own: dict[Node, str] = {}
        if upstream is not None and not upstream.is_literal:  # a number may stand there for others, too
            own[upstream] = f"d{self.trace.labels[share.user]}"
        labels = ChainMap(own, self.trace.labels)
        return formula(share.formula, labels)


def node_report(trace: Trace, text: str, derivative: str) -> Report:
    """The table of every node, inputs first; as JSON with the output's value and the gradients asked for."""
    ordered = sorted(trace.steps, key=lambda step: step.node.gate is not leaves.input)
    if trace.output.is_constant:
        ordered.append(Step(trace.output, trace.value, None, ()))
    table = NodeTable(trace, derivative)
    data = {
        "command": "eval",
        "expression": text,
        "value": trace.value,
        derivative: trace.gradients,
        "nodes": ROWS,
        "nonfinite": nonfinite_entries(trace, derivative),
    }
    return Report(
        title=title(trace, text),
        columns=(
            Column("node"),
            Column("gate"),
            FOLDED[0],
            VALUE,
            Column(derivative, style="red", is_number=True),
            FOLDED[1],
        ),
        rows=Rows(ordered, table.row),
        data=data,
        plain=[trace.value],
    )


def title(trace: Trace, text: str) -> str:
    """`f = (x+y)*z`; several statements as they stand; of a text of many lines only the output's label."""
    label, line = trace.labels.get(trace.output, OUTPUT), text.strip()
    if len(line.splitlines()) > 1:
        return label
    return line if trace.graph.names or ";" in line else f"{label} = {line}"
