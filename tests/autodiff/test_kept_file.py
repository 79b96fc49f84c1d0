"""What runs keep in files: it saves time, is never trusted blindly and never an error."""

import os
import stat

import pytest

from backprop.autodiff import kept_file
from backprop.autodiff.kept_file import kept

DATA = {"name": ["one", ("other", 1)], "long": "*" * 6000}


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


class Maker:
    """Makes the data, and counts how often."""

    def __init__(self):
        self.count = 0

    def __call__(self):
        self.count += 1
        return DATA


@pytest.fixture
def make():
    return Maker()


def works(make, key=("key", 1)):
    return kept("name", key, make) == DATA


def only_file(folder):
    (found,) = (folder / "backprop").iterdir()
    return found


def test_it_is_made_once(cache, make):
    assert works(make) and works(make)
    assert make.count == 1
    assert only_file(cache).stat().st_size > 6000


def test_what_was_kept_for_another_key_is_replaced(cache, make):
    assert works(make) and works(make, "another") and works(make)
    assert make.count == 3
    only_file(cache)


def test_another_name_python_or_installation_has_a_file_of_its_own(cache, make, monkeypatch):
    assert works(make)
    assert kept("other name", ("key", 1), make) == DATA
    for what in ("FORMAT", "__file__"):
        monkeypatch.setattr(kept_file, what, "another")
        assert works(make)
    assert make.count == len(list((cache / "backprop").iterdir())) == 4


def test_without_a_key_nothing_is_kept(cache, make):
    assert works(make, None) and works(make, None)
    assert make.count == 2
    assert not (cache / "backprop").exists()


def test_the_file_is_private_and_nothing_else_is_left(cache, make):
    assert works(make)
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
def test_a_file_that_cannot_be_trusted_is_not_used_but_replaced(name, cache, make):
    assert works(make)
    DAMAGES[name](only_file(cache))
    assert works(make) and works(make)
    if name == "folder":  # which may be somebody's
        assert make.count == 3
    else:
        assert make.count == 2
        assert stat.S_IMODE(only_file(cache).stat().st_mode) == 0o600


def test_a_file_of_another_user_is_not_used(cache, make, monkeypatch):
    assert works(make)
    user = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: user + 1)
    assert works(make)
    assert make.count == 2


@pytest.mark.parametrize("folder", ["/dev/null", "/proc/nowhere", "/dev/null/below"])
def test_a_folder_that_cannot_be_written_is_no_error(folder, make, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", folder)
    assert works(make) and works(make)
    assert make.count == 2


def test_a_failed_write_leaves_nothing_behind(cache, make, monkeypatch):
    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(os, "replace", refuse)
    assert works(make)
    assert list((cache / "backprop").iterdir()) == []


@pytest.mark.parametrize("home", [None, "", "relative"])
def test_without_a_home_nothing_is_kept(home, make, cache, monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("HOME", raising=False)
    if home is not None:
        monkeypatch.setenv("HOME", home)
    assert kept_file.path_of("name") is None
    assert works(make)


def test_where_the_files_are(monkeypatch):
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert kept_file.path_of("name").startswith("/home/someone/.cache/backprop/name-")
    monkeypatch.setenv("XDG_CACHE_HOME", "/elsewhere")
    assert kept_file.path_of("name").startswith("/elsewhere/backprop/name-")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # not allowed by the XDG specification
    assert kept_file.path_of("name").startswith("/home/someone/.cache/backprop/name-")
