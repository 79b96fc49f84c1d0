# ruff: noqa: RUF001 - characters that look like others are the subject here
"""Characters that begin no token: what they are called, and what to write instead. Imported only for an error."""

from __future__ import annotations

import re
import unicodedata

from backprop.autodiff.errors import ExpressionError, Span

CONTROL_NAMES = {0x00: "NULL", 0x07: "BELL", 0x08: "BACKSPACE", 0x0B: "LINE TABULATION", 0x0C: "FORM FEED"}
CONTROL_NAMES |= {0x1B: "ESCAPE", 0x7F: "DELETE", 0x85: "NEXT LINE"}

# What to write for characters that look like a part of the language.
PLAIN = {
    "-": "‐‑‒–—―⁃﹘﹣－➖",
    "+": "＋﹢➕",
    "*": "⋅∙•∗✕✖⨯＊﹡\u0387\u30fb\uff65⊙∘",
    "/": "∕⁄／➗",
    "%": "％﹪",
    "^": "＾ˆ↑",
    "@": "＠",
    "=": "＝≔≝",
    "==": "≡",
    "<=": "⩽≦⊑",
    ">=": "⩾≧",
    "<": "＜﹤〈⟨",
    ">": "＞﹥〉⟩",
    "(": "（❨﹙",
    ")": "）❩﹚",
    "[": "［【〔",
    "]": "］】〕",
    ",": "，、﹐",
    ";": "；;﹔",
    ":": "：﹕",
    ".": "．。",
    "#": "＃",
    "and": "∧",
    "or": "∨",
    "not": "¬",
    "sum(x)": "∑",
    "prod(x)": "∏",
    "cbrt(x)": "∛",
    "x^(1/4)": "∜",
    "norm(x)": "‖∥",
    "outer(x, y)": "⊗",
    "deg2rad(x)": "°",
    "abs(x)": "｜",
}
INSTEAD = {char: plain for plain, chars in PLAIN.items() for char in chars}
QUOTES = "'\"`‘’‚‛“”„‟«»‹›′″´＇＂"
NO_STRINGS = "there are no strings here: names and numbers need no quotes"
SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻"
SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉"
BELOW = str.maketrans(SUBSCRIPTS, "0123456789")
LONGEST_WRITTEN = 60  # characters that a cure writes anew
ON_THE_LINE = str.maketrans(SUPERSCRIPTS, "0123456789+-")
LATEX = {"frac": "a/b", "cdot": "*", "times": "*", "div": "/", "left": "(", "right": ")", "le": "<=", "ge": ">="}
LATEX |= {"leq": "<=", "geq": ">=", "neq": "!=", "infty": "inf", "lvert": "abs(x)", "text": "a name"}
MODULES = {"np", "numpy", "math", "torch", "tf", "jnp", "jax", "scipy", "sp", "cmath"}


def stray(text: str, position: int, offset: int = 0) -> ExpressionError:
    """The error for the character at `place` of a text that begins at `offset` of the source."""
    char = text[position]
    if char.isascii() and char.isprintable():
        shown, cure = ascii_stray(text, position)
        return ExpressionError(f"unexpected '{shown}'", Span(offset + position, offset + position + len(shown)), cure)
    if below := below_the_line(text, position, offset):
        return below
    exponent = re.match(f"[{SUPERSCRIPTS}]*", text[position:])
    power = exponent[0].translate(ON_THE_LINE) if exponent else ""
    cure = f"a power is written x^{power}" if power else cure_of(char)
    return ExpressionError(f"unexpected {described(char)}", Span(offset + position, offset + position + 1), cure)


def below_the_line(text: str, position: int, offset: int) -> ExpressionError | None:
    """The error for a subscript `x₁`, None where the character is none."""
    base = re.search(r"\w+$", text[:position])
    digits = re.match(f"[{SUBSCRIPTS}]+", text[position:])
    if base is None or digits is None:
        return None
    place = Span(offset + base.start(), offset + position + digits.end())
    plain = f"{base[0]}_{digits[0].translate(BELOW)}"
    return ExpressionError(f"unexpected {described(text[position])}", place, f"write {plain}")


def described(char: str) -> str:
    """A character by code point and name; itself only where it can be seen."""
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:
        return f"byte 0x{code - 0xDC00:02X}, which is not UTF-8"
    if 0xD800 <= code <= 0xDFFF:
        return f"half of a character, U+{code:04X}"
    kind = "control character" if unicodedata.category(char) == "Cc" else "character"
    name = CONTROL_NAMES.get(code) or unicodedata.name(char, "")
    shown = f" '{char}'" if char.isprintable() and not unicodedata.combining(char) else ""
    label = f"U+{code:04X}" + f" {name}" * bool(name)
    return f"{kind}{shown} ({label})" if shown else f"{kind} {label}"


def cure_of(char: str) -> str:
    """What to do about a character that is not ASCII, or a control character."""
    category = unicodedata.category(char)
    if category == "Cs":
        return "write the text in UTF-8"
    if char in INSTEAD:
        return f"write {INSTEAD[char]}"
    if char in QUOTES:
        return NO_STRINGS
    if category == "Zs":
        return "write a plain space"
    if category in ("Zl", "Zp") or char == "\x85":
        return "write a plain line break, or ;"
    if category.startswith("C"):
        return "delete it"
    decomposition = unicodedata.decomposition(char)
    if decomposition.startswith("<super>"):
        plain = unicodedata.normalize("NFKC", char)
        return "a transpose is written x.T" if plain == "T" else f"a power is written x^{plain}"
    if decomposition.startswith("<sub>"):
        return f"write x_{unicodedata.normalize('NFKC', char)}"
    if decomposition.startswith("<fraction>"):
        return f"write ({unicodedata.normalize('NFKC', char).replace('⁄', '/')})"
    digit = unicodedata.decimal(char, None)
    if digit is not None:
        return f"write {digit}"
    return "delete it, or write a function of the language"


def ascii_stray(text: str, position: int) -> tuple[str, str]:
    """The run of characters to point at, and the cure, for one that is on every keyboard."""
    char = text[position]
    rest = text[position:]
    if char in "&|":
        run = char * (1 + rest.startswith(char * 2))
        between = re.match(rf"{re.escape(run)}([^|]+){re.escape(run)}", rest) if char == "|" else None
        if between and not ends_with_a_value(text[:position]):
            return between[0], f"write {'abs' if run == '|' else 'norm'}({between[1].strip()})"
        if run == "|":
            return run, "an absolute value is written abs(x), a choice a or b"
        return run, "write or" if run == "||" else "write and"
    if char == "!":
        return char, cure_of_exclamation(text, position)
    if char in QUOTES:
        is_prime = char == "'" and position > 0 and (text[position - 1].isalnum() or text[position - 1] in ")]_")
        function = re.search(r"([^\W\d]\w*)$", text[:position])
        call = re.match(r"'\(([^()]*)\)", rest)
        if is_prime and function and call:
            return call[0], cure_of_prime(text, function[1], call[1].strip())
        if text[:position].rstrip().endswith(("(", ",")) and char not in rest[1:].split("\n")[0]:
            return char, f"a text ends on its line with another {char}; names and numbers need no quotes"
        return char, "a transpose is written x.T" if is_prime else NO_STRINGS
    if char in "{}":
        between = re.match(r"\{([^{}]+)\}", rest)
        if between and len(between[0]) <= LONGEST_WRITTEN:
            return between[0], f"write [{between[1]}]" if "," in between[1] else f"write ({between[1]})"
        return char, "delete it, or write ( ) around an expression, [ ] around a list"
    if char == "\\":
        return cure_of_backslash(rest)
    if char == "$":
        word = re.match(r"\$(\w*)", rest)
        return char, f"write {word[1]}" if word and word[1] else "delete it"
    if char == ".":
        return cure_of_dot(text, position)
    return char, {"~": "write not", "?": "a choice is written a if c else b"}.get(char, "delete it")


def cure_of_prime(text: str, function: str, at: str) -> str:
    """What to write for `f'(3)`, where the text may define f."""
    if not re.search(rf"(?:^|[;\r\n])[ \t]*{re.escape(function)}[ \t]*\(", text):
        return "a derivative is written grad(x^2, x), and x gets a value"
    if at.isidentifier():
        return f"a derivative is written grad({function}({at}), {at})"
    return f"a derivative is written grad({function}(x), x), and x gets the value {at}"


def ends_with_a_value(text: str) -> bool:
    before = text.rstrip()
    return bool(before) and (before[-1].isalnum() or before[-1] in ")]_")


def cure_of_exclamation(text: str, position: int) -> str:
    if re.match(r"!\s*=", text[position:]):
        return "write !="
    return "a factorial is written gamma(n + 1)" if ends_with_a_value(text[:position]) else "write not"


def cure_of_backslash(rest: str) -> tuple[str, str]:
    word = re.match(r"\\([A-Za-z]+)", rest)
    if word is None:
        is_last = rest[1:].lstrip(" \t")[:1] in ("", "\r", "\n")
        return (
            "\\",
            "an expression goes on in the next line inside brackets" if is_last else "write solve(A, b) for A\\b",
        )
    if re.match(r"n(?!e|u|abla|ot)", word[1]):
        return "\\n", "statements are separated by a line break or ;"
    instead = "sigmoid" if re.match(r"\\sigma\s*\(", rest) else LATEX.get(word[1], word[1])
    return word[0], f"write {instead}; a whole formula in LaTeX is read by --from latex"


def cure_of_dot(text: str, position: int) -> tuple[str, str]:
    rest = text[position:]
    if rest.startswith(".."):
        return rest[: len(rest) - len(rest.lstrip("."))], "write out what the dots stand for"
    if rest[1:2] and rest[1] in "*/^+-":
        return rest[:2], f"write {rest[1]}: operators work entry by entry"
    attribute = re.match(r"\.([A-Za-z_]\w*)", rest)
    if attribute is None:
        return ".", "a number has digits around its point, as in 0.5"
    module = re.search(r"([A-Za-z_]\w*)$", text[:position])
    if module and module[1] in MODULES:
        return attribute[0], f"write {attribute[1]} alone"
    return attribute[0], "nothing but .T, the transpose, follows a point"
