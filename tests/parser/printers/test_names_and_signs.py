"""Generated code, compiled and run: names that mean something else in a language, signs of zero, `%` by a negative."""

from __future__ import annotations

import math
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from backprop.autodiff.derivatives.symbolic import derivatives
from backprop.autodiff.evaluation.execution import evaluate
from backprop.parser import parse
from backprop.parser.printers.language import words

from .running import apart

RUNNERS = {
    "python": sys.executable,
    "numpy": sys.executable,
    "javascript": shutil.which("node"),
    "c": shutil.which("gcc"),
}
NAMES = words(
    """
__proto__ FP_NAN __LINE__ __FILE__ NaN isnan double lambda np math constructor hasOwnProperty toString prototype
arguments eval await static int M_PI HUGE_VAL HUGE NAN INFINITY I errno EOF NULL main exit abs fabs pow floor_mod
maximum minimum _pow _mod _div _sign t1 t2 f value gradient x_ print float __debug__ this undefined Infinity Math
Number Object unix linux true signgam j0 gamma FLT_MAX DBL_EPSILON MATH_ERRNO OVERFLOW __x _x _ é W A_B restrict
inline complex fma double_t type match case nan copysign v_x _Float64 register typeof let delete class def global
"""
)
ENDS = [0.0, -0.0, 1.0, -1.0, 2.5, -2.5, 7.0, -7.0, 0.5, -0.5, math.inf, -math.inf, math.nan, 1e300, -1e-300]
PAIRS = [(x, y) for x in ENDS for y in ENDS]
Cases = Sequence[tuple[str, Sequence[tuple[float, ...]]]]  # texts, and the points of each


def literal(language: str, value: float) -> str:
    words = {"javascript": ("NaN", "Infinity"), "c": ("NAN", "INFINITY")}.get(
        language, ("float('nan')", "float('inf')")
    )
    if math.isfinite(value):
        return repr(value)
    return words[0] if math.isnan(value) else words[1] if value > 0 else f"-{words[1]}"


def answers(language: str, cases: Cases, folder: Path) -> tuple[list[list[str]], list[list[str]]]:
    """What evaluating gives and what the code prints for each (text, points): the value and the gradient, a line each.

    All texts are in one program, a function for each.
    """
    if RUNNERS[language] is None:
        pytest.skip(f"nothing runs {language} here")
    write = import_module(f"backprop.parser.printers.languages.{language}").write
    sources, calls, expected = [], [], []
    for number, (text, points) in enumerate(cases):
        found = derivatives(parse(text))
        names = list(found.plain)
        sources.append(write(f"f{number}", found.graph.result, found.plain))
        for point in points:
            values = {name: np.float64(value) for name, value in zip(names, point, strict=True)}
            numbers = evaluate([found.graph.result, *found.plain.values()], values)
            expected.append(" ".join(f"{float(one):.12g}" for one in numbers))
            calls.append((f"f{number}", ", ".join(literal(language, one) for one in point), names))
    if language == "c":
        lines = [
            f'    v = {function}({call}, g); printf("%.12g", v);'
            + "".join(f' printf(" %.12g", g[{place}]);' for place in range(len(names)))
            + ' printf("\\n");'
            for function, call, names in calls
        ]
        size = max(len(names) for *_, names in calls)
        main = f"int main(void) {{\n    double g[{size}], v;\n" + "\n".join(lines) + "\n    return 0;\n}\n"
        if len(sources) > 1:
            sources = list(map(apart, sources, range(len(sources))))
        (folder / "code.c").write_text("\n".join([*sources, "#include <stdio.h>", main]))
        options = ["-std=c99", "-pedantic-errors", "-Wall", "-Werror", "-ffp-contract=off"]
        subprocess.run(["gcc", *options, "-o", folder / "code", folder / "code.c", "-lm"], check=True)
        command = [str(folder / "code")]
    elif language == "javascript":
        show = "const show = (v) => (Object.is(v, -0) ? '-0' : Number.isNaN(v) ? 'nan' : String(v));\n"
        functions = [
            f"const f{number} = (function () {{ {source}\nreturn f{number}; }})();"
            for number, source in enumerate(sources)
        ]
        lines = [
            f"r = {function}({call}); "
            f"console.log([r.value, ...{names!r}.map((k) => r.gradient[k])].map(show).join(' '));"
            for function, call, names in calls
        ]
        (folder / "code.js").write_text("\n".join(['"use strict";', *functions, f"{show}let r;", *lines]))
        command = [str(RUNNERS[language]), str(folder / "code.js")]
    else:
        lines = [
            f"v, g = {function}({call}); print(float(v), *[float(g[k]) for k in {names!r}])"
            for function, call, names in calls
        ]
        (folder / "code.py").write_text("\n\n".join([*sources, "\n".join(lines)]))
        command = [str(RUNNERS[language]), str(folder / "code.py")]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    got = [
        " ".join(f"{float(one.replace('Infinity', 'inf')):.12g}" for one in line.split())
        for line in printed.splitlines()
    ]
    assert len(got) == len(expected)
    return by_case(expected, cases), by_case(got, cases)


def by_case(lines: list[str], cases: Cases) -> list[list[str]]:
    rest = iter([line.replace("-nan", "nan") for line in lines])
    return [[next(rest) for _ in points] for _, points in cases]


def assert_same_signs(language: str, texts: Sequence[str], points: Sequence[tuple[float, ...]], folder: Path) -> None:
    expected, got = answers(language, [(text, points) for text in texts], folder)
    rows = zip(texts, expected, got, strict=True)
    wrong = [
        (text, *row) for text, true, mine in rows for row in zip(points, mine, true, strict=True) if row[1] != row[2]
    ]
    assert not wrong, f"{len(wrong)}\n" + "\n".join(map(str, wrong))


@pytest.mark.parametrize("language", RUNNERS)
def test_a_name_that_means_something_else_is_renamed(language: str, tmp_path: Path) -> None:
    """All of them in one function, so that two may not get the same new name."""
    assigned = parse("+".join(NAMES)).variables
    text = " + ".join(f"{place + 1}*{name}" for place, name in enumerate(assigned))
    text += " + max(e1, e2) + min(e1, e2) + e1^e2 + (e1 % e2) + e1/e2 + sign(e1) + abs(e1) + cbrt(e2) + isnan*t1"
    count = len(derivatives(parse(text)).plain)
    point = tuple(float(place % 7 + 1) for place in range(count))
    expected, got = answers(language, [(text, [point])], tmp_path)
    assert got == expected


@pytest.mark.parametrize("language", RUNNERS)
def test_two_operands_to_the_sign_of_zero(language: str, tmp_path: Path) -> None:
    texts = ["x % y", "x // y", "max(x, y)", "min(x, y)", "x*y", "x - y", "x / y"]
    assert_same_signs(language, texts, PAIRS, tmp_path)


@pytest.mark.parametrize("language", RUNNERS)
def test_one_operand_to_the_sign_of_zero(language: str, tmp_path: Path) -> None:
    texts = ["relu(x)", "sign(x)", "abs(x)", "floor(x)", "ceil(x)", "round(x)", "-x", "sqrt(x)", "cbrt(x)"]
    assert_same_signs(language, texts, [(x,) for x in ENDS], tmp_path)


def test_a_gradient_by_a_prototype_is_a_member_of_its_own(tmp_path: Path) -> None:
    expected, got = answers("javascript", [("__proto__*2", [(3.0,)])], tmp_path)
    assert got == expected == [["6 2"]]
