"""The options of one forward and one reverse pass, and the trace that they ask for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backprop.autodiff import shapes
from backprop.autodiff.derivatives.trace import Trace, trace
from backprop.cli.output.output import Output
from backprop.cli.question.question import Question, chosen_names, variables_of
from backprop.cli.question.values import read_value
from backprop.cli.status import Failure, Status

MAXIMUM_WARNINGS = 5
MAXIMUM_CHOICES = 10


class Tracing:
    """What `--wrt`, `--mode`, `--upstream` and `--strict` say."""

    def __init__(self, *, wrt: Sequence[str], mode: str, upstream: str | None, strict: bool) -> None:
        self.wrt = wrt
        self.mode = mode
        self.upstream = upstream
        self.is_strict = strict

    @property
    def derivative(self) -> str:
        """What this mode's derivative of a node is called."""
        return "tangent" if self.mode == "forward" else "gradient"

    def trace(self, question: Question) -> Trace:
        """Run the passes. Raises ExpressionError or Failure."""
        if self.mode == "forward" and self.upstream is not None:
            raise Failure("--upstream belongs to reverse mode", "leave it or --mode forward away")
        return trace(
            question.graph,
            question.values,
            mode=self.mode,
            wrt=self.names(question),
            upstream=None if self.upstream is None else read_value("--upstream", self.upstream),
        )

    def names(self, question: Question) -> list[str] | None:
        """The variables to differentiate by, None for all. Raises Failure for one that the expression lacks."""
        known = [name for name in question.graph.inputs if name in question.values]
        chosen = chosen_names(self.wrt, known)
        if self.mode == "forward" and len(chosen or known) != 1:
            cure = f"choose it: --wrt {' or --wrt '.join(known[:MAXIMUM_CHOICES])}" if known else variables_of(known)
            raise Failure("--mode forward differentiates by one variable", cure)
        return chosen

    def comment(self, question: Question, found: Trace, output: Output) -> None:
        """Say on stderr what the results alone do not tell."""
        shape = np.shape(found.value)
        if shape and found.gradients and self.mode == "reverse" and self.upstream is None:
            output.note(f"the output has shape {shapes.show(shape)}: its upstream gradient is ones (see --upstream)")
        if self.mode == "forward":
            for name in found.gradients:
                if np.ndim(question.values[name]):
                    output.note(f"{name} is an array: its tangent is ones")
        if question.unused and output.is_verbose:
            output.note(f"--vars: not in the expression: {', '.join(question.unused)}")
        if found.births:
            warn_of(found, output)
        note_losses(question, output)

    def status(self, found: Trace) -> Status:
        return Status.NON_FINITE if self.is_strict and not found.is_result_finite else Status.DONE


def note_losses(question: Question, output: Output) -> None:
    """Name the compositions that lost digits at this point."""
    from backprop.autodiff.derivatives.lost_digits import losses

    found = [] if output.is_quiet else losses(question.graph, question.values)
    if found:
        from backprop.cli.reports.lost_digits import notes

        for note in notes(found, question.graph.source):
            output.note(note)


def warn_of(found: Trace, output: Output) -> None:
    """Name the gates at which inf or nan began."""
    from backprop.cli.output.errors import warning
    from backprop.cli.reports.nonfinite import described

    shown = found.births if output.is_verbose else found.births[:MAXIMUM_WARNINGS]
    for birth in shown:
        output.note(warning(described(found, birth), birth.node.span, found.graph.source))
    if len(found.births) > len(shown):
        output.note(f"{len(found.births) - len(shown)} more results are not finite (-v names all)")
