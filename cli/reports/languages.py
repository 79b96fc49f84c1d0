"""The table of languages that `diff --to` writes, by function: what is the language's own, and what is written out."""

from __future__ import annotations

from backprop.cli.output.formats import LANGUAGES
from backprop.cli.output.report import Column, Report
from backprop.cli.reports.functions import PUBLIC, names
from backprop.parser.printers.coverage import ways
from backprop.parser.printers.languages import languages
from backprop.parser.printers.languages.sql import coverage


def languages_report(name: str | None) -> Report | None:
    """A row for each function, or for those that a name may mean, None where none is but made of others."""
    known = languages()
    asked = [gate for gates in PUBLIC.values() for gate in gates] if name is None else names().get(name, [])
    gates = [gate for gate in asked if gate.expand is None]
    if not gates:
        return None
    columns = {word: ways(known[word], gates) for word in LANGUAGES if word in known} | {"sql": coverage.ways(gates)}
    tools = {word: known[word].run_by or None for word in columns if word in known} | {"sql": coverage.RUN_BY}
    ways_of = {
        gate.name: dict(zip(columns, cells, strict=True)) for gate, *cells in zip(gates, *columns.values(), strict=True)
    }
    return Report(
        title="own: the language's, written: as code beside it, no: not at all",
        columns=(Column("name"), *map(Column, columns)),
        rows=[
            ("(tests run it by)", *[tool or "nothing" for tool in tools.values()]),
            *[(function, *cells.values()) for function, cells in ways_of.items()],
        ],
        data={
            "command": "functions",
            "run_by": tools,
            "functions": [{"name": function, **cells} for function, cells in ways_of.items()],
        },
        plain=[f"{function} {word}: {cell}" for function, cells in ways_of.items() for word, cell in cells.items()],
    )
