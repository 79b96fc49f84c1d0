"""MATLAB's spellings and frame for the code of code.py, and Octave's: what both have, real numbers alone."""

from __future__ import annotations

import ast
import re
from functools import partial
from typing import Any

import numpy as np

from backprop.parser.printers import code, language, translation
from backprop.parser.printers.language import Body, GeneratedFunction, Language, words
from backprop.parser.printers.syntax import RESULTS, SHARED_FUNCTIONS, WITH_END

REAL = words("sin cos tan atan atan2 sinh cosh tanh asinh exp expm1 hypot erf erfc floor ceil")
COMPLEX = words("asin acos acosh atanh log log2 log10 log1p sqrt")  # outside of their domain
KEYWORDS = words(
    """
    break case catch classdef continue do else elseif end end_try_catch end_unwind_protect endfor endfunction endif
    endparfor endswitch endwhile enumeration events for function global if methods otherwise parfor persistent
    properties return spmd switch try until unwind_protect unwind_protect_cleanup while abs double fix Inf isinf isnan
    isreal NaN max min mod nan inf permute pi reshape struct zeros gradient value ans
    """
)


def guarded(name: str) -> str:
    return f"""function answer = own_{name}(x)
    answer = {name}(x);
    if ~isreal(answer)
        answer = NaN;
    end
end"""


HELPERS = {
    **{f"own_{name}": guarded(name) for name in COMPLEX},
    "own_exp2": """function answer = own_exp2(x)
    answer = 2 ^ x;
end""",
    "own_trunc": """function answer = own_trunc(x)
    answer = fix(x);
end""",
    "own_cbrt": """function answer = own_cbrt(x)
    answer = x;
    if x ~= 0 && abs(x) < Inf
        root = abs(x) ^ (1 / 3);
        answer = root - (root - abs(x) / root / root) / 3;
        if x < 0
            answer = -answer;
        end
    end
end""",
    "own_pow": """function answer = own_pow(x, y)
    if x < 0 && y == fix(y)
        answer = abs(x) ^ y;
        if abs(y) < 2 ^ 53 && rem(y, 2) ~= 0
            answer = -answer;
        end
    elseif x < 0 && y == y
        answer = NaN;
    else
        answer = x ^ y;
    end
end""",
    "own_rint": """function answer = own_rint(x)
    below = floor(x);
    rest = x - below;
    answer = below;
    if rest > 0.5 || (rest == 0.5 && mod(below, 2) ~= 0)
        answer = below + 1;
    end
    if answer == 0
        answer = 0 * x;
    end
end""",
    "own_where": """function answer = own_where(condition, x, y)
    answer = y;
    if condition ~= 0
        answer = x;
    end
end""",
    "own_maximum": """function answer = own_maximum(x, y)
    answer = y;
    if x > y || x ~= x
        answer = x;
    end
end""",
    "own_minimum": """function answer = own_minimum(x, y)
    answer = y;
    if x < y || x ~= x
        answer = x;
    end
end""",
    "own_copysign": """function answer = own_copysign(x, y)
    answer = abs(x);
    if y < 0 || (y == 0 && 1 / y < 0)
        answer = -answer;
    end
end""",
    # MATLAB's own takes for 0 what is almost 0
    "own_remainder": """function answer = own_remainder(x, y)
    answer = abs(x);
    size_of_y = abs(y);
    if x ~= x || y ~= y || answer == Inf || size_of_y == 0
        answer = NaN;
        return;
    end
    while answer >= size_of_y
        part = size_of_y * 2 ^ max(0, floor(log2(answer) - log2(size_of_y)) - 1);
        while part > answer
            part = part / 2;
        end
        answer = answer - part;
    end
    if x < 0
        answer = -answer;
    end
end""",
    "own_mod": """function answer = own_mod(x, y)
    answer = own_remainder(x, y);
    if answer == 0
        answer = own_copysign(0, y);
    elseif (answer < 0) ~= (y < 0)
        answer = answer + y;
    end
end""",
    "own_floor_div": """function answer = own_floor_div(x, y)
    if y == 0
        answer = x / y;
        return;
    end
    rest = own_remainder(x, y);
    quotient = (x - rest) / y - (rest ~= 0 && (rest < 0) ~= (y < 0));
    if quotient == 0
        answer = 0 * (x / y);
    else
        answer = floor(quotient);
        if quotient - answer > 0.5
            answer = answer + 1;
        end
    end
end""",
}
SPELLINGS = {
    **language.truths("double({})", differs="~="),
    "abs": "abs({0})",
    "index": "{0}({index})",
}
number = partial(language.number, infinity="Inf", nan="NaN")
SYNTAX = WITH_END._replace(
    heads=dict.fromkeys(RESULTS, "function [{2}] = {0}({1})"),
    table="{0} = [{1}];",
    room="{0} = zeros(1, {1});",
    item="{}({})",
    change="{0} = {0} {1} {3};",
    answer="answer = {};\nreturn;",
    choice=None,
    copies="[{}] = {};",
    negation="~{}",
    whole="mod({}, {})",
    comparisons={ast.NotEq: "~="},
    functions={
        **SHARED_FUNCTIONS,
        **{name: f"own_{name}({{}})" for name in COMPLEX},
        "int": "fix({})",
        "float": "{}",
    },
)
ASSIGNMENT = "    {} = {};\n"


def literal(texts: Any) -> str:
    """An array of those entries; one of one axis is a row."""
    array = np.array(texts, dtype=object)
    if not array.shape:
        return str(texts)
    if not array.size:
        return f"zeros({', '.join(map(str, (1, *array.shape) if array.ndim == 1 else array.shape))})"
    if array.ndim < 3:
        return f"[{'; '.join([', '.join(map(str, row)) for row in np.atleast_2d(array)])}]"
    turned, order = array.shape[::-1], range(array.ndim, 0, -1)
    return f"permute(reshape([{', '.join(map(str, array.flat))}], {list(turned)}), {list(order)})"


def helper(body: Body) -> str:
    head = f"function answer = {body.name}({', '.join(body.parameters)})\n"
    return f"{head}{body.lines(ASSIGNMENT)}    answer = {body.results[0]};\nend"


def frame(function: GeneratedFunction) -> str:
    body = function.body
    entries = [f"    gradient.{function.spelled[name]} = {literal(one)};\n" for name, one in function.gradient.items()]
    return (
        f"function [value, gradient] = {body.name}({', '.join(body.parameters)})\n"
        + f"    % {function.summary}\n"
        + "".join(f"    % {old} is called {new} here.\n" for old, new in function.renamed)
        + body.lines(ASSIGNMENT)
        + f"    value = {literal(function.value)};\n    gradient = struct();\n{''.join(entries)}end\n"
        + "".join(f"\n{source}\n" for source in function.helpers)
    )


MATLAB = Language(
    name="matlab",
    title="MATLAB",
    run_by="octave-cli",
    spellings=SPELLINGS,
    library=language.from_math(lambda name: name if name in REAL else None),
    helpers=HELPERS,
    constants={"pi": "pi"},
    reserved=frozenset({*KEYWORDS, *REAL, *COMPLEX}),
    family=re.compile(r"_.*|.*[^\x00-\x7f].*"),
    number=number,
    helper=helper,
    frame=frame,
    routine=partial(translation.as_syntax, syntax=SYNTAX),
    setting=language.setting_from_one,
)

# A file with the function `name` of numbers, or arrays of them, that returns the value and a struct of the gradient.
write = partial(code.write, MATLAB)
