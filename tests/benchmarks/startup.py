"""How long until the first answer: `backprop eval ... --format json` against importing click, lark and numpy.

    python tests/benchmarks/startup.py [RUNS]

Runs each in turn RUNS times (default 30) and prints the medians and their ratio, which issue 2 wants at most 1.25.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time

BACKPROP = shutil.which("backprop", path=os.path.dirname(sys.executable)) or "backprop"
QUESTION = ["(x+y)*z", "--x", "-2", "--y", "5", "--z", "-4"]
FLOOR = "python -c 'import click, lark, numpy'"
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}  # with bytecode
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    FLOOR: [sys.executable, "-c", "import click, lark, numpy"],
    "backprop eval --format json": [BACKPROP, "eval", *QUESTION, "--format", "json"],
    "backprop eval (tsv)": [BACKPROP, "eval", *QUESTION],
    "backprop grad": [BACKPROP, "grad", *QUESTION],
    "backprop --help": [BACKPROP, "--help"],
    "backprop eval --format table": [BACKPROP, "eval", *QUESTION, "--format", "table"],
}


def seconds(command: list[str]) -> float:
    """One run of the whole process."""
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True, env=ENVIRONMENT)
    return time.perf_counter() - start


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for turn in range(runs + 1):
        for name, command in COMMANDS.items():
            taken = seconds(command)
            if turn:  # the first turn fills the caches of files and of the grammar
                times[name].append(taken)
    floor = statistics.median(times[FLOOR])
    print(f"{'median ms':>10}  {'best ms':>8}  {'ratio':>5}  of {runs} runs each, in turn")
    for name, taken in times.items():
        median = statistics.median(taken)
        print(f"{median * 1000:10.1f}  {min(taken) * 1000:8.1f}  {median / floor:5.2f}  {name}")


if __name__ == "__main__":
    main()
