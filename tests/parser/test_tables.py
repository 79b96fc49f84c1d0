"""The grammar's tables: no conflicts, and a cache that saves time, is never trusted blindly and never an error."""

import logging
import marshal
import os
import stat
import subprocess
import sys

import pytest
from lark import Lark, logger

from backprop.parser import parse, tables
from backprop.parser.builder import Builder


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache folder, and tables that have to be found anew."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    tables._tables.cache_clear()
    yield tmp_path
    tables._tables.cache_clear()


@pytest.fixture
def builds(monkeypatch):
    """How often the tables were built from the grammar."""
    count = []
    build = tables.build
    monkeypatch.setattr(tables, "build", lambda text: count.append(1) or build(text))
    return count


def works():
    """A new parser reads a text."""
    tables._tables.cache_clear()
    builder = Builder()
    lark = tables.parser(builder)
    builder.begin("x + y")
    lark.parse("x + y")
    return builder.finished().variables == ("x", "y")


def only_file(folder):
    (found,) = (folder / "backprop").iterdir()
    return found


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
    lark = Lark(tables.grammar_text(), start=tables.START, parser="lalr", maybe_placeholders=False)
    for text in ["(x+y)*z", "q = x@y; f(a, b) = a^b\nf(q, 2) if x[0:1].T >= 2 else -√y²", ""]:
        assert lark.parse(text).data == tables.START


def test_tables_are_built_once(cache, builds):
    assert works() and works()
    assert len(builds) == 1
    assert only_file(cache).stat().st_size > 1000


def test_the_file_is_private_and_nothing_else_is_left(cache):
    assert works()
    file = only_file(cache)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def damage(change):
    def damaged(file):
        content = bytearray(file.read_bytes())
        change(content)
        file.write_bytes(content)

    return damaged


def replaced_by_a_folder(file):
    file.unlink()
    file.mkdir()


def replaced_by_a_pipe(file):
    file.unlink()
    os.mkfifo(file)


DAMAGES = {
    "emptied": damage(lambda content: content.clear()),
    "cut": damage(lambda content: content.__delitem__(slice(-100, None))),
    "one bit": damage(lambda content: content.__setitem__(5000, content[5000] ^ 1)),
    "other digest": damage(lambda content: content.__setitem__(3, content[3] ^ 1)),
    "text": lambda file: file.write_text("hello"),
    "folder": replaced_by_a_folder,
    "pipe": replaced_by_a_pipe,
    "writable for the world": lambda file: file.chmod(0o666),
    "writable for the group": lambda file: file.chmod(0o620),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_file_that_cannot_be_trusted_is_not_used(name, cache, builds):
    assert works()
    DAMAGES[name](only_file(cache))
    assert works()
    assert len(builds) == 2


@pytest.mark.parametrize("name", ["emptied", "one bit", "writable for the world", "pipe"])
def test_a_file_that_cannot_be_trusted_is_replaced(name, cache, builds):
    assert works()
    DAMAGES[name](only_file(cache))
    assert works() and works()
    assert len(builds) == 2
    assert stat.S_IMODE(only_file(cache).stat().st_mode) == 0o600


def test_a_file_of_another_user_is_not_used(cache, builds, monkeypatch):
    assert works()
    user = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: user + 1)
    assert works()
    assert len(builds) == 2


@pytest.mark.parametrize("part", ["lark_version", "LAYOUT"])
def test_another_version_has_a_file_of_its_own(part, cache, builds, monkeypatch):
    assert works()
    monkeypatch.setattr(tables, part, "another")
    assert works()
    assert len(builds) == 2
    assert len(list((cache / "backprop").iterdir())) == 2


def test_another_grammar_has_a_file_of_its_own(cache):
    assert tables.cache_path("one") != tables.cache_path("other")


@pytest.mark.parametrize("folder", ["/dev/null", "/proc/nowhere", "/dev/null/below"])
def test_a_folder_that_cannot_be_written_is_no_error(folder, cache, builds, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", folder)
    assert works() and works()
    assert len(builds) == 2


def test_a_failed_write_leaves_nothing_behind(cache, monkeypatch):
    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(os, "replace", refuse)
    assert works()
    assert list((cache / "backprop").iterdir()) == []


@pytest.mark.parametrize("home", [None, "", "relative"])
def test_without_a_home_there_is_no_cache(home, cache, monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("HOME", raising=False)
    if home is not None:
        monkeypatch.setenv("HOME", home)
    assert tables.cache_path("") is None
    assert works()


def test_where_the_cache_is(monkeypatch):
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert tables.cache_path("").startswith("/home/someone/.cache/backprop/grammar-")
    monkeypatch.setenv("XDG_CACHE_HOME", "/elsewhere")
    assert tables.cache_path("").startswith("/elsewhere/backprop/grammar-")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # not allowed by the XDG specification
    assert tables.cache_path("").startswith("/home/someone/.cache/backprop/grammar-")


def test_the_cache_holds_plain_data_only(cache):
    assert works()
    kinds = set()

    def walk(value):
        kinds.add(type(value))
        for one in value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ():
            walk(one)

    walk(marshal.loads(only_file(cache).read_bytes().partition(b"\n")[2]))
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


def test_tables_from_the_cache_and_built_ones_are_the_same(cache):
    built = tables.build(tables.grammar_text())
    path = str(cache / "file")
    tables.save(path, built)
    assert tables.load(path) == built
    assert parse("x").variables == ("x",)
