"""The question that argv asks: the expression's graph and a value for each of its variables.

Whatever is wrong with the names is said here, all at once, with the cure. Computes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from backprop.autodiff.graph import Graph
from backprop.autodiff.shapes import Array
from backprop.cli.question.argv import Arguments, Binding, normalized, split_positionals
from backprop.cli.question.expression import checked, read_expression
from backprop.cli.question.values import read_value
from backprop.cli.status import Failure
from backprop.parser.similarity import closest

EXAMPLE = 'backprop eval "(x+y)*z" --x -2 --y 5 --z -4'
MAXIMUM_SHOWN = 50  # names in one error
MAXIMUM_ECHOED = 60  # characters of an expression in a line of help
MAXIMUM_COPIED = 500  # characters of a command to copy


class Question(NamedTuple):
    """`text` as the user wrote it, its `graph`, the `values` by name, and names a --vars file held in vain."""

    text: str
    graph: Graph
    values: dict[str, Array]
    unused: Sequence[str]
    is_fused: bool = False

    def fused(self) -> Question:
        """The question about the graph in which compositions that lose digits are one gate each."""
        from backprop.autodiff.passes.fusion import fuse

        return self._replace(graph=fuse(self.graph, self.values), is_fused=True)


def ask(
    command: str, found: Arguments, file: str | None, vars_files: Sequence[str], *, is_point_optional: bool = False
) -> Question:
    """The question in a command's argv, its variables with all their values or, if that may be, with some.

    Raises ExpressionError or Failure.
    """
    from backprop.parser import parse

    expression, bindings = split_positionals(found, needs_expression=file is None)
    if file is not None:
        expression = read_expression(file)
    if expression is None:
        raise without_expression(bindings, found)
    graph = parse(checked(expression))
    names = graph.inputs
    check_names(graph, bindings, found)
    filed = read_vars(vars_files)
    given = {*filed, *(one.name for one in bindings)}
    missing = [name for name in graph.variables if name not in given]
    if missing and not is_point_optional:
        raise without_values(command, missing, found, filed)
    values = needed_values(filed, names)
    values.update((one.name, read_value(one.name, one.text or "")) for one in bindings)
    return Question(expression, graph, values, [name for name in filed if name not in names])


def variables_line(found: Arguments) -> str | None:
    """`Variables of (x+y)*z: --x --y --z`, for the help; None where argv holds no expression that can be read."""
    from backprop.autodiff.errors import ExpressionError
    from backprop.parser import parse

    try:
        expression, _ = split_positionals(found, needs_expression=True)
        if expression is None:
            return None
        graph = parse(checked(expression))
    except (ExpressionError, Failure):
        return None
    names = [f"{name}=…" if f"--{name}" in found.known else f"--{name}" for name in graph.variables]
    shown = expression if len(expression) <= MAXIMUM_ECHOED and expression.isprintable() else "the expression"
    return f"Variables of {shown}: {' '.join(names) if names else 'none'}"


def without_expression(bindings: Sequence[Binding], found: Arguments) -> Failure:
    """Nothing but options: one of them is misspelt and took the expression for its value, or it was forgotten."""
    for one in bindings:
        option = closest_option(one, found)
        if option:
            return Failure(f"unknown option {one.written}", f"did you mean {option}?")
    if bindings:
        only = f"only {'values' if len(bindings) > 1 else 'a value'} for {listed([one.name for one in bindings])}"
        return Failure(f"no expression was given, {only}: is a shell's variable empty?", f"for example: {EXAMPLE}")
    return Failure("no expression was given", f"for example: {EXAMPLE}")


def check_names(graph: Graph, bindings: Sequence[Binding], found: Arguments) -> None:
    """Raise Failure for a name that is none of the expression's variables, given twice, or without a value."""
    names = graph.inputs
    seen: set[str] = set()
    for one in bindings:
        if one.name not in names:
            raise unknown_name(graph, one, found)
        if one.text is None:
            raise Failure(f"{one.written} has no value", f"give it one: {one.written} 1")
        if one.name in seen:
            raise Failure(f"{one.name} is given twice", "leave one of the two away")
        seen.add(one.name)


def unknown_name(graph: Graph, binding: Binding, found: Arguments) -> Failure:
    name = binding.name
    if name in graph.names:
        return Failure(f"{name} is computed by the expression", "leave its value away")
    option, meant = closest_option(binding, found), closest(name, graph.inputs)
    if option and not (meant and closest(name, [meant, option[2:]]) == meant):
        return Failure(f"unknown option {binding.written}", f"did you mean {option}?")
    reason = f"{name} is no variable of the expression"
    if meant:
        return Failure(reason, f"did you mean {written_as(meant, found)}?")
    return Failure(reason, variables_of(graph.variables))


def written_as(name: str, found: Arguments) -> str:
    """How a value for the name can be written after the tokens: `--x`, or `x=` where that is no variable."""
    return f"{name}=" if f"--{name}" in found.known or "--" in found.tokens else f"--{name}"


def chosen_names(wrt: Sequence[str], known: Sequence[str]) -> list[str] | None:
    """The names that --wrt asks for, each once; None where it asks for none. Raises Failure for an unknown one."""
    parts = [name for several in wrt for name in several.split(",")]
    chosen = list(dict.fromkeys(normalized(name.strip()) for name in parts))
    for name in chosen:
        check_known("--wrt", name, known)
    return chosen or None


def check_known(option: str, name: str, known: Sequence[str]) -> None:
    """Raise Failure for a name in an option that is none of the variables."""
    if name not in known:
        meant = closest(name, known)
        cure = f"did you mean {meant}?" if meant else variables_of(known)
        raise Failure(f"{option} {name}: {name} is no variable of the expression", cure)


def variables_of(names: Sequence[str]) -> str:
    return f"its variables are {listed(names)}" if names else "it has no variables"


def closest_option(binding: Binding, found: Arguments) -> str | None:
    """The command's own option that `--formt` was probably meant to be."""
    if not binding.written.startswith("--"):
        return None
    meant = closest(binding.written[2:], [option[2:] for option in found.known if option.startswith("--")])
    return meant and f"--{meant}"


def read_vars(paths: Sequence[str]) -> Mapping[str, Array]:
    """The values of all --vars files; a file may hold more than the expression needs. Raises Failure."""
    if not paths:
        return {}
    from backprop.cli.question.vars_files import VarsFiles, read_vars_file

    filed = VarsFiles()
    for path in paths:
        for key, value in read_vars_file(path).items():
            filed.add(path, normalized(key), key, value)
    return filed


def needed_values(filed: Mapping[str, Array], names: Collection[str]) -> dict[str, Array]:
    """The values of those names that have some in --vars files. Raises ExpressionError or Failure."""
    return {name: filed[name] for name in filed if name in names}


def without_values(command: str, missing: Sequence[str], found: Arguments, filed: Collection[str]) -> Failure:
    """All variables without a value in one failure; the cure can be copied to the shell."""
    import shlex

    reason = f"{listed(missing)} {'has' if len(missing) == 1 else 'have'} no value"
    similar = {name: closest(name, filed) for name in missing[:MAXIMUM_SHOWN]} if filed else {}
    hints = [f"{meant} in the --vars file is not {name}" for name, meant in similar.items() if meant]
    added = " ".join(
        f"{written} 1" if written.startswith("--") else f"{written}1"
        for written in (written_as(name, found) for name in missing[:MAXIMUM_SHOWN])
    )
    whole = f"backprop {command} {shlex.join(found.tokens)} {added}"
    cure = f"for example: {whole}" if len(whole) <= MAXIMUM_COPIED else f"add {added}"
    return Failure(f"{reason} ({'; '.join(hints)})" if hints else reason, cure)


def listed(names: Sequence[str]) -> str:
    """`x`, `x and y`, `x, y and z`; of very many the first and a count."""
    if len(names) > MAXIMUM_SHOWN:
        return f"{', '.join(names[:MAXIMUM_SHOWN])} and {len(names) - MAXIMUM_SHOWN} more"
    return " and ".join([*([", ".join(names[:-1])] if len(names) > 1 else []), names[-1]])
