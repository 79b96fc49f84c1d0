"""The program's entry, and the one place where exceptions become exit statuses. Imports nothing slow by itself:
whatever goes wrong, an interrupt included, goes wrong inside `main`.
"""

from __future__ import annotations

import gc
import os
import sys
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import NoReturn

from backprop.cli.status import Status


def main() -> NoReturn:
    """Answer argv and end the process with the exit status.

    All is written by then: the interpreter's own tidying up would take another 25 ms of 140, and would complain
    of what it cannot write to a closed pipe.
    """
    os._exit(answer())


def answer() -> int:
    """Answer argv on stdout, say what is wrong on stderr, and return the exit status."""
    gc.set_threshold(200_000, 10, 10)  # imports make objects by the thousand and no garbage: 10 ms of looking for it
    try:
        with workers():
            from backprop.cli.program import run

            status = run([os.fsencode(token).decode("utf-8", "surrogateescape") for token in sys.argv[1:]])
        if sys.stdout is not None:
            sys.stdout.flush()
        return status
    except BaseException as error:
        return explain(error)


def workers() -> AbstractContextManager[None]:
    """Those of `batch` are started before anything slow is imported: meanwhile is what they are started for."""
    if sys.argv[1:2] != ["batch"]:
        return nullcontext()
    from backprop.cli.batch.processes.prestart import prestarted

    return prestarted(sys.argv[2:])


def explain(error: BaseException) -> Status:
    """Say on stderr what is wrong, in one message without a traceback, and return the status."""
    if isinstance(error, BrokenPipeError):
        return Status.CLOSED_PIPE
    if isinstance(error, KeyboardInterrupt):
        return Status.INTERRUPTED
    if isinstance(error, ImportError) and not str(error.name).startswith("backprop."):
        return explain_plainly(error)
    try:
        from backprop.cli.output.errors import message
        from backprop.cli.output.output import say
        from backprop.parser.visible import Lines
    except Exception as fault:  # the message needs the libraries, too, and whatever hinders one of them is raised
        return explain_plainly(fault)
    text, status = message(error)
    if status is Status.INTERNAL and os.environ.get("BACKPROP_DEBUG"):
        import traceback

        text = Lines("".join(traceback.format_exception(error)).rstrip())
    say(text)
    return status


def explain_plainly(fault: Exception) -> Status:
    """Say that the libraries cannot be loaded, by none of them."""
    reason = str(fault).strip().rpartition("\n")[2] or type(fault).__name__
    text = (
        f"error: the libraries cannot be loaded: {reason}\n  raise the limit of memory (ulimit -v), or install anew\n"
    )
    with suppress(OSError):  # nobody may be listening
        os.write(2, text.encode("utf-8", "replace"))
    return Status.WRONG_QUESTION
