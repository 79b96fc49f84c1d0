r"""LaTeX to the tokens of its grammar. Knows which bar opens and which closes, and which bracket holds the arguments
of a function; knows no node.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.named_tuple import NamedTuple
from backprop.parser.latex import commands, questions
from backprop.parser.latex.differentials import Differentials
from backprop.parser.latex.names import read_base, read_name
from backprop.parser.latex.units import Unit, units
from backprop.parser.operand import Operand

OPERATOR = re.compile(r"\\operatorname\*?\s*(?:\{.*\}|\S.*)", re.DOTALL)
MATRICES = ("matrix", "pmatrix", "bmatrix", "Bmatrix", "smallmatrix")
FILLED = re.compile(r"I|\\mathbf\s*\{?\s*([01])\s*\}?")
SIZES = re.compile(r"\{\s*[0-9]+(?:\s*\\times\s*[0-9]+)*\s*\}")
LETTERS = (r"\psi", r"\Gamma", r"\Phi")  # functions, where brackets follow
IF = ("if", "for", "when", "where")  # words before a condition
VALUE_START = {"NAME", "FRAC", "SQRT"}  # what a number before it is the coefficient of
VALUE, FUNCTION, BIG, MORE = "value", "function", "big", "more"  # what has ended


class OpenBracket(NamedTuple):
    """A bracket that is open: what closes it, which token that is, and what has ended then."""

    closing: str
    kind: str
    ends: str
    opening: Operand


class LatexLexer:
    """The tokens of one text. `compares`: whether an equals sign outside brackets does, and does not name a value."""

    def __init__(self, text: str, *, compares: bool = False, takes_models: bool = False) -> None:
        self.compares = compares
        self.takes_models = takes_models
        paired = Differentials(list(units(text, OPERATOR)))
        self.units, self.variables = paired.units, paired.variables
        self.place = 0
        self.tokens: list[Operand] = []
        self.frames: list[OpenBracket] = []
        self.ended = MORE

    def read(self) -> Iterator[Operand]:
        """The tokens. Raises ExpressionError."""
        while self.place < len(self.units):
            unit = self.units[self.place]
            self.place += 1
            getattr(self, unit.kind)(unit)
        if self.frames:
            opening = self.frames[-1].opening
            raise ExpressionError(f"'{opening.text}' is never closed", opening.span, f"add '{self.frames[-1].closing}'")
        questions.ask_names(self.tokens)
        return with_coefficients(self.tokens)

    def add(self, kind: str, text: str, start: int, end: int, *, ends: str = MORE) -> Operand:
        token = Operand(kind, text, start, end)
        self.tokens.append(token)
        self.ended = ends
        return token

    def sees(self, *texts: str) -> bool:
        """Whether the next unit is one of these."""
        return self.place < len(self.units) and self.units[self.place].text in texts

    # Units by their kind -------------------------------------------------------------------------------------

    def number(self, unit: Unit) -> None:
        self.add("NUMBER", unit.text, unit.start, unit.end, ends=VALUE)

    def degree(self, unit: Unit) -> None:
        if unit.text == "[":
            self.open("DEGREE", unit, "]", "RDEGREE", MORE)
        else:
            self.close(unit)

    def differential(self, unit: Unit) -> None:
        self.add("DIFFERENTIAL", unit.text, unit.start, unit.end, ends=VALUE)

    def variable(self, unit: Unit) -> Operand:
        name = read_name(unit)
        token = Operand("NAME", name.text, unit.start, unit.end)
        token.value = name
        return token

    def is_variable(self, unit: Unit) -> bool:
        """Whether it is the variable of an integral, and no function."""
        return any((one.text, one.below) == (unit.text, unit.below) for one in self.variables.values())

    def name(self, unit: Unit) -> None:
        filled = FILLED.fullmatch(unit.text)
        if filled and SIZES.fullmatch(unit.below) and ("times" in unit.below or filled[1]):
            made = {None: "eye", "0": "zeros", "1": "ones"}[filled[1]]
            self.add("ARRAY", made, unit.start, unit.end, ends=VALUE).value = re.findall(r"[0-9]+", unit.below)
            return
        if unit.text in LETTERS and not unit.below and self.is_function_letter(unit):
            self.function(commands.functions().get(unit.text[1:], unit.text[1:]), unit)
            return
        if unit.text[1:] in commands.CONSTANTS and not unit.below:
            self.add("NAME", commands.CONSTANTS[unit.text[1:]], unit.start, unit.end, ends=VALUE).value = None
            return
        word = read_base(unit.text)[0]
        is_word = OPERATOR.fullmatch(unit.text) or re.match(r"\\(?:mathrm|text\w*|mbox)", unit.text)
        if is_word and self.word(unit, word.strip()):
            return
        name = read_name(unit)
        questions.ask_run(self.units, self.place - 1)
        self.add("NAME", name.text, unit.start, unit.end, ends=VALUE).value = name

    def is_function_letter(self, unit: Unit) -> bool:
        r"""Whether a letter is the function that it often means: \psi(x), \Phi^{-1}(x)."""
        behind = [other.text for other in self.units[self.place : self.place + 6]]
        scripted = behind[1:] if behind[:1] == ["^"] else []
        is_scripted = scripted[:4] == ["{", "-", "1", "}"] or scripted[:2] == ["{", "("]
        return (behind[:1] == ["("] or is_scripted) and not questions.stands_alone(self.units, self.place - 1)

    def word(self, unit: Unit, word: str) -> bool:
        """Whether it was a word that is no variable: a function, one of a case, or a setting below a function."""
        plain = word.strip("_ ,").lower()
        if self.frames and self.frames[-1].ends == FUNCTION and self.sees("="):
            self.place += 1
            self.add("KEY", word, unit.start, unit.end)
        elif self.frames and self.frames[-1].ends == FUNCTION and unit.text.startswith(r"\text"):
            self.add("TEXT", word, unit.start, unit.end, ends=VALUE)
        elif self.is_in_cases and plain in IF:
            self.ended = MORE
        elif self.is_in_cases and plain in ("otherwise", "else"):
            self.add("OTHERWISE", word, unit.start, unit.end, ends=VALUE)
        elif plain in ("and", "or"):
            self.add(plain.upper(), plain, unit.start, unit.end)
        elif OPERATOR.fullmatch(unit.text) and commands.letters(word) in commands.sought():
            self.seek(commands.letters(word), unit)
        elif OPERATOR.fullmatch(unit.text) or (commands.function_of(word) and self.sees("(", r"\{", "[")):
            self.function(commands.function_of(word) or word, unit)
        else:
            return False
        return True

    @property
    def is_in_cases(self) -> bool:
        return any(frame.opening.type == "CASES" for frame in self.frames)

    def function(self, name: str, unit: Unit) -> None:
        self.add("FUNCTION", unit.text, unit.start, unit.end, ends=FUNCTION).value = name

    def seek(self, word: str, unit: Unit) -> None:
        """What is sought: below it stands where it begins."""
        texts = [other.text for other in self.units[self.place : self.place + 4]]
        if texts[:2] != ["_", "{"] or texts[3:] != [r"\approx"]:
            raise ExpressionError(
                "where does the search begin?", unit.span, rf"write {unit.text}_{{x \approx 1}} \left(...\right)"
            )
        self.add("SOUGHT", commands.sought()[word], unit.start, unit.end, ends=BIG)

    def environment(self, unit: Unit) -> None:
        name = unit.text[unit.text.index("{") + 1 : -1].rstrip("*")
        if name not in (*MATRICES, "cases"):
            raise ExpressionError(f"unknown environment '{name}'", unit.span, "write pmatrix, bmatrix or cases")
        if unit.text.startswith(r"\begin"):
            kind = "CASES" if name == "cases" else "MATRIX"
            self.open(kind, unit, unit.text.replace("begin", "end", 1), "END", VALUE)
            return
        if self.tokens and self.tokens[-1].type == "ROW":
            self.tokens.pop()  # a row may be ended though none follows
        self.close(unit)

    def command(self, unit: Unit) -> None:
        word = unit.text[1:]
        if word == "\\":
            inside = bool(self.frames) and self.frames[-1].kind == "END"
            self.add("ROW" if inside else "SEPARATOR", unit.text, unit.start, unit.end)
        elif self.bracket(unit):
            return
        elif word == "arg" and self.sees(r"\min"):
            self.place += 1
            self.seek("argmin", Unit("command", r"\arg\min", unit.start, self.units[self.place - 1].end))
        elif word in commands.sought():
            self.seek(word, unit)
        elif word in commands.SIGNS:
            kind, text = commands.SIGNS[word]
            if kind == "TILDE" and not self.takes_models:
                raise ExpressionError(f"unexpected '{unit.text}'", unit.span, "it states a model, for backprop fit")
            self.add(kind, text, unit.start, unit.end, ends=BIG if kind in ("BIG", "INTEGRAL") else MORE)
            if kind == "INTEGRAL":
                self.tokens[-1].value = self.variable(self.variables[unit.start])
        elif word in commands.CONSTANTS:
            self.add("NAME", commands.CONSTANTS[word], unit.start, unit.end, ends=VALUE).value = None
        elif word in commands.plain_functions():
            self.function(commands.functions()[word], unit)
        else:
            raise questions.unread(unit)

    def sign(self, unit: Unit) -> None:
        text = unit.text
        if text in ("^", "_"):
            self.script(unit)
        elif text in "{}":
            self.brace(unit)
        elif self.bracket(unit):
            return
        elif text == "=" or (text == ":" and self.sees("=")):
            self.equals(unit)
        elif text == "&":
            self.add("CELL", text, unit.start, unit.end)
        elif text in commands.CHARACTERS:
            kind, meant = commands.CHARACTERS[text]
            if kind == "COMMA" and self.is_in_cases and self.sees("&"):
                return
            self.add(kind, meant, unit.start, unit.end, ends=VALUE if kind == "FACTORIAL" else MORE)
        else:
            raise questions.stray(unit)

    def equals(self, unit: Unit) -> None:
        """`i = 1` below a sum and `y = ...` name a value; in brackets, and where relations are stated, it compares."""
        end = unit.end
        is_named = unit.text == ":"
        if is_named:
            end = self.units[self.place].end
            self.place += 1
        names = is_named or (self.frames[-1].ends == BIG if self.frames else not self.compares)
        self.add("ASSIGN" if names else "COMPARISON", "=" if names else "==", unit.start, end)

    # Brackets ------------------------------------------------------------------------------------------------

    def open(self, kind: str, unit: Unit, closing: str, closing_kind: str, ends: str) -> None:
        token = self.add(kind, unit.text, unit.start, unit.end)
        self.frames.append(OpenBracket(closing, closing_kind, ends, token))

    def close(self, unit: Unit) -> None:
        if not self.frames:
            raise ExpressionError(f"unexpected '{unit.text}'", unit.span, "delete it, or open it before")
        frame = self.frames[-1]
        if unit.text != frame.closing:
            raise ExpressionError(
                f"'{unit.text}' cannot close '{frame.opening.text}'", unit.span, f"write '{frame.closing}'"
            )
        self.frames.pop()
        self.add(frame.kind, unit.text, unit.start, unit.end, ends=frame.ends)

    def script(self, unit: Unit) -> None:
        """`^` or `_`: of a function or a sum, of a value, or a transposition."""
        group = self.units[self.place : self.place + 3]
        content = group[1].text if len(group) == 3 and group[2].text == "}" else ""
        if unit.text == "^" and self.ended == VALUE and content in commands.TRANSPOSES and not group[1].below:
            self.place += 3
            self.add("TRANSPOSE", content, unit.start, group[2].end, ends=VALUE)
            return
        if unit.text == "_" and self.ended == VALUE and self.tokens[-1].type == "RBAR":
            closing = self.tokens[-1]
            if closing.text in ("|", r"\vert", r"\rvert") or not content:
                raise questions.subscript(unit)
            self.place += 3
            closing.type, closing.value = "NORM", content
            closing.end_pos = group[2].end
            return
        if unit.text == "_" and self.ended not in (FUNCTION, BIG):
            raise questions.subscript(unit)
        ends = self.ended if self.ended in (FUNCTION, BIG) else VALUE
        self.add("POWER" if unit.text == "^" else "BELOW", unit.text, unit.start, unit.end, ends=f"script {ends}")

    def brace(self, unit: Unit) -> None:
        if unit.text == "}":
            self.close(unit)
        elif self.ended.startswith("script "):
            self.open("LBRACE", unit, "}", "RBRACE", self.ended.partition(" ")[2])
        elif unit.is_argument:
            self.open("LBRACE", unit, "}", "RBRACE", VALUE if unit.is_last else MORE)
        elif self.ended == FUNCTION:
            self.open("OPEN", unit, "}", "CLOSE", VALUE)
        else:
            self.open("LBRACE", unit, "}", "RBRACE", VALUE)

    def bracket(self, unit: Unit) -> bool:
        """Whether it is a bracket or a bar, and was read."""
        text = unit.text
        if text in commands.OPENING:
            is_call = self.ended == FUNCTION
            if not is_call:
                is_beside = self.ended == VALUE and not self.is_variable(self.units[self.place - 2])
                questions.ask_call(self.tokens, self.units, self.place - 1, is_beside)
            self.open(
                *(("OPEN", unit) if is_call else ("LPAR", unit)),
                commands.OPENING[text],
                "CLOSE" if is_call else "RPAR",
                VALUE,
            )
        elif text in commands.OPENING.values():
            self.close(unit)
        elif text in commands.ENCLOSING:
            closing, name = commands.ENCLOSING[text]
            self.open("BAR", unit, closing, "RBAR", VALUE)
            self.tokens[-1].value = name
        elif text in (closing for closing, _ in commands.ENCLOSING.values()):
            self.close(unit)
        elif text in commands.BARS:
            if self.ended == VALUE and self.frames and self.frames[-1].closing == text:
                questions.ask_bars(self.units, self.place, text)
                self.close(unit)
            else:
                self.open("BAR", unit, text, "RBAR", VALUE)
                self.tokens[-1].value = commands.BARS[text]
        else:
            return False
        return True


def with_coefficients(tokens: list[Operand]) -> Iterator[Operand]:
    r"""The tokens, a number between a function and a name being the name's coefficient: \sin 2x."""
    waits = False
    depth = 0
    for place, token in enumerate(tokens):
        following = tokens[place + 1].type if place + 1 < len(tokens) else ""
        if token.type == "FUNCTION":
            waits, depth = True, 0
        elif waits and token.type in ("POWER", "BELOW"):
            pass
        elif waits and (token.type == "LBRACE" or depth):
            depth += (token.type == "LBRACE") - (token.type == "RBRACE")
        elif waits:
            if token.type == "NUMBER" and following in VALUE_START:
                token.type = "COEFFICIENT"
            waits = False
        yield token
