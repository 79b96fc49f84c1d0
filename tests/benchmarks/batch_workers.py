"""How many workers the reader and the turn to write of `backprop batch` can keep busy.

    python tests/benchmarks/batch_workers.py [MILLIONS]

Has one process do all that the program and a worker do with MILLIONS (default 1) of rows of CSV and of NDJSON, block
by block, and prints the processor time that each takes: reading and handing out, answering, and the turn to write. What
is answered is shared out among the workers; the other two are done one block at a time, and so bound their number.
"""

from __future__ import annotations

import json
import mmap
import os
import sys
import tempfile
import time
from typing import Any, BinaryIO

import numpy as np

from backprop.cli.batch.evaluation import Answer, Job
from backprop.cli.batch.processes.pool import LEAST_BLOCK, InProcess, RunPool, done_best
from backprop.cli.batch.processes.worker import SLOT_SIZE, import_for_bulk
from backprop.cli.batch.writing import write_output
from backprop.cli.main import main as backprop

EXPRESSION = "1/(1+exp(-(w0*x0+w1*x1+w2)))"
NAMES = ("w0", "x0", "w1", "x1", "w2")
WORKERS = 16


class TimedPool(InProcess):
    """Answers and writes as workers do, and adds up the seconds that both take."""

    block_size = LEAST_BLOCK  # of many workers

    def __init__(self, job: Job, output: BinaryIO) -> None:
        super().__init__(job)
        self.output = output
        self.memory = mmap.mmap(-1, SLOT_SIZE)
        self.answering = self.writing = 0.0
        self.blocks = 0
        self.start = time.process_time()

    def submit(self, data: bytearray) -> None:
        self.memory[: len(data)] = data
        super().submit(bytearray(len(data)))

    def result(self) -> Answer:
        size = len(self._blocks.popleft())
        start = time.process_time()
        answer = self.job.answer(self.memory[:size])
        answered = time.process_time()
        write_output(self.output, answer.output)
        self.answering += answered - start
        self.writing += time.process_time() - answered
        self.blocks += 1
        return answer._replace(output=b"")

    def close(self) -> None:
        """Print the milliseconds a block, and how many workers each of the two can keep busy."""
        reading = time.process_time() - self.start - self.answering - self.writing
        shares = [seconds / self.blocks * 1e3 for seconds in (reading, self.answering, self.writing)]
        bounds = [(shares[1] + shares[2]) / share for share in (shares[0], shares[2])]
        busy = [min(1.0, WORKERS / bound) for bound in bounds]
        print("".join([f"{share:9.2f}" for share in shares] + [f"{bound:9.0f}" for bound in bounds]), end="")
        print("".join([f"{share:9.0%}" for share in busy]), flush=True)


def main() -> None:
    millions = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    import_for_bulk()

    def timed(run_pool: Any, job: Job, output: BinaryIO) -> TimedPool:
        run_pool._pool = TimedPool(done_best(job), output)
        return run_pool._pool  # type: ignore[no-any-return]

    RunPool.pool = timed  # type: ignore[assignment, method-assign]
    rows = np.random.default_rng(0).normal(size=(100_000, len(NAMES))).round(6).tolist()
    texts = {
        "csv": [",".join(NAMES) + "\n", *([",".join(map(repr, row)) + "\n" for row in rows] * 10 * millions)],
        "ndjson": [json.dumps(dict(zip(NAMES, row, strict=True))) + "\n" for row in rows] * 10 * millions,
    }
    print(f"{'':6}{'ms a block':>27}{'keeps busy':>18}{f'busy with {WORKERS}':>18}")
    print(f"{'':6}{'reading':>9}{'answer':>9}{'writing':>9}{'reading':>9}{'writing':>9}{'reading':>9}{'writing':>9}")
    with tempfile.TemporaryDirectory() as folder:
        for form, lines in texts.items():
            path = os.path.join(folder, f"rows.{form}")
            with open(path, "w") as file:
                file.writelines(lines)
            sys.argv = ["backprop", "batch", EXPRESSION, path, "-o", f"{path}.out", "--format", form]
            print(f"{form:6}", end="", flush=True)
            child = os.fork()
            if child == 0:
                backprop()  # which ends the process
            os.waitpid(child, 0)


if __name__ == "__main__":
    main()
