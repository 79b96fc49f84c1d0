"""Values from --vars files: JSON objects, whose members are read when somebody asks for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from backprop.autodiff.shapes import Array
from backprop.cli.question.value_files import reason_of, wrong
from backprop.cli.status import Failure


class VarsFiles(Mapping[str, Array]):
    """The values of --vars files by name, numbers, nested lists, or texts that `read` reads.

    Each is read when somebody asks for it: what nobody needs may be anything. That raises ExpressionError or Failure.
    A name that they lack may have a value among `more`.
    """

    def __init__(self, read: Callable[[str, str], Array], more: Mapping[str, Array]) -> None:
        self._read = read
        self._more = more
        self._members: dict[str, tuple[str, str, Any]] = {}  # the path, the name as it is there, and what it holds

    def add(self, path: str, name: str, key: str, value: Any) -> None:
        """Take a member of a file. Raises Failure where the name has a value already."""
        if name in self._members:
            raise Failure(f"--vars {path}: {key} is given twice", "omit one of the two")
        self._members[name] = path, key, value

    def __getitem__(self, name: str) -> Array:
        if name not in self._members:
            return self._more[name]
        return member_value(*self._members[name], self._read)

    def __iter__(self) -> Iterator[str]:
        return iter({**self._more, **self._members})

    def __len__(self) -> int:
        return len({**self._more, **self._members})

    def __contains__(self, name: object) -> bool:
        return name in self._members or name in self._more


def read_vars_file(path: str) -> dict[str, Any]:
    """The JSON object in a file, or in stdin for `-`. Raises Failure."""
    from backprop.cli.question.value_json import load

    try:
        members = load(path)
    except (OSError, ValueError) as error:
        raise Failure(f"--vars {path}: {reason_of(error)}") from None
    if not isinstance(members, dict):
        raise Failure(
            f"--vars {path}: it does not hold an object", 'write one value for each name: {"x": 1, "y": [2, 3]}'
        )
    return members


def member_value(path: str, name: str, value: Any, read: Callable[[str, str], Array]) -> Array:
    """The value of a member of a --vars file. Raises ExpressionError or Failure."""
    from backprop.cli.question.value_json import as_array

    if isinstance(value, str):
        if value.startswith("@"):
            raise wrong(name, path, f"{value[:40]!r} would open a file", f"give it on the command line: {name}=@FILE")
        return read(name, value)
    try:
        return as_array(value)
    except ValueError as error:
        raise wrong(name, path, str(error), None) from None
