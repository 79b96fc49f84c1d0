"""What a session remembers: values, definitions, the last expression. Puts the text together that the parser reads.

A right side without variables is a value, any other a definition: it is kept as it is written, and means at each
use what its names mean then. One that needs its own name (`x = x + 1`) is computed at once.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Sequence

from backprop.autodiff.declaration import leaves
from backprop.autodiff.derivatives.trace import trace
from backprop.autodiff.errors import ExpressionError, Span
from backprop.autodiff.graph import Graph
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.shapes import Array
from backprop.cli.output.cells import machine_text
from backprop.cli.output.output import Output
from backprop.cli.question.names import listed, variables_of
from backprop.cli.question.question import Question
from backprop.cli.question.ranges import Range, in_order
from backprop.cli.repl.statements import Name, Statement
from backprop.cli.status import Failure
from backprop.parser import parse
from backprop.parser.similarity import closest

LAST = Name("_", False)  # the value of the last expression
WIDTH = 5.0  # of a plot to both sides, where nobody says it


class Unreadable(ExpressionError):
    """The line itself is wrong, so that its author will want to change it."""


class Piece(NamedTuple):
    """The part of the text put together from `start` to `end`, which stands in `line` from `offset` on."""

    start: int
    end: int
    line: str
    offset: int


class TypedText(NamedTuple):
    """Definitions, each on a line, and the part of a statement that needs them: the last of the `pieces`."""

    whole: str
    pieces: tuple[Piece, ...]

    def origin(self, span: Span) -> tuple[Span, Piece]:
        """Where a place of the text was written."""
        piece = next((candidate for candidate in self.pieces if span.start <= candidate.end), self.pieces[-1])
        shift = piece.offset - piece.start
        return Span(span.start + shift, min(span.end, piece.end) + shift), piece

    @contextlib.contextmanager
    def located(self) -> Iterator[None]:
        """An ExpressionError from within is one about the line that its place was written in."""
        try:
            yield
        except ExpressionError as error:
            if error.source == self.whole:
                error.source = self.pieces[-1].line
                if error.span is not None:
                    error.span, piece = self.origin(error.span)
                    error.source = piece.line
            raise

    def parsed(self) -> Graph:
        """The graph. Raises Unreadable, or ExpressionError where a definition does not fit any more."""
        with self.located():
            try:
                return parse(self.whole)
            except ExpressionError as error:
                if error.span is not None and error.span.start < self.pieces[-1].start:
                    raise
                raise Unreadable(error.reason, error.span, error.cure, error.source) from None


class Asked(NamedTuple):
    """A question with the text that it was put together from."""

    question: Question
    text: TypedText


class Session:
    """The names so far, `definitions` those of functions and of variables; `output` says how answers are shown.

    `is_fused`: compositions that lose digits are one gate each.
    """

    def __init__(self, output: Output, *, is_fused: bool = False) -> None:
        self.output = output
        self.is_fused = is_fused
        self.values: dict[str, Array] = {}
        self.definitions: dict[Name, Statement] = {}
        self.last: Statement | None = None
        self.before: Array | None = None  # what _ meant in it

    @contextlib.contextmanager
    def kept_whole(self) -> Iterator[None]:
        """What fails within has changed nothing, but for the expression that is the last."""
        before = dict(self.values), dict(self.definitions)
        try:
            yield
        except BaseException:
            self.values, self.definitions = before
            raise

    def ask(self, statement: Statement, *, is_point_optional: bool = False) -> Asked:
        """The question that a statement's right side is now. Raises ExpressionError or Failure."""
        text = self.text(statement)
        graph = text.parsed()
        if statement.name is None and statement is not self.last:
            self.last, self.before = statement, self.values.get(LAST.text)
        known = self.values
        if statement.name is None and self.before is not None:  # whose own value is the last by now
            known = {**known, LAST.text: self.before}
        missing = [name for name in graph.variables if name not in known]
        if missing and not is_point_optional:
            raise self.without_values(missing)
        values = {name: value for name, value in known.items() if name in graph.inputs}
        question = Question(text.pieces[-1].line[statement.body : statement.end].strip(), graph, values, ())
        return Asked(question.fused() if self.is_fused else question, text)

    def text(self, statement: Statement) -> TypedText:
        """The statement's right side behind the definitions that it needs."""
        pieces = []
        lines: list[str] = []
        start = 0
        for needed in [*self.needed(statement.uses), statement]:
            begin = needed.body if needed is statement else needed.start
            lines.append(needed.line[begin : needed.end])
            pieces.append(Piece(start, start + len(lines[-1]), needed.line, begin))
            start += len(lines[-1]) + 1
        return TypedText("\n".join(lines), tuple(pieces))

    def needed(self, uses: Collection[Name]) -> list[Statement]:
        """The definitions behind some names, each after those that it needs itself."""
        ordered: dict[Name, Statement] = {}
        waiting = [(name, False) for name in sorted(uses)]
        while waiting:
            name, is_ready = waiting.pop()
            definition = self.definitions.get(name)
            if definition is None or name in ordered:
                continue
            if is_ready:
                ordered[name] = definition
            else:
                waiting.append((name, True))
                waiting.extend((needed_name, False) for needed_name in sorted(definition.uses))
        return list(ordered.values())

    def needs(self, statement: Statement) -> bool:
        """Whether a statement needs what it defines."""
        return any(statement.name in needed.uses for needed in [*self.needed(statement.uses), statement])

    def define(self, statement: Statement) -> Array | None:
        """Remember an assignment or a function. The value, where that is all there is to remember."""
        name = statement.name
        assert name is not None
        if name.is_function:
            self.define_function(name, statement)
            return None
        graph = self.text(statement).parsed()
        is_free = any(variable in self.values or variable not in leaves.NAMED_CONSTANTS for variable in graph.inputs)
        if is_free and not self.needs(statement) and LAST not in statement.uses:  # whose meaning changes
            self.values.pop(name.text, None)
            self.definitions[name] = statement
            return None
        asked = self.ask(statement)
        with asked.text.located():
            value = trace(asked.question.graph, asked.question.values).value
        self.set(name.text, value)
        return value

    def define_function(self, name: Name, statement: Statement) -> None:
        if LAST in statement.uses:
            raise Unreadable(
                f"'{LAST.text}' is the value of the last expression, which changes",
                Span(statement.start, statement.end),
                f"give it a name before: q = {LAST.text}",
                statement.line,
            )
        if self.needs(statement):
            raise Unreadable(
                f"'{name.text}' would call itself",
                Span(statement.start, statement.body),
                "a function cannot: choose another name",
                statement.line,
            )
        text = self.text(statement._replace(body=statement.start))
        TypedText(f"{text.whole}\n0", text.pieces).parsed()  # functions alone are not an expression
        self.definitions[name] = statement

    def set(self, name: str, value: Array) -> None:
        """Remember a value."""
        self.definitions.pop(Name(name, False), None)
        self.values[name] = value

    def clear(self, name: str) -> bool:
        """Forget what a name means; False where it means nothing."""
        is_known = self.values.pop(name, None) is not None
        for is_function in (True, False):
            is_known |= self.definitions.pop(Name(name, is_function), None) is not None
        return is_known

    def over(self, asked: Asked, ranges: Sequence[Range]) -> Question:
        """The question over ranges, or over one of its only variable. Raises Failure."""
        question = asked.question
        known = question.graph.variables
        for range_ in ranges:
            if range_.name not in known:
                raise Failure(f"{range_.name} is not a variable of the expression", variables_of(known))
        if not ranges:
            open_names = [name for name in known if name not in question.values] or known
            if len(open_names) != 1:
                example = f"as in :plot {known[0]}=-5:5" if known else variables_of(known)
                raise Failure("over the range of which variable?", example)
            centre = question.values.get(open_names[0], 0.0)
            if np.ndim(centre):
                raise Failure(f"{open_names[0]} is an array, which has no range", "give a scalar a range")
            ranges = (Range(open_names[0], float(centre) - WIDTH, float(centre) + WIDTH),)
        names = [range_.name for range_ in ranges]
        missing = [name for name in known if name not in question.values and name not in names]
        if missing:
            raise self.without_values(missing)
        values = {name: value for name, value in question.values.items() if name not in names}
        return question._replace(values=values, ranges=in_order(list(ranges)))

    def written(self) -> list[str]:
        """Lines that give all names their meaning again, and the last expression."""
        ordered = self.needed(self.definitions.keys())
        statements = [*ordered, *([self.last] if self.last is not None else [])]
        uses = {name for statement in statements for name in statement.uses}
        values = {name: value for name, value in self.values.items() if name != LAST.text}
        if LAST in uses and self.before is not None:
            values[LAST.text] = self.before
        lines = [f"{name} = {machine_text(value)}" for name, value in values.items()]
        return [*lines, *(statement.text for statement in statements)]

    def names(self) -> list[str]:
        """Every name with a meaning, that of a function with its bracket."""
        defined = [f"{name.text}(" if name.is_function else name.text for name in self.definitions]
        return [*self.values, *defined]

    def without_values(self, missing: list[str]) -> Failure:
        known = [*self.values, *[name.text for name in self.definitions if not name.is_function]]
        meant = {name: closest(name, known) for name in missing} if known else {}
        hints = [f"did you mean {similar}?" for similar in dict.fromkeys(meant.values()) if similar]
        example = "; ".join(f"{name} = 1" for name in missing[:10])
        cure = f"for example: {example}"
        return Failure(f"{listed(missing)} {'has' if len(missing) == 1 else 'have'} no value", " ".join([*hints, cure]))
