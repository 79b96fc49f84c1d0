"""What the tables of Arrow's IPC format hold. Source: Apache Arrow, format/Schema.fbs, Message.fbs and File.fbs."""

from __future__ import annotations

from backprop.cli.batch.columnar.flat_buffers import Description, One, Structs, Table, Tables, Text

# Fields of a schema, of a field, of a message, of a batch and of a file's table of contents, by their numbers
FIELDS, SCHEMA_METADATA = 1, 2
NAME, NULLABLE, KIND, TYPE, DICTIONARY, CHILDREN, METADATA = 0, 1, 2, 3, 4, 5, 6
HEADER_KIND, HEADER, BODY = 1, 2, 3
LENGTH, NODES, BUFFERS, COMPRESSION, VARIADIC = 0, 1, 2, 3, 4

# Kinds of types
NULL, BINARY, DECIMAL, TIMESTAMP, INTERVAL, STRUCT, UNION, FIXED_BINARY, FIXED_LIST, MAP = (
    1,
    4,
    7,
    10,
    11,
    13,
    14,
    15,
    16,
    17,
)
RUNS, BINARY_VIEW, TEXT_VIEW, LIST_VIEW, LARGE_LIST_VIEW = 22, 23, 24, 25, 26
LISTS = {LIST_VIEW: 12, LARGE_LIST_VIEW: 21}  # what holds the same otherwise
THREE_BUFFERS = frozenset({4, 5, 19, 20, LIST_VIEW, LARGE_LIST_VIEW})  # texts and bytes

TYPES: dict[int, Description] = {
    2: {0: "<i", 1: "<B"},  # Int: bits, whether it has a sign
    3: {0: "<h"},  # FloatingPoint: precision
    DECIMAL: {0: "<i", 1: "<i", 2: "<i"},  # precision, scale, bits
    8: {0: "<h"},  # Date: unit
    9: {0: "<h", 1: "<i"},  # Time: unit, bits
    TIMESTAMP: {0: "<h", 1: Text()},  # unit, time zone
    INTERVAL: {0: "<h"},  # unit
    UNION: {0: "<h", 1: Structs(4)},  # mode, numbers of its types
    FIXED_BINARY: {0: "<i"},  # bytes
    FIXED_LIST: {0: "<i"},  # entries
    MAP: {0: "<B"},  # whether its keys are sorted
    18: {0: "<h"},  # Duration: unit
}
PAIR: Description = {0: Text(), 1: Text()}
ENCODING: Description = {0: "<q", 1: One(lambda _: TYPES[2]), 2: "<B", 3: "<h"}
FIELD: Description = {
    NAME: Text(),
    NULLABLE: "<B",
    KIND: "<B",
    TYPE: One(lambda field: TYPES.get(field.get(KIND, 0), {})),
    DICTIONARY: One(lambda _: ENCODING),
    CHILDREN: Tables(lambda: FIELD),
    METADATA: Tables(lambda: PAIR),
}
SCHEMA: Description = {0: "<h", FIELDS: Tables(lambda: FIELD), SCHEMA_METADATA: Tables(lambda: PAIR), 3: Structs(8)}
BATCH: Description = {
    LENGTH: "<q",
    NODES: Structs(16),
    BUFFERS: Structs(16),
    COMPRESSION: One(lambda _: {0: "<b", 1: "<b"}),
    VARIADIC: Structs(8),
}
HEADERS: dict[int, Description] = {1: SCHEMA, 2: {0: "<q", 1: One(lambda _: BATCH), 2: "<B"}, 3: BATCH}
MESSAGE: Description = {
    0: "<h",
    HEADER_KIND: "<B",
    HEADER: One(lambda message: HEADERS.get(message.get(HEADER_KIND, 0), {})),
    BODY: "<q",
    4: Tables(lambda: PAIR),
}
CONTENTS: Description = {
    0: "<h",
    1: One(lambda _: SCHEMA),
    2: Structs(24),  # the dictionaries: place, bytes of the head, bytes of the body
    3: Structs(24),  # the batches, likewise
    4: Tables(lambda: PAIR),
}


def metadata_of(pairs: list[Table]) -> dict[bytes, bytes]:
    return {pair.get(0, b""): pair.get(1, b"") for pair in pairs}


def pairs_of(metadata: dict[bytes, bytes]) -> list[Table]:
    return [{0: key, 1: value} for key, value in metadata.items()]
