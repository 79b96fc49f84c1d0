"""Errors and warnings as text, and the status of each. Prints nothing."""

from __future__ import annotations

from backprop.autodiff.errors import ExpressionError, Span
from backprop.cli.status import Failure, Status
from backprop.parser.visible import Lines, visible, visible_lines

REPORT = "please report it with the command that you gave; BACKPROP_DEBUG=1 shows where"


def message(error: BaseException) -> tuple[Lines, Status]:
    """What to say of an exception, and the exit status."""
    if isinstance(error, ExpressionError):
        from backprop.parser.diagnostics.rendering import render

        return Lines(render(error)), Status.WRONG_QUESTION
    failure = failure_of(error)
    return worded(failure.reason, failure.cure), failure.status


def failure_of(error: BaseException) -> Failure:
    """An exception that is not about an expression, in our words."""
    if isinstance(error, Failure):
        return error
    if isinstance(error, MemoryError):
        return Failure("there is not enough memory for this", "use smaller arrays")
    if isinstance(error, OSError):
        reason = error.strerror or str(error)
        return Failure(f"the results could not be written: {reason[:1].lower()}{reason[1:]}", None, Status.WRONG_DATA)
    reason = " ".join(f"{type(error).__name__}: {error}".split())
    return usage_failure(error) or Failure(f"internal error: {reason}", REPORT, Status.INTERNAL)


def worded(reason: str, cure: str | None = None) -> Lines:
    """The message of an error; a cure may be Lines, too."""
    return Lines(f"error: {visible(reason)}" + (f"\n  {visible_lines(cure)}" if cure else ""))


def usage_failure(error: BaseException) -> Failure | None:
    """Click's complaint about an option, in our words; None for any other exception."""
    import click

    if not isinstance(error, click.ClickException):
        return None
    reason = error.format_message().rstrip(".")
    context = getattr(error, "ctx", None)
    return Failure(reason[:1].lower() + reason[1:], f"see {context.command_path if context else 'backprop'} --help")


def warning(reason: str, span: Span | None, source: str | None) -> Lines:
    """A warning with its place in the expression."""
    from backprop.parser.diagnostics.rendering import render

    return Lines(render(ExpressionError(reason, span, None, source)).replace("error: ", "warning: ", 1))
