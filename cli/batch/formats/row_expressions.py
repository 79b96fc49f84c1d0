"""Rows that bring their own expressions: as lines of EXPRESSION, a tab and x=1 y=2, as NDJSON, and as CSV or TSV."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.shapes import Array
from backprop.cli.batch.block import Block, Case, fault_of
from backprop.cli.batch.formats.delimited import Delimited, as_number
from backprop.cli.batch.formats.ndjson import Ndjson, nested, problem_of, with_members
from backprop.cli.batch.formats.numbers import lines_in, texts
from backprop.cli.batch.input.cutting import Place, cut_lines
from backprop.cli.batch.input.header import array_columns, without_columns
from backprop.cli.batch.per_row_job import Found
from backprop.cli.batch.results import Naming
from backprop.cli.question.argv import normalized
from backprop.cli.question.value_json import as_array
from backprop.cli.status import Failure

BINDING = re.compile(r"(?<!\s)\s+(?=[^\s=\[\](),]+\s*=)")


class Unusable(Exception):
    """A row from which no case can be made: why, in words for a user."""


def member_text(value: Array) -> str:
    """A number, or an array as nested lists; null for what is not finite."""
    numbers = np.ravel(value)
    shown = [text if np.isfinite(number) else "null" for text, number in zip(texts(numbers), numbers, strict=True)]
    return nested(np.shape(value)) % tuple(shown)


def plain_text(value: Array) -> str:
    """The same with inf and nan as the language writes them, and without blanks."""
    return (nested(np.shape(value)) % tuple(texts(np.ravel(value)))).replace(" ", "")


def with_cases(block: Block, case: Callable[..., Case], *parts: Sequence[Any]) -> Block:
    """The block with the case that `case` makes of the parts of each row; where it cannot, the row is bad."""
    faults = {row: fault_of(block.records, block.starts, row, fault.reason) for row, fault in block.faults.items()}
    cases: list[Case | None] = []
    for row, given in enumerate(zip(*parts, strict=True)):
        row_case = None
        if row not in faults:
            try:
                row_case = case(*given)
            except Unusable as error:
                faults[row] = fault_of(block.records, block.starts, row, str(error))
        cases.append(row_case)
    return block._replace(faults=faults, cases=cases)


class ExpressionLines:
    """`EXPRESSION<tab>x=1 y=2`; the answer adds `<tab>value<tab>x=… y=…`, the gradients."""

    def __init__(self, *, has_gradients: bool, is_only: bool) -> None:
        self.naming = Naming()
        self.has_gradients = has_gradients
        self.is_only = is_only

    def cut(self, data: bytes | bytearray, end: int, place: Place) -> Place:
        return cut_lines(data, end, place)

    def opening(self) -> bytes:
        return b""

    def read(self, data: bytes) -> Block:
        lines = data.decode("utf-8", "surrogateescape").removeprefix("\ufeff").split("\n")
        starts = [number for number, line in enumerate(lines) if line.strip()]
        records = [lines[number].rstrip("\r") for number in starts]
        return with_cases(Block(starts, lines_in(data), {}, {}, records=records), self.case, records)

    def case(self, record: str) -> Case:
        """A record's case. Raises Unusable."""
        expression, _, rest = record.partition("\t")
        values: dict[str, Any] = {}
        reasons: dict[str, str] = {}
        for token in BINDING.split(rest.strip()) if rest.strip() else ():
            name, equals, text = token.partition("=")
            name = normalized(name.strip())
            if not equals or not name.isidentifier():
                raise Unusable(f"{token.strip()!r} is not NAME=VALUE")
            if name in values or name in reasons:
                raise Unusable(f"{name} is given twice")
            try:
                values[name] = constant(text.strip())
            except ExpressionError as error:
                reasons[name] = f"has no value: {error.reason}"
        return Case(expression, values, reasons)

    def line(self, record: str, result: Found | None) -> str:
        added = [plain_text(result.value) if result else ""]
        if self.has_gradients:
            pairs = result.gradients.items() if result else ()
            added.append(" ".join(f"{name}={plain_text(gradient)}" for name, gradient in pairs))
        return "\t".join(added if self.is_only else [record if "\t" in record else f"{record}\t", *added])


def constant(text: str) -> Array:
    """A value as the command line reads it; files are not read: a row is data."""
    from backprop.parser import parse_constant

    if text.startswith("@"):
        raise ExpressionError("a row cannot name a file")
    return parse_constant(text)


class ExpressionObjects:
    """NDJSON, the expression in the member `field`; the answer adds the value and the gradients as members."""

    def __init__(self, field: str, naming: Naming, *, has_gradients: bool, is_only: bool) -> None:
        self.field = field
        self.naming = naming
        self.has_gradients = has_gradients
        self.is_only = is_only
        self.form = Ndjson({})

    def cut(self, data: bytes | bytearray, end: int, place: Place) -> Place:
        return self.form.cut(data, end, place)

    def opening(self) -> bytes:
        return b""

    def read(self, data: bytes) -> Block:
        block = self.form.read(data)
        return with_cases(block, self.case, block.objects, block.records)

    def case(self, members: Mapping[str, Any], record: str) -> Case:
        """An object's case. Raises Unusable."""
        text = members.get(self.field)
        if not isinstance(text, str):
            raise Unusable(f"{self.field} is {'missing' if text is None else 'no text'}")
        values, reasons = {}, {}
        for name, value in members.items():
            if not self.is_only and (name == self.naming.value or name.startswith(self.naming.gradient)):
                raise Unusable(f"it has {name!r} already (see --name)")
            if name != self.field:
                reason = problem_of(value, (), record) if not isinstance(value, list) else None
                try:
                    if reason is None:
                        values[normalized(name)] = as_array(value)
                except ValueError as error:
                    reason = f"is wrong: {error}"
                if reason is not None:
                    reasons[normalized(name)] = reason
        return Case(text, values, reasons)

    def can_have_value(self, record: str) -> bool:
        """Whether a record is one object, and has no member of the value's name: it cannot have it twice."""
        block = self.form.read(record.encode("utf-8", "surrogateescape"))
        return not block.faults and not any(self.naming.value in members for members in block.objects)

    def line(self, record: str, result: Found | None) -> str:
        if result is None and not self.is_only and not self.can_have_value(record):
            return record
        members = {self.naming.value: member_text(result.value) if result else "null"}
        if result:
            members |= {
                f"{self.naming.gradient}{name}": member_text(gradient) for name, gradient in result.gradients.items()
            }
        added = ", ".join(f"{json.dumps(name, ensure_ascii=False)}: {text}" for name, text in members.items())
        return f"{{{added}}}" if self.is_only else with_members(record, added)


class Cells:
    """CSV or TSV, the expression in the column `field`; there is a gradient for every other column."""

    def __init__(
        self,
        form: Delimited,
        field: str,
        fixed: Collection[str],
        naming: Naming,
        *,
        has_gradients: bool,
        is_only: bool,
    ) -> None:
        if field not in form.header:
            raise without_columns({field: field}, form.header, {})
        if array_columns(form.header):
            raise Failure(
                "--expr-field reads no array from columns x[0], x[1], ...",
                "give rows of NDJSON, where a list is an array: --from ndjson",
            )
        self.form = form
        self.position = form.header.index(field)
        self.naming = naming
        self.has_gradients = has_gradients
        self.is_only = is_only
        columns = [name for position, name in enumerate(form.header) if position != self.position]
        self.variables = [*columns, *[name for name in fixed if name not in columns]]

    def cut(self, data: bytes | bytearray, end: int, place: Place) -> Place:
        return self.form.cut(data, end, place)

    @property
    def names(self) -> list[str]:
        gradients = [f"{self.naming.gradient}{name}" for name in self.variables] if self.has_gradients else []
        return [self.naming.value, *gradients]

    def opening(self) -> bytes:
        return self.form.opening(self.names, is_only=self.is_only)

    def read(self, data: bytes) -> Block:
        block = self.form.read(data)
        return with_cases(block, self.case, self.form.cells(block))

    def case(self, cells: Sequence[str]) -> Case:
        values: dict[str, Any] = {}
        reasons: dict[str, str] = {}
        for position, cell in enumerate(cells):
            if position != self.position:
                number, reason = as_number(cell)
                if reason is None:
                    values[normalized(self.form.header[position].strip())] = np.float64(number)
                else:
                    reasons[normalized(self.form.header[position].strip())] = reason
        return Case(cells[self.position], values, reasons)

    def line(self, record: str, result: Found | None) -> str:
        added = [plain_text(result.value) if result else ""]
        if self.has_gradients:
            known = result.gradients if result else {}
            added += [
                plain_text(known[name]) if name in known else ""
                for name in (normalized(variable.strip()) for variable in self.variables)
            ]
        text = self.form.joined(added)
        kept = record if result else self.form.padded(record)
        return text if self.is_only else f"{kept}{self.form.separator}{text}"
