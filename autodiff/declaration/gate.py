"""What a gate declaration holds, and what the passes may ask of it; they name no gate.

The kinds of gate are in kinds.py, the gates themselves are declared in gates/, a family a file.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from enum import Enum
from functools import cached_property, partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from backprop.autodiff import shapes
from backprop.autodiff.declaration import batching
from backprop.autodiff.declaration.notation import PRODUCT, Call, Infix, Notation
from backprop.autodiff.declaration.sums import add_up
from backprop.autodiff.declaration.table import METHODS, gate_named, of_numpy
from backprop.autodiff.lazy_numpy import is_numpys, itself, np
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.numerics.elementary import REFUSALS, elementary
from backprop.autodiff.shapes import Shape

if TYPE_CHECKING:
    from backprop.autodiff.declaration.blocks import BlockForm
    from backprop.autodiff.declaration.masks import Mask
    from backprop.autodiff.graph import Node
    from backprop.autodiff.numerics.intervals import Enclosure
    from backprop.autodiff.numerics.odd import OddSeries

Forward = Callable[..., Any]


class Sample(NamedTuple):
    """One application of a gate: its operands' values (nested tuples are arrays) and its attributes."""

    operands: tuple[Any, ...]
    attributes: Mapping[str, Any]


def at(*operands: Any, **attributes: Any) -> Sample:
    """The sample point with these operands and attributes."""
    return Sample(operands, attributes)


class Corner(NamedTuple):
    """A point where the gradient is a convention: the operands, the value and one gradient for each operand."""

    operands: tuple[Any, ...]
    value: Any
    gradients: tuple[Any, ...]


class Gap(NamedTuple):
    """Where the brief form of a gate is not what the gate computes, as functions of its operands and attributes.

    `where` gives the condition of these points, `value` what the gate is there, a node or number; None: the limit of
    its form. `written` is what the form is there; None: nan.
    """

    where: Callable[..., Node]
    value: Callable[..., Node | float | None] = lambda *operands, **attributes: 0.0
    written: float | None = None


TINIEST = 2.0**-1022  # below, doubles lose digits


class Form(NamedTuple):
    """What is differentiated in place of a gate, as functions of its operands.

    It is `apart` where the `test` is nonzero. Elsewhere it is `at_point`, which takes also whether it `tells`: whether
    it has what differs on the sides of that point.
    """

    test: Callable[..., Node]
    apart: Callable[..., Node]
    at_point: Callable[..., Node | float]


class Hazard(Enum):
    """What a gate's numbers do in a composition that loses digits, which another gate would keep."""

    ADDS = "of terms, one may swallow the others"
    SATURATES = "comes so near to a number that a sum with it has no digits left"
    OVERFLOWS = "leaves the range of doubles"
    MAGNIFIES = "makes a plain number, and a wrong one, of what has left the range or has lost its digits"


class Attribute(NamedTuple):
    """A constant setting of a gate: how a constant's value becomes a hashable setting, and what it is if left out.

    `convert` raises ExpressionError for a value that will not do. `default` REQUIRED: it may not be left out.
    `takes_rest`: `zeros(2, 3)` gives one setting, the shape, by all the arguments that are left. `elsewhere`: what
    other libraries take in its place, for which reason it is given by its name only. `takes_text`: it is a text in
    quotes, which stands before the operands. `leads`: it may stand there, where other libraries have it.
    """

    convert: Callable[[Any], Any]
    default: Any = None
    takes_rest: bool = False
    elsewhere: str | None = None
    takes_text: bool = False
    leads: bool = False


REQUIRED = object()


def as_numpy(number: Any) -> Any:
    """A float of Python's as NumPy's, whose arithmetic raises nothing; anything else as it is."""
    return np.float64(number) if type(number) is float else number


def broadcast_rule(*operands: Shape, **_attributes: Any) -> Shape:
    """The shape rule of an elementwise gate."""
    return shapes.broadcast(operands)


NOTHING: Mapping[Any, Any] = MappingProxyType({})


class GateDeclaration:
    """What one row of the gate table says of its gate: a comment tells the meaning, the value what is meant without it.

    What follows from other fields where it is not given is in `Gate.__init__`.
    """

    # What it computes, and for which points and where its rules are from
    operands: tuple[str, ...] = ("x",)  # names; one that starts with `*` stands for any number of operands
    defaults: Mapping[str, float] = NOTHING  # the values of operands that may be left out
    attributes: Mapping[str, Attribute] = NOTHING  # constant settings (`axis`); in a call they follow the operands
    shape: Callable[..., Shape] = broadcast_rule  # of the operands' shapes and the attributes; raises ExpressionError
    samples: tuple[Sample, ...]  # points away from corners, for the tests
    corners: tuple[Corner, ...] = ()  # points where a convention decides
    source: str  # where its rule is from

    # How people read and write it
    summary: str
    habit: str | None = None  # what it does to a gradient; None: its local gradient by its only operand says it
    aliases: tuple[str, ...] = ()  # other names of the same function
    is_public: bool = True  # whether the language has it
    choice: tuple[str, str] | None = None  # what the operand is called that it takes, of two and more: larger, largest
    rules: Mapping[tuple[int, ...], str] = NOTHING  # what textbooks call its derivative's rule, by operands' positions
    # `math`: its name in math libraries, or of what a printer writes where they have none (its own name, where this is
    # missing), which each language of code has in a table; `latex`: how LaTeX writes it, a function's name alone or
    # with places, or a Template where that binds looser than a call
    code: Mapping[str, Any] = NOTHING

    # The same in other terms, as graphs of other gates
    shortcut: Callable[..., Node | None] | None = None  # exact and simpler, while derivatives are built: 1*x is x
    textbook: Callable[..., Node] | None = None  # what a reader expects in its place
    expand: Callable[..., Node] | None = None  # what it is replaced by as soon as shapes are known
    gap: Gap | None = None  # where the brief form is not what the gate computes
    squared: Callable[..., Node] | None = None  # its square: of sqrt(x) x, of sin(x) 1 - cos(x)^2
    even_of: Callable[..., Node] | None = None  # what its even powers are the even powers of
    partners: Callable[..., Sequence[tuple[Node, Node]]] | None = None  # factors and the one node of each product
    form: Form | None = None  # what is differentiated in its place, where it is not differentiable at a point

    # How numbers behave in it
    has_no_zero: bool = False  # whether it is 0 nowhere: what is divided by it has no pole
    has_kink: bool = False  # whether a derivative of it, of some order, jumps
    hazard: Hazard | None = None  # how digits are lost in compositions with it
    odd: OddSeries | None = None  # where it is an odd function of its operand, smooth at 0: its power series
    # The interval of its values from its function and its operands' intervals (numerics/intervals.py), if it is known
    enclosure: Enclosure | None = None

    # Other ways to compute it
    # A function of numbers with the same digits as `forward`, which printers translate: it takes the attributes behind
    # the operands (numerics/routines)
    routine: Callable[..., float] | None = None
    # Whether the routine or kernel, if it is another form than `forward`, gives its number up to two units of the last
    # place wherever the operands are finite, so that one number can be computed by it
    keeps_digits: bool = False
    # How blocks of its operand give its result (blocks.py), from the operand's shape and the attributes; it is not
    # asked of a gate with local gradients, whose entries come one by one
    in_blocks: Callable[..., BlockForm | None] | None = None


FIELDS = tuple(GateDeclaration.__annotations__)
DEFAULTS = {field: vars(GateDeclaration)[field] for field in FIELDS if field in vars(GateDeclaration)}
NEEDED_FIELDS = set(FIELDS) - DEFAULTS.keys()


class Gate(GateDeclaration):
    """One row of the gate table."""

    has_local = False  # whether its gradient is upstream times a local gradient, entry by entry
    is_entrywise = False  # whether each entry of its result comes of the same entries of its operands alone
    is_sum = False  # whether it adds what each operand gives: one that does not move adds nothing to what moves
    multiplies = False  # whether an operand's share is a product with the other's entries, of which inf*0 is nan
    is_flat = False  # whether nothing flows back through it, ever
    is_indicator = False  # whether it is 0 or 1 everywhere
    returns_operand = False  # whether its result may be an operand itself
    is_informed = False  # whether it reads one more node than its inputs: that of the index in its last attribute
    unread = 0  # how many of its first inputs its value does not need: they only take part in its derivatives
    reads_shape = False  # whether it follows from its operand's shape alone
    is_unshown = False  # whether its value only tells another gate something, and is none to show
    is_selection = False  # whether its local gradient is zero for what it does not select, which contributes nothing
    has_inside = False  # whether its setting is a function inside it, to which its last operands are given
    tells_order = False  # whether it is found only in derivatives of what has a kink
    has_sides = False  # whether it is a kink's slope, of which each side counts in derivatives of higher order
    kink: Callable[..., Node] | None = None  # where such a slope is on the kink, as a condition on its operands

    def __init__(
        self,
        name: str,
        forward: Forward,
        *,
        over_rows: Forward | None = None,
        by_entries: Forward | None = None,
        of_floats: Callable[..., float] | None = None,
        kernel: Callable[..., Node] | None = None,
        quick: Callable[..., Node | None] | None = None,
        is_composed: bool = False,
        brief: Callable[..., Node] | None = None,
        notation: Notation | None = None,
        is_function: bool | None = None,
        methods: Sequence[Any] = (),
        **declared: Any,
    ) -> None:
        """Take the fields of GateDeclaration as `declared`, and these:

        `name`        what the table and `functions` call it
        `forward`     the NumPy function of the operands' values and, as keywords, the attributes
        `over_rows`   the same for many rows at once, which lie along the last axis (batching.py); by default its kind's
        `by_entries`  its entries from those of its operands, a function of arrays of nodes of scalars; by default its
                      kind's, or None where there is none
        `of_floats`   the function of Python's floats; by default the library's by the name of `forward` (elementary.py)
        `kernel`      the same digits by gates that other languages have, as a graph of them, or None
        `quick`       the same bits in less time, as a graph of other gates for large arrays, or None (of operands: None
                      for some)
        `is_composed` whether `forward` is made of NumPy's functions, and of nodes builds that graph itself, which then
                      is both of these
        `brief`       a shorter form for a formula that holds at no point in particular; by default the textbook form
        `notation`    how it is written; by default as a call
        `is_function` whether its name can be called; by default if that is how it is written
        `methods`     what else builds it but its infix symbols and a function of NumPy's that is `forward`: methods of
                      Node, rules of the grammar, functions of NumPy's
        """
        wrong = sorted((declared.keys() - set(FIELDS)) | (NEEDED_FIELDS - declared.keys()))
        if wrong:
            raise TypeError(f"the declaration of {name} lacks, or does not know: {', '.join(wrong)}")
        for field, value in {**DEFAULTS, **declared}.items():
            setattr(self, field, value)
        self.name = name
        self.called = name  # in a text; several forms of a function have one name
        self._forward = forward
        self._over_rows = over_rows
        self._by_entries = by_entries
        self.is_variadic = bool(self.operands) and self.operands[-1].startswith("*")
        self.notation = Call(name) if notation is None else notation  # Brackets() is an empty tuple, and false
        self.is_function = self.is_public and (isinstance(self.notation, Call) if is_function is None else is_function)
        self.brief = brief or self.textbook
        self.kernel = forward if is_composed else kernel
        self.quick = quick or (forward if is_composed else None)
        self.elementary = of_floats or self.function_of_floats([forward, *methods])
        METHODS.update({of_numpy(method) if callable(method) else method: self for method in methods})
        if self.is_public and is_numpys(forward):
            METHODS.setdefault(of_numpy(forward), self)
        if self.is_public and isinstance(self.notation, Infix):
            for symbol in (self.notation.symbol, *self.notation.others):
                METHODS.setdefault(symbol, self)

    def __repr__(self) -> str:
        return f"<gate {self.name}>"

    @cached_property
    def forward(self) -> Forward:
        function: Forward = itself(self._forward)
        return function

    @cached_property
    def over_rows(self) -> Forward:
        function: Forward = itself(self._over_rows or self.row_form())
        return function

    @cached_property
    def by_entries(self) -> Forward | None:
        return self._by_entries or self.entry_form()

    def __reduce__(self) -> tuple[Callable[[str], Gate], tuple[str]]:
        """Pickled by its name: a declaration is code."""
        return gate_named, (self.name,)

    def function_of_floats(self, functions: Sequence[Any]) -> Callable[..., float] | None:
        """What computes one number of Python floats without NumPy: what it is by NumPy's or a math library's name."""
        if self.attributes:
            return None
        names = [function.__name__ for function in functions if is_numpys(function)]
        names += [self.code["math"]] if "math" in self.code else []
        return next(filter(None, map(elementary, names)), None)

    @property
    def least_operands(self) -> int:
        """How many operands must be given."""
        return sum(not name.startswith("*") and name not in self.defaults for name in self.operands)

    @property
    def most_operands(self) -> int | None:
        """None where there is no limit."""
        return None if self.is_variadic else len(self.operands)

    def settings(self, given: Mapping[str, Any]) -> tuple[Any, ...]:
        """The values of its attributes, in their order: the given ones, the others by default."""
        return tuple([given.get(name, attribute.default) for name, attribute in self.attributes.items()])

    def __call__(self, *operands: Node | float, **attributes: Any) -> Node:
        """The node for this gate of `operands`, in the simplest form that computes exactly the same.

        Used where derivatives are built. (The parser adds the gates that the user wrote, unsimplified, by
        `Graph.add`.)
        """
        graph = [  # noqa: RUF015  # half the time
            operand.graph for operand in operands if not isinstance(operand, (int, float))
        ][0]
        nodes = tuple([graph.number(operand) if isinstance(operand, (int, float)) else operand for operand in operands])
        settings: tuple[Any, ...] = ()
        if self.attributes:
            settings = self.settings(attributes)
        if self.shortcut is not None:
            simple = self.shortcut(*nodes, *settings)
            if simple is not None:
                return simple
        # log(2) and 180/pi stay: a reader sees more in them than in their digits.
        folds = not self.is_function and not settings and nodes[0].is_literal
        if folds and all([node.is_literal for node in nodes]):
            numbers = [node.value for node in nodes]
            value = self.value_of(numbers)
            if not self.leaves_range(value, numbers):
                return graph.constant(value)
        return graph.add(self, nodes, settings)

    def value_of(self, numbers: Sequence[Any], settings: Mapping[str, Any] | None = None) -> Any:
        """Its value for numbers or arrays, which need not be NumPy's, by IEEE arithmetic."""
        if self.elementary is not None and not settings and all([type(number) is float for number in numbers]):
            with suppress(*REFUSALS):
                value = self.elementary(*numbers)
                if math.isfinite(value):
                    return value
        with np.errstate(all="ignore"):
            return self.forward(*map(as_numpy, numbers), **settings or {})

    def leaves_range(self, value: Any, numbers: Sequence[Any]) -> bool:
        """Whether a product, a quotient or a power of numbers is too large or too small for a double, and they are not.

        Folded, it would hide from a reader what it is of.
        """
        if not isinstance(self.notation, Infix) or self.notation.precedence < PRODUCT or np.ndim(value):
            return False
        is_in_range = bool(TINIEST <= abs(value) < math.inf)
        return not is_in_range and all([bool(np.all(number) and np.all(np.isfinite(number))) for number in numbers])

    def row_form(self) -> Forward:
        """The function for many rows at once, where the declaration does not give it."""
        return batching.row_by_row(self.forward)

    def entry_form(self) -> Forward | None:
        """The function that gives its entries, where the declaration does not give it."""
        return None

    def row_function(self, node: Node) -> Forward:
        """The function for many rows at once of one node, which knows its attributes."""
        return partial(self.over_rows, **node.settings) if node.attributes else self.over_rows

    def pull(self, position: int, upstream: Node, inputs: tuple[Node, ...], out: Node) -> Node | None:
        """The upstream gradient's share for the operand at `position`: the transposed local Jacobian times it.

        Its shape is the operand's, or what broadcasting made of the operand's. None where nothing flows.
        """
        raise NotImplementedError

    def push(self, tangents: Sequence[Node | None], inputs: tuple[Node, ...], out: Node) -> Node | None:
        """The output's tangent: the local Jacobian times the operands' tangents (None: zero). See also `push_along`."""
        raise NotImplementedError

    def push_along(self, position: int, tangent: Node, inputs: tuple[Node, ...], out: Node) -> Node | None:
        """What the tangent of the operand at `position` adds to the output's, where the gate has a local gradient."""
        return None

    def local(self, position: int, inputs: tuple[Node, ...], out: Node) -> Node | None:
        """The local gradient with respect to one operand, where the gate has one (`has_local`)."""
        return None

    def route(self, position: int, inputs: tuple[Node, ...], out: Node) -> Mask | None:
        """Where the operand at `position` is the branch taken, in the shape that `pull` returns; None: everywhere."""
        return None

    def used(self, test: Node, position: int, inputs: tuple[Node, ...], out: Node) -> Node:
        """Of a test of the output's entries: a test of those that they use of the operand at `position`.

        Its shape is the operand's, or one to be broadcast to that. By default each uses all.
        """
        return test.sum()

    def uses(self, test: Node, position: int, inputs: tuple[Node, ...], out: Node) -> Node:
        """The same, whatever the values are: a graph of other gates, which only moves and adds entries of the test."""
        return self.used(test, position, inputs, out)

    def moves_entries(self, inputs: tuple[Node, ...]) -> bool:
        """Whether each entry of its result is one of its operands', or 0."""
        return False

    def moved(self, tests: Sequence[Node | None], inputs: tuple[Node, ...], out: Node) -> Node:
        """Of tests of the operands' entries (None: it does not move): a test of the output's that move with them."""
        return add_up([test.sum() for test in tests if test is not None])
