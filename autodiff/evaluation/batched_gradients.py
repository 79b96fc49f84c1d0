"""The value and the gradients of an expression in many rows, as a plan. batched_program.py runs it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from backprop.autodiff.evaluation.batched_lowering import RowPlan, plan_rows
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.passes.reverse import gradients


def plan_gradients(
    typed: Graph,
    wrt: Sequence[str],
    varying: Collection[str],
    between: Sequence[Node] = (),
    tells_kinks: bool = False,
    uncertain: Sequence[str] = (),
) -> RowPlan:
    """The rows' plan for the value and its gradients by `wrt`, in a graph typed by the shapes of one row.

    `varying` names the inputs that rows differ in. Then follow the nodes `between` them and the output, each with its
    gradient where there are any, and where it is asked for and can be, results that tell in which rows they are means
    of a kink's sides. Behind the gradients stand the value's uncertainty and the share of each input that is
    `uncertain`.
    """
    slopes = gradients(typed.result, [*[typed.named(name) for name in wrt], *between]) if wrt else []
    results = [typed.result, *slopes[: len(wrt)], *_uncertainty(typed, uncertain)]
    for position, node in enumerate(between):
        results += [node, *slopes[len(wrt) + position :][:1]]
    if tells_kinks and any(node.gate.is_unshown for node in typed.nodes):
        from backprop.autodiff.passes.sides import where_sides_differ  # here, not above: few expressions have kinks

        results += where_sides_differ(results)
    return plan_rows(results, varying)


def _uncertainty(typed: Graph, names: Sequence[str]) -> list[Node]:
    if not names:
        return []
    from backprop.autodiff.uncertainty.rows import uncertainty_name, uncertainty_of_rows  # few rows have any

    slopes = gradients(typed.result, [typed.named(name) for name in names])
    return uncertainty_of_rows(slopes, [typed.inputs[uncertainty_name(name)] for name in names])
