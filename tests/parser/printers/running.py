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
    """[value, gradient by variable] of each (text, values)."""
    if language in ("python", "numpy"):
        return [run_python(language, text, values) for text, values in cases]
    runner = run_c if language == "c" else run_javascript
    return runner(cases, folder)


def run_python(language, text, values):
    shapes = {name: np.shape(value) for name, value in values.items()}
    space: dict[str, object] = {}
    source = written(language, text, **shapes)
    exec(compile(source, "generated", "exec"), space)  # the test's own output
    names = parse(text).typed(shapes).inputs
    return space["f"](*[values[name] for name in names])


def run_c(cases, folder):
    calls, sources = [], []
    for number, (text, values) in enumerate(cases):
        sources.append(apart(written("c", text, f"f{number}"), number))
        names = list(parse(text).typed({}).inputs)
        arguments = ", ".join([*[c_number(values[name]) for name in names], "g"] if names else [])
        prints = "".join(f'printf(" %.17g", g[{place}]);' for place in range(len(names)))
        calls.append(f'{{double g[99]; printf("%.17g", f{number}({arguments})); {prints} puts("");}}')
    file, program = folder / "program.c", folder / "program"
    file.write_text("\n".join([*sources, "#include <stdio.h>", "int main(void) {", *calls, "return 0; }", ""]))
    flags = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-ffp-contract=off", "-O0"]
    subprocess.run(["gcc", *flags, str(file), "-o", str(program), "-lm"], check=True)
    lines = subprocess.run([str(program)], check=True, capture_output=True, text=True).stdout.splitlines()
    results = []
    for (text, _), line in zip(cases, lines, strict=True):
        value, *gradients = map(float, line.split())
        results.append((value, dict(zip(parse(text).typed({}).inputs, gradients, strict=True))))
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
    parts = ['"use strict"; const show = x => Array.isArray(x) ? x : String(x);']
    for text, values in cases:
        names = list(parse(text).typed({}).inputs)
        arguments = ", ".join(
            {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}.get(
                repr(float(values[name])), repr(float(values[name]))
            )
            for name in names
        )
        source = written("javascript", text)
        parts.append(
            f"(function () {{ {source}\nconst r = f({arguments}); "
            "const g = Object.fromEntries(Object.entries(r.gradient).map(([k, v]) => [k, String(v)]));"
            "console.log(JSON.stringify([String(r.value), g])); })();"
        )
    script = folder / "script.js"
    script.write_text("\n".join(parts))
    lines = subprocess.run(["node", str(script)], check=True, capture_output=True, text=True).stdout.splitlines()
    found = [json.loads(line) for line in lines]
    return [(js_float(value), {name: js_float(one) for name, one in gradient.items()}) for value, gradient in found]


def js_float(text):
    return float(text.replace("Infinity", "inf"))
