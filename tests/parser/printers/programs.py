"""Generated code of many cases as one program of a language, whose helpers stand in it once. Compares nothing."""

from __future__ import annotations

import math
import os
import re
import shutil
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec

import numpy as np

from backprop.autodiff.named_tuple import NamedTuple
from backprop.parser.printers import code
from backprop.parser.printers.languages.fortran import wrapped

from .running import entries_of, names_of, nodes_of, regrouped, shapes_of

AT_ONCE = 100  # calls in a function of the program: of a long one a compiler takes long


class Call(NamedTuple):
    """A generated function, and its arguments as (shape, entries)."""

    function: object
    arguments: list

    @property
    def results(self):
        """The texts of the value and of each part of the gradient."""
        return [self.function.value, *self.function.gradient.values()]

    def places(self, names, form="[{}]", first=0):
        """How the entries of the results are written that have these names."""
        places = []
        for name, texts in zip(names, self.results, strict=True):
            indexes = np.ndindex(np.shape(np.array(texts, dtype=object)))
            places += [name + "".join([form.format(index + first) for index in place]) for place in indexes]
        return places


def language_of(name):
    return getattr(import_module(f"backprop.parser.printers.languages.{name}"), name.upper())


def generated(language, cases):
    """The calls of all cases, and the source of each function; none has a helper that one before has."""
    found, seen, sources = {}, set(), []
    kept = []
    keeping = language._replace(frame=lambda function: kept.append(function) or "")
    for text, values in cases:
        key = (text, shapes_of(values))
        if key not in found:
            code.write(keeping, f"f{len(found)}", *nodes_of(text, **dict(key[1])))
            found[key] = kept.pop()
            helpers = tuple([one for one in found[key].helpers if one not in seen])
            sources.append(language.frame(found[key]._replace(helpers=helpers)))
            seen.update(helpers)
    calls = []
    for text, values in cases:
        names = names_of(text, **dict(shapes_of(values)))
        arguments = [(np.shape(values[name]), entries_of(values, [name])) for name in names]
        calls.append(Call(found[text, shapes_of(values)], arguments))
    return calls, sources


def run_program(name, cases, folder):
    """[value, gradient by variable] of each (text, values)."""
    language = language_of(name)
    calls, sources = generated(language, cases)
    printed = PROGRAMS[name](sources, calls, language.number, folder)
    results = []
    for (text, values), line in zip(cases, printed.splitlines(), strict=True):
        numbers = iter(map(number_of, line.split()))
        shapes = dict(shapes_of(values))
        value = regrouped(numbers, nodes_of(text, **shapes)[0].shape)
        results.append((value, {one: regrouped(numbers, shapes[one]) for one in names_of(text, **shapes)}))
        assert next(numbers, None) is None, (text, line)
    return results


def number_of(text):
    return math.nan if text == "NA" else float(text.replace("Infinity", "inf").replace("+Inf", "inf"))


def ran(*command, folder):
    """What a command prints; its messages are in the test's report where it fails."""
    settings = {**os.environ, "R_ENABLE_JIT": "0"}  # to compile what runs once takes R ten seconds
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=settings)
    assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def in_parts(lines, form, call):
    """Functions of some of the lines, `form` of a number and the lines, and the calls of all."""
    parts = ["\n".join(lines[start : start + AT_ONCE]) for start in range(0, len(lines), AT_ONCE)]
    return [form.format(k, part) for k, part in enumerate(parts)], "\n".join(
        [call.format(k) for k in range(len(parts))]
    )


def literal(shape, entries, number, before="[", after="]"):
    """An array as brackets in brackets."""
    if not shape:
        return number(entries[0])
    size = math.prod(shape[1:])
    parts = [literal(shape[1:], entries[k * size : (k + 1) * size], number, before, after) for k in range(shape[0])]
    return before + ", ".join(parts) + after


FORTRAN_SHOW = """
subroutine show(values)
  real(dp), intent(in) :: values(:)
  write (*, '(*(es25.17e3, 1x))') values
end subroutine show
"""


def fortran(sources, calls, number, folder):
    lines = []
    for call in calls:
        given = []
        for shape, entries in call.arguments:
            flat = f"[real(dp) :: {', '.join(map(number, entries))}]"
            order = ", ".join(map(str, range(len(shape), 0, -1)))
            turned = f"reshape({flat}, [{', '.join(map(str, shape))}], order=[{order}])"
            given.append(turned if len(shape) > 1 else flat if shape else number(entries[0]))
        value = np.array(call.function.value, dtype=object)
        count = sum(np.array(texts, dtype=object).size for texts in call.results[1:])
        declared = "value" + (f"({', '.join(map(str, value.shape))})" if value.shape else "")
        places = [f"value({', '.join([str(one + 1) for one in place])})" for place in np.ndindex(value.shape)]
        shown = [*(places if value.shape else ["value"]), *[f"gradient({k + 1})" for k in range(count)]]
        given += ["value", *["gradient"] * bool(count)]
        lines += [
            *("block", f"real(dp) :: {declared}, gradient({count})"),
            *(f"call {call.function.body.name}({', '.join(given)})", f"call show([real(dp) :: {', '.join(shown)}])"),
            "end block",
        ]
    parts, main = in_parts(
        list(map(wrapped, lines)), "subroutine part{0}()\n{1}\nend subroutine part{0}", "call part{}()"
    )
    bodies = [source.split("contains\n", 1)[1].rsplit("end module", 1)[0] for source in sources]
    head = ["module all", "use, intrinsic :: ieee_arithmetic", "use, intrinsic :: iso_c_binding, only: c_double"]
    head += ["implicit none", "integer, parameter :: dp = c_double", "contains", FORTRAN_SHOW]
    text = [*head, *bodies, *parts, "end module all", "program main", "use all", main, "end program main", ""]
    (folder / "program.f90").write_text("\n".join(text))
    flags = ["-std=f2008", "-ffp-contract=off", "-O0", "-Wall", "-Wno-unused", "-Wno-compare-reals"]
    ran("gfortran", *flags, "program.f90", "-o", "program", folder=folder)
    return ran("./program", folder=folder)


def rust(sources, calls, number, folder):
    lines = []
    for call in calls:
        given = ", ".join(["&" * bool(shape) + literal(shape, entries, number) for shape, entries in call.arguments])
        shown = call.places(["r.0", *[f"r.1.{place}" for place in range(len(call.results) - 1)]])
        form = "{:?} " * len(shown)
        lines.append(f'    {{ let r = {call.function.body.name}({given}); println!("{form}", {", ".join(shown)}); }}')
    parts, main = in_parts(lines, "fn part{0}() {{\n{1}\n}}", "part{}();")
    (folder / "program.rs").write_text("\n".join([*sources, *parts, "fn main() {", main, "}", ""]))
    ran(TOOLS["rust"], "-D", "warnings", "-A", "unused", "-o", "program", "program.rs", folder=folder)
    return ran("./program", folder=folder)


GO_HEAD = """package main

import (
    "fmt"
    "math"
)

func show(numbers ...float64) {
    for _, one := range numbers {
        fmt.Printf("%.17g ", one)
    }
    fmt.Println()
}
"""


def go(sources, calls, number, folder):
    lines = []
    for call in calls:
        given = []
        for shape, entries in call.arguments:
            kind = "".join([f"[{length}]" for length in shape]) + "float64"
            given.append((kind if shape else "") + literal(shape, entries, number, "{", "}"))
        names = ["v", *[f"g{place}" for place in range(len(call.results) - 1)]]
        unused = f"{', '.join(['_' for _ in names])} = {', '.join(names)}"
        called = f"{', '.join(names)} := {call.function.body.name}({', '.join(given)})"
        lines.append(f"    {{\n{called}\nshow({', '.join(call.places(names))})\n{unused}\n    }}")
    parts, main = in_parts(lines, "func part{0}() {{\n{1}\n}}", "part{}()")
    bodies = [source.replace("package derivative\n", "").replace('import "math"\n', "") for source in sources]
    (folder / "program.go").write_text("\n".join([GO_HEAD, *bodies, *parts, "func main() {", main, "}", ""]))
    ran("go", "build", "-gcflags=-N -l", "-o", "program", "program.go", folder=folder)
    return ran("./program", folder=folder)


def r(sources, calls, number, folder):
    lines = [
        "show <- function(answer) {",
        "  numbers <- c(turned(answer$value), unlist(lapply(answer$gradient, turned)))",
        "  cat(sprintf('%.17g', numbers), '\\n')",
        "}",
        "turned <- function(x) if (is.null(dim(x))) x else as.vector(aperm(x))",
    ]
    for call in calls:
        given = []
        for shape, entries in call.arguments:
            flat = f"c({', '.join(map(number, entries))})" if entries else "numeric(0)"
            turned = f"aperm(array({flat}, c({', '.join(map(str, shape[::-1]))})))"
            given.append(turned if len(shape) > 1 else flat)
        lines.append(f"show({call.function.body.name}({', '.join(given)}))")
    (folder / "program.r").write_text("\n".join([*sources, *lines, ""]))
    return ran("Rscript", "--vanilla", "program.r", folder=folder)


OCTAVE_SHOW = """
function show(value, gradient)
  numbers = permute(value, ndims(value):-1:1)(:);
  for name = fieldnames(gradient)'
    part = gradient.(name{1});
    numbers = [numbers; permute(part, ndims(part):-1:1)(:)];
  end
  printf("%.17g ", numbers);
  printf("\\n");
end
"""


def matlab(sources, calls, number, folder):
    lines = []
    for call in calls:
        given = []
        for shape, entries in call.arguments:
            flat = f"[{', '.join(map(number, entries))}]"
            order = list(range(len(shape), 0, -1))
            given.append(f"permute(reshape({flat}, {list(shape[::-1])}), {order})" if len(shape) > 1 else flat)
        lines.append(f"[value, gradient] = {call.function.body.name}({', '.join(given)}); show(value, gradient);")
    (folder / "program.m").write_text("\n".join(["1;", OCTAVE_SHOW, *sources, *lines, ""]))
    return ran("octave-cli", "--norc", "--no-gui", "program.m", folder=folder)


CPP_HEAD = """#include <cstdio>
#include <initializer_list>
static void show(std::initializer_list<double> all) { for (double x : all) printf("%.17g ", x); puts(""); }
"""


def cpp(sources, calls, number, gives_value):
    """A program of C++; `gives_value`: a function that is a number returns it, else the argument `v` is set to it."""
    lines = []
    for call in calls:
        shapes = [np.shape(np.array(texts, dtype=object)) for texts in call.results]
        count = sum(math.prod(shape) for shape in shapes[1:])
        given, declared = [], []
        for place, (shape, entries) in enumerate(call.arguments):
            sizes = "".join([f"[{max(length, 1)}]" for length in shape])
            values = literal(shape, entries, number, "{", "}") if entries else "{}"
            declared.append(f"double a{place}{sizes} = {values};")
            given.append(f"a{place}")
        sizes = "".join([f"[{max(length, 1)}]" for length in shapes[0]])
        declared.append(f"double v{sizes}, g[{count + 1}];")
        is_given = gives_value and not shapes[0]
        given += [*["v"] * (not is_given), *["g"] * bool(call.results[1:])]
        called = f"{'v = ' if is_given else ''}{call.function.body.name}({', '.join(given)});"
        places = [f"v{''.join([f'[{index}]' for index in place])}" for place in np.ndindex(shapes[0])]
        shown = [*places, *[f"g[{place}]" for place in range(count)]]
        lines.append(f"{{ {' '.join(declared)} (void)g; {called} show({{{', '.join(shown)}}}); }}")
    parts, main = in_parts(lines, "static void part{0}() {{\n{1}\n}}", "part{}();")
    return "\n".join([*sources, *parts, "int main() {", main, "}", ""])


def ran_cpp(text, folder, *flags):
    (folder / "program.cpp").write_text(CPP_HEAD + text)
    ran("g++", "-std=c++17", "-ffp-contract=off", "-O0", *flags, "program.cpp", "-o", "program", folder=folder)
    return ran("./program", folder=folder)


def cuda(sources, calls, number, folder):
    """As C++ on the host: its functions are those of the device, but for their last bits."""
    text = cpp(sources, calls, number, gives_value=True)
    return ran_cpp(text, folder, "-Wall", "-Wextra", "-Werror", "-D__device__=")


GLSL_AS_CPP = """#include <cmath>
#include <cstdint>
#include <cstring>
using std::abs; using std::isnan;
#undef INFINITY
#undef NAN
#define out
#define precise const
struct uvec2 { uint32_t low, high; uvec2(uint32_t l, uint32_t h) : low(l), high(h) {} };
static double packDouble2x32(uvec2 bits) { double x; memcpy(&x, &bits, 8); return x; }
static double roundEven(double x) { return nearbyint(x); }
"""


def glsl(sources, calls, number, folder):
    """As C++, whose functions of doubles are those of GLSL."""
    text = cpp(sources, calls, number, gives_value=False).replace("out double value,", "out double &value,")
    text = re.sub(r"out double value\)", "out double &value)", re.sub(r"(?<=\d)lf\b", "", text))
    return ran_cpp(GLSL_AS_CPP + text, folder)


def jax(sources, calls, number, folder):
    return of_arrays(sources, calls, number, folder, "jax", "from jax.numpy import array, inf, nan")


def torch(sources, calls, number, folder):
    head = "import torch; array = lambda entries: torch.tensor(entries, dtype=torch.float64)"
    return of_arrays(sources, calls, number, folder, "torch", head)


def of_arrays(sources, calls, number, folder, name, head):
    """A program of Python, whose head has `array`."""
    lines = ["import math", "import numpy", head]
    lines.append("show = lambda *all: print(*[repr(float(one)) for part in all for one in numpy.ravel(part)])")
    for call in calls:
        given = ", ".join([f"array({literal(shape, entries, number)})" for shape, entries in call.arguments])
        lines.append(f"value, gradient = {call.function.body.name}({given}); show(value, *gradient.values())")
    (folder / "program.py").write_text("\n".join([*sources, *lines, ""]))
    return ran(TOOLS[name], "program.py", folder=folder)


PROGRAMS = {
    "glsl": glsl,
    "jax": jax,
    "torch": torch,
    "fortran": fortran,
    "rust": rust,
    "go": go,
    "r": r,
    "matlab": matlab,
    "cuda": cuda,
}
TOOLS = {
    "fortran": shutil.which("gfortran"),
    "rust": shutil.which("rustc") or shutil.which("rustc", path=os.path.expanduser("~/.cargo/bin")),
    "go": shutil.which("go"),
    "glsl": shutil.which("g++"),
    **{name: sys.executable if find_spec(name) else None for name in ("jax", "torch")},
    "cuda": shutil.which("g++"),
    "r": shutil.which("Rscript"),
    "matlab": shutil.which("octave-cli"),
}
