"""`python -m tests.benchmarks [SUBJECT ...]`: what backprop costs beside its peers, in one table of ratios.

All who are compared run once a turn, in an order that is drawn for each: a busy moment of the machine hits all alike.
Times are medians; a ratio is the median of the turns' own. Peers that are not installed are left out, and named.
`--before PYTHON`, the interpreter of another checkout's environment, lets that version take part. `--tiny` runs
everything once on tiny data, to show that it runs.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from .measuring import Comparison, Cost, Missing
from .participants import OURS, Participant, comparisons_of, serve

SUBJECTS = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if "\ndef comparisons(" in path.read_text())
BEFORE = "before"
FEWEST_TURNS = 7
MOST_TURNS = 51
SECONDS_FOR_MORE = 10.0  # what is quick has more turns
UNITS = (("s", 1.0), ("ms", 1e3), ("us", 1e6), ("ns", 1e9))
HEADINGS = f"{'':52} {'against':>20} {'ours':>9} {'theirs':>9}   clock  processor  memory   aim"


class Table:
    """Runs comparisons and prints a line for each peer."""

    def __init__(self, folder: str, tiny: bool, turns: int | None, before: str | None) -> None:
        self.folder, self.tiny, self.turns, self.before = folder, tiny, turns, before
        self.participants: dict[str, Participant] = {}
        self.missing: set[str] = set()
        self.faults = 0

    def add(self, subject: str, only: str) -> None:
        print(f"{subject.replace('_', ' ')}", flush=True)
        for place, comparison in enumerate(comparisons_of(subject, self.tiny)):
            if only not in comparison.name:
                continue
            try:
                costs = self.costs(subject, place, comparison)
            except RuntimeError as fault:
                self.faults += 1
                print(f"  {comparison.name}\n{fault}", flush=True)
                continue
            for line in lines(comparison, costs) if OURS in costs else [f"  {comparison.name:50} left out"]:
                print(line, flush=True)

    def costs(self, subject: str, place: int, comparison: Comparison) -> dict[str, list[Cost]]:
        """The costs of every turn by who is compared; the first turn, which compiles and fills caches, is left out."""
        found: dict[str, list[Cost]] = {
            name: [] for name in (OURS, *([BEFORE] if self.before else ()), *comparison.peers)
        }
        order = random.Random(0)
        start = time.monotonic()
        for turn in range(1 if self.tiny else 1 + (self.turns or MOST_TURNS)):
            if self.turns is None and turn > FEWEST_TURNS and time.monotonic() - start > SECONDS_FOR_MORE:
                break
            for name in order.sample(list(found), len(found)):
                try:
                    cost = self.participant(name).cost(subject, self.tiny, place, OURS if name == BEFORE else name)
                except Missing as absent:
                    self.missing.add(f"{name} ({absent})" if name not in str(absent) else name)
                    del found[name]
                    continue
                if turn or self.tiny:
                    found[name].append(cost)
        return found

    def participant(self, name: str) -> Participant:
        if name not in self.participants:
            python = self.before if name == BEFORE and self.before else sys.executable
            self.participants[name] = Participant(python, self.folder)
        return self.participants[name]

    def close(self) -> None:
        for one in self.participants.values():
            one.close()


def lines(comparison: Comparison, costs: dict[str, list[Cost]]) -> Iterator[str]:
    """A line for each peer, the fastest first, and one where there is none."""
    ours = costs.pop(OURS)
    name, aim = comparison.name, "" if comparison.aim is None else f"{comparison.aim:6.2f}"
    if not costs:
        yield f"  {name:50} {'':>20} {shown(middle(ours)):>9}"
    for peer, theirs in sorted(costs.items(), key=lambda item: middle(item[1])):
        ratios = [f"{ratio(ours, theirs, place):.2f}" if theirs[0][place] else "" for place in range(3)]
        yield (
            f"  {name:50} {peer:>20} {shown(middle(ours)):>9} {shown(middle(theirs)):>9}"
            f" {ratios[0]:>7} {ratios[1]:>10} {ratios[2]:>7} {aim}"
        )
        name, aim = "", aim if peer == BEFORE else ""


def middle(costs: list[Cost]) -> float:
    return statistics.median(cost.clock for cost in costs)


def ratio(ours: list[Cost], theirs: list[Cost], place: int) -> float:
    return statistics.median(one[place] / other[place] for one, other in zip(ours, theirs, strict=True))


def shown(seconds: float) -> str:
    """Three digits and a unit."""
    unit, scale = next((one for one in UNITS if seconds * one[1] >= 1), UNITS[-1])
    return f"{f'{seconds * scale:#.3g}'.removesuffix('.')} {unit}"


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__.partition("\n")[0])
    arguments.add_argument(
        "subjects", nargs="*", metavar="SUBJECT", help=f"among {', '.join(SUBJECTS)}; all by default"
    )
    arguments.add_argument("--only", metavar="WORD", default="", help="comparisons whose name has the word")
    arguments.add_argument("--tiny", action="store_true", help="run each once, on tiny data")
    arguments.add_argument("--turns", type=int, help=f"{FEWEST_TURNS} to {MOST_TURNS} by default")
    arguments.add_argument("--before", metavar="PYTHON", help="the interpreter of another version's environment")
    arguments.add_argument("--serve", metavar="FOLDER", help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.serve:
        serve(given.serve)
        return 0
    if unknown := set(given.subjects) - set(SUBJECTS):
        arguments.error(f"no subject is called {', '.join(sorted(unknown))}; there are {', '.join(SUBJECTS)}")
    with tempfile.TemporaryDirectory() as folder:
        table = Table(folder, given.tiny, given.turns, given.before)
        print(HEADINGS)
        for subject in given.subjects or SUBJECTS:
            table.add(subject, given.only)
        table.close()
    if table.missing:
        print(f"not installed: {', '.join(sorted(table.missing))}")
    return 1 if table.faults else 0


if __name__ == "__main__":
    sys.exit(main())
