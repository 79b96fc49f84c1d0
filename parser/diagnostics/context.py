"""Where the parser stopped: the token it did not expect, and the tokens and brackets around it. Judges nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cached_property

from backprop.autodiff.errors import ExpressionError
from backprop.parser.operand import VALUE_END, Operand

OPENING = {"LPAR": "RPAR", "LSQB": "RSQB"}
CLOSING = {"RPAR": "LPAR", "RSQB": "LSQB"}
VALUE_START = {"NUMBER", "NAME", "LPAR", "LSQB", "ROOT", "NOT"}


class Context:
    """The tokens of a text up to the unexpected one and, where they can be read, beyond it.

    At the end of the text the unexpected token has the type END and no length. `expected` has the terminals that
    could have stood there.
    """

    def __init__(
        self,
        text: str,
        position: int | None,
        expected: Iterable[str],
        tokens: Callable[[str], Iterable[Operand]],
    ) -> None:
        self.text = text
        self.expected = frozenset(expected)
        self.tokens: list[Operand] = []
        with suppress(ExpressionError):  # a character further on that begins no token
            for token in tokens(text):
                self.tokens.append(token)
        end = self.tokens[-1].end_pos
        self.tokens.append(Operand("END", "", end, end))
        starts = [token.start_pos for token in self.tokens]
        self.index = len(starts) - 1 if position is None else starts.index(position)
        self.token = self.tokens[self.index]

    @property
    def before(self) -> Operand | None:
        return self.tokens[self.index - 1] if self.index else None

    @property
    def after(self) -> Operand | None:
        return self.tokens[self.index + 1] if self.index + 1 < len(self.tokens) else None

    @property
    def touches(self) -> bool:
        """Whether nothing stands between the token and the one before."""
        return self.before is not None and self.before.end_pos == self.token.start_pos

    @property
    def is_on_next_line(self) -> bool:
        return self.before is not None and any(
            char in "\r\n" for char in self.text[self.before.end_pos : self.token.start_pos]
        )

    @cached_property
    def partners(self) -> dict[int, int]:
        """The bracket that belongs to each bracket of the whole text, both by their index among the tokens."""
        partners: dict[int, int] = {}
        open_brackets: list[int] = []
        for index, token in enumerate(self.tokens):
            if token.type in OPENING:
                open_brackets.append(index)
            elif open_brackets and self.tokens[open_brackets[-1]].type == CLOSING.get(token.type):
                partners[index] = open_brackets[-1]
                partners[open_brackets.pop()] = index
        return partners

    @cached_property
    def enclosing(self) -> int | None:
        """The index of the innermost bracket that is open where the token stands."""
        open_brackets: list[int] = []
        for index, token in enumerate(self.tokens[: self.index]):
            if token.type in OPENING:
                open_brackets.append(index)
            elif token.type in CLOSING and open_brackets:
                open_brackets.pop()
        return open_brackets[-1] if open_brackets else None

    @property
    def statement(self) -> list[Operand]:
        """The tokens of the statement before the unexpected one."""
        start = max(
            (index + 1 for index, token in enumerate(self.tokens[: self.index]) if token.type == "SEPARATOR"),
            default=0,
        )
        return self.tokens[start : self.index]

    def is_call(self, opening: int) -> bool:
        """Whether the bracket with this index holds the arguments of a function."""
        return self.tokens[opening].type == "LPAR" and opening > 0 and self.tokens[opening - 1].type == "NAME"

    def is_index(self, opening: int) -> bool:
        """Whether the bracket with this index holds an index."""
        is_square = self.tokens[opening].type == "LSQB"
        return is_square and opening > 0 and self.tokens[opening - 1].type in VALUE_END

    def shown(self, token: Operand) -> str:
        """The token as it stands in the text."""
        return self.text[token.start_pos : token.end_pos]

    def atom_before(self) -> str:
        """What ends just before the token: a number, a name, or brackets with what they belong to."""
        index = self.index - 1
        while index > 0:
            kind = self.tokens[index].type
            if kind in CLOSING and index in self.partners:
                index = self.partners[index]
                if not (self.is_call(index) or self.is_index(index)):
                    break
            elif kind not in ("SUPERSCRIPT", "TRANSPOSE"):
                break
            index -= 1
        return self.text[self.tokens[index].start_pos : self.tokens[self.index - 1].end_pos]

    def atom_after(self) -> str:
        """What begins at the token: a number, a name, a call, brackets, a root."""
        index = self.index
        while self.tokens[index].type == "ROOT":
            index += 1
        if self.tokens[index].type == "NAME" and self.tokens[index + 1].type == "LPAR":
            index += 1
        index = self.partners.get(index, index)
        return self.text[self.token.start_pos : self.tokens[index].end_pos]
