"""A line as statements: what each assigns or defines, and the names it needs. Reads tokens, and computes nothing."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence

from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.named_tuple import NamedTuple
from backprop.parser.functions import read_head
from backprop.parser.loops import index_of
from backprop.parser.names import ITERATE
from backprop.parser.operand import Operand
from backprop.parser.scope import Scope

OPENING, CLOSING = ("LPAR", "LSQB"), ("RPAR", "RSQB")
WANTS_MORE = ("SIGN", "TIMES", "POWER", "COMPARISON", "AND", "OR", "NOT", "IF", "ELSE", "ROOT", "ASSIGN", "HEAD")


class Name(NamedTuple):
    """A name as it is used: of a function that is called, or of a variable."""

    text: str
    is_function: bool


class Statement(NamedTuple):
    """The part of a `line` from `start` to `end`.

    `name` is what it assigns or defines, None for an expression; `body` is where the right side begins, `start`
    where there is none; `uses` are the names in it, parameters left out.
    """

    line: str
    start: int
    end: int
    body: int
    name: Name | None
    uses: frozenset[Name]

    @property
    def text(self) -> str:
        return self.line[self.start : self.end]


@functools.cache
def tokenizer() -> Callable[[str], Iterator[Operand]]:
    from backprop.parser.parsing import TextReader

    return TextReader().lexer.tokens


def statements(line: str) -> list[Statement]:
    """The statements of a line, those that hold nothing left out. Raises ExpressionError."""
    try:
        tokens = list(tokenizer()(line))
        parts: list[list[Operand]] = [[]]
        depth = 0
        for token in tokens:
            depth = max(depth + (token.type in OPENING) - (token.type in CLOSING), 0)
            if token.type == "SEPARATOR" and not depth:
                parts.append([])
            else:
                parts[-1].append(token)
        return [statement(line, part) for part in parts if part]
    except ExpressionError as error:
        raise error.located(None, line) from None


def statement(line: str, tokens: Sequence[Operand]) -> Statement:
    first, start, end = tokens[0], tokens[0].start_pos, tokens[-1].end_pos
    if first.type == "HEAD":
        head = read_head(first, Scope(line))
        uses = {used for used in names_in(tokens[1:]) if used.is_function or used.text not in head.parameters}
        return Statement(line, start, end, first.end_pos, Name(head.name, True), frozenset(uses))
    if first.type == "NAME" and len(tokens) > 1 and tokens[1].type == "ASSIGN":
        name = Name(first.text, False)
        return Statement(line, start, end, tokens[1].end_pos, name, frozenset(names_in(tokens[2:])))
    return Statement(line, start, end, start, None, frozenset(names_in(tokens)))


def names_in(tokens: Sequence[Operand]) -> Iterator[Name]:
    """The names used; that of a setting (`axis=0`) and that of an index (`for i in`) are none."""
    indices = {index_of(token)[0] for token in tokens if token.type == "FOR"}
    for position, token in enumerate(tokens):
        follower = tokens[position + 1].type if position + 1 < len(tokens) else ""
        if token.type == "NAME" and follower != "ASSIGN" and token.text not in indices:
            is_step = [previous.text for previous in tokens[max(position - 2, 0) : position]] == [ITERATE, "("]
            yield Name(token.text, is_step or follower == "LPAR")


def is_unfinished(text: str) -> bool:
    """Whether a bracket is open or the text ends with an operator; what cannot be read is as finished as it gets."""
    depth = 0
    last = ""
    try:
        for token in tokenizer()(text):
            depth += (token.type in OPENING) - (token.type in CLOSING)
            last = token.type
    except ExpressionError:
        return False
    return depth > 0 or last in WANTS_MORE


def without_comment(line: str) -> str:
    """A line as it may be joined to the next: no `#` stands in an expression but at the start of a comment."""
    return line.partition("#")[0].rstrip()
