"""From a text to a graph, or to the value of a constant expression: the calls behind the package's names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum

from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.evaluation.garbage import without_collection
from backprop.autodiff.gates import BINDERS
from backprop.autodiff.graph import Graph
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.shapes import Array, Shape
from backprop.parser.arrays import MAXIMUM_DEPTH
from backprop.parser.builder import Builder
from backprop.parser.constants import value
from backprop.parser.lexer import ExpressionLexer
from backprop.parser.limits import MAXIMUM_TEXT
from backprop.parser.operand import Operand
from backprop.parser.shift_reduce import ShiftReduce, UnexpectedToken
from backprop.parser.tables import tables

LONG = 1000  # characters of a list from which a faster way than the grammar pays
MAY_VANISH = r"[eE]-[0-9]{3}|\.0{30}"  # a number that could be too small for a double, yet not 0


class TextKind(Enum):
    """What a text states, by the call of the library that reads it."""

    EXPRESSION = "parse"
    MODEL = "parse_model"
    RELATIONS = "parse_relations"


class TextReader:
    """A parser with the grammar's tables, calling a builder. It reads one text at a time."""

    def __init__(self) -> None:
        self.builder = Builder()
        parse_tables = tables()
        self.lexer = ExpressionLexer(parse_tables, BINDERS)
        self.parser = ShiftReduce(parse_tables, self.builder)

    def read(self, text: str, shapes: Mapping[str, Shape] | None = None, kind: TextKind = TextKind.EXPRESSION) -> Graph:
        self.builder.begin(text, shapes)
        self.builder.scope.graph.reader = kind.value
        self.lexer.takes_models = kind is TextKind.MODEL
        self.parser.parse(self.lexer.read(text), len(text))
        if kind is TextKind.MODEL:
            return self.builder.finished_model()
        if kind is TextKind.RELATIONS:
            return self.builder.finished_relations()
        return self.builder.finished()


idle: list[TextReader] = []  # a reader costs some milliseconds; one that is busy, in another thread, is not in the list


@without_collection
def parse(text: str, shapes: Mapping[str, Shape] | None = None, kind: TextKind = TextKind.EXPRESSION) -> Graph:
    if len(text) > MAXIMUM_TEXT:
        raise ExpressionError(f"a text of {len(text)} characters", None, f"a text has at most {MAXIMUM_TEXT}")
    reader = idle.pop() if idle else TextReader()
    try:
        return reader.read(text, shapes, kind)
    except UnexpectedToken as error:
        from backprop.parser.diagnostics.unexpected_token import diagnosed

        raise diagnosed(text, error, reader.lexer.tokens) from None
    except ExpressionError as error:
        raise error.located(None, text) from None
    finally:
        reader.builder.begin("")  # lets go of the graph
        idle.append(reader)


def constant(text: str) -> Array:
    """The value of a constant expression: a number as a float of Python's."""
    if len(text) > LONG:
        array = literal_list(text)
        if array is not None:
            return array
    graph = parse(text)
    output = Operand("", "", 0, len(text))
    output.node = graph.result
    try:
        return value(output, "a value")
    except ExpressionError as error:
        raise error.located(None, text) from None


def literal_list(text: str) -> Array | None:
    """The value of a list of plain numbers, a hundred times faster than the grammar reads it.

    None where it may be anything else: then the grammar reads it, or says what is wrong.
    """
    if not re.fullmatch(r"[ \t\r\n]*\[[0-9 \t\r\n.,+eE\[\]-]*", text):
        return None
    import json

    try:
        array = np.array(json.loads(text, parse_int=float), dtype=np.float64)
    except (ValueError, RecursionError):
        return None
    is_in_range = bool(np.isfinite(array).all()) and (bool(array.all()) or not re.search(MAY_VANISH, text))
    return array if is_in_range and array.ndim <= MAXIMUM_DEPTH else None
