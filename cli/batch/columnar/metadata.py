"""What files of parquet and Arrow say of themselves and of their columns beside the types: carried to the output."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from backprop.cli.batch.columnar import arrow_format as arrow
from backprop.cli.batch.columnar.arrow_columns import Column, schema_message, schema_of
from backprop.cli.batch.columnar.flat_buffers import Table

ARROW = "ARROW:schema"
EXTENSION = b"ARROW:extension:"
OF_THE_TYPE = (EXTENSION, b"_PL_")  # what belongs to a type, which the output may have no longer; the other is polars'
# What describes exactly the columns of the input, and would hide the results
OF_ALL_COLUMNS = frozenset(
    (ARROW, "org.apache.spark.sql.parquet.row.metadata", "parquet.avro.schema", "avro.schema", "iceberg.schema")
)


class Described(NamedTuple):
    """What is said of the file, by keys, and the fields that describe its columns, by the names in frames."""

    pairs: dict[str, str]
    fields: dict[str, Table]

    @property
    def is_empty(self) -> bool:
        return not self.pairs and not any(has_metadata(field) for field in self.fields.values())

    def extension_of(self, name: str) -> str | None:
        """What the type is called that extends a column's."""
        field = self.fields.get(name, {})
        extension = arrow.metadata_of(field.get(arrow.METADATA, [])).get(EXTENSION + b"name")
        return None if extension is None else text(extension)


NOTHING = Described({}, {})


def described(pairs: Mapping[str, str], schema: Table, columns: Sequence[Column]) -> Described:
    """What a file says that has these columns and, where it says so, this schema of Arrow."""
    kept = {key: value for key, value in pairs.items() if key not in OF_ALL_COLUMNS}
    fields = schema.get(arrow.FIELDS, [])
    if len(fields) != len(columns):
        return Described(kept, {})
    return Described(
        kept, {one.name: field for one, field in zip(columns, fields, strict=True) if one.name is not None}
    )


def described_by_parquet(pairs: Mapping[str, str], columns: Sequence[Column]) -> Described:
    try:
        schema = schema_of(base64.b64decode(pairs.get(ARROW, ""))[8:])
    except ValueError:
        schema = {}
    return described(pairs, schema, columns)


def described_by_arrow(schema: Table, columns: Sequence[Column]) -> Described:
    pairs = arrow.metadata_of(schema.get(arrow.SCHEMA_METADATA, []))
    return described({text(key): text(value) for key, value in pairs.items()}, schema, columns)


def text(data: bytes) -> str:
    return data.decode(errors="replace")


def has_metadata(field: Table) -> bool:
    own = arrow.metadata_of(field.get(arrow.METADATA, []))
    is_own = any(not key.startswith(OF_THE_TYPE) for key in own)
    return is_own or any(has_metadata(child) for child in field.get(arrow.CHILDREN, []))


def with_metadata(schema: Table, found: Described) -> Table:
    """A schema of the output with what the input says of itself and of its columns."""
    pairs = arrow.metadata_of(schema.get(arrow.SCHEMA_METADATA, []))
    pairs.update({key.encode(): value.encode() for key, value in found.pairs.items()})
    fields = [like(field, found.fields.get(text(field.get(arrow.NAME, b"")))) for field in schema.get(arrow.FIELDS, [])]
    return {**schema, arrow.FIELDS: fields, arrow.SCHEMA_METADATA: arrow.pairs_of(pairs)}


def like(field: Table, other: Table | None) -> Table:
    """A field with the metadata of another one of the same structure; its own wins, as does what extends its type."""
    if other is None:
        return field
    pairs = arrow.metadata_of(other.get(arrow.METADATA, []))
    pairs = {key: value for key, value in pairs.items() if not key.startswith(OF_THE_TYPE)}
    pairs.update(arrow.metadata_of(field.get(arrow.METADATA, [])))
    changed = {**field, arrow.METADATA: arrow.pairs_of(pairs)} if pairs else dict(field)
    children, others = field.get(arrow.CHILDREN, []), other.get(arrow.CHILDREN, [])
    if len(children) == len(others):
        changed[arrow.CHILDREN] = [like(*pair) for pair in zip(children, others, strict=True)]
    return changed


def pairs_for_parquet(schema: Mapping[str, Any], found: Described) -> dict[str, str] | None:
    """What polars is to write of a file of parquet; None where there is nothing but what it writes by itself."""
    import polars

    if found.is_empty:
        return None
    stream = io.BytesIO()
    polars.DataFrame(schema=schema).write_parquet(stream)
    own = polars.read_parquet_metadata(stream.getvalue())
    try:
        described = schema_of(base64.b64decode(own.get(ARROW, ""))[8:])
    except ValueError:
        return found.pairs
    message = schema_message(with_metadata(described, found))
    return {**found.pairs, ARROW: base64.b64encode(message).decode()}
