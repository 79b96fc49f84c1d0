"""The explanation as a LaTeX document that compiles as it stands: sections, nested lists, formulas in the text."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import TextIO

from backprop.cli.explain.notations import LATEX, Code, Piece, Quantity, escaped
from backprop.cli.explain.sentences import ITEM, PART, SECTION, TITLE, blocks
from backprop.cli.explain.steps import Explanation
from backprop.cli.output.numbers import Writer, rounded
from backprop.cli.output.output import Look
from backprop.parser.visible import visible

START = r"""\documentclass{article}
\usepackage{amsmath}
\begin{document}
"""
END = "\\end{document}\n"
DEPTHS = {TITLE: 0, SECTION: 0, ITEM: 1, PART: 2}


def write(explanation: Explanation, stream: TextIO, look: Look) -> None:
    number = rounded(look.digits)
    stream.write(START)
    depth = 0
    for block in blocks(explanation, LATEX):
        wanted = DEPTHS[block.kind]
        stream.write("\\begin{itemize}\n" * (wanted - depth) + "\\end{itemize}\n" * (depth - wanted))
        depth = wanted
        line = set_in_type(block.line, number)
        if block.kind == TITLE:
            stream.write(f"\\section*{{{line}}}\n")
        elif block.kind == SECTION:
            stream.write(f"\\subsection*{{{line}}}\n")
        else:
            stream.write(f"\\item {line}\n")
    stream.write("\\end{itemize}\n" * depth + END)


def set_in_type(line: Iterable[Piece], number: Writer) -> str:
    """The line with each run of formulas and numbers as one piece of mathematics."""
    written = []
    for is_prose, pieces in itertools.groupby(line, lambda piece: isinstance(piece, str)):
        if is_prose:
            written.append(escaped(visible("".join(map(str, pieces)))))
        else:
            written.append(f"${''.join(mathematics(piece, number) for piece in pieces)}$")
    return "".join(written)


def mathematics(piece: Piece, number: Writer) -> str:
    if isinstance(piece, Quantity):
        return LATEX.quantity(piece, number)
    return piece.text if isinstance(piece, Code) else escaped(piece)
