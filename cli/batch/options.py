"""`backprop batch` from its options to its exit status: chooses who reads, computes and writes, and starts them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, BinaryIO

import click

from backprop.cli.batch.processes import prestart
from backprop.cli.batch.question import BatchQuestion, ask_rows, naming_of, renames_of
from backprop.cli.batch.row_errors import POLICIES, Faults
from backprop.cli.completion.items import column, variable_and_column
from backprop.cli.options.declarations import (
    EXPRESSION_SOURCES,
    FILE,
    STRICT,
    WRT,
    ExpressionCommand,
    file_option,
    shared,
    word_option,
)
from backprop.cli.output.destination import announce
from backprop.cli.output.formats import FORMATS, READ, endings, read_format, words, written_format
from backprop.cli.question.argv import SCANNED
from backprop.cli.status import Failure, Status

if TYPE_CHECKING:
    from backprop.cli.batch.evaluation import Answer, Job
    from backprop.cli.batch.input.blocks import BlockReader
    from backprop.cli.batch.notes import Remarks
    from backprop.cli.batch.processes.pool import Crew
    from backprop.cli.batch.results import Wanted


class BatchCommand(ExpressionCommand):
    """An expression command that takes a file, too."""

    def collect_usage_pieces(self, context: click.Context) -> list[str]:
        return ["EXPRESSION", "[FILE]", "[--NAME VALUE | NAME=VALUE]...", "[OPTIONS]"]


class Batch:
    """The options of one run. Raises ExpressionError or Failure where the question is wrong."""

    def __init__(
        self,
        *,
        file: str | None,
        vars: Sequence[str],
        fuse: bool,
        wrt: Sequence[str],
        no_grad: bool,
        nodes: bool,
        only: bool,
        name: str | None,
        rename: Sequence[str],
        expr_field: str | None,
        format: str | None,
        path: str | None,
        on_error: str,
        rejects: str | None,
        quiet: bool,
        strict: bool,
        **more: str | None,
    ) -> None:
        input_format = more["from"]
        found = click.get_current_context().meta[SCANNED]
        self.field = expr_field
        has_own = expr_field is not None or input_format == "lines" or brings_lines(found.positionals, file)
        self.question: BatchQuestion = ask_rows(found, file, vars, has_own=has_own)
        self.input_format = (
            input_format or read_format(self.question.file) or ("lines" if has_own and not expr_field else "csv")
        )
        self.path = None if path == "-" else path
        self.output_format = format or written_format("batch", self.path, default_output(self.input_format))
        self.is_fused = fuse
        self.wrt = wrt
        self.has_gradients = not no_grad
        self.has_nodes = nodes
        self.is_only = only
        self.naming = naming_of(name)
        self.renames = rename
        self.policy = on_error
        self.rejects = rejects
        self.is_quiet = quiet
        self.is_strict = strict
        self.check()

    def check(self) -> None:
        """Raise Failure for options that contradict each other."""
        if self.wrt and not self.has_gradients:
            raise Failure("--wrt and --no-grad contradict each other", "omit one of the two")
        if self.rejects in ("", "-"):
            raise Failure("--rejects needs a file", "give it one: --rejects bad.tsv")
        from backprop.cli.batch.rejects import is_same_file

        for option, path in (("-o" if self.path else "stdout", self.path), ("the input", self.question.file or "")):
            if self.rejects and is_same_file(self.rejects, path):
                raise Failure(f"{option} and --rejects are the same file", "give --rejects a name of its own")
        if self.question.graph is not None and self.input_format == "lines":
            raise Failure(
                f"{self.question.file or 'stdin'} holds lines that bring their own expressions",
                "omit the expression, or say what the rows are: --from csv",
            )
        for name in renames_of(self.renames, self.question.graph) if self.question.graph else ():
            if name in self.question.fixed:
                raise Failure(f"--rename {name} and a value for {name} contradict each other", "omit one of them")
        if self.field is not None and self.input_format not in ("ndjson", "csv", "tsv"):
            raise Failure(f"--expr-field does not go with {self.input_format}", "give rows of ndjson, csv or tsv")
        if self.question.graph is None and (self.has_nodes or self.wrt or self.renames):
            raise Failure("--nodes, --wrt and --rename go with one expression for all rows", "omit them")
        for option, path in (("-o", self.path), ("--rejects", self.rejects)):
            announce(path, option, self.note)

    @property
    def wanted(self) -> Wanted:
        from backprop.cli.batch.results import Wanted
        from backprop.cli.question.names import chosen_names

        graph = self.question.graph
        chosen = chosen_names(self.wrt, list(graph.inputs)) if graph else None
        return Wanted(chosen, self.has_gradients, self.has_nodes, self.naming, self.is_fused)

    @property
    def writes_to_a_screen(self) -> bool:
        return self.path is None and sys.stdout is not None and sys.stdout.isatty()

    def note(self, text: str) -> None:
        """Say something on stderr, unless -q."""
        from backprop.cli.output.output import say
        from backprop.parser.visible import as_note

        if not self.is_quiet:
            say(as_note(text))

    @property
    def say(self) -> Callable[[str], None] | None:
        return None if self.is_quiet else self.note

    def status(self, faults: Faults, remarks: Remarks) -> Status:
        """That of rows that were wrong comes before that of results that are not finite."""
        if faults.count:
            return Status.WRONG_DATA
        return Status.NON_FINITE if self.is_strict and remarks.rows else Status.DONE

    def note_of_typing(self) -> None:
        """Say what is waited for where somebody has to type it."""
        if sys.stdin is not None and sys.stdin.isatty():
            self.note(f"no FILE was given: type rows of {self.input_format} here, Ctrl-D ends them")

    def run(self) -> Status:
        """Answer all rows."""
        if self.question.file in (None, "-"):
            self.note_of_typing()
        if FORMATS[self.input_format].is_binary or FORMATS[self.output_format].is_binary:
            from backprop.cli.batch.columnar.library import check_pyarrow

            check_pyarrow(next(one for one in (self.input_format, self.output_format) if FORMATS[one].is_binary))
            from backprop.cli.batch.columnar.blocks import run_columnar

            return run_columnar(self)
        from backprop.cli.batch.setup import opened

        reader, job, opening = opened(self)
        return answer_all(reader, job, opening, self)


def brings_lines(positionals: Sequence[str], file: str | None) -> bool:
    """Whether argv names a file of lines with expressions, and nothing else."""
    return file is None and len(positionals) == 1 and read_format(positionals[0]) == "lines"


def default_output(input_format: str) -> str:
    return "csv" if FORMATS[input_format].is_binary else input_format


def answer_all(reader: BlockReader, job: Job, opening: bytes, batch: Batch) -> Status:
    """Write the opening and the answers to all rows. Raises Failure where the output cannot be written."""
    from backprop.cli.batch.account import Account, Stopped
    from backprop.cli.batch.pipeline import stream
    from backprop.cli.batch.writing import write_output
    from backprop.parser.visible import as_note

    account = Account(batch, reader.source.size)
    if reader.say:
        reader.say = lambda text: account.note(as_note(text))

    def write(out: BinaryIO) -> None:
        out.flush()
        raw = getattr(out, "raw", out)

        def deliver(answer: Answer) -> None:
            write_output(raw, answer.output)
            first, reader.line = reader.line, reader.line + answer.lines
            account.take(answer, first, reader.source.consumed)
            if answer.is_last:
                raise Stopped

        write_output(raw, opening)
        stream(reader, job, lambda job: hire(job, raw), deliver)

    return account.run(write, lambda: reader.loss)


def hire(job: Job, output: BinaryIO) -> Crew:
    """Whoever can work on blocks at the same time."""
    from backprop.autodiff.evaluation.threads import usable_cores
    from backprop.cli.batch.columnar.delimited import BulkJob, serves
    from backprop.cli.batch.processes.pool import Alone, Workers
    from backprop.cli.batch.processes.resources import keep_freed_memory
    from backprop.cli.batch.processes.worker import bulk_workers, plain_workers

    if not hasattr(os, "fork") or (usable_cores() == 1 and not serves(job)):
        return Alone(job)
    keep_freed_memory()
    try:
        if serves(job):
            return Workers(BulkJob(job), prestart.hired() or bulk_workers(), output.fileno())
        return Workers(job, prestart.hired() or plain_workers(), output.fileno())
    except OSError:  # no more processes, or no more memory
        return Alone(job)


batch_options = shared(
    "batch",
    Batch,
    *EXPRESSION_SOURCES,
    WRT,
    click.option("--no-grad", is_flag=True, help="The value only."),
    click.option("--nodes", is_flag=True, help="The value and the gradient of every node, too."),
    click.option("--only", is_flag=True, help="The results only, without the columns of the input."),
    click.option(
        "--name",
        metavar="NAME[,PREFIX]",
        help="What the value's column is called and what stands before the gradients' names.  [default: value,grad_]",
    ),
    click.option(
        "--rename",
        multiple=True,
        metavar="X=COLUMN",
        shell_complete=variable_and_column,
        help="Read the variable X from COLUMN; may be repeated.",
    ),
    click.option(
        "--expr-field", metavar="COLUMN", shell_complete=column, help="The rows bring their expressions, in COLUMN."
    ),
    word_option(
        "--from",
        words(READ),
        help=f"What the rows are.  [default: what the ending of FILE says ({' '.join(endings(READ))}), else csv]",
    ),
    word_option(
        "--format",
        words("batch"),
        help=f"What to write.  [default: what the ending of -o says ({' '.join(endings('batch'))}), else as read]",
    ),
    FILE,
    word_option(
        "--on-error", POLICIES, default="null", help="A bad row: no results, left out, or the end.  [default: null]"
    ),
    file_option("--rejects", help="Write bad rows to FILE: line number, reason and row, tab between."),
    STRICT,
    click.option("-q", "--quiet", is_flag=True, help="No progress bar and no notes."),
)
