"""Types of Arrow: which ones older readers know, what is in them, and what users call them. Reads no row."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow
from pyarrow import types

TEXT = pyarrow.large_string()
UNITS = {"month": "months", "day_time": "days and milliseconds", "month_day_nano": "months, days and nanoseconds"}
NAMES: tuple[tuple[Callable[[Any], bool], str], ...] = (
    (types.is_boolean, "booleans"),
    (types.is_date, "dates"),
    (types.is_timestamp, "dates"),
    (types.is_time, "times"),
    (types.is_duration, "durations"),
    (types.is_union, "unions"),
    (types.is_decimal, "decimals of a negative scale"),
    (types.is_binary, "binary"),
    (types.is_large_binary, "binary"),
    (types.is_fixed_size_binary, "binary"),
    (types.is_struct, "records"),
    (types.is_nested, "lists of something else"),
)


def mapped(kind: Any, change: Callable[[Any], Any]) -> Any:
    """The type with `change` made of it and of every type in it."""

    def field(child: Any) -> Any:
        return child.with_type(mapped(child.type, change))

    kind = change(kind)
    if types.is_list(kind):
        return pyarrow.list_(field(kind.value_field))
    if types.is_large_list(kind):
        return pyarrow.large_list(field(kind.value_field))
    if types.is_fixed_size_list(kind):
        return pyarrow.list_(field(kind.value_field), kind.list_size)
    if types.is_map(kind):
        return pyarrow.map_(field(kind.key_field), field(kind.item_field), keys_sorted=kind.keys_sorted)
    if types.is_struct(kind):
        return pyarrow.struct([field(child) for child in kind])
    if types.is_dictionary(kind):
        return pyarrow.dictionary(kind.index_type, mapped(kind.value_type, change), kind.ordered)
    return kind


def older(kind: Any) -> Any:
    """The type that holds the same and that readers knew before there were views: Arrow 14 and polars among them."""
    if types.is_string_view(kind):
        return pyarrow.large_string()
    if types.is_binary_view(kind):
        return pyarrow.large_binary()
    if types.is_list_view(kind):
        return pyarrow.list_(kind.value_field)
    if types.is_large_list_view(kind):
        return pyarrow.large_list(kind.value_field)
    if types.is_decimal(kind) and kind.bit_width < 128:
        return pyarrow.decimal128(kind.precision, kind.scale)
    return kind


def stored_bytes(kind: Any) -> Any:
    """The type of the bytes of a text."""
    if types.is_large_string(kind):
        return pyarrow.large_binary()
    return pyarrow.binary() if types.is_string(kind) else kind


def as_in_python(kind: Any) -> Any:
    """The type of times that Python has."""
    if types.is_timestamp(kind):
        return pyarrow.timestamp("us", kind.tz if is_known_zone(kind) else "UTC")
    if types.is_duration(kind):
        return pyarrow.duration("us")
    return pyarrow.time64("us") if types.is_time64(kind) else kind


def is_known_zone(kind: Any) -> bool:
    """Whether moments of the type can be written in its time zone, where it has one."""
    try:
        scalar = pyarrow.scalar(0, kind)
        return scalar.cast(pyarrow.string()) is not None and scalar.as_py() is not None
    except (pyarrow.ArrowException, LookupError, ValueError):
        return kind.tz is None


def inner(kind: Any) -> Iterator[Any]:
    """The type, or what is stored of one that extends another, and all types in it."""
    kind = kind.storage_type if isinstance(kind, pyarrow.BaseExtensionType) else kind
    yield kind
    for position in range(kind.num_fields):
        yield from inner(kind.field(position).type)


def has_twins(kind: Any) -> bool:
    """Whether a record in it has two fields of one name, which Python's and JSON's objects cannot have."""
    records = (record for record in inner(kind) if types.is_struct(record))
    return any(len({field.name for field in record}) < record.num_fields for record in records)


def is_text(kind: Any) -> bool:
    return bool(types.is_string(kind) or types.is_large_string(kind))


def is_numeric(kind: Any) -> bool:
    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind))


class ExportedSchema(ctypes.Structure):
    """The beginning of a field as pyarrow shows it to other libraries.

    https://arrow.apache.org/docs/format/CDataInterface.html
    """

    _fields_ = (("format", ctypes.c_char_p), ("name", ctypes.c_char_p))


def with_readable_name(field: Any) -> Any:
    """The field, with U+FFFD for what is not UTF-8 in its name: from Python's texts pyarrow makes no such name."""
    if is_name_readable(field):
        return field
    exported = field.__arrow_c_schema__()
    address = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
        ("PyCapsule_GetPointer", ctypes.pythonapi)
    )(exported, b"arrow_schema")
    return field.with_name(ExportedSchema.from_address(address).name.decode(errors="replace"))


def is_name_readable(field: Any) -> bool:
    """Whether pyarrow can give the name of a field."""
    try:
        return isinstance(field.name, str)
    except UnicodeDecodeError:
        return False


def are_names_readable(kind: Any) -> bool:
    """Whether the names of all fields in a type are UTF-8."""
    fields = (part.field(position) for part in inner(kind) for position in range(part.num_fields))
    return all(map(is_name_readable, fields))


def extension_of(field: Any) -> str | None:
    """What the type is called that extends a column's, whether it is known here or the field says it only."""
    if isinstance(field.type, pyarrow.BaseExtensionType):
        return str(field.type.extension_name)
    name = (field.metadata or {}).get(b"ARROW:extension:name")
    return None if name is None else name.decode(errors="replace")


def interval_unit(kind: Any) -> str | None:
    """The unit of a type of intervals, by its name; None for every other type."""
    name, _, rest = str(kind).partition("_interval")
    return name if not rest and name in UNITS else None


def name_of(kind: Any) -> str:
    """What users call the values of a type that are no numbers."""
    unit = interval_unit(kind)
    if unit:
        return f"intervals of {UNITS[unit]}"
    if types.is_struct(kind) and not kind.num_fields:
        return "records without fields"
    return next((name for is_of, name in NAMES if is_of(kind)), "something else")
