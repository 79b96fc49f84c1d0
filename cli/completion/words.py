"""Words that may follow what is typed of an expression, or as an option's value. Knows no command and no shell.

Every command imports this, by its options, so that nothing here costs time before a shell asks.
"""

from __future__ import annotations

import os
import re

TAIL = r"[^\W\d]\w*\Z"  # the name that is being typed
NAME = r"[^\W\d]\w*(\s*\()?"
MOST_READ = 1 << 20  # characters of a file with an expression


def functions() -> list[str]:
    """The functions, each with the bracket that follows it."""
    from backprop.autodiff.gates import FUNCTIONS

    return [f"{name}(" for name in FUNCTIONS]


def names_in(text: str, tail: str) -> list[str]:
    """What may stand for the name `tail` at the end of an unfinished expression."""
    from backprop.autodiff.declaration.leaves import NAMED_CONSTANTS
    from backprop.parser.names import ITERATE, KEYWORDS

    before = text[: len(text) - len(tail)]
    own = [name[0].replace(" ", "") for name in re.finditer(NAME, before)]
    known = dict.fromkeys([*own, *functions(), f"{ITERATE}(", *NAMED_CONSTANTS])
    return [name for name in known if name not in KEYWORDS]


def variables_of(expression: str | None, *, has_parts: bool = False, is_latex: bool = False) -> list[str]:
    """The variables of an expression, and what its statements compute if it `has_parts`; none of a wrong one."""
    from backprop.autodiff.errors import ExpressionError
    from backprop.cli.question.expression import of_either_kind

    try:
        graph = of_either_kind(expression or "0", is_latex=is_latex)
    except ExpressionError:
        return []
    return list(dict.fromkeys([*graph.variables, *(graph.names if has_parts else ())]))


def expression_in(path: str) -> str | None:
    """The expression in a file, None where it is not a plain file: a pipe is not for us to read."""
    if not os.path.isfile(path):
        return None
    with open(path, encoding="utf-8-sig") as stream:
        return stream.read(MOST_READ)


def value_files(start: str) -> list[str]:
    """`@weights.npy`: the files that a value can be read from, and folders."""
    import glob

    from backprop.cli.question.value_files import READERS

    paths = glob.glob(glob.escape(start.removeprefix("@")) + "*")
    folders = [f"@{path}{os.sep}" for path in paths if os.path.isdir(path)]
    return sorted([*folders, *(f"@{path}" for path in paths if path.lower().endswith(tuple(READERS)))])


def columns_of(path: str | None, format: str | None) -> list[str]:
    """The names in the header of a file of rows; none where it is not a file of text, or not a file at all."""
    from backprop.cli.output.formats import read_format

    format = format or read_format(path) or "csv"
    if path is None or not os.path.isfile(path) or format not in ("csv", "tsv", "ndjson"):
        return []
    from backprop.cli.batch.input.source import CHUNK, Source

    source = Source(path)
    if format == "ndjson":
        import json

        return [str(name) for name in json.loads(source.read(CHUNK).partition(b"\n")[0])]
    from backprop.cli.batch.formats.delimited import Delimited
    from backprop.cli.batch.formats.dialect import DIALECTS
    from backprop.cli.batch.input.blocks import BlockReader

    form = Delimited(DIALECTS[format])
    form.read_header(BlockReader(source, form.cut).take_first(CHUNK))
    return [heading.strip() for heading in form.header]
