"""What a function inside an expression defines: its integral, its root, the place of its minimum.

The function is the setting `body` (inner_function.py), and what it depends on are operands. An integral's derivatives
are integrals, by Leibniz's rule; those of a root and of a minimum follow from the equation that holds there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from backprop.autodiff import shapes
from backprop.autodiff.declaration import batching
from backprop.autodiff.declaration.gate import REQUIRED, Attribute, Gate, at
from backprop.autodiff.declaration.notation import SUM, TERNARY, Binding, Template
from backprop.autodiff.declaration.sums import add_up
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.evaluation.program import dependents
from backprop.autodiff.gates import exponential, linear_algebra
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.inner_function import InnerFunction, bound, value_name
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.shapes import Shape

if TYPE_CHECKING:
    Body = InnerFunction

SEED = "seed"  # of an inner derivative times something that is known outside only


class Integral(Gate):
    """From the first operand to the second; the others are what the body depends on beside its variable.

    Source: Leibniz's integral rule.
    """

    has_inside = True

    def pull(self, position: int, upstream: Node, inputs: tuple[Node, ...], out: Node) -> Node | None:
        body, given = inside_of(inputs, out)
        if position < 2:
            inside = body.opened(body.result, {**given, body.variable: inputs[position]}, out.graph)
            product = upstream * inside
            return (product.sum() if product.shape else product) * (1.0 if position else -1.0)
        name = value_name(position - 2)
        refuse_jumps(body, name, out)
        if not body.depends_on(name):
            return None
        if out.shape:
            return integrated(body.gradient(name, SEED), body.variable, {**given, SEED: upstream}, out)
        return upstream * integrated(body.gradient(name), body.variable, given, out)

    def push(self, tangents: Sequence[Node | None], inputs: tuple[Node, ...], out: Node) -> Node | None:
        body, given = inside_of(inputs, out)
        parts = []
        for position, tangent in enumerate(tangents):
            name = value_name(position - 2)
            if tangent is None or (position > 1 and not body.depends_on(name)):
                continue
            if position < 2:
                inside = body.opened(body.result, {**given, body.variable: inputs[position]}, out.graph)
                parts.append(inside * tangent if position else -(inside * tangent))
                continue
            refuse_jumps(body, name, out)
            if tangent.shape:
                parts.append(integrated(body.tangent(name, SEED), body.variable, {**given, SEED: tangent}, out))
            else:
                parts.append(integrated(body.tangent(name), body.variable, given, out) * tangent)
        return add_up(parts) if parts else None


class Implicit(Gate):
    """Where an equation holds, near the first operand; the others are what it depends on beside the unknown.

    `equation` makes it of the body. Source: the implicit function theorem.
    """

    has_inside = True

    def __init__(self, name: str, forward: Any, *, equation: Callable[[Body], Body], **declaration: Any) -> None:
        super().__init__(name, forward, **declaration)
        self.equation = equation

    def pull(self, position: int, upstream: Node, inputs: tuple[Node, ...], out: Node) -> Node | None:
        equation, jacobian, given = self._at_root(inputs, out)
        name = value_name(position - 1)
        if not position or not equation.depends_on(name):
            return None
        if not out.shape:
            slope = equation.opened(equation.gradient(name), given, out.graph)
            return -(upstream * (slope / jacobian))
        multipliers = linear_algebra.solve(jacobian.transposed(), upstream)
        return -equation.opened(equation.gradient(name, SEED), {**given, SEED: multipliers}, out.graph)

    def push(self, tangents: Sequence[Node | None], inputs: tuple[Node, ...], out: Node) -> Node | None:
        equation, jacobian, given = self._at_root(inputs, out)
        parts = []
        for position, tangent in enumerate(tangents):
            name = value_name(position - 1)
            if tangent is None or not position or not equation.depends_on(name):
                continue
            if tangent.shape:
                moved = equation.opened(equation.tangent(name, SEED), {**given, SEED: tangent}, out.graph)
            else:
                moved = equation.opened(equation.tangent(name), given, out.graph) * tangent
            parts.append(moved)
        if not parts:
            return None
        moved = add_up(parts)
        return -linear_algebra.solve(jacobian, moved) if out.shape else -(moved / jacobian)

    def _at_root(self, inputs: tuple[Node, ...], out: Node) -> tuple[Body, Node, dict[str, Node]]:
        """The equation, its Jacobian where it holds, and the nodes for its inputs there."""
        body, given = inside_of(inputs, out)
        equation = self.equation(body)
        given[body.variable] = out
        return equation, equation.opened(equation.with_jacobian[1], given, out.graph), given


def inside_of(inputs: tuple[Node, ...], out: Node) -> tuple[Body, dict[str, Node]]:
    """The body of a node for the shapes of its operands, and those that are its values by their names there."""
    body: Body = out.attributes[0]
    return body.typed_for(inputs), body.given(inputs)


def integrated(node: Node, variable: str, given: dict[str, Node], out: Node) -> Node:
    """The integral, with the ends of another, of a derivative of its body."""
    body, values = bound(node, variable, given)
    return out.graph.add(integral, (*out.inputs[:2], *values), (body,))


def refuse_jumps(body: Body, name: str, out: Node) -> None:
    """Raise ExpressionError where the body, or what its derivative stands for, jumps at a place that a value moves.

    Its derivative lacks what the jump adds, which no integral of it has.
    """
    graph = body.graph
    moves = dependents(graph, body.result, [body.input(name)])
    varies = dependents(graph, body.result, [body.input(body.variable)])
    for node in graph.nodes[: body.result.index + 1]:
        parts = [one.index for one in node.inputs] if node.gate.is_flat else []
        if any([moves[part] for part in parts]) and any([varies[part] for part in parts]):
            raise ExpressionError(
                "the derivative of this integral is not known: what is integrated jumps or bends at a place that "
                "moves with an input",
                out.span,
                f"split it there: integral(f, {body.variable}, a, c) + integral(g, {body.variable}, c, b)",
                out.graph.source,
            )


def integral_in_rows(lower: Any, upper: Any, *values: Any, body: Body) -> Any:
    from backprop.autodiff.numerics.quadrature import integrate  # here, not above: few expressions hold an integral

    typed = body.typed((), [value.shape[:-1] for value in values])
    at_places = typed.rows([typed.result], values)
    first, last, *_ = batching.whole_rows((lower, upper, *values))
    shape = typed.result.shape
    found = integrate(lambda t, rows: at_places(t, rows)[0].reshape(-1, len(t)), first, last, int(np.prod(shape)))
    return found.reshape(*shape, found.shape[-1])


def root_in_rows(start: Any, *values: Any, body: Body) -> Any:
    from backprop.autodiff.numerics import newton  # here, not above: few expressions hold a root

    whole = batching.whole_rows((start, *values))
    typed = body.typed(start.shape[:-1], [value.shape[:-1] for value in values])
    if start.ndim == 1:
        return newton.roots(typed.rows(typed.with_jacobian, values), whole[0])  # type: ignore[arg-type]
    rows = range(whole[0].shape[-1])
    return np.stack(
        [
            newton.solution(
                typed.at_point(typed.with_jacobian, [value[..., row] for value in whole[1:]]),  # type: ignore[arg-type]
                whole[0][..., row],
            )
            for row in rows
        ],
        axis=-1,
    )


def minimum_in_rows(start: Any, *values: Any, body: Body) -> Any:
    from backprop.autodiff.numerics import newton  # here, not above: few expressions hold a minimum

    whole = batching.whole_rows((start, *values))
    shape = start.shape[:-1]
    typed = body.typed(shape, [value.shape[:-1] for value in values])
    slope = typed.slope
    count = int(np.prod(shape))
    found = []
    for row in range(whole[0].shape[-1]):
        given = [value[..., row] for value in whole[1:]]
        value_at, slopes_at = typed.at_point([typed.result], given), slope.at_point(slope.with_jacobian, given)

        def objective(x: Any, value_at: Any = value_at, slopes_at: Any = slopes_at) -> tuple[Any, Any, Any]:
            place = x.reshape(shape)[()]
            gradient, hessian = slopes_at(place)
            return value_at(place)[0], np.reshape(gradient, count), np.reshape(hessian, (count, count))

        found.append(newton.minimum(objective, whole[0][..., row].reshape(count)).reshape(shape))
    return np.stack(found, axis=-1)


def one_row(in_rows: Callable[..., Any]) -> Callable[..., Any]:
    """The function of one row."""

    def forward(*operands: Any, body: Body) -> Any:
        return in_rows(*[np.asarray(operand)[..., None] for operand in operands], body=body)[..., 0]

    return forward


def integral_rule(lower: Shape, upper: Shape, *values: Shape, body: Body) -> Shape:
    if lower or upper:
        raise ExpressionError(
            f"the ends have shapes {shapes.show(lower)} and {shapes.show(upper)}", cure="give two numbers"
        )
    return body.typed((), values).result.shape


def root_rule(start: Shape, *values: Shape, body: Body) -> Shape:
    refuse_nothing(start)
    found = body.typed(start, values).result.shape
    if len(start) > 1 or found != start:
        raise ExpressionError(
            f"the start has shape {shapes.show(start)}, and what has to be 0 there {shapes.show(found)}",
            cure="give both as numbers, or as vectors of one length",
        )
    return start


def minimum_rule(start: Shape, *values: Shape, body: Body) -> Shape:
    refuse_nothing(start)
    found = body.typed(start, values).result.shape
    if len(start) > 1 or found:
        raise ExpressionError(
            f"the start has shape {shapes.show(start)}, and what is minimized {shapes.show(found)}",
            cure="minimize a number, from a number or a vector",
        )
    return start


def refuse_nothing(start: Shape) -> None:
    if 0 in start:
        raise ExpressionError("the start has no entries", cure="give one for each unknown")


def example(make: Callable[[Node, Node], Node]) -> Body:
    """A body for a sample, of the variable x and a value."""
    graph = Graph(is_typed=False)
    graph.output = make(graph.input("x"), graph.input(value_name(0)))
    return InnerFunction(graph, "x", 1)


BELL = example(lambda x, c: exponential.exp(-(c * (x * x))))
CUBIC = example(lambda x, c: x * x * x + (c * x).sum() - c)
QUARTIC = example(lambda x, c: (x * x * x * x).sum() + ((x - c) * (x - c)).sum())
BODY = {"body": Attribute(lambda body: body, REQUIRED)}

integral = Integral(
    "integral",
    one_row(integral_in_rows),
    over_rows=integral_in_rows,
    operands=("a", "b", "*c"),
    attributes=BODY,
    shape=integral_rule,
    notation=Binding("integral", "integral(exp(-x^2), x, 0, 1)"),
    code={"latex": Template(r"\int_{{0}}^{{1}} <body> \, \mathrm{d}<variable>", SUM)},
    is_function=True,
    summary="the integral of f for x from a to b, which may be infinite: integral(exp(-x^2), x, 0, 1)",
    habit="sends what is integrated at each end, counted negative at the lower one, times the gradient to that end, "
    "and the integral of its derivative by any other input times it to that one",
    source="Leibniz's integral rule",
    samples=tuple(at(0.25, 1.5, c, body=BELL) for c in (0.75, (0.75, -0.5))),
)
root = Implicit(
    "root",
    one_row(root_in_rows),
    over_rows=root_in_rows,
    equation=lambda body: body,
    operands=("start", "*c"),
    attributes=BODY,
    shape=root_rule,
    notation=Binding("root", "root(cos(x) - x, x, 1)", "the n-th root of x is x^(1/n)"),
    code={"latex": Template(r"\operatorname{root}_{<variable> \approx {0}} \left(<body>\right)", TERNARY)},
    is_function=True,
    summary="the x near the start for which f is 0: root(cos(x) - x, x, 1); with vectors a system",
    habit="sends minus the derivative of what is 0 there by any input, divided by that by the unknown, times the "
    "gradient to that input, and nothing to where it begins",
    source="the implicit function theorem",
    samples=(at(1.0, 1.75, body=CUBIC), at((1.0, 0.5), (1.75, 1.25), body=CUBIC)),
)
argmin = Implicit(
    "argmin",
    one_row(minimum_in_rows),
    over_rows=minimum_in_rows,
    equation=lambda body: body.slope,
    operands=("start", "*c"),
    attributes=BODY,
    shape=minimum_rule,
    notation=Binding("argmin", "argmin((x - a)^2, x, 0)"),
    code={"latex": Template(r"\operatorname{arg\,min}_{<variable> \approx {0}} \left(<body>\right)", TERNARY)},
    is_function=True,
    summary="the x near the start at which f is least: argmin((x - a)^2 + x^4, x, 0); x may be a vector",
    habit="sends minus the mixed second derivative by any input and the unknown, divided by that by the unknown, times "
    "the gradient to that input, and nothing to where it begins",
    source="the implicit function theorem, for df/dx = 0",
    samples=(at(0.5, 1.25, body=QUARTIC), at((0.5, 0.25), (1.25, 1.75), body=QUARTIC)),
)
