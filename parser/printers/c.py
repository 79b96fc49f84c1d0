"""C's spellings and frame for the straight-line code of code.py: C99 and <math.h>."""

from __future__ import annotations

import re
from functools import partial

from backprop.autodiff.gates import GATES
from backprop.parser.printers import code, translation
from backprop.parser.printers.code import Body, GeneratedFunction, Language, words

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


NAME = re.compile(r"[A-Za-z_]\w*")
ASSIGNMENT = "    const double {} = {};\n"


def parameters(body: Body) -> list[str]:
    return [f"double {name}" for name in body.parameters]


def helper(body: Body) -> str:
    head = f"static double {body.name}({', '.join(parameters(body))}) {{\n"
    return f"{head}{body.lines(ASSIGNMENT)}    return {body.results[0]};\n}}"


def frame(function: GeneratedFunction) -> str:
    body = function.body
    value, *gradients = body.results
    text = " ".join([*[code for _, code in body.assignments], *body.results])
    used = set(NAME.findall(text))
    unused = [f"    (void){name};\n" for name in body.parameters if name not in used]
    entries = [
        f"    gradient[{index}] = {text}; /* by {name} */\n"
        for index, (name, text) in enumerate(zip(function.variables, gradients, strict=True))
    ]
    parameter = [f"double gradient[{len(gradients)}]"] if gradients else []
    return (
        "/* C99. For the same digits as backprop's, compile with -ffp-contract=off and without -ffast-math. */\n"
        + "#include <math.h>\n\n"
        + "".join(f"{source}\n\n" for source in function.helpers)
        + "/* Returns the value and sets the gradient"
        + "".join(f";\n   {old} is called {new} here" for old, new in function.renamed)
        + ". */\n"
        + f"double {body.name}({', '.join([*parameters(body), *parameter]) or 'void'}) {{\n"
        + "".join(unused)
        + body.lines(ASSIGNMENT)
        + "".join(entries)
        + f"    return {value};\n}}\n"
    )


C = Language(
    name="c",
    title="C",
    operators=frozenset("+-*/"),
    library=code.from_math(str),
    helpers=HELPERS,
    constants={},
    reserved=frozenset({*LIBRARY, *CALLED, *KEYWORDS}),
    taken=frozenset(TAKEN),
    family=MACRO,
    number=partial(code.number, infinity="INFINITY", nan="NAN"),
    helper_name="{}",
    helper=helper,
    frame=frame,
    routine=partial(translation.as_braces, syntax=translation.C),
    routine_name="special_{}",
    setting=repr,
)

# A C file with the function `name`, which returns the value and fills its last argument with the gradient.
write = partial(code.write, C)
