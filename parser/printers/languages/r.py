"""R's spellings and frame for the code of code.py: base R alone, scalars or arrays of them in, a list out."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import numpy as np

from backprop.parser.printers import code, language, translation
from backprop.parser.printers.language import Body, GeneratedFunction, Language, words
from backprop.parser.printers.syntax import CONSTANTS, RESULTS, SHARED_FUNCTIONS, UNTYPED, Syntax

FUNCTIONS = words(
    "acos asin atan atan2 acosh asinh atanh ceil cos cosh exp expm1 floor log log10 log1p log2 sin sinh sqrt tan tanh"
    " trunc"
)  # of which R says a warning where they are nan
KEYWORDS = words(
    """
    if else repeat while function for next break TRUE FALSE NULL Inf NaN NA NA_integer_ NA_real_ NA_complex_
    NA_character_ in T F pi c list gradient value
    """
)


def quiet(name: str, function: str, operands: str = "x") -> str:
    """A function of R's without its warnings."""
    return f"own_{name} <- function({operands}) suppressWarnings({function}({operands}))"


HELPERS = {
    **{
        f"own_{name}": quiet(name, "ceiling" if name == "ceil" else name, "y, x" if name == "atan2" else "x")
        for name in FUNCTIONS
    },
    "own_exp2": "own_exp2 <- function(x) 2^x",
    "own_cbrt": """own_cbrt <- function(x) {
  if (x == 0 || !is.finite(x)) return(x)
  root <- sign(x) * abs(x)^(1 / 3)
  root - (root - x / root / root) / 3
}""",
    "own_pow": """own_pow <- function(x, y) {
  if (is.nan(x) && y != 0) return(x)
  if (abs(x) == 1 && is.infinite(y)) return(1)
  if (x < 0 && is.infinite(y)) return(abs(x)^y)
  is_odd <- is.finite(y) && abs(y) < 2^53 && y %% 2 == 1
  if (x == 0 && is_odd && own_sign_of(x) < 0) -(abs(x)^y) else x^y
}""",
    "own_rint": """own_rint <- function(x) {
  below <- floor(x)
  rest <- x - below
  nearest <- if (is.nan(rest) || rest < 0.5 || (rest == 0.5 && below %% 2 == 0)) below else below + 1
  if (is.nan(nearest) || nearest != 0) nearest else 0 * x
}""",
    "own_hypot": """own_hypot <- function(x, y) {
  if (is.infinite(x) || is.infinite(y)) return(Inf)
  if (is.nan(x) || is.nan(y)) return(NaN)
  scale <- 2^floor(log2(max(abs(x), abs(y))))
  if (scale == 0 || is.infinite(1 / scale)) scale <- 2^-1000
  sqrt((x / scale)^2 + (y / scale)^2) * scale
}""",
    "own_truth": "own_truth <- function(holds) if (is.na(holds)) 0 else as.numeric(holds)",
    "own_not_equal": "own_not_equal <- function(x, y) 1 - own_truth(x == y)",
    "own_and": "own_and <- function(x, y) own_not_equal(x, 0) * own_not_equal(y, 0)",
    "own_or": "own_or <- function(x, y) max(own_not_equal(x, 0), own_not_equal(y, 0))",
    "own_where": "own_where <- function(condition, x, y) if (is.nan(condition) || condition != 0) x else y",
    "own_maximum": "own_maximum <- function(x, y) if (is.nan(x) || (!is.nan(y) && x > y)) x else y",
    "own_minimum": "own_minimum <- function(x, y) if (is.nan(x) || (!is.nan(y) && x < y)) x else y",
    "own_remainder": """own_remainder <- function(x, y) {
  if (is.nan(x) || is.nan(y) || is.infinite(x) || y == 0) return(NaN)
  if (is.infinite(y)) return(x)
  rest <- abs(x)
  size <- abs(y)
  while (rest >= size) {
    part <- size * 2^max(0, floor(log2(rest) - log2(size)) - 1)
    while (part > rest) part <- part / 2
    rest <- rest - part
  }
  if (x < 0) -rest else rest
}""",
    "own_sign_of": "own_sign_of <- function(x) if (x < 0 || (x == 0 && 1 / x < 0)) -1 else 1",
    "own_copysign": "own_copysign <- function(x, y) abs(x) * own_sign_of(y)",
    "own_mod": """own_mod <- function(x, y) {
  rest <- own_remainder(x, y)
  if (is.nan(rest)) return(rest)
  if (rest == 0) return(own_copysign(0, y))
  if ((rest < 0) != (y < 0)) rest + y else rest
}""",
    "own_floor_div": """own_floor_div <- function(x, y) {
  if (is.nan(x) || is.nan(y) || y == 0 || is.infinite(x)) return(if (!is.nan(y) && y == 0) x / y else NaN)
  rest <- own_remainder(x, y)
  quotient <- (x - rest) / y - (rest != 0 && (rest < 0) != (y < 0))
  if (quotient == 0) return(0 * (x / y))
  below <- floor(quotient)
  if (quotient - below > 0.5) below + 1 else below
}""",
    "own_exp_of_minus_square": """own_exp_of_minus_square <- function(x) {
  # the rounding error of the square, which would cost digits, is put back
  scaled <- 134217729 * x
  high <- scaled - (scaled - x)
  low <- x - high
  square <- x * x
  exp(-square) * (1 - (high * high - square + 2 * high * low + low * low))
}""",
    "own_erf": """own_erf <- function(x) {
  if (is.nan(x) || x == 0) return(x)
  if (abs(x) > 1) return(if (x > 0) 1 - own_erfc(x) else own_erfc(-x) - 1)
  term <- 1
  total <- 1
  for (n in 1:39) {
    term <- term * 2 * x * x / (2 * n + 1)
    total <- total + term
  }
  1.1283791670955126 * x * own_exp_of_minus_square(x) * total
}""",
    "own_erfc": """own_erfc <- function(x) {
  if (is.nan(x)) return(x)
  if (x < 0.5) return(1 - own_erf(x))
  if (x > 40) return(0)
  fraction <- x
  for (n in (ceiling(220 / (x * x)) + 10):1) fraction <- x + 0.5 * n / fraction
  own_exp_of_minus_square(x) * 0.5641895835477563 / fraction
}""",
}
SPELLINGS = {
    **{
        word: form
        for word, form in language.truths("own_truth({})").items()
        if f"own_{word}" not in HELPERS  # where R has NA for nan
    },
    "abs": "abs({0})",
    "index": "{0}[{index}]",
}
number = partial(language.number, infinity="Inf", nan="NaN")
SYNTAX = Syntax(
    margin="  ",
    heads=dict.fromkeys(RESULTS, "{0} <- function({1}) {{"),
    parameters=UNTYPED,
    locals={},
    table="{0} <- list(at = c({1}))",
    room="{0} <- new.env(); {0}$at <- numeric({1})",  # what is changed by a function must not be a copy
    loop="for ({name} in {first} + ({step}) * (seq_len(max(0, ceiling(({last} - ({first})) / ({step})))) - 1)) {{",
    first=1,
    item="{}$at[{}]",
    assignment="{} <- {}",
    change="{0} <- {0} {1} {3}",
    call="{}",
    unasked="{}",
    answer="return({})",
    leave="return(invisible(NULL))",
    choice="(if ({}) {} else {})",
    truths=("FALSE", "TRUE"),
    whole="{} %% {}",
    library="own_{}",
    functions={
        **SHARED_FUNCTIONS,
        **{name: f"own_{name}({{}})" for name in FUNCTIONS if name != "atan2"},
        "int": "trunc({})",
        "float": "{}",
        "isinf": "is.infinite({})",
    },
    constants=CONSTANTS,
)
ASSIGNMENT = "  {} <- {}\n"


def literal(texts: Any) -> str:
    """An array of those entries."""
    array = np.array(texts, dtype=object)
    if not array.shape:
        return str(texts)
    entries = f"c({', '.join(map(str, array.flat))})" if array.size else "numeric(0)"
    if array.ndim < 2:
        return entries
    turned = ", ".join(map(str, array.shape[::-1]))
    return f"aperm(array({entries}, c({turned})))"


def helper(body: Body) -> str:
    head = f"{body.name} <- function({', '.join(body.parameters)}) {{\n"
    return f"{head}{body.lines(ASSIGNMENT)}  {body.results[0]}\n}}"


def frame(function: GeneratedFunction) -> str:
    body = function.body
    gradient = ",\n    ".join(
        [f"{function.spelled[name]} = {literal(text)}" for name, text in function.gradient.items()]
    )
    return (
        "".join(f"{source}\n\n" for source in function.helpers)
        + f"# {function.summary}\n"
        + "".join(f"# {old} is called {new} here.\n" for old, new in function.renamed)
        + f"{body.name} <- function({', '.join(body.parameters)}) {{\n"
        + body.lines(ASSIGNMENT)
        + f"  list(value = {literal(function.value)}, gradient = list(\n    {gradient}\n  ))\n}}\n"
    )


R = Language(
    name="r",
    title="R",
    run_by="Rscript",
    spellings=SPELLINGS,
    helpers=HELPERS,
    constants={"pi": "pi"},
    reserved=frozenset(KEYWORDS),
    family=re.compile(r"_.*|.*[^\x00-\x7f].*"),
    number=number,
    helper=helper,
    frame=frame,
    routine=partial(translation.as_syntax, syntax=SYNTAX),
    setting=language.setting_from_one,
)

# An R function `name` of numbers, or arrays of them, that returns list(value, gradient), which is a list by name.
write = partial(code.write, R)
