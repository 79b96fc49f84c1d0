"""What commands cost against another version.

    python tests/benchmarks/startup_against.py BEFORE AFTER [RUNS] [COMMAND ...]

BEFORE and AFTER are the folders of two virtual environments into which the versions are installed, not editable, and
with the same extras. Runs each command with both in turn RUNS times (default 25), and prints the ratio of the
processor time, AFTER to BEFORE: the median of the turns, and of the least times. Issues 11 and 12 want at most 1.03.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}  # with bytecode
ROWS = "x,y,z\n" + "".join(f"{i},{i * 0.5},{-i}\n" for i in range(10))
NEURON = ["1/(1+exp(-(w0*x0+w1*x1+w2)))", "w0=2", "x0=-1", "w1=-3", "x1=-2", "w2=-3"]
COMMANDS = {
    "eval": ["eval", "(x+y)*z", "--x", "-2", "--y", "5", "--z", "-4"],
    "grad": ["grad", *NEURON],
    "diff": ["diff", "x^2*sin(x)"],
    "hessian": ["hessian", "relu(x)*y", "x=1", "y=2"],
    "explain": ["explain", "x*sin(x)", "x=1"],
    "help": ["--help"],
    "batch": ["batch", "(x+y)*z", "rows.csv"],
}


def seconds(environment: str, command: list[str], folder: str) -> float:
    """The processor time of one run of the whole process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    program = str(Path(environment).absolute() / "bin" / "backprop")
    subprocess.run([program, *command], stdout=subprocess.DEVNULL, check=True, env=ENVIRONMENT, cwd=folder)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    environments = sys.argv[1:3]
    runs = int(sys.argv[3]) if len(sys.argv) > 3 else 25
    names = sys.argv[4:] or list(COMMANDS)
    print(f"{'median':>7} {'least':>7} {'before ms':>10} {'after ms':>9}  of {runs} runs each, in turn")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "rows.csv").write_text(ROWS)
        for name in names:
            for environment in environments:  # fills the caches of files and of the grammar
                seconds(environment, COMMANDS[name], folder)
            turns = [
                [seconds(environment, COMMANDS[name], folder) for environment in environments] for _ in range(runs)
            ]
            before, after = [min(times) for times in zip(*turns, strict=True)]
            median = statistics.median(new / old for old, new in turns)
            print(f"{median:7.3f} {after / before:7.3f} {before * 1000:10.1f} {after * 1000:9.1f}  {name}", flush=True)


if __name__ == "__main__":
    main()
