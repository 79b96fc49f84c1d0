"""The tables of spellings: each word is one that gates have, and what binds looser than a call says so."""

from __future__ import annotations

import pkgutil
import re
from importlib import import_module

import pytest

from backprop.autodiff.gates import GATES
from backprop.parser.printers import languages
from backprop.parser.printers.language import Language

WORDS = {gate.code.get("math", gate.name) for gate in GATES}
MODULES = [import_module(f"{languages.__name__}.{module.name}") for module in pkgutil.iter_modules(languages.__path__)]
LANGUAGES = [one for module in MODULES for one in vars(module).values() if isinstance(one, Language)]
LANGUAGES = list({language.name: language for language in LANGUAGES}.values())


def is_closed(text):
    """Whether code is one call or one pair of brackets, which binds tightly whatever is put in, or a method of one."""
    while (called := re.fullmatch(r"(.*[)}])\.\w+\([^()]*\)", text)) is not None:
        text = called[1]
    if text == "{0}":
        return True
    called = re.fullmatch(r"[\w.:]*(\(.*\))|\{0\}(\[.*\]|\(.*\))", text)
    inside = re.sub(r"\[\d\]|\{\w+\}", "", called[1] or called[2])[1:-1] if called else ")"
    while (simpler := re.sub(r"\([^()\[\]]*\)|\[[^()\[\]]*\]", "", inside)) != inside:
        inside = simpler
    return not set("()[]") & set(inside)


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.name)
def test_what_binds_looser_than_a_call_says_so(language):
    assert set(language.spellings) <= WORDS
    for text in language.spellings.values():
        assert not isinstance(text, str) or is_closed(text)


@pytest.mark.parametrize(
    "text, answer",
    [
        ("f({0}, g[{1}])", 1),
        ("{0}[{index}]", 1),
        ("(double)({0})", 0),
        ("{0}.f(2)", 1),
        ("({0} + 1).f()", 1),
        ("{0} + {1}.f()", 0),
        ("{0}^2", 0),
    ],
)
def test_the_brackets_are_counted(text, answer):
    assert is_closed(text) == bool(answer)
