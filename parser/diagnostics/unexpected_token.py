"""Why a text is not an expression: from the token that was not expected to a reason and a cure in the user's words.

Imported only for an error. Each rule looks at the tokens around the place; the first that knows it answers. Two
values side by side are adjacency.py's, loops those of loops.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from backprop.autodiff.errors import ExpressionError, Span
from backprop.parser.diagnostics.adjacency import CHOICE, DEFINITION, malformed_number, missing_operator
from backprop.parser.diagnostics.characters import stray
from backprop.parser.diagnostics.context import CLOSING, OPENING, VALUE_START, Context
from backprop.parser.diagnostics.loops import malformed_loop
from backprop.parser.operand import VALUE_END, Operand
from backprop.parser.shift_reduce import END, UnexpectedToken

ANYTHING = "write a number, a name or brackets there"
COMPARES = "'==' compares"
ONCE = "a name is assigned once: write y = x + 1"
WORDS = {"IF", "ELSE", "AND", "OR", "NOT"}
BRACKETS = {"LPAR": "(", "RPAR": ")", "LSQB": "[", "RSQB": "]"}
DOUBLED = {
    "=>": "write >=",
    "=<": "write <=",
    "><": "write !=",
    "<>": "write !=",
    "===": "write ==",
    "!==": "write !=",
    ">==": "write >=",
    "<==": "write <=",
    ">=": "write >= in one piece",
    "<=": "write <= in one piece",
    "**": "write ** in one piece",
    "//": "write // in one piece",
    ">>": "the comparisons are < <= > >=",
    "<<": "the comparisons are < <= > >=",
    "->": DEFINITION,
    **dict.fromkeys(("+=", "-=", "*=", "/=", "//=", "%=", "^=", "**=", "@="), ONCE),
}


def diagnosed(text: str, unexpected: UnexpectedToken, tokens: Callable[[str], Iterable[Operand]]) -> ExpressionError:
    """The error for an UnexpectedToken, in a text that `tokens` reads again as far as it can be read."""
    is_end = unexpected.token.type == END
    position = None if is_end else unexpected.token.start_pos
    context = Context(text, position, unexpected.expected, tokens)
    return next(filter(None, (rule(context) for rule in RULES))).located(None, text)


def text_in_quotes(context: Context) -> ExpressionError | None:
    """A text where none can be, which may be a name with needless quotes, or something right behind a text."""
    if context.before is not None and context.before.type == "TEXT" and context.token.type in VALUE_START:
        return ExpressionError("expected ',' after a text", context.before.span, "commas separate arguments")
    return stray(context.text, context.token.start_pos) if context.token.type == "TEXT" else None


def never_closed(context: Context) -> ExpressionError | None:
    """The text ends, or another line begins, inside a bracket that nothing closes."""
    opening, before = context.enclosing, context.before
    if opening is None or opening in context.partners or before is None:
        return None
    is_complete = before.type in VALUE_END or before.type in (*OPENING, "TEXT")
    if not is_complete or not (context.token.type in ("END", "SEPARATOR") or context.is_on_next_line):
        return None
    bracket = context.tokens[opening]
    return ExpressionError(
        f"'{bracket.text}' is never closed", bracket.span, f"add '{BRACKETS[OPENING[bracket.type]]}'"
    )


def after_an_operator(context: Context) -> ExpressionError | None:
    """Something that cannot follow an operator follows one."""
    before, token = context.before, context.token
    if before is None or before.type in VALUE_END or before.type in OPENING or before.type == "SEPARATOR":
        return None
    shown = context.shown(before)
    if before.type in WORDS and token.type == "ASSIGN":
        return ExpressionError(f"'{shown}' cannot be a name", before.span, "choose another name")
    pair = shown + context.shown(token)
    if pair in DOUBLED and token.type != "END":
        written = context.text[before.start_pos : token.end_pos]
        return ExpressionError(f"'{written}' is not an operator", Span(before.start_pos, token.end_pos), DOUBLED[pair])
    if before.type == "HEAD":
        return ExpressionError(
            f"the function '{shown.partition('(')[0].strip()}' has no body", before.span, "write f(x) = x^2"
        )
    if token.type == "NOT":
        return ExpressionError(f"'not' follows '{shown}'", token.span, "write (not x)")
    what = "a condition" if before.type == "IF" else "a value"
    return ExpressionError(f"expected {what} after '{shown}'", before.span, cure_after(before, token))


def cure_after(before: Operand, token: Operand) -> str:
    if token.type == "SEPARATOR" and token.text != ";":
        return "only inside brackets does an expression go on in the next line"
    if before.type == "ROOT" and token.type == "SIGN":
        return f"write √({token.text}x)"
    if before.type == "ASSIGN" and token.type == "ASSIGN":
        return COMPARES
    return CHOICE if before.type in ("IF", "ELSE") else ANYTHING


def missing_else(context: Context) -> ExpressionError | None:
    """An `if` whose `else` does not come: the end, a bracket or another `if` comes instead."""
    ends = ("END", "SEPARATOR", "COMMA", "COLON", "IF", *CLOSING)
    if "ELSE" not in context.expected or context.token.type not in ends:
        return None
    pending = 0
    for token in reversed(context.tokens[: context.index]):
        pending += (token.type == "ELSE") - (token.type == "IF")
        if pending < 0:
            return ExpressionError("'if' has no 'else'", token.span, CHOICE)
    return None


def before_any_value(context: Context) -> ExpressionError | None:
    """An operator, or a closing bracket, where a statement or a bracket begins."""
    before, token, after = context.before, context.token, context.after
    opens = before is not None and before.type in OPENING
    if before is not None and before.type != "SEPARATOR" and not opens:
        return None
    shown = context.shown(token)
    if token.type in CLOSING:
        if before is None or OPENING.get(before.type) != token.type:
            return None
        return ExpressionError(
            f"nothing stands between '{before.text}' and '{shown}'",
            Span(before.start_pos, token.end_pos),
            "an index is written x[0]" if before.type == "LSQB" else "write an expression there",
        )
    if token.type in WORDS and after is not None and after.type == "ASSIGN":
        return ExpressionError(f"'{shown}' cannot be a name", token.span, "choose another name")
    if token.type in ("IF", "ELSE"):
        return ExpressionError(f"expected a value before '{shown}'", token.span, CHOICE)
    if token.type == "ASSIGN":
        return ExpressionError("expected a name before '='", token.span, "a value is named by q = x + y")
    if token.type == "SEPARATOR":
        return None
    return ExpressionError(f"expected a value before '{shown}'", token.span, ANYTHING)


def wrong_bracket(context: Context) -> ExpressionError | None:
    """A closing bracket that closes nothing, or another kind of bracket."""
    token = context.token
    if token.type not in CLOSING:
        return None
    if context.enclosing is None:
        return ExpressionError(
            f"unexpected '{token.text}'", token.span, f"delete it, or add '{BRACKETS[CLOSING[token.type]]}' before"
        )
    opening = context.tokens[context.enclosing]
    if CLOSING[token.type] == opening.type:
        return None
    return ExpressionError(
        f"'{token.text}' cannot close '{opening.text}'", token.span, f"write '{BRACKETS[OPENING[opening.type]]}'"
    )


def wrong_assignment(context: Context) -> ExpressionError | None:
    """`=` after something that cannot be assigned."""
    token, before, statement = context.token, context.before, context.statement
    if token.type != "ASSIGN" or before is None:
        return None
    if context.enclosing is not None:
        return ExpressionError(
            "unexpected '=' inside brackets", token.span, f"{COMPARES}; an argument is named as in sum(x, axis=0)"
        )
    left = Span(statement[0].start_pos, before.end_pos)
    kinds = [token.type for token in statement]
    if "ASSIGN" in kinds or "HEAD" in kinds:
        return ExpressionError("a second '=' in one statement", token.span, f"{COMPARES}; separate statements with ;")
    if kinds[:2] == ["NAME", "LPAR"] and context.partners.get(context.index - 1) == context.index - len(kinds) + 1:
        return ExpressionError("a definition's parameters are plain names", left, f"{DEFINITION}; {COMPARES}")
    if kinds[-1] == "RSQB" and kinds[0] == "NAME":
        return ExpressionError("an entry cannot be assigned", left, "write a new list, such as y = [1, x]")
    return ExpressionError("only a name can be assigned", left, f"a value is named by q = x + y; {COMPARES}")


def misplaced(context: Context) -> ExpressionError | None:
    """A token that is fine elsewhere, after a complete value."""
    before, token, after = context.before, context.token, context.after
    if before is None:
        return None
    if before.type == "SUPERSCRIPT" and token.type in ("SUPERSCRIPT", "POWER", "LSQB", "TRANSPOSE"):
        power = context.atom_before()
        rest = context.text[token.start_pos : after.end_pos if after else token.end_pos]
        cure = "a power is written x^23" if token.type == "SUPERSCRIPT" else f"write ({power}){rest}"
        return ExpressionError(f"'{context.shown(token)}' follows '{before.text}'", token.span, cure)
    if token.type == "COLON" and after is not None and after.type == "ASSIGN":
        return ExpressionError("':=' is not an operator", Span(token.start_pos, after.end_pos), "write =")
    if token.type == "COMMA":
        is_decimal = context.touches and before.type == "NUMBER" and after is not None and after.type == "NUMBER"
        cure = "a decimal point is written 1.5; a list [1, 5]" if is_decimal else "a list is written [x, y]"
        return ExpressionError("unexpected ','", token.span, cure)
    cures = {
        "ELSE": ("'else' has no 'if'", CHOICE),
        "COLON": ("unexpected ':'", "a slice is written x[1:3]"),
        "SEPARATOR": ("unexpected ';' inside brackets", "close the brackets first: statements stand outside them"),
    }
    if token.type in cures:
        reason, cure = cures[token.type]
        return ExpressionError(reason, token.span, cure)
    return None


def anything_else(context: Context) -> ExpressionError:
    if context.token.type == "END":
        return ExpressionError("the expression ends too early", context.token.span, ANYTHING)
    return ExpressionError(
        f"unexpected '{context.shown(context.token)}'", context.token.span, "delete it, or what it follows"
    )


RULES: tuple[Callable[[Context], ExpressionError | None], ...] = (
    text_in_quotes,
    never_closed,
    malformed_loop,
    malformed_number,
    after_an_operator,
    missing_else,
    before_any_value,
    wrong_bracket,
    wrong_assignment,
    missing_operator,
    misplaced,
    anything_else,
)
