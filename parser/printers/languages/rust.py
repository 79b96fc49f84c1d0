"""Rust's spellings and frame for the straight-line code of code.py: the standard library, and C's for what it lacks."""

from __future__ import annotations

import re
from functools import partial

import numpy as np

from backprop.autodiff.shapes import Shape
from backprop.parser.printers import code, language, translation
from backprop.parser.printers.expression import nested
from backprop.parser.printers.language import Body, GeneratedFunction, Language, words
from backprop.parser.printers.routines import BOOL, FLOAT, INT, LIST, NOTHING
from backprop.parser.printers.syntax import Syntax

METHODS = {  # what f64 calls the functions of other math libraries
    **{name: name for name in words("sin cos tan asin acos atan atan2 sinh cosh tanh exp exp2 log2 log10 sqrt cbrt")},
    **{name: name for name in words("hypot floor ceil trunc")},
    **{"expm1": "exp_m1", "log": "ln", "log1p": "ln_1p", "pow": "powf", "rint": "round_ties_even"},
}
OF_C = words("asinh acosh atanh erf erfc")  # functions of C's library that the standard one has not with their digits
KEYWORDS = words(
    """
    abstract as async await become box break const continue crate do dyn else enum extern false final fn for gen if
    impl in let loop macro match mod move mut override priv pub ref return self Self static struct super trait true
    try type typeof union unsafe unsized use virtual where while yield f64 i32 usize bool _
    """
)
ALLOWED = "#[allow(unused, non_snake_case, clippy::all)]\n"


def of_c(name: str) -> str:
    return f"""fn own_{name}(x: f64) -> f64 {{
    extern "C" {{
        #[link_name = "{name}"]
        fn of_c(x: f64) -> f64;
    }}
    unsafe {{ of_c(x) }}
}}"""


HELPERS = {
    **{f"own_{name}": of_c(name) for name in OF_C},
    "truth": """fn truth(holds: bool) -> f64 {
    if holds { 1.0 } else { 0.0 }
}""",
    "own_maximum": """fn own_maximum(x: f64, y: f64) -> f64 {
    if x > y || x.is_nan() { x } else { y }
}""",
    "own_minimum": """fn own_minimum(x: f64, y: f64) -> f64 {
    if x < y || x.is_nan() { x } else { y }
}""",
    "own_mod": """fn own_mod(x: f64, y: f64) -> f64 {
    let remainder = x % y;
    if remainder == 0.0 {
        0.0f64.copysign(y)
    } else if (remainder < 0.0) != (y < 0.0) {
        remainder + y
    } else {
        remainder
    }
}""",
    "own_floor_div": """fn own_floor_div(x: f64, y: f64) -> f64 {
    if y == 0.0 {
        return x / y;
    }
    let remainder = x % y;
    let is_above = remainder != 0.0 && (remainder < 0.0) != (y < 0.0);
    let quotient = (x - remainder) / y - if is_above { 1.0 } else { 0.0 };
    if quotient == 0.0 {
        return 0.0 * (x / y);
    }
    let below = quotient.floor();
    if quotient - below > 0.5 { below + 1.0 } else { below }
}""",
}
SPELLINGS = {
    **language.truths("truth({})", zero="0.0"),
    "abs": "f64::abs({0})",
    "where": "(if {0} != 0.0 { {1} } else { {2} })",
    "index": "{0}[{index}]",
}
number = partial(language.number, infinity="f64::INFINITY", nan="f64::NAN")
HEAD = ALLOWED + "fn {0}({1})"
SYNTAX = Syntax(
    margin="    ",
    heads={
        FLOAT: HEAD + " -> f64 {{",
        INT: HEAD + " -> i32 {{",
        BOOL: HEAD + " -> bool {{",
        NOTHING: HEAD + " {{",
    },
    parameters={FLOAT: "mut {}: f64", INT: "mut {}: i32", LIST: "{}: &mut [f64]"},
    locals={FLOAT: "let mut {} = 0.0;", INT: "let mut {} = 0;", BOOL: "let mut {} = false;"},
    table="const {0}: [f64; {2}] = [{1}];",
    room="let mut {0} = [0.0; {1}];",
    loop="for {name} in (0..).map(|count| {first} + count * ({step})).take_while(|&count| count {compared} {last}) {{",
    conversions={(INT, FLOAT): "f64::from({0})", (INT, BOOL): "({1} != 0)"},
    lent="&mut {}",
    lists_last=True,
    place="({}) as usize",
    branch="if {} {{",
    repeat="while {} {{",
    choice="(if {} {{ {} }} else {{ {} }})",
    truths=("false", "true"),
    library="f64::{}",
    functions={
        **{name: f"f64::{own}({{}})" for name, own in METHODS.items() if name not in ("pow", "atan2", "hypot")},
        "pow": "f64::powf({}, {})",
        "max": "f64::max({}, {})",
        "min": "f64::min({}, {})",
        "max of int": "i32::max({}, {})",
        "min of int": "i32::min({}, {})",
        "int": "(({}) as i32)",
        "float": "f64::from({})",
        "fabs": "f64::abs({})",
        "fmod": "(({}) % ({}))",
        "isinf": "f64::is_infinite({})",
    },
    constants={"inf": "f64::INFINITY", "nan": "f64::NAN", "pi": "std::f64::consts::PI"},
)
ASSIGNMENT = "    let {} = {};\n"


def declared(name: str, shape: Shape = ()) -> str:
    return f"{name}: {'&' if shape else ''}{typed(shape)}"


def typed(shape: Shape) -> str:
    kind = "f64"
    for length in reversed(shape):
        kind = f"[{kind}; {length}]"
    return kind


def helper(body: Body) -> str:
    head = f"{ALLOWED}fn {body.name}({', '.join(map(declared, body.parameters))}) -> f64 {{\n"
    return f"{head}{body.lines(ASSIGNMENT)}    {body.results[0]}\n}}"


def frame(function: GeneratedFunction) -> str:
    body = function.body
    shapes = [np.shape(np.array(texts, dtype=object)) for texts in (function.value, *function.gradient.values())]
    kinds = [typed(shape) for shape in shapes]
    gradient = f"({''.join([f'{kind}, ' for kind in kinds[1:]]).rstrip()})"
    results = [f"            {nested(texts, str)}, // by {name}\n" for name, texts in function.gradient.items()]
    return (
        "".join(f"{source}\n\n" for source in function.helpers)
        + f"/// The value, and {'the gradient of the sum of its entries' if function.is_array else 'its gradient'}.\n"
        + "".join(f"/// {old} is called {new} here.\n" for old, new in function.renamed)
        + f"{ALLOWED}pub fn {body.name}({', '.join(map(declared, body.parameters, function.shapes))})"
        + f" -> ({kinds[0]}, {gradient}) {{\n"
        + body.lines(ASSIGNMENT)
        + f"    (\n        {nested(function.value, str)},\n        (\n{''.join(results)}        ),\n    )\n}}\n"
    )


RUST = Language(
    name="rust",
    title="Rust",
    run_by="rustc",
    spellings=SPELLINGS,
    library=language.from_math(lambda name: f"f64::{METHODS[name]}" if name in METHODS else None),
    helpers=HELPERS,
    constants={"pi": "std::f64::consts::PI", "e": "std::f64::consts::E"},
    reserved=frozenset(KEYWORDS),
    family=re.compile("_+"),
    number=number,
    helper=helper,
    frame=frame,
    routine=partial(translation.as_syntax, syntax=SYNTAX),
)

# A Rust function `name` of f64s, or references to arrays of them, that returns the value and a tuple of the gradient.
write = partial(code.write, RUST)
