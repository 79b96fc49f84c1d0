"""The one error class of the library. It carries data; the parser's room turns it into text."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from backprop.autodiff.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Span(NamedTuple):
    """A half-open range of characters of the source text."""

    start: int
    end: int


def reason_of(error: ExpressionError) -> str:
    return error.reason


class ExpressionError(ValueError):
    """Something is wrong with an expression or with a value given to it.

    `reason` says what, in lower case and without a full stop; `span` says where in `source` (None where the
    fault is in no text); `cure` says how to fix it. Nothing was computed when it is raised. `written` makes its text:
    the parser, which knows the texts that places are in, puts its own here.
    """

    written: ClassVar[Callable[[ExpressionError], str]] = reason_of

    def __init__(
        self, reason: str, span: Span | None = None, cure: str | None = None, source: str | None = None
    ) -> None:
        super().__init__(reason)
        self.reason: str = reason
        self.span = span
        self.cure = cure
        self.source = source

    def __str__(self) -> str:
        return ExpressionError.written(self)  # anew each time: the graph completes the reason with the gate's name

    def located(self, span: Span | None, source: str | None) -> ExpressionError:
        """This error with a place, where it has none yet: a rule knows what is wrong, its caller knows where."""
        if self.span is None:
            self.span = span
        if self.source is None:
            self.source = source
        return self
