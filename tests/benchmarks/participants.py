"""The interpreters that run what is compared: each makes one comparison's runner at a time, and answers with costs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any

from .measuring import Comparison, Cost, Missing, Runner, adopt_orphans

HOUSE = Path(__file__).parents[2]
OURS = "backprop"
# Threads that wait for work would take the cores from whoever is measured next.
WAIT_ASLEEP = {"OMP_WAIT_POLICY": "passive", "KMP_BLOCKTIME": "0"}


def comparisons_of(subject: str, tiny: bool) -> list[Comparison]:
    return list(import_module(f".{subject}", __package__).comparisons(tiny))


class Participant:
    """One interpreter, which is asked for one run after the other."""

    def __init__(self, python: str, folder: str) -> None:
        self.process = subprocess.Popen(
            [python, "-m", __package__, "--serve", folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=HOUSE,
            env={**os.environ, **WAIT_ASLEEP},
        )

    def cost(self, subject: str, tiny: bool, place: int, who: str) -> Cost:
        """Raises Missing where a library of the peer is, and RuntimeError where it fails."""
        assert self.process.stdin is not None and self.process.stdout is not None
        print(json.dumps([subject, tiny, place, who]), file=self.process.stdin, flush=True)
        answer = json.loads(self.process.stdout.readline() or '{"fault": "the interpreter has ended"}')
        if "missing" in answer:
            raise Missing(answer["missing"])
        if "fault" in answer:
            raise RuntimeError(answer["fault"])
        return Cost(*answer["cost"])

    def close(self) -> None:
        self.process.communicate()


def serve(folder: str) -> None:
    """Answer each question on stdin. What a library prints goes to stderr."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    os.chdir(folder)
    adopt_orphans()
    prepared: tuple[Any, Runner] | None = None
    for line in sys.stdin:
        question = json.loads(line)
        answer: dict[str, Any]
        try:
            if prepared is None or prepared[0] != question:
                prepared = None  # before the next one's data are made
                prepared = question, runner_of(*question)
            answer = {"cost": prepared[1]()}
        except (Missing, ModuleNotFoundError) as absent:
            answer = {"missing": str(absent)}
        except Exception:
            answer = {"fault": traceback.format_exc()}
        print(json.dumps(answer), file=answers, flush=True)


def runner_of(subject: str, tiny: bool, place: int, who: str) -> Runner:
    comparison = comparisons_of(subject, tiny)[place]
    return (comparison.ours if who == OURS else comparison.peers[who])()
