"""Cures for a wrong name or a wrong call: the closest name, what a function takes. Imported only for an error."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from backprop.autodiff.declaration.gate import REQUIRED, Gate
from backprop.autodiff.errors import ExpressionError, Span
from backprop.autodiff.gates import FUNCTIONS
from backprop.parser.names import ITERATE
from backprop.parser.operand import Operand
from backprop.parser.scope import Scope
from backprop.parser.similarity import closest

# Functions of other languages, and what to write here: the names that are not called are the arguments, in their order.
ELSEWHERE = {
    "power": "x^y",
    "mod": "x % y",
    "fmod": "sign(x)*(abs(x) % abs(y))",  # the sign is the dividend's; that of x % y is the divisor's
    "rem": "sign(x)*(abs(x) % abs(y))",
    "fix": "trunc(x)",
    "int": "trunc(x)",
    "frac": "x - trunc(x)",
    "nthroot": "x^(1/n)",
    "logb": "log(x)/log(b)",
    "factorial": "gamma(n + 1)",
    "fact": "gamma(n + 1)",
    "choose": "binom(n, k)",
    "nchoosek": "binom(n, k)",
    "comb": "binom(n, k)",
    "besselj": "jn(n, x)",
    "bessely": "yn(n, x)",
    "besseli": "iv(n, x)",
    "besselk": "kn(n, x)",
    "qnorm": "norminv(p)",
    "sqr": "x^2",
    "sgn": "sign(x)",
    "tg": "tan(x)",
    "ctg": "cot(x)",
    "cosec": "csc(x)",
    "lg": "log10(x)",
    "heaviside": "where(x > 0, 1, 0)",
    "ifelse": "where(c, a, b)",
    "iif": "where(c, a, b)",
    "select": "where(c, a, b)",
    "average": "mean(x)",
    "variance": "var(x)",
    "stdev": "std(x)",
    "stddev": "std(x)",
    "array": "[a, b]",
    "vector": "[a, b]",
    "matrix": "[[a, b], [c, d]]",
    "identity": "eye(3)",
    **dict.fromkeys(("integrate", "quad"), "integral(f, x, a, b)"),
    **dict.fromkeys(("fsolve", "findroot", "find_root", "fzero", "uniroot"), "root(f, x, start)"),
    **dict.fromkeys(("minimize", "fminsearch"), "argmin(f, x, start)"),
    **dict.fromkeys(("argmax", "maximize"), "argmin(-f, x, start)"),
    "hessian": "grad(grad(f, x), x)",
    **dict.fromkeys(
        ("derivative", "deriv", "derive", "diff", "differentiate", "gradient", "jacobian", "nabla", "partial", "d"),
        "grad(f, x)",
    ),
}
# What a further argument is in other languages, and how to write it here: {0} is the first argument, {1} the further.
SEVERAL, DIGITS = "several values are one array", "the number of digits is not an argument"
FURTHER = {
    "exp": ("the base is not an argument", "{1}^{0}"),
    "sqrt": ("the degree of a root is not an argument", "{0}^(1/{1})"),
    "atan": ("the angle of a point has a function of its own", "atan2({0}, {1})"),
    "arctan": ("the angle of a point has a function of its own", "arctan2({0}, {1})"),
    "grad": ("a second derivative is a gradient's gradient", "grad(grad(f, x), x)"),
    "dot": ("a product of more factors", "a @ b @ c"),
    "normcdf": ("the mean and the deviation are not arguments", "normcdf((x - mean)/deviation)"),
    "normpdf": ("the mean and the deviation are not arguments", "normpdf((x - mean)/deviation)/deviation"),
    **{name: (DIGITS, f"{name}({{0}}*10^{{1}})/10^{{1}}") for name in ("floor", "ceil")},
    **{name: (SEVERAL, f"{name}([x, y, z])") for name in ("sum", "mean", "prod", "var", "std")},
}
SIGMOID = ("σ", "sigma")  # noqa: RUF001 - the Greek letter that neural networks are written with
ARGUMENT = r"(?:[^,()]|\([^()]*\))+"
OPTIONAL = " and, if wanted, "
LONGEST_SHOWN = 30  # characters of what the user wrote in a cure
HIGHEST_SHOWN = 3  # order of a derivative that a cure writes out
# Letters of other scripts that look like Latin ones.
LOOKALIKES = dict(zip("аеорсухіјѕһԁԛԝουνρικτα", "aeopcyxijshdqwouvpikta", strict=True))


def unknown_function(scope: Scope, name: Operand, span: Span) -> ExpressionError:
    """The error for a call of a function that is not there."""
    source = scope.graph.source or ""
    known = [*scope.functions, *FUNCTIONS, ITERATE]
    word = name.text
    inside = source[name.end_pos : span.end].strip()
    is_product = word in scope.visible or len(word) <= 2
    differential = as_grad(word, inside, source[: name.start_pos], source[span.end :])
    if re.search(rf"(?:^|[;\r\n])[ \t]*{re.escape(word)}[ \t]*\([^()=]*\)[ \t]*=(?!=)", source[span.end :]):
        cure = "define it before it is called"
    elif differential is not None:
        cure = f"write {differential}"
    elif word.lower() in ELSEWHERE and not (is_product and "," not in inside):
        cure = f"write {applied(ELSEWHERE[word.lower()], inside)}"
    elif word in SIGMOID:
        cure = f"write {applied('sigmoid(x)', inside)}, or {word}*{inside} for a product"
    elif is_product:
        cure = f"a product is written {word}*{inside if len(inside) <= LONGEST_SHOWN else '(...)'}"
    else:
        cure = resemblance(word, known) or f"define it before, as in {word}(x) = x^2"
    return ExpressionError(f"unknown function '{word}'", name.span, cure)


def applied(template: str, inside: str) -> str:
    """What to write, with the arguments of a call `(a, b)` where they are as many and short, else as it stands."""
    names = list(dict.fromkeys(re.findall(r"[^\W\d]\w*\b(?!\()", template)))
    is_simple = re.fullmatch(rf"\({ARGUMENT}(?:,{ARGUMENT})*\)", inside) and not re.search(r"[][{}\"']", inside)
    arguments = [text.strip() for text in re.findall(ARGUMENT, inside[1:-1])] if is_simple else []
    if len(arguments) != len(names) or any(len(text) > LONGEST_SHOWN for text in arguments):
        return template
    by_name = dict(zip(names, arguments, strict=True))

    def put(match: re.Match[str]) -> str:
        text = by_name[match[0]]
        is_enclosed = template[match.start() - 1 : match.start()] == "(" and template[match.end() :][:1] in (")", ",")
        return text if is_enclosed or re.fullmatch(r"\w[\w.]*", text) else f"({text})"

    return re.sub(rf"\b(?:{'|'.join(names)})\b(?!\()", put, template) if names else template


def as_grad(word: str, inside: str, before: str, after: str) -> str | None:
    """`diff(f, x)`, `diff(f, x, 2)`, `d/dx(f)` or `d(f)/dx` in this language, None for anything else."""
    by_behind = re.match(r"\s*/\s*d(\w+)", after) if word == "d" else None
    by_before = re.fullmatch(r"d(\w+)", word) if re.search(r"\bd\s*/\s*$", before) else None
    variable = by_behind or by_before
    if variable and re.fullmatch(rf"\({ARGUMENT}\)", inside):
        return f"grad({inside[1:-1].strip()}, {variable[1]})"
    call = re.fullmatch(rf"\(({ARGUMENT}),\s*([^\W\d]\w*)\s*(?:,\s*(\w+)\s*)?\)", inside)
    if call is None or ELSEWHERE.get(word.lower()) != "grad(f, x)" or len(inside) > LONGEST_SHOWN:
        return None
    function, by, again = call.groups()
    gradient = f"grad({function.strip()}, {by})"
    if again is None:
        return gradient
    if not again.isdigit():
        return f"grad({gradient}, {again})"
    for _ in range(min(int(again), HIGHEST_SHOWN) - 1):
        gradient = f"grad({gradient}, {by})"
    return gradient if int(again) <= HIGHEST_SHOWN else None


def written_out(function: str, texts: Sequence[str]) -> str | None:
    """The cure for an argument too many that other languages know: the first argument and that one as they stand."""
    if function not in FURTHER or len(texts) < 2:
        return None
    what, template = FURTHER[function]
    if any(len(text) > LONGEST_SHOWN for text in texts):
        texts = ("x", "y")
    enclosed = [re.sub(rf"(?<=\()\{{{position}\}}(?=[,)])", "", template) for position in range(len(texts))]
    parts = [
        text if re.fullmatch(r"\w[\w.]*", text) or f"{{{position}}}" not in enclosed[position] else f"({text})"
        for position, text in enumerate(texts)
    ]
    return f"{what}: write {template.format(*parts)}"


def resemblance(word: str, known: Iterable[str]) -> str | None:
    """The cure for a name that is much like a known one: which one, and what is foreign in it."""
    names = list(known)
    plain = "".join(LOOKALIKES.get(char, char) for char in word)
    if plain != word and plain in names:
        foreign = next(char for char in word if char in LOOKALIKES)
        return f"'{foreign}' is U+{ord(foreign):04X} {unicodedata.name(foreign)}: write {plain}"
    close = closest(word, names)
    return f"did you mean '{close}'?" if close else None


def signature(scope: Scope, name: str) -> str:
    """What a function takes, as a cure."""
    if name in scope.functions:
        return f"{name} takes {', '.join(scope.functions[name].parameters)}"
    ways = dict.fromkeys(arguments(gate) for gate in FUNCTIONS[name])
    # A form that takes more settings speaks for the one that takes fewer.
    longest = [way for way in ways if not (OPTIONAL in way and any(other.startswith(f"{way}, ") for other in ways))]
    return f"{name} takes {' or '.join(longest)}"


def arguments(gate: Gate) -> str:
    """The arguments of a gate in words: `x, low, high`, or `x and, if wanted, axis`."""
    needed = [name for name, setting in gate.attributes.items() if setting.takes_text or setting.leads]
    needed += [operand for operand in gate.operands if operand not in gate.defaults and not operand.startswith("*")]
    needed += [name for name, setting in gate.attributes.items() if setting.default is REQUIRED and name not in needed]
    if gate.most_operands is None:
        needed.append("...")
    optional = [*gate.defaults, *[name for name, setting in gate.attributes.items() if setting.default is not REQUIRED]]
    return ", ".join(needed) + (f"{OPTIONAL}{', '.join(optional)}" if optional else "")
