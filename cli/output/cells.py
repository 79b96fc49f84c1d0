"""One cell of a report as text, for a machine or for the eye."""

from __future__ import annotations

from backprop.cli.output.numbers import Writer, rounded, summary, whole
from backprop.cli.output.report import Cell, Measured, Sum
from backprop.parser.printers.expression import shortest
from backprop.parser.visible import brief, visible

MAXIMUM_TERMS = 3  # of a sum, in a table
MAXIMUM_TEXT = 300  # characters of a text, in a table


def joined(terms: Sum, write: Writer) -> str:
    """The terms with ` + ` between them."""
    return " + ".join("".join(part if isinstance(part, str) else write(part) for part in term) for term in terms.terms)


def machine_text(cell: Cell) -> str:
    """A cell on one line without tabs, complete, with the shortest digits that read back."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return visible(cell)
    if isinstance(cell, Sum):
        return visible(joined(cell, shortest))
    return whole(cell.number if isinstance(cell, Measured) else cell)


def table_text(cell: Cell, digits: int) -> str:
    """A cell for the eye: few digits, of long sums and large arrays the beginning."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return brief(visible(cell), MAXIMUM_TEXT)
    if isinstance(cell, Sum):
        first = visible(joined(Sum(cell.terms[:MAXIMUM_TERMS]), rounded(digits)))
        left = len(cell.terms) - MAXIMUM_TERMS
        return f"{first} … +{left} more" if left > 0 else first
    if isinstance(cell, Measured):
        from backprop.cli.output.rounding import matched  # here, not above: most reports measure nothing

        return matched(cell.number, cell.uncertainty)
    return summary(cell, rounded(digits))
