"""What differs between the languages into which translation.py takes routines, and what several have in common."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping

from backprop.autodiff.named_tuple import NamedTuple
from backprop.parser.printers.routines import BOOL, FLOAT, INT, LIST, NOTHING

RESULTS = (FLOAT, INT, BOOL, NOTHING)


class Syntax(NamedTuple):
    """What differs between languages; each member is a text with places, by kind where it is a mapping of kinds.

    `heads` and `ends` enclose a routine by the kind of its result. `given` declares its parameters inside, where the
    head does not, `locals` a number of its own. `functions` spells those of `math` and of Python that are not `library`
    and their name. `conversions` says how a number of one kind becomes one of another where the language does not do so
    by itself. `cleared` fills a list with zeros where `room` does not. `first` is the index of a list's first entry,
    `place` makes a number an index. `lent` is a list that is handed on; `lists_last` says that lists stand behind
    numbers, for which they may be asked. `unasked` is a call of which nobody takes the answer. Where `choice` is None,
    statements make it; where `copies` is not, lists are copied, and it takes what a call changes:
    `[answer, list] = f(list)`. `whole` spells the remainder of whole numbers, `alike` asks whether two truth values
    are equal.
    """

    margin: str
    heads: Mapping[str, str]
    parameters: Mapping[str, str]
    locals: Mapping[str, str]
    table: str
    room: str
    loop: str
    library: str
    functions: Mapping[str, str]
    constants: Mapping[str, str]
    ends: Mapping[str, str] = dict.fromkeys(RESULTS, "}}")
    given: Mapping[str, str] = {}
    conversions: Mapping[tuple[str, str], str] = {}
    number: Callable[[float], str] = repr
    cleared: str = ""
    item: str = "{}[{}]"
    place: str = "{}"
    first: int = 0
    lent: str = "{}"
    lists_last: bool = False
    assignment: str = "{} = {};"
    change: str = "{0} {1}= {2};"
    call: str = "{};"
    unasked: str = "{};"
    answer: str = "return {};"
    leave: str = "return;"
    branch: str = "if ({}) {{"
    otherwise: str = "}} else {{"
    repeat: str = "while ({}) {{"
    end: str = "}"
    loop_end: str = "}"
    choice: str | None = "({} ? {} : {})"
    copies: str | None = None
    both: str = " && "
    either: str = " || "
    negation: str = "!{}"
    truths: tuple[str, str] = ("0", "1")
    whole: str = "{} % {}"
    product: str = "{} * {}"
    alike: str = "=="
    comparisons: Mapping[type[ast.cmpop], str] = {}


UNTYPED = dict.fromkeys((FLOAT, INT, LIST), "{}")  # parameters without a declaration
# Where what `math` has and Python has as its own are the language's, or helpers of these names.
SHARED_FUNCTIONS = {
    "max": "max({}, {})",
    "min": "min({}, {})",
    "fabs": "abs({})",
    "pow": "own_pow({}, {})",
    "fmod": "own_remainder({}, {})",
    "copysign": "own_copysign({}, {})",
}
CONSTANTS = {"inf": "Inf", "nan": "NaN", "pi": repr(math.pi)}
# A language whose blocks close by `end`, and whose lists begin with 1.
WITH_END = Syntax(
    margin="    ",
    heads=dict.fromkeys(RESULTS, "function {0}({1})"),
    ends=dict.fromkeys(RESULTS, "end"),
    parameters=UNTYPED,
    locals={},
    table="{0} = [{1}]",
    room="{0} = zeros({1})",
    loop="for {name} = ({first}):({step}):({end})",
    first=1,
    branch="if {}",
    otherwise="else",
    repeat="while {}",
    end="end",
    loop_end="end",
    truths=("false", "true"),
    library="{}",
    functions=SHARED_FUNCTIONS,
    constants=CONSTANTS,
)
