"""Two values side by side: a product that is not written out, a number that is none, a forgotten comma or line."""

from __future__ import annotations

import re

from backprop.autodiff.errors import ExpressionError, Span
from backprop.autodiff.gates import FUNCTIONS
from backprop.parser.diagnostics.context import VALUE_START, Context
from backprop.parser.diagnostics.loops import EXAMPLE as LOOP
from backprop.parser.operand import VALUE_END
from backprop.parser.similarity import closest

LONGEST = 40  # characters of a product that a cure spells out
LARGEST_BITS = 1024  # of a whole number that a double can be
DEFINITION = "a function is written f(x) = x^2"
CHOICE = "a choice is written a if c else b"
CALLED = {"NUMBER", "NAME", "ROOT"}  # what people write after a function without parentheses

# Words of other languages, before or in the place of what was not expected.
LEADING_WORDS = dict.fromkeys(("lambda", "def", "function", "fn", "func"), DEFINITION)
LEADING_WORDS |= dict.fromkeys(("let", "var", "const", "set", "double", "float"), "a value is named by q = x + y")
LEADING_WORDS |= dict.fromkeys(("return", "print", "yield"), "the last statement is the output: omit the word")
LEADING_WORDS |= dict.fromkeys(("import", "from", "using", "include"), "every function is available already")
LEADING_WORDS |= dict.fromkeys(("for", "while", "do"), LOOP)
INFIX_WORDS = {"mod": "write x % y", "div": "write x // y", "xor": "write x != y", "is": "write x == y"}
INFIX_WORDS |= {"then": CHOICE, "unless": CHOICE, "times": "write x*y", "plus": "write x + y"}
INFIX_WORDS |= {"minus": "write x - y", "over": "write x/y", "in": "write x == a or x == b", "where": CHOICE}


def malformed_number(context: Context) -> ExpressionError | None:
    """Digits and letters in one piece: `0x1F`, `1e`, `1j`, `1__0`, `1.2.3`."""
    number, token = context.before, context.token
    if number is None or number.type != "NUMBER" or token.type not in ("NAME", "NUMBER") or not context.touches:
        return None
    run = re.compile(r"[\w.]+").match(context.text, number.start_pos)
    whole = run[0] if run else ""
    span = Span(number.start_pos, number.start_pos + len(whole))
    if re.fullmatch(r"0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+", whole):
        integer = int(whole, 0)
        is_large = integer.bit_length() > LARGEST_BITS
        said = "the largest number is about 1.8e308" if is_large else f"write {integer}"
        return ExpressionError(f"'{whole}' is not a decimal number", span, f"{said}; a product is written 0*x")
    if token.type == "NUMBER":
        return ExpressionError(f"'{whole}' is not a number", span, "a number has one decimal point, and none after e")
    if token.text.startswith("_"):
        plain = re.sub(r"_+", "", whole)
        cure = f"write {plain}" if re.fullmatch(r"[0-9.]+", plain) else "a name does not begin with a digit"
        return ExpressionError(f"'{whole}' has an underscore that is not between two digits", span, cure)
    if re.fullmatch(r"[eE](_.*)?", token.text):
        digits = number.text
        return ExpressionError(
            f"'{whole}' has no digits after the {token.text[0]}", span, f"write {digits}e0, or {digits}*e for a product"
        )
    if token.text in ("i", "j", "I", "J"):
        return ExpressionError(
            f"'{whole}' looks like a complex number",
            span,
            f"numbers are real; a product is written {number.text}*{token.text}",
        )
    return None


def missing_operator(context: Context) -> ExpressionError | None:
    """A value right after a value."""
    before, token, after = context.before, context.token, context.after
    if before is None or before.type not in VALUE_END or token.type not in VALUE_START:
        return None
    span = Span(before.start_pos, token.end_pos)
    if before.type == "NAME" and before.text == "const" and token.type == "NAME":
        return ExpressionError(f"'const {token.text}' has no value", span, f"write const {token.text} = 9.81")
    if before.type == "NAME" and before.text in LEADING_WORDS:
        return ExpressionError(
            f"'{before.text}' is not a word of the language", before.span, LEADING_WORDS[before.text]
        )
    if token.type == "NAME" and token.text in INFIX_WORDS:
        return ExpressionError(f"'{token.text}' is not an operator", token.span, INFIX_WORDS[token.text])
    if token.type == "NOT":
        return ExpressionError("'not' follows a value", token.span, "write x != y, or x and not y")
    if before.type == "NAME" and before.text in FUNCTIONS and token.type in CALLED:
        return ExpressionError(
            f"'{before.text}' is called without parentheses", span, f"write {before.text}({context.atom_after()})"
        )
    power = power_of_a_function(context)
    if power:
        return power
    if token.type == "NAME" and after is not None and after.type == "ASSIGN" and context.enclosing is None:
        return ExpressionError(f"no end of a statement before '{token.text}'", span, "separate statements with ;")
    quotient = re.search(r"\bd\s*/\s*d(\w+)$", context.text[: before.end_pos])
    if before.type == "NAME" and quotient is not None:
        return ExpressionError("'d/dx' is not an operator", span, f"write grad(f, {quotient[1]})")
    left, right = context.atom_before(), context.atom_after()
    is_short = len(left) + len(right) < LONGEST and not context.is_on_next_line
    product = f"a product is written {left}*{right}" if is_short else "a product is written x*y"
    if is_short and before.type == "NAME" and left.isupper() and token.type in ("NAME", "LPAR"):
        product += f", that of a matrix {left}@{right}"
    if context.enclosing is not None and context.tokens[context.enclosing].type == "LSQB":
        product = f"entries are separated by commas; {product}"
    elif context.enclosing is not None and context.is_call(context.enclosing):
        product = f"arguments are separated by commas; {product}"
    close = closest(before.text, FUNCTIONS) if before.type == "NAME" and token.type in CALLED else None
    if close:
        product = f"did you mean {close}({right})? {product}"
    if not is_short:
        left, right = context.shown(before), context.shown(token)
    return ExpressionError(f"missing operator between '{left}' and '{right}'", span, product)


def power_of_a_function(context: Context) -> ExpressionError | None:
    """`sin^2(x)`, `sin²(x)`."""
    tokens = context.tokens[max(context.index - 3, 0) : context.index]
    kinds = [token.type for token in tokens]
    if kinds[-2:] == ["NAME", "SUPERSCRIPT"]:
        name, exponent = tokens[-2], {"²": "2", "³": "3"}[tokens[-1].text]
    elif kinds == ["NAME", "POWER", "NUMBER"]:
        name, exponent = tokens[0], tokens[2].text
    else:
        return None
    if name.text not in FUNCTIONS:
        return None
    argument = context.atom_after().removeprefix("(").removesuffix(")")
    return ExpressionError(
        f"a power of the function '{name.text}'",
        Span(name.start_pos, context.token.end_pos),
        f"write {name.text}({argument})^{exponent}",
    )
