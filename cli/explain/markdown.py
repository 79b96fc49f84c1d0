"""The explanation as Markdown: headings and nested lists, formulas and numbers as code."""

from __future__ import annotations

import itertools
import re
from typing import TextIO

from backprop.cli.explain.notations import PLAIN, Line
from backprop.cli.explain.sentences import ITEM, PART, SECTION, TITLE, blocks
from backprop.cli.explain.steps import Explanation
from backprop.cli.output.markdown import escaped
from backprop.cli.output.numbers import Writer, rounded
from backprop.cli.output.output import Look

MARKS = {TITLE: "# ", SECTION: "## ", ITEM: "- ", PART: "  - "}


def write(explanation: Explanation, stream: TextIO, look: Look) -> None:
    number = rounded(look.digits)
    before = None
    for block in blocks(explanation, PLAIN):
        if before is not None and (block.kind in (TITLE, SECTION) or before in (TITLE, SECTION)):
            stream.write("\n")
        stream.write(f"{MARKS[block.kind]}{marked(block.line, number)}\n")
        before = block.kind


def marked(line: Line, number: Writer) -> str:
    """The line with each run of formulas and numbers as one piece of code."""
    written = []
    for is_prose, pieces in itertools.groupby(line, lambda piece: isinstance(piece, str)):
        text = PLAIN.line(tuple(pieces), number)
        written.append(escaped(text) if is_prose else code(text))
    return "".join(written)


def code(text: str) -> str:
    """A code span, fenced by one backtick more than the text has in a row."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence, pad = "`" * (longest + 1), " " if longest else ""
    return f"{fence}{pad}{text}{pad}{fence}"
