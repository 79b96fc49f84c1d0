"""The expression's text: from argv, a file or stdin. Knows no grammar."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from backprop.autodiff.errors import ExpressionError, Span
from backprop.cli.status import Failure
from backprop.parser.limits import MAXIMUM_TEXT

if TYPE_CHECKING:
    from backprop.autodiff.graph import Graph

MOST_BYTES = 4 * MAXIMUM_TEXT


def read_expression(path: str) -> str:
    """The text of the file, `-` being stdin (the only time it is read). Raises Failure."""
    from backprop.cli.question.value_files import reason_of

    shown = "stdin" if path == "-" else path
    try:
        if path == "-":
            if sys.stdin is None:
                raise Failure("-f -: stdin is closed", 'give a file, or the expression in quotes: "x + y"')
            text = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with open(path, "rb") as stream:
                text = stream.read(MOST_BYTES + 1)
        if len(text) > MOST_BYTES:
            raise Failure(
                f"-f {shown}: it is longer than any expression", f"a text has at most {MAXIMUM_TEXT} characters"
            )
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Failure(f"-f {shown}: byte {error.start + 1} is not UTF-8 text", "save it as UTF-8") from None
    except (OSError, ValueError) as error:
        raise Failure(f"-f {shown}: {reason_of(error)}") from None


def checked(text: str) -> str:
    """The text itself. Raises ExpressionError where argv held bytes that are not UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ExpressionError(
            "a byte here is not UTF-8 text", Span(error.start, error.end), "write it as UTF-8", text
        ) from None
    return text


def is_latex_file(path: str | None) -> bool:
    return path is not None and path.lower().endswith(".tex")


def of_either_kind(text: str, *, is_latex: bool = False) -> Graph:
    """The graph of an expression or of a model, where nothing says which it is. Raises ExpressionError."""
    from backprop.parser import parse, parse_latex, parse_model

    if is_latex:
        return parse_latex(text)
    try:
        return parse(text)
    except ExpressionError:
        return parse_model(text)
