"""What the lexer yields and the callbacks pass on: pieces of the text and, once they are built, their nodes."""

from __future__ import annotations

from typing import Any

from backprop.autodiff.errors import Span
from backprop.autodiff.graph import Node
from backprop.autodiff.named_tuple import NamedTuple

# The terminals that a value can end with.
VALUE_END = frozenset({"NUMBER", "NAME", "RPAR", "RSQB", "SUPERSCRIPT", "TRANSPOSE"})


class Operand:
    """A token, or a finished part of an expression: the token of its operator with a node and a longer span.

    A literal has a `value` and no `node` until something computes with it: an index or an entry of a list needs
    none; TEXT never has one. `type` is the name of the terminal, or says what became of a literal: NEGATIVE, GROUP (in
    parentheses). Two
    have neither: NONE is Python's None, and FUNCTION a name of one of the text's functions, which is a variable as
    soon as something computes with it.
    """

    __slots__ = ("end_pos", "node", "start_pos", "text", "type", "value")

    value: Any

    def __init__(self, kind: str, text: str, start: int, end: int) -> None:
        self.type = kind
        self.text = text
        self.start_pos = start
        self.end_pos = end
        self.node: Node | None = None

    @property
    def span(self) -> Span:
        return Span(self.start_pos, self.end_pos)

    @property
    def is_literal(self) -> bool:
        """Whether it is a number or a list of numbers that nothing was computed with."""
        return self.node is None and self.type not in ("NONE", "FUNCTION")


class Chain(Operand):
    """A comparison, which the next one of a chain continues from its right side: `a < b < c`."""

    __slots__ = ("right",)

    right: Node


class Display(Operand):
    """A list as it is written: how many entries it has, and how deep lists are nested in it."""

    __slots__ = ("depth", "length")

    length: int
    depth: int


class Keyword(NamedTuple):
    """`axis=0` in a call."""

    name: Operand
    operand: Operand


class Bounds(NamedTuple):
    """`start:stop:step` in an index."""

    start: Operand | None
    stop: Operand | None
    step: Operand | None = None


Argument = Operand | Keyword
Index = Operand | Bounds
