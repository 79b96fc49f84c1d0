"""The text of a value that may have an uncertainty, to what it says: `2.0+-0.1,dof=4`, `4.999(32)`, `1+-0.5,uniform`.

Opens no file but by read_value. Whatever is wrong is shown at its place in the text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from decimal import Decimal

import numpy as np

from backprop.autodiff.errors import ExpressionError, Span
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.shapes import Array
from backprop.autodiff.uncertainty.distributions import DISTRIBUTIONS
from backprop.autodiff.uncertainty.inputs import Uncertain, within
from backprop.cli.question.values import read_value
from backprop.parser import parse_constant
from backprop.parser.similarity import suggestion

SIGN = re.compile(r"\+/?-|±")
CONCISE = re.compile(
    r"(?P<number>[+-]?(?:[0-9]+\.?(?P<behind>[0-9]*)|\.(?P<only>[0-9]+)))"
    r"\((?P<in_brackets>[^()]*)\)(?P<exponent>[eE][+-]?[0-9]+)?"
)
SETTINGS = ("dof", "U", "k")
WORDS = [name for name in DISTRIBUTIONS]
FORMS = "write m=2.0+-0.1, m=4.999(32), m=2+-0.5% or m=2,U=0.3,k=2, and behind it ,dof=4 or ,uniform"
OPEN, CLOSE = "([{", ")]}"


class TextPart(NamedTuple):
    """A piece of the text between commas, and where it begins."""

    text: str
    start: int

    @property
    def span(self) -> Span:
        return Span(self.start, self.start + max(len(self.text), 1))

    def cut(self, start: int, end: int | None = None) -> TextPart:
        """A piece of it without blanks around."""
        piece = self.text[start:end]
        return TextPart(piece.strip(), self.start + start + len(piece) - len(piece.lstrip()))


class ValueAndSize(NamedTuple):
    """What stands before the commas: a value, and what is behind the ± if anything is."""

    value: Array
    uncertainty: Array | None


class Said(NamedTuple):
    """What stands behind the commas."""

    settings: dict[str, tuple[TextPart, TextPart]]
    distribution: TextPart | None


def read_uncertain(name: str, text: str) -> Uncertain | Array:
    """The input that the text describes; a value alone is exact. Raises ExpressionError or Failure, which name it."""
    try:
        first, *rest = parts_of(text)
        said = read_settings(rest)
        return made(read_estimate(name, first), said, first)
    except ExpressionError as error:
        if not error.reason.startswith("the value of"):
            error.reason = f"the value of {name}: {error.reason}"
        raise error.located(Span(0, len(text)), text) from None


def parts_of(text: str) -> Iterator[TextPart]:
    """The pieces between the commas that no bracket holds."""
    depth = start = 0
    for position, character in enumerate(f"{text},"):
        depth += (character in OPEN) - (character in CLOSE)
        if character == "," and (depth <= 0 or position == len(text)):
            yield TextPart(text, 0).cut(start, position)
            start = position + 1


def read_settings(parts: list[TextPart]) -> Said:
    """The settings behind the value, each once. Raises ExpressionError."""
    settings: dict[str, tuple[TextPart, TextPart]] = {}
    distribution = None
    for part in parts:
        name, equals, _ = part.text.partition("=")
        word = name.strip()
        if not equals and word in DISTRIBUTIONS:
            if distribution is not None:
                raise wrong(part, f"two distributions, {distribution.text} and {word}", "omit one of the two")
            distribution = part
        elif not equals or word not in SETTINGS:
            raise unknown(part, word, has_value=bool(equals))
        elif word in settings:
            raise wrong(part, f"{word} is given twice", "omit one of the two")
        else:
            settings[word] = part, part.cut(len(name) + 1)
    return Said(settings, distribution)


def unknown(part: TextPart, word: str, *, has_value: bool) -> ExpressionError:
    if not word:
        return wrong(part, "nothing stands here", FORMS)
    known = SETTINGS if has_value else WORDS
    otherwise = f"what may follow is dof=4, U=75,k=3 or {', '.join(WORDS)}"
    return wrong(part, f"{word!r} says nothing of an uncertainty", suggestion(word, known, otherwise))


def wrong(part: TextPart, reason: str, cure: str | None) -> ExpressionError:
    return ExpressionError(reason, part.span, cure)


def read_estimate(name: str, part: TextPart) -> ValueAndSize:
    """The value, and the number behind ± or in brackets."""
    if not part.text:
        raise wrong(part, "there is no value", FORMS)
    concise = CONCISE.fullmatch(part.text)
    if concise:
        return read_concise(part, concise)
    sign = last_sign(part.text)
    if sign is None:
        return ValueAndSize(read_plain(name, part), None)
    value = read_plain(name, part.cut(0, sign.start()))
    return ValueAndSize(value, read_size(part.cut(sign.end()), value))


def last_sign(text: str) -> re.Match[str] | None:
    """The ± outside of brackets; of a file's name the last one."""
    found = None
    for match in SIGN.finditer(text):
        before = text[: match.start()]
        if sum(map(before.count, OPEN)) == sum(map(before.count, CLOSE)):
            found = match
            if not text.startswith("@"):
                break
    return found


def read_concise(part: TextPart, match: re.Match[str]) -> ValueAndSize:
    """`4.999(32)`, in units of the last digit, or `4.999(0.032)`, where a point or an exponent says it all."""
    inside, exponent = match["in_brackets"].strip(), match["exponent"] or ""
    value = np.float64(float(match["number"] + exponent))
    if inside.isascii() and inside.isdigit():
        behind = match["only"] or match["behind"] or ""
        return ValueAndSize(value, np.float64(float(Decimal(f"{inside}{exponent}").scaleb(-len(behind)))))
    size = constant(part.cut(match.start("in_brackets"), match.end("in_brackets")))
    return ValueAndSize(value, np.asarray(size * float(f"1{exponent}"))[()])


def read_plain(name: str, part: TextPart) -> Array:
    if part.text.startswith("@"):
        return read_value(name, part.text)
    return constant(part)


def constant(part: TextPart) -> Array:
    """The value of a constant expression. Raises ExpressionError at its place in the whole text."""
    if not part.text:
        raise wrong(part, "a number is missing here", FORMS)
    sign = SIGN.search(part.text)
    if sign is not None:  # arithmetic would take 1+-0.1 for 0.9
        raise wrong(
            part.cut(*sign.span()),
            "an uncertainty in the middle of a value",
            "put it behind the whole: v=[1, 2]+-[0.1, 0.2]; a sum has a blank: 1 + -0.1",
        )
    try:
        return parse_constant(part.text)
    except ExpressionError as error:
        span = error.span or Span(0, len(part.text))
        raise ExpressionError(error.reason, Span(span.start + part.start, span.end + part.start), error.cure) from None


def read_size(part: TextPart, value: Array) -> Array:
    """A number, or with % the part of the value."""
    if part.text.endswith("%"):
        share = constant(part.cut(0, len(part.text) - 1))
        return np.asarray(np.abs(value) * share / 100.0)[()]
    return constant(part)


def made(estimate: ValueAndSize, said: Said, first: TextPart) -> Uncertain | Array:
    """The input of all that is said, which must not contradict itself."""
    value, uncertainty = estimate
    numbers = {word: number(word, part) for word, (_, part) in said.settings.items() if word != "U"}
    dof = numbers.get("dof", math.inf)
    distribution = said.distribution.text if said.distribution else "normal"
    if "U" in said.settings:
        whole, part = said.settings["U"]
        if uncertainty is not None:
            raise wrong(whole, "an uncertainty is given twice", "omit the one behind the ±, or U and k")
        if "k" not in numbers:
            raise wrong(whole, "an expanded uncertainty without its coverage factor", f"say it: {whole.text},k=2")
        if said.distribution and DISTRIBUTIONS[distribution].half_widths:
            raise wrong(said.distribution, f"{distribution} has a half-width, not U and k", "write m=2.0+-0.1,uniform")
        return Uncertain(value, positive(read_size(part, value), part, "U") / numbers["k"], dof, distribution)
    if "k" in said.settings:
        raise wrong(said.settings["k"][0], "k without U", "k=2 goes with an expanded uncertainty: U=0.2,k=2")
    if uncertainty is None:
        if said.settings or said.distribution:
            raise wrong(first, "it has no uncertainty for what follows", FORMS)
        return value
    positive(uncertainty, first, "the uncertainty")
    if DISTRIBUTIONS[distribution].half_widths:
        return within(value, uncertainty, distribution, dof)
    if DISTRIBUTIONS[distribution].has_tails and math.isinf(dof):
        assert said.distribution is not None
        raise wrong(said.distribution, "a t distribution without degrees of freedom", "give them: t,dof=4")
    return Uncertain(value, uncertainty, dof, distribution)


def number(word: str, part: TextPart) -> float:
    """A positive number. Raises ExpressionError."""
    array = constant(part)
    if np.ndim(array):
        raise wrong(part, f"{word} is an array", "give one number")
    return float(positive(array, part, word))


def positive(value: Array, part: TextPart, what: str) -> Array:
    """The value itself. Raises ExpressionError where it is not above zero; zero is what a constant has."""
    if np.all(np.asarray(value) > 0):
        return value
    if np.any(np.asarray(value) == 0) and what in ("U", "the uncertainty"):
        raise wrong(part, f"{what} is zero", "a value without an uncertainty is a constant: omit it")
    raise wrong(part, f"{what} is not a positive number", "give one above 0")
