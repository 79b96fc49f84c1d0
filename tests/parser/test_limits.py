"""How large and how deeply nested a text may be: refused before memory is taken, and the promised depths work."""

from __future__ import annotations

import pytest

from backprop.parser import ExpressionError, lexer, parse, shift_reduce
from backprop.parser.limits import MAXIMUM_TEXT

DEPTH = 100_000  # that the design promises


@pytest.mark.parametrize("text", ["1+(" * DEPTH + "x" + ")" * DEPTH, "+".join(["x"] * DEPTH)])
def test_the_promised_depth_works(text: str) -> None:
    """Of what test_sizes.py does not parse at this depth: brackets, signs, powers, calls and choices it does."""
    assert "x" in parse(text).variables


@pytest.mark.parametrize("piece", ["(", "-", "not ", "x^", "sin(", "1+(", "√", "x if y else ", "f(1, ", "x["])
def test_more_is_refused_while_it_is_read(monkeypatch: pytest.MonkeyPatch, piece: str) -> None:
    monkeypatch.setattr(shift_reduce, "MAXIMUM_OPEN", 1000)
    read = []
    monkeypatch.setattr(lexer, "Operand", lambda *parts, make=lexer.Operand: read.append(1) or make(*parts))
    with pytest.raises(ExpressionError, match="brackets and operators are nested too deep") as caught:
        parse(piece * 200_000 + "x")
    assert caught.value.span is not None
    assert len(read) < 1000 + 2 * shift_reduce.CHECKED


def test_a_text_is_refused_before_it_is_read() -> None:
    with pytest.raises(ExpressionError, match="a text of 8388609 characters"):
        parse("(" * (MAXIMUM_TEXT + 1))
