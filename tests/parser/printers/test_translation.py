"""Each syntax that a routine may have, translated and run."""

import math
import shutil
import subprocess

import pytest

from backprop.parser.printers import routines, translation
from backprop.parser.printers.languages import c, javascript

SCALE = 0.5
TABLE = (3.0, -1.5, 0.25)


def helper(x: float, n: int) -> float:
    """Has a docstring."""
    return x / n if n > 0 else -x


def everything(x: float, n: int) -> float:
    room = [0.0] * 8
    fill(room, x)
    total = 0.0
    k = n
    while k > 0 and not total > 1e6:
        total += TABLE[k % 3] * power_of(x, k)
        k -= 1
    for j in range(7, 1, -2):
        total -= room[j] / (j + 1) + (j / 2)
    if x != x or x < 0.0 or x == math.inf:
        return math.copysign(SCALE, x)
    elif 1.0 < x <= 2.0:
        total = total * max(x, 1.0, n) + math.fmod(x, 0.75)
    else:
        total += min(1, n) - math.fabs(-x) + float(int(x))
    return total + helper(x, n) + (math.pi if math.isinf(x) else math.exp(-x))


def fill(room: list[float], x: float) -> None:
    for j in range(8):
        room[j] = x * j


def power_of(x: float, n: int) -> float:
    return 1.0 if n == 0 else x * power_of(x, n - 1)


POINTS = [(1.5, 4), (0.3, 2), (2.0, 0), (7.25, 3), (-0.0, 1), (-2.0, 5), (math.inf, 1)]
TRUTH = [everything(*point) for point in POINTS]
ROUTINES = (helper, fill, power_of, everything)


def name_of(routine):
    return f"own_{routine.__name__}"


def test_python():
    space: dict[str, object] = {"math": math}
    for routine in ROUTINES:
        exec(translation.as_python(routine, name_of), space)  # the test's own output
    assert [space["own_everything"](*point) for point in POINTS] == TRUTH


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
def test_c(tmp_path):
    code = [translation.as_syntax(routine, name_of, c.SYNTAX) for routine in ROUTINES]
    numbers = [(repr(x).replace("inf", "INFINITY"), n) for x, n in POINTS]
    calls = [f'printf("%.17g\\n", own_everything({x}, {n}));' for x, n in numbers]
    text = "\n".join(["#include <math.h>", "#include <stdio.h>", *code, "int main(void) {", *calls, "return 0; }", ""])
    (tmp_path / "program.c").write_text(text)
    flags = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-ffp-contract=off", "-O0"]
    subprocess.run(["gcc", *flags, "program.c", "-o", "program", "-lm"], check=True, cwd=tmp_path)
    lines = subprocess.run([tmp_path / "program"], check=True, capture_output=True, text=True).stdout.splitlines()
    assert [float(line) for line in lines] == pytest.approx(TRUTH, rel=4e-16, abs=0)


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_javascript(tmp_path):
    code = [translation.as_syntax(routine, name_of, javascript.SYNTAX) for routine in ROUTINES]
    code.append("function _copysign(x, y) { return y < 0 || Object.is(y, -0) ? -Math.abs(x) : Math.abs(x); }")
    calls = [f"console.log(own_everything({repr(x).replace('inf', 'Infinity')}, {n}));" for x, n in POINTS]
    (tmp_path / "program.js").write_text("\n".join(['"use strict";', *code, *calls]))
    run = subprocess.run(["node", "program.js"], check=True, capture_output=True, text=True, cwd=tmp_path)
    assert [float(line) for line in run.stdout.split()] == pytest.approx(TRUTH, rel=4e-16, abs=0)


def test_what_a_routine_calls_is_known():
    assert routines.called_by(everything) == [fill, power_of, helper]
    assert routines.called_by(power_of) == []
