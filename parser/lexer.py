"""Text to tokens, by the terminals of the grammar. Knows brackets and statements, but no expression.

It takes the place of Lark's own lexer, which counts lines (only an error needs them, much later) and cannot tell
a newline inside brackets from one that ends a statement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from lark.common import LexerConf
from lark.lexer import Lexer, PatternStr

from backprop.autodiff.errors import ExpressionError
from backprop.parser.names import canonical
from backprop.parser.operand import Operand

MAXIMUM_OPEN = 500_000  # brackets and operators that wait for their right side: 200 MB
CHECKED = 10_000  # tokens that are read before it is looked at again
STATEMENTS = ("HEAD", "CONST")  # words that only begin a statement
COMMON_FIRST = ("NAME", "NUMBER", "SIGN", "TIMES")  # no two terminals match alike: the order is for speed only


class ExpressionLexer(Lexer):
    """Yields an Operand for each token. Raises ExpressionError at a character that begins none."""

    def __init__(self, conf: LexerConf, comparator: Any = None) -> None:
        patterns = {terminal.name: terminal.pattern for terminal in conf.terminals}
        self._keywords = {
            pattern.value: name
            for name, pattern in patterns.items()
            if isinstance(pattern, PatternStr) and pattern.value.isidentifier()
        }
        self._beginnings = {name: re.compile(patterns[name].to_regexp()).match for name in STATEMENTS}
        apart = {*conf.ignore, *self._keywords.values(), *COMMON_FIRST, *STATEMENTS}
        tokens = "|".join(
            f"(?P<{name}>{patterns[name].to_regexp()})" for name in (*COMMON_FIRST, *sorted(patterns.keys() - apart))
        )
        ignored = "|".join(patterns[name].to_regexp() for name in conf.ignore)
        # One of the last two always matches, so that every match begins where the one before it ended.
        self._scan = re.compile(rf"(?:{ignored})*(?:{tokens}|(?P<END>\Z)|(?P<STRAY>[\s\S]))").finditer

    def lex(self, lexer_state: Any, parser_state: Any = None) -> Iterator[Any]:
        """The tokens of the text in Lark's state, where it is the text or a slice of all of it."""
        text = lexer_state.text
        tokens = self.tokens(text if isinstance(text, str) else text.text)
        for token in tokens:
            yield token
            yield from islice(tokens, CHECKED)
            if parser_state is not None and len(parser_state.state_stack) > MAXIMUM_OPEN:
                raise ExpressionError(
                    "brackets and operators are nested too deep",
                    token.span,
                    f"at most {MAXIMUM_OPEN} may be open at a time: name parts of the expression, q = x + y; q * z",
                )

    def tokens(self, text: str) -> Iterator[Operand]:
        """The tokens of the text; a newline inside brackets is none."""
        keywords = self._keywords
        depth = 0
        begins_statement = True
        position: int | None = 0
        while position is not None:
            matches = self._scan(text, position)
            position = None
            for match in matches:
                kind = match.lastgroup or ""
                start, end = match.span(kind)
                word = match[kind]
                if kind == "NAME":
                    if begins_statement and (beginning := self._beginning(text, start)):
                        yield beginning
                        begins_statement = False
                        position = beginning.end_pos
                        break
                    if word in keywords:
                        kind = keywords[word]
                    elif not word.isascii():
                        word = canonical(word, start)
                elif kind == "LPAR" or kind == "LSQB":
                    depth += 1
                elif kind == "RPAR" or kind == "RSQB":
                    depth = max(depth - 1, 0)
                elif kind == "SEPARATOR":
                    if depth and word != ";":
                        continue
                    yield Operand(kind, word, start, end)
                    begins_statement = True
                    continue
                elif kind == "END":
                    return
                elif kind == "STRAY":
                    from backprop.parser.diagnostics.characters import stray

                    raise stray(text, start)
                begins_statement = False
                yield Operand(kind, word, start, end)

    def _beginning(self, text: str, start: int) -> Operand | None:
        """The token of more than a name with which a statement begins there, if it does."""
        for kind, match in self._beginnings.items():
            if beginning := match(text, start):
                return Operand(kind, beginning[0], start, beginning.end())
        return None
