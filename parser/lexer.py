"""Text to tokens, by the terminals of the grammar. Knows brackets and statements, but no expression.

It takes the place of Lark's own lexer, which counts lines (only an error needs them, much later) and cannot tell
a newline inside brackets from one that ends a statement.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from backprop.parser.names import canonical
from backprop.parser.operand import VALUE_END, Operand
from backprop.parser.shift_reduce import Tables

STATEMENTS = ("HEAD", "CONST")  # words that only begin a statement
LOOP = "for"  # the first word of a FOR
COMMON_FIRST = ("NAME", "NUMBER", "SIGN", "TIMES")  # no two terminals match alike: the order is for speed only


class ExpressionLexer:
    """Yields an Operand for each token. Raises ExpressionError at a character that begins none.

    `takes_models`: whether a ~ is a token; in an expression it is none.
    """

    takes_models = False

    def __init__(self, tables: Tables, binders: Collection[str] = ()) -> None:
        self._binders = binders  # functions whose second argument is a variable that only the first one knows
        self._patterns = {name: pattern for name, pattern, _ in tables.terminals}
        self._keywords = {word: name for name, _, word in tables.terminals if word is not None and word.isidentifier()}
        apart = {*tables.ignored, *self._keywords.values(), *COMMON_FIRST, *STATEMENTS, "FOR"}
        names = (*COMMON_FIRST, *sorted(self._patterns.keys() - apart))
        tokens = "|".join(f"(?P<{name}>{self._patterns[name]})" for name in names)
        ignored = "|".join(self._patterns[name] for name in tables.ignored)
        # One of the last two always matches, so that every match begins where the one before it ended.
        self._scan = re.compile(rf"(?:{ignored})*(?:{tokens}|(?P<END>\Z)|(?P<STRAY>[\s\S]))").finditer

    # Most texts are without statements and loops, and need not wait for their expressions.

    @cached_property
    def _beginnings(self) -> dict[str, Callable[[str, int], re.Match[str] | None]]:
        return {name: re.compile(self._patterns[name]).match for name in STATEMENTS}

    @cached_property
    def _loop(self) -> re.Pattern[str]:
        return re.compile(self._patterns["FOR"])

    def read(self, text: str) -> Iterator[Operand]:
        """The tokens of the text as the grammar has them, with what a bracket has to know before it is read."""
        marks: dict[int, tuple[str, Operand]] = {}
        if LOOP in text and self._loop.search(text):
            loops = loops_by_bracket(self.tokens(text))
            marks = {place: ("EACH", loop) for place, loop in loops.items()}
        if any(name in text for name in self._binders):
            bound = variables_by_bracket(list(self.tokens(text)), self._binders)
            marks |= {place: ("BINDS", variable) for place, variable in bound.items()}
        return marked(self.tokens(text), marks) if marks else self.tokens(text)

    def tokens(self, text: str) -> Iterator[Operand]:
        """The tokens of the text; a newline inside brackets is none."""
        keywords = self._keywords
        has_statements = "=" in text
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
                    beginning = None
                    if begins_statement:
                        beginning = self._beginning(text, start) if has_statements else None
                    elif word == LOOP and (loop := self._loop.match(text, start)):
                        beginning = Operand("FOR", loop[0], start, loop.end())
                    if beginning is not None:
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
                elif kind == "STRAY" or (kind == "TILDE" and not self.takes_models):
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


def marked(tokens: Iterable[Operand], marks: Mapping[int, tuple[str, Operand]]) -> Iterator[Operand]:
    """The tokens, each bracket at a place in `marks` being of that kind, with its FOR or its variable as the value."""
    for token in tokens:
        mark = marks.get(token.start_pos)
        if mark is not None:
            token.type, token.value = mark
        yield token


def loops_by_bracket(tokens: Iterable[Operand]) -> dict[int, Operand]:
    """The first FOR right inside a bracket by where that begins: the bracket of a call or of a list.

    A FOR anywhere else is left for the parser to refuse.
    """
    loops: dict[int, Operand] = {}
    opened: list[int | None] = []
    before = ""
    for token in tokens:
        if token.type == "LPAR":
            opened.append(token.start_pos if before == "NAME" else None)
        elif token.type == "LSQB":
            opened.append(None if before in VALUE_END else token.start_pos)
        elif token.type in ("RPAR", "RSQB") and opened:
            opened.pop()
        elif token.type == "FOR" and opened and opened[-1] is not None:
            loops.setdefault(opened[-1], token)
        before = token.type
    return loops


def variables_by_bracket(tokens: Sequence[Operand], binders: Collection[str]) -> dict[int, Operand]:
    """The second argument in each bracket of a call of `binders`, by where the bracket begins.

    A name of a function that the text defines means that one. Where there is no second argument, a call is a plain one.
    """
    found: dict[int, Operand] = {}
    own: set[str] = set()
    opened: list[list[int]] = []  # of each open bracket the places in `tokens` of itself and of its commas
    for place, token in enumerate(tokens):
        if token.type == "HEAD":
            own.add(token.text[: token.text.index("(")].strip())
        elif token.type in ("LPAR", "LSQB"):
            opened.append([place])
        elif token.type == "COMMA" and opened:
            opened[-1].append(place)
        elif token.type in ("RPAR", "RSQB") and opened:
            bracket, *commas = opened.pop()
            name = tokens[bracket - 1] if bracket and tokens[bracket].type == "LPAR" else token
            if commas and name.type == "NAME" and name.text in binders and name.text not in own:
                end = [*commas, place][1]
                first, *others = tokens[commas[0] + 1 : end] or [tokens[end]]
                last = others[-1] if others else first
                kind = "NAME" if not others and first.type == "NAME" else "PART"
                second = found[tokens[bracket].start_pos] = Operand(kind, first.text, first.start_pos, last.end_pos)
                second.value = name.text
    return found
