"""Which jobs polars does, many rows at a time, and these jobs as it does them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backprop.cli.batch.columnar.bulk_delimited import serves_tables, tables_in_bulk
from backprop.cli.batch.columnar.bulk_objects import objects_in_bulk, serves_objects
from backprop.cli.batch.columnar.library import is_usable
from backprop.cli.batch.evaluation import Job, RowsJob

if TYPE_CHECKING:
    from typing import TypeGuard


def serves(job: Job) -> TypeGuard[RowsJob]:
    """Whether polars is installed and can do the job."""
    return is_usable() and (serves_tables(job) or serves_objects(job))


def in_bulk(job: RowsJob) -> RowsJob:
    """The job as polars does it, which `serves`. It is made without polars, which whoever answers needs."""
    return objects_in_bulk(job) if serves_objects(job) else tables_in_bulk(job)
