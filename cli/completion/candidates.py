"""What the word being typed may become, by the command's own declarations and the expression on the line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import NamedTuple

import click

from backprop.cli.commands import COMMANDS
from backprop.cli.completion.words import (
    TAIL,
    columns_of,
    expression_in,
    functions,
    names_in,
    value_files,
    variables_of,
)
from backprop.cli.question.argv import Arguments, is_assignment, scan

OWN_OPTIONS = ("--help", "--version")


class Candidate(NamedTuple):
    """`text` in place of the last `replaces` characters of the word; `is_whole`: the next word may follow."""

    text: str
    replaces: int
    is_whole: bool = True
    summary: str = ""


class Candidates(NamedTuple):
    """What the word may become; `takes_file`: the name of any file, too."""

    found: list[Candidate]
    takes_file: bool = False


def candidates(words: list[str]) -> Candidates:
    """For the words of a line after `backprop`, the last being the one that is typed."""
    *before, word = words
    if not before:
        known = [(name, "") for name in OWN_OPTIONS] if word.startswith("-") else COMMANDS.items()
        return Candidates(whole(word, known))
    if before[0] not in COMMANDS:
        return Candidates([])
    module = import_module(f"backprop.cli.commands.{before[0].replace('-', '_')}")
    command = next(one for one in vars(module).values() if isinstance(one, click.Command))
    return Typed(command, before[1:], word).candidates()


class Typed:
    """A line of one command: the words before the last, and the last as far as it is typed."""

    def __init__(self, command: click.Command, before: list[str], word: str) -> None:
        self.word = word
        self.before = before
        self.options = {
            name: one for one in command.params if isinstance(one, click.Option) and not one.hidden for name in one.opts
        }
        self.arguments = [one for one in command.params if isinstance(one, click.Argument)]
        self.known = {name: not (one.is_flag or one.count) for name, one in self.options.items()}
        self.is_batch = "--rename" in self.options
        previous = before[-1] if before else ""
        self.pending = previous if self.known.get(previous) or self.is_variable(previous) else None
        self.scanned: Arguments = scan(before[:-1] if self.pending else before, self.known)

    def is_variable(self, word: str) -> bool:
        """Whether the word is `--x`, which waits for its value."""
        return word.startswith("--") and "=" not in word and word not in self.known and word[2:].isidentifier()

    def candidates(self) -> Candidates:
        name, equals, value = self.word.partition("=")
        if self.pending is not None:
            return self.values(self.pending, self.word)
        if equals and name.startswith("--"):
            return self.values(name, value)
        if self.word.startswith("--") or self.word == "-":
            return Candidates(self.option_words())
        if self.arguments:
            return Candidates(self.argument_words())
        if not self.has_expression:
            return Candidates(self.tail_words())
        return self.later_words()

    # What stands on the line -------------------------------------------------------------------------------

    def given(self, name: str) -> str | None:
        """The value of an option on the line."""
        words = iter(self.scanned.options)
        for word in words:
            if word == name:
                return next(words, None)
            if word.startswith(f"{name}="):
                return word.partition("=")[2]
        return None

    @property
    def positionals(self) -> list[str]:
        return [word for word in self.scanned.positionals if not is_assignment(word)]

    @property
    def brings_expressions(self) -> bool:
        """Whether a file gives the expression, or each row one."""
        return any(self.given(name) is not None for name in ("-f", "--file", "--expr-field"))

    @property
    def has_expression(self) -> bool:
        return bool(self.positionals or self.scanned.positionals) or self.brings_expressions

    @property
    def expression(self) -> str | None:
        path = self.given("-f") or self.given("--file")
        if path is not None:
            return expression_in(path)
        if self.brings_expressions:
            return None
        return next(iter([*self.positionals, *self.scanned.positionals]), None)

    @property
    def rows_file(self) -> str | None:
        place = 0 if self.brings_expressions else 1
        return self.positionals[place] if len(self.positionals) > place else None

    def variables(self) -> list[str]:
        """The variables that have no value yet; where the expression is not on the line, the columns."""
        if self.expression is None and self.is_batch:
            return self.columns()
        given = {one.name for one in self.scanned.bindings}
        given |= {word.partition("=")[0].strip() for word in self.scanned.positionals if is_assignment(word)}
        return [name for name in variables_of(self.expression) if name not in given]

    def columns(self) -> list[str]:
        return columns_of(self.rows_file, self.given("--from"))

    # What the word may become ------------------------------------------------------------------------------

    def option_words(self) -> list[Candidate]:
        """Variables first: they are what this line is about."""
        names = [f"--{name}" for name in self.variables() if f"--{name}" not in self.options]
        found = whole(self.word, ((name, "a variable") for name in names))
        return found + whole(
            self.word, ((name, one.help or "") for name, one in self.options.items() if name.startswith("--"))
        )

    def argument_words(self) -> list[Candidate]:
        """Of an argument its words, of a function's name the functions."""
        if len(self.scanned.positionals) >= len(self.arguments):
            return []
        words = words_of(self.arguments[0]) or [name.rstrip("(") for name in functions()]
        return whole(self.word, ((word, "") for word in words))

    def tail_words(self) -> list[Candidate]:
        """The name at the end of an expression."""
        tail = TAIL.search(self.word)
        if tail is None:
            return []
        return [
            Candidate(name, len(tail[0]), is_whole=False)
            for name in names_in(self.word, tail[0])
            if name.startswith(tail[0])
        ]

    def later_words(self) -> Candidates:
        """Behind the expression: variables, and for batch its file."""
        name, equals, value = self.word.partition("=")
        if equals and name.isidentifier():
            return self.values(f"--{name}", value)
        takes_file = self.is_batch and self.rows_file is None
        if not self.word:
            words = self.option_words() if not takes_file else []
            return Candidates([one for one in words if one.text not in self.options] or words, takes_file)
        found = [Candidate(f"{one}=", len(self.word), False) for one in self.variables() if one.startswith(self.word)]
        return Candidates(found, takes_file)

    def values(self, name: str, value: str) -> Candidates:
        """What may be given to an option or a variable, of which `value` is typed."""
        option = self.options.get(name)
        if option is None:
            found = value_files(value) if value.startswith("@") else []
            return Candidates([Candidate(one, len(value), not one.endswith("/")) for one in found])
        metavar = option.metavar or ""
        if metavar.startswith("FILE"):
            return Candidates([], takes_file=True)
        if metavar == "X=COLUMN" and "=" in value:
            column = value.partition("=")[2]
            return Candidates(whole(column, ((one, "") for one in self.columns())))
        if metavar.startswith("NAME=") or metavar == "X=COLUMN":
            return Candidates([one._replace(is_whole=False) for one in whole(value, self.named("="))])
        if metavar == "NAME":
            typed = value.rpartition(",")[2]
            return Candidates(whole(typed, self.named("")))
        if metavar == "COLUMN":
            return Candidates(whole(value, ((one, "") for one in self.columns())))
        return Candidates(whole(value, ((one, "") for one in words_of(option))))

    def named(self, ending: str) -> Iterator[tuple[str, str]]:
        """All variables of the expression, those with a value among them."""
        names = self.columns() if self.expression is None and self.is_batch else variables_of(self.expression)
        for name in names:
            yield name + ending, ""


def words_of(parameter: click.Parameter) -> list[str]:
    """`table|tsv|csv` as words; none where the metavar says something else."""
    metavar = parameter.metavar or ""
    return metavar.split("|") if "|" in metavar else []


def whole(word: str, known: Iterable[tuple[str, str]]) -> list[Candidate]:
    return [Candidate(one, len(word), summary=summary) for one, summary in known if one.startswith(word)]
