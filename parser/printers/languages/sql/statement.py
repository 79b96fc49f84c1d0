"""The value and the gradient as SQL: entries of a select list, or a statement that selects them beside the table's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from backprop.autodiff.declaration.table import METHODS
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.evaluation.program import needed
from backprop.autodiff.graph import Node
from backprop.parser.printers.forms import SMALL_EXPONENTS, whole_power
from backprop.parser.printers.languages.sql import layers
from backprop.parser.printers.languages.sql.arithmetic import is_spelled
from backprop.parser.printers.languages.sql.dialect import SqlDialect, spelling_of
from backprop.parser.printers.languages.sql.dialects import DIALECTS
from backprop.parser.printers.languages.sql.long_sums import in_pairs
from backprop.parser.printers.languages.sql.ranges import Magnitude, ranges
from backprop.parser.printers.languages.sql.writer import DEEPEST, SqlWriter, WrittenNode, is_variable, name_of
from backprop.parser.printers.longhand import in_place, rewritten
from backprop.parser.printers.scalars import in_scalars
from backprop.parser.printers.special_forms import LOOPLESS_FORMS

LONGEST_ENTRY = 400  # characters of an entry of the list in which everything is written where it is used
SHORTEST_NODE = 4  # characters that a node takes at least, with its sign
MOST_COLUMNS = 1600  # of a statement; PostgreSQL reads 1664


def write(
    _name: str,
    value: Node,
    gradients: Mapping[str, Node],
    dialect: str = "duckdb",
    table: str | None = None,
    view: str | None = None,
) -> str:
    """Entries of a select list, or a statement where the `table` is known, which may be that of a `view`.

    There is no function that could have the name.

    Raises ExpressionError, with the gate's place, for what the dialect cannot say.
    """
    spoken = DIALECTS[dialect]
    names = result_names(value, gradients)
    nodes = in_dialect(spoken, [value, *gradients.values()])
    known = {} if spoken.divides_by_zero else ranges(nodes)  # elsewhere nothing has to be prevented
    columns = [name_of(node) for node in needed(nodes) if is_variable(node)]
    check_apart(spoken, columns)
    taken = {spoken_name(spoken, name) for name in columns}
    shown = []
    for name in names:
        while spoken_name(spoken, name) in taken:
            name += "_"
        taken.add(spoken_name(spoken, name))
        shown.append(spoken.name(name))
    if table is None:
        return (
            ",\n".join(
                layers.entry(text, name) for text, name in zip(entries(spoken, known, nodes), shown, strict=True)
            )
            + "\n"
        )
    statement = selected(spoken, known, spoken.path(table), nodes, shown)
    return (f"CREATE VIEW {spoken.path(view)} AS\n" if view else "") + statement + ";\n"


def result_names(value: Node, gradients: Mapping[str, Node]) -> list[str]:
    """What batch calls them: `value`, `grad_x`, and `grad_W[1][0]` of an entry."""
    return [
        name + "".join([f"[{place}]" for place in index])
        for name, node in [("value", value), *[(f"grad_{name}", node) for name, node in gradients.items()]]
        for index in np.ndindex(*node.shape)
    ]


def spoken_name(dialect: SqlDialect, name: str) -> str:
    return name.lower() if dialect.ignores_case else name


def check_apart(dialect: SqlDialect, names: Sequence[str]) -> None:
    """Raise ExpressionError where two variables are one column."""
    known: dict[str, str] = {}
    for name in names:
        other = known.setdefault(spoken_name(dialect, name), name)
        if other != name:
            raise ExpressionError(
                f"'{other}' and '{name}' are one column in {dialect.title}, which takes small letters for capitals",
                cure="give one of them another name",
            )


def in_dialect(dialect: SqlDialect, results: Sequence[Node]) -> list[Node]:
    """The entries of the results by gates that the dialect has."""
    entrywise = rewritten(results, lambda node: in_place(node.gate, lambda gate: gate.by_entries is not None))
    return in_pairs(rewritten(in_scalars(entrywise), lambda node: replacement(dialect, node)))


def replacement(dialect: SqlDialect, node: Node) -> Callable[..., Node] | None:
    """What stands for a node whose gate the dialect has not; None where it has."""
    gate = node.gate
    if gate.unread:
        return gate.textbook
    if gate is METHODS["^"] and node.inputs[1].is_scalar_constant and node.inputs[1].value in SMALL_EXPONENTS:
        return lambda base, exponent: whole_power(base, exponent.value)
    if is_variable(node) or is_spelled(dialect, node):
        return None
    name = spelling_of(gate)
    form = LOOPLESS_FORMS.get(name) or gate.kernel or (gate.textbook if gate.is_public else None)
    if form is None:
        raise ExpressionError(
            f"{dialect.title} cannot compute '{gate.called}', nor is it written out in SQL",
            node.span,
            "write it out in other functions; or compute it by backprop batch, which writes Parquet and CSV",
            node.graph.source,
        )
    return form


def entries(dialect: SqlDialect, known: Mapping[Node, Magnitude], nodes: Sequence[Node]) -> list[str]:
    """Each result as one expression of the table's columns."""
    return [one_entry(dialect, known, node) for node in nodes]


def one_entry(dialect: SqlDialect, known: Mapping[Node, Magnitude], node: Node) -> str:
    """Written out where that is short, else a select in brackets whose layers have what is used several times."""
    if SHORTEST_NODE * written_size(node) <= LONGEST_ENTRY:
        (piece,) = SqlWriter(dialect, known, (), inline=True).write([node])
        if len(piece.text) <= LONGEST_ENTRY and piece.depth <= DEEPEST:
            return piece.text
    if not dialect.is_correlated:
        raise ExpressionError(
            f"an expression is too long for one column, of which {dialect.title} takes no select in brackets",
            cure="--table NAME writes a statement, in which each part is computed once",
        )
    writer, (piece,) = laid_out(dialect, known, [node])
    columns = layers.needed_columns(writer.columns, piece.uses)
    return layers.in_brackets(dialect, columns, piece.text, piece.uses)


def written_size(node: Node) -> int:
    """How many nodes stand in the text of a node if nothing is shared."""
    sizes: dict[Node, int] = {}
    for part in needed([node]):
        sizes[part] = min(1 + sum([sizes[operand] for operand in part.inputs]), LONGEST_ENTRY + 1)
    return sizes[node]


def laid_out(
    dialect: SqlDialect, known: Mapping[Node, Magnitude], nodes: Sequence[Node]
) -> tuple[SqlWriter, list[WrittenNode]]:
    names = [name_of(node) for node in needed(nodes) if is_variable(node)]
    writer = SqlWriter(dialect, known, names)
    pieces = writer.write(nodes)
    deepest = max([column.level for column in writer.columns.values()], default=0)
    used = frozenset[str]().union(*[piece.uses for piece in pieces])
    widest = max(map(len, layers.layers([*writer.columns.values()], used)), default=0)
    for count, most, what in ((deepest, dialect.most_layers, "layers"), (widest, MOST_COLUMNS, "columns")):
        if count > most:
            raise ExpressionError(
                f"the statement has {count} {what}, and a database reads {most} at most",
                cure="compute it by backprop batch, which writes Parquet and CSV",
            )
    return writer, pieces


def selected(
    dialect: SqlDialect, known: Mapping[Node, Magnitude], table: str, nodes: Sequence[Node], names: Sequence[str]
) -> str:
    """The statement: in layers where the dialect can show the table's columns alone, else entry by entry."""
    if dialect.whole is None and not dialect.applies:
        listed = [layers.entry(text, name) for text, name in zip(entries(dialect, known, nodes), names, strict=True)]
        return layers.selection(["_row.*", *map(layers.indented, listed)], f"{table} AS _row")
    writer, pieces = laid_out(dialect, known, nodes)
    used = frozenset[str]().union(*[piece.uses for piece in pieces])
    columns = layers.needed_columns(writer.columns, used)
    results = [(piece.text, name) for piece, name in zip(pieces, names, strict=True)]
    return layers.whole(dialect, table, columns, results, used)
