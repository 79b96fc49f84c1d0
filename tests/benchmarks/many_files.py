"""A folder of files, each into a file of results: by two processes, against one, and against the rows in one file."""

from __future__ import annotations

import gzip
import os
from functools import partial

import numpy as np

from .measuring import BACKPROP, Comparison, Runner, command, needs

EXPRESSION = "1/(1+exp(-(w*x+b)))"
NAMES = ("w", "x", "b")
FORMS = ("csv", "csv.gz", "parquet")


def comparisons(tiny: bool) -> list[Comparison]:
    cases = [("csv", 10, 2), *[(form, 2, 20) for form in FORMS]] if tiny else []
    cases = cases or [("csv", 10_000, 2), *[(form, 10, 1_000_000) for form in FORMS]]
    return [
        Comparison(
            f"{files:,} files of {rows:,} rows of {form}, --jobs 2",
            partial(folder, form, files, rows, 2),
            {
                "--jobs 1": partial(folder, form, files, rows, 1),
                "one file": partial(one_file, form, files * rows),
                "--scheduler local": partial(folder, form, files, rows, 2, "--scheduler", "local"),
            },
        )
        for form, files, rows in cases
    ]


def folder(form: str, files: int, rows: int, jobs: int, *options: str) -> Runner:
    if options:
        needs("distributed")
    name = f"{files}_of_{rows}_{form}"
    if not os.path.isdir(name):
        os.mkdir(name)
        for number in range(files):
            write_rows(os.path.join(name, f"{number:05}.{form}"), rows, number)
    return command([BACKPROP, "batch", EXPRESSION, name, "-o", f"{name}_out/", "--jobs", str(jobs), *options])


def one_file(form: str, rows: int) -> Runner:
    name = f"{rows}.{form}"
    if not os.path.exists(name):
        write_rows(name, rows, 0)
    out = f"{rows}_out.{form.removesuffix('.gz')}"
    return command([BACKPROP, "batch", EXPRESSION, name, "-o", out], makes=out)


def write_rows(path: str, rows: int, seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=(rows, len(NAMES))).round(6)
    if path.endswith(".parquet"):
        needs("pyarrow")
        import pyarrow
        import pyarrow.parquet

        table = pyarrow.table(dict(zip(NAMES, values.T, strict=True)))
        pyarrow.parquet.write_table(table, path)
        return
    lines = [",".join(NAMES), *[",".join(map(repr, row)) for row in values.tolist()], ""]
    data = "\n".join(lines).encode()
    with open(path, "wb") as file:
        file.write(gzip.compress(data, 1) if path.endswith(".gz") else data)
