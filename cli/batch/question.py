"""What a batch asks: the expression, the file of rows, and the values that hold for all of them. Reads no row."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Sequence

from backprop.autodiff.graph import Graph
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.shapes import Array
from backprop.cli.batch.results import Naming
from backprop.cli.question.argv import Arguments, is_assignment, normalized, split_positionals
from backprop.cli.question.names import check_known
from backprop.cli.question.question import Needs, ask, check_stdin, fixed_values
from backprop.cli.status import Failure

RENAMES = re.compile(",(?=[^,=]+=)")  # between several in one option: a column's name may hold a comma


class BatchQuestion(NamedTuple):
    """`graph` is None where every row has an expression of its own; without `files` they come from stdin."""

    graph: Graph | None
    files: Sequence[str]
    fixed: dict[str, Array]


def ask_rows(arguments: Arguments, file: str | None, vars_files: Sequence[str], *, has_own: bool) -> BatchQuestion:
    """The question in a batch's argv; `has_own`: the rows bring their expressions. Raises ExpressionError, Failure."""
    if not has_own:
        question = ask("batch", arguments, file, vars_files, Needs.COLUMNS)
        return BatchQuestion(question.graph, question.rows, question.values)
    if file is not None:
        raise Failure(
            f"-f {file}: the rows bring their own expressions",
            "omit -f, or the option that says so: --expr-field, --from lines",
        )
    first = next((word for word in arguments.positionals if not is_assignment(word)), "-")
    if first != "-" and not os.path.exists(first) and not glob.glob(first):
        raise Failure(
            f"{first}: no such file; the rows bring their own expressions",
            "omit the expression, or the option that says so: --expr-field, --from lines",
        )
    _, rows, bindings = split_positionals(arguments, needs_expression=False, takes_rows=True)
    check_stdin(None, vars_files, has_rows=not rows or "-" in rows)
    return BatchQuestion(None, rows, fixed_values(bindings, vars_files))


def renames_of(given: Sequence[str], graph: Graph) -> dict[str, str]:
    """The columns of --rename by variable."""
    return columns_of_option("--rename", given, graph)


def columns_of_option(option: str, given: Sequence[str], graph: Graph) -> dict[str, str]:
    """`x=width` as variable to column; `a=A,b=B` holds two. Raises Failure for one that is no variable."""
    renames: dict[str, str] = {}
    for text in [part for option in given for part in RENAMES.split(option)]:
        name, equals, column = text.partition("=")
        name = normalized(name.strip())
        if not equals or not name or not column.strip():
            raise Failure(f"{option} {text}", f"write VARIABLE=COLUMN: {option} x=width{value_of(option)}")
        check_known(option, name, list(graph.inputs))
        if name in renames:
            raise Failure(f"{option} {name} is given twice", "omit one of the two")
        renames[name] = column
    return renames


def value_of(option: str) -> str:
    """How a variable that is called as the option gets its value."""
    return "; a variable u has its value as u=3" if option == "--u" else ""


def naming_of(text: str | None) -> Naming:
    """`--name cost` or `--name cost,d_`. Raises Failure."""
    if text is None:
        return Naming()
    value, comma, prefix = text.partition(",")
    if not value.strip() or "\n" in text or "\0" in text or "," in prefix:
        raise Failure(f"--name {text!r}", "write NAME, or NAME,PREFIX for the gradients too: --name cost,d_")
    return Naming(value.strip(), prefix.strip() if comma else Naming().gradient)
