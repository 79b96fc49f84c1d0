"""What `backprop batch` takes on its command line."""

from __future__ import annotations

from collections.abc import Sequence

import click

from backprop.cli.batch.dialect_options import DIALECT_OPTIONS
from backprop.cli.batch.partitions.options import PARTITION_OPTIONS
from backprop.cli.batch.row_errors import POLICIES
from backprop.cli.batch.settings import Batch
from backprop.cli.completion import completed_by
from backprop.cli.options.declarations import (
    EXPRESSION_SOURCES,
    FILE,
    LATEX,
    STRICT,
    WRT,
    ExpressionCommand,
    Function,
    file_option,
    shared,
    word_option,
)
from backprop.cli.output.formats import READ, endings, words


class BatchCommand(ExpressionCommand):
    """An expression command that takes files, too."""

    def collect_usage_pieces(self, context: click.Context) -> list[str]:
        return ["EXPRESSION", "[FILE]...", "[--NAME VALUE | NAME=VALUE]...", "[OPTIONS]"]


RENAME = click.option(
    "--rename",
    multiple=True,
    metavar="X=COLUMN,...",
    shell_complete=completed_by("variable_and_column"),
    help="Read the variable X from COLUMN; may be repeated.",
)


def from_option(others: Sequence[str] = ()) -> Function:
    """What the rows are, in all formats but some others."""
    known = [word for word in words(READ) if word not in others]
    ends = " ".join(ending for ending, word in endings(READ).items() if word not in others)
    return word_option(
        "--from", known, help=f"What the rows are.  [default: what the ending of FILE says ({ends}), else csv]"
    )


batch_options = shared(
    "batch",
    Batch,
    *EXPRESSION_SOURCES,
    LATEX,
    WRT,
    click.option("--no-grad", is_flag=True, help="The value only."),
    click.option("--nodes", is_flag=True, help="The value and the gradient of every node, too."),
    click.option("--only", is_flag=True, help="The results only, without the columns of the input."),
    click.option(
        "--total",
        is_flag=True,
        help="One row: the value and the gradients summed over all rows, and how many these are.",
    ),
    click.option("--mean", is_flag=True, help="The same divided by the number of rows."),
    click.option(
        "--name",
        metavar="NAME[,PREFIX]",
        help="What the value's column is called and what stands before the gradients' names.  [default: value,grad_]",
    ),
    RENAME,
    click.option("--source-column", metavar="NAME", help="Write a column NAME: the file that a row is from."),
    click.option(
        "--u",
        multiple=True,
        metavar="X=COLUMN,...",
        shell_complete=completed_by("variable_and_column"),
        help="Read the standard uncertainty of X from COLUMN; may be repeated.  [default: the column u_X]",
    ),
    click.option(
        "--expr-field",
        metavar="COLUMN",
        shell_complete=completed_by("column"),
        help="The rows bring their expressions, in COLUMN.",
    ),
    from_option(),
    *DIALECT_OPTIONS,
    word_option(
        "--format",
        words("batch"),
        help=f"What to write.  [default: what the ending of -o says ({' '.join(endings('batch'))}), else as read]",
    ),
    click.option("--no-header", is_flag=True, help="Write the rows without the names of their columns."),
    FILE,
    word_option(
        "--on-error",
        POLICIES,
        default="null",
        help="A bad row: no results, left out, or the end; ok: bad rows are expected.  [default: null]",
    ),
    file_option("--rejects", help="Write bad rows to FILE: line number, reason and row, tab between."),
    *PARTITION_OPTIONS,
    STRICT,
    click.option("-q", "--quiet", is_flag=True, help="No progress bar and no notes."),
)
