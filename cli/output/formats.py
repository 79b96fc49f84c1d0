"""The formats of rows, and which one a file's ending says. Reads no file."""

from __future__ import annotations

import os

INPUTS = ("csv", "tsv", "ndjson", "parquet", "arrow", "lines")
OUTPUTS = ("csv", "tsv", "ndjson", "parquet", "arrow")
ENDINGS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".ipc": "arrow",
    ".feather": "arrow",
    ".txt": "lines",
}
PACKED = (".gz", ".zst")


def format_of(path: str | None) -> str | None:
    """The format that a file's ending says, `.gz` and its like taken away."""
    if path is None:
        return None
    stem, ending = os.path.splitext(path.lower())
    if ending in PACKED:
        ending = os.path.splitext(stem)[1]
    return ENDINGS.get(ending)
