"""`backprop batch` on a pipe: how soon a single row is answered, and how much memory a long input takes.

    python tests/benchmarks/batch_stream.py [MILLIONS]

Sends 100 rows, each alone, and prints the median and the longest wait in milliseconds; then sends MILLIONS
(default 10) of rows and prints the seconds and the peak of the program's memory, its workers included, in MB.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import threading
import time

BACKPROP = shutil.which("backprop", path=os.path.dirname(sys.executable)) or "backprop"
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}  # with bytecode
EXPRESSION = "1/(1+exp(-(w0*x0+w1*x1+w2)))"
HEADER = b"w0,x0,w1,x1,w2\n"
ROWS = b"".join(b"0.%d,-1.%d,2.%d,0.%d,-0.%d\n" % (n, n * 7, n * 13, n * 17, n * 3) for n in range(1, 10_001))


def waits(count: int) -> list[float]:
    """The seconds until each of some rows, sent alone, has come back."""
    found = []
    with subprocess.Popen(
        [BACKPROP, "batch", EXPRESSION], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENVIRONMENT
    ) as process:
        assert process.stdin and process.stdout
        process.stdin.write(HEADER)
        process.stdin.flush()
        process.stdout.readline()
        for _ in range(count):
            time.sleep(0.005)
            start = time.perf_counter()
            process.stdin.write(b"1,2,3,4,5\n")
            process.stdin.flush()
            process.stdout.readline()
            found.append(time.perf_counter() - start)
        process.stdin.close()
    return found


def in_memory(session: int) -> int:
    """The bytes that the processes of a session have in memory; what several share is counted once."""
    total = 0
    for one in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.getsid(int(one)) == session:
                with open(f"/proc/{one}/smaps_rollup") as file:
                    total += sum(int(line.split()[1]) * 1024 for line in file if line.startswith("Pss:"))
        except OSError:
            continue  # it has ended meanwhile
    return total


def peak(millions: int) -> tuple[float, int]:
    """The seconds and the most bytes in memory for so many rows through a pipe."""
    most = 0
    start = time.perf_counter()
    with subprocess.Popen(
        [BACKPROP, "batch", EXPRESSION],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env=ENVIRONMENT,
        start_new_session=True,
    ) as process:
        assert process.stdin

        def send() -> None:
            assert process.stdin
            process.stdin.write(HEADER)
            for _ in range(millions * 100):
                process.stdin.write(ROWS)
            process.stdin.close()

        sender = threading.Thread(target=send)
        sender.start()
        while process.poll() is None:
            most = max(most, in_memory(process.pid))
            time.sleep(0.02)
        sender.join()
    return time.perf_counter() - start, most


def main() -> None:
    millions = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    taken = waits(100)
    print(f"a row alone is answered in {statistics.median(taken) * 1e3:.2f} ms (longest {max(taken) * 1e3:.2f} ms)")
    seconds, most = peak(millions)
    print(f"{millions} million rows through a pipe: {seconds:.1f} s, at most {most / 1e6:.0f} MB in memory")


if __name__ == "__main__":
    main()
