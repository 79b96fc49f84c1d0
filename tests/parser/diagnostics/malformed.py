"""The table of malformed texts, malformed.tsv: a line for each, with its place, its reason and its cure.

The text is quoted as in JSON; the place is `start-end` in characters, or empty where the whole text is at fault.
"""

import json
from pathlib import Path
from typing import NamedTuple

from backprop.parser import Span


class Row(NamedTuple):
    text: str
    span: Span | None
    reason: str
    cure: str


def read_rows():
    lines = Path(__file__).with_suffix(".tsv").read_text(encoding="utf-8").split("\n")
    for line in lines[1:]:
        if line and not line.startswith("#"):
            text, span, reason, cure = line.split("\t")
            yield Row(json.loads(text), Span(*map(int, span.split("-"))) if span else None, reason, cure)


ROWS = list(read_rows())
