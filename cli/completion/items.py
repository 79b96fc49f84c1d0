"""What the word being typed may become where the expression on the line says so: its variables, functions inside it,
the columns of the rows. Options declare one of these; click knows the rest. Imports nothing slow by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from backprop.cli.completion.words import (
    TAIL,
    columns_of,
    expression_in,
    functions,
    names_in,
    value_files,
    variables_of,
)
from backprop.cli.question.argv import SCANNED, Arguments, is_assignment

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def beginning(typed: str, names: Iterable[str], *, goes_on: bool = False, help: str = "") -> list[CompletionItem]:
    """Those of the names that begin as `typed`, in place of it; `goes_on`: the next word may not follow."""
    from click.shell_completion import CompletionItem

    return [
        CompletionItem(name, help=help, replaces=len(typed), goes_on=goes_on)
        for name in names
        if name.startswith(typed)
    ]


def file_items(typed: str) -> list[CompletionItem]:
    """The word is the name of a file, which the shell completes."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(typed, type="file")]


class TypedQuestion:
    """What is on the line of a command that takes an expression, before the word that is being typed."""

    def __init__(self, context: click.Context) -> None:
        self.arguments: Arguments = context.meta[SCANNED]
        self.options = context.params
        self.takes_rows = "rename" in self.options
        self.words = [word for word in self.arguments.positionals if not is_assignment(word)]
        self.brings_expressions = self.options["file"] is not None or self.options.get("expr_field") is not None
        self.has_expression = bool(self.arguments.positionals) or self.brings_expressions

    @property
    def expression(self) -> str | None:
        path = self.options["file"]
        if path is not None:
            return expression_in(path)
        if self.brings_expressions:
            return None
        return next(iter([*self.words, *self.arguments.positionals]), None)

    @property
    def waits_for_value(self) -> bool:
        """Whether the line ends in a variable's `--x`."""
        bindings = self.arguments.bindings
        return bool(bindings) and bindings[-1].text is None and self.arguments.tokens[-1] == bindings[-1].written

    @property
    def rows_file(self) -> str | None:
        return next(iter(self.words if self.brings_expressions else self.words[1:]), None)

    def columns(self) -> list[str]:
        return columns_of(self.rows_file, self.options["from"]) if self.takes_rows else []

    def variables(self, *, has_parts: bool = False) -> list[str]:
        """Those of the expression, and what is computed if it `has_parts`; where it is not on the line, the columns."""
        if self.takes_rows and not self.expression:
            return self.columns()
        return variables_of(self.expression, has_parts=has_parts, is_latex=self.arguments.is_latex)

    def open_variables(self) -> list[str]:
        """Those that have no value yet."""
        given = {binding.name for binding in self.arguments.bindings}
        given |= {word.partition("=")[0].strip() for word in self.arguments.positionals if is_assignment(word)}
        return [name for name in self.variables() if name not in given]


# What an option's value may become, in the form that click calls ----------------------------------------------


def any_file(_context: click.Context, _option: click.Parameter, typed: str) -> list[CompletionItem]:
    return file_items(typed)


def column(context: click.Context, _option: click.Parameter, typed: str) -> list[CompletionItem]:
    return beginning(typed, TypedQuestion(context).columns())


def variable(context: click.Context, _option: click.Parameter, typed: str) -> list[CompletionItem]:
    return beginning(typed.rpartition(",")[2], TypedQuestion(context).variables(has_parts=True))


def variable_and_value(context: click.Context, _option: click.Parameter, typed: str) -> list[CompletionItem]:
    return beginning(typed, [f"{name}=" for name in TypedQuestion(context).variables()], goes_on=True)


def variable_and_column(context: click.Context, option: click.Parameter, typed: str) -> list[CompletionItem]:
    _, equals, start = typed.partition("=")
    return column(context, option, start) if equals else variable_and_value(context, option, typed)


def function(_context: click.Context, _argument: click.Parameter, typed: str) -> list[CompletionItem]:
    return beginning(typed, [name.rstrip("(") for name in functions()])


# What a word that belongs to no option may become -------------------------------------------------------------


def typed_words(context: click.Context, typed: str) -> list[CompletionItem]:
    """Options, those of the variables first: they are what the line is about. Else what stands behind them."""
    if typed.startswith("--") or typed == "-":
        return variable_options(context, typed) + click.Command.shell_complete(context.command, context, typed)
    question = TypedQuestion(context)
    name, equals, value = typed.partition("=")
    if question.waits_for_value:
        return files_of_values(typed)
    if not question.has_expression:
        tail = re.search(TAIL, typed)
        return beginning(tail[0], names_in(typed, tail[0]), goes_on=True) if tail else []
    if equals and name.isidentifier():
        return files_of_values(value)
    files = file_items(typed) if question.takes_rows and (typed or not question.rows_file) else []
    if typed:
        return files + beginning(typed, [f"{name}=" for name in question.open_variables()], goes_on=True)
    return files or variable_options(context, "") or click.Command.shell_complete(context.command, context, "--")


def variable_options(context: click.Context, typed: str) -> list[CompletionItem]:
    """`--x`, for each variable whose name is not an option's."""
    taken = {name for option in context.command.params for name in option.opts}
    names = (f"--{name}" for name in TypedQuestion(context).open_variables())
    return beginning(typed, (name for name in names if name not in taken), help="a variable")


def files_of_values(typed: str) -> list[CompletionItem]:
    """The files that a value can be read from, once an @ is typed."""
    from click.shell_completion import CompletionItem

    names = value_files(typed) if typed.startswith("@") else []
    return [CompletionItem(name, replaces=len(typed), goes_on=name.endswith("/")) for name in names]
