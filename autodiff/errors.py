"""The one error class of the library. It carries data; the parser's room turns it into text."""

from __future__ import annotations

from backprop.autodiff.named_tuple import NamedTuple


class Span(NamedTuple):
    """A half-open range of characters of the source text."""

    start: int
    end: int


class ExpressionError(ValueError):
    """Something is wrong with an expression or with a value given to it.

    `reason` says what, in lower case and without a full stop; `span` says where in `source` (None where the
    fault is in no text); `cure` says how to fix it. Nothing was computed when it is raised.
    """

    def __init__(
        self, reason: str, span: Span | None = None, cure: str | None = None, source: str | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.span = span
        self.cure = cure
        self.source = source

    def __str__(self) -> str:
        return self.reason  # which the graph completes with the gate's name

    def located(self, span: Span | None, source: str | None) -> ExpressionError:
        """This error with a place, where it has none yet: a rule knows what is wrong, its caller knows where."""
        if self.span is None:
            self.span = span
        if self.source is None:
            self.source = source
        return self
