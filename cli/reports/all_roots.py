"""All roots in a range: a row for each, and what cannot be told. Computes nothing."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from backprop.autodiff.optimize.all_roots import AllRoots
from backprop.cli.output.report import ROWS, Cell, Column, Report
from backprop.cli.reports.counts import counted


def all_roots_report(found: AllRoots, text: str) -> Report:
    """One row for each root, in order."""
    name = found.name
    rows = [
        (float(root.value), root.kind, round(root.digits, 1), float(root.slope), float(root.residual))
        for root in found.roots
    ]
    return Report(
        title=text,
        columns=(
            Column(name, is_number=True),
            Column("kind"),
            Column("digits", is_number=True),
            Column("slope", is_number=True),
            Column("residual", is_number=True),
        ),
        rows=rows,
        data={
            "command": "solve",
            "expression": text,
            "roots": [
                {
                    "point": {name: root.value},
                    "kind": root.kind,
                    "residual": root.residual,
                    "slope": root.slope,
                    "digits": root.digits,
                    "condition": root.condition,
                    "error": root.error,
                }
                for root in found.roots
            ],
            "range": {name: list(found.range)},
            "point": found.point,
            "residual": found.residual,
            "certified": found.is_certified,
            "unresolved": [list(stretch) for stretch in found.unresolved],
            "zero": [list(stretch) for stretch in found.zero],
            "table": ROWS,
            "evaluations": found.evaluations,
            "reason": found.reason,
            "nonfinite": {},
        },
        plain=[np.float64(root.value) for root in found.roots],
        footer=tuple(footer(found)),
    )


def footer(found: AllRoots) -> Iterator[Cell]:
    """What the rows do not say, a line each."""
    count = len(found.roots)
    yield f"{count or 'no'} root{'s' * (count != 1)} between {found.range[0]:g} and {found.range[1]:g}"
    yield "certified: none is left out" if found.is_certified else f"not certified: {found.reason}"
    if any(root.kind == "touching" for root in found.roots):
        yield "where the function only touches 0 it is 0 but for rounding"
    yield counted(found.evaluations, "evaluation")
