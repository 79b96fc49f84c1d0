"""A million rows and five parameters through `backprop fit`, against one pass of `backprop batch` for each iteration.

    python tests/benchmarks/fit_rows.py [ROWS]

Whole processes with all their workers, in processor time, which others on the machine change little. Prints the time of
the fit over that of a pass times the iterations, which is to be at most 3, and the most memory that the fit had.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import subprocess
import sys
import tempfile

import numpy as np
from batch_csv import BACKPROP, ENVIRONMENT

MODEL = "a*exp(-b*x) + c*exp(-d*x) + k"
VALUES = {"a": 3.0, "b": 0.5, "c": 2.0, "d": 0.1, "k": 1.0}
ADOPT_ORPHANS = 36  # prctl's PR_SET_CHILD_SUBREAPER: workers that outlive the command are counted, too


def measured(*tokens: str) -> tuple[float, str, int]:
    """Seconds of the processors, what was written, and the most memory of one process in KiB."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen([BACKPROP, *tokens], stdout=subprocess.PIPE, text=True, env=ENVIRONMENT)
    assert process.stdout is not None
    text = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    while True:
        try:
            os.wait()
        except ChildProcessError:
            break
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, text, used.ru_maxrss


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    ctypes.CDLL(None).prctl(ADOPT_ORPHANS, 1, 0, 0, 0)
    random = np.random.default_rng(0)
    x = random.uniform(0.0, 10.0, rows)
    y = 3.0 * np.exp(-0.5 * x) + 2.0 * np.exp(-0.1 * x) + 1.0 + random.normal(0.0, 0.1, rows)
    with tempfile.TemporaryDirectory() as folder:
        path, out = os.path.join(folder, "rows.csv"), os.path.join(folder, "out.csv")
        np.savetxt(path, np.column_stack([x, y]), fmt="%.6f", delimiter=",", header="x,y", comments="")
        values = [f"{name}={value}" for name, value in VALUES.items()]
        wrt = [word for name in VALUES for word in ("--wrt", name)]
        for _ in range(2):  # the first time files are read and compiled
            one_pass, _, _ = measured("batch", f"y - ({MODEL})", path, *values, *wrt, "-o", out)
        whole, text, memory = measured("fit", f"y ~ {MODEL}", path, "b=0.6", "d=0.2", "--json")
    iterations = json.loads(text)["iterations"]
    print(f"batch, a pass: {one_pass:.2f} s; fit: {whole:.2f} s, {iterations} iterations, {memory / 1024:.0f} MiB")
    print(f"fit over passes times iterations: {whole / (one_pass * iterations):.2f}")


if __name__ == "__main__":
    main()
