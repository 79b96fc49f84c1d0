"""The derivatives that the user claims: `--against EXPR`, or `--against x=EXPR` for each of several variables."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.graph import Graph
from backprop.cli.question.argv import is_assignment, normalized
from backprop.cli.question.expression import checked
from backprop.cli.question.names import check_known, listed
from backprop.cli.question.question import Question
from backprop.cli.status import Failure

OPTION = "--against"


class Claims(dict[str, Graph]):
    """The claim of the derivative by each name; `texts` are what the user wrote."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: dict[str, str] = {}


def read_claims(question: Question, given: Sequence[str], chosen: Sequence[str] | None) -> Claims:
    """The claims about the derivatives by the names that --wrt has `chosen` or by any.

    Raises Failure for a claim of no such name, for two of one, and for a chosen name that has none; ExpressionError
    with its place for a claim that is wrong by itself.
    """
    from backprop.parser import parse, parse_latex

    shapes = {name: np.shape(value) for name, value in question.values.items()}
    known = chosen or [name for name in question.graph.inputs if name in question.values]
    claims = Claims()
    for given_text in given:
        name, text = named_claim(given_text, known, () if chosen else question.graph.names)
        if name in claims:
            raise Failure(f"{OPTION} {name} is given twice", "omit one of the two")
        try:
            claims[name] = parse_latex(checked(text), shapes) if question.is_latex else parse(checked(text))
        except ExpressionError as error:
            error.reason = f"the claim for {name}: {error.reason}"
            raise error.located(None, text) from None
        claims.texts[name] = text
    without = [name for name in chosen or () if name not in claims]
    if without:
        raise Failure(f"--wrt {without[0]} has no claim", f'add {OPTION} "{without[0]}=EXPR", or omit it')
    return claims


def named_claim(text: str, known: Sequence[str], computed: Collection[str]) -> tuple[str, str]:
    """The name that a claim is for, and its expression, which may be statements: `x=u = 2*x; u`. Raises Failure.

    What is `computed` has to be named.
    """
    start, equals, rest = text.partition("=")
    name = normalized(start.strip())
    if is_assignment(text) or (equals and not rest.startswith("=") and name in known):
        if name not in computed:
            check_known(OPTION, name, known)
        return name, rest
    if len(known) > 1:
        reason = f"{OPTION} {text}: which derivative is it? There are those by {listed(known)}"
        raise Failure(reason, f'say it: {OPTION} "{known[0]}={text}"')
    if not known:
        raise Failure(f"{OPTION} {text}: the expression has no variables", "there is no derivative to compare with")
    return known[0], text
