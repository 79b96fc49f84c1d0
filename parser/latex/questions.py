r"""What is ambiguous in LaTeX is asked, never guessed: each question says what may be written instead."""

from __future__ import annotations

import re
from collections.abc import Sequence

from backprop.autodiff.errors import ExpressionError, Span
from backprop.autodiff.gates import FUNCTIONS
from backprop.parser.latex import commands
from backprop.parser.latex.names import LatexName
from backprop.parser.latex.units import Unit
from backprop.parser.operand import Operand
from backprop.parser.similarity import closest

LONGEST_PRODUCT = 3  # letters side by side; more of them may be meant for one name
PRIMES = "'\u2032"


def unread(unit: Unit) -> ExpressionError:
    """The error for a command that means nothing here."""
    word = unit.text[1:]
    if word in commands.UNREAD:
        return ExpressionError(f"'{unit.text}' is not read", unit.span, commands.UNREAD[word])
    close = closest(word, commands.known())
    return ExpressionError(
        f"unknown command '{unit.text}'",
        unit.span,
        rf"did you mean \{close}?" if close else rf"a function is written \operatorname{{{word}}}",
    )


def stray(unit: Unit) -> ExpressionError:
    """The error for a character that is no sign of mathematics here."""
    if unit.text in PRIMES:
        return ExpressionError(
            f"unexpected '{unit.text}'", unit.span, r"a transpose is written x^{\top}; a derivative is what diff gives"
        )
    if unit.text == "$":
        return ExpressionError("unexpected '$'", unit.span, "give one formula, with $ around it or without")
    from backprop.parser.diagnostics.characters import stray as described

    return described(unit.text, 0, unit.start)


def subscript(unit: Unit) -> ExpressionError:
    return ExpressionError(
        "a subscript behind a value",
        unit.span,
        "a subscript belongs to a name, before its power: x_{0}^2; of another value the count may begin at 0 or 1",
    )


def ask_run(sequence: Sequence[Unit], place: int) -> None:
    r"""Raise ExpressionError for letters side by side that are a function, `sin x`, or may be one name, `loss`."""

    def is_letter(at: int) -> bool:
        return 0 <= at < len(sequence) and len(sequence[at].text) == 1 and sequence[at].text.isalpha()

    if not is_letter(place) or (is_letter(place - 1) and touches(sequence[place - 1], sequence[place])):
        return
    end = place
    while is_letter(end) and (end == place or touches(sequence[end - 1], sequence[end])):
        end += 1
    word = "".join(unit.text for unit in sequence[place:end])
    span = Span(sequence[place].start, sequence[end - 1].end)
    if len(word) > 2 and (word in commands.plain_functions() or word in FUNCTIONS):
        sign = "\\" + word if word in commands.plain_functions() else rf"\operatorname{{{word}}}"
        raise ExpressionError(f"'{word}' is {len(word)} letters side by side", span, f"a function is written {sign}")
    if len(word) > LONGEST_PRODUCT:
        raise ExpressionError(
            f"'{word}': a product of {len(word)} letters, or one name?",
            span,
            rf"a name is written \mathrm{{{word}}}, a product {' '.join(word)}",
        )


def touches(first: Unit, second: Unit) -> bool:
    return first.end == second.start and not first.below


def ask_call(tokens: Sequence[Operand], sequence: Sequence[Unit], place: int, is_beside: bool) -> None:
    r"""Raise ExpressionError where `f(x)` may be a product or a call.

    A name that stands elsewhere without brackets behind it is a variable, and a number or pi no function.
    """
    if not is_beside or tokens[-1].type != "NAME" or tokens[-1].value is None or sequence[place].text != "(":
        return
    name = tokens[-1]
    if stands_alone(sequence, place - 1):
        return
    written = sequence[place - 1].text
    is_sigmoid = name.text in ("sigma", "\u03c3")
    function = r"\operatorname{sigmoid}(...)" if is_sigmoid else rf"\operatorname{{{name.text}}}(...)"
    what = "the sigmoid" if is_sigmoid else "a call of a function"
    cure = f"a product is written {written} \\cdot (...)"
    if is_sigmoid or name.text in FUNCTIONS:
        cure += f", {'the sigmoid' if is_sigmoid else 'the function'} {function}"
    else:
        cure += ", and of a function its formula"
    raise ExpressionError(f"'{written}(': a product, or {what}?", Span(name.start_pos, sequence[place].end), cure)


def stands_alone(sequence: Sequence[Unit], place: int) -> bool:
    """Whether the name there stands elsewhere without brackets behind it."""
    name = sequence[place]
    return any(
        (unit.text, unit.below) == (name.text, name.below)
        and (at + 1 == len(sequence) or sequence[at + 1].text not in ("(", "^"))
        for at, unit in enumerate(sequence)
    )


def ask_bars(sequence: Sequence[Unit], place: int, bar: str) -> None:
    """Raise ExpressionError where a bar that closes might open as well: `|a|b|c|`."""
    following = [unit.text for unit in sequence[place : place + 2]]
    if len(following) < 2 or following[1] != bar or not re.fullmatch(r"\w|\\[A-Za-z]+", following[0]):
        return
    if any(unit.text == bar for unit in sequence[place + 2 :]):
        raise ExpressionError(
            f"which '{bar}' closes here?",
            sequence[place - 1].span,
            r"write \lvert and \rvert" if bar == "|" else r"write \lVert and \rVert",
        )


def ask_names(tokens: Sequence[Operand]) -> None:
    r"""Raise ExpressionError where x and \mathbf{x} would be one name, and where i may be the imaginary unit."""
    looks: dict[str, Operand] = {}
    for place, sign in enumerate(tokens):
        token = sign.value if sign.type == "INTEGRAL" else sign
        if token.type != "NAME" or not isinstance(token.value, LatexName):
            continue
        known = looks.setdefault(token.value.base, token)
        if known.value.look != token.value.look:
            raise ExpressionError(
                f"two ways to write '{token.value.base}': one variable, or two?",
                token.span,
                "write it always alike, or give one of them another name",
            )
        before = tokens[place - 1] if place else None
        is_count = before is not None and before.type == "NUMBER" and before.end_pos == token.start_pos
        if token.text in ("i", "j") and is_count and not is_index(token.text, tokens):
            raise ExpressionError(
                f"'{token.text}': the imaginary unit, or a variable?",
                token.span,
                "numbers are real; give a variable another letter",
            )


def is_index(letter: str, tokens: Sequence[Operand]) -> bool:
    return any(
        token.type == "BIG" and any(other.text == letter for other in tokens[place + 1 : place + 4])
        for place, token in enumerate(tokens)
    )
