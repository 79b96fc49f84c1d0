"""Comparisons and truth values: 1 for true, 0 for false; whatever is not 0 counts as true."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

from backprop.autodiff.declaration.gate import Corner, at
from backprop.autodiff.declaration.kinds import Flat
from backprop.autodiff.declaration.notation import AND, COMPARISON, NOT, OR, Infix, Prefix
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.numerics import intervals

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node


class Indicator(Flat):
    """1 for true, 0 for false, as NumPy's test says, which fills a buffer of rows with them by itself."""

    is_indicator = True

    def __init__(self, name: str, test: np.ufunc, **declaration: Any) -> None:
        declaration = {"habit": "stops the gradient: it is 0 or 1", "source": "by definition", **declaration}
        methods = (test, *declaration.pop("methods", ()))
        declaration = {"over_rows": test, "methods": methods, **declaration}
        super().__init__(name, lambda *operands: test(*operands).astype(np.float64), **declaration)


def not_equal_shortcut(x: Node, y: Node) -> Node | None:
    return x if x.gate.is_indicator and y.is_number(0.0) else None


def repeated_shortcut(x: Node, y: Node) -> Node | None:
    return x if x is y and x.gate.is_indicator else None


def all_of(*conditions: Node) -> Node:
    """1 where all conditions hold, which numbers among them decide."""
    left = [condition for condition in conditions if not (condition.is_literal and condition.value)]
    never = next((condition for condition in left if condition.is_literal), None)
    return reduce(logical_and, left) if left and never is None else never or conditions[0]


def sign(symbol: str, *others: str, latex: str | None = None) -> Infix:
    return Infix(symbol, COMPARISON, associates="none", others=others, latex=latex)


def comparison(name: str, test: np.ufunc, notation: Infix, value_at_tie: float, **more: Any) -> Flat:
    symbol = notation.symbol
    return Indicator(
        name,
        test,
        operands=("x", "y"),
        notation=notation,
        summary=f"1 where x {symbol} y, else 0",
        samples=(at(2.0, -3.0), at(-3.0, 2.0)),
        corners=(Corner((2.0, 2.0), value_at_tie, (0.0, 0.0)),),
        **{"enclosure": intervals.steps, **more},
    )


less = comparison("less", np.less, sign("<"), 0.0)
less_equal = comparison("less_equal", np.less_equal, sign("<=", "≤", latex=r"\le"), 1.0)
greater = comparison("greater", np.greater, sign(">"), 0.0)
greater_equal = comparison("greater_equal", np.greater_equal, sign(">=", "≥", latex=r"\ge"), 1.0)
equal = comparison("equal", np.equal, sign("==", latex="="), 1.0, enclosure=intervals.equality(1.0))
not_equal = comparison(
    "not_equal",
    np.not_equal,
    sign("!=", "≠", latex=r"\ne"),
    0.0,
    shortcut=not_equal_shortcut,
    enclosure=intervals.equality(0.0),
)

logical_and = Indicator(
    "and",
    np.logical_and,
    operands=("x", "y"),
    notation=Infix("and", AND, latex=r"\land"),
    shortcut=repeated_shortcut,
    enclosure=intervals.within(0.0, 1.0),
    summary="1 where both are nonzero, else 0",
    samples=(at(2.0, -3.0), at(2.0, 0.0)),
)
logical_or = Indicator(
    "or",
    np.logical_or,
    operands=("x", "y"),
    notation=Infix("or", OR, latex=r"\lor"),
    shortcut=repeated_shortcut,
    enclosure=intervals.within(0.0, 1.0),
    summary="1 where one of them is nonzero, else 0",
    samples=(at(2.0, -3.0), at(0.0, 0.0)),
)
logical_not = Indicator(
    "not",
    np.logical_not,
    notation=Prefix("not ", NOT, latex=r"\lnot "),
    methods=("not",),
    enclosure=intervals.within(0.0, 1.0),
    summary="1 where x is 0, else 0",
    samples=(at(2.0), at(0.0)),
)
