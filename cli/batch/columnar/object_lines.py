"""How lines of NDJSON are laid out, as a pattern: which members they have, in which order, and where numbers are.

Most lines of a file are laid out alike. A line that has the pattern is a JSON object with these members, and what the
pattern's groups hold are numbers, so that nothing else of it need be read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.shapes import Shape
from backprop.cli.batch.formats.ndjson import ABSENT, Ndjson, member_of, steps_of
from backprop.cli.batch.results import shared_names

Path = tuple[str | int, ...]  # the names and places on the way to a value

# What Python's reader takes; it also takes NaN and Infinity, which are left to it
NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
STRING = r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"'
VALUE = f"(?:{NUMBER}|{STRING}|true|false|null)"
TOKEN = re.compile(rf"(?P<name>{STRING})(?=[ \t]*:)|(?P<value>{VALUE})|(?P<opening>[\[{{])|(?P<closing>[\]}}])|,")
MOST_GROUPS = 16  # with more the library takes a slower way to find what they hold
MOST_VALUES = 64  # in a line: a pattern takes memory for each


class LineLayout(NamedTuple):
    """`entries` are the variables and the places in them that the groups hold, in order; `constants` are the values of
    variables that such lines say nothing of.
    """

    pattern: str
    entries: Sequence[Sequence[tuple[str, tuple[int, ...]]]]
    constants: Mapping[str, Any]


def layout_of(record: str, form: Ndjson) -> LineLayout | None:
    """The layout of an object's record that has all that `form` needs; None where a pattern does not serve."""
    if not record.endswith("}") or record[-2].isspace() or has_doubles(record):
        return None
    members = json.loads(record)
    wanted: dict[Path, list[tuple[str, tuple[int, ...]]]] = {}
    constants = {}
    for variable, shape in form.shapes.items():
        member = form.members[variable]
        if member_of(members, member, ABSENT) is ABSENT:
            constants[variable] = form.defaults[variable]
            continue
        for path, index in paths_of(member, shape, is_whole=member in members):
            wanted.setdefault(path, []).append((variable, index))
    pattern, entries, end = "^", [], 0
    values = list(values_in(record))
    for path, token in values:
        pattern += escaped(record[end : token.start()]) + (f"({NUMBER})" if path in wanted else VALUE)
        if path in wanted:
            if not re.fullmatch(NUMBER, token[0]):
                return None
            entries.append(wanted.pop(path))
        end = token.end()
    if wanted or not 0 < len(entries) <= MOST_GROUPS or len(values) > MOST_VALUES:
        return None
    return LineLayout(f"{pattern}{escaped(record[end:])}$", entries, constants)


def paths_of(member: str, shape: Shape, *, is_whole: bool) -> Iterator[tuple[Path, tuple[int, ...]]]:
    """The way to each entry of a variable and its place. `is_whole`: the member's name is none of a way."""
    way = (member,) if is_whole else steps_of(member)
    for index in np.ndindex(*shape):
        yield (*way, *index), index


def values_in(record: str) -> Iterator[tuple[Path, re.Match[str]]]:
    """The numbers, strings and words in an object's record, in order, each with the way to it."""
    way: list[Any] = []
    for token in TOKEN.finditer(record):
        if token.lastgroup == "opening":
            way.append(0 if token[0] == "[" else None)
        elif token.lastgroup == "closing":
            way.pop()
        elif token.lastgroup == "name":
            way[-1] = json.loads(token[0])
        elif token.lastgroup == "value":
            yield tuple(way), token
        elif isinstance(way[-1], int):
            way[-1] += 1


def has_doubles(record: str) -> bool:
    """Whether some object in the record has a name twice: of these the last counts."""
    doubles: list[str] = []

    def without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        doubles.extend(shared_names([name for name, _ in pairs]))
        return dict(pairs)

    json.loads(record, object_pairs_hook=without_doubles)
    return bool(doubles)


def escaped(text: str) -> str:
    """A text as a pattern of the library, where a backslash goes before marks of ASCII only."""
    return re.sub(r"[\\.+*?()|\[\]{}^$#&~-]", r"\\\g<0>", text)
