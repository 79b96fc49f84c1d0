"""Which results a row gets and what they are called. Computes none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from backprop.autodiff.declaration import leaves
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.shapes import Shape
from backprop.cli.status import Failure

UNCERTAINTY, SHARE = "u_", "share_"  # before what is uncertain, and before the input that has a share of it


class Naming(NamedTuple):
    """What the value's column is called, and what stands before a variable's name in its gradient's."""

    value: str = "value"
    gradient: str = "grad_"


class Wanted(NamedTuple):
    """What the options ask for: `wrt` None is all variables with values, `by_fixed` those with one for all rows."""

    wrt: Sequence[str] | None
    has_gradients: bool
    has_nodes: bool
    naming: Naming
    is_fused: bool = False
    by_fixed: bool = False

    def names(self, given: Sequence[str]) -> Sequence[str]:
        """The variables to differentiate by, of those that have values."""
        return () if not self.has_gradients else given if self.wrt is None else self.wrt

    def results(self, wrt: Sequence[str], labels: Sequence[str], uncertain: Sequence[str] = ()) -> list[str]:
        """What the results are called: the value, the gradients, the uncertainty with the shares of inputs that are
        `uncertain`, and what is between, each with its gradient.
        """
        value, gradient = self.naming
        between = [name for label in labels for name in ([label, gradient + label] if wrt else [label])]
        uncertainty = [UNCERTAINTY + value, *(SHARE + name for name in uncertain)] if uncertain else []
        return [value, *(gradient + name for name in wrt), *uncertainty, *between]


def labelled_nodes(typed: Graph) -> dict[str, Node]:
    """The nodes between the inputs and the output, by label."""
    from backprop.autodiff.derivatives.trace import labels_of, shown_nodes

    shown = shown_nodes(typed)
    labels = labels_of(typed, shown)
    return {labels[node]: node for node in shown if node.gate is not leaves.input and node is not typed.result}


def entry_names(name: str, shape: Shape) -> list[str]:
    """The columns of an array result, entry by entry: `grad_x[0]`, `grad_W[1][0]`."""
    return [name + "".join(f"[{position}]" for position in index) for index in np.ndindex(*shape)]


def check_names(results: Sequence[str], header: Sequence[str]) -> None:
    """Raise Failure where a result has the name of a column that is there already, or of another result."""
    twice = shared_names(results)
    if twice:
        raise Failure(f"two results are called {twice[0]}", "choose other names: --name NAME,PREFIX")
    there = frozenset(header)
    taken = next((name for name in results if name in there), None)
    if taken is not None:
        raise Failure(
            f"the input has a column {taken} already",
            "choose other names: --name NAME,PREFIX; or write the results alone: --only",
        )


def shared_names(names: Sequence[str]) -> list[str]:
    """The names that are there more than once."""
    return [name for name, count in Counter(names).items() if count > 1]


def held_once(form: str) -> str:
    """What becomes of columns of one name, in words."""
    return f"{form} holds a name once, so that only the first column of this name is written"
