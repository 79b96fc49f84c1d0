"""Values as the user gives them, to arrays: a constant expression, @FILE, or many from a --vars file."""

from __future__ import annotations

from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.shapes import Array


def is_value(text: str) -> bool:
    """Whether the text can be read as a value, or as a range of values."""
    from backprop.parser import parse_constant

    if text.startswith("@"):
        return True
    try:
        for part in text.split(":") if "[" not in text else [text]:
            parse_constant(part)
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
    from backprop.parser import parse_constant

    try:
        return parse_constant(text)
    except ExpressionError as error:
        error.reason = f"the value of {name}: {error.reason}"
        raise error.located(None, text) from None


def read_vars_file(path: str) -> dict[str, Array]:
    """The values in a JSON object: numbers, nested lists, or constant expressions as strings. Raises Failure."""
    from backprop.cli.question.value_files import reason_of, wrong
    from backprop.cli.question.value_json import as_array, load
    from backprop.cli.status import Failure

    try:
        found = load(path)
    except OSError as error:
        raise Failure(f"--vars {path}: {reason_of(error)}") from None
    except ValueError as error:
        raise Failure(f"--vars {path}: {error}") from None
    if not isinstance(found, dict):
        raise Failure(f"--vars {path}: it holds no object", 'write one value for each name: {"x": 1, "y": [2, 3]}')
    values = {}
    for name, value in found.items():
        if isinstance(value, str) and value.startswith("@"):
            raise wrong(name, path, f"{value[:40]!r} would open a file", f"give it on the command line: {name}=@FILE")
        try:
            values[name] = constant_value(name, value) if isinstance(value, str) else as_array(value)
        except ValueError as error:
            if isinstance(value, str):
                raise
            raise wrong(name, path, str(error), None) from None
    return values
