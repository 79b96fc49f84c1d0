"""The grammar's tables: no conflicts, the same as Lark's, and built once."""

import functools
import logging
import marshal
import os
import subprocess
import sys

import pytest
from lark import Lark, Tree, logger
from lark.exceptions import UnexpectedInput

from backprop.parser import tables
from backprop.parser.builder import Builder
from backprop.parser.lexer import ExpressionLexer
from backprop.parser.parsing import TextReader
from backprop.parser.shift_reduce import ShiftReduce, UnexpectedToken

# Built once: the same grammar has the same tables, and the tests of the cache are about what is kept and when.
built = functools.cache(tables.build)


@functools.cache
def larks_own(lexer="contextual"):
    return Lark(tables.grammar_text(), start=tables.START, parser="lalr", lexer=lexer, maybe_placeholders=False)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache folder, and tables that have to be found anew."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(tables, "build", built)
    tables.tables.cache_clear()
    yield tmp_path
    tables.tables.cache_clear()


@pytest.fixture
def builds(monkeypatch, cache):
    """How often the tables were built from the grammar."""
    count = []
    monkeypatch.setattr(tables, "build", lambda text: count.append(1) or built(text))
    return count


def works():
    """A new parser reads a text."""
    tables.tables.cache_clear()
    return TextReader().read("x + y").variables == ("x", "y")


def test_the_grammar_has_no_conflict(caplog):
    logger.setLevel(logging.DEBUG)
    try:
        with caplog.at_level(logging.DEBUG, logger=logger.name):
            Lark("start: start start | A\nA: /a/", parser="lalr", debug=True)
            assert "onflict" in caplog.text  # such a grammar has one, and it is seen here
            caplog.clear()
            Lark(tables.grammar_text(), start=tables.START, parser="lalr", debug=True)
    finally:
        logger.setLevel(logging.CRITICAL)
    assert "onflict" not in caplog.text


def test_the_grammar_reads_with_larks_own_lexer():
    """As long as no newline stands inside brackets: the file is a whole grammar."""
    lark = larks_own()
    for text in ["(x+y)*z", "q = x@y; f(a, b) = a^b\nf(q, 2) if x[0:1].T >= 2 else -√y²", ""]:
        assert lark.parse(text).data == tables.START


class Recorder:
    """Calls the grammar's callbacks by writing down each with its children."""

    def __getattr__(self, name):
        return lambda children: (name, *children)


def as_written(tree):
    """Lark's tree in the same form."""
    if isinstance(tree, Tree):
        return (tree.data, *map(as_written, tree.children))
    return str(tree)


def by_our_own_loop(text):
    found = tables.tables()
    recorder = Recorder()
    written = []
    recorder.statements = lambda children: written.append(("statements", *children)) or written[-1]
    ShiftReduce(found, recorder).parse(ExpressionLexer(found).read(text), len(text))
    return written[-1]


def plain(tree):
    return (tree[0], *map(plain, tree[1:])) if isinstance(tree, tuple) else tree.text


TEXTS = [
    "",
    "x",
    ";x;;y\n",
    "(x+y)*z",
    "-x^2^-y // 3 @ z ** 2 % w",
    "a if b and not c or d < e <= f else g if h else i",
    "f(a, b) = a^b; const k = 2; q = f(k, sum(x, axis=0)); q[0, 1:, ::2, :-1].T + √y²",
    "[[1, 2], [], (3,), (1, 2, x)] @ f() - (z)",
]


@pytest.mark.parametrize("text", TEXTS)
def test_the_loop_reduces_as_larks_own_does(text):
    assert plain(by_our_own_loop(text)) == as_written(larks_own().parse(text))


@pytest.mark.parametrize("text", ["x +", "x y", "(x", "f(,)", "x[1:2:3:4]", "if", "x = ", "x = y = 2", "a < b = 2"])
def test_the_loop_stops_where_larks_own_does_and_expects_the_same(text):
    with pytest.raises(UnexpectedInput) as theirs:
        larks_own("basic").parse(text)
    with pytest.raises(UnexpectedToken) as ours:
        by_our_own_loop(text)
    assert ours.value.token.type == theirs.value.token.type
    assert ours.value.expected == theirs.value.expected
    assert ours.value.token.type == "$END" or ours.value.token.start_pos == theirs.value.token.start_pos


def test_every_terminal_has_a_name_and_every_rule_is_of_one_kind():
    """What Lark would leave out of the children, put in or expand is not in the tables: such a grammar is not ours."""
    for rule in larks_own().rules:
        assert not any(symbol.is_term and symbol.filter_out for symbol in rule.expansion)
        assert not any(not symbol.is_term and symbol.name.startswith("_") for symbol in rule.expansion)
        assert not rule.options.keep_all_tokens and rule.options.template_source is None


def test_every_callback_is_the_builders():
    names = {callback for _, _, callback in tables.tables().rules if callback is not None}
    assert all(callable(getattr(Builder, name)) for name in names)


def test_tables_are_built_once_for_a_grammar(cache, builds, monkeypatch):
    built = tables.tables()
    tables.tables.cache_clear()
    assert tables.tables() == built
    assert len(builds) == 1
    assert works()
    monkeypatch.setattr(tables, "LAYOUT", "another")
    assert works()
    assert len(builds) == 2


def test_each_notation_has_tables_of_its_own(cache):
    assert tables.tables() != tables.tables("latex")
    assert len(list((cache / "backprop").iterdir())) == 2


def test_the_file_holds_plain_data_only(cache):
    assert works()
    kinds = set()

    def walk(value):
        kinds.add(type(value))
        for one in value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ():
            walk(one)

    (file,) = (cache / "backprop").iterdir()
    walk(marshal.loads(file.read_bytes().partition(b"\n")[2]))
    assert kinds <= {dict, list, tuple, str, int, bool, type(None)}


@pytest.mark.parametrize("variables", [{"HOME": "/proc"}, {}, {"XDG_CACHE_HOME": "/dev/null", "HOME": "/nowhere"}])
def test_a_process_without_a_usable_home_says_nothing(variables):
    environment = {name: value for name, value in os.environ.items() if name not in ("HOME", "XDG_CACHE_HOME")}
    done = subprocess.run(
        [sys.executable, "-c", "from backprop.parser import parse; print(len(parse('(x+y)*z').nodes))"],
        env=environment | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("5\n", "")
