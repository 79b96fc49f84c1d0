"""Splits a command's argv into options, the expression and the values given. Knows no grammar, reads no file.

Click would refuse `--x -2` as an unknown option and `-x*y` as a bundle of short ones: variables are only known
when the expression is. So argv is read here first, and click is handed what is an option of the command.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Mapping, Sequence

from backprop.autodiff.named_tuple import NamedTuple
from backprop.cli.status import Failure

EXAMPLES = {  # of how a command is called, where that is not like eval
    "eval": 'backprop eval "(x+y)*z" --x -2 --y 5 --z -4',
    "budget": 'backprop budget "m/V" m=2.5+-0.1 V="3.1(2)"',
    "plot": 'backprop plot "sin(x)" --x -5:5',
    "batch": 'backprop batch "1/(1+exp(-(w*x+b)))" rows.csv > out.csv',
    "fit": 'backprop fit "y ~ a*exp(-b*t) + c" rows.csv a=1 b=0.5',
    "minimize": 'backprop minimize "(1-x)^2 + 100*(y-x^2)^2" x=-1.2 y=1',
    "maximize": 'backprop maximize "x*y" x=1 y=1 --subject-to "x + y <= 4"',
    "solve": 'backprop solve "x^2 + y^2 == 4; x*y == 1" x=2 y=0.5',
}
SCANNED = "backprop.arguments"  # what argv holds, in the `meta` of click's context


class GivenValue(NamedTuple):
    """`--x -2` or `x=-2`: the name, its value's text (None: the value is missing) and how the name was written."""

    name: str
    text: str | None
    written: str


class Arguments(NamedTuple):
    """What argv holds. `known` are the command's own options: whether each takes a value."""

    tokens: Sequence[str]
    options: list[str]
    positionals: list[str]
    bindings: list[GivenValue]
    known: Mapping[str, bool]

    @property
    def is_latex(self) -> bool:
        """Whether an option says that the expression is LaTeX: `--from latex` or, where that names rows, `--latex`."""
        return "--from=latex" in self.options or "--latex" in self.options


def normalized(name: str) -> str:
    """A name as the language compares it: NFKC, as in Python, and π is pi."""
    if name.isascii():
        return name
    from backprop.parser.names import SYMBOLS

    composed = unicodedata.normalize("NFKC", name)
    return SYMBOLS.get(composed, composed)


def scan(tokens: Sequence[str], known: Mapping[str, bool]) -> Arguments:
    """Read argv from left to right: a known option goes to click, any other long one is a variable's value."""
    arguments = Arguments(tokens, [], [], [], known)
    rest = iter(enumerate(tokens))
    for position, token in rest:
        if token == "--":
            arguments.positionals.extend(tokens[position + 1 :])
            break
        name, equals, text = token.partition("=")
        follower = tokens[position + 1] if position + 1 < len(tokens) else None
        if known.get(token) and follower is None:
            raise Failure(f"{token} has no value", f"give it one: {token} VALUE")
        if token in known and not token.startswith("--"):
            arguments.options.append(token)
            if known[token]:
                arguments.options.append(next(rest)[1])
        elif name in known and name.startswith("--"):
            if equals and not known[name]:
                raise Failure(f"{name} takes no value", f"write {name} alone")
            separate = known[name] and not equals
            arguments.options.append(f"{token}={next(rest)[1]}" if separate else token)
        elif token.startswith("--"):
            if equals:
                arguments.bindings.append(GivenValue(normalized(name[2:]), text, name))
            elif follower is None or is_long_option(follower):
                arguments.bindings.append(GivenValue(normalized(name[2:]), None, name))
            else:
                arguments.bindings.append(GivenValue(normalized(name[2:]), next(rest)[1], name))
        else:
            arguments.positionals.append(token)
    return arguments


def is_long_option(token: str) -> bool:
    """Whether a token is read as an option even where a value may stand: `--y`, but not the value `--2`."""
    return token.startswith("--") and token[2:3].isidentifier()


def is_assignment(token: str) -> bool:
    """Whether a positional reads as NAME=value: `x=-2`, but not `x == y` nor `q = x + y; q * z`."""
    name, equals, text = token.partition("=")
    if not equals or text.startswith("=") or not name.strip().isidentifier():
        return False
    return text.startswith("@") or not any(separator in text for separator in ";\n")


def taken_expression(assignments: list[str]) -> list[str]:
    """The first of the assignments that is an expression, taken from among them; `x=2` alone is a value for none."""
    from backprop.cli.question.values import is_value

    for position, token in enumerate(assignments):
        if not is_value(token.partition("=")[2].strip()):
            return [assignments.pop(position)]
    return []


def as_binding(token: str) -> GivenValue:
    name, _, text = token.partition("=")
    return GivenValue(normalized(name.strip()), text.strip(), f"{name.strip()}=")


class Positionals(NamedTuple):
    """The expression, the files of rows or the other expressions, and all bindings in their order."""

    expression: str | None
    others: Sequence[str]
    bindings: list[GivenValue]


def split_positionals(
    arguments: Arguments,
    *,
    needs_expression: bool,
    takes_rows: bool = False,
    takes_several: bool = False,
    command: str = "batch",
) -> Positionals:
    """What the positionals are: the first that is not NAME=value is the expression, others may be files of rows, or
    more expressions where the command takes several.

    Where all are NAME=value, the expression is the first whose right side is not a value (`q = x + y`). Raises Failure
    for more than one, or for one where a file gives the expression.
    """
    is_value = [is_assignment(token) and not (takes_rows and is_partition(token)) for token in arguments.positionals]
    words = [token for token, is_one in zip(arguments.positionals, is_value, strict=True) if not is_one]
    assignments = [token for token, is_one in zip(arguments.positionals, is_value, strict=True) if is_one]
    if needs_expression and (not words or (takes_rows and len(words) == 1 and is_file(words[0]))):
        words[:0] = taken_expression(assignments)
    together = " ".join(words)
    expression = words.pop(0) if needs_expression and words else None
    if words and not (needs_expression or takes_rows):
        raise Failure(f"an expression was given twice: by -f and as {words[0]!r}", "omit one of the two")
    if takes_several:
        return Positionals(expression, words, [*arguments.bindings, *map(as_binding, assignments)])
    strange = next((word for word in words if not (takes_rows and is_place(word))), None)
    if strange is not None and not (takes_rows and len(words) == 1):
        from backprop.cli.question.surplus import cure_of_surplus

        usual = 'put the expression in quotes, and give values by their names: "x*y" x=2 y=3'
        if takes_rows:
            usual = f"an expression and files of rows: {EXAMPLES[command]}"
        cure = cure_of_surplus(together, [str(expression), *words]) or usual
        raise Failure(f"unexpected argument {strange!r}", cure)
    return Positionals(expression, words, [*arguments.bindings, *map(as_binding, assignments)])


def is_partition(token: str) -> bool:
    """Whether what reads as a value is a file or a folder that is there: `year=2024/part-0.parquet`."""
    return has_folder(token) and os.path.exists(token)


def is_place(word: str) -> bool:
    """Whether a word names a place where rows may be: a file, or what looks like the name of one."""
    return word == "-" or os.path.lexists(word) or has_folder(word) or bool(os.path.splitext(word)[1])


def has_folder(word: str) -> bool:
    return os.path.dirname(word) != ""


def is_file(word: str) -> bool:
    """Whether a word is more likely a file of rows than an expression."""
    return word == "-" or os.path.isfile(word)
