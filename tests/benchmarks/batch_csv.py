"""A million rows of CSV through `backprop batch`, against tools that are given the gradient by hand.

    python tests/benchmarks/batch_csv.py [RUNS] [ROWS]

Whole processes, CSV file to a new CSV file and pipe to a new CSV file, in a drawn order RUNS times (default 7).
Prints medians and each tool's time over that of the fastest peer that reads the same, a file or a pipe. Peers are run
where they are installed: Polars, DuckDB, JAX with pyarrow (beside this Python) and Miller. `backprop` is measured with
polars where that is installed, and without it.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from typing import Any

import numpy as np

EXPRESSION = "1/(1+exp(-(w0*x0+w1*x1+w2)))"
NAMES = ("w0", "x0", "w1", "x1", "w2")
BACKPROP = shutil.which("backprop", path=os.path.dirname(sys.executable)) or "backprop"
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}  # with bytecode

POLARS = """
import polars as pl
c = pl.col
rows = pl.scan_csv("rows.csv").with_columns(value=1 / (1 + (-(c.w0 * c.x0 + c.w1 * c.x1 + c.w2)).exp()))
rows = rows.with_columns(slope=c.value * (1 - c.value))
rows = rows.with_columns(
    grad_w0=c.slope * c.x0, grad_x0=c.slope * c.w0, grad_w1=c.slope * c.x1, grad_x1=c.slope * c.w1, grad_w2=c.slope
)
rows.drop("slope").sink_csv("out.csv")
"""
DUCKDB = """
import duckdb
duckdb.sql('''
    copy (
        select * exclude slope, slope * x0 as grad_w0, slope * w0 as grad_x0, slope * x1 as grad_w1,
            slope * w1 as grad_x1, slope as grad_w2
        from (select *, value * (1 - value) as slope from (
            select *, 1 / (1 + exp(-(w0 * x0 + w1 * x1 + w2))) as value from 'rows.csv'))
    ) to 'out.csv' (header)
''')
"""
JAX = """
import jax
jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp
import numpy as np
import pyarrow as pa
from pyarrow import csv
rows = csv.read_csv("rows.csv")
names = rows.column_names
function = jax.jit(jax.vmap(jax.value_and_grad(
    lambda w0, x0, w1, x1, w2: 1 / (1 + jnp.exp(-(w0 * x0 + w1 * x1 + w2))), argnums=(0, 1, 2, 3, 4))))
value, gradients = function(*(rows[name].to_numpy() for name in names))
rows = rows.append_column("value", pa.array(np.asarray(value)))
for name, gradient in zip(names, gradients):
    rows = rows.append_column(f"grad_{name}", pa.array(np.asarray(gradient)))
csv.write_csv(rows, "out.csv")
"""
MILLER = (
    "$value = 1/(1+exp(-($w0*$x0+$w1*$x1+$w2))); $slope = $value*(1-$value); $grad_w0 = $slope*$x0;"
    "$grad_x0 = $slope*$w0; $grad_w1 = $slope*$x1; $grad_x1 = $slope*$w1; $grad_w2 = $slope; unset $slope"
)
BASE = "import sys; sys.modules['polars'] = None; from backprop.cli.main import main; main()"  # as if not installed


FROM_A_PIPE = {  # what a peer calls stdin
    "polars": ('"rows.csv"', "__import__('sys').stdin.buffer"),
    "duckdb": ("'rows.csv'", "read_csv('/dev/stdin')"),
    "jax": ('"rows.csv"', "__import__('sys').stdin.buffer"),
}


def commands() -> dict[str, list[str]]:
    """What is run, by name; the shell gives it the files."""
    found = {}
    if find_spec("polars"):
        found["backprop with polars"] = [BACKPROP, "batch", EXPRESSION, "rows.csv", "-o", "out.csv"]
        found["backprop with polars, from a pipe"] = [BACKPROP, "batch", EXPRESSION, "-o", "out.csv"]
    found["backprop alone"] = [sys.executable, "-c", BASE, "batch", EXPRESSION, "rows.csv", "-o", "out.csv"]
    for package, script in (("polars", POLARS), ("duckdb", DUCKDB), ("jax", JAX)):
        if find_spec(package) and (package != "jax" or find_spec("pyarrow")):
            found[package] = [sys.executable, "-c", script]
            found[f"{package}, from a pipe"] = [sys.executable, "-c", script.replace(*FROM_A_PIPE[package])]
    if shutil.which("mlr"):
        found["miller"] = ["mlr", "--icsv", "--ocsv", "put", MILLER, "rows.csv"]
    return found


def seconds(name: str, command: list[str], folder: str) -> float:
    """One run of the whole process, which makes a new file; what was written before is on the disk by then."""
    out = os.path.join(folder, "out.csv")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(out)
    os.sync()
    with contextlib.ExitStack() as stack:
        stdout = stack.enter_context(open(out, "wb")) if name == "miller" else None  # it knows no other way
        stdin: Any = subprocess.DEVNULL
        if "pipe" in name:
            cat = stack.enter_context(subprocess.Popen(["cat", "rows.csv"], stdout=subprocess.PIPE, cwd=folder))
            stdin = cat.stdout
        start = time.perf_counter()
        subprocess.run(command, cwd=folder, stdin=stdin, stdout=stdout, check=True, env=ENVIRONMENT)
        return time.perf_counter() - start


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        numbers = np.random.default_rng(0).normal(size=(rows, len(NAMES))).round(6)
        with open(os.path.join(folder, "rows.csv"), "w") as file:
            file.write(",".join(NAMES) + "\n")
            file.writelines(",".join(map(repr, row)) + "\n" for row in numbers.tolist())
        tools = commands()
        times: dict[str, list[float]] = {name: [] for name in tools}
        order = random.Random(0)
        for turn in range(runs + 1):
            for name in order.sample(list(tools), len(tools)):
                taken = seconds(name, tools[name], folder)
                if turn:  # the first turn fills the caches
                    times[name].append(taken)
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    peers = [name for name in medians if not name.startswith(("backprop", "miller"))]
    print(f"{'median s':>8}  {'best s':>6}  {'ratio':>5}  to the fastest of {', '.join(peers)}")
    for name, taken in times.items():
        same = [medians[peer] for peer in peers if ("pipe" in peer) == ("pipe" in name)]
        is_base = name == "backprop alone" and "miller" in medians
        note = f"  ({medians[name] / medians['miller']:.2f} of miller)" if is_base else ""
        print(f"{medians[name]:8.3f}  {min(taken):6.3f}  {medians[name] / min(same):5.2f}  {name}{note}")


if __name__ == "__main__":
    main()
