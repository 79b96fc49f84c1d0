"""A report: what a command has to say, as plain data. Knows no format, no terminal and no gate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.shapes import Array, Shape

if TYPE_CHECKING:
    from backprop.autodiff.derivatives.sparse import SparseMatrix

Term: TypeAlias = tuple["str | float", ...]  # its numbers are written as the format writes numbers


class Sum(NamedTuple):
    """Terms joined by ` + `: how a gradient came about. A node used 100,000 times has as many."""

    terms: Sequence[Term]


class Measured(NamedTuple):
    """A number with its standard uncertainty: for the eye it is rounded to match two digits of that."""

    number: float
    uncertainty: float


Cell: TypeAlias = "str | float | Array | Sum | Measured | None"  # None: there is nothing to say
Row: TypeAlias = tuple[Cell, ...]


class Column(NamedTuple):
    """`folds`: its cells may be broken anywhere to fit a narrow terminal; others never are.

    `stacks`: a terminal that is too narrow for all has it below each line.
    `is_optional`: a table on a terminal that is too narrow for all leaves it out.
    """

    name: str
    style: str = ""
    is_number: bool = False
    folds: bool = False
    is_optional: bool = False
    stacks: bool = False


class Rows(Sequence[Row]):
    """Rows made when they are asked for: of a million a terminal shows a thousand, `plain` none."""

    def __init__(self, items: Sequence[Any], cells: Callable[[Any], Row]) -> None:
        self.items = items
        self.cells = cells

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return Rows(self.items[index], self.cells)
        return self.cells(self.items[index])


ROWS = object()  # in `data`: here the rows belong


class Listed(NamedTuple):
    """A sparse matrix, and what its rows and columns are entries of, in their order."""

    matrix: SparseMatrix
    rows: Sequence[tuple[str, Shape]]
    columns: Sequence[tuple[str, Shape]]
    is_symmetric: bool


class Report(NamedTuple):
    """`title`, `columns` and `rows` make every table; `data` is the JSON object; `plain` the bare values.

    `labels` say on a terminal what each plain value is, empty where it is a value of the line before.
    `footer` are lines for people below a table; a format that holds rows only has them on stderr. `picture` makes what
    a format that draws shows. `listed` is the matrix whose entries the rows are.
    """

    title: str
    columns: tuple[Column, ...]
    rows: Sequence[Row]
    data: dict[str, Any]
    plain: Sequence[Cell]
    has_header: bool = True
    footer: tuple[Cell, ...] = ()
    labels: Sequence[str] = ()
    picture: Callable[[], Any] | None = None
    listed: Listed | None = None
