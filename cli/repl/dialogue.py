"""One session from its first line to its last: reads, answers, and survives whatever is wrong with a line."""

from __future__ import annotations

import sys

from backprop.cli.output.output import Output
from backprop.cli.repl.answers import ONE_LINE, Reply, write_all, write_error
from backprop.cli.repl.commands import command_answer
from backprop.cli.repl.completer import completions
from backprop.cli.repl.evaluation import evaluated
from backprop.cli.repl.reading import Console, InputLines
from backprop.cli.repl.session import Session, Unreadable

LEAVING = ("quit", "exit")
GREETING = "type an expression, x = 2, or :help; Ctrl-D ends"


def converse(output: Output, *, is_fused: bool = False) -> None:
    """Answer line by line until the end of the input."""
    session = Session(output, is_fused=is_fused)
    if not is_terminal():
        answer_all(session, InputLines(continues=output.format not in ONE_LINE))
        return
    console = Console(lambda word, line, start: completions(session, word, line, start))
    output.note(GREETING)
    while True:
        try:
            answer_all(session, console)
            return
        except KeyboardInterrupt:
            print()  # the line is given up, the session is not


def is_terminal() -> bool:
    """Whether somebody types and reads."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stdout is not None and sys.stdout.isatty()


def answer_all(session: Session, lines: InputLines) -> None:
    while True:
        line = ""
        try:
            line = lines.read()
            answers = answers_to(session, line)
            write_all(answers, session.output)
        except EOFError:
            if isinstance(lines, Console):
                print()
            return
        except BrokenPipeError:
            raise
        except Exception as error:
            write_error(error, session.output)
            if isinstance(error, Unreadable):
                lines.keep(line)
        else:
            if answers and answers[-1].is_last:
                return


def answers_to(session: Session, line: str) -> list[Reply]:
    word = line.strip().removesuffix("()")
    if word in LEAVING and not any(name.rstrip("(") == word for name in session.names()):
        return [Reply(is_last=True)]
    return [command_answer(session, line)] if line.lstrip().startswith(":") else evaluated(session, line)
