"""Nodes as texts of SQL: what is used twice is a column of a layer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from backprop.autodiff.declaration import leaves
from backprop.autodiff.declaration.notation import AND, ATOM, COMPARISON, NOT, OR, UNARY, Infix, Prefix, Template
from backprop.autodiff.declaration.table import METHODS, NAMED
from backprop.autodiff.evaluation.program import needed
from backprop.autodiff.graph import Node
from backprop.autodiff.named_tuple import NamedTuple
from backprop.parser.printers.code import parsed
from backprop.parser.printers.languages.sql.arithmetic import template_of
from backprop.parser.printers.languages.sql.dialect import LARGEST, SqlDialect
from backprop.parser.printers.languages.sql.layers import LayerColumn
from backprop.parser.printers.languages.sql.ranges import Magnitude

LONGEST = 160  # characters of what is written where it is used, if it is used once
CHEAP = 40  # characters of a sum, or product, of columns and numbers: to compute it again is less than a column
DEEPEST = 8  # of calls within each other there: SQLite reads some twenty
COMPARED = {"==": "=", "!=": "<>"}
EXCLUDED = {"<": (1,), "<=": (1,), ">": (0,), ">=": (0,)}  # the operand that, as the largest, would make it true


class WrittenNode(NamedTuple):
    """A written node, how tightly it binds, after which layer it can stand, and the columns in it.

    It is `simple` if it is a name or a number, which may be written twice. Of a number, which is never NULL, `bare` is
    the text beside a column.
    """

    text: str
    precedence: int = ATOM
    level: int = 0
    uses: frozenset[str] = frozenset()
    is_simple: bool = False
    bare: str = ""
    depth: int = 0

    @property
    def is_number(self) -> bool:
        return bool(self.bare)


class Truth(NamedTuple):
    """The condition under which a node is 1, and the texts of which none is NULL where it is 0."""

    text: str
    known: tuple[str, ...]
    pieces: tuple[WrittenNode, ...]
    is_one: bool = False  # whether it needs brackets beside AND and OR

    def otherwise(self) -> str:
        return " AND ".join([f"{text} IS NOT NULL" for text in dict.fromkeys(self.known)])


def is_logic(node: Node) -> bool:
    notation = node.gate.notation
    return isinstance(notation, (Infix, Prefix)) and notation.precedence in (AND, OR, NOT)


def is_choice(node: Node) -> bool:
    return node.gate is METHODS["where"]


def is_variable(node: Node) -> bool:
    """Whether it is a column of the table: an input, or an entry of one."""
    is_entry = node.gate is NAMED["index"] and node.inputs[0].gate is leaves.input
    return is_entry or (node.gate is leaves.input and not node.shape)


def tested(node: Node) -> tuple[int, ...]:
    """The operands of which only the truth counts."""
    return (0,) if is_choice(node) else tuple(range(len(node.inputs))) if is_logic(node) else ()


class SqlWriter:
    """The columns of the nodes that have been written; `inline`: none, all is written where it is used.

    `known` is where the values of nodes lie.
    """

    def __init__(
        self, dialect: SqlDialect, known: Mapping[Node, Magnitude], taken: Sequence[str], *, inline: bool = False
    ) -> None:
        self.dialect = dialect
        self.known = known
        self.inline = inline
        self.taken = {name.lower() for name in taken}
        self.columns: dict[str, LayerColumn] = {}
        self.pieces: dict[Node, WrittenNode] = {}
        self.truths: dict[Node, Truth] = {}
        self.values: Counter[Node] = Counter()
        self.repeated: set[Node] = set()
        self.count = 0

    def write(self, results: Sequence[Node]) -> list[WrittenNode]:
        nodes = [node for node in needed(results) if node.gate is not leaves.input or not node.shape]
        self.values.update(results)
        for node in nodes:
            for position, operand in enumerate(node.inputs):
                is_test = operand.gate.is_indicator and position in tested(node)
                self.values[operand] += not is_test
                if not is_test and self.repeats(node, position):
                    self.repeated.add(operand)
        for node in nodes:
            if node.is_constant:
                self.pieces[node] = self.constant(node)
            elif is_variable(node):
                self.pieces[node] = self.variable(node)
            else:
                self.pieces[node] = self.held(node)
        return [self.pieces[result] for result in results]

    def repeats(self, node: Node, position: int) -> bool:
        """Whether the operand at a position stands in the node's text more than once."""
        if is_variable(node):
            return False
        if node.gate.is_indicator or (is_choice(node) and position == 0):
            return True
        return not is_choice(node) and self.template(node).text.count(f"{{{position}}}") > 1

    def template(self, node: Node) -> Template:
        return template_of(self.dialect, node, self.known)

    def constant(self, node: Node) -> WrittenNode:
        return self.number(float(node.attributes[0]))

    def variable(self, node: Node) -> WrittenNode:
        text = self.dialect.double.format(self.dialect.name(name_of(node)))
        return self.as_column(WrittenNode(text), f"_{name_of(node)}") if not self.inline else WrittenNode(text)

    def held(self, node: Node) -> WrittenNode:
        """The node's text, or the column that has it."""
        if node.gate.is_indicator:
            truth = self.truths[node] = self.truth(node)
            piece = self.chosen(truth, self.number(1.0), self.number(0.0))
        elif is_choice(node) and node.inputs[0].is_scalar_constant:
            return self.pieces[node.inputs[1 if node.inputs[0].value else 2]]
        elif is_choice(node):
            piece = self.chosen(self.test_of(node.inputs[0]), *[self.pieces[one] for one in node.inputs[1:]])
        else:
            piece = self.filled(self.template(node), [self.pieces[operand] for operand in node.inputs])
        if self.inline or not self.is_column(node, piece):
            return piece
        column = self.as_column(piece)
        if node.gate.is_indicator:
            self.truths[node] = Truth(f"{column.text} <> 0", (column.text,), (column,), is_one=True)
        return column

    def is_column(self, node: Node, piece: WrittenNode) -> bool:
        if node.gate.is_indicator and not self.values[node] and len(self.truths[node].text) <= LONGEST:
            return False
        is_cheap = piece.precedence < ATOM and piece.depth <= 1 and len(piece.text) <= CHEAP
        is_shared = self.values[node] > 1 and not is_cheap
        return is_shared or node in self.repeated or len(piece.text) > LONGEST or piece.depth > DEEPEST

    def number(self, value: float) -> WrittenNode:
        text = self.dialect.literal(value)
        precedence = UNARY if text.startswith("-") else ATOM
        return WrittenNode(text, precedence, is_simple=True, bare=self.dialect.beside_column(value))

    def as_column(self, piece: WrittenNode, name: str | None = None) -> WrittenNode:
        """The piece as a column of the layer behind those that it uses."""
        if name is None:
            self.count += 1
            name = f"_{self.count}"
        while name.lower() in self.taken:
            name += "_"
        self.taken.add(name.lower())
        name = self.dialect.name(name)
        self.columns[name] = LayerColumn(name, piece.text, piece.level + 1, piece.uses)
        return WrittenNode(name, level=piece.level + 1, uses=frozenset([name]), is_simple=True)

    def filled(self, template: Template, operands: Sequence[WrittenNode]) -> WrittenNode:
        parts = []
        for literal, slot, is_enclosed in parsed(template.text):
            parts.append(literal)
            if slot:
                operand = operands[int(slot)]
                precedence = operand.precedence
                text = operand.bare if operand.is_number and template.precedence < UNARY else operand.text
                is_safe = is_enclosed or precedence == ATOM
                if not is_safe and template.precedence < ATOM and not text.startswith("-"):
                    # on the right of its sign an operand that binds as tightly would be grouped otherwise
                    is_safe = precedence > template.precedence or (precedence == template.precedence and not literal)
                parts.append(text if is_safe else f"({text})")
        return self.joined("".join(parts), operands, template.precedence)

    def joined(self, text: str, operands: Sequence[WrittenNode], precedence: int = ATOM) -> WrittenNode:
        level = max([operand.level for operand in operands], default=0)
        depths = [operand.depth + (position > 0 or precedence == ATOM) for position, operand in enumerate(operands)]
        uses = frozenset[str]().union(*[operand.uses for operand in operands])
        return WrittenNode(text, precedence, level, uses, depth=max(depths, default=0))

    def chosen(self, truth: Truth, taken: WrittenNode, otherwise: WrittenNode) -> WrittenNode:
        text = f"CASE WHEN {truth.text} THEN {taken.text} WHEN {truth.otherwise()} THEN {otherwise.text} END"
        return self.joined(text, [*truth.pieces, taken, otherwise])

    def test_of(self, node: Node) -> Truth:
        """Whether an operand is not 0."""
        if node in self.truths:
            return self.truths[node]
        piece = self.pieces[node]
        return Truth(f"{closed(piece)} <> 0", () if piece.is_number else (piece.text,), (piece,), is_one=True)

    def truth(self, node: Node) -> Truth:
        notation = node.gate.notation
        assert isinstance(notation, (Infix, Prefix))
        if not is_logic(node):
            return self.comparison(notation.symbol, [self.pieces[operand] for operand in node.inputs])
        tests = [self.test_of(operand) for operand in node.inputs]
        texts = [test.text if test.is_one else f"({test.text})" for test in tests]
        known = tuple([text for test in tests for text in test.known])
        pieces = tuple([piece for test in tests for piece in test.pieces])
        if isinstance(notation, Infix):
            return Truth(f" {notation.symbol.upper()} ".join(texts), known, pieces)
        return Truth(f"NOT ({tests[0].text})", known, pieces)

    def comparison(self, symbol: str, pieces: Sequence[WrittenNode]) -> Truth:
        """As IEEE 754 compares: with nan only `<>` is true."""
        dialect = self.dialect
        texts = [self.comparable(piece) for piece in pieces]
        text = f"{texts[0]} {COMPARED.get(symbol, symbol)} {texts[1]}"
        open_ones = [piece for piece in pieces if not piece.is_number]
        known = tuple([piece.text for piece in open_ones])
        if not dialect.orders_nan:
            return Truth(text, known, tuple(pieces), is_one=True)
        nan = dialect.literal(float("nan"))
        if symbol in EXCLUDED:
            (position,) = EXCLUDED[symbol]
            more = "" if pieces[position].is_number else f" AND {texts[position]} <> {nan}"
        elif len(open_ones) < 2:
            more = ""
        else:
            more = f" AND {texts[0]} <> {nan}" if symbol == "==" else f" OR {texts[0]} = {nan}"
        return Truth(f"{text}{more}", known, tuple(pieces), is_one=not more)

    def comparable(self, piece: WrittenNode) -> str:
        """The operand of a comparison, which nothing would be equal to where it were NULL."""
        if piece.text == "NULL":
            return self.dialect.beside_column(LARGEST)
        return piece.bare or closed(piece)


def closed(piece: WrittenNode) -> str:
    return piece.text if piece.precedence > COMPARISON else f"({piece.text})"


def name_of(node: Node) -> str:
    """What the column is called that has a variable, or an entry of one: `x`, `W[1][0]`."""
    if node.gate is leaves.input:
        return str(node.name)
    places = "".join([f"[{place}]" for place in node.settings["index"]])
    return f"{node.inputs[0].name}{places}"
