"""What is wrong with a `for`: it stands where none can, lacks its index or its `in`, or something stands beside it."""

from __future__ import annotations

from collections.abc import Iterator

from backprop.autodiff.errors import ExpressionError, Span
from backprop.parser.diagnostics.context import CLOSING, OPENING, Context
from backprop.parser.operand import VALUE_END, Operand

EXAMPLE = "a loop is written sum(i^2*x for i in 1:3)"


def malformed_loop(context: Context) -> ExpressionError | None:
    """The error where the unexpected token is a `for`, or separates something from one."""
    before, token = context.before, context.token
    if before is None or before.type not in VALUE_END:
        return None
    loop = next(loops_beside(context), None)
    if token.type == "NAME" and token.text == "for":
        return incomplete(token, context.after)
    if token.type == "FOR" and loop is not None and loop is not token:
        return ExpressionError(
            "a second 'for' in the same brackets", token.span, "nest them: sum(sum(i*j for i in 1:3) for j in 1:3)"
        )
    if token.type == "FOR":
        return ExpressionError("'for' needs the brackets of a call or a list", token.span, EXAMPLE)
    if loop is None or token.type not in ("COMMA", "COLON"):
        return None
    if token.type == "COLON":
        return ExpressionError("unexpected ':'", token.span, "an index runs over first:last; steps are arange(1, 6, 2)")
    return ExpressionError("unexpected ',' beside a 'for'", token.span, "nothing else stands in its brackets")


def incomplete(word: Operand, after: Operand | None) -> ExpressionError:
    """`for` without the name of an index, or without `in` behind that."""
    if after is None or after.type != "NAME" or after.text == "in":
        return ExpressionError("expected the name of an index after 'for'", word.span, EXAMPLE)
    return ExpressionError(f"expected 'in' after 'for {after.text}'", Span(word.start_pos, after.end_pos), EXAMPLE)


def loops_beside(context: Context) -> Iterator[Operand]:
    """Each FOR in the innermost brackets around the unexpected token, in none of the brackets inside."""
    if context.enclosing is None:
        return
    depth = 0
    for token in context.tokens[context.enclosing + 1 :]:
        depth += (token.type in OPENING) - (token.type in CLOSING)
        if depth < 0:
            return
        if token.type == "FOR" and not depth:
            yield token
