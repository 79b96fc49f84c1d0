"""What the man page says: the commands as they declare themselves, and what is true of all. Knows no roff."""

from __future__ import annotations

import inspect
from importlib.metadata import version

import click

from backprop.cli.commands import COMMANDS
from backprop.cli.manual.roff import (
    bold,
    code,
    entry,
    escaped,
    italic,
    lines,
    lines_broken,
    paragraph,
    section,
    subsection,
)
from backprop.cli.options.help import Helpful
from backprop.cli.program import EXAMPLES, declared
from backprop.cli.question.value_files import READERS
from backprop.cli.status import Status

SUMMARY = "differentiate expressions: the value and the gradient of every node"
DESCRIPTION = (
    "backprop reads an expression into a computational graph, and runs a forward and a reverse pass over it.",
    "After the expression its variables are options: --x -2, --x=-2 and x=-2 mean the same, in any order. "
    "A variable that is named like an option is given as format=3. A value is a constant expression (pi/2, "
    f"[[1, 2], [3, 4]]) or @FILE ({', '.join(READERS)}).",
    "Statements end with a semicolon or a line: q = x + y names a result, sq(t) = t^2 defines a function, and the "
    "last statement is the output. sum(i^2*x for i in 1:3) adds over an index, [x^i for i in 0:3] is a list, and "
    "iterate(step, start, 10) takes a step, which is a function of the text's own, again and again. "
    "integral(exp(-t^2), t, 0, x), root(t^2 - x, t, 1) and argmin(t^2 - x*t, t, 1) have a variable of their own. The "
    "operators are those of Python, and ^ is a power. backprop functions lists the functions, each with its "
    "derivative.",
    "Results go to stdout, all else to stderr. On a terminal a result is a table, in a pipe the same columns as "
    "TSV; --format chooses another. Numbers have the shortest digits that read back to the same double, in tables "
    "six. A file is written whole or not at all.",
)
STATUSES = {
    Status.DONE: "Done.",
    Status.MISMATCH: "A check failed, or a fit found no minimum: see backprop check and backprop fit.",
    Status.WRONG_QUESTION: "The question was wrong: usage, syntax, names or shapes. Nothing was computed.",
    Status.WRONG_DATA: "Some of the data was wrong, or could not be written. The rest was.",
    Status.NON_FINITE: "Under --strict: a result is infinite or not a number.",
    Status.INTERNAL: "A fault of backprop itself.",
    Status.INTERRUPTED: "Interrupted.",
    Status.CLOSED_PIPE: "Whoever read the results has stopped to.",
}
ENVIRONMENT = {
    "NO_COLOR": "No colours, where it is not empty and --color does not say otherwise.",
    "FORCE_COLOR": "Colours in a pipe too, unless it is 0.",
    "TERM": "No colours where it is dumb.",
    "COLUMNS": "The width of tables, in place of the terminal's.",
    "XDG_CACHE_HOME": "Where the tables of the grammar and of functions are kept, in place of ~/.cache.",
    "XDG_STATE_HOME": "Where the history of backprop repl is kept, in place of ~/.local/state.",
    "HOME": "Where those folders are. Without it, or where it cannot be written, nothing is kept.",
    "LOCALAPPDATA": "On Windows, where those tables are kept.",
    "BACKPROP_DEBUG": "Show where an internal error was raised.",
}
FILES = {
    "~/.cache/backprop/*": "The tables of the grammar and of functions. They may be deleted at any time.",
    "~/.local/state/backprop/history": "The lines typed in backprop repl.",
}


def manual() -> str:
    """The page in roff."""
    release = escaped(f"backprop {version('backprop-cli')}")
    parts = [
        r".\" Made by: python -m backprop.cli.manual",
        f'.TH BACKPROP 1 "" "{release}" "User Commands"',
        ".nh",
        ".ad l",
        *section("NAME"),
        escaped("backprop") + r" \- " + escaped(SUMMARY),
        *section("SYNOPSIS"),
        *lines_broken(usage(declared(name)) for name in COMMANDS),
        *section("DESCRIPTION"),
        *lines(DESCRIPTION[0]),
        *(line for text in DESCRIPTION[1:] for line in paragraph(text)),
        *code(EXAMPLES),
        *section("COMMANDS"),
        *(line for name in COMMANDS for line in described(declared(name))),
        *section("EXIT STATUS"),
        *(line for status, text in STATUSES.items() for line in entry(bold(str(status.value)), text)),
        *section("ENVIRONMENT"),
        *(line for name, text in ENVIRONMENT.items() for line in entry(bold(name), text)),
        *section("FILES"),
        *(line for name, text in FILES.items() for line in entry(italic(name), text)),
    ]
    return "\n".join(parts) + "\n"


def usage(command: Helpful) -> str:
    """How it is called."""
    pieces = command.collect_usage_pieces(click.Context(command, info_name=command.name))
    return f"{bold(f'backprop {command.name}')} {escaped(' '.join(pieces))}"


def described(command: Helpful) -> list[str]:
    """All that its help says."""
    parts = [*subsection(f"backprop {command.name}"), usage(command)]
    for text in inspect.cleandoc(command.help or "").split("\n\n"):
        parts += paragraph(text)
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            parts += entry(term(parameter), parameter.help or "")
    return [*parts, *code(command.examples)]


def term(option: click.Option) -> str:
    """`-o, --output FILE`."""
    names = ", ".join(bold(name) for name in option.opts)
    return f"{names} {italic(option.metavar)}" if option.metavar else names
