"""The program's entry, and the one place where exceptions become exit statuses. Imports nothing slow by itself:
whatever goes wrong, an interrupt included, goes wrong inside `main`.
"""

from __future__ import annotations

import gc
import os
import sys

from backprop.cli.status import Status


def main() -> int:
    """Answer argv on stdout, say what is wrong on stderr, and return the exit status."""
    gc.set_threshold(50_000, 10, 10)  # imports make objects by the thousand and no garbage: 8 ms of looking for it
    try:
        from backprop.cli.group import run

        return run([os.fsencode(token).decode("utf-8", "surrogateescape") for token in sys.argv[1:]])
    except BaseException as error:
        status = explain(error)
        abandon_output()
        return status


def explain(error: BaseException) -> Status:
    """Say on stderr what is wrong, in one message without a traceback, and return the status."""
    if isinstance(error, BrokenPipeError):
        return Status.CLOSED_PIPE
    if isinstance(error, KeyboardInterrupt):
        return Status.INTERRUPTED
    from backprop.cli.output import say
    from backprop.cli.render.errors import message

    text, status = message(error)
    if status is Status.INTERNAL and os.environ.get("BACKPROP_DEBUG"):
        import traceback

        text = "".join(traceback.format_exception(error)).rstrip()
    say(text)
    return status


def abandon_output() -> None:
    """Drop what a buffer still holds for stdout: the interpreter would complain that it cannot write it."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
