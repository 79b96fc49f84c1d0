"""Generated code, compiled and run: many cases in one program of a language. Compares nothing."""

from __future__ import annotations

import json
import math
import re
import subprocess
from functools import cache, lru_cache
from importlib import import_module

import numpy as np

from backprop.autodiff.derivatives.values import value_and_grad
from backprop.autodiff.gates import GATES
from backprop.autodiff.passes.reverse import gradients
from backprop.parser import parse
from backprop.parser.printers.expression import show
from backprop.parser.printers.forms import FORMS
from backprop.parser.printers.special_forms import LOOPLESS_FORMS

LACKING = {gate.name for gate in GATES if gate.routine and gate.name not in LOOPLESS_FORMS}  # what takes loops
AT_ANY_LENGTH = LOOPLESS_FORMS.keys() - FORMS.keys()  # what is written out at a length that serves all numbers
BOUND_AT_ANY_LENGTH = 1e-12


# Each language has the same texts at the same points: they are read, differentiated and evaluated for all of them.
parsed = lru_cache(maxsize=2000)(parse)  # a graph keeps the programs of its derivatives for the next point


@cache
def is_at_any_length(text):
    return any(node.gate.name in AT_ANY_LENGTH for node in parsed(text).nodes)


@cache
def text_of(gate, count, settings):
    """The call of a gate on the variables x0, x1 …"""
    graph = parse("; ".join(f"x{place}" for place in range(count)))
    return show(graph.add(gate, tuple(graph.inputs.values()), settings), {})


def truth_of(text, values):
    """The value and the gradient."""
    key = tuple([(name, np.shape(value), np.asarray(value, dtype=float).tobytes()) for name, value in values.items()])
    return truth_at(text, key)


@lru_cache(maxsize=20_000)
def truth_at(text, key):
    arrays = {name: np.frombuffer(entries).reshape(shape) for name, shape, entries in key}
    values = {name: array if array.shape else array.item() for name, array in arrays.items()}
    return value_and_grad(parsed(text), values)


@lru_cache(maxsize=2000)
def nodes_of(text, **shapes):
    """The output and the gradients."""
    graph = parsed(text).typed(shapes)
    output = graph.result
    found = gradients(output, list(graph.inputs.values()), graph.constant(np.ones(output.shape)))
    return output, dict(zip(graph.inputs, found, strict=True))


def written(language, text, name="f", **shapes):
    return import_module(f"backprop.parser.printers.languages.{language}").write(name, *nodes_of(text, **shapes))


def run(language, cases, folder):
    """[value, gradient by variable] of each (text, values); a text that is there several times is written once."""
    if language in ("python", "numpy"):
        written_once = lru_cache(maxsize=None)(lambda text, shapes: function_of(language, text, dict(shapes)))
        return [call_python(text, values, written_once) for text, values in cases]
    runner = run_c if language == "c" else run_javascript
    return runner(cases, folder)


def run_python(language, text, values):
    return call_python(text, values, lambda text, shapes: function_of(language, text, dict(shapes)))


def call_python(text, values, written_once):
    shapes = {name: np.shape(value) for name, value in values.items()}
    function, names = written_once(text, tuple(shapes.items()))
    return function(*[values[name] for name in names])


def function_of(language, text, shapes):
    """The function, and the names of its parameters."""
    space: dict[str, object] = {}
    source = written(language, text, **shapes)
    exec(compile(source, "generated", "exec"), space)  # the test's own output
    return space["f"], names_of(text, **shapes)


@lru_cache(maxsize=2000)
def names_of(text, **shapes):
    return tuple(parsed(text).typed(shapes).inputs)


def run_c(cases, folder):
    """Each function at all its points in a loop over a table: a call for each case would take a minute to compile."""
    places: dict[tuple, list[int]] = {}
    for place, (text, values) in enumerate(cases):
        places.setdefault((text, shapes_of(values)), []).append(place)
    sources, loops = [], []
    for number, ((text, shapes), own) in enumerate(places.items()):
        names = names_of(text, **dict(shapes))
        sources.append(apart(written("c", text, f"f{number}", **dict(shapes)), number))
        points = [[c_number(entry) for entry in entries_of(cases[place][1], names)] or ["0"] for place in own]
        table = ", ".join([f"{{{', '.join(point)}}}" for point in points])
        arguments, size = [], 0
        for name in names:
            shape = dict(shapes)[name]
            arguments.append(f"(void *)(p[i] + {size})" if shape else f"p[i][{size}]")
            size += math.prod(shape)
        count = math.prod(nodes_of(text, **dict(shapes))[0].shape)
        is_array = bool(nodes_of(text, **dict(shapes))[0].shape)
        call = f"f{number}({', '.join([*arguments, *['(void *)v'] * is_array, *['g'] * bool(size)])})"
        loops.append(
            f"{{static double p[][{max(size, 1)}] = {{{table}}}; double g[99], v[99]; "
            f"for (int i = 0; i < {len(own)}; i++) {{(void)p; (void)g; {call if is_array else f'v[0] = {call}'}; "
            f'for (int k = 0; k < {count}; k++) printf("%.17g ", v[k]); '
            f'for (int k = 0; k < {size}; k++) printf("%.17g ", g[k]); puts("");}}}}'
        )
    file, program = folder / "program.c", folder / "program"
    file.write_text("\n".join([*sources, "#include <stdio.h>", "int main(void) {", *loops, "return 0; }", ""]))
    flags = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-ffp-contract=off", "-O0"]
    subprocess.run(["gcc", *flags, str(file), "-o", str(program), "-lm"], check=True)
    lines = subprocess.run([str(program)], check=True, capture_output=True, text=True).stdout.splitlines()
    results = [None] * len(cases)
    in_order = [(text, dict(shapes), place) for (text, shapes), own in places.items() for place in own]
    for (text, shapes, place), line in zip(in_order, lines, strict=True):
        numbers = iter(map(float, line.split()))
        value = regrouped(numbers, nodes_of(text, **shapes)[0].shape)
        results[place] = (value, {name: regrouped(numbers, shapes[name]) for name in names_of(text, **shapes)})
    return results


def shapes_of(values):
    return tuple((name, np.shape(value)) for name, value in values.items())


def entries_of(values, names):
    return [float(entry) for name in names for entry in np.ravel(values[name])]


def regrouped(numbers, shape):
    """The next of the numbers in an array of that shape."""
    return np.reshape([next(numbers) for _ in range(math.prod(shape))], shape)[()]


def apart(source, number):
    """The source with names of its own for its helpers: many sources make one file, which compiles 20 times as fast."""
    helpers = re.findall(r"^static (?:double|int|void) (\w+)\(", source, re.MULTILINE)
    frame = [f"#define {name} {name}_{number}" for name in helpers], [f"#undef {name}" for name in helpers]
    first, rest = source.split("#include <math.h>\n", 1)
    return "\n".join([f"{first}#include <math.h>", *frame[0], rest, *frame[1]])


def c_number(value):
    if math.isfinite(value):
        return repr(float(value))
    return "NAN" if math.isnan(value) else "INFINITY" if value > 0 else "-INFINITY"


def run_javascript(cases, folder):
    parts = ['"use strict"; const functions = {}; const show = x => Array.isArray(x) ? x.map(show) : String(x);']
    keys = [(text, shapes_of(values)) for text, values in cases]
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    for (text, shapes), number in numbers.items():
        source = written("javascript", text, **dict(shapes))
        parts.append(f"functions[{number}] = (function () {{ {source}\nreturn f; }})();")
    for key, (text, values) in zip(keys, cases, strict=True):
        arguments = ", ".join(js_value(values[name]) for name in names_of(text, **dict(key[1])))
        parts.append(
            f"{{ const r = functions[{numbers[key]}]({arguments}); "
            "const g = Object.fromEntries(Object.entries(r.gradient).map(([k, v]) => [k, show(v)]));"
            "console.log(JSON.stringify([show(r.value), g])); }"
        )
    script = folder / "script.js"
    script.write_text("\n".join(parts))
    lines = subprocess.run(["node", str(script)], check=True, capture_output=True, text=True).stdout.splitlines()
    found = [json.loads(line) for line in lines]
    return [(js_float(value), {name: js_float(one) for name, one in gradient.items()}) for value, gradient in found]


def js_value(value):
    if np.ndim(value):
        return f"[{', '.join(map(js_value, value))}]"
    number = repr(float(value))
    return {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}.get(number, number)


def js_float(text):
    """The number, or the array of numbers."""
    if isinstance(text, list):
        return np.array([js_float(one) for one in text])
    return float(text.replace("Infinity", "inf"))
