"""Bytes that are no UTF-8, which travel in text as surrogates, where an output cannot hold them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from backprop.cli.batch.sightings import Remark

STRAY = re.compile("[\ud800-\udfff]")
REPLACED = "it is written as U+FFFD"


def has_strays(text: str) -> bool:
    return not text.isascii() and STRAY.search(text) is not None


def without_strays(text: str) -> str:
    """The text with U+FFFD for what is no character."""
    return STRAY.sub("\ufffd", text) if has_strays(text) else text


def remarks_on_strays(header: Sequence[str], rows: Iterable[Sequence[str]], starts: Sequence[int]) -> list[Remark]:
    """The first cell with strays in each column."""
    remarks: dict[str, Remark] = {}
    for start, cells in zip(starts, rows, strict=True):
        for name, cell in zip(header, cells, strict=False):
            if name not in remarks and has_strays(cell):
                remarks[name] = Remark(start, f"{without_strays(name)} holds a byte that is not UTF-8 text: {REPLACED}")
    return list(remarks.values())
