"""C's spellings and frame for the straight-line code of code.py: C99 and <math.h>."""

from __future__ import annotations

import math
import re
from functools import partial

import numpy as np

from backprop.autodiff.declaration.notation import TERNARY
from backprop.autodiff.gates import GATES
from backprop.autodiff.shapes import Shape
from backprop.parser.printers import code, language, translation
from backprop.parser.printers.language import Body, GeneratedFunction, Language, words
from backprop.parser.printers.routines import BOOL, FLOAT, INT, LIST, NOTHING
from backprop.parser.printers.syntax import Syntax

LIBRARY = frozenset(gate.code["math"] for gate in GATES if "math" in gate.code)
CALLED = words(
    """
    copysign fabs fmod HUGE_VAL INFINITY NAN M_E M_PI gradient
    """
)
TAKEN = words(
    """
    abs lgamma tgamma div exit fdim fma fmax fmin fpclassify frexp ilogb isfinite isinf isnan isnormal ldexp
    llrint llround logb lrint lround main modf nan nearbyint nextafter nexttoward remainder remquo
    round scalbln scalbn signbit j0 j1 jn y0 y1 yn gamma drem finite significand pow10 exp10
    signgam
    """
)  # may be variables, but no function
KEYWORDS = words(
    """
    auto break case char const continue default do double else enum extern float for goto if inline
    int long register restrict return short signed sizeof static struct switch typedef union
    unsigned void volatile while _Bool _Complex _Imaginary asm typeof true false bool nullptr
    constexpr thread_local alignas alignof static_assert typeof_unqual linux unix i386 near far
    """
)
# C11 7.1.3: names of the implementation. The macros of <math.h> and <float.h>, and what compilers define beside them.
MACRO = re.compile(
    r"_.*|(FP|M|MATH|FLT\d*X?|DBL|LDBL|DEC\d*|X|HUGE)_\w*|HUGE|S?NANF?|DOMAIN|SING|(OVER|UNDER)FLOW|[PT]LOSS|MAXFLOAT"
)
HELPERS = {
    "maximum": """static double maximum(double x, double y) {
    return x > y || x != x ? x : y;
}""",
    "minimum": """static double minimum(double x, double y) {
    return x < y || x != x ? x : y;
}""",
    "floor_mod": """static double floor_mod(double x, double y) {
    const double remainder = fmod(x, y);
    if (remainder == 0)
        return copysign(0.0, y);
    return (remainder < 0) != (y < 0) ? remainder + y : remainder;
}""",
    "floor_div": """static double floor_div(double x, double y) {
    if (y == 0)
        return x / y;
    const double remainder = fmod(x, y);
    const int is_above = remainder != 0 && (remainder < 0) != (y < 0);
    const double quotient = (x - remainder) / y - is_above;
    if (quotient == 0)
        return 0 * (x / y);
    const double below = floor(quotient);
    return quotient - below > 0.5 ? below + 1 : below;
}""",
}
SPELLINGS = {
    **language.truths("(double)({})", precedence=TERNARY),
    "abs": "fabs({0})",
    "mod": "floor_mod({0}, {1})",
    "where": "({0} != 0 ? {1} : {2})",
    "index": "{0}[{index}]",
}
number = partial(language.number, infinity="INFINITY", nan="NAN")
RESULTS = {FLOAT: "double", BOOL: "int", INT: "int", NOTHING: "void"}
SYNTAX = Syntax(
    margin="    ",
    heads={kind: f"static {word} {{0}}({{1}}) {{{{" for kind, word in RESULTS.items()},
    parameters={FLOAT: "double {}", INT: "int {}", LIST: "double *{}"},
    locals={FLOAT: "double {};", INT: "int {};", BOOL: "int {};"},
    table="static const double {0}[] = {{{1}}};",
    room="double {0}[{1}] = {{0}};",
    loop="for (int {name} = {first}; {name} {compared} {last}; {name} += {step}) {{",
    conversions={(INT, FLOAT): "(double){1}", (BOOL, FLOAT): "(double){1}"},
    library="{}",
    functions={
        "max": "fmax({}, {})",
        "min": "fmin({}, {})",
        "max of int": "({0} > {1} ? {0} : {1})",
        "min of int": "({0} < {1} ? {0} : {1})",
        "int": "(int)({})",
        "float": "(double)({})",
    },
    constants={"inf": "INFINITY", "nan": "NAN", "pi": repr(math.pi)},
)
NAME = re.compile(r"[A-Za-z_]\w*")
ASSIGNMENT = "    const double {} = {};\n"


def declared(name: str, shape: Shape = ()) -> str:
    """A parameter; an array of no entries, which C does not know, has room for one."""
    return f"double {name}{''.join([f'[{max(length, 1)}]' for length in shape])}"


def helper(body: Body) -> str:
    head = f"static double {body.name}({', '.join(map(declared, body.parameters))}) {{\n"
    return f"{head}{body.lines(ASSIGNMENT)}    return {body.results[0]};\n}}"


def frame(function: GeneratedFunction) -> str:
    return framed(
        function, "C99. For the same digits as backprop's, compile with -ffp-contract=off and without -ffast-math."
    )


def framed(function: GeneratedFunction, note: str, qualifier: str = "") -> str:
    """A file that begins with the note; the qualifier stands before the function."""
    body = function.body
    text = " ".join([*[code for _, code in body.assignments], *body.results])
    used = set(NAME.findall(text))
    unused = [f"    (void){name};\n" for name in body.parameters if name not in used]
    parameters = list(map(declared, body.parameters, function.shapes))
    set_values = []
    if function.is_array:
        value = "value"
        while value in body.parameters:
            value += "_"
        parameters.append(declared(value, np.shape(np.array(function.value, dtype=object))))
        set_values = [f"    {place} = {text};\n" for place, text in language.entries(value, function.value)]
        if not set_values:
            unused.append(f"    (void){value};\n")
    gradient = [entry for name, texts in function.gradient.items() for entry in language.entries(name, texts)]
    if gradient:
        parameters.append(declared("gradient", (len(gradient),)))
    set_gradient = [f"    gradient[{place}] = {text}; /* by {name} */\n" for place, (name, text) in enumerate(gradient)]
    return (
        f"/* {note} */\n"
        + "#include <math.h>\n\n"
        + "".join(f"{source}\n\n" for source in function.helpers)
        + (
            "/* Sets the value and the gradient of its sum"
            if function.is_array
            else "/* Returns the value and sets the gradient"
        )
        + "".join(f";\n   {old} is called {new} here" for old, new in function.renamed)
        + ". */\n"
        + f"{qualifier}{'void' if function.is_array else 'double'} {body.name}({', '.join(parameters) or 'void'}) {{\n"
        + "".join(unused)
        + body.lines(ASSIGNMENT)
        + "".join([*set_values, *set_gradient])
        + ("}\n" if function.is_array else f"    return {function.value};\n}}\n")
    )


C = Language(
    name="c",
    title="C",
    run_by="gcc",
    spellings=SPELLINGS,
    library=language.from_math(str),
    helpers=HELPERS,
    reserved=frozenset({*LIBRARY, *CALLED, *KEYWORDS}),
    taken=frozenset(TAKEN),
    family=MACRO,
    number=number,
    helper_name="{}",
    helper=helper,
    frame=frame,
    routine=partial(translation.as_syntax, syntax=SYNTAX),
)

# A C file with the function `name`, which returns the value, or fills an argument with its entries, and fills its last
# argument with the gradient.
write = partial(code.write, C)
