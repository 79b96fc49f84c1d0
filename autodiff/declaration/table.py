"""What finds a gate: its name, an operator, a method of Node or a function of NumPy's. Declarations enter it here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from backprop.autodiff.declaration.gate import Gate


class Declared(dict[Any, "Gate"]):
    """Gates by what finds them. One that is missed has its family declared, where it is known, else all of them."""

    def __missing__(self, key: Any) -> Gate:
        if callable(key):
            return self[of_numpy(key)]
        # Here, not above: nodes are made of gates and gates of nodes. This is the only circle of imports.
        from backprop.autodiff import gates

        gates.declare(key)
        if key not in self:
            gates.all_declared()
        if key not in self:
            raise KeyError(key)
        return self[key]


def of_numpy(function: Any) -> tuple[str, str]:
    """What finds the gate of a function of NumPy's, which may be held by its name alone."""
    return ("numpy", function.__name__)


METHODS = Declared()  # what operators, methods of Node and NumPy's functions build of nodes
NAMED = Declared()  # those of the table, and the leaves, by their names


def gate_named(name: str) -> Gate:
    """The gate of the table, or the leaf, of that name. Raises KeyError."""
    return NAMED[name]
