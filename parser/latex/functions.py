r"""The callbacks of functions in LaTeX: `\sin^2 x`, `\log_{2}(x)`, `\operatorname{J}_{n}(x)`."""

from __future__ import annotations

from typing import Any

import numpy as np

from backprop.autodiff.errors import ExpressionError, Span
from backprop.autodiff.gates import FUNCTIONS
from backprop.autodiff.graph import Node
from backprop.autodiff.named_tuple import NamedTuple
from backprop.parser import arrays
from backprop.parser.builder import Builder, Children, part
from backprop.parser.calls import called
from backprop.parser.latex import commands
from backprop.parser.latex.meaning import Meaning
from backprop.parser.latex.names import read_base
from backprop.parser.operand import Argument, Keyword, Operand

# Logarithms of absolute values that are one gate each, as --to latex writes them.
LOGARITHMS = {
    FUNCTIONS[inner][0]: FUNCTIONS[whole][0]
    for inner, whole in (("gamma", "lgamma"), ("beta", "lbeta"), ("det", "logdet"))
}


class WrittenFunction(NamedTuple):
    """A function with what stands below and above its name."""

    token: Operand
    below: Any
    above: Operand | None


class FunctionBuilder(Builder):
    """What all callbacks know of a text, and those of functions."""

    def begin(self, source: str, shapes: Any = None) -> None:
        super().begin(source, shapes)
        self.meaning = Meaning(self.scope, shapes or {})
        self.unbracketed: set[int] = set()  # where values end that end with a function's argument without brackets
        self.quotients: set[int] = set()  # and those that end with what a slash divides by
        self.starts: set[int] = set()  # where functions, sums and integrals begin

    def literal(self, value: float, place: Operand) -> Operand:
        operand = Operand("NUMBER", str(value), place.start_pos, place.end_pos)
        operand.value = value
        return operand

    @staticmethod
    def literal_name(text: str, place: Operand) -> Operand:
        return Operand("NAME", text, place.start_pos, place.end_pos)

    def product(self, left: Operand, right: Operand, sign: str) -> Operand:
        made = part(left, right)
        made.node = self.meaning.product(self.scope, self.scope.node(left), self.scope.node(right), sign, made.span)
        return made

    # Functions -----------------------------------------------------------------------------------------------

    def script(self, children: Children) -> Any:
        """What stands in the braces, and which sign was before them."""
        return children[0], children[2]

    def function(self, children: Children) -> WrittenFunction:
        scripts = {sign.type: content for sign, content in children[1:]}
        return WrittenFunction(children[0], scripts.get("BELOW"), scripts.get("POWER"))

    def keyword(self, children: Children) -> Keyword:
        return Keyword(children[0], children[1])

    def keyword_of_list(self, children: Children) -> Keyword:
        key, opening, first, _, others, closing = children
        entries = arrays.display(self.scope, [first, *others], Span(opening.start_pos, closing.end_pos))
        return Keyword(key, entries)

    def called(self, children: Children) -> Operand:
        written, _, arguments, closing = children[:4]
        made = part(written.token, closing)
        made.node = self.applied(written, arguments, made.span)
        if len(children) > 4:
            exponent, end = children[6], children[7]
            made.end_pos = end.end_pos
            made.node = self.meaning.power(self.scope, made.node, self.scope.node(exponent), made.span)
        self.starts.add(made.start_pos)
        return made

    def bare(self, children: Children) -> Operand:
        r"""`\sin x`: how far the argument goes may have to be asked."""
        written, operand = children
        made = part(written.token, operand)
        made.node = self.applied(written, [operand], made.span)
        self.unbracketed.add(made.end_pos)
        self.starts.add(made.start_pos)
        return made

    def coefficient(self, children: Children) -> Operand:
        number, operand = children
        number.type = "NUMBER"
        return self.product(self.number([number]), operand, "*")

    def applied(self, written: WrittenFunction, arguments: list[Operand], span: Span) -> Node:
        """The function of its arguments, to the power above its name."""
        name, given = self.meant(written, arguments)
        if written.above is not None and written.above.is_literal:
            power = float(np.asarray(written.above.value).flat[0])
            word = written.token.text.strip("\\")
            if power == -1:
                inverse = commands.INVERSES.get(read_word(written.token.text))
                if inverse is not None:
                    return called(self.scope, self.literal_name(inverse, written.token), given, span)
                own = f"a{word}" if f"a{word}" in FUNCTIONS else "..."
                raise ExpressionError(
                    f"'{written.token.text}^{{-1}}': the inverse function, or one over it?",
                    written.token.span,
                    rf"the inverse is \operatorname{{{own}}}(x), one over it \frac{{1}}{{{written.token.text}(x)}}",
                )
            if written.above.type == "GROUP":
                derivative = "polygamma" if name == "digamma" else f"{name}_derivative"
                if derivative in FUNCTIONS:
                    order = Keyword(self.literal_name("order", written.token), self.literal(power, written.above))
                    return called(self.scope, self.literal_name(derivative, written.token), [*given, order], span)
                raise ExpressionError(
                    "a derivative is not read", written.above.span, "write ^{2} for a power, without brackets"
                )
        node = self.of_function(name, given, written.token, span)
        if written.above is None:
            return node
        return self.meaning.power(self.scope, node, self.scope.node(written.above), span)

    def of_function(self, name: str, arguments: list[Argument], place: Operand, span: Span) -> Node:
        if name == "log" and len(arguments) == 1 and isinstance(arguments[0], Operand):
            inner = arguments[0].node
            if inner is not None and inner.gate is FUNCTIONS["abs"][0]:
                function = inner.inputs[0]
                whole = LOGARITHMS.get(function.gate)
                if whole is not None:
                    return self.scope.graph.add(whole, function.inputs, (), span)
        return called(self.scope, self.literal_name(name, place), arguments, span)

    def meant(self, written: WrittenFunction, arguments: list[Operand]) -> tuple[str, list[Argument]]:
        """The function's name and its arguments, with what stands below it. Raises ExpressionError."""
        token, below = written.token, written.below
        name = str(token.value)
        word = read_word(token.text)
        if below is None:
            return name, list(arguments)
        if isinstance(below, list):
            return name, [*arguments, *below]
        number = float(below.value) if below.is_literal and not np.ndim(below.value) else None
        if name == "log":
            if number in (2, 10):
                return f"log{int(number)}", list(arguments)
            return name, [*arguments, below]
        if word == "I" and len(arguments) == 2:
            return "betainc", [*arguments, below]
        if word in commands.BESSEL:
            first, second, general = commands.BESSEL[word]
            if number in (0, 1):
                return (first if number == 0 else second), list(arguments)
            return general, [below, *arguments]
        raise ExpressionError(
            f"what stands below '{token.text}' is not read", below.span, "write its arguments in brackets"
        )


def read_word(text: str) -> str:
    r"""The word of a command: J of \operatorname{J}, Phi of \Phi."""
    return read_base(text)[0] if "{" in text else text.strip("\\")
