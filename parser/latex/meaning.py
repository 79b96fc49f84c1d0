r"""What depends on shapes: a product of two arrays side by side, a power of a matrix, a transposition.

A vector is a column, its transpose a row. Inside a sum nothing is decided before the sum is written out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from backprop.autodiff import shapes
from backprop.autodiff.declaration import leaves
from backprop.autodiff.errors import ExpressionError, Span
from backprop.autodiff.gates import FUNCTIONS, OPERATORS
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.shapes import Shape
from backprop.parser.binding import InnerScope
from backprop.parser.calls import called
from backprop.parser.functions import DEFERRED
from backprop.parser.operand import Operand
from backprop.parser.scope import Scope

Decide = Callable[[Scope, tuple[Node, ...]], Node]


class Oriented(NamedTuple):
    """The shape of a node and, of a vector, whether it lies."""

    shape: Shape
    lies: bool


class Meaning:
    """The shapes of the nodes of one text, for variables of the given `shapes` and scalars."""

    def __init__(self, scope: Scope, shapes: Mapping[str, Shape]) -> None:
        self.graph = scope.graph
        self.shapes = shapes
        self.known: dict[Graph, list[Oriented]] = {}

    def decided(self, scope: Scope, nodes: tuple[Node, ...], decide: Decide, span: Span) -> Node:
        """The node that is decided on by the shapes; in the body of a sum it waits for them."""
        if scope.is_body:
            return scope.graph.add(DEFERRED, nodes, (decide,), span)
        return decide(scope, nodes)

    def shape(self, scope: Scope, node: Node) -> Shape:
        return self.form(scope, node).shape

    def form(self, scope: Scope, node: Node) -> Oriented:
        """What a node of the scope's graph is. Raises ExpressionError where shapes do not fit."""
        known = self.known.setdefault(scope.graph, [])
        for made in scope.graph.nodes[len(known) : node.index + 1]:
            if made.gate is leaves.input and isinstance(scope, InnerScope):
                known.append(self.form(scope.outer, scope.given[str(made.name)]))
            else:
                shape = self.shape_of(made, known)
                known.append(Oriented(shape, len(shape) == 1 and self.lies(made, known)))
        return known[node.index]

    def shape_of(self, node: Node, known: list[Oriented]) -> Shape:
        if node.gate is leaves.input:
            name = str(node.name)
            default = self.graph.defaults.get(name)
            shape = self.shapes.get(name, () if default is None else shapes.of(default))
            if name not in leaves.NAMED_CONSTANTS or name in self.shapes:
                self.graph.assumed[name] = shape
            return shape
        if node.is_constant:
            return node.shape
        try:
            return node.gate.shape(*[known[operand.index].shape for operand in node.inputs], **node.settings)
        except ExpressionError as error:
            error.reason = f"{node.gate.name}: {error.reason}"
            raise error.located(node.span, self.graph.source) from None

    @staticmethod
    def lies(node: Node, known: list[Oriented]) -> bool:
        """Whether a vector is a row: one transposed, a row times a matrix, what is made of rows entry by entry."""
        operands = [known[operand.index] for operand in node.inputs]
        if node.gate is OPERATORS["transpose"]:
            return not operands[0].lies
        if node.gate is OPERATORS["@"]:
            return len(operands[0].shape) == 1
        return any(operand.lies for operand in operands)

    # What is decided by them ---------------------------------------------------------------------------------

    def product(self, scope: Scope, left: Node, right: Node, sign: str, span: Span) -> Node:
        def decide(where: Scope, nodes: tuple[Node, ...]) -> Node:
            return self.product_of(where, nodes[0], nodes[1], sign, span)

        return self.decided(scope, (left, right), decide, span)

    def product_of(self, where: Scope, left: Node, right: Node, sign: str, span: Span) -> Node:
        forms = self.form(where, left), self.form(where, right)
        lengths = len(forms[0].shape), len(forms[1].shape)
        graph = where.graph
        if 0 in lengths or sign == "entrywise":
            return graph.add(OPERATORS["*"], (left, right), (), span)
        lies = forms[0].lies, forms[1].lies
        if lengths == (1, 1):
            if sign == "cross" and lies == (False, False):
                return graph.add(FUNCTIONS["cross"][0], (left, right), (), span)
            if lies == (True, False) or (sign == "dot" and lies == (False, False)):
                return graph.add(OPERATORS["@"], (upright(left), right), (), span)
            if lies == (False, True):
                return graph.add(FUNCTIONS["outer"][0], (left, upright(right)), (), span)
            raise ExpressionError(
                "a product of two vectors",
                span,
                r"x^{\top} y is a number, x y^{\top} a matrix, and x \odot y is entry by entry",
                graph.source,
            )
        if (lengths[0] == 1 and not lies[0]) or (lengths[1] == 1 and lies[1]):
            raise ExpressionError(
                "a column before a matrix, or a row behind one", span, r"write x^{\top} A, or A x", graph.source
            )
        return graph.add(OPERATORS["@"], (upright(left) if lengths[0] == 1 else left, right), (), span)

    def power(self, scope: Scope, base: Node, exponent: Node, span: Span, *, is_inverse: bool = False) -> Node:
        def decide(where: Scope, nodes: tuple[Node, ...]) -> Node:
            if len(self.shape(where, nodes[0])) > 1:
                each = r"the inverse is \operatorname{inv}(A), one over each entry \frac{1}{A}"
                raise ExpressionError(
                    "a power of a matrix: of the matrix, or of each entry?",
                    span,
                    each if is_inverse else r"write A A for the one, A \odot A for the other",
                    self.graph.source,
                )
            return where.graph.add(OPERATORS["^"], nodes, (), span)

        return self.decided(scope, (base, exponent), decide, span)

    def norm(self, scope: Scope, operand: Node, span: Span) -> Node:
        """The norm with a 2 below: of a vector the norm, of a matrix the largest singular value."""

        def decide(where: Scope, nodes: tuple[Node, ...]) -> Node:
            if len(self.shape(where, nodes[0])) > 1:
                raise ExpressionError("the spectral norm of a matrix", span, r"\|A\| is Frobenius'", self.graph.source)
            vector = Operand("PART", "", *span)
            vector.node = nodes[0]
            return called(where, Operand("NAME", "norm", *span), [vector], span)

        return self.decided(scope, (operand,), decide, span)

    def transpose(self, scope: Scope, operand: Node, span: Span, *, is_letter: bool) -> Node:
        def decide(where: Scope, nodes: tuple[Node, ...]) -> Node:
            if is_letter and not self.shape(where, nodes[0]):
                raise ExpressionError(
                    "'T': transposed, or to the power of T?",
                    span,
                    r"write ^{\top}, or ^{{T}} for a power; an array needs its value, or --shape x=3 in diff",
                    self.graph.source,
                )
            return where.graph.add(OPERATORS["transpose"], nodes, (), span)

        return self.decided(scope, (operand,), decide, span)


def upright(node: Node) -> Node:
    """What is transposed there, so that nothing is transposed twice."""
    return node.inputs[0] if node.gate is OPERATORS["transpose"] else node
