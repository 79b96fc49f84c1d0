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
    if isinstance(error, Failure):
        return worded(error.reason, error.cure), error.status
    if isinstance(error, MemoryError):
        return worded("there is not enough memory for this", "use smaller arrays"), Status.WRONG_QUESTION
    if isinstance(error, OSError):
        reason = error.strerror or str(error)
        return worded(f"the results could not be written: {reason[:1].lower()}{reason[1:]}"), Status.WRONG_DATA
    usage = usage_error(error)
    if usage is not None:
        return usage, Status.WRONG_QUESTION
    reason = " ".join(f"{type(error).__name__}: {error}".split())
    return worded(f"internal error: {reason}", REPORT), Status.INTERNAL


def worded(reason: str, cure: str | None = None) -> Lines:
    """The message of an error; a cure may be Lines, too."""
    return Lines(f"error: {visible(reason)}" + (f"\n  {visible_lines(cure)}" if cure else ""))


def usage_error(error: BaseException) -> Lines | None:
    """Click's complaint about an option, in our words; None for any other exception."""
    import click

    if not isinstance(error, click.ClickException):
        return None
    reason = error.format_message().rstrip(".")
    context = getattr(error, "ctx", None)
    return worded(reason[:1].lower() + reason[1:], f"see {context.command_path if context else 'backprop'} --help")


def warning(reason: str, span: Span | None, source: str | None) -> Lines:
    """A warning with its place in the expression."""
    from backprop.parser.diagnostics.rendering import render

    return Lines(render(ExpressionError(reason, span, None, source)).replace("error: ", "warning: ", 1))
