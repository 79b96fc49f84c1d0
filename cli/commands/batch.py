"""`backprop batch`."""

from __future__ import annotations

from backprop.cli.batch.options import BatchCommand, batch_options
from backprop.cli.batch.settings import Batch
from backprop.cli.options.declarations import command
from backprop.cli.status import Status

EXAMPLES = (
    'backprop batch "1/(1+exp(-(w*x+b)))" rows.csv > out.csv',
    'backprop batch "w*x + b" --b 0.5 --rename x=width --wrt w < rows.csv',
    'backprop batch "sum(W@x)" --W "[[1,2],[3,4]]" rows.ndjson -o out.ndjson',
    "backprop batch --expr-field expr cases.ndjson",
    'backprop batch "w*x" "rows*.csv" -o results/ --jobs 4 --resume',
)


@command("batch", examples=EXAMPLES, cls=BatchCommand)
@batch_options
def batch(batch: Batch) -> Status:
    """Read rows, and write each with the value and the gradient of the expression.

    A variable is read from the column of its name, an array from columns x[0], x[1], ... or from the lists of
    NDJSON; a value that is given here holds for all rows. The rows come out as they went in, in order, each as
    soon as it is there, with the columns value, grad_x, ... behind it. Without FILE they are read from stdin.
    Several FILEs, patterns and folders of tables are one table, with the columns of the first. -o FOLDER/ takes a
    table for each, by --jobs N processes, and what is there already is left by --resume.
    A FILE may be a URL that fsspec knows, such as https://host/rows.csv.
    A bad row gets no results, is named on stderr, and makes the exit status 3. Columns u_x are standard uncertainties
    of x, and give the column u_value and each input's share in %.

    Lines of EXPRESSION, a tab and x=1 y=2 (--from lines, or a file ending in .txt) and, with --expr-field, rows
    of JSON or CSV bring their own expressions.
    """
    if batch.targets:
        from backprop.cli.batch.partitions.run import run  # here, not above: help and completion need no rows
    elif batch.partitions.scheduler is not None:
        from backprop.cli.batch.cluster.totals import run
    else:
        from backprop.cli.batch.pipeline import run

    return run(batch)
