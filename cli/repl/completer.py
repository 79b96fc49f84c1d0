"""What a word in a session may become: a command, a name of the session or of the language, a file."""

from __future__ import annotations

import glob
import os

from backprop.cli.completion.words import functions
from backprop.cli.repl.commands import COMMANDS
from backprop.cli.repl.session import Session


def completions(session: Session, word: str, line: str, start: int) -> list[str]:
    """What may stand in place of the word that begins at `place` of the line."""
    before = line[:start].lstrip()
    if not line.lstrip().startswith(":"):
        candidates = names(session)
    elif not before:
        candidates = list(COMMANDS)
    else:
        first = before.split()[0]
        kind = COMMANDS[first].completes if first in COMMANDS else ""
        if kind == "file":
            return files(line[len(line) - len(line.lstrip()) + len(first) :].lstrip(), word)
        candidates = {
            "variable": list(session.values),
            "name": [name.rstrip("(") for name in session.names()],
            "function": [name.rstrip("(") for name in functions()],
        }.get(kind, [])
    return sorted(dict.fromkeys(candidate for candidate in candidates if candidate.startswith(word)))


def names(session: Session) -> list[str]:
    from backprop.autodiff.declaration.leaves import NAMED_CONSTANTS

    return [*session.names(), *functions(), *NAMED_CONSTANTS]


def files(path: str, word: str) -> list[str]:
    """The files that begin with a path, without what of it stands before the word."""
    paths = glob.glob(glob.escape(path) + "*")
    shown = [f"{name}{os.sep}" if os.path.isdir(name) else name for name in paths]
    return sorted(name[len(path) - len(word) :] for name in shown)
