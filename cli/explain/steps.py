"""An explanation as plain data: the steps of a trace with their formulas and numbers. Knows no format and no gate.

Every number is the value of a node that the passes made, every formula comes from the gates' declarations, and every
habit is the declaration's, so that the steps cannot disagree with the result. sentences.py says them in sentences.
"""

from __future__ import annotations

from typing import Any

from backprop.autodiff.declaration import leaves
from backprop.autodiff.declaration.gate import Gate
from backprop.autodiff.derivatives.trace import Birth, Step, Trace, TracedContribution
from backprop.autodiff.evaluation.garbage import without_collection
from backprop.autodiff.graph import Node
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.shapes import Array, entry_name
from backprop.cli.explain.formulas import Formula, Symbols
from backprop.cli.language.catalogue import said
from backprop.cli.reports.nodes import title
from backprop.parser.printers.expression import show


class TermNodes(NamedTuple):
    """The nodes of the trace's graph whose values a part's numbers are; `local` is None where the part has none."""

    upstream: Node
    local: Node | None
    value: Node


class Given(NamedTuple):
    """What a symbol stands for: a node of the trace's graph, its value, and which kind that is."""

    node: Node
    value: Array
    kind: str


class Factor(NamedTuple):
    """By what a gate scales the gradient for one of its operands."""

    operand: str
    formula: Formula


class Term(NamedTuple):
    """One term of the chain rule: `value` is `upstream` times `local`, formed at the gate of `user`.

    Reverse mode: `operand` receives it, and `upstream` is the gradient of `user`. Forward mode: `user` receives it,
    and `upstream` is the tangent of `operand`. `share` is the whole term as a formula (`df * z`), `derivative` the
    name of the upstream derivative (`df`), `rule` the gate with its operands (`n1 * z`) and `local_rule` its local
    gradient by the operand (`z`), None where the gate has none entry by entry. `is_product`: the numbers are
    `upstream * local = value`, entry by entry. Not `is_taken`: in a branch not taken, and exactly 0. `ordinal` counts
    the gate's operands from 1 where it takes the same one more than once (`x*x`), and is None elsewhere. `choice` is
    what the gate calls the operand whose value it takes, `chosen` those that have it. `given` is what the symbols of
    `share` stand for.
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
    choice: str | None
    chosen: tuple[str, ...]
    given: dict[Node, Given]
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

    @property
    def given(self) -> dict[Node, Given]:
        """What the symbols of the expression stand for."""
        pairs = zip(self.expression.node.inputs, zip(self.node.inputs, self.operands, strict=True), strict=True)
        return {symbol: Given(node, value, "value") for symbol, (node, value) in pairs if value is not None}


class ReverseStep(NamedTuple):
    """A node's derivative and, in reverse mode, what its gate passes on; in forward mode, a node's tangent.

    `total` is the sum of `received`, one part for each use; `derivative` is its name (`dx`). `parts` are what the
    gate sends to its operands, `stopped` the operands that it sends nothing to. `total_node` is None where the
    derivative is zero because nothing reaches the node. `habit` is what the declaration says of the gate; where some of
    its operands are constants, `factors` say it for the others. `tells_habit`: it is to be said here.
    """

    label: str
    node: Node
    gate: str
    expression: Formula
    habit: str
    factors: tuple[Factor, ...]
    tells_habit: bool
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
    `is_live`: its numbers will be set anew, and nothing is said that holds at this point only.
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
    is_live: bool
    language: str

    @property
    def is_tangent(self) -> bool:
        return self.symbols.output is None

    def say(self, text: str, *given: Any) -> tuple[Any, ...]:
        """A text in the reader's language, in pieces, with what is given in its places."""
        return said(text, self.language, *given)


@without_collection
def explain_trace(
    trace: Trace,
    text: str | None = None,
    *,
    is_tangent: bool = False,
    is_brief: bool = False,
    is_live: bool = False,
    language: str = "en",
) -> Explanation:
    """The explanation of a trace; `text` is the expression as the user wrote it, `is_tangent` forward mode.

    `is_brief`: what a gate does to a gradient is said once, `is_live`: nothing is said that holds at this point only.
    """
    text = trace.graph.source or "" if text is None else text
    return _Explainer(trace, is_tangent, is_brief, is_live).explanation(text)._replace(language=language)


class _Explainer:
    """Makes the steps of one trace."""

    def __init__(self, trace: Trace, is_tangent: bool, is_brief: bool, is_live: bool) -> None:
        self.trace = trace
        self.is_tangent = is_tangent
        self.is_brief = is_brief
        self.is_live = is_live
        self.told: set[tuple[Gate, bool]] = set()  # gates whose habit was told, and whether by factors
        self.labels = trace.labels
        self.steps = {step.node: step for step in trace.steps}
        self.symbols = Symbols(trace.labels, None if is_tangent else trace.labels[trace.output])
        self.moving = {trace.graph.named(name) for name in trace.gradients}  # what is differentiated by, and its users
        for step in trace.steps:
            if not self.moving.isdisjoint(step.node.inputs):
                self.moving.add(step.node)

    def explanation(self, text: str) -> Explanation:
        trace = self.trace
        ordered = sorted(trace.steps, key=lambda step: step.node.gate is not leaves.input)
        number = [] if trace.output in self.steps else [Step(trace.output, trace.value, None, ())]
        received = {step.node: self.received(step) for step in trace.steps}
        sent: dict[Node, list[Term]] = {}
        if not self.is_tangent:
            for step in trace.steps:
                if step.node in self.moving:
                    for part, share in zip(received[step.node], ordered_shares(step), strict=True):
                        sent.setdefault(share.user, []).append(part)
        visiting = ordered if self.is_tangent else sorted(ordered, key=lambda step: -step.node.index)
        visited = [self.reverse_step(step, received[step.node], sent) for step in visiting if self.is_visited(step)]
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
            steps=tuple(visited),
            result=tuple([(name, names[name], value) for name, value in trace.gradients.items()]),
            untouched=tuple([name for name in trace.gradients if name not in reached]),
            left_out=tuple([name for name in inputs if name not in trace.gradients and inputs[name] in self.steps]),
            births=tuple(trace.births),
            trace=trace,
            symbols=self.symbols,
            is_live=self.is_live,
            language="en",
        )

    def is_visited(self, step: Step) -> bool:
        return step.gradient is not None and step.node in self.trace.derivatives and step.node in self.moving

    def forward_step(self, step: Step) -> ForwardStep:
        node = step.node
        operands = tuple([self.steps[operand].value if operand in self.steps else None for operand in node.inputs])
        return ForwardStep(self.labels[node], node, node.gate.name, self.symbols.expression(node), step.value, operands)

    def reverse_step(self, step: Step, received: tuple[Term, ...], sent: dict[Node, list[Term]]) -> ReverseStep:
        node = step.node
        parts = sorted(sent.get(node, ()), key=lambda part: part.position)
        assert step.gradient is not None
        factors = self.factors(node)
        kind = (node.gate, bool(factors))
        tells_habit = not (self.is_brief and kind in self.told)
        self.told.add(kind)
        return ReverseStep(
            label=self.labels[node],
            node=node,
            gate=node.gate.name,
            expression=self.symbols.expression(node),
            habit=node.gate.habit or "",
            factors=factors,
            tells_habit=tells_habit,
            derivative=self.symbols.derivative_name(node),
            total=step.gradient,
            total_node=self.trace.derivatives.get(node),
            is_seed=self.is_seed(node),
            received=received,
            parts=tuple(parts),
            stopped=self.stopped(node, {part.position for part in parts}),
        )

    def factors(self, node: Node) -> tuple[Factor, ...]:
        """By what the gate scales the gradient for its operands that move, where others do not; none if words do.

        A gate without words of its own is said so, too.
        """
        gate = node.gate
        moving = [position for position, operand in enumerate(node.inputs) if operand in self.moving]
        is_told = gate.habit is not None and len(moving) == len(node.inputs)
        if is_told or not gate.has_local or gate.is_flat or gate.is_selection:
            return ()
        out = self.symbols.expression(node).node
        factors = []
        for position in moving:
            formula = self.symbols.local(node, position)
            if gate.habit is None and formula is not None:
                return (Factor(self.labels[node.inputs[position]], formula),)
            if formula is None or not formula.is_readable or gate.route(position, out.inputs, out) is not None:
                return ()
            factors.append(Factor(self.labels[node.inputs[position]], formula))
        return tuple(factors)

    def is_seed(self, node: Node) -> bool:
        return node.name in self.trace.gradients if self.is_tangent else node is self.trace.output

    def stopped(self, node: Node, flowing: set[int]) -> tuple[str, ...]:
        """The operands that have a gradient and get none from this gate; all that could have one, if none gets any."""
        if self.is_tangent:
            return ()
        left = [
            operand
            for position, operand in enumerate(node.inputs)
            if position not in flowing and operand in self.moving and operand in self.steps
        ]
        known = [operand for operand in left if self.steps[operand].gradient is not None]
        return tuple([self.labels[operand] for operand in (known if known or flowing else left)])

    def received(self, step: Step) -> tuple[Term, ...]:
        return tuple([self.part(step, share) for share in ordered_shares(step)])

    def part(self, step: Step, share: TracedContribution) -> Term:
        user, operand = (step.node, share.user) if self.is_tangent else (share.user, step.node)
        source = operand if self.is_tangent else user
        upstream = self.steps[source].gradient
        assert upstream is not None
        local_rule = self.symbols.local(user, share.position)
        is_product = share.is_taken and share.local is not None and is_product_of(share.value, upstream, share.local)
        formula = self.symbols.share(user, share.position, local_rule, is_product=is_product)
        choice = user.gate.choice
        return Term(
            user=self.labels[user],
            operand=self.labels[operand],
            gate=user.gate.name,
            position=share.position,
            ordinal=share.position + 1 if user.inputs.count(operand) > 1 else None,
            derivative=self.symbols.derivative_name(source),
            rule=self.symbols.expression(user),
            local_rule=local_rule,
            share=formula,
            upstream=upstream,
            local=share.local,
            value=share.value,
            is_taken=share.is_taken,
            is_product=is_product,
            choice=None if choice is None else choice[len(user.inputs) > 2],
            chosen=() if choice is None else self.chosen(user),
            given={} if formula is None else self.given(formula),
            nodes=TermNodes(
                self.trace.derivatives[source],
                share.local_gradient,
                share.formula,
            ),
        )

    def chosen(self, node: Node) -> tuple[str, ...]:
        """The operands, or of one that is an array the entries, that have the node's value, a number."""
        value = self.steps[node].value
        if np.ndim(value):
            return ()
        names: list[str] = []
        for operand in node.inputs:
            entries = self.value_of(operand)
            is_array = entries is not None and bool(np.ndim(entries))
            places = map(tuple, np.argwhere(entries == value)) if is_array else [()] * bool(entries == value)
            names += [entry_name(self.word(operand), index) for index in places]
        return tuple(names)

    def word(self, node: Node) -> str:
        return self.labels.get(node) or show(node, {})

    def value_of(self, node: Node) -> Array | None:
        step = self.steps.get(node)
        return (node.value if node.is_constant else None) if step is None else step.value

    def given(self, formula: Formula) -> dict[Node, Given]:
        """What the symbols of a share stand for; those of constant arrays stand for themselves."""
        given = {}
        for symbol, node in formula.names.nodes.items():
            step = self.steps.get(node)
            if step is not None and symbol in formula.names.sources:
                assert step.gradient is not None
                given[symbol] = Given(self.trace.derivatives[node], step.gradient, "gradient")
            elif step is not None:
                given[symbol] = Given(node, step.value, "value")
        return given


def ordered_shares(step: Step) -> list[TracedContribution]:
    """The shares of a node in the order of its uses."""
    return sorted(step.shares, key=lambda share: (share.user.index, share.position))


def is_product_of(value: Array, upstream: Array, local: Array) -> bool:
    """Whether these numbers multiply to the value entry by entry: nothing was summed, nothing was not taken."""
    if not any(map(np.ndim, (value, upstream, local))):
        return True
    with np.errstate(all="ignore"):
        product = upstream * local
    return product.shape == value.shape and bool(np.array_equal(product, value, equal_nan=True))
