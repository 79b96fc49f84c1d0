"""Looks at the first rows and chooses who reads, computes and writes. All that is wrong with a header is said here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from backprop.autodiff.declaration import leaves
from backprop.autodiff.graph import Graph
from backprop.cli.batch.evaluation import Job, Kernel, RowsJob, Writer
from backprop.cli.batch.formats.delimited import Appending, Delimited
from backprop.cli.batch.formats.ndjson import AppendingMembers, Ndjson, object_in
from backprop.cli.batch.formats.undecodable import REPLACED, has_strays, without_strays
from backprop.cli.batch.input.blocks import LONG, LONGEST, BlockReader
from backprop.cli.batch.input.header import array_columns, bind_columns, brief, without_columns
from backprop.cli.batch.input.source import Source
from backprop.cli.batch.pipeline import FIRST_BLOCK
from backprop.cli.batch.question import renames_of
from backprop.cli.batch.results import check_names, entry_names, held_once, shared_names
from backprop.cli.question.argv import normalized
from backprop.cli.status import Failure

if TYPE_CHECKING:
    from backprop.cli.batch.options import Batch

SEPARATORS = {"csv": ",", "tsv": "\t"}  # columns take what is made for a text
STRANGE_NAME = f"the name of a column holds text that is not UTF-8: {REPLACED}"
# The first line of a document over many lines.
DOCUMENT = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:\[|\{|\[\s*\{|\[[^\n]*,)[ \t\r]*\n")


def opened(batch: Batch) -> tuple[BlockReader, Job, bytes]:
    """The reader behind its header, the job, and what comes before all rows. Raises ExpressionError or Failure."""
    source = Source(batch.question.file)
    if batch.question.graph is None:
        return with_own_expressions(batch, source)
    if batch.input_format == "ndjson":
        return with_objects(batch, source, batch.question.graph)
    return with_header(batch, source, batch.question.graph)


def free_names(batch: Batch, graph: Graph, columns: Sequence[str]) -> list[str]:
    """The variables that the rows must give.

    One with a default, or a constant's name, is among them where a column has it. Either is said.
    """
    renames = renames_of(batch.renames, graph)
    known = {*[normalized(column.strip()) for column in columns], *array_columns(columns)}
    names = []
    for name in graph.inputs:
        column = normalized(renames.get(name, name).strip())
        if name in batch.question.fixed or name in graph.fixed:
            continue
        if name in graph.defaults and column not in known and name not in renames:
            batch.note(f"no column {column}: {name} keeps its value in the expression")
        elif name in graph.defaults or name not in leaves.NAMED_CONSTANTS or column in known:
            names.append(name)
            if name in leaves.NAMED_CONSTANTS and name not in graph.defaults:
                batch.note(f"{name} is read from the column {column}: it is not the constant")
    return names


def say_of_header(batch: Batch, header: Iterable[str]) -> None:
    """Say that names cannot be written as they are, where that is so."""
    if not batch.is_only and any(map(has_strays, header)):
        batch.note(STRANGE_NAME)


def header_of(reader: BlockReader, form: Delimited) -> None:
    """Read the header. Raises Failure."""
    first = reader.take_first(FIRST_BLOCK)
    if not first:
        reason = reader.problem or "it is empty"
        raise Failure(f"{reader.source.name}: {reason}", "the first line names the columns")
    try:
        form.read_header(first)
    except ValueError as error:
        raise Failure(f"{reader.source.name}: {error}", "the first line names the columns") from None


def with_header(batch: Batch, source: Source, graph: Graph) -> tuple[BlockReader, Job, bytes]:
    form = Delimited(SEPARATORS[batch.input_format])
    reader = BlockReader(source, form.cut, batch.say)
    header_of(reader, form)
    names = free_names(batch, graph, form.header)
    form.columns = bind_columns(form.header, names, renames_of(batch.renames, graph))
    kernel = Kernel(graph, {name: one.shape for name, one in form.columns.items()}, batch.question.fixed, batch.wanted)
    results = kernel.prepare()
    names = [name for name, _ in results]
    flat = [one for name, shape in results for one in entry_names(name, shape)]
    added = flat if batch.output_format != "ndjson" else names
    check_names(added, form.header if not batch.is_only else ())
    writer: Writer
    if batch.output_format == batch.input_format:
        writer = Appending(form, flat, is_only=batch.is_only)
    elif batch.output_format == "ndjson":
        from backprop.cli.batch.formats.conversion import ToObjects

        if not batch.is_only:
            for name in shared_names([without_strays(name) for name in form.header]):
                batch.note(f"the column {brief(name)}: {held_once('ndjson')}")
        say_of_header(batch, form.header)
        writer = ToObjects(form, names, [shape for _, shape in results], is_only=batch.is_only)
    else:
        from backprop.cli.batch.formats.conversion import ToCells

        target = Delimited(SEPARATORS.get(batch.output_format, ","))
        writer = ToCells(form, target, form.header, flat, is_only=batch.is_only)
    return (
        reader,
        RowsJob(form, kernel, writer, batch.policy, keeps_rejects=batch.rejects is not None),
        writer.opening(),
    )


def with_objects(batch: Batch, source: Source, graph: Graph) -> tuple[BlockReader, Job, bytes]:
    renames = renames_of(batch.renames, graph)
    form = Ndjson({})
    reader = BlockReader(source, form.cut, batch.say)
    first = first_object(reader)
    keys = {normalized(key.strip()): key for key in first}
    for name in free_names(batch, graph, list(first)):
        member = renames.get(name, name)
        form.members[name] = member if member in first else keys.get(normalized(member.strip()), member)
    missing = form.learn_shapes(first)
    if missing and first:
        raise without_columns(missing, list(first), {})
    kernel = Kernel(graph, form.shapes, batch.question.fixed, batch.wanted)
    results = kernel.prepare()
    names, shapes = [name for name, _ in results], [shape for _, shape in results]
    writer: Writer
    if batch.output_format == "ndjson":
        check_names(names, ())
        form.reserved = frozenset() if batch.is_only else frozenset(names)
        writer = AppendingMembers(names, shapes, is_only=batch.is_only)
    else:
        from backprop.cli.batch.formats.conversion import ToCells

        header = list(first)
        say_of_header(batch, header)
        flat = [one for name, shape in results for one in entry_names(name, shape)]
        check_names(flat, header if not batch.is_only else ())
        if not batch.is_only:
            form.known = frozenset(header)
        writer = ToCells(None, Delimited(SEPARATORS.get(batch.output_format, ",")), header, flat, is_only=batch.is_only)
    return (
        reader,
        RowsJob(form, kernel, writer, batch.policy, keeps_rejects=batch.rejects is not None),
        writer.opening(),
    )


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
                "make rows of it: jq -c '.[]' for an array, jq -c . for objects",
            )
        found = object_in(data)
        looked_at += len(data)
        has_begun = has_begun or bool(data.strip())
        if found is not None or reader.has_ended or reader.size > LONGEST:
            return found or {}
        if looked_at > LONG and reader.say:
            reader.say(f"{reader.source.name}: no JSON object in the first {LONG >> 20} MiB")
            reader.say = None
        reader.fill(reader.size + FIRST_BLOCK)


def with_own_expressions(batch: Batch, source: Source) -> tuple[BlockReader, Job, bytes]:
    from backprop.cli.batch.formats.row_expressions import Cells, ExpressionLines, ExpressionObjects
    from backprop.cli.batch.row_expressions import OwnJob, RowStyle

    has_gradients, is_only = batch.has_gradients, batch.is_only
    if batch.output_format != batch.input_format:
        raise Failure(
            f"rows with expressions of their own are written as they are read, as {batch.input_format}",
            "omit --format, or give -o that ending",
        )
    style: RowStyle
    if batch.field is None:
        style = ExpressionLines(has_gradients=has_gradients, is_only=is_only)
        reader = BlockReader(source, style.cut, batch.say)
    elif batch.input_format == "ndjson":
        style = ExpressionObjects(batch.field, batch.naming, has_gradients=has_gradients, is_only=is_only)
        reader = BlockReader(source, style.cut, batch.say)
    else:
        form = Delimited(SEPARATORS[batch.input_format])
        reader = BlockReader(source, form.cut, batch.say)
        header_of(reader, form)
        style = Cells(
            form, batch.field, batch.question.fixed, batch.naming, has_gradients=has_gradients, is_only=is_only
        )
        check_names(style.names, form.header if not is_only else ())
    job = OwnJob(style, batch.question.fixed, batch.policy, batch.wanted, keeps_rejects=batch.rejects is not None)
    return reader, job, style.opening()
