r"""The callbacks of the grammar of LaTeX: each finished rule becomes nodes of the graph, as it was written."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from backprop.autodiff.errors import ExpressionError, Span
from backprop.autodiff.gates import FUNCTIONS, OPERATORS
from backprop.autodiff.graph import Node
from backprop.autodiff.named_tuple import NamedTuple
from backprop.parser import arrays, loops
from backprop.parser.builder import Children, part
from backprop.parser.calls import called
from backprop.parser.constants import with_constants
from backprop.parser.functions import FunctionScope
from backprop.parser.latex.inner import InnerBuilder, indices_around
from backprop.parser.latex.names import Index, LatexName
from backprop.parser.operand import Argument, Keyword, Operand
from backprop.parser.scope import Function, Scope

NORMS = {"1": 1.0, r"\infty": np.inf}


class WrittenCase(NamedTuple):
    """A line of cases; without a condition the last one."""

    value: Operand
    condition: Operand | None


class LatexBuilder(InnerBuilder):
    """The callbacks, with the names that the grammar calls them by."""

    # Names and numbers ---------------------------------------------------------------------------------------

    def name(self, children: Children) -> Operand:
        token = children[0]
        name: LatexName | None = token.value
        indices = [] if name is None else sorted(name.letters & indices_around(self.scope))
        if name is not None and indices:
            token.node = self.indexed_name(name, indices, token)
            return token  # type: ignore[no-any-return]
        token.node = self.scope.visible.get(token.text)
        if token.node is None:
            self.ask_about_name(token, name)
            token.node = self.scope.first_use(token.text, token.span)
        return token  # type: ignore[no-any-return]

    def ask_about_name(self, token: Operand, name: LatexName | None) -> None:
        """Raise ExpressionError for a name whose meaning is open."""
        if name is None:
            return
        shifted = [piece for part in name.below for piece in part if isinstance(piece, Index) and piece.shift]
        if shifted or name.letters & self.scope.indices.keys():
            letter = sorted(name.letters)[0]
            raise ExpressionError(
                f"'{letter}' in this subscript is not an index here",
                token.span,
                rf"a sum takes the product behind it: \sum_{{{letter}=1}}^{{3}} (...) takes all in the brackets",
            )
        if token.text == "tau" and "tau" not in self.meaning.shapes:
            raise ExpressionError(
                r"'\tau': 2\pi, or a variable?", token.span, r"write 2\pi for the number; a variable has a value, tau=1"
            )

    def indexed_name(self, name: LatexName, indices: list[str], token: Operand) -> Node:
        """The variable that a subscript names: w_{i} is w_1, w_2, ... in a sum over i."""
        operands = []
        for letter in indices:
            operand = Operand("NAME", letter, token.start_pos, token.end_pos)
            operand.node = self.scope.visible[letter]
            operands.append(operand)
        bound = self.scope.head.parameters if isinstance(self.scope, FunctionScope) else ()

        def make(where: Scope, nodes: tuple[Node, ...], values: list[Any]) -> Node:
            numbers = dict(zip(indices, map(int, values), strict=True))
            parts = ["".join(piece_of(piece, numbers) for piece in part) for part in name.below]
            text = "_".join([name.base, *parts])
            if text in bound:
                raise ExpressionError(
                    f"the index makes this '{text}', the variable of an integral", token.span, "give it another name"
                )
            return where.visible.get(text) or where.first_use(text, token.span)

        def piece_of(piece: str | Index, numbers: dict[str, int]) -> str:
            if not isinstance(piece, Index):
                return piece
            if piece.letter not in numbers:
                return piece.letter
            number = numbers[piece.letter] + piece.shift
            if number < 0 or (number > 9 and any(len(part) > 1 for part in name.below)):
                raise ExpressionError(
                    f"the subscript {number} makes no name",
                    token.span,
                    "write a comma between two indices, as in w_{i,j}" if number > 9 else "let the index begin later",
                )
            return str(number)

        return with_constants(self.scope, [], operands, make, "a subscript", token.span)

    def filled(self, children: Children) -> Operand:
        token = children[0]
        lengths = [self.literal(float(text), token) for text in token.value]
        token.node = called(self.scope, self.literal_name(token.text, token), lengths, token.span)
        return token  # type: ignore[no-any-return]

    def braced(self, children: Children) -> Operand:
        """Braces that group: they belong to the span."""
        opening, operand, closing = children
        operand.start_pos, operand.end_pos = opening.start_pos, closing.end_pos
        return operand  # type: ignore[no-any-return]

    # Products ------------------------------------------------------------------------------------------------

    def beside(self, children: Children) -> Operand:
        left, right = children
        self.ask_about_product(left, right, "")
        return self.product(left, right, "*")

    def times(self, children: Children) -> Operand:
        left, sign, right = children
        self.ask_about_product(left, right, sign.text)
        return self.product(left, right, sign.text)

    def divided(self, children: Children) -> Operand:
        left, _, right = children
        self.ask_about_product(left, right, "/")
        made = part(left, right)
        made.node = self.scope.graph.add(OPERATORS["/"], (self.scope.node(left), self.scope.node(right)), (), made.span)
        self.quotients.add(made.end_pos)
        return made

    def ask_about_product(self, left: Operand, right: Operand, sign: str) -> None:
        r"""Raise ExpressionError for `\sin x y`, `\sin x / y`, `1/2x`, `\int_0^1 dx/x`: how far do they reach?"""
        self.ask_about_integral(left, right, sign)
        if left.end_pos in self.unbracketed and right.start_pos not in self.starts:
            raise ExpressionError(
                "where does the argument of the function end?",
                Span(left.start_pos, right.end_pos),
                r"write brackets around it: \sin(x) y, or \sin(x y)",
            )
        if not sign and left.end_pos in self.quotients:
            raise ExpressionError(
                "does the slash divide by all that follows?",
                Span(left.start_pos, right.end_pos),
                r"write \frac{...}{...}, or brackets: a/(b c) or (a/b) c",
            )

    # Powers and roots ----------------------------------------------------------------------------------------

    def raised(self, children: Children) -> Operand:
        base, _, _, exponent, closing = children
        made = part(base, closing)
        is_euler = base.type == "NAME" and base.node is not None and base.node.name == "e"
        if is_euler and "e" not in self.meaning.shapes and "e" not in self.scope.assigned:
            self.ask_about_imaginary(exponent)
            made.node = self.scope.graph.add(FUNCTIONS["exp"][0], (self.scope.node(exponent),), (), made.span)
            return made
        is_inverse = exponent.is_literal and np.ndim(exponent.value) == 0 and exponent.value == -1
        nodes = self.scope.node(base), self.scope.node(exponent)
        made.node = self.meaning.power(self.scope, *nodes, made.span, is_inverse=is_inverse)
        return made

    def ask_about_imaginary(self, exponent: Operand) -> None:
        text = (self.scope.graph.source or "")[exponent.start_pos : exponent.end_pos]
        for letter in ("i", "j"):
            place = next(iter(standing_alone(letter, text)), None)
            if place is not None and letter not in indices_around(self.scope):
                start = exponent.start_pos + place
                raise ExpressionError(
                    f"'{letter}': the imaginary unit, or a variable?",
                    Span(start, start + 1),
                    "numbers are real; give a variable another letter",
                )

    def transposed(self, children: Children) -> Operand:
        operand, sign = children
        made = part(operand, sign)
        is_letter = sign.text == "T"
        made.node = self.meaning.transpose(self.scope, self.scope.node(operand), made.span, is_letter=is_letter)
        return made

    def factorial(self, children: Children) -> Operand:
        operand, sign = children
        made = part(operand, sign)
        one = self.scope.graph.constant(1.0, None, made.span)
        more = self.scope.graph.add(OPERATORS["+"], (self.scope.node(operand), one), (), made.span)
        made.node = self.scope.graph.add(FUNCTIONS["gamma"][0], (more,), (), made.span)
        return made

    def fraction(self, children: Children) -> Operand:
        command, _, above, _, _, below, closing = children
        made = part(command, closing)
        if command.text == "binom":
            made.node = called(self.scope, self.literal_name("binom", command), [above, below], made.span)
            return made
        source = self.scope.graph.source or ""
        over, under = source[above.start_pos : above.end_pos].strip(), source[below.start_pos : below.end_pos].strip()
        if over in ("d", r"\mathrm{d}") and under.startswith(over) and len(under) > len(over):
            raise ExpressionError(
                "a derivative is not read",
                made.span,
                "give the function alone: backprop diff and grad differentiate it",
            )
        made.node = self.scope.graph.add(
            OPERATORS["/"], (self.scope.node(above), self.scope.node(below)), (), made.span
        )
        return made

    def root(self, children: Children) -> Operand:
        command, closing = children[0], children[-1]
        made = part(command, closing)
        operand = children[-2]
        degree = children[2] if len(children) > 4 else None
        number = degree.value if degree is not None and degree.is_literal else None
        if degree is None or number == 2:
            made.node = called(self.scope, self.literal_name("sqrt", command), [operand], made.span)
        elif number == 3:
            made.node = called(self.scope, self.literal_name("cbrt", command), [operand], made.span)
        else:
            graph = self.scope.graph
            one = graph.constant(1.0, None, degree.span)
            exponent = graph.add(OPERATORS["/"], (one, self.scope.node(degree)), (), degree.span)
            made.node = graph.add(OPERATORS["^"], (self.scope.node(operand), exponent), (), made.span)
        return made

    def enclosed(self, children: Children) -> Operand:
        """|x|, the norm, floor and ceil; below a norm stands its order."""
        opening, operand, closing = children
        made = part(opening, closing)
        order = closing.value if closing.type == "NORM" else None
        if order is None or order == "2":
            node = self.scope.node(operand)
            made.node = self.meaning.norm(self.scope, node, made.span) if order else self.enclosing(opening, [operand])
            return made
        if order not in NORMS:
            raise ExpressionError(
                f"a norm with '{order}' below", closing.span, r"the orders are 1, 2 and \infty; \|A\| is Frobenius'"
            )
        setting = Keyword(self.literal_name("ord", closing), self.literal(NORMS[order], closing))
        made.node = self.enclosing(opening, [operand, setting])
        return made

    def enclosing(self, opening: Operand, arguments: list[Argument]) -> Node:
        return called(self.scope, self.literal_name(opening.value, opening), arguments, opening.span)

    # Environments --------------------------------------------------------------------------------------------

    def row(self, children: Children) -> Children:
        return children

    def matrix(self, children: Children) -> Operand:
        """One column is a vector, as --to latex writes one; more are a matrix."""
        opening, rows, closing = children
        span = Span(opening.start_pos, closing.end_pos)
        if all(len(row) == 1 for row in rows):
            return arrays.display(self.scope, [row[0] for row in rows], span)
        lines = [arrays.display(self.scope, row, Span(row[0].start_pos, row[-1].end_pos)) for row in rows]
        return arrays.display(self.scope, lines, span)

    def case(self, children: Children) -> WrittenCase:
        value, _, condition = children
        return WrittenCase(value, None if condition.type == "OTHERWISE" else condition)

    def cases(self, children: Children) -> Operand:
        opening, lines, closing = children
        made = part(opening, closing)
        if lines[-1].condition is not None:
            raise ExpressionError(
                "what holds in no case?", Span(opening.start_pos, opening.end_pos), r"end with & \text{otherwise}"
            )
        node = self.scope.node(lines[-1].value)
        for value, condition in reversed(lines[:-1]):
            if condition is None:
                raise ExpressionError("'otherwise' is not the last case", value.span, "write it last")
            nodes = self.scope.node(condition), self.scope.node(value), node
            node = self.scope.graph.add(OPERATORS["where"], nodes, (), made.span)
        made.node = node
        return made

    # Sums ----------------------------------------------------------------------------------------------------

    def opened(self, children: Children) -> tuple[Operand, loops.IndexRange]:
        big, _, _, name, _, first, _, _, _, last, _ = children
        return self.begin_sum(big, name, first, last)

    def opened_from_above(self, children: Children) -> tuple[Operand, loops.IndexRange]:
        big, _, _, last, _, _, _, name, _, first, _ = children
        return self.begin_sum(big, name, first, last)

    def begin_sum(self, big: Operand, name: Operand, first: Operand, last: Operand) -> tuple[Operand, loops.IndexRange]:
        """The index means its values from here on."""
        values = loops.IndexRange(first, last)
        self.scope = FunctionScope(self.scope, loops.index_head(name.text, name.span, self.scope))
        return big, values

    def gathered(self, children: Children) -> Operand:
        (big, values), body = children
        template = self.scope
        assert isinstance(template, FunctionScope)
        function: Function = template.finished(template.node(body))
        self.scope = template.outer
        made = part(big, body)
        made.node = loops.gathered(self.scope, self.literal_name(big.text, big), function, values, made.span)
        self.starts.add(made.start_pos)
        return made


def standing_alone(letter: str, text: str) -> list[int]:
    """Where a letter is a name of its own in LaTeX."""
    return [
        match.start() for match in re.finditer(rf"(?<![\\A-Za-z{{_]){letter}(?![A-Za-z}}])|(?<=[{{\d]){letter}", text)
    ]
