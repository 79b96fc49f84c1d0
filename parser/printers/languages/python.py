"""Python's spellings and frame for the code of code.py: `math` alone, with IEEE's answers where it raises."""

from __future__ import annotations

import keyword
from collections.abc import Callable
from functools import partial
from typing import Any

from backprop.parser.printers import code, language, translation
from backprop.parser.printers.expression import nested
from backprop.parser.printers.language import Body, GeneratedFunction, Language, listed

NOT_A_NUMBER = ("sin", "cos", "tan", "asin", "acos", "acosh", "sqrt")  # ValueError is nan
LIMITS = {  # what ValueError stands for at the end of the domain, outside of which it is nan
    "log": "-math.inf if x == 0.0 else math.nan",
    "log2": "-math.inf if x == 0.0 else math.nan",
    "log10": "-math.inf if x == 0.0 else math.nan",
    "log1p": "-math.inf if x == -1.0 else math.nan",
    "atanh": "math.copysign(math.inf, x) if abs(x) == 1.0 else math.nan",
}
OVERFLOWS = {  # what OverflowError stands for
    "exp": "math.inf",
    "expm1": "math.inf",
    "cosh": "math.inf",
    "sinh": "math.copysign(math.inf, x)",
}
ROUNDINGS = {"floor": "math.floor", "ceil": "math.ceil", "trunc": "math.trunc", "rint": "round"}


def guarded(name: str, error: str, result: str) -> str:
    return f"""def _{name}(x):
    try:
        return math.{name}(x)
    except {error}:
        return {result}"""


def rounding(name: str, function: str) -> str:
    return f"""def _{name}(x):
    return math.copysign({function}(x), x) if math.isfinite(x) else x"""


HELPERS = {
    **{f"_{name}": guarded(name, "ValueError", "math.nan") for name in NOT_A_NUMBER},
    **{f"_{name}": guarded(name, "ValueError", result) for name, result in LIMITS.items()},
    **{f"_{name}": guarded(name, "OverflowError", result) for name, result in OVERFLOWS.items()},
    **{f"_{name}": rounding(name, function) for name, function in ROUNDINGS.items()},
    "_div": """def _div(x, y):
    if y != 0.0:
        return x / y
    return math.nan if x == 0.0 or x != x else math.copysign(math.inf, x) * math.copysign(1.0, y)""",
    "_pow": """def _pow(x, y):
    try:
        return math.pow(x, y)
    except (OverflowError, ValueError):
        if x < 0.0 and y != math.floor(y):
            return math.nan
        return math.copysign(math.inf, x) if math.fabs(math.fmod(y, 2.0)) == 1.0 else math.inf""",
    "_maximum": """def _maximum(x, y):
    return x if x > y or x != x else y""",
    "_minimum": """def _minimum(x, y):
    return x if x < y or x != x else y""",
    "_mod": """def _mod(x, y):
    return math.nan if y == 0.0 or math.isinf(x) else x % y""",
    "_floor_div": """def _floor_div(x, y):
    return _div(x, y) if y == 0.0 else x // y""",
    "_cbrt": """def _cbrt(x):
    if x == 0.0 or not math.isfinite(x):
        return x
    m, e = math.frexp(abs(x))
    shift = -e % 3
    m = math.ldexp(m, -shift)
    y = m ** (1.0 / 3.0)
    y -= (y * y * y - m) / (3.0 * y * y)
    return math.copysign(math.ldexp(y, (e + shift) // 3), x)""",
}
SPELLINGS = {
    **language.truths("float({})", both="and", either="or"),
    "abs": "abs({0})",
    "where": "({1} if {0} != 0 else {2})",
    "exp2": "_pow(2.0, {0})",
    "index": "{0}[{index}]",
}
ASSIGNMENT = "    {} = {}\n"


def helper(body: Body) -> str:
    return f"def {body.name}({', '.join(body.parameters)}):\n{body.lines(ASSIGNMENT)}    return {body.results[0]}"


def frame(function: GeneratedFunction) -> str:
    return framed(function, "import math\n")


def listed_entries(texts: Any) -> str:
    return nested(texts, str)


def framed(
    function: GeneratedFunction,
    imports: str,
    decorator: str = "",
    prepared: str = "",
    array: Callable[[Any], str] = listed_entries,
) -> str:
    """A module: the imports, the helpers, and the function that returns the value and the gradient by name.

    `decorator` stands above the function, the lines `prepared` at the beginning of its body; `array` writes entries.
    """
    body = function.body
    entries = [f'"{name}": {array(texts)}' for name, texts in function.gradient.items()]
    return (
        f"{imports}\n\n"
        + "".join(f"{source}\n\n\n" for source in function.helpers)
        + f"{decorator}def {body.name}({', '.join(body.parameters)}):\n"
        + f'    """{function.summary}"""\n'
        + "".join(f"    # {old} is called {new} here\n" for old, new in function.renamed)
        + prepared
        + body.lines(ASSIGNMENT)
        + f"    return {array(function.value)}, {{{listed(entries, '        ')}}}\n"
    )


PYTHON = Language(
    name="python",
    title="Python",
    run_by="python",
    operators=frozenset("+-*"),
    spellings=SPELLINGS,
    library=language.from_math("math.{}".format),
    helpers=HELPERS,
    constants={name: f"math.{name}" for name in ("pi", "tau", "e")},
    reserved=frozenset({*keyword.kwlist, "__debug__", "abs", "float", "math", "round"}),
    number=partial(language.number, infinity="math.inf", nan="math.nan"),
    helper_name="_{}",
    routine_name="_{}",
    helper=helper,
    frame=frame,
    routine=translation.as_python,
)

# A Python module with the function `name`: floats, or lists of them, in, the value and a dict of the gradient out.
write = partial(code.write, PYTHON)
