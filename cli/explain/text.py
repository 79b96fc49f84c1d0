"""The explanation as text for a terminal or a pipe: indented, prose wrapped, numbers coloured and never broken."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import TextIO

from backprop.cli.explain.notations import PLAIN, Line, Quantity
from backprop.cli.explain.sentences import ITEM, PART, SECTION, TITLE, blocks
from backprop.cli.explain.steps import Explanation
from backprop.cli.output.numbers import Writer, rounded
from backprop.cli.output.output import Look

INDENTS = {TITLE: 0, SECTION: 0, ITEM: 2, PART: 4}
HANGING = 4  # columns that the following lines of a wrapped one are further in
LEAST = 20  # columns that a line has, however narrow the terminal
ESCAPES = {"bold": "\x1b[1m", "value": "\x1b[32m", "gradient": "\x1b[31m"}
END = "\x1b[0m"

Word = tuple[str, str | None]  # its text and its style


def write(explanation: Explanation, stream: TextIO, look: Look) -> None:
    number = rounded(look.digits)
    is_plain = look.width is None and not look.is_colored
    for block in blocks(explanation, PLAIN):
        if block.kind == SECTION:
            stream.write("\n")
        if is_plain:
            stream.write(f"{' ' * INDENTS[block.kind]}{straight(block.line, number)}\n")
            continue
        style = "bold" if block.kind in (TITLE, SECTION) else None
        for line in wrapped(words_of(block.line, number, style), INDENTS[block.kind], look.width):
            stream.write(painted(line, look.is_colored) + "\n")


def straight(line: Line, number: Writer) -> str:
    """The line as one, without colours."""
    return "".join([PLAIN.text(piece, number) for piece in line])


def words_of(line: Line, number: Writer, style: str | None) -> Iterator[Word]:
    """The line cut after each blank that is no number's; a number is one word."""
    for piece in line:
        if isinstance(piece, Quantity):
            yield PLAIN.quantity(piece, number), piece.kind
        else:
            for place, word in enumerate(PLAIN.text(piece, number).split(" ")):
                if place:
                    yield " ", style
                if word:
                    yield word, style


def wrapped(words: Iterator[Word], indent: int, width: int | None) -> Iterator[list[Word]]:
    """Lines of words, broken at blanks only, that fit the width where their words do."""
    from rich.cells import cell_len  # here, not above: a pipe does without

    line: list[Word] = [(" " * indent, None)]
    used, unbroken, held = indent, 0, list[Word]()
    limit = None if width is None else max(width, LEAST)
    for word in (*words, (" ", None)):
        if word[0] != " ":
            held.append(word)
            unbroken += cell_len(word[0])
            continue
        if limit is not None and used + unbroken > limit and len(line) > 1:
            yield line
            line, used = [(" " * (indent + HANGING), None)], indent + HANGING
        line += [*held, word]
        used += unbroken + 1
        held, unbroken = [], 0
    yield line


def painted(line: Sequence[Word], is_colored: bool) -> str:
    """The words, those of one style in one pair of escapes; without the blanks at the end."""
    end = len(line)
    while end and line[end - 1][0].isspace():
        end -= 1
    found = []
    for style, run in itertools.groupby(line[:end], lambda word: word[1]):
        text = "".join([text for text, _ in run])
        found.append(f"{ESCAPES[style]}{text}{END}" if is_colored and style in ESCAPES else text)
    return "".join(found)
