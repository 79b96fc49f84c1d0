"""Go's spellings and frame for the straight-line code of code.py: the package `math` alone."""

from __future__ import annotations

import math
import re
from functools import partial
from typing import Any

import numpy as np

from backprop.autodiff.numerics.routines import exact
from backprop.autodiff.shapes import Shape
from backprop.parser.printers import code, language, translation
from backprop.parser.printers.language import Body, GeneratedFunction, Language, words
from backprop.parser.printers.routines import BOOL, FLOAT, INT, LIST, NOTHING
from backprop.parser.printers.syntax import Syntax

FUNCTIONS = {  # what `math` calls the functions of other math libraries
    **{
        name: name.capitalize()
        for name in words(
            "sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh exp exp2 expm1 log log2 log10 log1p sqrt"
            " cbrt hypot pow floor ceil trunc erf erfc"
        )
    },
    "rint": "RoundToEven",
}
KEYWORDS = words(
    """
    break case chan const continue default defer else fallthrough for func go goto if import interface map package
    range return select struct switch type var append bool cap close complex complex64 complex128 copy delete error
    false float32 float64 imag int iota len make math new nil panic print println real recover string true uint _
    init main value
    """
)
HELPERS = {
    "truth": """func truth(holds bool) float64 {
    if holds {
        return 1
    }
    return 0
}""",
    # Go's own lose half of the digits next to 1 and -1
    "own_asin": """func own_asin(x float64) float64 {
    return math.Atan2(x, math.Sqrt((1-x)*(1+x)))
}""",
    "own_acos": """func own_acos(x float64) float64 {
    return math.Atan2(math.Sqrt((1-x)*(1+x)), x)
}""",
    # Go's own has a rounding error for each bit of the exponent; what its logarithm lacks is what it lacks
    "own_pow": """func own_pow(x, y float64) float64 {
    rough := math.Pow(x, y)
    base, size := math.Abs(x), math.Abs(rough)
    isFew := math.Abs(y) <= 4 && y == math.Floor(y)
    isEnd := isFew || x == 2 || !(math.Abs(y) < 1e300)
    if isEnd || !(base > 1e-300 && base < 1e300 && size > 1e-300 && size < 1e300) {
        return rough
    }
    wanted, found := make([]float64, 2), make([]float64, 2)
    special_logarithm(base, wanted)
    special_multiply_pair(wanted, y, 0)
    special_logarithm(size, found)
    special_add_pair(wanted, -found[0], -found[1])
    return rough + rough*wanted[0]
}""",
    "own_where": """func own_where(condition, x, y float64) float64 {
    if condition != 0 {
        return x
    }
    return y
}""",
    "own_maximum": """func own_maximum(x, y float64) float64 {
    if x > y || x != x {
        return x
    }
    return y
}""",
    "own_minimum": """func own_minimum(x, y float64) float64 {
    if x < y || x != x {
        return x
    }
    return y
}""",
    "own_mod": """func own_mod(x, y float64) float64 {
    remainder := math.Mod(x, y)
    if remainder == 0 {
        return math.Copysign(0, y)
    }
    if (remainder < 0) != (y < 0) {
        return remainder + y
    }
    return remainder
}""",
    "own_floor_div": """func own_floor_div(x, y float64) float64 {
    if y == 0 {
        return x / y
    }
    remainder := math.Mod(x, y)
    quotient := (x - remainder) / y
    if remainder != 0 && (remainder < 0) != (y < 0) {
        quotient -= 1
    }
    if quotient == 0 {
        return 0 * (x / y)
    }
    below := math.Floor(quotient)
    if quotient-below > 0.5 {
        return below + 1
    }
    return below
}""",
}
SPELLINGS = {
    **language.truths("truth({})"),
    "abs": "math.Abs({0})",
    "index": "{0}[{index}]",
}


def digits(value: float) -> str:
    """A constant of Go has no negative zero."""
    return repr(value) if value or math.copysign(1.0, value) > 0 else "math.Copysign(0, -1)"


number = partial(language.number, infinity="math.Inf(1)", nan="math.NaN()", digits=digits)
HEAD = "func {0}({1})"
SYNTAX = Syntax(
    margin="    ",
    heads={FLOAT: HEAD + " float64 {{", INT: HEAD + " int {{", BOOL: HEAD + " bool {{", NOTHING: HEAD + " {{"},
    parameters={FLOAT: "{} float64", INT: "{} int", LIST: "{} []float64"},
    locals={FLOAT: "var {} float64", INT: "var {} int", BOOL: "var {} bool"},
    product="float64({} * {})",  # which no compiler may contract with a sum
    table="{0} := [...]float64{{{1}}}",
    room="{0} := make([]float64, {1})",
    loop="for {name} := {first}; {name} {compared} {last}; {name} += {step} {{",
    conversions={(INT, FLOAT): "float64({0})", (INT, BOOL): "({1} != 0)"},
    assignment="{} = {}",
    change="{0} {1}= {2}",
    call="{}",
    unasked="{}",
    answer="return {}",
    leave="return",
    branch="if {} {{",
    repeat="for {} {{",
    choice=None,
    truths=("false", "true"),
    library="math.{}",
    functions={
        **{name: f"math.{own}({{}})" for name, own in FUNCTIONS.items()},
        "pow": "own_pow({}, {})",
        "copysign": "math.Copysign({}, {})",
        "max": "math.Max({}, {})",
        "min": "math.Min({}, {})",
        "max of int": "int(math.Max(float64({}), float64({})))",
        "min of int": "int(math.Min(float64({}), float64({})))",
        "int": "int({})",
        "float": "float64({})",
        "fabs": "math.Abs({})",
        "fmod": "math.Mod({}, {})",
        "isinf": "math.IsInf({}, 0)",
    },
    constants={"inf": "math.Inf(1)", "nan": "math.NaN()", "pi": "math.Pi"},
)
ASSIGNMENT = "    {} := {}\n"


def typed(shape: Shape) -> str:
    return "".join([f"[{length}]" for length in shape]) + "float64"


def declared(name: str, shape: Shape = ()) -> str:
    return f"{name} {typed(shape)}"


def literal(texts: Any) -> str:
    """An array of those entries."""
    array = np.array(texts, dtype=object)
    return typed(array.shape) + braced(texts) if array.shape else str(texts)


def braced(texts: Any) -> str:
    return "{" + ", ".join(map(braced, texts)) + "}" if isinstance(texts, list) else str(texts)


def helper(body: Body) -> str:
    head = f"func {body.name}({', '.join(map(declared, body.parameters))}) float64 {{\n"
    return f"{head}{body.lines(ASSIGNMENT)}    return {body.results[0]}\n}}"


def frame(function: GeneratedFunction) -> str:
    body = function.body
    shapes = {name: np.shape(np.array(texts, dtype=object)) for name, texts in function.gradient.items()}
    results = [declared("value", np.shape(np.array(function.value, dtype=object)))]
    results += [declared(f"by_{function.spelled[name]}", shape) for name, shape in shapes.items()]
    answers = ", ".join([literal(texts) for texts in (function.value, *function.gradient.values())])
    text = (
        "".join(f"{source}\n\n" for source in function.helpers)
        + f"// {body.name} returns the value, and "
        + f"{'the gradient of the sum of its entries' if function.is_array else 'its gradient'}.\n"
        + "".join(f"// {old} is called {new} here.\n" for old, new in function.renamed)
        + f"func {body.name}({', '.join(map(declared, body.parameters, function.shapes))})"
        + f" ({', '.join(results)}) {{\n"
        + body.lines(ASSIGNMENT)
        + f"    return {answers}\n}}\n"
    )
    imports = 'import "math"\n\n' if "math." in text else ""
    return f"package derivative\n\n{imports}{text}"


GO = Language(
    name="go",
    title="Go",
    run_by="go",
    spellings=SPELLINGS,
    library=language.from_math(lambda name: f"math.{FUNCTIONS[name]}" if name in FUNCTIONS else None),
    helpers=HELPERS,
    constants={"pi": "math.Pi", "e": "math.E"},
    reserved=frozenset(KEYWORDS),
    family=re.compile("_+|by_.*"),
    number=number,
    helper=helper,
    frame=frame,
    routine=partial(translation.as_syntax, syntax=SYNTAX),
    routines=(exact.logarithm, exact.multiply_pair, exact.add_pair),
)

# A Go file with the function `name` of float64s, or arrays of them, that returns the value and its derivatives.
write = partial(code.write, GO)
