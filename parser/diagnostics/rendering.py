"""Errors as text: the reason, the line of the source with a caret under the place, the cure. Knows no terminal."""

from __future__ import annotations

from backprop.autodiff.errors import ExpressionError, Span
from backprop.parser.visible import cell, columns, visible

WIDTH = 100  # columns of source shown
CONTEXT = 30  # characters kept before and after a place in a longer line
LONGEST = 60  # characters kept of a longer place
LONGEST_MESSAGE = 300  # characters of a reason or a cure


def render(error: ExpressionError) -> str:
    """The error as a user reads it: one line where it has no place, else three."""
    message = f"error: {brief(visible(error.reason))}"
    cure = brief(visible(error.cure)) if error.cure else ""
    if error.span is None or not error.source:
        return f"{message}\n  {cure}" if cure else message
    number, line, start, end = marked_line(error.source, error.span)
    shown, column, carets = window(line, start, end)
    gutter = " " * len(str(number))
    pointer = f"  {gutter} | {' ' * column}{'^' * carets} {cure}".rstrip()
    return f"{message}\n  {number} | {shown}".rstrip() + f"\n{pointer}"


def line_and_column(source: str, position: int) -> tuple[int, int]:
    """The line and the column of a character, both from 1; a line ends as the grammar ends a statement."""
    before = source[:position].replace("\r\n", " \n").replace("\r", "\n")
    return before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1


def marked_line(source: str, span: Span) -> tuple[int, str, int, int]:
    """The number and the text of the line where a span begins, and the part of it that the span covers."""
    start = min(max(span.start, 0), len(source))
    number, column = line_and_column(source, start)
    first = start - (column - 1)
    ends = [position for position in (source.find("\n", start), source.find("\r", start)) if position >= 0]
    last = min(ends, default=len(source))
    return number, source[first:last], start - first, max(min(span.end, last), start) - first


def window(line: str, start: int, end: int) -> tuple[str, int, int]:
    """What to show of a line, the column where the span from `start` to `end` begins in it, and its columns."""
    before, marked, after = line[:start], line[start:end], line[end:]
    if len(line) > WIDTH or columns(line) > WIDTH:
        before = "…" + before[-CONTEXT:] if len(before) > CONTEXT else before
        after = after[:CONTEXT] + "…" if len(after) > CONTEXT else after
        if len(marked) > LONGEST:
            marked = f"{marked[: LONGEST // 2]} … {marked[-LONGEST // 2 :]}"
    shown = "".join(map(cell, before + marked + after))
    return shown, columns(before), max(columns(marked), 1)


def brief(text: str) -> str:
    """The text without its middle, where a very long name or number of the user's is in it."""
    return text if len(text) <= LONGEST_MESSAGE else f"{text[: LONGEST_MESSAGE // 2]} … {text[-LONGEST_MESSAGE // 2 :]}"
