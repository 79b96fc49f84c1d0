"""NDJSON: one object a line, the variables in its members, records with results as further members.

Text is bytes in UTF-8; what is no UTF-8 travels as surrogates, so that every record comes out as it went in.
"""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from json.scanner import make_scanner
from typing import Any

import numpy as np

from backprop.autodiff.shapes import Shape, show
from backprop.cli.batch.block import Block, fault_of
from backprop.cli.batch.formats.delimited import as_number, ended
from backprop.cli.batch.formats.numbers import Rows, lines_in, rows_of, texts
from backprop.cli.batch.formats.undecodable import without_strays
from backprop.cli.batch.input.cutting import Place, cut_lines
from backprop.cli.batch.row_errors import MISSING, Fault, quoted
from backprop.cli.batch.sightings import Remark
from backprop.cli.question.value_json import MINUS_ZERO, as_array, shown, with_zeros_of_sign

NAME = r"[^.\[\]]+"  # in a way to a member
PATH = re.compile(rf"(?=.*[.\[]){NAME}(?:\.{NAME}|\[[0-9]{{1,9}}\])*", re.DOTALL)
STEP = re.compile(rf"({NAME})|\[([0-9]+)\]")
ABSENT = object()
PLACE = "\0"  # of a number in a text of JSON, which holds none as it is
OBJECT = re.compile(rb"^(?:\xef\xbb\xbf)?[ \t\r]*(\{[^\n]*\})[ \t\r]*$", re.MULTILINE)  # what may be a line of one
BYTE_ORDER_MARK = "\ufeff"
TOO_DEEP = "it is nested too deeply"
# A value at a place of a text, and where it ends; StopIteration where there is none. `json.loads` takes three times as
# long for a short object, and six times for what is none: its exception counts the lines before it.
scan = make_scanner(json.JSONDecoder())  # type: ignore[arg-type]  # typeshed wants a scanner there
# Python's reader takes some 960 lists in one another, and fewer where it is called from deeper: whoever writes a record
# reads it again, and must be able to.
DEEPEST = 900
BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"|([\[{])|[\]}]')


class Ndjson:
    """What is read of each object: `members` names the member of each variable, `shapes` its shape.

    `reserved` are the results' names, which no object may have already; `known`, if given, are all it may have.
    `defaults` are the values, as JSON has them, of variables whose member an object may lack. `takes_text`: a string
    may hold a number, as a cell of CSV does.
    """

    def __init__(
        self,
        members: Mapping[str, str],
        reserved: Collection[str] = (),
        defaults: Mapping[str, Any] | None = None,
        *,
        takes_text: bool = False,
    ) -> None:
        self.takes_text = takes_text
        self.members = dict(members)
        self.defaults = dict(defaults or {})
        self.shapes: dict[str, Shape] = {}
        self.reserved = frozenset(reserved)
        self.known: frozenset[str] | None = None

    def cut(self, data: bytes | bytearray, end: int, place: Place) -> Place:
        """How far records are whole in `data[:end]`."""
        return cut_lines(data, end, place)

    def learn_shapes(self, first: Mapping[str, Any]) -> dict[str, str]:
        """Take each variable's shape from the first object; null stands for a number.

        Only the first: what is wrong must not depend on how many rows have come by then. Returns the variables
        without a default whose members it lacks.
        """
        for variable, member in self.members.items():
            try:
                self.shapes[variable] = np.shape(as_array(member_of(first, member, self.defaults.get(variable))))
            except ValueError:
                self.shapes[variable] = ()
        return self.missing_from(first)

    def missing_from(self, first: Mapping[str, Any]) -> dict[str, str]:
        """The variables without a default whose members the first object lacks."""
        needed = {name: member for name, member in self.members.items() if name not in self.defaults}
        return {name: member for name, member in needed.items() if member_of(first, member, ABSENT) is ABSENT}

    def read(self, data: bytes) -> Block:
        """The records of a piece of the input; a blank line is none."""
        text = data.decode("utf-8", "surrogateescape").removeprefix(BYTE_ORDER_MARK)
        lines = text.split("\n")
        records = [line.strip(" \t\r") for line in lines]
        starts: Sequence[int] = range(len(records))
        if "" in records:
            starts = [index for index, record in enumerate(records) if record]
            records = [records[index] for index in starts]
        faults: dict[int, Fault] = {}
        objects = self._objects(records, lines, starts, faults)
        if MINUS_ZERO.search(text):
            for row, record in enumerate(records):
                if row not in faults and MINUS_ZERO.search(record):
                    objects[row] = json.loads(record, **with_zeros_of_sign(record))
        closed = set(faults)
        reasons: dict[int, list[str]] = {}
        values = {}
        for variable, shape in self.shapes.items():
            member, default = self.members[variable], self.defaults.get(variable)
            column = self._column(objects, member, default)
            values[variable] = as_values(column, member, shape, records, faults, reasons, default)
        if self.reserved:
            for row, json_object in enumerate(objects):
                if not self.reserved.isdisjoint(json_object):
                    closed.add(row)
                    taken = min(self.reserved & json_object.keys())
                    reasons.setdefault(row, []).append(f"it has {taken!r} already (see --name)")
        if self.known is not None:
            for row, json_object in enumerate(objects):
                more = [name for name in json_object if name not in self.known]
                if more:
                    reasons.setdefault(row, []).append(f"its member {more[0]!r} is not in the first row, the header")
        for row, several in reasons.items():
            faults.setdefault(row, fault_of(lines, range(len(lines)), starts[row], "; ".join(several)))
        return Block(starts, lines_in(data), values, faults, records=records, objects=objects, closed=closed)

    def _column(self, objects: Sequence[Mapping[str, Any]], member: str, default: Any) -> list[Any]:
        """A member of each object, or the default."""
        column = [members.get(member, default) for members in objects]
        if steps_of(member):
            column = [member_of(members, member, default) for members in objects]
        if self.takes_text:
            column = [number_in(cell) if type(cell) is str else cell for cell in column]
        return column

    def _objects(
        self, records: Sequence[str], lines: Sequence[str], starts: Sequence[int], faults: dict[int, Fault]
    ) -> list[dict[str, Any]]:
        """What the records say; an empty object for each that is none, which is added to `faults`."""
        objects = []
        for row, record in enumerate(records):
            try:
                value, end = scan(record, 0)
                if type(value) is dict and end == len(record) and not (end > DEEPEST and is_too_deep(record)):
                    objects.append(value)
                    continue
                reason = reason_against(record, value, end)
            except (StopIteration, ValueError, RecursionError) as error:
                reason = reason_unread(record, error)
            faults[row] = fault_of(lines, range(len(lines)), starts[row], reason)
            objects.append({})
        return objects


@functools.cache
def steps_of(member: str) -> tuple[str | int, ...]:
    """`p[0].x` as the names and places on the way to a member of a member; none for a name without such."""
    if not PATH.fullmatch(member):
        return ()
    return tuple([int(place) if place else name for name, place in STEP.findall(member)])


def member_of(members: Mapping[str, Any], member: str, default: Any) -> Any:
    """A member by its name, or by the way to it; a name that holds points goes before a way."""
    if member in members:
        return members[member]
    found: Any = members
    steps = steps_of(member)
    step: Any
    for step in steps:
        if not isinstance(found, dict if isinstance(step, str) else list):
            return default
        try:
            found = found[step]
        except LookupError:
            return default
    return found if steps else default


def number_in(cell: str) -> Any:
    """The number that a string holds, or the string."""
    number, reason = as_number(cell)
    return cell if reason else number


def reason_against(record: str, value: Any, end: int) -> str:
    """Why a record is no object, that begins with a JSON value up to `end`."""
    if end < len(record):
        return not_json("extra data", len(record) - len(record[end:].lstrip(" \t\r")))
    if isinstance(value, dict):
        return TOO_DEEP
    if isinstance(value, list) and value and all(isinstance(entry, dict) for entry in value):
        return "it is a JSON array of objects, not an object: --from json reads it"
    return "it is not a JSON object"


def reason_unread(record: str, error: Exception) -> str:
    """Why `scan` could not read a record."""
    if isinstance(error, StopIteration):
        is_mark = record.startswith(BYTE_ORDER_MARK)
        return not_json("a byte order mark" if is_mark else "expecting value", error.value)
    if isinstance(error, json.JSONDecodeError):
        return not_json(error.msg[:1].lower() + error.msg[1:], error.pos)
    return TOO_DEEP if isinstance(error, RecursionError) else "it holds a number with too many digits"


def is_too_deep(record: str) -> bool:
    """Whether a JSON text has more than DEEPEST lists and objects in one another."""
    depth = deepest = 0
    if record.count("[") + record.count("{") > DEEPEST:
        for mark in BRACKET.finditer(record):
            if mark[0][0] != '"':
                depth += 1 if mark[1] else -1
                deepest = max(depth, deepest)
    return deepest > DEEPEST


def not_json(what: str, place: int) -> str:
    return f"it is not JSON: {what} at character {place + 1}"


def objects_in(data: bytes) -> Iterator[dict[str, Any]]:
    """The objects with a member among lines; it costs little to pass those that are none."""
    for line in OBJECT.finditer(data):
        try:
            record = line[1].decode("utf-8", "surrogateescape")
            value, end = scan(record, 0)
        except (StopIteration, ValueError, RecursionError):
            continue
        if isinstance(value, dict) and value and end == len(record):
            yield value


def object_in(data: bytes) -> dict[str, Any] | None:
    """The first of them."""
    return next(objects_in(data), None)


def as_values(
    column: Sequence[Any],
    member: str,
    shape: Shape,
    records: Sequence[str],
    faults: Mapping[int, Fault],
    reasons: dict[int, list[str]],
    default: Any = None,
) -> Rows:
    """A variable's values, of shape (*shape, rows); why a row has none is added to `reasons`.

    The column has the very object `default` where a row has no value of its own.
    """
    values = np.full((len(column), *shape), np.nan)
    doubtful: Iterable[int] = range(len(column))
    if not shape:
        try:
            values = np.array(
                [cell if type(cell) is float or type(cell) is int else math.nan for cell in column], np.float64
            )
            doubtful = np.flatnonzero(~np.isfinite(values)).tolist()
        except OverflowError:
            pass
    for row in doubtful:
        if row not in faults:
            value = column[row]
            reason = problem_of(value, shape, records[row], is_default=value is default)
            if reason is None:
                values[row] = as_array(value)
            else:
                reasons.setdefault(row, []).append(f"{member} {reason}")
    return np.ascontiguousarray(np.moveaxis(values, 0, -1))


def problem_of(value: Any, shape: Shape, record: str, *, is_default: bool = False) -> str | None:
    """Why a member's value, or what stands for it, is no number, or no array of the shape; None where it is."""
    if value is None:
        return MISSING
    if isinstance(value, (str, dict, bool)):
        return f"is {quoted(value) if isinstance(value, str) else shown(value)}, which is not a number"
    try:
        array = as_array(value)
    except ValueError as error:
        return f"is wrong: {error}"
    if np.shape(array) != shape:
        has = "is missing, and its default has" if is_default else "has"
        return f"{has} shape {show(np.shape(array))}, the first one {show(shape)}"
    if np.isinf(array).any() and not is_default and "Infinity" not in record:
        return "is out of range"
    return None


class Members:
    """Writes results as members of JSON objects: arrays as nested lists, what is not finite as null."""

    def __init__(self, names: Sequence[str], shapes: Sequence[Shape]) -> None:
        members = zip(names, shapes, strict=True)
        text = ", ".join(f"{json.dumps(name, ensure_ascii=False)}: {nested(shape, PLACE)}" for name, shape in members)
        self.parts = text.split(PLACE)  # before, between and behind the numbers
        self.pattern = "%s".join([part.replace("%", "%%") for part in self.parts])
        self.empty = ", ".join(f"{json.dumps(name, ensure_ascii=False)}: null" for name in names)

    def texts(self, results: Sequence[Rows], bad: Iterable[int]) -> list[str]:
        """One text a row, with null for the results of a bad one."""
        columns = []
        for vector in rows_of(results):
            column = texts(vector)
            for row in np.flatnonzero(~np.isfinite(vector)).tolist():
                column[row] = "null"
            columns.append(column)
        row_texts = list(map(self.pattern.__mod__, zip(*columns, strict=True)))
        for row in bad:
            row_texts[row] = self.empty
        return row_texts


def nested(shape: Shape, entry: str = "%s") -> str:
    """The text for each entry of an array, as nested lists."""
    pattern = entry
    for length in reversed(shape):
        pattern = f"[{', '.join([pattern] * length)}]"
    return pattern


class AppendingMembers:
    """Writes the objects as they came, each with its results as further members."""

    def __init__(self, names: Sequence[str], shapes: Sequence[Shape], *, is_only: bool) -> None:
        self.members = Members(names, shapes)
        self.is_only = is_only

    def opening(self) -> bytes:
        return b""

    def output(self, block: Block, results: Sequence[Rows], *, is_skipping: bool) -> bytes:
        """In a bad row the results are null, or the row is left out; a record that can take none stays as it is."""
        added = self.members.texts(results, block.faults)
        if self.is_only:
            lines = [f"{{{text}}}" for text in added]
        else:
            lines = list(map(with_members, block.records, added))
            for row in block.closed:
                lines[row] = block.records[row]
        return ended(lines, "\n", block.dropped(is_skipping=is_skipping)).encode("utf-8", "surrogateescape")

    def remarks(self, block: Block) -> Sequence[Remark]:
        """None: everything is written as it came."""
        return ()


def with_members(record: str, members: str) -> str:
    """An object with more members; anything else as it is."""
    if not (record.startswith("{") and record.endswith("}")) or not members:
        return record
    opening = record[:-1].rstrip()
    return f"{opening}{', ' if opening != '{' else ''}{members}}}"


def as_json(cell: str) -> str:
    """A cell of text as JSON: a number where it is written as one, null where it is empty, else a string."""
    if not cell:
        return "null"
    try:
        if math.isfinite(float(cell)) and isinstance(json.loads(cell), (int, float)) and cell not in ("true", "false"):
            return cell
    except ValueError:
        pass
    return json.dumps(without_strays(cell), ensure_ascii=False)
