"""NamedTuple for a fraction of what typing's costs at every start, where a command declares sixty of them: typing
compiles each annotation, which nobody reads at run time, and collections what makes the tuples, which is compiled here
with the first of them: most classes never get any. Type checkers see typing's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:
    from collections import _tuplegetter, namedtuple

    # What makes tuples is the last: another thread that makes one by it finds the others, too
    METHODS = ("_make", "_replace", "_asdict", "__repr__", "__getnewargs__", "__new__")

    class Declaration(type):
        """Makes a tuple's class of the class that declares its fields."""

        def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = tuple(body.get("__annotations__", ()))
            defaults = {field: body[field] for field in fields if field in body}
            if tuple(defaults) != fields[len(fields) - len(defaults) :]:
                raise TypeError(f"{name}: a field without a default follows one with a default")

            def first(kind: type, /, *values: Any, **named: Any) -> Any:
                """The first tuple of the class, or of one derived from it. What makes the others is compiled now."""
                whole = namedtuple(name, fields, defaults=defaults.values())  # a class that is let go loses what it has
                given = {*body, *vars(made)} - {*provisional}  # also what the class was given since it was declared
                for method in METHODS:
                    if method not in given:
                        setattr(made, method, vars(whole)[method])
                return made.__new__(kind, *values, **named)

            getters = {field: _tuplegetter(place, None) for place, field in enumerate(fields)}
            own = {"_fields": fields, "_field_defaults": defaults, "__match_args__": fields, "__slots__": ()}
            provisional = {"_make": MAKE, "__new__": first}
            made = type(name, (tuple,), {**provisional, **body, **getters, **own})
            return made

    MAKE = classmethod(lambda cls, values: cls(*values))

    class NamedTuple(metaclass=Declaration):
        """As typing's: the fields are what is annotated, a value is a default. Raises TypeError for one too early."""
