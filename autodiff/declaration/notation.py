"""How a gate is written in an expression: data that the printers read. Computes and prints nothing."""

from __future__ import annotations

from backprop.autodiff.named_tuple import NamedTuple

# Python's precedences, loosest first; a printer puts parentheses where an operand binds looser than its place.
TERNARY, OR, AND, NOT, COMPARISON, SUM, PRODUCT, UNARY, POWER, POSTFIX, ATOM = range(11)


class Call(NamedTuple):
    """`name(a, b, axis=0)`."""

    name: str


class Template(NamedTuple):
    """How another language writes a gate, and how tightly that binds: `{0}^{-1}` is a power, a fraction UNARY."""

    text: str
    precedence: int = ATOM  # as one call or one pair of brackets does


class Infix(NamedTuple):
    """`a + b`; `associates` says which side needs no parentheses at the same precedence.

    `others` are the symbols that are read as this one, `latex` is the one of LaTeX, where that is another, and `sign`
    that of a picture.
    """

    symbol: str
    precedence: int
    associates: str = "left"
    others: tuple[str, ...] = ()
    latex: str | None = None
    sign: str | None = None


class Prefix(NamedTuple):
    """`-a`; `sign` is its symbol in a picture, where no operand tells it from that of `a - b`."""

    symbol: str
    precedence: int
    latex: str | None = None
    sign: str | None = None


class Postfix(NamedTuple):
    """`a.T`."""

    symbol: str


class Subscript(NamedTuple):
    """`a[1, 0:2]`, the index being the gate's first attribute."""


class Brackets(NamedTuple):
    """`[a, b]`."""


class Binding(NamedTuple):
    """`name(body, x, a, b)`: a function inside, which is the gate's only setting, its variable, and the operands.

    What the body depends on beside x are the operands behind these, and stand in it. `example` is such a call; `hint`
    says what else somebody may mean who writes another.
    """

    name: str
    example: str
    hint: str = ""

    @property
    def cure(self) -> str:
        """What to write."""
        return f"write f, the variable, and what follows: {self.example}{self.hint and '; '}{self.hint}"


Notation = Call | Binding | Infix | Prefix | Postfix | Subscript | Brackets
