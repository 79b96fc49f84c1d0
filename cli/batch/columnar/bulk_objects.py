"""Regular NDJSON by polars, many rows at a time: the same text as ndjson.py, several times as fast.

A block is regular if its lines are its records. Of those, lines that are not laid out as most are (object_lines.py) are
read the careful way; a block that is not regular is left to it altogether.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from backprop.cli.batch.block import Block
from backprop.cli.batch.columnar.bulk_delimited import FEW, LEAST, as_texts, written_otherwise
from backprop.cli.batch.columnar.object_lines import LineLayout, layout_of
from backprop.cli.batch.evaluation import Job, Output, RowsJob
from backprop.cli.batch.formats.ndjson import AppendingMembers, Ndjson
from backprop.cli.batch.formats.numbers import Rows, is_sum_finite, rows_of
from backprop.cli.batch.row_errors import Fault
from backprop.cli.batch.sightings import Remark

if TYPE_CHECKING:
    from typing import TypeGuard

MOST_LAYOUTS = 4  # each is tried on the lines that the ones before it do not have
LOOKED_AT = 8  # lines, for a further layout
LONGEST_LINE = 4000  # bytes: Python reads no whole number of more digits than 4300


def serves_objects(job: Job) -> TypeGuard[RowsJob]:
    """Whether polars, which is installed, can do the job."""
    return isinstance(job, RowsJob) and isinstance(job.writer, AppendingMembers) and isinstance(job.reader, Ndjson)


def objects_in_bulk(job: RowsJob) -> RowsJob:
    """The job as polars does it. It is made without polars, which whoever answers needs."""
    assert isinstance(job.reader, Ndjson) and isinstance(job.writer, AppendingMembers)
    return job.by(BulkObjects(job.reader), BulkMembers(job.writer))


class BulkObjects:
    """Reads blocks of objects, which are regular; others as `form` does."""

    def __init__(self, form: Ndjson) -> None:
        self.form = form
        self.layouts: list[LineLayout] = []  # of the lines so far

    def read(self, data: bytes) -> Block:
        block = self.regular(data) if len(data) >= LEAST else None
        return self.form.read(data) if block is None else block

    def regular(self, data: bytes) -> Block | None:
        """What a regular block holds; None where it is not regular."""
        import polars

        if not data.endswith(b"\n") or b"\r" in data or data.startswith(codecs.BOM_UTF8):
            return None
        try:
            lines = polars.read_lines(data).to_series()
            longest: Any = lines.str.len_bytes().max()
            if longest > LONGEST_LINE:
                return None
            values = {name: np.full((*shape, len(lines)), np.nan) for name, shape in self.form.shapes.items()}
            rest = self.fill(values, lines)
        except polars.exceptions.PolarsError:
            return None  # bytes that are no UTF-8, a pattern that is too large: the careful way takes both
        return self.read_again(lines, values, rest)

    def put(self, values: dict[str, Rows], layout: LineLayout, vectors: Sequence[Rows], places: Any) -> None:
        """What lines of a layout in these places say."""
        for vector, entries in zip(vectors, layout.entries, strict=True):
            for name, index in entries:
                values[name][(*index, places)] = vector
        for name, constant in layout.constants.items():
            values[name][..., places] = np.asarray(constant, dtype=np.float64)[..., np.newaxis]

    def fill(self, values: dict[str, Rows], lines: Any) -> Any:
        """Put what lines of a layout say into `values`; the places of the others, and of those with inf."""
        rest = np.arange(len(lines))
        for number in range(MOST_LAYOUTS):
            if number == len(self.layouts) and not self.learn(lines.gather(rest[:LOOKED_AT])):
                break
            layout = self.layouts[number]
            groups = (lines if len(rest) == len(lines) else lines.gather(rest)).str.extract_groups(layout.pattern)
            numbers = groups.struct.unnest().cast(float).to_numpy().T
            has_layout = ~np.isnan(numbers[0])
            self.put(values, layout, [vector[has_layout] for vector in numbers], rest[has_layout])
            rest = rest[~has_layout]
            if not len(rest):
                break
        infinite = [
            np.isinf(value).reshape(-1, len(lines)).any(axis=0) for value in values.values() if not is_sum_finite(value)
        ]
        return np.union1d(rest, np.flatnonzero(np.any(infinite, axis=0))) if infinite else rest

    def learn(self, lines: Sequence[str]) -> bool:
        """Take the layout of the first of some lines that has one."""
        for line in lines:
            if not self.careful([line]).faults:
                layout = layout_of(line, self.form)
                if layout is not None:
                    self.layouts.append(layout)
                    return True
        return False

    def careful(self, lines: Iterable[str]) -> Block:
        """Some lines of a block, none of which is the first of the input: that may begin with a mark."""
        return self.form.read("".join(["\n", *(f"{line}\n" for line in lines)]).encode())

    def read_again(self, lines: Any, values: dict[str, Rows], places: Any) -> Block | None:
        """The block with what the careful way reads in these places; None where it writes such records otherwise."""
        block = Block(range(len(lines)), len(lines), values, {}, lines_series=lines)
        if not len(places):
            return block
        careful = self.careful(lines.gather(places))
        if careful.rows < len(places):  # a blank line
            return None
        good = [record for row, record in enumerate(careful.records) if row not in careful.faults]
        if any(record[:-1].rstrip() in ("{", record[:-2].rstrip()) for record in good):
            return None  # it has no member, or blanks behind its last one
        for name, value in careful.values.items():
            values[name][..., places] = value
        faults = {
            int(places[row]): Fault(int(places[row]), fault.reason, fault.record)
            for row, fault in careful.faults.items()
        }
        closed = {int(places[row]) for row in careful.closed}
        return block._replace(faults=faults, closed=closed, lines_series=lines.scatter(places, careful.records))


class BulkMembers:
    """Writes the lines of regular blocks as they came, the results within; other blocks as `careful` does."""

    def __init__(self, careful: AppendingMembers) -> None:
        self.careful = careful

    def remarks(self, block: Block) -> Sequence[Remark]:
        return self.careful.remarks(block)

    def output(self, block: Block, results: Sequence[Rows], *, is_skipping: bool) -> Output:
        """In a bad row the results are null, or the row is left out."""
        if block.lines_series is None:
            return self.careful.output(block, results, is_skipping=is_skipping)
        import polars

        lines = self.lines(block, results)
        dropped = block.dropped(is_skipping=is_skipping)
        if dropped:
            kept = np.ones(len(lines), dtype=bool)
            kept[list(dropped)] = False
            lines = lines.filter(polars.Series(kept))
        # polars.write_csv would copy the lines once more
        text: bytes = lines.append(polars.Series([""])).str.join("\n").cast(polars.Binary).item()
        return text

    def lines(self, block: Block, results: Sequence[Rows]) -> Any:
        """The whole lines: by polars, but for those in which it would not write every number as `careful` does."""
        import polars

        parts = list(self.careful.members.parts)
        parts[0] = ("{" if self.careful.is_only else ", ") + parts[0]
        parts[-1] += "}"
        others = set(block.faults)
        pieces: list[Any] = [] if self.careful.is_only else [block.lines_series.str.head(-1)]
        for part, vector in zip(parts, rows_of(results), strict=False):
            places = written_otherwise(vector)
            is_text = len(places) > block.rows // FEW
            pieces += [polars.lit(part), as_members(vector) if is_text else polars.Series(vector)]
            others.update(() if is_text else places.tolist())
        lines = polars.select(polars.concat_str([*pieces, polars.lit(parts[-1])]).alias("")).to_series()
        places = sorted(others)
        return lines.scatter(places, self.careful_lines(block, results, places)) if places else lines

    def careful_lines(self, block: Block, results: Sequence[Rows], places: Sequence[int]) -> list[str]:
        """The lines in these places, as `careful` writes them."""
        rows = {place: row for row, place in enumerate(places)}
        some = Block(
            places,
            len(places),
            {},
            {rows[place]: fault for place, fault in block.faults.items()},
            records=block.lines_series.gather(places).to_list(),
            closed={rows[place] for place in block.closed},
        )
        written = self.careful.output(some, [value[..., places] for value in results], is_skipping=False)
        return written.decode().split("\n")[:-1]


def as_members(vector: Rows) -> Any:
    """A vector as text of JSON."""
    text = as_texts(vector)
    return text if is_sum_finite(vector) else text.scatter(np.flatnonzero(~np.isfinite(vector)), "null")
