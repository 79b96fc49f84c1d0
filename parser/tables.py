"""The grammar's tables: built by Lark, cached between runs. Knows what a cache may be trusted with, no language."""

from __future__ import annotations

import functools
import hashlib
import marshal
import os
import stat
import sys
import tempfile
from typing import Any, cast

from lark import Lark
from lark import __version__ as lark_version
from lark.grammar import Rule
from lark.lexer import TerminalDef

from backprop.parser.lexer import ExpressionLexer

START = "statements"
FOLDER = "backprop"
LAYOUT = 1  # of the file, whose first line is the digest of what follows it


def parser(callbacks: object) -> Lark:
    """A parser that calls the methods of `callbacks` named in the grammar as it reduces."""
    tables = _tables()
    lark = Lark._load_from_dict(  # type: ignore[no-untyped-call]  # what Lark's own standalone parsers call
        tables["data"], tables["memo"], transformer=callbacks, _plugins={"BasicLexer": ExpressionLexer}
    )
    return cast("Lark", lark)


def lexer(lark: Lark) -> ExpressionLexer:
    """The lexer of a parser."""
    return cast("ExpressionLexer", lark.parser.lexer)


def grammar_text() -> str:
    with open(os.path.join(os.path.dirname(__file__), "grammar.lark"), encoding="utf-8") as file:
        return file.read()


def build(text: str) -> dict[str, Any]:
    """Lark's tables of the grammar as plain data: what its own cache would pickle."""
    lark = Lark(text, start=START, parser="lalr", lexer="basic", maybe_placeholders=False)
    data, memo = lark.memo_serialize([TerminalDef, Rule])
    return {"data": plain(data), "memo": plain(memo)}


def plain(value: Any) -> Any:
    """The same data of the plain types alone: some versions of Lark leave tokens, a kind of string, in it."""
    if isinstance(value, dict):
        return {plain(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    return str(value) if isinstance(value, str) else value


@functools.cache
def _tables() -> dict[str, Any]:
    text = grammar_text()
    path = cache_path(text)
    tables = load(path) if path else None
    if tables is None:
        tables = build(text)
        if path:
            save(path, tables)
    return tables


def cache_path(text: str) -> str | None:
    """Where this grammar's tables are kept for this Lark and this Python; None where there is no home."""
    key = f"{LAYOUT} {lark_version} {sys.implementation.cache_tag} {marshal.version} {text}"
    digest = hashlib.sha256(key.encode()).hexdigest()[:32]
    if sys.platform == "win32":
        folder = os.environ.get("LOCALAPPDATA", "")
    else:
        folder = os.environ.get("XDG_CACHE_HOME", "")
        if not os.path.isabs(folder):
            folder = os.path.join(os.environ.get("HOME", ""), ".cache")
    return os.path.join(folder, FOLDER, f"grammar-{digest}") if os.path.isabs(folder) else None


def load(path: str) -> dict[str, Any] | None:
    """The tables in a file of the user's own that nobody else can write, and that is whole; else None."""
    try:
        if not is_private(os.stat(path)):
            return None
        with open(path, "rb") as file:
            if not is_private(os.fstat(file.fileno())):
                return None
            digest, _, content = file.read().partition(b"\n")
        if digest != hashlib.sha256(content).hexdigest().encode():
            return None
        return cast("dict[str, Any]", marshal.loads(content))
    except (OSError, ValueError, EOFError, TypeError):
        return None


def is_private(status: os.stat_result) -> bool:
    if not stat.S_ISREG(status.st_mode):
        return False
    return sys.platform == "win32" or (status.st_uid == os.getuid() and not status.st_mode & 0o022)


def save(path: str, tables: dict[str, Any]) -> None:
    """Write the tables at once or not at all; a folder that cannot be written is not an error."""
    content = marshal.dumps(tables)
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path))
        try:
            with open(handle, "wb") as file:
                file.write(hashlib.sha256(content).hexdigest().encode() + b"\n" + content)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError:
        pass
