"""Texts that are not UTF-8 in parts of parquet and Arrow IPC: read as bytes, and made text with U+FFFD."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from typing import Any

from backprop.cli.batch.columnar import arrow_format as arrow
from backprop.cli.batch.columnar.arrow_columns import schema_message, schema_of
from backprop.cli.batch.columnar.arrow_stream import Taker, messages
from backprop.cli.batch.columnar.flat_buffers import Table
from backprop.cli.batch.columnar.parquet_groups import (
    ARROW,
    CHILDREN,
    CONVERTED,
    LOGICAL,
    PAIRS,
    SCHEMA,
    sequence,
    trees_of,
    whole,
)
from backprop.cli.batch.columnar.thrift_compact import BINARY, Field, Struct, read_struct
from backprop.cli.batch.input.source import Damaged

TEXT = 0  # the converted type UTF8
STRING = 1  # the number of the logical type
AS_BYTES = {5: 4, 20: 19, 24: 23}  # kinds of Arrow's texts and of bytes that are stored alike


def with_bytes(part: bytes) -> bytes:
    """A file of parquet or a stream of Arrow IPC whose texts are bytes, but for those in lists, records and
    dictionaries. Raises Damaged.
    """
    try:
        return parquet_with_bytes(part) if part.startswith(b"PAR1") else stream_with_bytes(part)
    except (LookupError, ValueError, TypeError, AttributeError):
        raise Damaged("it is damaged: it holds texts that are not UTF-8") from None


def stream_with_bytes(part: bytes) -> bytes:
    first = next(messages(Taker(io.BytesIO(part))))
    return schema_message(fields_with_bytes(schema_of(first.parts[1]))) + part[sum(map(len, first.parts)) :]


def fields_with_bytes(schema: Table) -> Table:
    fields = []
    for field in schema.get(arrow.FIELDS, []):
        kind = field.get(arrow.KIND, 0)
        is_plain = arrow.DICTIONARY not in field
        fields.append({**field, arrow.KIND: AS_BYTES.get(kind, kind) if is_plain else kind})
    return {**schema, arrow.FIELDS: fields}


def parquet_with_bytes(part: bytes) -> bytes:
    length = int.from_bytes(part[-8:-4], "little")
    contents = read_struct(part[-8 - length : -8])
    elements = contents[SCHEMA].value.values
    changed = [tree if CHILDREN in tree[0] else [element_with_bytes(tree[0])] for tree in trees_of(elements)]
    elements[1:] = [one for tree in changed for one in tree]
    for pair in sequence(contents, PAIRS):
        if pair[1].value == ARROW:
            schema = fields_with_bytes(schema_of(base64.b64decode(pair[2].value)[8:]))
            pair[2] = Field(BINARY, base64.b64encode(schema_message(schema)))
    return whole(part[4 : -8 - length], contents)


def element_with_bytes(element: Struct) -> Struct:
    is_text = CONVERTED in element and element[CONVERTED].value == TEXT
    is_text = is_text or (LOGICAL in element and STRING in element[LOGICAL].value)
    return {key: one for key, one in element.items() if not is_text or key not in (CONVERTED, LOGICAL)}


def decoded(frame: Any, schema: Mapping[str, Any], replaced: set[str]) -> Any:
    """A frame whose texts are bytes with texts, as in the schema; columns where something is replaced are added."""
    import polars

    columns = []
    for series in frame:
        if schema[series.name] == polars.String and series.dtype == polars.Binary:
            texts = [None if cell is None else cell.decode(errors="replace") for cell in series]
            if any(text is not None and text.encode() != cell for text, cell in zip(texts, series, strict=True)):
                replaced.add(series.name)
            series = polars.Series(series.name, texts, dtype=polars.String)
        columns.append(series)
    return polars.DataFrame(columns)
