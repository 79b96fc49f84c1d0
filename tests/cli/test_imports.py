"""What the answer for numbers at one point does without: NumPy and Lark, whose imports take longer than all else."""

import subprocess
import sys

from .conftest import environment

ANSWERS = (
    "--help",
    "functions",
    "functions sigmoid",
    "eval (x+y)*z x=-2 y=5 z=-4 --json",
    "eval sigmoid(w*x)*exp(w)^2 w=2 x=-1 --format table",
    "grad q=x*y;q*sqrt(y) x=pi/2 y=2",
    "grad x*y --help",
    "diff x^2*sin(x)+x/(1+exp(-y))",
    "eval x=2;y=3;max(x,y)+abs(x)",
    "grad x^y+gelu(x)+erf(y)+relu(x) x=1 y=2",
    "explain x*sin(x) x=1",
    "explain max(x,y)*2 x=1 y=2",
    "jvp x*y x=1 y=2 --tangent x=1",
    "vjp x*y x=1 y=2 --upstream 2 --json",
    "hvp x^2*y x=1 y=2 --direction x=1",
    "completion bash",
    "repl",  # whose lines come from stdin
)
ASK = """
import sys
from backprop.cli.main import answer
for line in sys.argv[1:]:
    sys.argv[1:] = line.split()
    status = answer()
    print(line, status, *sorted({"numpy", "lark"} & {*sys.modules}), sep="|", file=sys.stderr)
"""


def test_numbers_need_neither_numpy_nor_lark():
    started = environment({})
    subprocess.run([sys.executable, "-c", ASK, "grad x x=1"], env=started, capture_output=True, check=True)
    asked = [sys.executable, "-c", ASK, *ANSWERS]
    ran = subprocess.run(asked, input="x = 2\nx^2 + 1\n", env=started, capture_output=True, text=True, check=True)
    assert '"gradient": {"x": 4}' in ran.stdout.splitlines()[-1]
    assert [line for line in ran.stderr.splitlines() if "|" in line] == [f"{line}|0" for line in ANSWERS]
