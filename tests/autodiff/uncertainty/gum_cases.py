"""Published uncertainty budgets with truths to 20 digits; each line of gum.jsonl names its source.

They are the examples of JCGM 100, 101, 102 and GUM-5, of NIST TN 1900, of the NIST Uncertainty Machine and EURACHEM;
the truths were computed with 50 digits, those of Monte Carlo by four million draws of another program.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from backprop.autodiff.uncertainty.inputs import Uncertain

CASES = [json.loads(line) for line in (Path(__file__).parent / "gum.jsonl").read_text(encoding="utf-8").splitlines()]
BY_NAME = {case["id"]: case for case in CASES}


def inputs_of(case: dict[str, Any]) -> dict[str, Uncertain]:
    """The inputs as the truths have them: dof do not change what trials draw."""
    drawn = ("uniform", "triangular", "arcsine")
    return {
        name: Uncertain(
            known["value"],
            known["u"],
            known["dof"] or math.inf,
            known["dist"] if known.get("dist") in drawn else "normal",
        )
        for name, known in case["inputs"].items()
    }


def correlations_of(case: dict[str, Any]) -> dict[tuple[str, str], float]:
    return {(first, second): coefficient for first, second, coefficient in case["corr"]}
