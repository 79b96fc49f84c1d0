"""Has the picture of a circuit written, if it can be looked at. Draws nothing itself."""

from __future__ import annotations

from backprop.autodiff.derivatives.trace import Trace
from backprop.cli.graph.circuit import circuit_of
from backprop.cli.output.output import Output
from backprop.cli.status import Failure

MAXIMUM_NODES = 200


def draw(found: Trace, text: str, derivative: str, output: Output, *, is_all: bool) -> None:
    """Draw the trace of an expression. Raises Failure where it is large, cannot be laid out or not be written."""
    if len(found.steps) > MAXIMUM_NODES and not is_all:
        raise Failure(
            f"the graph has {len(found.steps)} nodes: a picture of more than {MAXIMUM_NODES} is hard to read",
            "draw it anyway: --all",
        )
    if output.format == "html" and derivative != "gradient":
        raise Failure("a page walks through the reverse pass", "omit --mode forward, or write .svg")
    output.render(circuit_of(found, text, derivative))
