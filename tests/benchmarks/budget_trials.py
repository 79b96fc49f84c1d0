"""How long a million trials of a formula of ten inputs take: `backprop budget` with them against with 20 of them.

    python tests/benchmarks/budget_trials.py [RUNS]

Runs both in turn RUNS times (default 10) and prints the best and the median difference, in wall time and in time of
all processors; issue 15 wants 0.3 s at most.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
import time

BACKPROP = shutil.which("backprop", path=os.path.dirname(sys.executable)) or "backprop"
FORMULA = "a*b/c + d*exp(-p*f) + sqrt(g*h) + sin(r)*j"
INPUTS = [f"{name}={1 + place / 10}+-0.01" for place, name in enumerate("abcdpfghrj")]
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}  # with bytecode


def seconds(trials: int) -> tuple[float, float]:
    """One run of the whole process: by the clock, and of processors."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [BACKPROP, "budget", FORMULA, *INPUTS, "--trials", str(trials), "--json"]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True, env=ENVIRONMENT)
    taken, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return taken, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    seconds(20)
    few, many = zip(*[(seconds(20), seconds(1_000_000)) for _ in range(runs)], strict=True)
    for place, what in enumerate(("by the clock", "of processors")):
        more = [one[place] - other[place] for one, other in zip(many, few, strict=True)]
        least = min(one[place] for one in many) - min(one[place] for one in few)
        print(f"a million trials: best {least:.3f} s, median {statistics.median(more):.3f} s {what}")


if __name__ == "__main__":
    main()
