"""NamedTuple for less than half of what typing's costs at every start, where a command declares fifty of them: typing
compiles each annotation, which nobody reads at run time. Type checkers see typing's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:
    from collections import namedtuple

    class Declaration(type):
        """Makes a tuple's class of the class that declares its fields."""

        def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = body.get("__annotations__", {})
            has_default = [field in body for field in fields]
            if has_default != sorted(has_default):
                raise TypeError(f"{name}: a field without a default follows one with a default")
            defaults = [body[field] for field in fields if field in body]
            made = namedtuple(name, fields, defaults=defaults, module=body["__module__"])
            for key, value in body.items():
                if key not in fields:
                    setattr(made, key, value)
            return made

    class NamedTuple(metaclass=Declaration):
        """As typing's: the fields are what is annotated, a value is a default. Raises TypeError for one too early."""
