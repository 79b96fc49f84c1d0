"""What is behind the numbers: every node's, the chain rule in words, and differences beside the gradient."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from backprop.autodiff.derivatives import trace as tracing
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.evaluation.binding import selected
from backprop.cli.library.displays import displayed, text_of
from backprop.cli.library.texts import Expression, graph_of

if TYPE_CHECKING:
    from backprop.autodiff.derivatives.check import Survey
    from backprop.autodiff.derivatives.claims import Comparison
    from backprop.autodiff.graph import Graph
    from backprop.cli.explain.steps import Explanation

displayed(tracing.Trace)


def trace(
    expression: Expression,
    values: Mapping[str, Any] | None = None,
    /,
    *,
    mode: str = "reverse",
    wrt: Iterable[str] | None = None,
    upstream: Any = None,
    **more_values: Any,
) -> tracing.Trace:
    """Every node with its value and its gradient, or in forward mode its tangent by the one variable of `wrt`.

    It prints as the table of `backprop eval`. Raises ExpressionError as `value_and_grad` does.
    """
    given = {**(values or {}), **more_values}
    return tracing.trace(graph_of(expression, (given,)), given, mode=mode, wrt=wrt, upstream=upstream)


def explain(
    expression: Expression | tracing.Trace,
    values: Mapping[str, Any] | None = None,
    /,
    *,
    mode: str = "reverse",
    wrt: Iterable[str] | None = None,
    upstream: Any = None,
    **more_values: Any,
) -> Explanation:
    """The chain rule step by step, in words and numbers, as `backprop explain` prints it; of a trace or from values."""
    from backprop.cli.explain.steps import Explanation, explain_trace

    displayed(Explanation)
    if not isinstance(expression, tracing.Trace):
        expression = trace(expression, values, mode=mode, wrt=wrt, upstream=upstream, **more_values)
    return explain_trace(expression, text_of(expression.graph), is_tangent=expression.mode == "forward")


def check(
    expression: Expression,
    values: Mapping[str, Any] | None = None,
    /,
    *,
    wrt: Iterable[str] | None = None,
    samples: int | None = None,
    seed: int = 0,
    against: Expression | Mapping[str, Expression] | None = None,
    **more_values: Any,
) -> Survey | Comparison:
    """The gradient beside differences of values, at the point and at `samples` more around it, none by default.

    With `against` it is beside what is claimed to be it, at 100 more points by default: an expression where there is
    one variable, else an expression by each name. `failed` counts the points with a mismatch. It prints as the table of
    `backprop check`. Raises ExpressionError as `value_and_grad` does.
    """
    from backprop.autodiff.derivatives.check import Survey, checks, survey

    given = {**(values or {}), **more_values}
    graph = graph_of(expression, (given,))
    if against is not None:
        return compared(graph, given, claims_by_name(graph, given, wrt, against), samples, seed)
    displayed(Survey)
    results = survey(checks(graph, given, wrt=wrt, samples=samples or 0, seed=seed))
    return results._replace(text=text_of(graph))


def compared(
    graph: Graph, given: Mapping[str, Any], claims: Mapping[str, Expression], samples: int | None, seed: int
) -> Comparison:
    """The derivatives beside what is claimed of them."""
    from backprop.autodiff.derivatives.claims import Comparison, compare
    from backprop.cli.commands.check import CLAIM_SAMPLES

    displayed(Comparison)
    read = {name: graph_of(claim) for name, claim in claims.items()}
    found = compare(graph, given, read, samples=CLAIM_SAMPLES if samples is None else samples, seed=seed)
    return found._replace(text=text_of(graph), claims={name: text_of(claim) for name, claim in read.items()})


def claims_by_name(
    graph: Graph,
    given: Mapping[str, Any],
    wrt: Iterable[str] | None,
    against: Expression | Mapping[str, Expression],
) -> Mapping[str, Expression]:
    """The claim of the derivative by each name. Raises ExpressionError for one that names none of several."""
    if isinstance(against, Mapping):
        names = selected(graph, given, against if wrt is None else wrt)
        without = [name for name in names if name not in against]
        if without:
            raise ExpressionError(
                f"the derivative by '{without[0]}' has no claim", cure="add it to against, or omit it"
            )
        return {name: against[name] for name in names}
    names = selected(graph, given, wrt)
    if len(names) != 1:
        cure = f"name it: against={{{names[0]!r}: ...}}" if names else "the expression has no variables"
        raise ExpressionError(f"one claim, and {len(names)} derivatives that it may be of", cure=cure)
    return {names[0]: against}
