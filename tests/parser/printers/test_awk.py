"""Programs of awk agree with value_and_grad at every gate's samples and corners, in gawk and in mawk.

The bound of 2e-15 relative is that of the other languages (test_code.py), though awk has seven functions only: the rest
is written out.
"""

from __future__ import annotations

import math
import re
import shutil
import subprocess
from functools import cache

import numpy as np
import pytest

from backprop.autodiff.derivatives.values import value_and_grad
from backprop.cli.program import run as run_command
from backprop.parser import parse
from backprop.parser.printers.expression import shortest

from .running import names_of, nodes_of, regrouped, shapes_of, written
from .test_code import CORNERS, assert_agrees, gate_cases
from .test_scalars import MORE_ROOM, agrees, at_declared_points

FUNCTION = re.compile(r"^function (\w+)\(.*?^}\n", re.MULTILINE | re.DOTALL)
READING = ("_stop", "_split", "_header", "_answer")  # what the program has beside the function
AWKS = [
    pytest.param(name, marks=pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} is not installed"))
    for name in ("gawk", "mawk")
]


def run(awk, cases, folder, program=None):
    """[value, gradient by variable] of each (text, values)."""
    file = folder / "program.awk"
    file.write_text(program or program_of(cases))
    answer = subprocess.run([awk, "-f", str(file)], check=True, capture_output=True, text=True)
    assert not answer.stderr  # gawk warns of what it does not like
    results = []
    for (text, values), line in zip(cases, answer.stdout.splitlines(), strict=True):
        parts = line.split()
        found = dict(zip(parts[::2], map(float, parts[1::2]), strict=True))
        results.append(regrouped_results(found, text, shapes_of(values)))
    return results


def program_of(cases):
    """One program for all: their helpers are the same ones."""
    functions: dict[str, str] = {}
    lines = []
    keys = [(text, shapes_of(values)) for text, values in cases]
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    for (text, shapes), number in numbers.items():
        for found in FUNCTION.finditer(written("awk", text, **dict(shapes))):
            name = found[1].replace("value_and_gradient", f"f{number}")
            if name not in READING:
                functions[name] = found[0].replace("value_and_gradient", name)
    for key, (text, values) in zip(keys, cases, strict=True):
        arguments = []
        for name in names_of(text, **dict(key[1])):
            value = np.asarray(values[name])
            entries = [(", ".join(map(str, place)), awk_number(value[place])) for place in np.ndindex(value.shape)]
            lines += [f"{name}[{place}] = {entry}" for place, entry in entries if value.shape]
            arguments.append(name if value.shape else entries[0][1])
        lines.append(f"f{numbers[key]}({', '.join([*arguments, 'result'])}); show(result)")
        lines += [f"delete {name}" for name, value in values.items() if np.ndim(value)]
    shown = 'printf "%s %s ", name, _shown(result[name])'
    show = f'function show(result,    name) {{ for (name in result) {shown}; print ""; delete result }}'
    start = "BEGIN { _inf = 2 ^ 1024; _nan = _inf - _inf\n"
    return "\n".join([*functions.values(), show, start, *lines, "}"])


def regrouped_results(found, text, shapes):
    value = entries_of("value", nodes_of(text, **dict(shapes))[0].shape, found)
    names = names_of(text, **dict(shapes))
    return value, {name: entries_of(f"grad_{name}", dict(shapes)[name], found) for name in names}


def entries_of(name, shape, found):
    columns = ["".join([name, *[f"[{index}]" for index in place]]) for place in np.ndindex(shape)]
    return regrouped(iter([found[column] for column in columns]), shape)


def awk_number(value):
    if math.isfinite(value):
        return f'("{float(value)!r}" * 1)'
    return "_nan" if math.isnan(value) else "_inf" if value > 0 else "-_inf"


@cache
def declared():
    """What all gates declare, and the program that computes it."""
    cases = [*gate_cases(), *CORNERS], [(text, values) for _, text, values, *_ in at_declared_points()]
    return *cases, program_of([*cases[0], *cases[1]])


@pytest.mark.parametrize("awk", AWKS)
def test_every_gate_agrees_at_its_samples_and_corners(awk, tmp_path):
    numbers, arrays, program = declared()
    results = run(awk, [*numbers, *arrays], tmp_path, program)
    assert_agrees(numbers, results[: len(numbers)])
    for point, (mine, gradient) in zip(at_declared_points(), results[len(numbers) :], strict=True):
        gate, text, values, value, truth = point
        bound = MORE_ROOM.get(gate.name, 4) * 2.0**-52
        for one, true in [(mine, value), *[(gradient[name], truth[name]) for name in truth]]:
            assert agrees(one, true, bound), (text, values, one, true)


POWERS = [
    (3.1, 40),
    (0.9, 5000),
    (1.0000001, 1e9),
    (2, -1060),
    (10, 22),
    (7, 18),
    (1e20, -16),
    (1e-160, -2),
    (-3.7, 33),
]


@pytest.mark.parametrize("awk", AWKS)
def test_powers_keep_their_digits_where_gawk_multiplies(awk, tmp_path):
    cases = [("x^y", {"x": float(x), "y": float(y)}) for x, y in POWERS] + [("log2(x) + log10(x)", {"x": 1000.0})]
    assert_agrees(cases, run(awk, cases, tmp_path))


@pytest.mark.parametrize("awk", AWKS)
def test_long_expressions_and_names_that_mean_something_there(awk, tmp_path):
    terms = [*[f"sin({place}*x)" for place in range(300)], *["exp(length)*index*NR*_exp*f*result*t1*ü"]]
    names = ["x", "length", "index", "NR", "_exp", "f", "result", "t1", "ü"]
    case = (" + ".join(terms), {name: 0.5 + place for place, name in enumerate(names)})
    assert_agrees([case], run(awk, [case], tmp_path), bound=1e-11)


ROWS = """\ufefflabel,x,"y, in m"\r
"a ""b"", c",1.5,2\r
"two
lines",-0, 4 
,nan,1
d,,2
e,0x10,2
f,1,2,3

g,1e3,-inf
"""
ANSWER = """label,x,"y, in m",value,grad_x,grad_y
"a ""b"", c",1.5,2,{}
"two
lines",-0, 4 ,{}
,nan,1,nan,2.718281828459045,nan
d,,2,,,
e,0x10,2,,,
f,1,2,3,,,
g,1e3,-inf,{}
"""
MESSAGES = """line 6: x is empty
line 7: x is '0x10', which is not a number
line 8: it has 4 cells, the header has 3
"""


@pytest.mark.parametrize("awk", AWKS)
def test_rows_are_read_by_the_names_of_their_columns(awk, tmp_path):
    """As `batch` reads and writes them: cells with separators and line ends in quotes, a mark of UTF-8, bad rows."""
    program, rows = tmp_path / "grad.awk", tmp_path / "rows.csv"
    assert run_command(["diff", "x*exp(y)", "--to", "awk", "-o", str(program)]) == 0
    rows.write_bytes(ROWS.replace('"y, in m"', "y").encode())
    answer = subprocess.run([awk, "-f", str(program), str(rows)], capture_output=True, text=True)
    truths = []
    for x, y in ((1.5, 2.0), (-0.0, 4.0), (1e3, -math.inf)):
        value, gradient = value_and_grad(parse("x*exp(y)"), x=x, y=y)
        truths.append(
            ",".join(shortest(number).replace("-0.0", "-0") for number in (value, gradient["x"], gradient["y"]))
        )
    assert answer.stdout == ANSWER.replace('"y, in m"', "y").format(*truths)
    assert (answer.stderr, answer.returncode) == (MESSAGES, 3)


@pytest.mark.parametrize("awk", AWKS)
@pytest.mark.parametrize(
    "rows, message",
    [
        ("", "there is no header"),
        ("x,z\n1,2\n", "there is no column y"),
        ("x;y\n1;2\n", "there is no column x"),
        ("y\tx\ty\n", "there are two columns y"),
        ("x,y,value\n", "there is a column value already"),
    ],
)
def test_what_is_wrong_with_the_columns_is_told(awk, rows, message, tmp_path):
    (tmp_path / "grad.awk").write_text(written("awk", "x*y"))
    answer = subprocess.run([awk, "-f", "grad.awk"], cwd=tmp_path, input=rows, capture_output=True, text=True)
    assert (answer.stdout, answer.stderr, answer.returncode) == ("", f"error: {message}\n", 2)


@pytest.mark.parametrize("awk", AWKS)
def test_arrays_are_columns_of_their_entries_and_the_separator_is_an_option(awk, tmp_path):
    (tmp_path / "grad.awk").write_text(written("awk", "W @ x", W=(2, 2), x=(2,)))
    rows = "x[0];x[1];W[0][0];W[0][1];W[1][0];W[1][1]\n1;2;3;4;5;6\n"
    command = [awk, "-v", "separator=;", "-f", "grad.awk"]
    answer = subprocess.run(command, cwd=tmp_path, input=rows, capture_output=True, text=True)
    assert answer.stdout.splitlines()[1] == "1;2;3;4;5;6;11;17;1;2;1;2;8;10"
    assert answer.stdout.splitlines()[0].endswith(
        "value[0];value[1];grad_W[0][0];grad_W[0][1];grad_W[1][0];grad_W[1][1];grad_x[0];grad_x[1]"
    )
