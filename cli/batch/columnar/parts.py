"""Parts of a file of parquet, whose blocks of rows are those that the whole file gives, too."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow
from pyarrow import types

from backprop.cli.batch.columnar.arrow_types import inner
from backprop.cli.batch.input.files import FilePart

BLOCK_ROWS = 1 << 16


def parts_of(file: Any, rows: int) -> list[FilePart]:
    """Whole row groups of at least so many rows together, each part with the beginning of the next group to the end of
    a block: a part begins where a block does.
    """
    ends = list(itertools.accumulate(rows_of_groups(file)))
    total = ends.pop() if ends else 0
    # Where cells are places in a dictionary, each group has its own, and a block ends with it.
    has_dictionaries = any(types.is_dictionary(part) for field in file.schema_arrow for part in inner(field.type))
    parts = []
    first = 0
    for end in ends:
        place = -(-end // BLOCK_ROWS) * BLOCK_ROWS
        if place - first >= rows and place < total and not (has_dictionaries and place != end):
            parts.append(FilePart(first, place))
            first = place
    return [*parts, FilePart(first, total)]


def rows_of_groups(file: Any) -> Sequence[int]:
    return [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]


def batches_of_part(file: Any, part: FilePart) -> Iterator[Any]:
    """The rows of a part in blocks; row groups without any of them are not read."""
    groups: list[int] = []
    before = 0  # rows in front of the first of these
    end = 0
    for group, rows in enumerate(rows_of_groups(file)):
        start, end = end, end + rows
        if end > part.first and start < part.end:
            before = before if groups else start
            groups.append(group)
    if not groups:
        return
    coming = file.iter_batches(BLOCK_ROWS, row_groups=groups)
    if before % BLOCK_ROWS:
        coming = in_blocks(coming, -before % BLOCK_ROWS)
    skipped, wanted = part.first - before, part.end - part.first
    for batch in coming:
        rest = batch.slice(min(skipped, batch.num_rows), wanted)
        skipped -= batch.num_rows - rest.num_rows
        wanted -= rest.num_rows
        if rest.num_rows:
            yield rest
        if not wanted:
            return


def in_blocks(coming: Iterator[Any], first: int) -> Iterator[Any]:
    """The same rows in blocks of their own, which are no slices of others; the first one has so many rows."""
    kept: list[Any] = []
    missing = first
    for batch in coming:
        while batch.num_rows:
            kept.append(batch.slice(0, missing))
            batch = batch.slice(missing)
            missing -= kept[-1].num_rows
            if not missing:
                yield pyarrow.concat_batches(kept)
                kept, missing = [], BLOCK_ROWS
    if kept:
        yield pyarrow.concat_batches(kept)
