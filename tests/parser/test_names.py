# ruff: noqa: RUF001 - letters that look alike are the subject
"""Names: Unicode identifiers of any script, normalised as Python's are."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backprop.parser import ExpressionError, parse
from backprop.parser.names import KEYWORDS, is_no_letter


@pytest.mark.parametrize(
    "name", ["x", "x_1", "_", "θ", "Δx", "ж", "变量", "x̂", "ẍ", "नाम", "متغير", "ñ", "ℓ", "sin", "lambda", "T"]
)
def test_letters_of_any_script_make_names(name):
    graph = parse(f"{name} + 2*{name}")
    assert graph.variables == (unicodedata.normalize("NFKC", name),)


@pytest.mark.parametrize("one, other", [("é", "e\u0301"), ("ﬁ", "fi"), ("𝑥", "x"), ("ｘ", "x"), ("µ", "μ"), ("ϕ", "φ")])
def test_spellings_of_one_name(one, other):
    assert len(parse(f"{one} + {other}").variables) == 1


def test_symbols_are_names_of_constants():
    assert parse("π*x + τ - ∞").variables == ("x",)
    assert parse("π = 3; π*x").defaults == {"pi": 3.0}
    assert parse("π2 + πx").variables == ("π2", "πx")


@settings(max_examples=500, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=4))
def test_a_word_is_a_name_just_where_python_has_one(word):
    """Apart from superscripts, dots and invisible characters, and from what looks like a keyword."""
    if word.isascii() or set(word) & set("·") or word in "π τ" or any(map(is_no_letter, word)):
        return
    normalized = unicodedata.normalize("NFKC", word)
    if normalized in KEYWORDS:
        return
    if word.isidentifier():
        assert parse(word).inputs.keys() == {normalized}
    else:
        try:
            assert word not in parse(word).inputs
        except ExpressionError as error:
            assert error.span is None or error.span.end <= len(word)


@pytest.mark.parametrize(
    "text, place", [("xⁿ", 1), ("aᵀb", 1), ("x\u200dy", 1), ("x–y", 1), ("x\u30fby", 1), ("x\u0387y", 1), ("é²", None)]
)
def test_what_is_no_part_of_a_name(text, place):
    if place is None:
        assert parse(text).variables == ("é",)
        return
    with pytest.raises(ExpressionError) as caught:
        parse(f"1 + {text}")
    assert caught.value.span == (4 + place, 5 + place)


@pytest.mark.parametrize("word", ["ｉｆ", "𝐧𝐨𝐭"])
def test_a_word_that_only_looks_like_a_keyword_is_refused(word):
    with pytest.raises(ExpressionError, match="looks like the word"):
        parse(word)
