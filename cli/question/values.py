"""The text of a value to an array: a constant expression, or @FILE. Knows the variable's name only for its errors."""

from __future__ import annotations

from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.shapes import Array


def is_value(text: str) -> bool:
    """Whether the text can be read as a value, or as a range of values."""
    from backprop.parser.parsing import constant

    if text.startswith("@"):
        return True
    try:
        for part in text.split(":") if "[" not in text else [text]:
            constant(part)
    except ExpressionError:
        return False
    return True


def read_value(name: str, text: str) -> Array:
    """The value that `text` gives to `name`. Raises ExpressionError or Failure, which name it."""
    if text.startswith("@"):
        from backprop.cli.question.value_files import read_value_file

        return read_value_file(name, text[1:])
    return constant_value(name, text)


def constant_value(name: str, text: str) -> Array:
    """The value of a constant expression: data, which opens no file. Raises ExpressionError, which names `name`."""
    from backprop.parser.parsing import constant

    try:
        return constant(text)
    except ExpressionError as error:
        error.reason = f"the value of {name}: {error.reason}"
        raise error.located(None, text) from None
