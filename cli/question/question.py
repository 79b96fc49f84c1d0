"""The question that argv asks: the expression's graph, and what is known of each of its variables.

Whatever is wrong with the names is said at once, with the cure. Computes nothing.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from enum import Enum
from functools import partial

from backprop.autodiff.evaluation.binding import defaults_beside
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.shapes import Array, Shape
from backprop.cli.question.argv import EXAMPLES, Arguments, GivenValue, is_file, normalized, split_positionals
from backprop.cli.question.expression import checked, is_latex_file, of_either_kind, read_expression
from backprop.cli.question.names import (
    check_free,
    check_given_once,
    check_names,
    closest_option,
    listed,
    without_values,
)
from backprop.cli.question.ranges import Range, check_ranges, in_order, is_range, read_range
from backprop.cli.question.values import read_value
from backprop.cli.status import Failure

Read = Callable[[str, str], Array]  # the value that a text gives to a name
Reader = Callable[[str, Mapping[str, Shape] | None], Graph]  # of a command's text

MAXIMUM_ECHOED = 60  # characters of an expression in a line of help


class Needs(Enum):
    """What a command needs for each variable: a value; one or two ranges and else values; columns for the others; of a
    model columns, starts and ranges of these; of an optimum and of equations a start or a range to begin within.
    """

    VALUES = "values"
    RANGES = "ranges"
    COLUMNS = "columns"
    MODEL = "model"
    OPTIMUM = "optimum"
    EQUATIONS = "equations"
    NOTHING = "nothing"


BEGUN = (Needs.OPTIMUM, Needs.EQUATIONS)


class Question(NamedTuple):
    """`text` as the user wrote it, its `graph`, the `values` by name, and names a --vars file held in vain.

    `ranges` are one or two, the horizontal first, of variables that have no value; `rows` are the files of rows, none
    for stdin. `relations` are the graphs of the texts beside the expression, or of the other expressions. `is_latex`:
    the user writes LaTeX.
    """

    text: str
    graph: Graph
    values: dict[str, Array]
    unused: Sequence[str]
    ranges: tuple[Range, ...] = ()
    rows: Sequence[str] = ()
    relations: tuple[Graph, ...] = ()
    is_latex: bool = False

    def fused(self) -> Question:
        """The question about the graph in which compositions that lose digits are one gate each."""
        from backprop.autodiff.passes.fusion import fuse

        given = {*self.values, *(range_.name for range_ in self.ranges)}
        return self._replace(
            graph=fuse(self.graph, given), relations=tuple([fuse(graph, given) for graph in self.relations])
        )

    @property
    def title(self) -> str:
        """The expression on one line."""
        return on_one_line(self.text)


def on_one_line(text: str) -> str:
    return "; ".join(" ".join(line.split()) for line in text.splitlines() if line.strip())


def ask(
    command: str,
    arguments: Arguments,
    file: str | None,
    vars_files: Sequence[str],
    needs: Needs = Needs.VALUES,
    shapes: Mapping[str, Shape] | None = None,
    *,
    read: Read = read_value,
    more: Mapping[str, Array] | None = None,
    beside: Sequence[str] = (),
) -> Question:
    """The question in a command's argv, `shapes` being those of options. Raises ExpressionError or Failure.

    `read` reads the text of a value; `more` values come from what else the command is given, and any other goes first;
    `beside` are the texts of relations that go with the expression.
    """
    takes_rows = needs in (Needs.COLUMNS, Needs.MODEL)
    example = EXAMPLES.get(command, EXAMPLES["eval"])
    expression, others, bindings = split_positionals(
        arguments,
        needs_expression=file is None,
        takes_rows=takes_rows,
        takes_several=needs is Needs.RANGES,
        command=command,
    )
    rows = others if takes_rows else ()
    check_stdin(file, vars_files, has_rows=takes_rows and (not rows or "-" in rows))
    if file is not None:
        expression = read_expression(file)
    elif expression is None:
        raise without_expression(bindings, arguments, example)
    elif takes_rows and not rows and is_file(expression):
        only = "stdin" if expression == "-" else f"the file {expression}"
        raise Failure(f"no expression was given, only {only}", f"for example: {example}")
    elif file is None and os.path.isfile(expression):
        from backprop.cli.question.surplus import SHELL

        raise Failure(f"{expression} is a file, not an expression", f'{SHELL}: "x*y"; or read one from it: -f FILE')
    filed = read_vars(vars_files, read, more)
    is_latex = arguments.is_latex or is_latex_file(file)
    read_as = latex_graph if is_latex else read_graph
    stated = read_as(needs, checked(expression), bindings, filed, shapes or {}, read)
    relations = [read_as(Needs.EQUATIONS, checked(text), bindings, filed, {}, read) for text in beside]
    if needs is Needs.RANGES:
        relations = [
            read_another(partial(read_as, needs), text, [expression, *others], bindings, filed, read) for text in others
        ]
    graph = together([stated, *relations]) if relations else stated
    check_names(graph, bindings, arguments)
    check_free(graph, filed)
    may_range = needs in (Needs.RANGES, Needs.MODEL, *BEGUN)
    ranged = [binding for binding in bindings if is_range(binding.text or "")] if may_range else []
    if needs is Needs.RANGES:
        check_ranges(graph, ranged, bindings, arguments)
    given = {*filed, *(binding.name for binding in bindings)}
    missing = [name for name in graph.variables if name not in given and name not in graph.defaults]
    if missing and needs in (Needs.VALUES, Needs.RANGES, *BEGUN):
        raise without_values(command, missing, arguments, filed)
    ranges = in_order([read_range(binding) for binding in ranged])
    fixed = [binding for binding in bindings if binding not in ranged]
    values = needed_values(filed, graph.inputs) | values_of(fixed, read)
    if needs in (Needs.VALUES, Needs.RANGES):
        values |= defaults_beside(graph, given)
    for range_ in ranges:
        values.pop(range_.name, None)
    unused = [name for name in filed if name not in graph.inputs]
    return Question(expression, stated, values, unused, ranges, rows, tuple(relations), is_latex)


def reader_for(needs: Needs) -> Reader:
    """What reads the text of a command."""
    from backprop.parser import parse, parse_model, parse_relations

    return {Needs.MODEL: parse_model, Needs.EQUATIONS: parse_relations}.get(needs, parse)


def read_another(
    read_as: Callable[..., Graph],
    text: str,
    words: Sequence[str],
    bindings: Sequence[GivenValue],
    filed: Mapping[str, Array],
    read_text: Read,
) -> Graph:
    """The graph of one of several expressions. Raises Failure where the shell took one expression apart."""
    from backprop.autodiff.errors import ExpressionError

    try:
        return read_as(checked(text), bindings, filed, {}, read_text)
    except ExpressionError:
        whole = " ".join(words)
        with contextlib.suppress(ExpressionError):
            read_as(whole, bindings, filed, {}, read_text)
            from backprop.cli.question.surplus import cure_of_surplus

            raise Failure(f"unexpected argument {words[1]!r}", cure_of_surplus(whole, words)) from None
        raise


def together(graphs: Sequence[Graph]) -> Graph:
    """The names of several graphs, as one graph has them; it is evaluated by nobody."""
    whole = Graph(is_typed=False)
    for graph in graphs:
        twin: list[Node] = []
        for node in graph.nodes:
            twin.append(whole.copy(node, twin))
        whole.names |= {name: twin[node.index] for name, node in graph.names.items()}
        whole.defaults |= graph.defaults
        whole.fixed |= graph.fixed
    return whole


def read_graph(
    needs: Needs,
    text: str,
    bindings: Sequence[GivenValue],
    filed: Mapping[str, Array],
    shapes: Mapping[str, Shape],
    read_text: Read,
) -> Graph:
    """The graph of the text, read again for the shapes of the values where a range follows from them."""
    from backprop.parser.constants import UnknownShape

    reader = reader_for(needs)
    try:
        graph = reader(text, None)
        if not graph.assumed:
            return graph
    except UnknownShape:
        pass
    return reader(text, {**known_shapes(bindings, filed, read_text), **shapes})


def latex_graph(
    needs: Needs,
    text: str,
    bindings: Sequence[GivenValue],
    filed: Mapping[str, Array],
    shapes: Mapping[str, Shape],
    read_text: Read,
) -> Graph:
    """The graph of a text in LaTeX, in which the shapes of the values say what a product means."""
    from backprop.parser.latex.reading import parse_latex
    from backprop.parser.parsing import TextKind

    kind = {Needs.MODEL: TextKind.MODEL, Needs.EQUATIONS: TextKind.RELATIONS}.get(needs, TextKind.EXPRESSION)
    return parse_latex(text, {**known_shapes(bindings, filed, read_text), **shapes}, kind)


def known_shapes(bindings: Sequence[GivenValue], filed: Mapping[str, Array], read_text: Read) -> dict[str, Shape]:
    """The shapes of all values that are given."""
    known = {name: np.shape(filed[name]) for name in filed}
    for binding in bindings:
        if not is_range(binding.text or ""):
            known[binding.name] = np.shape(read_text(binding.name, binding.text or ""))
    return known


def values_of(bindings: Sequence[GivenValue], read: Read = read_value) -> dict[str, Array]:
    return {binding.name: read(binding.name, binding.text or "") for binding in bindings}


def fixed_values(bindings: Sequence[GivenValue], vars_files: Sequence[str]) -> dict[str, Array]:
    """The values that hold for all of several expressions. Raises ExpressionError or Failure."""
    filed = read_vars(vars_files)
    check_given_once(bindings)
    return needed_values(filed, filed) | values_of(bindings)


def variables_line(arguments: Arguments) -> str | None:
    """`Variables of (x+y)*z: --x --y --z`, for the help; None where argv holds no expression that can be read."""
    from backprop.autodiff.errors import ExpressionError

    takes_rows = "--rename" in arguments.known
    try:
        expression, *_ = split_positionals(arguments, needs_expression=True, takes_rows=takes_rows)
        if expression is None:
            return None
        graph = of_either_kind(checked(expression), is_latex=arguments.is_latex)
    except (ExpressionError, Failure):
        return None
    names = [f"{name}=…" if f"--{name}" in arguments.known else f"--{name}" for name in graph.variables]
    shown = expression if len(expression) <= MAXIMUM_ECHOED and expression.isprintable() else "the expression"
    return f"Variables of {shown}: {' '.join(names) if names else 'none'}"


def without_expression(bindings: Sequence[GivenValue], arguments: Arguments, example: str) -> Failure:
    """Nothing but options: one of them is misspelt and took the expression for its value, or it was forgotten."""
    for binding in bindings:
        option = closest_option(binding, arguments)
        if option:
            return Failure(f"unknown option {binding.written}", f"did you mean {option}?")
    if bindings:
        names = listed([binding.name for binding in bindings])
        only = f"only {'values' if len(bindings) > 1 else 'a value'} for {names}"
        return Failure(f"no expression was given, {only}: is a shell's variable empty?", f"for example: {example}")
    return Failure("no expression was given", f"for example: {example}")


def check_stdin(file: str | None, vars_files: Sequence[str], *, has_rows: bool) -> None:
    """Raise Failure where more than one thing would be read from stdin."""
    readers = ["-f -"] * (file == "-") + ["--vars -"] * list(vars_files).count("-") + ["the rows"] * has_rows
    if len(readers) > 1:
        raise Failure(
            f"{readers[0]} and {readers[1]} would both be read from stdin",
            "give the rows as a FILE" if has_rows else "give one of the two as a FILE",
        )


def read_vars(
    paths: Sequence[str], read: Read = read_value, more: Mapping[str, Array] | None = None
) -> Mapping[str, Array]:
    """The values of all --vars files, and `more` of names that they lack; a file may hold more than the expression
    needs. Raises Failure.
    """
    if not paths:
        return more or {}
    from backprop.cli.question.vars_files import VarsFiles, read_vars_file

    filed = VarsFiles(read, more or {})
    for path in paths:
        for key, value in read_vars_file(path).items():
            filed.add(path, normalized(key), key, value)
    return filed


def needed_values(filed: Mapping[str, Array], names: Collection[str]) -> dict[str, Array]:
    """The values of those names that have some in --vars files. Raises ExpressionError or Failure."""
    return {name: filed[name] for name in filed if name in names}
