"""What the printer knows of a dialect of SQL: spellings, names, and what happens at the ends of the numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from backprop.autodiff.declaration.gate import Gate
from backprop.autodiff.named_tuple import NamedTuple
from backprop.parser.printers.language import words

LARGEST = 1.7976931348623157e308
NUMBER = re.compile(r"<(-?[\w.+-]+)>")
PLAIN = re.compile(r"[a-z_][a-z0-9_]*")


class SqlDialect(NamedTuple):
    """A dialect; `functions` has the templates of the gates that the database has.

    `number` is the form of a double's digits, `bare` that beside a column, if it needs less there. `double` casts a
    column to it. `infinity` and `nan` are None where the database has no such number. `orders_nan`: nan equals itself
    there and is the largest. `is_checked`: products, quotients and powers that leave the range of doubles are errors
    there, not infinite or 0. `divides_by_zero`: a quotient by 0 is what IEEE 754 says. `logarithm` is the natural one.

    `nests`: a layer stands in the one that selects from it; else it is an entry of WITH, of which there may be more
    than a database reads within each other, which are `most_layers`. `barrier` ends a layer that would be merged with
    the next, which would compute its columns once for each use.
    `carried` is how a layer hands on the columns of the table, `whole` how the last one shows these without those of
    the layers, None where there is no word for that. `is_correlated`: a select in brackets may use columns from
    outside. `applies`: a layer is joined to what is before it by CROSS APPLY, there being no WITH in brackets.
    """

    title: str
    functions: Mapping[str, str]
    number: str = "{}e0"
    double: str = "CAST({} AS DOUBLE)"
    infinity: str | None = "CAST('inf' AS DOUBLE)"
    nan: str | None = "CAST('nan' AS DOUBLE)"
    bare: str | None = None
    logarithm: str = "ln"
    orders_nan: bool = False
    is_checked: bool = False
    divides_by_zero: bool = False
    quote: str = '""'
    ignores_case: bool = True
    nests: bool = True
    most_layers: int = 400
    barrier: str = ""
    carried: str = "*"
    whole: str | None = None
    is_correlated: bool = True
    applies: bool = False

    def call(self, gate: Gate) -> str | None:
        """The template of a gate, if the database has it."""
        return self.functions.get(spelling_of(gate))

    def literal(self, value: float) -> str:
        """A double of the dialect."""
        if math.isnan(value):
            return self.nan or "NULL"
        if math.isinf(value):
            text = self.infinity or "NULL"
            return text if value > 0 or self.infinity is None else f"-{text}"
        return with_digits(self.number, value)

    def beside_column(self, value: float) -> str:
        """The same as an operand of a sign whose other operand is a column."""
        return with_digits(self.bare, value) if self.bare and math.isfinite(value) else self.literal(value)

    def name(self, text: str) -> str:
        """A name of a column or table, in quotes where it is not a plain word."""
        if PLAIN.fullmatch(text) and text not in RESERVED:
            return text
        opening, closing = self.quote[0], self.quote[1]
        return f"{opening}{text.replace(closing, closing * 2)}{closing}"

    def path(self, text: str) -> str:
        """A table's name, which may stand behind those of a schema and a database."""
        return ".".join([self.name(part) for part in text.split(".")])


def spelling_of(gate: Gate) -> str:
    """What tables of functions call a gate: by its name in math libraries, if it has one there."""
    return str(gate.code.get("math", gate.name))


def with_digits(form: str, value: float) -> str:
    digits = repr(float(value))
    if form == "{}e0":
        return digits if "e" in digits else form.format(digits.removesuffix(".0"))
    return form.format(digits)


def with_numbers(dialect: SqlDialect, text: str) -> str:
    """The template with its numbers."""
    return NUMBER.sub(lambda match: dialect.literal(float(match[1])), text)


RESERVED = frozenset(
    words(
        """
        all alter analyse analyze and any array as asc at authorization begin between binary both bulk by case cast
        check collate column commit connect constraint create cross cube current current_date current_role
        current_time current_timestamp current_user cursor database default deferrable delete desc describe distinct
        div do drop else end escape except exclude exec execute exists explain external false fetch file fill filter
        final for force foreign format freeze from full function glob global grant group grouping groups having high
        if ignore ilike in index initially inner insert int integer intersect interval into is isnull join key kill
        lag lambda lateral lead leading left like limit load local localtime localtimestamp lookup low match
        materialized merge mod natural new no not nothing notnull null nulls of off offset old on only open option or
        order outer over overlaps partition percent pivot placing plan prewhere primary proc procedure proto public
        qualify range rank read real recursive references regexp release replace returning revoke right rlike rollback
        row rows sample save schema select separator session_user set settings show similar some struct summarize
        symmetric system table tablesample temp temporary then to top trailing transaction treat trigger true tuple
        unbounded union unique unnest unpivot update use user using values variadic varying verbose view virtual
        when where window with within without year
        """
    )
)
