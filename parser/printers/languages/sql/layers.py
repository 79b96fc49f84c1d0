"""Columns in layers: each selects from the one before it what it needs, and none uses a name of its own layer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from backprop.autodiff.named_tuple import NamedTuple
from backprop.parser.printers.languages.sql.dialect import SqlDialect

MOST_MARGINS = 12  # of layers within each other; of hundreds the text would be margin alone
Selected = Sequence[tuple[str, str]]  # a text and its name


class LayerColumn(NamedTuple):
    """What a layer computes: `level` is the number of the layer, `uses` are the columns of others in it."""

    name: str
    text: str
    level: int
    uses: frozenset[str]


def needed_columns(columns: Mapping[str, LayerColumn], used: Iterable[str]) -> list[LayerColumn]:
    """Those of the columns, which stand in their order, that the used ones need."""
    wanted = set(used)
    for column in reversed(list(columns.values())):
        if column.name in wanted:
            wanted |= column.uses
    return [column for column in columns.values() if column.name in wanted]


def layers(columns: Sequence[LayerColumn], used: Iterable[str]) -> list[list[tuple[str, str]]]:
    """What each layer selects: what a later one or the result uses, of the layers before it and of its own."""
    last = max([column.level for column in columns], default=0)
    final = set(used)
    until = {column.name: last + 1 if column.name in final else column.level for column in columns}
    for column in columns:
        for name in column.uses:
            until[name] = max(until[name], column.level)
    return [
        [
            (column.text if column.level == level else column.name, column.name)
            for column in columns
            if column.level <= level < until[column.name]
        ]
        for level in range(1, last + 1)
    ]


def entry(text: str, name: str) -> str:
    return text if text == name else f"{text} AS {name}"


def selection(entries: Sequence[str], source: str = "", margin: str = "") -> str:
    """A select in several lines; a source that is no table follows."""
    listed = f",\n{margin}  ".join(entries)
    return f"{margin}SELECT\n{margin}  {listed}" + (f"\n{margin}FROM {source}" if source else "")


def indented(text: str) -> str:
    return text.replace("\n", "\n  ")


def query(dialect: SqlDialect, stages: Sequence[Sequence[str]], results: Sequence[str], source: str = "") -> str:
    """The select of the results from the last of the stages, the first of which selects from the source."""
    names = [f"_layer_{number}" for number in range(1, len(stages) + 1)]
    if not dialect.nests:
        parts = []
        for name, stage in zip(names, stages, strict=True):
            barrier = f"\n  {dialect.barrier}" if dialect.barrier else ""
            parts.append(f"{name} AS (\n{selection(stage, source, '  ')}{barrier}\n)")
            source = name
        return f"WITH {', '.join(parts)}\n{selection(results, source)}"
    opened, closed = [], []
    for depth, stage in enumerate([results, *reversed(stages)]):
        margin, name = "  " * min(depth, MOST_MARGINS), names[len(stages) - depth] if depth else ""
        is_first = depth == len(stages)
        opened.append(selection(stage, source if is_first else "(", margin))
        if depth:
            barrier = f"{margin}{dialect.barrier}\n" if dialect.barrier else ""
            closed.append(f"{barrier}{margin.removesuffix('  ')}) AS {name}")
    return "\n".join([*opened, *reversed(closed)])


def in_brackets(dialect: SqlDialect, columns: Sequence[LayerColumn], result: str, used: frozenset[str]) -> str:
    """The result of columns of the query around it, as a select in brackets."""
    stages = layers(columns, used)
    if dialect.applies:
        return f"(SELECT {result} FROM {applied(stages, '')})"
    listed = [[entry(*one) for one in stage] for stage in stages]
    return f"(\n  {indented(query(dialect, listed, [result]))}\n)"


def applied(stages: Sequence[Selected], source: str) -> str:
    """The source and the layers, each joined to what is before it."""
    joined = [
        f"(SELECT {', '.join([entry(*one) for one in stage if one[0] != one[1]])}) AS _layer_{number}"
        for number, stage in enumerate(stages, start=1)
    ]
    return "\nCROSS APPLY ".join([source, *joined] if source else joined)


def whole(
    dialect: SqlDialect, table: str, columns: Sequence[LayerColumn], results: Selected, used: frozenset[str]
) -> str:
    """The table's columns and the results."""
    shown = [entry(*one) for one in results]
    stages = layers(columns, used)
    if not stages or dialect.applies:
        return selection(["_row.*", *shown], applied(stages, f"{table} AS _row"))
    assert dialect.whole is not None
    has_all = dialect.carried == "*"  # the columns of the layers before, too
    listed = [[dialect.carried, *[entry(*one) for one in stage if not has_all or one[0] != one[1]]] for stage in stages]
    everything = dialect.whole.format(", ".join([column.name for column in columns]))
    return query(dialect, listed, [everything, *shown], f"{table} AS _row")
