"""The explanation as text for a terminal or a pipe: indented, prose wrapped, numbers coloured and never broken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from backprop.cli.explain.notations import PLAIN, Line, Quantity
from backprop.cli.explain.sentences import ITEM, PART, SECTION, TITLE, blocks
from backprop.cli.explain.steps import Explanation
from backprop.cli.output.colors import painted
from backprop.cli.output.numbers import Writer, rounded
from backprop.cli.output.output import Look

INDENTS = {TITLE: 0, SECTION: 0, ITEM: 2, PART: 4}
HANGING = 4  # columns that the following lines of a wrapped one are further in
LEAST = 20  # columns that a line has, however narrow the terminal
STYLES = {"value": "green", "gradient": "red"}

Word = tuple[str, str]  # its text and its style


def write(explanation: Explanation, stream: TextIO, look: Look) -> None:
    number = rounded(look.digits)
    is_plain = look.width is None and not look.is_colored
    for block in blocks(explanation, PLAIN):
        if block.kind == SECTION:
            stream.write("\n")
        if is_plain:
            stream.write(f"{' ' * INDENTS[block.kind]}{PLAIN.line(block.line, number)}\n")
            continue
        style = "bold" if block.kind in (TITLE, SECTION) else ""
        for line in wrapped(words_of(block.line, number, style), INDENTS[block.kind], look.width):
            stream.write(painted(line, is_colored=look.is_colored) + "\n")


def words_of(line: Line, number: Writer, style: str) -> Iterator[Word]:
    """The line cut after each blank that is not part of a number; a number is one word."""
    for piece in line:
        if isinstance(piece, Quantity):
            yield PLAIN.quantity(piece, number), STYLES.get(piece.kind, "")
        else:
            for position, word in enumerate(PLAIN.text(piece, number).split(" ")):
                if position:
                    yield " ", style
                if word:
                    yield word, style


def wrapped(words: Iterator[Word], indent: int, width: int | None) -> Iterator[list[Word]]:
    """Lines of words, broken at blanks only, that fit the width where their words do."""
    from rich.cells import cell_len  # here, not above: a pipe does without

    line: list[Word] = [(" " * indent, "")]
    used, unbroken, held = indent, 0, list[Word]()
    limit = None if width is None else max(width, LEAST)
    for word in (*words, (" ", "")):
        if word[0] != " ":
            held.append(word)
            unbroken += cell_len(word[0])
            continue
        if limit is not None and used + unbroken > limit and len(line) > 1:
            yield line
            line, used = [(" " * (indent + HANGING), "")], indent + HANGING
        line += [*held, word]
        used += unbroken + 1
        held, unbroken = [], 0
    yield line
