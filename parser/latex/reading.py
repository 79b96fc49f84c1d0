"""From a text in LaTeX to a graph. Imported only for one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.evaluation.garbage import without_collection
from backprop.autodiff.graph import Graph
from backprop.autodiff.shapes import Shape
from backprop.parser.latex.builder import LatexBuilder
from backprop.parser.latex.lexer import LatexLexer
from backprop.parser.limits import MAXIMUM_TEXT
from backprop.parser.operand import Operand
from backprop.parser.parsing import TextKind
from backprop.parser.shift_reduce import END, ShiftReduce, UnexpectedToken
from backprop.parser.tables import tables

ROOM = "latex"
WANTS_VALUE = {"SIGN", "TIMES", "SLASH", "MOD", "COMPARISON", "AND", "OR", "NOT", "ASSIGN", "POWER", "TILDE", "COMMA"}
OPENING = {"LPAR", "LBRACE", "OPEN", "BAR", "DEGREE"}


@without_collection
def parse_latex(text: str, shapes: Mapping[str, Shape] | None = None, kind: TextKind = TextKind.EXPRESSION) -> Graph:
    if len(text) > MAXIMUM_TEXT:
        raise ExpressionError(f"a text of {len(text)} characters", None, f"a text has at most {MAXIMUM_TEXT}")
    builder = LatexBuilder()
    builder.begin(text, shapes)
    builder.scope.graph.reader = parse_latex.__name__
    tokens: list[Operand] = []
    try:
        lexer = LatexLexer(text, compares=kind is TextKind.RELATIONS, takes_models=kind is TextKind.MODEL)
        tokens = list(lexer.read())
        ShiftReduce(tables(ROOM), builder).parse(iter(tokens), len(text))
        if kind is TextKind.MODEL:
            return builder.finished_model()
        return builder.finished_relations() if kind is TextKind.RELATIONS else builder.finished()
    except UnexpectedToken as error:
        raise diagnosed(text, error.token, tokens).located(None, text) from None
    except ExpressionError as error:
        raise error.located(None, text) from None


def diagnosed(text: str, token: Operand, tokens: Sequence[Operand]) -> ExpressionError:
    """Why a token cannot stand where it does."""
    place = next((at for at, other in enumerate(tokens) if other is token), len(tokens))
    before = tokens[place - 1] if place else None
    shown = text[before.start_pos : before.end_pos] if before is not None else ""
    if before is not None and before.type in WANTS_VALUE and token.type == "SIGN":
        return ExpressionError(
            f"a sign behind '{shown}'", token.span, f"write brackets: \\left({token.text} ...\\right)"
        )
    if before is not None and before.type == "FUNCTION":
        return ExpressionError(f"'{before.text}' has no argument", before.span, f"write {before.text}(x)")
    if before is not None and before.type in WANTS_VALUE | OPENING:
        return ExpressionError(f"expected a value after '{shown}'", before.span, "write a number or a name there")
    if token.type == END:
        return ExpressionError("the expression ends too soon", None, "write a number or a name there")
    if token.type == "ASSIGN":
        return ExpressionError(
            "unexpected '='", token.span, "name one value, or write [x = y] for 1 where they are equal"
        )
    if token.type == "COMMA":
        return ExpressionError("unexpected ','", token.span, "a vector is \\begin{pmatrix} x \\\\ y \\end{pmatrix}")
    written = text[token.start_pos : token.end_pos]
    behind = f" after '{shown}'" if shown else ""
    return ExpressionError(f"unexpected '{written}'{behind}", token.span, "delete it, or write brackets")
