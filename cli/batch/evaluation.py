"""What is done with every block of rows, by whichever process has it: read it, compute it, make its output."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

import numpy as np

from backprop.autodiff.evaluation.binding import defaults_beside
from backprop.autodiff.graph import Graph
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.shapes import Array, Shape
from backprop.autodiff.uncertainty.rows import check_is_number, uncertainty_name
from backprop.cli.batch.block import Block
from backprop.cli.batch.formats.numbers import Rows
from backprop.cli.batch.results import Wanted, labelled_nodes
from backprop.cli.batch.row_errors import FIRST, Fault
from backprop.cli.batch.sightings import Kinked, Nonfinite, Remark, kinked_in, nonfinite_in
from backprop.cli.batch.totals import Sums, sums_of

if TYPE_CHECKING:
    from backprop.cli.batch.input.files import GivenFile
    from backprop.cli.batch.settings import Batch

Output = Any  # text as bytes or a view of some, or a record batch


class Answer(NamedTuple):
    """What a block became: what to write, its bad rows, how many lines and rows it had, and what else there is to say.

    `is_last`: a bad row ends the run here. `untold` is how many bad rows there are behind those given, which nobody
    wants to have; `without` how many rows say themselves that they have no value. `sums` are those of the results over
    the other rows, where they are wanted and not the rows.
    """

    output: Output
    faults: Sequence[Fault]
    lines: int
    rows: int
    is_last: bool = False
    nonfinite: Nonfinite | None = None
    remarks: Sequence[Remark] = ()
    kinked: Kinked | None = None
    untold: int = 0
    without: int = 0
    sums: Sums | None = None


class Job(Protocol):
    """What a worker calls; it can be pickled."""

    def answer(self, data: Any) -> Answer:
        """The answer to a piece of the input: bytes of whole records, or a record batch."""


class Input(Protocol):
    """Where the pieces of the input come from: blocks of text, or record batches."""

    line: int  # of the next piece's first record, or the row's number
    unit: str  # what `line` counts

    @property
    def source(self) -> Any:
        """Its `size` is what its `consumed` will come to, if that is known."""

    @property
    def loss(self) -> str | None:
        """What ended the input before its end, and where."""


class Part(NamedTuple):
    """The rows of one of several files, and what is done with them."""

    input: Input
    job: Job


class Run(NamedTuple):
    """A run that can begin. `write` writes what the job puts out for each piece of the input, in order, to a stream.

    `is_shared`: other processes can do the job, too. `reading` gives the job for rows that another reads. `follow`
    gives the part for a further file, whose rows are written behind those of the first, in the same columns; what it
    opens is closed with the stack. `columns` are those of the rows, where all have the same.
    """

    input: Input
    job: Job
    write: Callable[[Iterator[Output], BinaryIO], None]
    is_shared: bool
    reading: Callable[[Reader], Job] | None = None
    follow: Callable[[GivenFile, contextlib.ExitStack], Part] | None = None
    columns: Sequence[str] = ()


class Reader(Protocol):
    def read(self, data: Any) -> Block:
        """The rows of a piece of the input: bytes of whole records, or a record batch."""


class Writer(Protocol):
    def output(self, block: Block, results: Sequence[Rows], *, is_skipping: bool) -> Output:
        """The rows with their results, each of shape (*shape, rows); bad rows are left out if `is_skipping`."""

    def remarks(self, block: Block) -> Sequence[Remark]:
        """What is not written as it came."""


class Kernel:
    """The results of one expression for blocks of rows.

    A worker gets the program where that can be sent, and so need not know the gates; else the graph, which it lowers.
    """

    def __init__(self, graph: Graph, shapes: Mapping[str, Shape], fixed: Mapping[str, Array], wanted: Wanted) -> None:
        self.graph = graph
        self.shapes = dict(shapes)
        self.fixed = {**defaults_beside(graph, {*shapes, *fixed}), **fixed}
        self.wanted = wanted
        self.names: list[str] = []  # of the results
        self.result_shapes: list[Shape] = []
        self._program: Any = None

    def __getstate__(self) -> dict[str, object]:
        if self._program is not None and self._program.can_be_sent:
            return {**vars(self), "graph": None}
        return {**vars(self), "_program": None}

    def prepare(self) -> list[tuple[str, Shape]]:
        """The results' names and shapes in one row. Raises ExpressionError where shapes do not fit."""
        if self._program is None:
            self._plan()
        return list(zip(self.names, self.result_shapes, strict=True))

    def _plan(self) -> None:
        from backprop.autodiff.evaluation.batched_gradients import plan_gradients
        from backprop.autodiff.evaluation.batched_program import RowProgram

        graph = self.graph
        if self.wanted.is_fused:
            from backprop.autodiff.passes.fusion import fuse

            graph = fuse(graph, {*self.shapes, *self.fixed})
        typed = graph.typed({**self.shapes, **{name: np.shape(value) for name, value in self.fixed.items()}})
        own = () if self.wanted.by_fixed else self.shapes
        given = [name for name in typed.inputs if name in own or name in self.fixed]
        wrt, between = self.wanted.names(given), labelled_nodes(typed) if self.wanted.has_nodes else {}
        uncertain = [name for name in given if uncertainty_name(name) in self.shapes]
        self.names = self.wanted.results(wrt, list(between), uncertain)
        for name in uncertain:
            typed.input(uncertainty_name(name), self.shapes[uncertainty_name(name)])
        if uncertain:
            check_is_number(typed)
        plan = plan_gradients(
            typed, wrt, list(self.shapes), list(between.values()), tells_kinks=True, uncertain=uncertain
        )
        self._program = RowProgram(plan, self.fixed)
        self.result_shapes = list(plan.result_shapes[: len(self.names)])

    def run(self, columns: Mapping[str, Rows], rows: int) -> tuple[list[Rows], Rows | None]:
        """The results, of shape (*shape, rows), for columns of shape (*shape, rows), and in which rows they are means
        of the sides of a kink, which differ; None where that cannot be.
        """
        if self._program is None:
            self._plan()
        results: list[Rows] = [np.empty((*shape, rows)) for shape in self._program.plan.result_shapes]
        self._program.run(columns, results)
        told = results[len(self.names) :]
        return results[: len(self.names)], np.any(told, axis=0) if told else None


class RowsJob:
    """One expression for all rows. With `adds` its answers hold the sums of the results, and no rows.

    `expects_absent`: a row without a value is not wrong.
    """

    def __init__(
        self,
        reader: Reader,
        kernel: Kernel,
        writer: Writer,
        policy: str,
        *,
        keeps_rejects: bool = True,
        adds: bool = False,
        expects_absent: bool = False,
    ) -> None:
        self.reader = reader
        self.kernel = kernel
        self.writer = writer
        self.policy = policy
        self.keeps_rejects = keeps_rejects
        self.adds = adds
        self.expects_absent = expects_absent

    def reading(self, reader: Reader) -> RowsJob:
        """The same for rows that another reads."""
        return self.by(reader, self.writer)

    def by(self, reader: Reader, writer: Writer) -> RowsJob:
        """The same job, done by these."""
        job = copy(self)
        job.reader, job.writer = reader, writer
        return job

    def answer(self, data: Any) -> Answer:
        whole = self.reader.read(data)
        if self.expects_absent:
            whole = whole._replace(faults={row: fault.expected_if_absent for row, fault in whole.faults.items()})
        block, wrong, is_last = until_stop(whole, self.policy)
        results, is_kinked = self.kernel.run(block.values, block.rows)
        output: Output = b""
        sums = sums_of(results, block.faults) if self.adds else None
        if sums is None and block.rows:
            output = self.writer.output(block, results, is_skipping=self.policy == "skip")
        without = sum([fault.is_expected for row, fault in block.faults.items()])
        told, untold = wanted_of(wrong, keeps_rejects=self.keeps_rejects)
        nonfinite = nonfinite_in(self.kernel.names, results, block.faults, block.starts, block.values)
        kinked = kinked_in(is_kinked, block.faults, block.starts, block.values)
        remarks = [] if self.adds else [*self.writer.remarks(block), *block.remarks]
        return Answer(output, told, whole.lines, block.rows, is_last, nonfinite, remarks, kinked, untold, without, sums)


def job_of(batch: Batch, rows: Reader, kernel: Kernel, writer: Writer) -> RowsJob:
    """One expression for all rows, as a run of batch wants it."""
    return RowsJob(
        rows,
        kernel,
        writer,
        batch.policy,
        keeps_rejects=batch.rejects is not None,
        adds=batch.summary is not None,
        expects_absent=batch.expects_absent,
    )


def until_stop(block: Block, policy: str) -> tuple[Block, Mapping[int, Fault], bool]:
    """What is answered of a block, the bad rows that are told of, and whether the policy ends the run at one."""
    wrong = {**block.misfits, **{row: fault for row, fault in block.faults.items() if not fault.is_expected}}
    if policy != "stop" or not wrong:
        return block, wrong, False
    worst = min(wrong)
    return block.first(worst), {worst: wrong[worst]}, True


def wanted_of(faults: Mapping[int, Fault], *, keeps_rejects: bool) -> tuple[list[Fault], int]:
    """The bad rows in order, as many as somebody wants to have, and how many there are behind them.

    To send one from a worker to the program takes longer than to read it.
    """
    rows = sorted(faults)
    wanted = rows if keeps_rejects else rows[:FIRST]
    return [faults[row] for row in wanted], len(rows) - len(wanted)
