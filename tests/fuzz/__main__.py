"""`python -m tests.fuzz [commands|numbers] --seconds 60 --seed 7`: random cases until the time is over.

The seed decides what the cases are, the time only how many of them are tried. A fault is printed once, with its seed
and number, in the shortest form and with the command that shows it again; the exit status is 1 where there is any.
`--case N` tries that case of the seed alone.
"""

from __future__ import annotations

import argparse
import sys
import time
from importlib import import_module

KINDS = ("commands", "numbers")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.partition("\n")[0])
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--case", type=int, help="try this case only")
    given = parser.parse_args()
    tell = f"python -m tests.fuzz {given.kind} --seed {given.seed}"
    print(f"{tell} --seconds {given.seconds:g}", flush=True)
    fuzzer = import_module(f".{given.kind}_fuzzer", __package__)
    end = time.monotonic() + given.seconds
    known: set[str] = set()
    first = given.case or 0
    done = first
    while done == first or (given.case is None and time.monotonic() < end):
        count = 1 if given.case is not None else fuzzer.CASES_TOGETHER
        for number, kind, shown in fuzzer.faults(given.seed, range(done, done + count), known):
            known.add(kind)
            print(f"\n{kind}\n  {tell} --case {number}\n{shown}", flush=True)
        done += count
    print(f"{done - first} cases, {len(known)} faults", flush=True)
    return 1 if known else 0


if __name__ == "__main__":
    sys.exit(main())
