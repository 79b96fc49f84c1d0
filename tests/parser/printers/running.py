"""Generated code, compiled and run: many cases in one program of a language. Compares nothing."""

from __future__ import annotations

import json
import math
import re
import subprocess
from functools import lru_cache
from importlib import import_module

import numpy as np

from backprop.autodiff.passes.reverse import gradients
from backprop.parser import parse


@lru_cache(maxsize=4)
def nodes_of(text, **shapes):
    """The output and the gradients; a long text is written in several languages one after another."""
    graph = parse(text).typed(shapes)
    output = graph.result
    found = gradients(output, list(graph.inputs.values()), graph.constant(np.ones(output.shape)))
    return output, dict(zip(graph.inputs, found, strict=True))


def written(language, text, name="f", **shapes):
    return import_module(f"backprop.parser.printers.{language}").write(name, *nodes_of(text, **shapes))


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
    return tuple(parse(text).typed(shapes).inputs)


def run_c(cases, folder):
    """Each function at all its points in a loop over a table: a call for each case would take a minute to compile."""
    places: dict[str, list[int]] = {}
    for place, (text, _) in enumerate(cases):
        places.setdefault(text, []).append(place)
    sources, loops = [], []
    for number, (text, own) in enumerate(places.items()):
        names = names_of(text)
        sources.append(apart(written("c", text, f"f{number}"), number))
        points = [[c_number(cases[place][1][name]) for name in names] or ["0"] for place in own]
        table = ", ".join([f"{{{', '.join(point)}}}" for point in points])
        arguments = ", ".join([*[f"p[i][{place}]" for place in range(len(names))], "g"] if names else [])
        loops.append(
            f"{{static const double p[][{max(len(names), 1)}] = {{{table}}}; double g[99]; "
            f"for (int i = 0; i < {len(own)}; i++) {{(void)p; (void)g; "
            f'printf("%.17g", f{number}({arguments})); '
            f'for (int k = 0; k < {len(names)}; k++) printf(" %.17g", g[k]); puts("");}}}}'
        )
    file, program = folder / "program.c", folder / "program"
    file.write_text("\n".join([*sources, "#include <stdio.h>", "int main(void) {", *loops, "return 0; }", ""]))
    flags = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-ffp-contract=off", "-O0"]
    subprocess.run(["gcc", *flags, str(file), "-o", str(program), "-lm"], check=True)
    lines = subprocess.run([str(program)], check=True, capture_output=True, text=True).stdout.splitlines()
    results = [None] * len(cases)
    for (text, place), line in zip(
        [(text, place) for text, own in places.items() for place in own], lines, strict=True
    ):
        value, *gradients = map(float, line.split())
        results[place] = (value, dict(zip(names_of(text), gradients, strict=True)))
    return results


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
    parts = ['"use strict"; const functions = {}; const show = x => Array.isArray(x) ? x : String(x);']
    numbers = {text: number for number, text in enumerate(dict.fromkeys(text for text, _ in cases))}
    for text, number in numbers.items():
        parts.append(f"functions[{number}] = (function () {{ {written('javascript', text)}\nreturn f; }})();")
    for text, values in cases:
        arguments = ", ".join(
            {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}.get(
                repr(float(values[name])), repr(float(values[name]))
            )
            for name in names_of(text)
        )
        parts.append(
            f"{{ const r = functions[{numbers[text]}]({arguments}); "
            "const g = Object.fromEntries(Object.entries(r.gradient).map(([k, v]) => [k, String(v)]));"
            "console.log(JSON.stringify([String(r.value), g])); }"
        )
    script = folder / "script.js"
    script.write_text("\n".join(parts))
    lines = subprocess.run(["node", str(script)], check=True, capture_output=True, text=True).stdout.splitlines()
    found = [json.loads(line) for line in lines]
    return [(js_float(value), {name: js_float(one) for name, one in gradient.items()}) for value, gradient in found]


def js_float(text):
    return float(text.replace("Infinity", "inf"))
