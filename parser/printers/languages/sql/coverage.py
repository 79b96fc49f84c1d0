"""What SQL has of each gate: what all dialects have as their own, what is written out, what none can compute."""

from __future__ import annotations

from backprop.autodiff.declaration.gate import Gate
from backprop.autodiff.errors import ExpressionError
from backprop.parser.printers.coverage import MISSING, OWN, WRITTEN, sample_of
from backprop.parser.printers.languages.sql.arithmetic import has_gate
from backprop.parser.printers.languages.sql.dialects import DIALECTS
from backprop.parser.printers.languages.sql.statement import in_dialect

RUN_BY = "duckdb, postgres, sqlite"  # of the dialects' names those whose databases the tests ask


def ways(gates: list[Gate]) -> list[str]:
    """How SQL computes each gate and its gradient: none has a function that another dialect cannot write out."""
    dialect = DIALECTS["duckdb"]
    found = []
    for gate in gates:
        sample = () if gate.has_inside else sample_of(gate, has_arrays=False)
        try:
            is_there = bool(sample and in_dialect(dialect, sample))
        except ExpressionError:
            is_there = False
        is_own = all(has_gate(one, gate) for one in DIALECTS.values())
        found.append(MISSING if not is_there else OWN if is_own else WRITTEN)
    return found
