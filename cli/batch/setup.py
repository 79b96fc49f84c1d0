"""Looks at the first rows and chooses who reads, computes and writes. All that is wrong with a header is said here."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from backprop.autodiff.graph import Graph
from backprop.cli.batch.evaluation import Job, Kernel, Output, Part, Reader, RowsJob, Run, job_of
from backprop.cli.batch.following import (
    beside,
    check_shapes,
    objects_reader,
    opened_source,
    said_of,
    say_of_differing_columns,
    table_reader,
)
from backprop.cli.batch.formats.conversion import ToCells, ToObjects
from backprop.cli.batch.formats.delimited import Appending, Delimited
from backprop.cli.batch.formats.dialect import dialect_of
from backprop.cli.batch.formats.ndjson import AppendingMembers, Ndjson, object_in, objects_in
from backprop.cli.batch.formats.rearranged import Rearranged, with_constants
from backprop.cli.batch.formats.undecodable import without_strays
from backprop.cli.batch.input.blocks import FIRST_BLOCK, LONG, LONGEST, BlockReader
from backprop.cli.batch.input.header import (
    bind_columns,
    brief,
    say_of_header,
    say_of_other_names,
    without_columns,
)
from backprop.cli.batch.input.preamble import begin
from backprop.cli.batch.input.source import Source
from backprop.cli.batch.results import check_names, entry_names, held_once, shared_names
from backprop.cli.batch.settings import default_output
from backprop.cli.batch.writing import write_output
from backprop.cli.output.formats import FORMATS
from backprop.cli.question.argv import normalized
from backprop.cli.status import Failure

if TYPE_CHECKING:
    from backprop.autodiff.shapes import Shape
    from backprop.cli.batch.formats.row_expressions import ExpressionObjects
    from backprop.cli.batch.input.files import GivenFile
    from backprop.cli.batch.row_settings import RowSettings
    from backprop.cli.batch.settings import Batch

OBJECTS = ("ndjson", "json")  # formats whose rows are objects
# The first line of a document over many lines.
DOCUMENT = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:\[|\{|\[\s*\{|\[[^\n]*,)[ \t\r]*\n")


def opened(batch: Batch, file: GivenFile, stack: contextlib.ExitStack) -> Run:
    """The run that begins with this file; `stack` keeps what its input needs. Raises ExpressionError or Failure."""
    graph = batch.question.graph
    binary = next((form for form in (batch.input_format, batch.output_format) if FORMATS[form].is_binary), None)
    if binary is not None:
        from backprop.cli.batch.columnar.library import check_pyarrow  # here, not above: a text needs no library

        check_pyarrow(binary)
        if graph is None:
            raise Failure(
                f"rows with expressions of their own cannot be written as {binary}",
                "read and write them as csv, tsv, ndjson or lines; omit --format, or give -o another ending",
            )
    source = opened_source(file, stack)
    if source.begins_array:
        batch.take_for_json()
    if graph is None:
        return with_own_expressions(batch, source)
    if FORMATS[batch.input_format].is_binary:
        from backprop.cli.batch.columnar.reader import with_columns  # here, not above: it imports pyarrow

        return with_columns(batch, graph, source, file, stack)
    if batch.input_format in OBJECTS:
        return with_objects(batch, source, file, graph)
    return with_header(batch, source, file, graph)


def look_at(
    batch: Batch, files: Sequence[GivenFile], opened: Callable[[GivenFile, contextlib.ExitStack], object] | None
) -> None:
    """See that the files can be opened, but for those that can be read only once. Raises Failure.

    Then all that there is to say of them is said at once.
    """
    notes = batch.noted
    assert notes is not None and opened is not None
    for file in files:
        if os.path.isfile(file.name) or not os.path.exists(file.name):
            notes.file = file.name
            with contextlib.ExitStack() as stack:
                opened(file, stack)
    batch.tell_notes()


def as_text(reader: BlockReader, job: Job, opening: bytes) -> Run:
    """The run that writes text; `opening` comes before all rows."""

    def write(outputs: Iterator[Output], out: BinaryIO) -> None:
        write_output(out, opening)
        for output in outputs:
            write_output(out, output)

    return Run(reader, job, write, is_shared=True, reading=job.reading if isinstance(job, RowsJob) else None)


def as_cells_or_columns(
    batch: Batch,
    lines: BlockReader,
    rows: Reader,
    form: Delimited | Ndjson,
    kernel: Kernel,
    header: Sequence[str],
    names: Sequence[str],
) -> Run:
    """The run that writes rows as another delimited format, or as columns."""
    target = Delimited(dialect_of(batch.output_format))
    cells = ToCells(form if isinstance(form, Delimited) else None, target, header, names, is_only=batch.is_only)
    if FORMATS[batch.output_format].is_binary:
        from backprop.cli.batch.columnar.text_columns import with_text_columns  # here, not above: it imports pyarrow

        return with_text_columns(batch, lines, rows, form, kernel, cells)
    return as_text(lines, job_of(batch, rows, kernel, cells), batch.opening(cells.opening()))


def with_header(batch: Batch, source: Source, file: GivenFile, graph: Graph) -> Run:
    """The run over CSV or TSV."""
    table, lines = begun(batch, source, file, graph)
    constants = beside(batch, file, table.header)
    form = with_constants(table, constants)
    names, renames = batch.wanted_columns(graph, form.header)
    form.columns = bind_columns(form.header, names, renames)
    say_of_other_names(batch, form.header, form.columns)
    rows = table_reader(source.name, table, form, constants, form.columns)
    shapes = {name: columns.shape for name, columns in form.columns.items()}
    kernel = batch.kernel(graph, shapes)
    results = kernel.prepare()
    names, flat = [name for name, _ in results], flat_names(results)
    check_names(names if batch.output_format == "ndjson" else flat, form.header if not batch.is_only else ())

    def follow(file: GivenFile, stack: contextlib.ExitStack) -> Part:
        source = opened_source(file, stack)
        with said_of(source.name):
            table, lines = begun(batch, source, file, graph)
            constants = beside(batch, file, table.header)
            header = [*table.header, *[name for name, _ in constants]]
            columns = bind_columns(header, list(shapes), renames)
        check_shapes(source.name, {name: found.shape for name, found in columns.items()}, shapes)
        say_of_other_names(batch, header, columns)
        rows = table_reader(source.name, table, form, constants, columns)
        if isinstance(rows, Rearranged):
            say_of_differing_columns(batch, rows.left_out, rows.absent)
        assert run.reading is not None
        return Part(lines, run.reading(rows))

    writer: Appending | ToObjects
    if batch.output_format == batch.input_format:
        writer = Appending(form, flat, is_only=batch.is_only)
    elif batch.output_format == "ndjson":
        if not batch.is_only:
            for name in shared_names([without_strays(name) for name in form.header]):
                batch.note(f"the column {brief(name)}: {held_once('ndjson')}")
        say_of_header(batch, form.header)
        writer = ToObjects(form, names, [shape for _, shape in results], is_only=batch.is_only)
    else:
        run = as_cells_or_columns(batch, lines, rows, form, kernel, form.header, flat)
        return run._replace(follow=follow, columns=form.header)
    run = as_text(lines, job_of(batch, rows, kernel, writer), batch.opening(writer.opening()))
    return run._replace(follow=follow, columns=form.header)


def begun(batch: Batch, source: Source, file: GivenFile, graph: Graph) -> tuple[Delimited, BlockReader]:
    """The form of a table, which is looked at for its dialect, and what reads its rows. Raises Failure."""
    given = [name for name, _ in file.constants]
    return begin(
        source,
        batch.table_of(file),
        lambda columns: batch.has_columns(graph, [*columns, *given]),
        batch.note,
        batch.say,
    )


def with_objects(batch: Batch, source: Source, file: GivenFile, graph: Graph) -> Run:
    """The run over NDJSON."""
    defaults = {name: value if isinstance(value, float) else value.tolist() for name, value in graph.defaults.items()}
    form = Ndjson({}, defaults=defaults, takes_text=batch.input_format == "json")
    lines = object_lines(batch, source, form)
    first = first_members(batch, lines)
    constants = beside(batch, file, list(first))
    header = [*first, *[name for name, _ in constants]]
    names, renames = batch.wanted_columns(graph, header, is_open=True)
    form.members = members_of(header, names, renames)
    rows = objects_reader(source.name, form, constants)
    missing = form.learn_shapes(first)
    if missing and first:
        raise without_columns(missing, header, {})
    kernel = batch.kernel(graph, form.shapes)
    results = kernel.prepare()
    names, shapes = [name for name, _ in results], [shape for _, shape in results]

    def follow(file: GivenFile, stack: contextlib.ExitStack) -> Part:
        source = opened_source(file, stack)
        other = Ndjson({}, form.reserved, defaults, takes_text=form.takes_text)
        other.known, other.shapes = form.known, form.shapes
        lines = object_lines(batch, source, other)
        first = first_members(batch, lines)
        constants = beside(batch, file, list(first))
        header = [*first, *[name for name, _ in constants]]
        other.members = members_of(header, list(form.members), renames)
        rows = objects_reader(source.name, other, constants)
        missing = other.missing_from(first)
        if missing and first:
            with said_of(source.name):
                raise without_columns(missing, header, {})
        assert run.reading is not None
        return Part(lines, run.reading(rows))

    if batch.output_format == "ndjson":
        check_names(names, ())
        form.reserved = (
            frozenset() if batch.is_only else frozenset([*names, *filter(None, [batch.results.source_column])])
        )
        writer = AppendingMembers(names, shapes, is_only=batch.is_only)
        run = as_text(lines, job_of(batch, rows, kernel, writer), batch.opening(writer.opening()))
        return run._replace(follow=follow)
    flat = flat_names(results)
    say_of_header(batch, header)
    check_names(flat, header if not batch.is_only else ())
    if not batch.is_only:
        form.known = frozenset(header)
    run = as_cells_or_columns(batch, lines, rows, form, kernel, header, flat)
    return run._replace(follow=follow)


def object_lines(batch: RowSettings, source: Source, form: Ndjson | ExpressionObjects) -> BlockReader:
    """What reads rows of objects, a line each."""
    if batch.input_format == "json":
        from backprop.cli.batch.input.json_documents import JsonDocuments  # here, not above: most rows are no documents

        source.recoder = JsonDocuments()
    lines = BlockReader(source, form.cut, batch.say)
    lines.unit = "row" if batch.input_format == "json" else "line"
    return lines


def first_members(batch: RowSettings, lines: BlockReader) -> dict[str, Any]:
    """The members that rows have and their first values, by the first row, or by the first bytes of JSON documents.

    Raises Failure.
    """
    if batch.input_format == "ndjson":
        return first_object(lines)
    lines.head()
    members: dict[str, Any] = {}
    for found in objects_in(lines.whole(0)):
        known = {name: value for name, value in members.items() if value is not None}
        members = {**members, **found, **known}
    if not members and lines.problem is not None:
        raise Failure(
            f"{lines.source.name}: {lines.problem}", "--from FORMAT says what it is, where its ending does not"
        )
    return members


def members_of(header: Sequence[str], names: Sequence[str], renames: Mapping[str, str]) -> dict[str, str]:
    """The member that each of the names is read from."""
    keys = {normalized(key.strip()): key for key in header}
    members = {name: renames.get(name, name) for name in names}
    return {
        name: member if member in header else keys.get(normalized(member.strip()), member)
        for name, member in members.items()
    }


def flat_names(results: Sequence[tuple[str, Shape]]) -> list[str]:
    """The columns of all results, entry by entry."""
    return [entry for name, shape in results for entry in entry_names(name, shape)]


def first_object(reader: BlockReader) -> dict[str, Any]:
    """The first row that says which members there are: blank and bad ones say nothing. It is still to be taken.

    Raises Failure for one document over many lines.
    """
    looked_at = 0  # bytes
    has_begun = False
    while True:
        data = reader.whole(looked_at)
        if not has_begun and DOCUMENT.match(data):
            raise Failure(
                f"{reader.source.name}: it is one JSON document over many lines, not an object a line",
                "--from json reads it",
            )
        members = object_in(data)
        looked_at += len(data)
        has_begun = has_begun or bool(data.strip())
        if members is not None or reader.has_ended or reader.size > LONGEST:
            return members or {}
        if looked_at > LONG and reader.say:
            reader.say(f"{reader.source.name}: no JSON object in the first {LONG >> 20} MiB")
            reader.say = None
        reader.fill(reader.size + FIRST_BLOCK)


def with_own_expressions(batch: Batch, source: Source) -> Run:
    """The run over rows that bring their expressions."""
    # here, not above: one expression for all rows needs none of them
    from backprop.cli.batch.formats.row_expressions import Cells, ExpressionLines, ExpressionObjects
    from backprop.cli.batch.per_row_job import PerRowJob, RowStyle

    if batch.output_format != default_output(batch.input_format):
        raise Failure(
            f"rows with expressions of their own are written as they are read, as {default_output(batch.input_format)}",
            "omit --format, or give -o that ending",
        )
    wanted: Any = {"has_gradients": not batch.results.no_grad, "is_only": batch.is_only}
    style: RowStyle
    if batch.field is None:
        style = ExpressionLines(**wanted)
        reader = BlockReader(source, style.cut, batch.say)
    elif batch.input_format in OBJECTS:
        style = ExpressionObjects(batch.field, batch.naming, **wanted)
        reader = object_lines(batch, source, style)
    else:
        form, reader = begin(source, batch.table, lambda columns: batch.field in columns, batch.note, batch.say)
        style = Cells(form, batch.field, batch.question.fixed, batch.naming, **wanted)
        check_names(style.names, form.header if not batch.is_only else ())
    job = PerRowJob(style, batch.question.fixed, batch.policy, batch.wanted, keeps_rejects=batch.rejects is not None)

    def follow(file: GivenFile, stack: contextlib.ExitStack) -> Part:
        source = opened_source(file, stack)
        if isinstance(style, ExpressionObjects):
            return Part(object_lines(batch, source, style), job)
        if not isinstance(style, Cells):
            return Part(BlockReader(source, style.cut, batch.say), job)
        form, lines = begin(source, batch.table, lambda columns: batch.field in columns, batch.note, batch.say)
        if (form.header, form.dialect) != (style.form.header, style.form.dialect):
            raise Failure(
                f"{source.name}: its columns are not those of the first file", "run batch once for each, or give NDJSON"
            )
        return Part(lines, job)

    return as_text(reader, job, batch.opening(style.opening()))._replace(follow=follow)
