"""The sets of nist/: their data, models and certified answers, and how many digits of a number are right."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent / "nist"
SETS = {case["id"]: case for case in map(json.loads, (FOLDER / "certified.jsonl").read_text().splitlines())}
MOST_DIGITS = 15.0


def columns(name: str) -> dict[str, Any]:
    with open(FOLDER / f"{name}.csv", newline="") as file:
        header, *rows = csv.reader(file)
    return {heading: np.array([float(row[place]) for row in rows]) for place, heading in enumerate(header)}


def digits(found: float, truth: float) -> float:
    error = abs(found - truth) / abs(truth)
    return MOST_DIGITS if error == 0.0 else min(MOST_DIGITS, -math.log10(error))
