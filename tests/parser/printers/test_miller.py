"""Programs of Miller agree with value_and_grad at every gate's samples and corners.

The bound of 2e-15 relative is that of the other languages (test_code.py), 1e-12 that of the gamma function and its kin.
"""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
from functools import cache

import numpy as np
import pytest

from backprop.autodiff.errors import ExpressionError
from backprop.cli.program import run as run_command

from .running import LACKING, names_of, nodes_of, regrouped, shapes_of, written
from .test_code import CORNERS, assert_agrees, gate_cases
from .test_scalars import MORE_ROOM, agrees, at_declared_points

pytestmark = pytest.mark.skipif(shutil.which("mlr") is None, reason="Miller is not installed")
BOUND = 2e-15
FUNCTION = re.compile(r"^func (\w+)\(.*?^}\n", re.MULTILINE | re.DOTALL)


@cache
def source(text, shapes):
    return written("miller", text, **dict(shapes))


def is_written(text, shapes):
    try:
        return bool(source(text, shapes))
    except ExpressionError as error:
        assert error.reason.split("'")[1] in LACKING and error.cure, error.reason
        return False


def literal(value):
    if np.ndim(value):
        return "{" + ", ".join(f"{place}: {literal(entry)}" for place, entry in enumerate(value)) + "}"
    if math.isfinite(value):
        return f"({float(value)!r})"
    return "(0.0 / 0.0)" if math.isnan(value) else "(1.0 / 0.0)" if value > 0 else "(-1.0 / 0.0)"


def run(cases, folder):
    """[value, gradient by variable] of each (text, values), by one program: its helpers are the same ones."""
    functions: dict[str, str] = {}
    lines = []
    keys = [(text, shapes_of(values)) for text, values in cases]
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    for (text, shapes), number in numbers.items():
        for found in FUNCTION.finditer(source(text, shapes)):
            name = found[1].replace("value_and_gradient", f"f{number}")
            functions[name] = found[0].replace("value_and_gradient", name)
    for key, (text, values) in zip(keys, cases, strict=True):
        arguments = ", ".join(literal(values[name]) for name in names_of(text, **dict(key[1])))
        lines.append(f'for (k, v in f{numbers[key]}({arguments})) {{ printn k." ".v." " }} print ""')
    program = folder / "program.mlr"
    program.write_text("\n".join([*functions.values(), "end {", ";\n".join(lines), "}"]))
    answer = subprocess.run(["mlr", "-n", "put", "-f", str(program)], check=True, capture_output=True, text=True)
    results = []
    for (text, shapes), line in zip(keys, answer.stdout.splitlines(), strict=True):
        parts = line.split()
        row = dict(zip(parts[::2], map(float, parts[1::2]), strict=True))
        value, *gradient = [
            regrouped(iter([row[f"{name}{''.join(f'[{k}]' for k in place)}"] for place in np.ndindex(shape)]), shape)
            for name, shape in [
                ("value", nodes_of(text, **dict(shapes))[0].shape),
                *[(f"grad_{name}", shape) for name, shape in shapes],
            ]
        ]
        results.append((value, dict(zip(dict(shapes), gradient, strict=True))))
    return results


def test_every_gate_agrees_at_its_samples_and_corners(tmp_path):
    numbers = [(text, values) for text, values in [*gate_cases(), *CORNERS] if is_written(text, shapes_of(values))]
    points = [point for point in at_declared_points() if is_written(point[1], shapes_of(point[2]))]
    results = run([*numbers, *[point[1:3] for point in points]], tmp_path)
    assert len(numbers) > 300
    assert_agrees(numbers, results[: len(numbers)], BOUND, has_forms=True)
    for point, (mine, gradient) in zip(points, results[len(numbers) :], strict=True):
        gate, text, values, value, truth = point
        bound = BOUND + MORE_ROOM.get(gate.name, 0) * 2.0**-52
        for one, true in [(mine, value), *[(gradient[name], truth[name]) for name in truth]]:
            assert agrees(one, true, bound), (text, values, one, true)


def put(folder, rows, *expression):
    program = folder / "grad.mlr"
    assert run_command(["diff", *expression, "-o", str(program)]) == 0
    command = ["mlr", "--icsv", "--ojsonl", "put", "-f", str(program)]
    answer = subprocess.run(command, input=rows, capture_output=True, text=True)
    return [json.loads(line) for line in answer.stdout.splitlines()], answer.stderr


def test_records_get_the_value_and_the_gradient(tmp_path):
    records, said = put(tmp_path, "id,x,W[0],W[1]\na,2,3,4\nb,,3,4\nc,1,0.5,x\n", "sum(W)*x", "--shape", "W=2")
    assert records[0] == {
        **{"id": "a", "x": 2, "W[0]": 3, "W[1]": 4},
        **{"value": 14, "grad_W[0]": 2, "grad_W[1]": 2, "grad_x": 7},
    }
    assert [record["value"] for record in records[1:]] == ["", ""]
    assert said == "record 2: x is not a number\nrecord 3: W[1] is not a number\n"


def test_a_field_is_not_written_over(tmp_path):
    records, said = put(tmp_path, "x,value\n1,2\n", "x^2")
    assert not records and "is_absent type-assertion failed at NR=1" in said


def test_names_that_mean_something_there(tmp_path):
    names = ["map", "num", "exp", "NR", "M_PI", "t1", "_maximum", "taken", "elif"]
    case = ("*".join(f"exp(max({name}, 0.1))" for name in names), {name: 0.2 + k for k, name in enumerate(names)})
    assert_agrees([case], run([case], tmp_path), bound=1e-13)
