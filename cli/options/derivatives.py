"""What the options say of derivatives: by which variables, along what, of which order, how large and how strict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from backprop.autodiff import shapes
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.shapes import MAXIMUM_ENTRIES, Array, Shape
from backprop.cli.output.output import Output
from backprop.cli.output.report import Report
from backprop.cli.question.argv import normalized
from backprop.cli.question.names import check_known, chosen_names, variables_of
from backprop.cli.question.question import Question
from backprop.cli.question.values import read_value
from backprop.cli.status import Failure, Status

if TYPE_CHECKING:
    from backprop.autodiff.derivatives.matrices import FirstOrder, SecondOrder
    from backprop.autodiff.derivatives.sparse import SparseFirstOrder, SparseSecondOrder
    from backprop.autodiff.derivatives.symbolic import Derivatives
    from backprop.autodiff.derivatives.trace import Trace

MAXIMUM_WARNINGS = 5
MAXIMUM_CHOICES = 10
MOST_DIGITS = 18  # of a length in an option

Matrix = TypeVar("Matrix")


class DerivativeOptions(NamedTuple):
    """The options of one command, which has some of them."""

    wrt: Sequence[str] = ()
    mode: str = "reverse"
    upstream: str | None = None
    order: int = 1
    shapes: Sequence[str] = ()
    max_size: int | None = None
    sparse: bool = False
    strict: bool = False

    @property
    def derivative(self) -> str:
        """What this mode's derivative of a node is called."""
        return "tangent" if self.mode == "forward" else "gradient"

    @property
    def upstream_value(self) -> Array | None:
        return None if self.upstream is None else read_value("--upstream", self.upstream)

    def names(self, question: Question) -> list[str] | None:
        """The variables to differentiate by, None for all. Raises Failure for one that the expression lacks."""
        known = known_names(question)
        chosen = chosen_names(self.wrt, known, question.graph.names)
        if self.mode == "forward" and len(chosen or known) != 1:
            cure = f"choose it: --wrt {' or --wrt '.join(known[:MAXIMUM_CHOICES])}" if known else variables_of(known)
            raise Failure("--mode forward differentiates by one variable", cure)
        return chosen

    def with_parts(self, question: Question) -> Question:
        """The question in which what --wrt names is a variable, computed or not. Raises ExpressionError or Failure."""
        from backprop.autodiff.derivatives.parts import with_parts

        graph, values, _ = with_parts(question.graph, question.values, self.names(question))
        return question._replace(graph=graph, values=values)

    # What they ask for. Each raises ExpressionError or Failure -----------------------------------------------

    def trace(self, question: Question) -> Trace:
        """One forward and one reverse pass."""
        from backprop.autodiff.derivatives.trace import trace

        if self.mode == "forward" and self.upstream is not None:
            raise Failure("--upstream belongs to reverse mode", "omit it or --mode forward")
        names = self.names(question)
        return trace(question.graph, question.values, mode=self.mode, wrt=names, upstream=self.upstream_value)

    def jacobian(self, question: Question) -> FirstOrder:
        from backprop.autodiff.derivatives.matrices import MAXIMUM_RESULT, first_order

        return self._bounded(first_order, question, MAXIMUM_RESULT)

    def hessian(self, question: Question) -> SecondOrder:
        from backprop.autodiff.derivatives.matrices import MAXIMUM_RESULT, second_order

        return self._bounded(second_order, question, MAXIMUM_RESULT)

    def sparse_jacobian(self, question: Question) -> SparseFirstOrder:
        from backprop.autodiff.derivatives.sparse import sparse_first_order

        return self._bounded(sparse_first_order, question, None)

    def sparse_hessian(self, question: Question) -> SparseSecondOrder:
        from backprop.autodiff.derivatives.sparse import sparse_second_order

        return self._bounded(sparse_second_order, question, None)

    def _bounded(self, compute: Callable[..., Matrix], question: Question, default: int | None) -> Matrix:
        from backprop.autodiff.derivatives.asked import TooManyEntries

        names, most = self.names(question), default if self.max_size is None else self.max_size
        try:
            return compute(question.graph, question.values, names, most)
        except TooManyEntries as error:
            raise Failure(error.reason, f"allow it: --max-size {error.entries}") from None

    def symbolic(self, question: Question) -> Derivatives:
        """The derivatives as expressions."""
        from backprop.autodiff.derivatives.symbolic import MAXIMUM_ORDER, derivatives

        if not 1 <= self.order <= MAXIMUM_ORDER:
            raise Failure(f"--order {self.order}", f"an order is a number from 1 to {MAXIMUM_ORDER}")
        given = {name: np.shape(value) for name, value in question.values.items()}
        for text in self.shapes:
            name, shape = read_shape(text)
            if name not in question.graph.inputs:
                raise Failure(f"--shape {text}: {name} is not a variable of the expression", "omit it")
            if given.setdefault(name, shape) != shape:
                raise Failure(f"--shape {text}: the value of {name} has another shape", "omit one of the two")
        unknown = [name for name in question.graph.variables if name not in given]
        try:
            question.graph.typed(given)
        except ExpressionError as error:
            from backprop.cli.options.shapes import shapes_that_fit  # here, not above: most shapes fit

            error.cure = shapes_that_fit(question.graph, unknown, given) or error.cure
            raise
        return derivatives(
            question.graph,
            chosen_names(self.wrt, [*given, *unknown], question.graph.names),
            order=self.order,
            given=given,
        )

    # What the results alone do not tell, on stderr -----------------------------------------------------------

    def finish_trace(self, question: Question, trace: Trace, output: Output) -> Status:
        """Say it of a trace, and give the status."""
        shape = np.shape(trace.value)
        if shape and trace.gradients and self.mode == "reverse" and self.upstream is None:
            output.note(f"the output has shape {shapes.show(shape)}: its upstream gradient is ones (see --upstream)")
        if self.mode == "forward":
            for name in trace.gradients:
                if trace.graph.named(name).shape:
                    output.note(f"{name} is an array: its tangent is ones")
        output.note_unused(question.unused)
        if trace.births:
            warn_of(trace, output)
        note_losses(question, output)
        return self.status(trace.is_result_finite)

    def finish(self, question: Question, report: Report, output: Output) -> Status:
        """Write a matrix or a product, say it of that, and give the status."""
        output.write(report)
        output.note_unused(question.unused)
        if not question.values:
            output.note("the expression has no variables, so that there is nothing to differentiate by")
        entries = report.data["nonfinite"]
        if entries:
            warn_of_results(question, entries, output)
        note_losses(question, output)
        return self.status(not entries)

    def status(self, is_finite: bool) -> Status:
        return Status.DONE if is_finite or not self.strict else Status.NON_FINITE


def known_names(question: Question) -> list[str]:
    return [name for name in question.graph.inputs if name in question.values]


def quoted(text: str) -> str:
    """As a shell takes it for one word."""
    import shlex  # here, not above: few questions are wrong

    return shlex.quote(text)


def directions(option: str, question: Question, given: Sequence[str]) -> dict[str, Array]:
    """The values of `--tangent x=1` and its like by variable, or what a statement computes. Raises Failure, too."""
    known = known_names(question)
    example = f"{known[0]}={example_of(np.shape(question.values[known[0]]))}" if known else "x=1"
    if not given:
        example = f"for example: {option} {quoted(example)}" if known else "the expression has no variables"
        raise Failure(f"{option} is missing", example)
    vectors: dict[str, Array] = {}
    for text in given:
        written, equals, value = text.partition("=")
        name = normalized(written.strip())
        if not equals or not name:
            raise Failure(f"{option} {text}", f"write NAME=VALUE: {option} {quoted(example)}")
        if name not in question.graph.names:
            check_known(option, name, known)
        if name in vectors:
            raise Failure(f"{option} {name} is given twice", "omit one of the two")
        vectors[name] = read_value(f"{option} {name}", value.strip())
    return vectors


def example_of(shape: Shape) -> str:
    """A direction of a shape, as text: the first entry alone, or ones of an array that is large or has no entries."""
    from backprop.cli.output.numbers import MAXIMUM_WHOLE, whole

    if not shape:
        return "1"
    first = np.zeros(shape)
    if not 0 < first.size <= MAXIMUM_WHOLE:
        return f"ones({', '.join(map(str, shape))})"
    first.flat[0] = 1.0
    return whole(first)


def read_shape(text: str) -> tuple[str, Shape]:
    """`W=2,3` as the name and the shape. Raises Failure."""
    name, _, lengths = text.partition("=")
    parts = [part.strip() for part in lengths.split(",")] if lengths.strip() else []
    if not name.strip() or not parts or not all(part.isascii() and part.isdigit() for part in parts):
        raise Failure(f"--shape {text}", "write NAME=LENGTH,LENGTH: --shape W=2,3")
    longest = max(parts, key=len)
    if len(longest) > MOST_DIGITS:
        raise Failure(
            f"--shape {name}: a length of {len(longest)} digits", f"an array has at most {MAXIMUM_ENTRIES} entries"
        )
    return normalized(name.strip()), tuple(map(int, parts))


def note_losses(question: Question, output: Output) -> None:
    """Name the compositions that lost digits at this point."""
    from backprop.autodiff.derivatives.lost_digits import losses

    lost = [] if output.is_quiet else losses(question.graph, question.values)
    if lost:
        from backprop.cli.reports.lost_digits import notes

        for note in notes(lost, question.graph.source):
            output.note(note)


def warn_of(trace: Trace, output: Output) -> None:
    """Name the gates at which inf or nan began."""
    from backprop.cli.output.errors import warning
    from backprop.cli.reports.nonfinite import described

    note_first(
        trace.births, lambda birth: warning(described(trace, birth), birth.node.span, trace.graph.source), output
    )


def warn_of_results(question: Question, entries: Sequence[dict[str, Any]], output: Output) -> None:
    """Name the gates at which inf or nan began in the value or the gradient, else the results that hold it."""
    from backprop.autodiff.derivatives.trace import trace

    evaluation = trace(question.graph, question.values)
    if evaluation.births:
        warn_of(evaluation, output)
        return
    note_first(entries, warning_of_entry, output)


def warning_of_entry(entry: dict[str, Any]) -> str:
    indices = entry.get("entries", [])
    where = f" at {len(indices)} place{'s' * (len(indices) != 1)}, first {indices[0]}" if indices else ""
    return f"warning: {entry['where']} is {entry['value']}{where}"


def note_first(results: Sequence[Any], said: Callable[[Any], str], output: Output) -> None:
    """Say the first few of what is not finite, with -v all."""
    shown = results if output.is_verbose else results[:MAXIMUM_WARNINGS]
    for result in shown:
        output.note(said(result))
    if len(results) > len(shown):
        output.note(f"{len(results) - len(shown)} more results are not finite (-v names all)")
