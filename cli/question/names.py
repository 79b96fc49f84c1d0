"""The names of an expression's variables: what is wrong with those that were given, or missing, and the cure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any

from backprop.autodiff.evaluation.binding import CHANGE
from backprop.autodiff.graph import Graph
from backprop.cli.question.argv import Arguments, GivenValue, normalized
from backprop.cli.status import Failure
from backprop.parser.similarity import closest, suggestion

MAXIMUM_SHOWN = 50  # names in one error
MAXIMUM_COPIED = 500  # characters of a command to copy


def check_names(graph: Graph, bindings: Sequence[GivenValue], arguments: Arguments) -> None:
    """Raise Failure for a name that is none of the expression's variables, given twice, or without a value."""
    check_free(graph, [binding.name for binding in bindings])
    for binding in bindings:
        refuse_several(graph, binding)
        if binding.name not in graph.inputs:
            raise unknown_name(graph, binding, arguments)
    check_given_once(bindings)


def check_free(graph: Graph, names: Iterable[str]) -> None:
    """Raise Failure for a name whose value the text fixes."""
    for name in names:
        if name in graph.fixed:
            raise Failure(f"{name} is a constant of the expression", CHANGE)


def check_given_once(bindings: Sequence[GivenValue]) -> None:
    """Raise Failure for a name that is given twice, or without a value."""
    seen: set[str] = set()
    for binding in bindings:
        if binding.text is None:
            raise Failure(f"{binding.written} has no value", f"give it one: {binding.written} 1")
        if binding.name in seen:
            raise Failure(f"{binding.name} is given twice", "omit one of the two")
        seen.add(binding.name)


def refuse_several(graph: Graph, binding: GivenValue) -> None:
    """Raise Failure for `x=2,y=3`: the values of several names in one word. A comma in brackets separates entries."""
    text = binding.text or ""
    if "=" not in text or text.startswith("@"):
        return
    depths = accumulate((char in "([") - (char in ")]") for char in text)
    commas = [place for place, depth in enumerate(depths) if text[place] == "," and not depth]
    parts = [text[start:end].strip() for start, end in pairwise([0, *(place + 1 for place in commas), len(text) + 1])]
    parts = [part.rstrip(",").rstrip() for part in parts]
    names = [part.partition("=")[0].strip() for part in parts[1:]]
    if names and all(name in graph.inputs for name in names):  # m=2.0+-0.1,dof=4 is one reading
        several = " ".join([f"{binding.name}={parts[0]}", *("".join(part.split()) for part in parts[1:])])
        raise Failure(f"{binding.written.rstrip('=')} is given several values", f"separate them by blanks: {several}")


def unknown_name(graph: Graph, binding: GivenValue, arguments: Arguments) -> Failure:
    name = binding.name
    if name in graph.names:
        return Failure(f"{name} is computed by the expression", "omit its value")
    option, meant = closest_option(binding, arguments), closest(name, graph.inputs)
    if option and not (meant and closest(name, [meant, option[2:]]) == meant):
        return Failure(f"unknown option {binding.written}", f"did you mean {option}?")
    reason = f"{name} is not a variable of the expression"
    if meant:
        return Failure(reason, f"did you mean {written_as(meant, arguments)}?")
    return Failure(reason, variables_of(graph.variables))


def written_as(name: str, arguments: Arguments) -> str:
    """How a value for the name can be written after the tokens: `--x`, or `x=` where that is not a variable."""
    return f"{name}=" if f"--{name}" in arguments.known or "--" in arguments.tokens else f"--{name}"


def chosen_names(wrt: Sequence[str], known: Sequence[str], computed: Collection[str] = ()) -> list[str] | None:
    """The names that --wrt asks for, each once; None where it asks for none. Raises Failure for an unknown one.

    They are of the variables or, where they are given, of what the statements have `computed`.
    """
    parts = [name for several in wrt for name in several.split(",")]
    chosen = list(dict.fromkeys(normalized(name.strip()) for name in parts))
    for name in chosen:
        if name not in computed:
            check_known("--wrt", name, known)
    return chosen or None


def check_known(option: str, name: str, known: Sequence[str]) -> None:
    """Raise Failure for a name in an option that is none of the variables."""
    if name not in known:
        cure = suggestion(name, known, variables_of(known))
        raise Failure(f"{option} {name}: {name} is not a variable of the expression", cure)


def variables_of(names: Sequence[str]) -> str:
    return f"its variables are {listed(names)}" if names else "it has no variables"


def closest_option(binding: GivenValue, arguments: Arguments) -> str | None:
    """The command's own option that `--formt` was probably meant to be."""
    if not binding.written.startswith("--"):
        return None
    meant = closest(binding.written[2:], [option[2:] for option in arguments.known if option.startswith("--")])
    return meant and f"--{meant}"


def without_values(command: str, missing: Sequence[str], arguments: Arguments, filed: Mapping[str, Any]) -> Failure:
    """All variables without a value in one failure; the cure can be copied to the shell."""
    import shlex

    reason = f"{listed(missing)} {'has' if len(missing) == 1 else 'have'} no value"
    similar = {name: closest(name, filed) for name in missing[:MAXIMUM_SHOWN]} if filed else {}
    hints = [f"{meant} in the --vars file is not {name}" for name, meant in similar.items() if meant]
    added = " ".join(
        f"{written} 1" if written.startswith("--") else f"{written}1"
        for written in (written_as(name, arguments) for name in missing[:MAXIMUM_SHOWN])
    )
    whole = f"backprop {command} {shlex.join(arguments.tokens)} {added}"
    cure = f"for example: {whole}" if len(whole) <= MAXIMUM_COPIED else f"add {added}"
    return Failure(f"{reason} ({'; '.join(hints)})" if hints else reason, cure)


def listed(names: Sequence[str]) -> str:
    """`x`, `x and y`, `x, y and z`; of very many the first and a count."""
    if len(names) > MAXIMUM_SHOWN:
        return f"{', '.join(names[:MAXIMUM_SHOWN])} and {len(names) - MAXIMUM_SHOWN} more"
    return " and ".join([*([", ".join(names[:-1])] if len(names) > 1 else []), names[-1]])
