"""The command `backprop`: finds the command that argv names and imports that one only."""

from __future__ import annotations

import os
import re
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from backprop.cli.commands import COMMANDS
from backprop.cli.options.help import Helpful, show_help, show_version
from backprop.cli.status import Failure
from backprop.parser.similarity import closest

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

HELP = "help"  # a word before a command, and no command
EXAMPLES = (
    'backprop eval "(x+y)*z" --x -2 --y 5 --z -4',
    'backprop grad "(x+y)*z" x=-2 y=5 z=-4 --wrt x',
    'backprop eval "q = W@x; sum(q^2)" --W "[[0.1,0.5],[-0.3,0.8]]" --x "[0.2,0.4]"',
    "backprop functions sigmoid",
    "backprop help eval",
)


class LazyGroup(Helpful, click.Group):
    """Lists all commands without importing them."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        return declared(name) if name in COMMANDS else None

    def shell_complete(self, context: click.Context, typed: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        commands = [CompletionItem(name, help=summary) for name, summary in COMMANDS.items() if name.startswith(typed)]
        return commands + click.Command.shell_complete(self, context, typed)

    def parse_args(self, context: click.Context, tokens: list[str]) -> list[str]:
        if tokens and (tokens[0] == HELP or (tokens[0] in ("-h", "--help") and len(tokens) > 1)):
            tokens = [*tokens[1:2], "--help", *tokens[2:]]  # help eval, as git has it
        if tokens and tokens[0] not in COMMANDS and tokens[0] not in self.own_options():
            raise unknown_command(tokens)
        return super().parse_args(context, tokens)

    def own_options(self) -> list[str]:
        return [name for parameter in self.params for name in parameter.opts]

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def declared(name: str) -> Helpful:
    """A command, as its module declares it."""
    module = import_module(f"backprop.cli.commands.{name.replace('-', '_')}")
    return next(value for value in vars(module).values() if isinstance(value, Helpful))


def unknown_command(tokens: list[str]) -> Failure:
    """The failure for a first word that is not a command: misspelt, or an expression without its `eval`."""
    import shlex

    first = tokens[0]
    meant = closest(first, COMMANDS)
    if meant:
        return Failure(f"unknown command {first!r}", f"did you mean: backprop {shlex.join([meant, *tokens[1:]])}")
    if not first.startswith("-"):
        from backprop.autodiff.gates import FUNCTIONS

        if first in FUNCTIONS:
            return Failure(f"unknown command {first!r}", f"it is a function: backprop functions {first}")
    if first.startswith("--"):
        return Failure(f"unknown option {first}", "the command comes first: backprop eval EXPRESSION --x 1")
    if any(not character.isalpha() for character in first):
        return Failure(f"unknown command {first!r}", f"did you mean: backprop eval {shlex.join(tokens)}")
    return Failure(f"unknown command {first!r}", f"the commands are {', '.join(COMMANDS)}")


def version_option() -> click.Option:
    return click.Option(
        ["--version"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=show_version,
        help="Show the versions of backprop, Python, NumPy and the extras.",
    )


def no_command(**_options: Any) -> None:
    """Without a command, show the help."""
    context = click.get_current_context()
    if context.invoked_subcommand is None:
        show_help(context, context.command.params[0], True)


def forget_odd_sizes() -> None:
    """Unset a COLUMNS or LINES that is not a size: click, rich and we ourselves would each stumble over it."""
    for name in ("COLUMNS", "LINES"):
        if name in os.environ and not re.fullmatch(r"[0-9]{1,6}", os.environ[name]):
            del os.environ[name]


def program() -> LazyGroup:
    return LazyGroup(
        "backprop",
        help="Differentiate expressions: the value and the gradient of every node.",
        examples=EXAMPLES,
        params=[version_option()],
        callback=no_command,
        invoke_without_command=True,
        subcommand_metavar="COMMAND ...",
        options_metavar="",
    )


def run(tokens: list[str]) -> int:
    """Run the command in argv and return its status. Raises what went wrong."""
    forget_odd_sizes()
    group = program()
    try:
        context = group.make_context("backprop", tokens)
        return int(group.invoke(context) or 0)
    except click.exceptions.Exit as ending:
        return ending.exit_code
