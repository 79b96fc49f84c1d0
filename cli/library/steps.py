"""What is behind the numbers: every node's, the chain rule in words, and differences beside the gradient."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from backprop.autodiff.derivatives import trace as tracing
from backprop.cli.library.displays import displayed, text_of
from backprop.cli.library.texts import Expression, graph_of

if TYPE_CHECKING:
    from backprop.autodiff.derivatives.check import Survey
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
    samples: int = 0,
    seed: int = 0,
    **more_values: Any,
) -> Survey:
    """The gradient beside differences of values, at the point and at `samples` more around it.

    `failed` counts the points with a mismatch. It prints as the table of `backprop check`.
    """
    from backprop.autodiff.derivatives.check import Survey, checks, survey

    displayed(Survey)
    given = {**(values or {}), **more_values}
    graph = graph_of(expression, (given,))
    results = survey(checks(graph, given, wrt=wrt, samples=samples, seed=seed))
    return results._replace(text=text_of(graph))
