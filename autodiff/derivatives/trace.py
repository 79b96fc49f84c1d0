"""Everything one evaluation went through: each node's value, its gradient or tangent, and where that came from.

The numbers are values of the nodes that the passes made, so that what is shown cannot disagree with the result.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from backprop.autodiff.declaration import leaves
from backprop.autodiff.declaration.masks import Mask
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.evaluation.binding import bind, seed_value, selected
from backprop.autodiff.evaluation.execution import evaluate_numbers
from backprop.autodiff.evaluation.garbage import without_collection
from backprop.autodiff.evaluation.program import dependents, needed
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.passes.reverse import adjoints
from backprop.autodiff.shapes import Array, is_finite


class TracedContribution(NamedTuple):
    """One term of a node's gradient: `upstream` times `local` by way of `user`.

    Reverse mode: `user` is the gate that the node flows into, `upstream` its adjoint. Forward mode: `user` is
    the operand that the tangent `upstream` comes from. `local` is None where the gate has no local gradient
    entry by entry, `local_gradient` its node; `formula` is the node whose value the share is. Not `is_taken`: in a
    branch not taken; `test` is what is nonzero where it is taken (None: everywhere). `is_own`: the local gradient is
    itself 0 where the test is, and the share their product unless that is infinite.
    """

    user: Node
    position: int
    upstream: Array
    local: Array | None
    value: Array
    is_taken: bool
    local_gradient: Node | None
    formula: Node
    test: Node | None
    is_own: bool


class Step(NamedTuple):
    """A node of the user's graph with its value and its adjoint or tangent (None: not asked for)."""

    node: Node
    value: Array
    gradient: Array | None
    shares: tuple[TracedContribution, ...]


class Birth(NamedTuple):
    """A node whose operands are finite and whose `kind` ("value" or "gradient") is not: the origin of inf or nan."""

    node: Node
    value: Array
    kind: str


class Trace(NamedTuple):
    """The steps in topological order, constants left out; `gradients` by the names asked for, in their order.

    `mode` is reverse or forward, whose tangents stand for the gradients.

    `births` are where inf or nan began in the value or in one of those gradients, `origins` the nodes where it began in
    any step: an infinity that a maximum, a mask or a quotient left behind is no birth.
    """

    graph: Graph
    steps: list[Step]
    output: Node
    value: Array
    gradients: dict[str, Array]
    labels: dict[Node, str]
    derivatives: dict[Node, Node]
    births: list[Birth]
    origins: frozenset[Node]
    mode: str

    @property
    def is_result_finite(self) -> bool:
        return all(map(is_finite, (self.value, *self.gradients.values())))


class _Term(NamedTuple):
    """A share before it is evaluated."""

    user: Node
    position: int
    upstream: Node
    local: Node | None
    value: Node
    mask: Mask | None  # where it counts

    @property
    def test(self) -> Node | None:
        return self.mask.as_test() if self.mask else None

    @property
    def is_own(self) -> bool:
        """Whether it is its local gradient that says where it counts, by being zero elsewhere."""
        return self.mask is not None and self.mask.test is self.local


class _Plan(NamedTuple):
    """What a mode made: the derivative node of each node, its terms, and the nodes that have a derivative."""

    derivatives: dict[Node, Node]
    terms: dict[Node, list[_Term]]
    covered: Sequence[bool]


@without_collection
def trace(
    graph: Graph,
    values: Mapping[str, Any],
    *,
    mode: str = "reverse",
    wrt: Iterable[str] | None = None,
    upstream: Any = None,
) -> Trace:
    """Evaluate `graph` at `values` and differentiate it, keeping every step.

    Reverse mode: every node's adjoint, or with `wrt` that of the nodes between those variables and the output.
    Forward mode: every node's tangent along one variable, a direction of ones where that is an array.
    `upstream` has the output's shape. Raises ExpressionError as `value_and_grad` does.
    """
    names = selected(graph, values, wrt)
    typed, arrays = bind(graph, values)
    output = typed.result
    shown = shown_nodes(typed)
    if mode == "forward":
        plan = _forward(typed, shown, names)
        gradients = {names[0]: output}
    else:
        seed = typed.constant(seed_value(upstream, output.shape))
        plan = _reverse(typed, shown if wrt is None else [typed.named(name) for name in names], seed)
        gradients = {name: typed.named(name) for name in names}
    return _evaluated(typed, arrays, shown, plan, gradients, mode)


def shown_nodes(typed: Graph) -> list[Node]:
    """The user's nodes that the output or a statement needs, and every input; numbers are no step."""
    roots = [typed.result, *typed.names.values(), *typed.inputs.values()]
    return [node for node in needed(roots) if (node.inputs or node.gate is leaves.input) and not node.gate.is_unshown]


def _reverse(typed: Graph, wanted: Sequence[Node], seed: Node) -> _Plan:
    covered = dependents(typed, typed.nodes[-1], wanted)
    output = typed.result
    reverse_pass = adjoints(typed, output, seed, wanted)
    terms = {
        node: [
            _Term(
                share.user,
                share.position,
                share.upstream,
                share.user.gate.local(share.position, share.user.inputs, share.user),
                share.settled,
                share.mask,
            )
            for share in shares
        ]
        for node, shares in reverse_pass.shares.items()
    }
    return _Plan(reverse_pass.of, terms, covered)


def _forward(typed: Graph, shown: Sequence[Node], names: Sequence[str]) -> _Plan:
    if len(names) != 1:
        raise ExpressionError("forward mode differentiates by one variable", cure=f"choose one of {', '.join(names)}")
    from backprop.autodiff.passes.forward import tangents  # here, not above: reverse mode does without

    source = typed.named(names[0])
    tangent_of = tangents(
        typed, [typed.result, typed.nodes[-1]], {source: typed.constant(1.0).broadcast_to(source.shape)}
    )
    terms = {node: _tangent_terms(node, tangent_of) for node in shown if node in tangent_of and node is not source}
    return _Plan(tangent_of, terms, [True] * len(typed.nodes))


def _tangent_terms(node: Node, tangent: Mapping[Node, Node]) -> list[_Term]:
    from backprop.autodiff.passes.pushforward import pushed_alone  # here, not above: reverse mode does without

    terms = []
    for position, operand in enumerate(node.inputs):
        if operand in tangent:
            part = pushed_alone(node, position, tangent[operand])
            if part is not None:
                local = node.gate.local(position, node.inputs, node)
                terms.append(_Term(operand, position, tangent[operand], local, part.settled, part.mask))
    return terms


def _evaluated(
    typed: Graph, arrays: Mapping[str, Array], shown: list[Node], plan: _Plan, sources: Mapping[str, Node], mode: str
) -> Trace:
    covered = [node for node in (*shown, typed.result) if plan.covered[node.index]]  # the output may be a number
    derivative = {node: plan.derivatives.get(node) or node.zeros for node in covered}
    wanted = dict.fromkeys([*shown, *derivative.values()])
    for terms in plan.terms.values():
        for term in terms:
            wanted.update(dict.fromkeys(part for part in (*term[2:5], term.test) if part is not None))
    value = dict(zip(wanted, evaluate_numbers(list(wanted), arrays), strict=True))
    steps = []
    for node in shown:
        shares = tuple(
            TracedContribution(
                term.user,
                term.position,
                value[term.upstream],
                None if term.local is None else value[term.local],
                value[term.value],
                _is_taken(term, value),
                term.local,
                term.value,
                term.test,
                term.is_own,
            )
            for term in plan.terms.get(node, ())
        )
        gradient = value[derivative[node]] if node in derivative else None
        steps.append(Step(node, value[node], gradient, shares))
    output = typed.result
    gradients = {name: value[derivative[node]] for name, node in sources.items()}
    result = value[output] if output in value else evaluate_numbers([output], arrays)[0]
    value[output] = result
    results = [output, *(derivative[source] for source in sources.values())]
    everything = _births(typed, arrays, [*shown, *derivative.values(), *results], value, shown)
    births = _births(typed, arrays, results, value, shown) if everything else []
    origins = frozenset(birth.node for birth in everything)
    labels = labels_of(typed, shown)
    return Trace(typed, steps, output, result, gradients, labels, plan.derivatives, births, origins, mode)


def _is_taken(term: _Term, value: Mapping[Node, Array]) -> bool:
    """Whether a share is of a branch that is taken, or at least is the product that it is shown as."""
    if term.test is None or bool(np.any(value[term.test])):
        return True
    if term.local is None or not term.is_own:
        return False
    with np.errstate(all="ignore"):
        product, share = value[term.upstream] * value[term.local], value[term.value]
        return np.shape(product) == np.shape(share) and bool(np.all(product == share))


def labels_of(typed: Graph, shown: Sequence[Node]) -> dict[Node, str]:
    """Inputs by name, statements by theirs, the output `f` (or the next free one), the others n1, n2 …"""
    labels = {node: str(node.name) for node in shown if node.gate is leaves.input}
    for name, node in typed.names.items():
        if not node.is_constant:
            labels.setdefault(node, name)
    taken = {*labels.values(), *typed.names}
    if typed.result not in labels:
        name = next(word for word in ("f", "out", "output", *(f"f{k}" for k in range(1, 99))) if word not in taken)
        labels[typed.result] = name
        taken.add(name)
    number = 0
    for node in shown:
        if node not in labels:
            number += 1
            while f"n{number}" in taken:
                number += 1
            labels[node] = f"n{number}"
    return labels


def _births(
    typed: Graph,
    arrays: Mapping[str, Array],
    results: Sequence[Node],
    value: Mapping[Node, Array],
    shown: Sequence[Node],
) -> list[Birth]:
    """Where the non-finite results began: followed back from each through non-finite operands only."""
    infected = {node for node in results if not is_finite(value[node])}
    if not infected:
        return []
    nodes = needed([*infected, *shown])
    every = dict(zip(nodes, evaluate_numbers(nodes, arrays), strict=True))
    users = {node.span: node for node in reversed(shown)}
    births: dict[Node, Birth] = {}
    own = {*shown, *(operand for node in shown for operand in node.inputs), typed.result}
    for node in reversed(nodes):
        if node not in infected:
            continue
        # An end of an integral may be infinite.
        operands = [one for one in node.inputs if not (node.gate.has_inside and one.is_constant)]
        causes = [operand for operand in operands if not is_finite(every[operand])]
        infected.update(causes)
        if causes:
            continue
        user = node if node in own else users.get(node.span, typed.result)
        if user is not node and not is_finite(value[user]):
            infected.add(user)  # log at 0: its value is what to name, not its slope
        else:
            births.setdefault(user, Birth(user, every[node], "value" if user is node else "gradient"))
    return sorted(births.values(), key=lambda birth: birth.node.index)
