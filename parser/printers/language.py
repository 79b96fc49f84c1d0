"""What the printers of code know of a language: its spellings, and what it puts into the frames of its functions."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from backprop.autodiff.declaration.gate import Gate
from backprop.autodiff.declaration.notation import ATOM, UNARY, Template
from backprop.autodiff.graph import Node
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.shapes import Shape

LONGEST_RESULT = 90  # characters of an expression that is a result


class Body(NamedTuple):
    """The parts of a function: its parameters, the assignments in their order and the results."""

    name: str
    parameters: tuple[str, ...]
    assignments: tuple[tuple[str, str], ...]
    results: tuple[str, ...]

    def lines(self, form: str) -> str:
        """The assignments in the language's form, `{} = {}`."""
        return "".join([form.format(name, text) for name, text in self.assignments])


class GeneratedFunction(NamedTuple):
    """What a language puts into its frame: texts for the value and for the gradient by each of its variables.

    They are lists, as deep as it has axes, where a language computes each entry of an array; the gradient of an array
    is that of the sum of its entries. `shapes` are those of the parameters, `spelled` gives each variable's name in the
    code, `helpers` the functions that it calls, the called ones first.
    """

    body: Body
    value: Any
    is_array: bool
    gradient: Mapping[str, Any]
    shapes: tuple[Shape, ...]
    spelled: Mapping[str, str]
    helpers: tuple[str, ...]

    @property
    def summary(self) -> str:
        gradient = "the gradient of the sum of its entries" if self.is_array else "its gradient"
        return f"The value, and {gradient} by the name of the variable."

    @property
    def renamed(self) -> list[tuple[str, str]]:
        """The variables that could not keep their name."""
        return [(old, new) for old, new in self.spelled.items() if old != new]

    @property
    def results(self) -> list[tuple[str, str]]:
        """The value and the gradient as columns: the name of each entry, and its text."""
        named = [("value", self.value), *[(f"grad_{name}", texts) for name, texts in self.gradient.items()]]
        arrays = [(name, np.array(texts, dtype=object)) for name, texts in named]
        return [(column(name, place), str(array[place])) for name, array in arrays for place in np.ndindex(array.shape)]


def no_library(_gate: Gate) -> None:
    """The `library` of a language whose functions are all spelled."""


def setting_from_zero(value: Any) -> str:
    """An attribute in a call; the place of an entry as what stands between its outer brackets, `0][1`."""
    return "][".join(map(str, value)) if isinstance(value, tuple) else repr(value)


def setting_in_pair(value: Any) -> str:
    """The same where one pair of brackets has all indexes, `0, 1`."""
    return ", ".join(map(str, value)) if isinstance(value, tuple) else repr(value)


def setting_from_one(value: Any) -> str:
    """The same where the first entry has the index 1, and one pair of brackets has all indexes."""
    return ", ".join([str(index + 1) for index in value]) if isinstance(value, tuple) else repr(value)


class Language(NamedTuple):
    """How a language spells numbers, operators and functions, and the frames of its functions.

    `spellings` gives what a gate is written as by its name in math libraries, or its own where it has none there;
    `library` names the function of the language's libraries that computes another; `helpers` gives the source of each
    function that templates may call, or that is called as `helper_name` calls that of a gate. `routine` writes a
    routine of numbers and `helper` a function of one gate; they are None where there can be none. Helpers may call
    `routines`. `forms` are the graphs that stand for gates of these names where the language does not have them, and
    `rewrite` changes the whole before it is written. `reserved` are names that no variable may have, `family` those of
    a kind, such as a compiler's macros, `taken` those that no function may have either; `is_caseless` says that `x` and
    `X` are one name. `minus` is how tightly a sign binds. `arrays` spells a constant array, and is None where arrays
    are written entry by entry; `setting` spells an attribute of a gate. `run_by` is what the tests run it by, empty
    where nothing does. `lacks` tells the nodes that it cannot compute though it has their gate, and is None where there
    are none. The defaults are what most languages have.
    """

    name: str
    title: str
    spellings: Mapping[str, str | Template]
    helpers: Mapping[str, str]
    reserved: frozenset[str]
    number: Callable[[float], str]
    frame: Callable[[GeneratedFunction], str]
    library: Callable[[Gate], str | None] = no_library
    operators: frozenset[str] = frozenset("+-*/")
    constants: Mapping[str, str] = MappingProxyType({})
    helper: Callable[[Body], str] | None = None
    helper_name: str = "own_{}"
    routine: Callable[[Callable[..., float], Callable[..., str]], str] | None = None
    routine_name: str = "special_{}"
    routine_call: str = "{}({})"
    routines: tuple[Callable[..., Any], ...] = ()
    taken: frozenset[str] = frozenset()
    family: re.Pattern[str] | None = None
    is_caseless: bool = False
    minus: int = UNARY
    run_by: str = ""
    lacks: Callable[[Node], bool] | None = None
    arrays: Callable[[Any], str] | None = None
    setting: Callable[[Any], str] = setting_from_zero
    forms: Mapping[str, Callable[..., Any]] = MappingProxyType({})
    rewrite: Callable[[list[Any]], list[Any]] = list


def listed(entries: Sequence[str], margin: str, space: str = "") -> str:
    """The entries of a record: on one line where that is short, else each on its own behind `margin`."""
    line = ", ".join(entries)
    if len(line) <= LONGEST_RESULT:
        return f"{space}{line}{space}"
    return "".join(f"\n{margin}{entry}," for entry in entries) + "\n" + margin[: len(margin) // 2]


def column(name: str, place: Sequence[int]) -> str:
    """The column of an entry, `W[0][1]`."""
    return "".join([name, *[f"[{index}]" for index in place]])


def truths(
    form: str,
    *,
    precedence: int = ATOM,
    zero: str = "0",
    both: str = "&&",
    either: str = "||",
    equal: str = "==",
    differs: str = "!=",
) -> dict[str, str | Template]:
    """The spellings of comparisons and of what connects truth values: `form` makes a number of one."""
    signs = {"less": "<", "less_equal": "<=", "greater": ">", "greater_equal": ">="}
    signs |= {"equal": equal, "not_equal": differs}
    texts = {name: f"{{0}} {sign} {{1}}" for name, sign in signs.items()}
    for name, sign in (("and", both), ("or", either)):
        texts[name] = f"{{0}} {differs} {zero} {sign} {{1}} {differs} {zero}"
    texts["not"] = f"{{0}} {equal} {zero}"
    return {name: Template(form.format(text), precedence) for name, text in texts.items()}


def entries(
    name: str, texts: Any, item: str = "{}[{}]", setting: Callable[[Any], str] = setting_from_zero
) -> list[tuple[str, str]]:
    """The name and the text of each entry."""
    array = np.array(texts, dtype=object)
    if not array.shape:
        return [(name, str(texts))]
    return [(item.format(name, setting(place)), str(array[place])) for place in np.ndindex(array.shape)]


def from_math(spelled: Callable[[str], str | None]) -> Callable[[Gate], str | None]:
    """The `library` of a language that has the functions of other math libraries, under that spelling."""
    return lambda gate: spelled(gate.code["math"]) if "math" in gate.code else None


def number(value: float, *, infinity: str, nan: str, digits: Callable[[float], str] = repr) -> str:
    """A double that reads back as itself, in the language's words for those that are not finite."""
    if math.isfinite(value):
        return digits(float(value))
    return nan if math.isnan(value) else infinity if value > 0 else f"-{infinity}"


def words(text: str) -> tuple[str, ...]:
    """The words of a table that is written as text."""
    return tuple(text.split())
