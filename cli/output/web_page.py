"""A page in one file: a template with its parts, its style and its script. Knows nothing of what it shows."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files


def resource(package: str, name: str) -> str:
    """A file beside the package's modules."""
    return files(package).joinpath("page_parts", name).read_text("utf-8")


def assembled(template: str, parts: dict[str, str], style: str, script: str) -> str:
    """The template with its parts, the style and the script. Nothing but these two may run or be loaded."""
    parts = parts | {"style": style, "script": script, "style_hash": hashed(style), "script_hash": hashed(script)}
    pieces = template.split("{{")
    page = [pieces[0]]
    for piece in pieces[1:]:
        name, _, rest = piece.partition("}}")
        page += [parts[name], rest]
    return "".join(page)


def hashed(text: str) -> str:
    """What a content security policy calls a piece of code that may run."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
