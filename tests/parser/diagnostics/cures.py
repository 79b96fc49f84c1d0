"""Follows a cure as a user does: writes what it says in the place that it names, or instead of the whole text."""

import re

from backprop.parser import ExpressionError, parse

# What stands before code in a cure, and what ends it.
BEFORE = re.compile(r"(?:\b(?:write|written|as in|mean|add|named by|arange|nest them:|such as)\b ?|^(?='))")
BEHIND = re.compile(
    r"$|; |, (?:or|and|that|where|a choice) ?|\?|: (?=a|o)| in one piece| in plain| alone|' compares| before$| for "
)
REMOVAL = re.compile("delete it|omit the word|need no quotes")
MOST_STEPS = 3  # a text may be wrong in several places


def pieces_of_code(cure):
    """What a cure says to write, where that is code: one word, or text with a sign in it."""
    for before in BEFORE.finditer(cure):
        rest = cure[before.end() :]
        for behind in BEHIND.finditer(rest):
            piece = rest[: behind.start()].strip().strip("'")
            if piece and "..." not in piece and (" " not in piece or re.search(r"[^\w\s,'.:-]|\d|\bif\b", piece)):
                yield piece


def texts_after(text, error):
    """The texts that a user may have after following the cure once."""
    start, end = error.span or (0, len(text))
    for piece in pieces_of_code(error.cure):
        yield text[:start] + piece + text[end:]
        yield piece
        yield text + piece
        yield text[:start] + piece + text[start:]
        yield f"{piece}; 1"  # a definition alone is no expression
    if REMOVAL.search(error.cure):
        yield text[:start] + text[end:]


def is_followed(text, steps=MOST_STEPS):
    """Whether following the cures leads to a text that parses."""
    wrong = []
    for after in texts_after(text, error_of(text)):
        if error_of(after) is None:
            return True
        wrong.append(after)
    return steps > 1 and any(is_followed(after, steps - 1) for after in wrong)


def error_of(text):
    try:
        parse(text)
    except ExpressionError as error:
        return error
    return None
