"""An explanation as plain data: the steps of a trace with their formulas and numbers. Knows no format and no gate.

Every number is the value of a node that the passes made, every formula comes from the gates' declarations, and every
habit is the declaration's, so that the steps cannot disagree with the result. sentences.py says them in sentences.
"""

from __future__ import annotations

import numpy as np

from backprop.autodiff.declaration import leaves
from backprop.autodiff.derivatives.trace import Birth, Step, Trace, TracedContribution
from backprop.autodiff.evaluation.garbage import without_collection
from backprop.autodiff.graph import Node
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.shapes import Array
from backprop.cli.explain.formulas import Formula, Symbols
from backprop.cli.reports.functions import habit
from backprop.cli.reports.nodes import title


class TermNodes(NamedTuple):
    """The nodes of the trace's graph whose values a part's numbers are; `local` is None where the part has none."""

    upstream: Node
    local: Node | None
    value: Node


class Term(NamedTuple):
    """One term of the chain rule: `value` is `upstream` times `local`, formed at the gate of `user`.

    Reverse mode: `operand` receives it, and `upstream` is the gradient of `user`. Forward mode: `user` receives it,
    and `upstream` is the tangent of `operand`. `share` is the whole term as a formula (`df * z`), `derivative` the
    name of the upstream derivative (`df`), `rule` the gate with its operands (`n1 * z`) and `local_rule` its local
    gradient by the operand (`z`), None where the gate has none entry by entry. `is_product`: the numbers are
    `upstream * local = value`, entry by entry. Not `is_taken`: in a branch not taken, and exactly 0. `ordinal` counts
    the gate's operands from 1 where it takes the same one more than once (`x*x`), and is None elsewhere.
    """

    user: str
    operand: str
    gate: str
    position: int
    ordinal: int | None
    derivative: str
    rule: Formula
    local_rule: Formula | None
    share: Formula | None
    upstream: Array
    local: Array | None
    value: Array
    is_taken: bool
    is_product: bool
    nodes: TermNodes


class ForwardStep(NamedTuple):
    """A node's value; an input's `expression` is its name."""

    label: str
    node: Node
    gate: str
    expression: Formula
    value: Array
    operands: tuple[Array | None, ...]  # their values in the order of node.inputs, None for a constant

    @property
    def is_input(self) -> bool:
        return self.node.gate is leaves.input


class ReverseStep(NamedTuple):
    """A node's derivative and, in reverse mode, what its gate passes on; in forward mode, a node's tangent.

    `total` is the sum of `received`, one part for each use; `derivative` is its name (`dx`). `parts` are what the
    gate sends to its operands, `stopped` the operands that it sends nothing to. `total_node` is None where the
    derivative is zero because nothing reaches the node.
    """

    label: str
    node: Node
    gate: str
    expression: Formula
    habit: str
    derivative: str
    total: Array
    total_node: Node | None
    is_seed: bool
    received: tuple[Term, ...]
    parts: tuple[Term, ...]
    stopped: tuple[str, ...]

    @property
    def is_input(self) -> bool:
        return self.node.gate is leaves.input


class Explanation(NamedTuple):
    """`forward` in topological order, inputs first; `steps` in the order in which the pass visits the nodes.

    `text` is the expression as the user wrote it. `result` is each variable asked for with the name of its derivative
    and the number; `untouched` are the variables that no gradient reaches, `left_out` those that were not asked for.
    """

    text: str
    title: str
    output: str
    value: Array
    forward: tuple[ForwardStep, ...]
    steps: tuple[ReverseStep, ...]
    result: tuple[tuple[str, str, Array], ...]
    untouched: tuple[str, ...]
    left_out: tuple[str, ...]
    births: tuple[Birth, ...]
    trace: Trace
    symbols: Symbols

    @property
    def is_tangent(self) -> bool:
        return self.symbols.output is None


@without_collection
def explain_trace(trace: Trace, text: str | None = None, *, is_tangent: bool = False) -> Explanation:
    """The explanation of a trace; `text` is the expression as the user wrote it, `is_tangent` forward mode."""
    return _Explainer(trace, is_tangent).explanation(trace.graph.source or "" if text is None else text)


class _Explainer:
    """Makes the steps of one trace."""

    def __init__(self, trace: Trace, is_tangent: bool) -> None:
        self.trace = trace
        self.is_tangent = is_tangent
        self.labels = trace.labels
        self.steps = {step.node: step for step in trace.steps}
        self.symbols = Symbols(trace.labels, None if is_tangent else trace.labels[trace.output])

    def explanation(self, text: str) -> Explanation:
        trace = self.trace
        ordered = sorted(trace.steps, key=lambda step: step.node.gate is not leaves.input)
        number = [] if trace.output in self.steps else [Step(trace.output, trace.value, None, ())]
        received = {step.node: self.received(step) for step in trace.steps}
        sent: dict[Node, list[Term]] = {}
        if not self.is_tangent:
            for step in trace.steps:
                for part, share in zip(received[step.node], ordered_shares(step), strict=True):
                    sent.setdefault(share.user, []).append(part)
        visited = [self.reverse_step(step, received[step.node], sent) for step in ordered if self.is_visited(step)]
        inputs = trace.graph.inputs
        reached = {step.label for step in visited}
        names = {name: self.symbols.derivative_name(trace.graph.named(name)) for name in trace.gradients}
        if self.is_tangent:
            names = {name: self.symbols.derivative_name(trace.output) for name in trace.gradients}
        return Explanation(
            text=text,
            title=title(trace, text),
            output=self.labels[trace.output],
            value=trace.value,
            forward=tuple([self.forward_step(step) for step in [*ordered, *number]]),
            steps=tuple(visited if self.is_tangent else sorted(visited, key=lambda step: -step.node.index)),
            result=tuple([(name, names[name], value) for name, value in trace.gradients.items()]),
            untouched=tuple([name for name in trace.gradients if name not in reached]),
            left_out=tuple([name for name in inputs if name not in trace.gradients and inputs[name] in self.steps]),
            births=tuple(trace.births),
            trace=trace,
            symbols=self.symbols,
        )

    def is_visited(self, step: Step) -> bool:
        return step.gradient is not None and step.node in self.trace.derivatives

    def forward_step(self, step: Step) -> ForwardStep:
        node = step.node
        operands = tuple([self.steps[operand].value if operand in self.steps else None for operand in node.inputs])
        return ForwardStep(self.labels[node], node, node.gate.name, self.symbols.expression(node), step.value, operands)

    def reverse_step(self, step: Step, received: tuple[Term, ...], sent: dict[Node, list[Term]]) -> ReverseStep:
        node = step.node
        parts = sorted(sent.get(node, ()), key=lambda part: part.position)
        assert step.gradient is not None
        return ReverseStep(
            label=self.labels[node],
            node=node,
            gate=node.gate.name,
            expression=self.symbols.expression(node),
            habit=habit(node.gate),
            derivative=self.symbols.derivative_name(node),
            total=step.gradient,
            total_node=self.trace.derivatives.get(node),
            is_seed=self.is_seed(node),
            received=received,
            parts=tuple(parts),
            stopped=self.stopped(node, {part.position for part in parts}),
        )

    def is_seed(self, node: Node) -> bool:
        return node.name in self.trace.gradients if self.is_tangent else node is self.trace.output

    def stopped(self, node: Node, flowing: set[int]) -> tuple[str, ...]:
        """The operands that could have a gradient and get none from this gate."""
        if self.is_tangent:
            return ()
        return tuple(
            [
                self.labels[operand]
                for position, operand in enumerate(node.inputs)
                if position not in flowing and operand in self.steps and self.steps[operand].gradient is not None
            ]
        )

    def received(self, step: Step) -> tuple[Term, ...]:
        return tuple([self.part(step, share) for share in ordered_shares(step)])

    def part(self, step: Step, share: TracedContribution) -> Term:
        user, operand = (step.node, share.user) if self.is_tangent else (share.user, step.node)
        source = operand if self.is_tangent else user
        upstream = self.steps[source].gradient
        assert upstream is not None
        local_rule = self.symbols.local(user, share.position)
        is_product = share.is_taken and share.local is not None and is_product_of(share.value, upstream, share.local)
        return Term(
            user=self.labels[user],
            operand=self.labels[operand],
            gate=user.gate.name,
            position=share.position,
            ordinal=share.position + 1 if user.inputs.count(operand) > 1 else None,
            derivative=self.symbols.derivative_name(source),
            rule=self.symbols.expression(user),
            local_rule=local_rule,
            share=self.symbols.share(user, share.position, local_rule, is_product=is_product),
            upstream=upstream,
            local=share.local,
            value=share.value,
            is_taken=share.is_taken,
            is_product=is_product,
            nodes=TermNodes(
                self.trace.derivatives[source],
                share.local_gradient,
                share.formula,
            ),
        )


def ordered_shares(step: Step) -> list[TracedContribution]:
    """The shares of a node in the order of its uses."""
    return sorted(step.shares, key=lambda share: (share.user.index, share.position))


def is_product_of(value: Array, upstream: Array, local: Array) -> bool:
    """Whether these numbers multiply to the value entry by entry: nothing was summed, nothing was not taken."""
    if value.shape == upstream.shape == local.shape == ():
        return True
    with np.errstate(all="ignore"):
        product = upstream * local
    return product.shape == value.shape and bool(np.array_equal(product, value, equal_nan=True))
