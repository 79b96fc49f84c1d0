"""The options of `-o FOLDER/`: how files of results are made, and what goes with what."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from backprop.autodiff.named_tuple import NamedTuple
from backprop.cli.options.declarations import BoundedNumber
from backprop.cli.status import Failure

if TYPE_CHECKING:
    from backprop.cli.batch.settings import Batch

PARTITION_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--jobs", type=BoundedNumber(1), metavar="N", help="With -o FOLDER/: work on N files at a time.  [default: 1]"
    ),
    click.option(
        "--retries",
        type=BoundedNumber(0),
        metavar="N",
        help="With -o FOLDER/: try a file that fails N more times.  [default: 0]",
    ),
    click.option(
        "--resume", is_flag=True, help="With -o FOLDER/: leave out files whose results an earlier run has made."
    ),
    click.option(
        "--scheduler",
        metavar="ADDRESS|local",
        help="With -o FOLDER/, --total or --mean: have the workers of a Dask scheduler do it, or of one that is "
        "started here.",
    ),
    click.option(
        "--rows-per-task",
        type=BoundedNumber(1),
        metavar="N",
        help="With --scheduler: cut files of Parquet into tasks of whole row groups, of N rows or more.",
    ),
)


class PartitionOptions(NamedTuple):
    """What they say, by their names; without them, as in a fit, nothing."""

    jobs: int | None = None
    retries: int | None = None
    resume: bool = False
    scheduler: str | None = None
    rows_per_task: int | None = None

    def check(self, batch: Batch) -> None:
        """Raise Failure for options that contradict each other, or others, or go with a folder that is not given."""
        given = {
            "--jobs": self.jobs is not None,
            "--retries": self.retries is not None,
            "--resume": self.resume,
            "--scheduler": self.scheduler is not None,
        }
        if batch.summary is not None and self.scheduler is not None and not batch.targets:
            check_shared(batch)
            del given["--scheduler"], given["--jobs"]
        for option in [option for option, is_given in given.items() if is_given and not batch.targets]:
            more = ", or with --total or --mean" if option == "--scheduler" else ""
            raise Failure(
                f"{option} goes with a folder that takes a file of results for each file of rows{more}",
                f"give the folder, with a slash behind its name: -o results/; or omit {option}",
            )
        if self.rows_per_task is not None:
            self._check_rows_per_task(batch)
        if self.jobs is not None and self.scheduler not in (None, "local"):
            raise Failure("--jobs goes with --scheduler local: a scheduler has the workers that it has", "omit --jobs")
        if self.resume and batch.rejects is not None:
            raise Failure(
                "--resume and --rejects contradict each other: bad rows of what is there are not read again",
                "omit one of the two",
            )

    def _check_rows_per_task(self, batch: Batch) -> None:
        if self.scheduler is None:
            raise Failure("--rows-per-task goes with --scheduler, whose tasks are files or parts of them", "omit it")
        if batch.input_format != "parquet":
            raise Failure(
                f"--rows-per-task goes with parquet, not with {batch.input_format}", "omit it: a task is a file"
            )
        if batch.summary or batch.output_format == "table":
            what = f"--{batch.summary}" if batch.summary else "--format table"
            raise Failure(f"--rows-per-task and {what} contradict each other: a task is a file", "omit one of the two")


def check_shared(batch: Batch) -> None:
    """Raise Failure for rows that can be read only once: the workers are to read them."""
    for file in batch.files:
        if file.path in (None, "-") or (os.path.exists(file.name) and not os.path.isfile(file.name)):
            raise Failure(
                f"--scheduler goes with files, which workers can read, not with {file.name}", "give the file, or a URL"
            )


def partition_options(given: Mapping[str, Any]) -> PartitionOptions:
    """Those among all options that are given."""
    return PartitionOptions(**{name: given[name] for name in PartitionOptions._fields if name in given})
