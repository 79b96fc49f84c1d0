"""Raw readings from a column of a table: mean, standard uncertainty of the mean, degrees of freedom, correlations.

Source: GUM (JCGM 100:2008), 4.2, and 5.2.3 for the correlation of means of simultaneous readings.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence

import numpy as np

from backprop.autodiff.uncertainty.inputs import Uncertain
from backprop.autodiff.uncertainty.numbers import Vector
from backprop.cli.batch.dialect_options import TableOptions
from backprop.cli.batch.evaluation import wanted_of
from backprop.cli.batch.formats.delimited import Delimited
from backprop.cli.batch.formats.dialect import DIALECTS, Preamble
from backprop.cli.batch.input.blocks import TEXT_BLOCK, BlockReader
from backprop.cli.batch.input.header import array_columns, bind_columns, other_names
from backprop.cli.batch.input.preamble import begin
from backprop.cli.batch.input.source import Source
from backprop.cli.output.formats import read_format
from backprop.cli.question.argv import normalized
from backprop.cli.question.value_files import split_part
from backprop.cli.status import Failure

Note = Callable[[str], None]
MOST_NAMED = 20


def column_in(text: str) -> tuple[str, str] | None:
    """`@rows.csv:V` as the table and the column; None where the text names anything else, such as a JSON member."""
    path, column = split_part(text[1:])
    if not column or os.path.splitext(path)[1].lower() in (".json", ".npy"):
        return None
    return path, column.strip()


def read_column(path: str, name: str, note: Note) -> Vector:
    """The numbers in a column of a table. Raises Failure for the first cell that is none."""
    form = read_format(path)
    if form not in (*DIALECTS, "lines", None):
        raise Failure(f"{path}: readings come from tables of text", "save them as .csv or .tsv")
    options = TableOptions(DIALECTS.get(form or "csv", DIALECTS["csv"]), Preamble(), frozenset())
    table, reader = begin(Source(path), options, lambda found: has_column(found, name), note, None)
    if not has_column(table.header, name):
        raise Failure(f"{path} has no column {name}", f"its columns are {', '.join(table.header[:MOST_NAMED])}")
    table.columns = bind_columns(table.header, [name], {})
    blocks = blocks_of(table, name, reader)
    return np.concatenate(blocks, axis=-1) if blocks else np.empty(0)


def has_column(header: Sequence[str], name: str) -> bool:
    headings = [normalized(column.strip()) for column in header]
    return name in {*headings, *array_columns(header), *other_names(header)}


def blocks_of(table: Delimited, name: str, reader: BlockReader) -> list[Vector]:
    """The numbers of all rows, block by block. Raises Failure."""
    blocks = []
    while not reader.is_done:
        reader.fill(TEXT_BLOCK)
        data = bytes(reader.take())
        if not data:
            continue
        block = table.read(data)
        wrong, _ = wanted_of(block.faults, keeps_rejects=True)
        if wrong:
            raise Failure(
                f"{reader.source.name}: line {reader.line + wrong[0].line}: {wrong[0].reason}",
                "a reading is a number in every row",
            )
        blocks.append(block.values[name])
        reader.line += block.lines
    if reader.problem:
        raise Failure(f"{reader.source.name}: {reader.problem}")
    return blocks


def mean_of(name: str, readings: Vector, rows: str, place: str) -> Uncertain:
    """The mean of readings, s/sqrt(n) for its uncertainty, n - 1 degrees of freedom. Raises Failure."""
    count = np.shape(readings)[-1] if np.ndim(readings) else 0
    if np.ndim(readings) != 1:
        raise Failure(f"the value of {name}: {place} is an array", f"name one column: {place}[0]")
    if count < 2:
        raise Failure(
            f"the value of {name}: {place} holds {count} reading{'s' * (count != 1)}",
            "at least two tell an uncertainty; write one as a value: 5.0+-0.1",
        )
    mean = math.fsum(readings) / count
    spread = math.sqrt(math.fsum((readings - mean) ** 2) / (count - 1))
    if spread == 0.0:
        raise Failure(
            f"the value of {name}: all {count} readings of {place} are equal, which tells no uncertainty",
            f"take the instrument's resolution: {name}={mean:.6g}+-0.5,uniform for steps of 1",
        )
    return Uncertain(mean, spread / math.sqrt(count), count - 1, "normal", rows)


def correlation_of(first: Vector, second: Vector) -> float:
    """That of the means of readings taken together."""
    a, b = first - math.fsum(first) / len(first), second - math.fsum(second) / len(second)
    coefficient = math.fsum(a * b) / math.sqrt(math.fsum(a * a) * math.fsum(b * b))
    return min(1.0, max(-1.0, coefficient))
