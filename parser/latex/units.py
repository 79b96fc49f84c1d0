r"""The units of a LaTeX text: a name with its font and its subscript is one, and omitted braces are there.

`x^2` becomes `x^{2}`, `\frac12` becomes `\frac{1}{2}`. Knows no function and no expression.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import NoReturn

from backprop.autodiff.errors import ExpressionError, Span
from backprop.parser.latex.commands import ACCENTS, BLANKS, FONTS, SIZES, VARIANTS
from backprop.parser.printers.latex_names import GREEK

GROUP = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}"
BLANK = r"(?:[ \t\r\n~]|%[^\r\n]*)*"
ONE = r"(?:[^\W\d_]|[0-9]|\\[A-Za-z]+)"


def command(names: frozenset[str]) -> str:
    return rf"\\(?:{'|'.join(sorted(names))})(?![A-Za-z])"


LETTER = rf"(?:[^\W\d_]|{command(GREEK | VARIANTS.keys())})"
FONT = rf"{command(FONTS)}\*?{BLANK}(?:{GROUP}|{ONE})"
ACCENT = rf"{command(ACCENTS)}{BLANK}(?:{GROUP}|{FONT}|{LETTER})"
SUBSCRIPT = re.compile(rf"{BLANK}_{BLANK}({GROUP}|{ONE})")
UNIT = re.compile(
    rf"(?P<blank>(?:[ \t\r\n~]|%[^\r\n]*|\\[,;:! ]|{command(BLANKS - set(',;:! '))}|{command(SIZES)}\s*\.)+)"
    rf"|(?P<size>{command(SIZES)})"
    rf"|(?P<name>{FONT}|{ACCENT}|{LETTER})"
    r"|(?P<number>[0-9]+(?:\.[0-9]+)?|\.[0-9]+)"
    r"|(?P<environment>\\(?:begin|end)\s*\{[A-Za-z*]*\})"
    r"|(?P<command>\\(?:[A-Za-z]+|[\s\S]))"
    r"|(?P<sign>[\s\S])"
)
FRACTIONS = (r"\frac", r"\dfrac", r"\tfrac", r"\cfrac")
TAKES = {"^": 1, "_": 1, r"\sqrt": 1, **dict.fromkeys(FRACTIONS, 2)}
TAKES |= dict.fromkeys((r"\binom", r"\dbinom", r"\tbinom"), 2)
UNFIT = ("}", "+", "-", "&", r"\\", ")", "]", "=", ",")  # what cannot be a group without its braces
DELIMITERS = ((r"\[", r"\]"), (r"\(", r"\)"), ("$$", "$$"), ("$", "$"))


class Unit:
    """A piece of the text: its `kind` is that of the expression UNIT; `below` is the subscript of a name.

    `is_argument`: it is the brace of a group that a command takes, the last of them if it `is_last`.
    """

    __slots__ = ("below", "end", "is_argument", "is_last", "kind", "start", "text")

    def __init__(self, kind: str, text: str, start: int, end: int) -> None:
        self.kind = kind
        self.text = text
        self.start = start
        self.end = end
        self.below = ""
        self.is_argument = self.is_last = False

    @property
    def span(self) -> Span:
        return Span(self.start, max(self.end, self.start + 1))


def units(text: str, is_function: re.Pattern[str]) -> Iterator[Unit]:
    """The units, blanks and sizes of brackets left out; what `is_function` matches keeps its subscript apart.

    Raises ExpressionError where braces are missing around more than one sign.
    """
    waiting = [0]  # at each depth of brackets that belong to commands, the groups that one still takes
    degrees: list[int] = []  # the depths in the brackets of a root's degree
    previous = ""
    to_come = deque(plain_units(text, is_function))
    while to_come:
        unit = to_come.popleft()
        needed = waiting[-1]
        if needed and unit.text == "[" and previous == r"\sqrt":
            unit.kind = "degree"
            waiting.append(0)
            degrees.append(len(waiting))
        elif unit.text == "]" and degrees[-1:] == [len(waiting)]:
            unit.kind = "degree"
            waiting.pop()
            degrees.pop()
        elif needed and unit.text != "{":
            if unit.kind == "number" and len(unit.text) > 1 and previous not in ("^", "_") and unit.text.isdigit():
                to_come.appendleft(Unit("number", unit.text[1:], unit.start + 1, unit.end))
                unit = Unit("number", unit.text[0], unit.start, unit.start + 1)
            if unit.text in (*TAKES, *UNFIT) or (unit.kind == "number" and len(unit.text) > 1):
                refuse(unit, previous)
            waiting[-1] -= 1
            yield brace("{", unit.start, is_last=not waiting[-1])
            yield unit
            yield brace("}", unit.end, is_last=not waiting[-1])
            previous = ""
            continue
        elif unit.text == "{":
            unit.is_argument = bool(needed)
            waiting[-1] -= bool(needed)
            unit.is_last = not waiting[-1]
            waiting.append(0)
        elif unit.text == "}" and len(waiting) > 1:
            waiting.pop()
        elif unit.kind in ("sign", "command"):
            waiting[-1] += TAKES.get(unit.text, 0)
        previous = unit.text
        yield unit


def brace(sign: str, place: int, *, is_last: bool) -> Unit:
    unit = Unit("sign", sign, place, place)
    unit.is_argument, unit.is_last = True, is_last
    return unit


def refuse(unit: Unit, previous: str) -> NoReturn:
    shown = f"{previous}{unit.text}"
    if unit.kind == "number" and unit.text.isdigit():
        first, rest = unit.text[0], unit.text[1:]
        cure = f"write {previous}{{{unit.text}}}, or {previous}{{{first}}} \\cdot {rest} for a product"
    else:
        cure = f"write {previous}{{...}}"
    raise ExpressionError(f"'{shown}' without braces", unit.span, cure)


def plain_units(text: str, is_function: re.Pattern[str]) -> Iterator[Unit]:
    position, end = bounds(text)
    while position < end:
        match = UNIT.match(text, position, end)
        assert match is not None and match.lastgroup is not None
        position = match.end()
        if match.lastgroup in ("blank", "size"):
            continue
        unit = Unit(match.lastgroup, match[0], match.start(), position)
        if unit.kind == "name" and not is_function.fullmatch(unit.text):
            subscript = SUBSCRIPT.match(text, position, end)
            if subscript is not None:
                unit.below = subscript[1]
                position = unit.end = subscript.end()
        yield unit


def bounds(text: str) -> tuple[int, int]:
    """Where the formula begins and ends, without the signs of mathematics around it."""
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    for opening, closing in DELIMITERS:
        if text.startswith(opening, start) and text.endswith(closing, start + len(opening), end):
            return start + len(opening), end - len(closing)
    return start, end
