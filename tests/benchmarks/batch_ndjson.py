"""Rows of NDJSON through `backprop batch`, against tools that are given the gradient by hand.

    python tests/benchmarks/batch_ndjson.py [RUNS] [ROWS]

Whole processes, NDJSON file to a new NDJSON file, in turns RUNS times (default 5), ROWS rows (default 300,000).
Prints of each tool the median seconds, the least seconds of all processors together, and both over those of Polars; of
the base install over those of jq. Peers are run where they are installed: Polars, DuckDB and jq.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec

import numpy as np

EXPRESSION = "1/(1+exp(-(w0*x0+w1*x1+w2)))"
NAMES = ("w0", "x0", "w1", "x1", "w2")
BACKPROP = shutil.which("backprop", path=os.path.dirname(sys.executable)) or "backprop"
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}  # with bytecode
BASE = "import sys; sys.modules['polars'] = None; from backprop.cli.main import main; main()"  # as if not installed
SET_CHILD_SUBREAPER = 36  # https://man7.org/linux/man-pages/man2/PR_SET_CHILD_SUBREAPER.2const.html

POLARS = """
import polars as pl
c = pl.col
rows = pl.scan_ndjson("rows.ndjson").with_columns(value=1 / (1 + (-(c.w0 * c.x0 + c.w1 * c.x1 + c.w2)).exp()))
rows = rows.with_columns(slope=c.value * (1 - c.value))
rows = rows.with_columns(
    grad_w0=c.slope * c.x0, grad_x0=c.slope * c.w0, grad_w1=c.slope * c.x1, grad_x1=c.slope * c.w1, grad_w2=c.slope
)
rows.drop("slope").sink_ndjson("out.ndjson")
"""
EAGER = POLARS.replace("scan_ndjson", "read_ndjson").replace("sink_ndjson", "write_ndjson")
DUCKDB = """
import duckdb
duckdb.sql('''
    copy (
        select * exclude slope, slope * x0 as grad_w0, slope * w0 as grad_x0, slope * x1 as grad_w1,
            slope * w1 as grad_x1, slope as grad_w2
        from (select *, value * (1 - value) as slope from (
            select *, 1 / (1 + exp(-(w0 * x0 + w1 * x1 + w2))) as value from 'rows.ndjson'))
    ) to 'out.ndjson' (format json)
''')
"""
JQ = (
    "(1/(1+(-(.w0*.x0+.w1*.x1+.w2)|exp))) as $v | ($v*(1-$v)) as $s | .value=$v | .grad_w0=$s*.x0 | .grad_x0=$s*.w0"
    " | .grad_w1=$s*.x1 | .grad_x1=$s*.w1 | .grad_w2=$s"
)


def commands() -> dict[str, list[str]]:
    """What is run, by name."""
    found = {}
    if find_spec("polars"):
        found["backprop with polars"] = [BACKPROP, "batch", EXPRESSION, "rows.ndjson", "-o", "out.ndjson"]
        found["polars"] = [sys.executable, "-c", POLARS]
        found["polars, eager"] = [sys.executable, "-c", EAGER]
    if find_spec("duckdb"):
        found["duckdb"] = [sys.executable, "-c", DUCKDB]
    found["backprop alone"] = [sys.executable, "-c", BASE, "batch", EXPRESSION, "rows.ndjson", "-o", "out.ndjson"]
    if shutil.which("jq"):
        found["jq"] = ["jq", "-c", JQ, "rows.ndjson"]
    return found


def adopt_orphans() -> None:
    """Become the parent of processes whose own has ended, so that their time is counted, too; only Linux can."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, 1)


def measured(command: list[str], folder: str) -> tuple[float, float]:
    """The seconds of one run into a new file, and those of all processors together."""
    out = os.path.join(folder, "out.ndjson")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(out)
    os.sync()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with open(out, "wb") if command[0] == "jq" else contextlib.nullcontext() as stdout:  # it knows no other way
        start = time.perf_counter()
        subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=stdout, check=True, env=ENVIRONMENT)
        taken = time.perf_counter() - start
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return taken, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else 300_000
    adopt_orphans()
    with tempfile.TemporaryDirectory() as folder:
        numbers = np.random.default_rng(0).normal(size=(rows, len(NAMES))).round(6)
        with open(os.path.join(folder, "rows.ndjson"), "w") as file:
            file.writelines(json.dumps(dict(zip(NAMES, row, strict=True))) + "\n" for row in numbers.tolist())
        tools = commands()
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in tools}
        for turn in range(runs + 1):
            for name, command in tools.items():
                taken = measured(command, folder)
                if turn:  # the first turn fills the caches
                    times[name].append(taken)
    seconds = {name: statistics.median(taken for taken, _ in found) for name, found in times.items()}
    processors = {name: min(taken for _, taken in found) for name, found in times.items()}
    print(f"{'seconds':>8} {'ratio':>6}  {'processors':>10} {'ratio':>6}")
    for name in tools:
        peer = "jq" if name in ("backprop alone", "jq") else "polars"
        ratios = [f"{of[name] / of[peer]:6.2f}" if peer in of else " " * 6 for of in (seconds, processors)]
        print(f"{seconds[name]:8.3f} {ratios[0]}  {processors[name]:10.3f} {ratios[1]}  {name}, to {peer}")


if __name__ == "__main__":
    main()
