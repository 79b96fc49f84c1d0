"""The members of JSON objects as text: numbers, lists and objects keep what stands in the record, strings are read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from backprop.cli.batch.formats.undecodable import REPLACED, without_strays
from backprop.cli.batch.sightings import Remark

# As text, numbers come out of it as they stand there.
FLAT = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)
DECODER = json.JSONDecoder()
BETWEEN = re.compile(r"[ \t\r\n]*[:,{]?[ \t\r\n]*")
# An escape in a JSON string; the group is one of half of a surrogate pair alone, which is no character.
ESCAPE = re.compile(r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)")


def cells_of(record: str, names: Sequence[str]) -> list[str]:
    """The named members of an object's record as cells: null, and what it lacks, as nothing."""
    if not has_halves(record):
        members = FLAT.decode(record)
        if not any(isinstance(value, (list, dict)) for value in members.values()):
            return [as_cell(members.get(name)) for name in names]
    slices = dict(members_of(record))
    return [read(slices.get(name, "null")) for name in names]


def as_cell(value: Any) -> str:
    """A member without members: strings and numbers as they are."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value)


def members_of(record: str) -> Iterator[tuple[str, str]]:
    """Each member's name, and its value as it stands in the record of an object."""
    position = after(record, 0)
    while record[position] != "}":
        name, position = DECODER.raw_decode(record, position)
        start = after(record, position)
        _, position = DECODER.raw_decode(record, start)
        yield name, record[start:position]
        position = after(record, position)


def after(record: str, position: int) -> int:
    """Behind the blanks, and the mark that may be between them."""
    match = BETWEEN.match(record, position)
    assert match is not None  # it matches nothing at all
    return match.end()


def read(value: str) -> str:
    """A member's value as a cell."""
    if value == "null":
        return ""
    if not value.startswith('"'):
        return value
    text = DECODER.decode(with_whole_characters(value) if has_halves(value) else value)
    assert isinstance(text, str)
    return text


def has_halves(text: str) -> bool:
    """Whether there may be escapes of halves of surrogate pairs."""
    return "\\ud" in text or "\\uD" in text


def with_whole_characters(text: str) -> str:
    """U+FFFD for each half of a pair alone."""
    return ESCAPE.sub(lambda match: r"\ufffd" if match[1] else match[0], text)


def remarks_on_halves(names: Sequence[str], records: Sequence[str], starts: Sequence[int]) -> list[Remark]:
    """The first string with half of a pair in each of the named members of objects."""
    remarks: dict[str, Remark] = {}
    for start, record in zip(starts, records, strict=True):
        for name, value in members_of(record) if has_halves(record) else ():
            is_cell = name in names and name not in remarks and value.startswith('"')
            if is_cell and with_whole_characters(value) != value:
                text = f"{without_strays(name)} holds half of a surrogate pair, which is not a character: {REPLACED}"
                remarks[name] = Remark(start, text)
    return list(remarks.values())
