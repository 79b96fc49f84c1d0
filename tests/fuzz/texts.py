"""Random texts: expressions from the grammar, the values of variables, and what a slip of the hand makes of a text.

Everything is drawn from the generator that is handed in: the same seed gives the same texts.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from backprop.autodiff.declaration.gate import REQUIRED
from backprop.autodiff.gates import FUNCTIONS

NAMES = ("x", "y", "z", "A", "w_1", "ä", "t", "e")
NUMBERS = (
    "0", "1", "2", "3", "-1", "0.5", "1e-3", ".5", "2.", "1_000", "1e308", "1e400", "5e-324", "1e-200", "1e200",
    "100000000000000000000", "0.1", "6.02e23", "pi", "e", "inf", "nan", "∞", "τ",
)  # fmt: skip
OPERATORS = (
    "+",
    "-",
    "*",
    "/",
    "^",
    "**",
    "%",
    "//",
    "@",
    "<",
    "<=",
    ">",
    ">=",
    "==",
    "!=",
    " and ",
    " or ",
    "·",
    "÷",
    "\u2212",
)
ARRAYS = ("[1,2,3]", "[[1,2],[3,4]]", "[0,0]", "[[1,2,3],[4,5,6]]", "[]", "[[[1,2],[3,4]],[[5,6],[7,8]]]", "eye(2)")
INDICES = ("0", "-1", "1:", ":", "0,1", ":,0", "::2", "1:3", "0,:,1", "::-1", "5", "x", "0.5", "")
WHOLE = ("0", "1", "2", "1", "2", "-1", "3", "-1e19", "1e9", "99999999999999999999", "0.5")
VALUES = (
    "0", "1", "-1", "2", "0.5", "-2.5", "1e-300", "1e300", "inf", "nan", "-0", "pi/2", "1e400", "x", "", " ", "1 2",
    "1_0", "100_1", "0x1F", "٣", "@", "@rows.csv", "@values.json", "@none.npy", "@rows.npy", "zeros(3)", "[1,[2]]",
    "arange(3)", "arange(-1e19)", "1/0", "sqrt(-1)", "--x", "[1,2", "'1'", *ARRAYS,
)  # fmt: skip
STRANGE = (
    "\0\t\n\r\x1b\x7f\u00a0\u200b\u2028\ufeff½²³√π∞≤≠·\u00d7÷\u2212\uff11\uff58🙂\udcff"
    "'\"`$\\{}()[]<>;:,.=#@!?&|~%^*/+-_ 0123456789eETjJlLxnif"
)


def number(random: Random) -> str:
    if random.random() < 0.7:
        return random.choice(NUMBERS)
    return repr(random.choice((-1, 1)) * random.random() * 10.0 ** random.randint(-20, 20))


def expression(random: Random, size: int) -> str:
    """An expression of about `size` operators and calls, right by the grammar and often wrong by its shapes."""
    if size <= 0:
        draw = random.random()
        if draw < 0.6:
            return random.choice(NAMES[:3] if draw < 0.5 else NAMES)
        return number(random) if draw < 0.93 else random.choice(ARRAYS)
    form = random.choices(FORMS, WEIGHTS)[0]
    return form(random, size - 1)


def parts(random: Random, size: int, count: int) -> list[str]:
    """So many expressions that share the size."""
    cuts = sorted(random.randint(0, size) for _ in range(count - 1))
    return [expression(random, high - low) for low, high in zip([0, *cuts], [*cuts, size], strict=True)]


def binary(random: Random, size: int) -> str:
    left, right = parts(random, size, 2)
    return random.choice(("({} {} {})", "{} {} {}", "{}{}{}")).format(left, random.choice(OPERATORS), right)


def call(random: Random, size: int) -> str:
    name = random.choice(sorted(FUNCTIONS))
    gate = random.choice(FUNCTIONS[name])
    most = gate.least_operands + 2 if gate.most_operands is None else gate.most_operands
    count = random.randint(gate.least_operands, most) if random.random() < 0.95 else random.randint(0, 4)
    given = parts(random, size, count) if count else []
    for setting, attribute in gate.attributes.items():
        if attribute.default is REQUIRED or random.random() < 0.4:
            whole = random.choice(WHOLE)
            given.append(f"{setting}={whole}" if random.random() < 0.6 else whole)
    return f"{name}({', '.join(given)})"


def differentiated(random: Random, size: int) -> str:
    return f"grad({expression(random, size)}, {random.choice(NAMES[:3])})"


def indexed(random: Random, size: int) -> str:
    return f"({expression(random, size)})[{random.choice(INDICES)}]"


def array(random: Random, size: int) -> str:
    return f"[{', '.join(parts(random, size, random.randint(1, 3)))}]"


def conditional(random: Random, size: int) -> str:
    return "({} if {} > {} else {})".format(*parts(random, size, 4))


def postfixed(random: Random, size: int) -> str:
    return random.choice(("-{}", "not {}", "√{}", "({}).T", "({})²", "({})³", "+{}", "({})")).format(
        expression(random, size)
    )


FORMS: tuple[Callable[[Random, int], str], ...] = (
    binary, call, differentiated, indexed, array, conditional, postfixed,
)  # fmt: skip
WEIGHTS = (8, 8, 1, 1, 1, 1, 2)


def statements(random: Random, size: int) -> str:
    """An expression, or assignments and functions of one's own before it."""
    lines = []
    while random.random() < 0.25:
        name = random.choice(("q", "r", "x", "π", "sq"))
        head = random.choice((name, f"{name}(t)", f"{name}(t, x)"))
        lines.append(f"{head} = {expression(random, size // 2)}")
    last = expression(random, size)
    if lines and random.random() < 0.8:
        last = f"{lines[-1].partition(' =')[0]} + {last}"
    return random.choice(("; ", "\n", ";")).join([*lines, last]) + random.choice(("", "", "", " # note", ";"))


def slip(random: Random, text: str) -> str:
    """The text with something left out, doubled, moved, put in or repeated many times."""
    start, end = sorted((random.randint(0, len(text)), random.randint(0, len(text))))
    chunk = text[start:end]
    match random.randrange(6):
        case 0:
            return text[:start] + text[end:]
        case 1:
            return text[:end] + chunk + text[end:]
        case 2:
            return text[:start] + random.choice(STRANGE) + text[start:]
        case 3:
            return text[:start] + random.choice(STRANGE) + text[end:]
        case 4:
            return text[:start] + chunk * random.choice((2, 10, 1000)) + text[end:]
        case _:
            opening = random.choice(("(", "[", "-", "√", "not ", "sin(", "x^", "f(t)=", "1+", "#", "\n"))
            return opening * random.choice((3, 100, 20_000)) + text


def text(random: Random, slips: float = 0.2) -> str:
    """A text for the place of an expression; `slips` says how likely a slip is, and one more after it."""
    written = statements(random, random.choice((0, 1, 1, 2, 2, 3, 4, 8, 16)))
    while random.random() < slips:
        written = slip(random, written)
    return written


def value(random: Random, slips: float = 0.2) -> str:
    """A text for the place of a variable's value."""
    if random.random() < slips:
        return slip(random, random.choice(VALUES))
    draw = random.random()
    if draw < 0.4:
        return number(random)
    return random.choice(ARRAYS[:2] if draw < 0.7 else VALUES)
