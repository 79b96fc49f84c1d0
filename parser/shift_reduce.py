"""The loop of an LALR parser: shifts tokens and reduces by the tables that Lark built. Knows no language.

Lark's own loop does the same; but importing Lark would be a seventh of the time to a short answer. Source: Aho, Lam,
Sethi & Ullman, Compilers (2006), algorithm 4.44.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.named_tuple import NamedTuple
from backprop.parser.operand import Operand

END = "$END"
MAXIMUM_OPEN = 500_000  # brackets and operators that wait for their right side: 200 MB
CHECKED = 10_000  # tokens that are read before it is looked at again


class Tables(NamedTuple):
    """What Lark makes of a grammar, as plain data.

    `states`: for each state and symbol, the state that a shift leads to or, below zero, ~ the rule that reduces.
    `rules`: of each the symbol that it makes, its length, and its callback, None where the one child stands for it.
    `terminals`: of each its name, its expression, and its word if it is one. `ignored`: the names of some.
    """

    states: list[dict[str, int]]
    rules: list[tuple[str, int, str | None]]
    start: int
    end: int
    terminals: list[tuple[str, str, str | None]]
    ignored: list[str]


class UnexpectedToken(Exception):
    """A token after which no text is an expression, and the names of those that could stand there."""

    def __init__(self, token: Operand, expected: set[str]) -> None:
        super().__init__(token, expected)
        self.token = token
        self.expected = expected


class ShiftReduce:
    """Reads tokens and calls the methods of `builder` with the children of each finished rule."""

    def __init__(self, tables: Tables, builder: object) -> None:
        self.tables = tables
        self.rules = [(made, size, getattr(builder, name) if name else None) for made, size, name in tables.rules]
        self.shortcuts: dict[tuple[int, int, str], int] = {}  # where chains of rules of one child end

    def parse(self, tokens: Iterator[Operand], length: int) -> None:
        """Read the tokens of a text of that length. Raises UnexpectedToken, and ExpressionError if nested too deep."""
        states: list[int] = [self.tables.start]
        children: list[Any] = []
        for token in tokens:
            self._feed(token, states, children)
            for following in islice(tokens, CHECKED):
                self._feed(following, states, children)
            if len(states) > MAXIMUM_OPEN:
                raise ExpressionError(
                    "brackets and operators are nested too deep",
                    token.span,
                    f"at most {MAXIMUM_OPEN} may be open at a time: name parts of the expression, q = x + y; q * z",
                )
        self._feed(Operand(END, "", length, length), states, children)

    def _feed(self, token: Operand, states: list[int], children: list[Any]) -> None:
        """Reduce what ends before the token, and shift it. The end of the text is not shifted."""
        table, end, kind = self.tables.states, self.tables.end, token.type
        while True:
            state = states[-1]
            actions = table[state]
            action = actions.get(kind)
            if action is None:
                raise UnexpectedToken(token, {name for name in actions if name.isupper()})
            if action >= 0:
                states.append(action)
                children.append(token)
                return
            made, size, callback = self.rules[~action]
            if callback is None:
                chain = (states[-2], state, kind)
                if chain not in self.shortcuts:
                    self.shortcuts[chain] = self._after(*chain)
                states[-1] = self.shortcuts[chain]
            else:
                value = callback(children[len(children) - size :])
                if size:
                    del children[-size:]
                    del states[-size:]
                children.append(value)
                states.append(table[states[-1]][made])
            if kind == END and states[-1] == end:
                return

    def _after(self, below: int, state: int, kind: str) -> int:
        """The state that stands for `state` when all rules of one child that end there before such a token are reduced.

        A name passes a rule for each level of precedence: most of a parser's steps are these.
        """
        table, end = self.tables.states, self.tables.end
        action = table[state][kind]
        while action < 0 and self.rules[~action][2] is None and not (kind == END and state == end):
            state = table[below][self.rules[~action][0]]
            action = table[state].get(kind, 0)
        return state
