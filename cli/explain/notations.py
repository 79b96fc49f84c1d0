"""The two notations of an explanation: the language of expressions, and LaTeX. Knows symbols, and says nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from backprop.autodiff.declaration.notation import COMPARISON, Infix, Prefix
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.graph import Node
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.shapes import Array
from backprop.cli.explain.formulas import Formula, Symbols, ends_with_operator
from backprop.cli.explain.steps import Given
from backprop.cli.output.numbers import MAXIMUM_FIRST, MAXIMUM_WHOLE, Writer, summary
from backprop.parser.printers.latex import bmatrix, show_latex
from backprop.parser.printers.latex import number as latex_number
from backprop.parser.printers.latex_names import name
from backprop.parser.visible import brief, visible

MAXIMUM_RULE = 40  # characters of a gate's expression inside d(…)/dx; a longer one goes by its label
MAXIMUM_FORMULA = 300  # characters, for the eye
LARGEST_MATRIX = 2  # dimensions
SPECIAL = {  # in LaTeX
    **{character: f"\\{character}" for character in "{}$&#_%"},
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    '"': r"\textquotedbl{}",
    "|": r"\textbar{}",
}


class Code(NamedTuple):
    """A piece of a formula, in its notation."""

    text: str


class Quantity(NamedTuple):
    """A number in a line: the value of `node`, of kind `value`, `gradient` or `local`.

    `is_tight`: it stands where a negative number needs parentheses, as the base of a power does.
    """

    node: Node | None
    value: Array
    kind: str
    is_tight: bool = False


Piece = str | Code | Quantity  # a str is prose
Line = tuple[Piece, ...]


EQUALS = Code(" = ")


class Plain:
    """The language of expressions."""

    abbreviates = True  # a derivative's name: dq for df/dq
    times = " * "
    entrywise = " * "

    def label(self, text: str) -> str:
        return visible(text)

    def derivative(self, label: str, symbols: Symbols) -> str:
        return symbols.derivative_word(label)

    def formula(self, formula: Formula) -> str:
        text = brief(visible(formula.text), MAXIMUM_FORMULA)
        return f"({text})" if is_loose(formula.node) else text

    def verbatim(self, text: str) -> str:
        """What the user wrote, or a declaration says, in the language of expressions."""
        return brief(visible(text), MAXIMUM_FORMULA)

    def local(self, rule: str, operand: str, symbols: Symbols) -> str:
        """The name of a local derivative: `d(x + y)/dx`."""
        return f"d({rule})/{self.derivative(operand, symbols)}"

    def with_numbers(self, formula: Formula, given: Mapping[Node, Given]) -> Iterator[Piece]:
        """The formula with numbers in place of its symbols."""
        is_bracketed = is_loose(formula.node)
        yield Code("(" * is_bracketed)
        parts = formula.symbols.parts(formula.node)
        for before, part, after in zip(["", *parts], parts, [*parts[1:], ""], strict=False):
            if isinstance(part, str):
                yield Code(part)
            elif part in given:
                is_base = isinstance(after, str) and after.startswith("^")
                yield Quantity(*given[part], is_base or ends_with_operator(before))
            else:
                yield Code(self.verbatim(formula.names.texts[part]))
        yield Code(")" * is_bracketed)

    def quantity(self, quantity: Quantity, write: Writer) -> str:
        text = summary(quantity.value, write)
        return f"({text})" if quantity.is_tight and text.startswith("-") else text

    def text(self, piece: Piece, write: Writer) -> str:
        """Any piece of a line."""
        if isinstance(piece, Quantity):
            return self.quantity(piece, write)
        return piece.text if isinstance(piece, Code) else visible(piece)

    def line(self, line: Line, write: Writer) -> str:
        return "".join([self.text(piece, write) for piece in line])


class Latex:
    """LaTeX mathematics."""

    abbreviates = False
    times = r" \cdot "
    entrywise = r" \odot "

    def label(self, text: str) -> str:
        return name(text)

    def derivative(self, label: str, symbols: Symbols) -> str:
        return symbols.derivative_latex(label)

    def formula(self, formula: Formula) -> str:
        try:
            text = formula.latex
        except ExpressionError:  # an array of more than two dimensions
            return r"\dots"
        return rf"\left[{text}\right]" if is_loose(formula.node) else text

    def verbatim(self, text: str) -> str:
        return rf"\texttt{{{escaped(brief(visible(text), MAXIMUM_FORMULA))}}}"

    def local(self, rule: str, operand: str, symbols: Symbols) -> str:
        return rf"\frac{{\partial}}{{\partial {name(operand)}}} \left({rule}\right)"

    def with_numbers(self, formula: Formula, given: Mapping[Node, Given]) -> Iterator[Piece]:
        twins = formula.named()
        node = twins[formula.node]
        numbers = list(given.values())
        marks = {twins[symbol]: mark(place, symbol) for place, symbol in enumerate(given) if symbol in twins}
        text = marks[node] if node in marks else show_latex(node, marks)
        text = rf"\left[{text}\right]" if is_loose(node) else text
        for is_number, piece in enumerate(re.split(MARK, text)):
            yield Quantity(*numbers[int(piece)], True) if is_number % 2 else Code(piece)

    def quantity(self, quantity: Quantity, write: Writer) -> str:
        value = quantity.value
        if not np.ndim(value):
            text = latex_scalar(float(value), write)
            return rf"\left({text}\right)" if quantity.is_tight and text.startswith("-") else text
        if np.size(value) > MAXIMUM_WHOLE or np.ndim(value) > LARGEST_MATRIX or not np.size(value):
            first = [latex_scalar(float(number), write) for number in np.asarray(value).flat[:MAXIMUM_FIRST]]
            size = r" \times ".join(map(str, np.shape(value)))
            return rf"\left[{', '.join(first)}, \dots\right]_{{{size}}}"
        rows = np.asarray(value).reshape(np.shape(value)[0], -1)
        return bmatrix([latex_scalar(float(number), write) for number in row] for row in rows)


PLAIN, LATEX = Plain(), Latex()
Notation = Plain | Latex


def is_loose(node: Node) -> bool:
    """Whether it needs brackets beside an equals sign: `n1 = (x > 0)`."""
    notation = node.gate.notation
    return isinstance(notation, (Infix, Prefix)) and notation.precedence <= COMPARISON


MARK = "0?\1([0-9]+)\2"


def mark(position: int, symbol: Node) -> str:
    """What stands for a number until it is written; a scalar's begins with a digit, so that it gets a dot before it."""
    return f"\1{position}\2" if symbol.shape else f"0\1{position}\2"


def latex_scalar(value: float, write: Writer) -> str:
    return latex_number(float(write(value)))[0]


def escaped(text: str) -> str:
    """The text so that LaTeX prints it as it is."""
    return "".join(SPECIAL.get(character, character) for character in text)
