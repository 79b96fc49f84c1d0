"""The callbacks of the grammar: each finished rule becomes nodes of the graph, exactly as it was written.

There is no tree and no recursion: a callback gets its operands with their nodes and adds its own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from backprop.autodiff.errors import ExpressionError, Span
from backprop.autodiff.gates import FUNCTIONS, OPERATORS
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.shapes import Shape
from backprop.parser import arrays, binding, constants, loops, relations, subscripts
from backprop.parser.calls import called
from backprop.parser.functions import FunctionScope, read_head
from backprop.parser.names import ITERATE
from backprop.parser.operand import Bounds, Chain, Keyword, Operand
from backprop.parser.scope import Function, Scope

# What Python calls 1, 0 and nothing, where no variable has that name.
PYTHON_WORDS = {"True": ("NUMBER", 1.0), "False": ("NUMBER", 0.0), "None": ("NONE", None)}
EXPONENTS = {"²": 2.0, "³": 3.0}

Children = list[Any]  # what a callback is given: tokens, and what the callbacks before returned


class Builder:
    """The callbacks, with the names that the grammar calls them by, and the graph that they add to."""

    scope: Scope

    def begin(self, source: str, shapes: Mapping[str, Shape] | None = None) -> None:
        """Get ready for a text, which may ask for the shapes of its variables."""
        self.scope = Scope(source, shapes)
        self._output: Node | None = None
        self._model: Node | None = None
        self._results: list[Node] = []

    def finished(self) -> Graph:
        """The graph of the text, which has been read to its end."""
        if self._output is None and self.scope.functions:
            last = list(self.scope.functions.values())[-1]
            raise ExpressionError(
                "the text only defines functions", last.span, f"end with an expression, such as {last.name}(2)"
            )
        if self._output is None:
            raise ExpressionError("the expression is empty", None, "write one, such as x^2 + 1")
        loops.refuse_variables(self.scope)
        graph = self.scope.graph
        graph.output = self._output
        return graph

    def finished_model(self) -> Graph:
        """The graph of the text, whose last statement has to be a model."""
        graph = self.finished()
        if self._model is None or self._model is not graph.output:
            raise ExpressionError(
                "the model has no '~'" if self._model is None else "the model is not the last statement",
                None if self._model is None else self._model.span,
                "write RESPONSE ~ PREDICTION at the end, such as y ~ a*x + b",
            )
        return graph

    def finished_relations(self) -> Graph:
        """The graph of the text, whose statements have to be relations or definitions."""
        graph = self.finished()
        graph.relations = [relation for node in self._results for relation in relations.read(graph, node)]
        if not graph.relations:
            raise ExpressionError("the text states no relation", None, f"write one, such as {relations.EXAMPLE}")
        return graph

    # Statements ----------------------------------------------------------------------------------------------

    def statements(self, children: Children) -> None:
        """Nothing is left to do: each statement has done its part."""

    def result(self, children: Children) -> None:
        self._output = self.scope.node(children[0])
        self._results.append(self._output)

    def model(self, children: Children) -> None:
        """`y ~ a*x`: its value is the residual, the response less the prediction."""
        response, tilde, prediction = children
        if self._model is not None:
            raise ExpressionError("a second model", tilde.span, "write one; several responses are [y1, y2] ~ [f1, f2]")
        nodes = self.scope.node(response), self.scope.node(prediction)
        span = Span(response.start_pos, prediction.end_pos)
        self._output = self._model = self.scope.graph.add(OPERATORS["-"], nodes, (), span)

    def assignment(self, children: Children) -> None:
        name, _, operand = children
        self._output = self.scope.assign(name.text, name.span, operand)

    def constant(self, children: Children) -> None:
        """`const g = 9.81`."""
        _, name, _, operand = children
        given = constants.value(operand, "the value of a const")
        self._output = self.scope.define(name.text, name.span, given)
        self.scope.graph.fix(name.text)

    def head(self, children: Children) -> None:
        """The names of the body that follows mean the parameters."""
        self.scope = FunctionScope(self.scope, read_head(children[0], self.scope))

    def definition(self, children: Children) -> None:
        body = self.scope
        assert isinstance(body, FunctionScope)
        self.scope = body.outer
        self.scope.functions[body.head.name] = body.finished(body.node(children[1]))

    # Operators -----------------------------------------------------------------------------------------------

    def binary(self, children: Children) -> Operand:
        """Most of a long expression comes here: the operator's token is used again, as the operand it makes."""
        left, operator, right = children
        scope = self.scope
        operator.node = scope.graph.add(
            OPERATORS[operator.text],
            (left.node or scope.node(left), right.node or scope.node(right)),
            (),
            Span(left.start_pos, right.end_pos),
        )
        operator.start_pos = left.start_pos
        operator.end_pos = right.end_pos
        return operator  # type: ignore[no-any-return]

    def signed(self, children: Children) -> Operand:
        """A sign; before a plain number it makes the negative number."""
        sign, operand = children
        if sign.text == "+":
            operand.start_pos = sign.start_pos
            return operand  # type: ignore[no-any-return]
        sign.end_pos = operand.end_pos
        if operand.type == "NUMBER" and operand.is_literal:
            sign.type = "NEGATIVE"
            sign.value = -operand.value
        else:
            self._apply("negative", sign, operand)
        return sign  # type: ignore[no-any-return]

    def negated(self, children: Children) -> Operand:
        word, operand = children
        word.end_pos = operand.end_pos
        return self._apply("not", word, operand)

    def conditional(self, children: Children) -> Operand:
        taken, _, condition, _, otherwise = children
        return self._apply("where", part(taken, otherwise), condition, taken, otherwise)

    def compared(self, children: Children) -> Chain:
        left, operator, right = children
        chain = Chain("CHAIN", "", left.start_pos, right.end_pos)
        chain.right = self.scope.node(right)
        self._apply(operator.text, chain, left, right)
        return chain

    def chained(self, children: Children) -> Chain:
        """`a < b < c` is `a < b and b < c`."""
        chain, operator, right = children
        graph = self.scope.graph
        node = self.scope.node(right)
        span = Span(chain.start_pos, right.end_pos)
        link = graph.add(OPERATORS[operator.text], (chain.right, node), (), span)
        chain.node = graph.add(OPERATORS["and"], (chain.node, link), (), span)
        chain.right = node
        chain.end_pos = right.end_pos
        return chain  # type: ignore[no-any-return]

    def raised(self, children: Children) -> Operand:
        """`x²`."""
        operand, exponent = children
        number = Operand("NUMBER", exponent.text, exponent.start_pos, exponent.end_pos)
        number.value = EXPONENTS[exponent.text]
        return self._apply("^", part(operand, exponent), operand, number)

    def root(self, children: Children) -> Operand:
        sign, operand = children
        made = part(sign, operand)
        made.node = self.scope.graph.add(FUNCTIONS["sqrt"][0], (self.scope.node(operand),), (), made.span)
        return made

    def transposed(self, children: Children) -> Operand:
        operand, dot = children
        return self._apply("transpose", part(operand, dot), operand)

    def indexed(self, children: Children) -> Operand:
        operand, _, items, closing = children
        made = part(operand, closing)
        made.node = subscripts.index(self.scope, operand, items, made.span)
        return made

    def _apply(self, operator: str, made: Operand, *operands: Operand) -> Operand:
        """Give `made` the node of an operator."""
        nodes = tuple([self.scope.node(operand) for operand in operands])
        made.node = self.scope.graph.add(OPERATORS[operator], nodes, (), made.span)
        return made

    # Atoms ---------------------------------------------------------------------------------------------------

    def number(self, children: Children) -> Operand:
        token = children[0]
        value = token.value = float(token.text)
        if value == math.inf or (value == 0 and token.text.lower().partition("e")[0].strip("0._")):
            raise out_of_range(token)
        return token  # type: ignore[no-any-return]

    def name(self, children: Children) -> Operand:
        token = children[0]
        token.node = self.scope.visible.get(token.text)
        if token.node is None and token.text in PYTHON_WORDS:
            token.type, token.value = PYTHON_WORDS[token.text]
        elif token.node is None and token.text in self.scope.functions:
            token.type = "FUNCTION"
        elif token.node is None:
            token.node = self.scope.first_use(token.text, token.span)
        return token  # type: ignore[no-any-return]

    def call(self, children: Children) -> Operand:
        name, closing = children[0], children[-1]
        arguments = children[2] if len(children) > 3 else []
        made = part(name, closing)
        call = loops.iterated if name.text == ITERATE and name.text not in self.scope.functions else called
        made.node = call(self.scope, name, arguments, made.span)
        return made

    def group(self, children: Children) -> Operand:
        """Parentheses: they belong to the span, and `-(2)` is not a plain number."""
        opening, operand, closing = children
        if operand.is_literal:
            operand.type = "GROUP"
        operand.start_pos = opening.start_pos
        operand.end_pos = closing.end_pos
        return operand  # type: ignore[no-any-return]

    def array(self, children: Children) -> Operand:
        entries = children[1] if len(children) > 2 else []
        return arrays.display(self.scope, entries, Span(children[0].start_pos, children[-1].end_pos))

    def tuple(self, children: Children) -> Operand:
        """`(2, 3)` is the list [2, 3], as in `zeros((2, 3))` and `axis=(0, 1)`."""
        entries = [children[1], *(children[3] if len(children) > 4 else [])]
        return arrays.display(self.scope, entries, Span(children[0].start_pos, children[-1].end_pos))

    # What stands between brackets ----------------------------------------------------------------------------

    def first(self, children: Children) -> Children:
        return children

    def more(self, children: Children) -> Children:
        items, _, item = children
        items.append(item)
        return items  # type: ignore[no-any-return]

    def each(self, children: Children) -> None:
        """The bracket before a body that is repeated for each value of an index: the index's name means that value."""
        self.scope = FunctionScope(self.scope, loops.read_index(children[0].value, self.scope))

    def body(self, children: Children) -> Function:
        template = self.scope
        assert isinstance(template, FunctionScope)
        self.scope = template.outer
        return template.finished(template.node(children[1]))

    def binds(self, children: Children) -> None:
        """The bracket before what has a variable of its own: that variable's name means it."""
        self.scope = FunctionScope(self.scope, binding.read_variable(children[0].value, self.scope))

    def inside(self, children: Children) -> Function:
        inner = self.scope
        assert isinstance(inner, FunctionScope)
        self.scope = inner.outer
        return binding.read_inside(self.scope, inner.finished(inner.node(children[1])))

    def defined(self, children: Children) -> Operand:
        """`integral(x^2, x, 0, 1)`."""
        name, inside, *rest = children
        made = part(name, rest[-1])
        made.node = binding.defined(self.scope, name, inside, rest[1] if len(rest) > 1 else [], made.span)
        return made

    def range(self, children: Children) -> loops.IndexRange:
        return loops.IndexRange(children[0], children[-1] if len(children) > 1 else None)

    def gathered(self, children: Children) -> Operand:
        """`sum(i*x for i in 1:3)`."""
        name, body, values, closing = children
        made = part(name, closing)
        made.node = loops.gathered(self.scope, name, body, values, made.span)
        return made

    def listed(self, children: Children) -> Operand:
        """`[i*x for i in 1:3]`."""
        body, values, closing = children
        made = Operand("ARRAY", "", body.span.start, closing.end_pos)
        made.node = loops.gathered(self.scope, None, body, values, made.span)
        return made

    def text(self, children: Children) -> Keyword:
        """A text in quotes: its kind tells which setting it is, as a name tells it of others."""
        token = children[0]
        token.value = token.text[1:-1]
        return Keyword(token, token)

    def keyword(self, children: Children) -> Keyword:
        return Keyword(children[0], children[2])

    def slice(self, children: Children) -> Bounds:
        return Bounds(*[child for child in children if not isinstance(child, Operand) or child.type != "COLON"])

    def bound(self, children: Children) -> Operand | None:
        return children[0] if children else None


def part(first: Operand, last: Operand) -> Operand:
    """A new operand from the start of one to the end of the other."""
    return Operand("PART", "", first.start_pos, last.end_pos)


def out_of_range(token: Operand) -> ExpressionError:
    if token.value:
        return ExpressionError(
            f"{token.text} is out of range", token.span, "the largest number is about 1.8e308; infinity is inf"
        )
    return ExpressionError(
        f"{token.text} is out of range", token.span, "the least number is about 4.9e-324; or write 0"
    )
