"""NamedTuple for a fraction of what typing's costs at every start, where a command declares sixty of them: typing
compiles each annotation, which nobody reads at run time, and collections what makes the tuples, which is compiled here
when a class has many: most get a few or none. Type checkers see typing's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:
    from collections import _tuplegetter, namedtuple

    MANY = 200  # tuples, for which it takes as long to be made without what is compiled as to compile it

    class Declaration(type):
        """Makes a tuple's class of the class that declares its fields."""

        def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = tuple(body.get("__annotations__", ()))
            defaults = {field: body[field] for field in fields if field in body}
            if tuple(defaults) != fields[len(fields) - len(defaults) :]:
                raise TypeError(f"{name}: a field without a default follows one with a default")
            width, rest = len(fields), MANY

            def one_of_few(kind: type, /, *values: Any, **named: Any) -> Any:
                """A tuple of the class, or of one derived from it."""
                nonlocal rest
                rest -= 1
                if rest > 0:
                    if len(values) == width and not named:
                        return tuple.__new__(kind, values)
                    placed = dict(zip(fields, values, strict=False))
                    whole = {**defaults, **placed, **named}
                    is_fitting = len(placed) == len(values) and placed.keys().isdisjoint(named)
                    if is_fitting and whole.keys() == {*fields}:
                        return tuple.__new__(kind, [whole[field] for field in fields])
                made.__new__ = namedtuple(name, fields, defaults=defaults.values()).__new__
                return made.__new__(kind, *values, **named)  # it also says what does not fit

            getters = {field: _tuplegetter(place, None) for place, field in enumerate(fields)}
            own = {"_fields": fields, "_field_defaults": defaults, "__match_args__": fields, "__slots__": ()}
            made = type(name, (tuple,), {**METHODS, "__new__": one_of_few, **body, **getters, **own})
            return made

    def make(kind: type, values: Iterable[Any]) -> Any:
        return kind(*values)

    def replace(self: Any, /, **changed: Any) -> Any:
        whole = self._make(map(changed.pop, self._fields, self))
        if changed:
            raise ValueError(f"no fields: {', '.join(changed)}")
        return whole

    def as_dict(self: Any) -> dict[str, Any]:
        return dict(zip(self._fields, self, strict=True))

    def shown(self: Any) -> str:
        return f"{type(self).__name__}({', '.join(f'{field}={value!r}' for field, value in as_dict(self).items())})"

    METHODS = {
        "_make": classmethod(make),
        "_replace": replace,
        "_asdict": as_dict,
        "__repr__": shown,
        "__getnewargs__": lambda self: tuple(self),
    }

    class NamedTuple(metaclass=Declaration):
        """As typing's: the fields are what is annotated, a value is a default. Raises TypeError for one too early."""
