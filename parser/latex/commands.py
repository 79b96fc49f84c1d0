"""What the commands of LaTeX mean: signs, functions, letters, blanks, and those that are not read, with the cure.

What a gate is written by, its declaration says; only what papers write otherwise stands here.
"""

from __future__ import annotations

import functools
import re

from backprop.autodiff.declaration.notation import Template
from backprop.autodiff.gates import FUNCTIONS
from backprop.parser.printers.language import words
from backprop.parser.printers.latex_names import GREEK

# The token of a command, and the sign of the language that it is.
SIGNS = {
    "cdot": ("TIMES", "dot"),
    "times": ("TIMES", "cross"),
    "ast": ("TIMES", "*"),
    "odot": ("TIMES", "entrywise"),
    "circ": ("TIMES", "entrywise"),
    "div": ("SLASH", "/"),
    "bmod": ("MOD", "%"),
    "mod": ("MOD", "%"),
    "le": ("COMPARISON", "<="),
    "leq": ("COMPARISON", "<="),
    "leqslant": ("COMPARISON", "<="),
    "ge": ("COMPARISON", ">="),
    "geq": ("COMPARISON", ">="),
    "geqslant": ("COMPARISON", ">="),
    "lt": ("COMPARISON", "<"),
    "gt": ("COMPARISON", ">"),
    "ne": ("COMPARISON", "!="),
    "neq": ("COMPARISON", "!="),
    "land": ("AND", "and"),
    "wedge": ("AND", "and"),
    "lor": ("OR", "or"),
    "vee": ("OR", "or"),
    "lnot": ("NOT", "not"),
    "neg": ("NOT", "not"),
    "sim": ("TILDE", "~"),
    "frac": ("FRAC", "frac"),
    "dfrac": ("FRAC", "frac"),
    "tfrac": ("FRAC", "frac"),
    "cfrac": ("FRAC", "frac"),
    "binom": ("FRAC", "binom"),
    "dbinom": ("FRAC", "binom"),
    "tbinom": ("FRAC", "binom"),
    "sqrt": ("SQRT", "sqrt"),
    "sum": ("BIG", "sum"),
    "prod": ("BIG", "prod"),
    "int": ("INTEGRAL", "integral"),
    "approx": ("NEAR", "near"),
}
CHARACTERS = {
    "+": ("SIGN", "+"),
    "-": ("SIGN", "-"),
    "\u2212": ("SIGN", "-"),
    "*": ("TIMES", "*"),
    "\u00b7": ("TIMES", "dot"),
    "\u00d7": ("TIMES", "cross"),
    "/": ("SLASH", "/"),
    "<": ("COMPARISON", "<"),
    ">": ("COMPARISON", ">"),
    "\u2264": ("COMPARISON", "<="),
    "\u2265": ("COMPARISON", ">="),
    "\u2260": ("COMPARISON", "!="),
    ",": ("COMMA", ","),
    ";": ("SEPARATOR", ";"),
    "^": ("POWER", "^"),
    "_": ("BELOW", "_"),
    "!": ("FACTORIAL", "!"),
}
OPENING = {"(": ")", "[": "]", r"\{": r"\}", r"\lbrace": r"\rbrace", r"\lbrack": r"\rbrack"}
# Brackets that are a function of what they enclose, and the function.
ENCLOSING = {
    r"\lvert": (r"\rvert", "abs"),
    r"\lVert": (r"\rVert", "norm"),
    r"\lfloor": (r"\rfloor", "floor"),
    r"\lceil": (r"\rceil", "ceil"),
}
BARS = {"|": "abs", r"\vert": "abs", r"\|": "norm", r"\Vert": "norm"}
SIZES = frozenset(
    words("left right middle big Big bigg Bigg bigl bigr bigm Bigl Bigr Bigm biggl biggr biggm Biggl Biggr")
)
BLANKS = frozenset(
    words("quad qquad thinspace medspace thickspace displaystyle textstyle scriptstyle limits nolimits nonumber")
) | set(",;:! ")
FONTS = frozenset(
    words("mathbf boldsymbol bm bf mathit mathrm mathsf mathtt mathcal mathbb mathfrak mathscr rm")
    + words("text textit textrm textbf operatorname mbox")
)
ACCENTS = frozenset(words("hat bar tilde vec widehat widetilde overline"))
VARIANTS = {f"var{letter}": letter for letter in words("epsilon theta phi rho sigma pi kappa")} | {"ell": "l"}
CONSTANTS = {"pi": "pi", "infty": "inf"}
TRANSPOSES = ("T", r"\top", r"\intercal", r"\mathsf{T}", r"\mathrm{T}", r"\mathsf T", r"\mathrm T")

# What papers call functions that have another name here.
ELSEWHERE = {"ln": "log", "tr": "trace", "sgn": "sign", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh"}
BESSEL = {"J": ("j0", "j1", "jn"), "Y": ("y0", "y1", "yn"), "I": ("i0", "i1", "iv"), "K": ("k0", "k1", "kn")}
# Of a function's inverse, written with the power -1, those that are one function; all others are asked for.
INVERSES = {"Phi": "norminv", "erf": "erfinv"}

UNREAD = {
    **dict.fromkeys(("iint", "iiint"), r"write one \int for each variable: \int_{0}^{1} \int_{0}^{x} x y \, dy \, dx"),
    "oint": "give the integral over a parameter of the path",
    **dict.fromkeys(("partial", "nabla"), "give the function alone: backprop diff and grad differentiate it"),
    "lim": "give the limit itself",
    "lg": r"\log_{10} or \log_{2}, which is it?",
    "pm": "write the two formulas one by one",
    "mp": "write the two formulas one by one",
    "in": "write what holds with \\ge and \\le",
    "otimes": r"v w^{\top} is the outer product; entry by entry is \odot",
    "ldots": "write out what the dots stand for, or a \\sum",
    "cdots": "write out what the dots stand for, or a \\sum",
    "dots": "write out what the dots stand for, or a \\sum",
    "arg": r"a place where f is least is \arg\min_{x \approx 0} \left(f\right)",
    "label": "delete it",
    "tag": "delete it",
}


@functools.cache
def functions() -> dict[str, str]:
    r"""The function of each command, `sin` of \sin, and of each name in \operatorname."""
    known = {name: name for name in FUNCTIONS}
    for function, name in declared().items():
        known.setdefault(function.strip("\\"), name)
    return {**known, **ELSEWHERE, "W": "lambertw"}


def function_of(word: str) -> str | None:
    """The function that a word names, in letters of any size: ReLU."""
    return functions().get(word) or functions().get(word.lower())


@functools.cache
def plain_functions() -> frozenset[str]:
    r"""The functions that have a command of their own, as \sin."""
    return frozenset(written[1:] for written in declared() if written.startswith("\\")) | {"exp", "ln"}


def declared() -> dict[str, str]:
    r"""The functions by what their declarations write before their arguments: \sin, or the name in \operatorname."""
    found: dict[str, str] = {}
    for name in FUNCTIONS:
        written = re.match(r"\\operatorname\{(\w+)\}(?:\\left\(|$)|(\\[A-Za-z]+)(?:\\left\(|$)", template_of(name))
        if written:
            found.setdefault(written[1] or written[2], name)
    return found


@functools.cache
def sought() -> dict[str, str]:
    r"""The functions that seek a variable's value, by the word that is written for them: `root`, `argmin`."""
    written = {name: re.match(r"\\operatorname\{([^{}]*)\}_\{<variable>", template_of(name)) for name in FUNCTIONS}
    return {letters(match[1]): name for name, match in written.items() if match}


def template_of(name: str) -> str:
    """What the declaration of a function writes in LaTeX."""
    template = FUNCTIONS[name][0].code.get("latex", "")
    return template.text if isinstance(template, Template) else template


def letters(word: str) -> str:
    r"""The letters of a word that may have blanks in it: arg\,min."""
    return re.sub(r"[\W_]", "", word)


@functools.cache
def known() -> frozenset[str]:
    """Every command that is read, for suggestions."""
    return frozenset((*SIGNS, *GREEK, *VARIANTS, *CONSTANTS, *FONTS, *ACCENTS, "begin", "end", *plain_functions()))
