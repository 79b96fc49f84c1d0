"""`backprop batch` on a pipe: how soon a row that is sent alone is answered."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Sequence
from functools import partial

from .measuring import BACKPROP, ENVIRONMENT, Comparison, Cost, Runner, needs

BY_HAND = ".value = .x*.x | .grad_x = 2*.x"
LINE = b'{"x": 3}\n'


def comparisons(tiny: bool) -> Iterator[Comparison]:
    rows = 5 if tiny else 100
    ours = partial(answers, [BACKPROP, "batch", "x^2", "--from", "ndjson", "--format", "ndjson"], rows)
    peer = partial(answers, ["jq", "-c", "--unbuffered", BY_HAND], rows)
    yield Comparison("a row of ndjson that is sent alone", ours, {"jq": peer})


def answers(words: Sequence[str], rows: int) -> Runner:
    """The wait for the answer to a row, once the program has answered one before."""
    needs(words[0])

    def run() -> Cost:
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENVIRONMENT) as process:
            assert process.stdin and process.stdout
            for row in range(rows + 1):
                if row == 1:
                    start = time.perf_counter()
                process.stdin.write(LINE)
                process.stdin.flush()
                process.stdout.readline()
            return Cost((time.perf_counter() - start) / rows, 0.0)

    return run
