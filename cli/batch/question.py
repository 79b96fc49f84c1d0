"""What a batch asks: the expression, the file of rows, and the values that hold for all of them. Reads no row."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from typing import NamedTuple

from backprop.autodiff.graph import Graph
from backprop.autodiff.shapes import Array
from backprop.cli.batch.results import Naming
from backprop.cli.question.argv import Arguments, Binding, as_binding, is_assignment, normalized, taken_expression
from backprop.cli.question.expression import checked, read_expression
from backprop.cli.question.question import check_names, needed_values, read_vars
from backprop.cli.question.values import read_value
from backprop.cli.status import Failure

EXAMPLE = 'backprop batch "1/(1+exp(-(w*x+b)))" rows.csv > out.csv'


class BatchQuestion(NamedTuple):
    """`graph` is None where every row has an expression of its own; `file` None is stdin."""

    graph: Graph | None
    file: str | None
    fixed: dict[str, Array]


def ask(found: Arguments, expression_file: str | None, vars_files: Sequence[str], *, has_own: bool) -> BatchQuestion:
    """The question in a batch's argv; `has_own`: the rows bring their expressions. Raises ExpressionError, Failure."""
    from backprop.parser import parse

    words = [token for token in found.positionals if not is_assignment(token)]
    assignments = [token for token in found.positionals if is_assignment(token)]
    needs_expression = expression_file is None and not has_own
    if needs_expression and assignments and (not words or is_file_alone(words)):
        words[:0] = taken_expression(assignments)  # `q = x + y` is an expression too
    if needs_expression and not words:
        raise Failure("no expression was given", f"for example: {EXAMPLE}")
    text = words.pop(0) if needs_expression else None
    if text is not None and not words and (text == "-" or os.path.isfile(text)):
        only = "stdin" if text == "-" else f"the file {text}"
        raise Failure(f"no expression was given, only {only}", f"for example: {EXAMPLE}")
    if has_own and words and not os.path.exists(words[0]) and words[0] != "-":
        raise Failure(
            f"{words[0]}: no such file; the rows bring their own expressions",
            "leave the expression away, or the option that says so: --expr-field, --from lines",
        )
    if len(words) > 1:
        raise Failure(f"unexpected argument {words[1]!r}", f"an expression and one file of rows: {EXAMPLE}")
    bindings = [*found.bindings, *(as_binding(token) for token in assignments)]
    file = words[0] if words else None
    if has_own:
        return BatchQuestion(None, file, fixed_values(bindings, vars_files))
    if expression_file is not None:
        if expression_file == "-" and file in (None, "-"):
            raise Failure("-f - and the rows would both be read from stdin", "give the rows as a FILE")
        text = read_expression(expression_file)
    graph = parse(checked(text or ""))
    check_names(graph, bindings, found)
    return BatchQuestion(graph, file, fixed_values(bindings, vars_files, graph.inputs))


def is_file_alone(words: Sequence[str]) -> bool:
    return len(words) == 1 and (words[0] == "-" or os.path.isfile(words[0]))


def fixed_values(
    bindings: Sequence[Binding], vars_files: Sequence[str], names: Collection[str] | None = None
) -> dict[str, Array]:
    """The values that hold for all rows, of `names` or of all; an option wins over a file.

    Raises ExpressionError or Failure.
    """
    filed = read_vars(vars_files)
    values = needed_values(filed, filed if names is None else names)
    seen: set[str] = set()
    for one in bindings:
        if one.text is None:
            raise Failure(f"{one.written} has no value", f"give it one: {one.written} 1")
        if one.name in seen:
            raise Failure(f"{one.name} is given twice", "leave one of the two away")
        seen.add(one.name)
        values[one.name] = read_value(one.name, one.text)
    return values


def renames_of(given: Sequence[str], graph: Graph) -> dict[str, str]:
    """`x=width` as variable to column. Raises Failure for one that is no variable."""
    from backprop.cli.question.question import check_known

    found: dict[str, str] = {}
    for text in given:
        name, equals, column = text.partition("=")
        name = normalized(name.strip())
        if not equals or not name or not column.strip():
            raise Failure(f"--rename {text}", "write VARIABLE=COLUMN: --rename x=width")
        check_known("--rename", name, list(graph.inputs))
        if name in found:
            raise Failure(f"--rename {name} is given twice", "leave one of the two away")
        found[name] = column
    return found


def naming_of(text: str | None) -> Naming:
    """`--name cost` or `--name cost,d_`. Raises Failure."""
    if text is None:
        return Naming()
    value, comma, prefix = text.partition(",")
    if not value.strip() or "\n" in text or "\0" in text or "," in prefix:
        raise Failure(f"--name {text!r}", "write NAME, or NAME,PREFIX for the gradients too: --name cost,d_")
    return Naming(value.strip(), prefix.strip() if comma else Naming().gradient)
