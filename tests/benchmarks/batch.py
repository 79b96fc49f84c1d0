"""Rows through `backprop batch`, from a file and from a pipe into a new file: the neuron with its five gradients.

The peers are given the gradient by hand, but JAX. CSV and Parquet rows keep their input columns in every output.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from .measuring import BACKPROP, Comparison, Maker, Runner, command, needs

EXPRESSION = "1/(1+exp(-(w0*x0+w1*x1+w2)))"
NAMES = ("w0", "x0", "w1", "x1", "w2")
BASE = "import sys; sys.modules['polars'] = None; from backprop.cli.main import main; main()"  # as if not installed

POLARS = """
import sys
import polars as pl
c = pl.col
rows = SCAN.with_columns(value=1 / (1 + (-(c.w0 * c.x0 + c.w1 * c.x1 + c.w2)).exp()))
rows = rows.with_columns(slope=c.value * (1 - c.value))
rows = rows.with_columns(
    grad_w0=c.slope * c.x0, grad_x0=c.slope * c.w0, grad_w1=c.slope * c.x1, grad_x1=c.slope * c.w1, grad_w2=c.slope
)
rows.drop("slope").SINK
"""
DUCKDB = """
import duckdb
duckdb.sql('''
    copy (
        select * exclude slope, slope * x0 as grad_w0, slope * w0 as grad_x0, slope * x1 as grad_w1,
            slope * w1 as grad_x1, slope as grad_w2
        from (select *, value * (1 - value) as slope from (
            select *, 1 / (1 + exp(-(w0 * x0 + w1 * x1 + w2))) as value from SCAN))
    ) to SINK
''')
"""
JAX = """
import jax
jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp
import numpy as np
import pyarrow as pa
from pyarrow import csv
rows = csv.read_csv("ROWS")
names = rows.column_names
function = jax.jit(jax.vmap(jax.value_and_grad(
    lambda w0, x0, w1, x1, w2: 1 / (1 + jnp.exp(-(w0 * x0 + w1 * x1 + w2))), argnums=(0, 1, 2, 3, 4))))
value, gradients = function(*(rows[name].to_numpy() for name in names))
rows = rows.append_column("value", pa.array(np.asarray(value)))
for name, gradient in zip(names, gradients):
    rows = rows.append_column(f"grad_{name}", pa.array(np.asarray(gradient)))
csv.write_csv(rows, "OUT")
"""
MILLER = (
    "$value = 1/(1+exp(-($w0*$x0+$w1*$x1+$w2))); $slope = $value*(1-$value); $grad_w0 = $slope*$x0;"
    "$grad_x0 = $slope*$w0; $grad_w1 = $slope*$x1; $grad_x1 = $slope*$w1; $grad_w2 = $slope; unset $slope"
)
JQ = (
    ".value = 1/(1+((-(.w0*.x0+.w1*.x1+.w2))|exp)) | (.value*(1-.value)) as $slope | .grad_w0 = $slope*.x0 |"
    ".grad_x0 = $slope*.w0 | .grad_w1 = $slope*.x1 | .grad_x1 = $slope*.w1 | .grad_w2 = $slope"
)
POLARS_SCANS = {"csv": "scan_csv", "ndjson": "scan_ndjson", "parquet": "scan_parquet"}
DUCKDB_SCANS = {"csv": "read_csv", "ndjson": "read_json", "parquet": "read_parquet"}
DUCKDB_FORMATS = {"csv": "(header)", "ndjson": "(format json)", "parquet": "(format parquet)"}
AIMS = {"csv": 0.7, "ndjson": 1.0, "parquet": 0.8}


def comparisons(tiny: bool) -> Iterator[Comparison]:
    count = 100 if tiny else 1_000_000
    for form, aim in AIMS.items():
        for is_pipe in (False,) if form == "parquet" else (False, True):
            where = "a pipe" if is_pipe else "a file"
            peers: dict[str, Maker] = {
                name: partial(make, form, is_pipe, count)
                for name, make in PEERS.items()
                if form in FORMS_OF.get(name, AIMS)
            }
            yield Comparison(
                f"{count:,} rows of {form} from {where}", partial(backprop, form, is_pipe, count), peers, aim
            )
    for form in ("csv", "ndjson"):
        base = {name: partial(PEERS[name], form, False, count) for name in ("jq", "mlr") if form in FORMS_OF[name]}
        yield Comparison(f"{count:,} rows of {form}, base install", partial(without_polars, form, count), base, 0.5)


def rows_of(form: str, count: int) -> str:
    """A file of so many rows, which is made once for all who take part."""
    path = f"rows_{count}.{form}"
    if os.path.exists(path):
        return path
    numbers = np.random.default_rng(0).normal(size=(count, len(NAMES))).round(6)
    if form == "parquet":
        needs("polars")
        import polars

        polars.DataFrame(dict(zip(NAMES, numbers.T, strict=True))).write_parquet(path)
        return path
    with open(path, "w") as file:
        if form == "csv":
            file.write(",".join(NAMES) + "\n")
            file.writelines(",".join(map(repr, row)) + "\n" for row in numbers.tolist())
        else:
            pattern = "{" + ", ".join(f'"{name}": %r' for name in NAMES) + "}\n"
            file.writelines(pattern % tuple(row) for row in numbers.tolist())
    return path


def backprop(form: str, is_pipe: bool, count: int) -> Runner:
    rows, out = rows_of(form, count), f"out.{form}"
    words = [BACKPROP, "batch", EXPRESSION, *([] if is_pipe else [rows]), "--format", form, "-o", out]
    words += ["--from", form] if is_pipe else []
    return command(words, pipe=rows if is_pipe else None, makes=out)


def without_polars(form: str, count: int) -> Runner:
    rows, out = rows_of(form, count), f"out.{form}"
    return command([sys.executable, "-c", BASE, "batch", EXPRESSION, rows, "-o", out], makes=out)


def script(text: str, changes: Mapping[str, str], rows: str, out: str, is_pipe: bool) -> Runner:
    for word, meant in changes.items():
        text = text.replace(word, meant)
    return command([sys.executable, "-c", text], pipe=rows if is_pipe else None, makes=out)


def polars(form: str, is_pipe: bool, count: int) -> Runner:
    needs("polars")
    rows, out = rows_of(form, count), f"out.{form}"
    source = "sys.stdin.buffer" if is_pipe else repr(rows)
    changes = {"SCAN": f"pl.{POLARS_SCANS[form]}({source})", "SINK": f"sink_{form}({out!r})"}
    return script(POLARS, changes, rows, out, is_pipe)


def duckdb(form: str, is_pipe: bool, count: int) -> Runner:
    needs("duckdb")
    rows, out = rows_of(form, count), f"out.{form}"
    source = "/dev/stdin" if is_pipe else rows
    changes = {"SCAN": f"{DUCKDB_SCANS[form]}('{source}')", "SINK": f"'{out}' {DUCKDB_FORMATS[form]}"}
    return script(DUCKDB, changes, rows, out, is_pipe)


def jax(form: str, is_pipe: bool, count: int) -> Runner:
    needs("jax", "pyarrow")
    rows, out = rows_of(form, count), f"out.{form}"
    changes = {'"ROWS"': "__import__('sys').stdin.buffer" if is_pipe else repr(rows), "OUT": out}
    return script(JAX, changes, rows, out, is_pipe)


def jq(form: str, is_pipe: bool, count: int) -> Runner:
    needs("jq")
    rows, out = rows_of(form, count), f"out.{form}"
    return command(
        ["jq", "-c", JQ, *([] if is_pipe else [rows])], pipe=rows if is_pipe else None, makes=out, stdout=out
    )


def miller(form: str, is_pipe: bool, count: int) -> Runner:
    needs("mlr")
    rows, out = rows_of(form, count), f"out.{form}"
    words = ["mlr", "--icsv", "--ocsv", "put", MILLER, *([] if is_pipe else [rows])]
    return command(words, pipe=rows if is_pipe else None, makes=out, stdout=out)


PEERS: dict[str, Callable[[str, bool, int], Any]] = {
    "polars": polars,
    "duckdb": duckdb,
    "jax": jax,
    "jq": jq,
    "mlr": miller,
}
FORMS_OF = {"jax": ("csv",), "jq": ("ndjson",), "mlr": ("csv",)}
