"""Julia's spellings and frame for the code of code.py: Base alone, with IEEE's answers where it raises."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import numpy as np

from backprop.parser.printers import code, language, translation
from backprop.parser.printers.language import Body, GeneratedFunction, Language, words
from backprop.parser.printers.routines import BOOL, FLOAT, INT
from backprop.parser.printers.syntax import SHARED_FUNCTIONS, WITH_END

FUNCTIONS = words("atan sinh cosh tanh asinh exp exp2 expm1 cbrt hypot floor ceil trunc")
DOMAINS = {  # where Julia has an answer; elsewhere it raises an error
    **dict.fromkeys(words("sin cos tan"), "isfinite(x)"),
    **dict.fromkeys(words("asin acos atanh"), "abs(x) <= 1"),
    **dict.fromkeys(words("sqrt log log2 log10"), "x >= 0"),
    "acosh": "x >= 1",
    "log1p": "x >= -1",
}
KEYWORDS = words(
    """
    abstract baremodule begin break catch const continue do else elseif end export false finally for function global
    if import in isa let local macro module mutable outer primitive quote return struct true try type using where while
    abs copysign ifelse isfinite isinf isnan max min rem round float Float64 Inf NaN Int pi gradient value
    """
)
HELPERS = {
    **{f"own_{name}": f"own_{name}(x) = {domain} ? {name}(x) : NaN" for name, domain in DOMAINS.items()},
    "own_pow": """function own_pow(x, y)
    if x >= 0 || isnan(x) || isnan(y) || isinf(y)
        return x == 1 || y == 0 ? 1.0 : x < 0 ? abs(x)^y : x^y
    end
    return y == floor(y) ? x^y : isinf(x) ? abs(x)^y : NaN
end""",
    "own_maximum": "own_maximum(x, y) = x > y || isnan(x) ? x : y",
    "own_minimum": "own_minimum(x, y) = x < y || isnan(x) ? x : y",
    "own_remainder": "own_remainder(x, y) = isfinite(x) && y != 0 ? rem(x, y) : NaN",
    "own_mod": """function own_mod(x, y)
    remainder = own_remainder(x, y)
    if remainder == 0
        return copysign(0.0, y)
    end
    return (remainder < 0) != (y < 0) ? remainder + y : remainder
end""",
    "own_floor_div": """function own_floor_div(x, y)
    if y == 0
        return x / y
    end
    remainder = own_remainder(x, y)
    quotient = (x - remainder) / y - Float64(remainder != 0 && (remainder < 0) != (y < 0))
    if quotient == 0
        return 0 * (x / y)
    end
    below = floor(quotient)
    return quotient - below > 0.5 ? below + 1 : below
end""",
    "own_exp_of_minus_square": """function own_exp_of_minus_square(x)
    # the rounding error of the square, which would cost digits, is put back
    return exp(-x * x) * (1 - fma(x, x, -(x * x)))
end""",
    "own_erf": """function own_erf(x)
    if isnan(x) || x == 0
        return x
    elseif abs(x) > 1
        return x > 0 ? 1 - own_erfc(x) : own_erfc(-x) - 1
    end
    term = 1.0
    total = 1.0
    for n in 1:39
        term *= 2 * x * x / (2 * n + 1)
        total += term
    end
    return 1.1283791670955126 * x * own_exp_of_minus_square(x) * total
end""",
    "own_erfc": """function own_erfc(x)
    if isnan(x)
        return x
    elseif x < 0.5
        return 1 - own_erf(x)
    elseif x > 40
        return 0.0
    end
    fraction = x
    for n in (ceil(Int, 220 / (x * x)) + 10):-1:1
        fraction = x + 0.5 * n / fraction
    end
    return own_exp_of_minus_square(x) * 0.5641895835477563 / fraction
end""",
}
SPELLINGS = {
    **language.truths("Float64({})"),
    "abs": "abs({0})",
    "atan2": "atan({0}, {1})",
    "rint": "round({0})",
    "where": "ifelse({0} != 0, {1}, {2})",
    "index": "{0}[{index}]",
}
number = partial(language.number, infinity="Inf", nan="NaN")
SYNTAX = WITH_END._replace(
    locals={FLOAT: "{} = 0.0", INT: "{} = 0", BOOL: "{} = false"},  # what a loop assigns first is the loop's own
    table="{0} = ({1})",
    loop="for {name} in ({first}):({step}):({end})",
    conversions={(INT, BOOL): "({1} != 0)"},
    assignment="{} = {}",
    change="{0} {1}= {2}",
    call="{}",
    unasked="{}",
    answer="return {}",
    leave="return",
    functions={
        **SHARED_FUNCTIONS,
        **{name: f"own_{name}({{}})" for name in DOMAINS},
        "int": "trunc(Int, {})",
        "float": "Float64({})",
        "copysign": "copysign({}, {})",
        "isinf": "isinf({})",
    },
)
ASSIGNMENT = "    {} = {}\n"


def literal(texts: Any) -> str:
    """An array of those entries."""
    array = np.array(texts, dtype=object)
    if not array.shape:
        return str(texts)
    entries = f"Float64[{', '.join(map(str, array.flat))}]"
    if array.ndim == 1:
        return entries
    turned, order = ", ".join(map(str, array.shape[::-1])), ", ".join(map(str, range(array.ndim, 0, -1)))
    return f"permutedims(reshape({entries}, ({turned})), ({order}))"


def helper(body: Body) -> str:
    head = f"function {body.name}({', '.join(body.parameters)})\n"
    return f"{head}{body.lines(ASSIGNMENT)}    return {body.results[0]}\nend"


def frame(function: GeneratedFunction) -> str:
    body = function.body
    gradient = "".join([f"{function.spelled[name]} = {literal(one)}, " for name, one in function.gradient.items()])
    return (
        "".join(f"{source}\n\n" for source in function.helpers)
        + f'"{function.summary}"\n'
        + f"function {body.name}({', '.join(body.parameters)})\n"
        + "".join(f"    # {old} is called {new} here\n" for old, new in function.renamed)
        + "".join(f"    {name} = float({name})\n" for name in body.parameters)
        + body.lines(ASSIGNMENT)
        + f"    return {literal(function.value)}, ({gradient.rstrip() or ';'})\nend\n"
    )


JULIA = Language(
    name="julia",
    title="Julia",
    spellings=SPELLINGS,
    library=language.from_math(lambda name: name if name in FUNCTIONS else None),
    helpers=HELPERS,
    reserved=frozenset({*KEYWORDS, *FUNCTIONS, *DOMAINS}),
    family=re.compile("_+"),
    number=number,
    helper=helper,
    frame=frame,
    routine=partial(translation.as_syntax, syntax=SYNTAX),
    setting=language.setting_from_one,
)

# A Julia function `name` of numbers, or arrays of them, that returns the value and a named tuple of the gradient.
write = partial(code.write, JULIA)
