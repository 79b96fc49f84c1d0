"""Which files a batch reads: those named, those that a pattern matches, the tables in a folder. Opens none of them."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import unquote

from backprop.autodiff.named_tuple import NamedTuple
from backprop.cli.output.formats import READ, endings, read_format
from backprop.cli.question.urls import is_url, path_in
from backprop.cli.status import Failure

PATTERN = re.compile(r"[*?\[]")
PARTITION = re.compile(r"([^=]+)=(.*)", re.DOTALL)
NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
SHOWN = 3  # files in one note


class FilePart(NamedTuple):
    """Some rows of a file, as places from 0: from the `first` on, before the `end`."""

    first: int
    end: int


class GivenFile(NamedTuple):
    """`path` None is stdin. `constants` are columns that its rows do not hold, and their cells in all of them.

    `below` is its place in the folder that was given, or its name. `part`: only these rows are read. `absolute` is its
    path for a process that works in another folder; whatever is said of it is said of its name here.
    """

    path: str | None
    constants: tuple[tuple[str, str], ...] = ()
    below: str = ""
    part: FilePart | None = None
    absolute: str | None = None

    @property
    def place(self) -> str | None:
        """What opens it."""
        return self.absolute or self.path

    @property
    def name(self) -> str:
        return "stdin" if self.path in (None, "-") else str(self.path)

    @property
    def size(self) -> int | None:
        """In bytes, where it is a file on this machine."""
        place = str(self.place)
        return os.path.getsize(place) if os.path.isfile(place) else None


def files_of(words: Sequence[str], note: Callable[[str], None], results: str | None = None) -> list[GivenFile]:
    """The files in the order of the words, those of one word by their names. Raises Failure.

    A file that is named twice is read once. What a further run finds in `results`, the folder that takes the results,
    is not read.
    """
    if not words:
        return [GivenFile(None)]
    files: list[GivenFile] = []
    known: dict[object, str] = {}
    for file in [file for word in words for file in found_at(word, note, results)]:
        identity = identity_of(file.name)
        if identity not in known:
            files.append(file)
        elif len(words) > 1:
            note(
                f"{file.name} is read once: it is given twice"
                + f", as {known[identity]} too" * (known[identity] != file.name)
            )
        known.setdefault(identity, file.name)
    return files


def identity_of(name: str) -> object:
    try:
        status = os.stat(name)
        return (status.st_dev, status.st_ino)
    except (OSError, ValueError):
        return name


def found_at(word: str, note: Callable[[str], None], results: str | None) -> list[GivenFile]:
    """What a word names, without what is in the folder of the results. Raises Failure where nothing is left."""
    files = files_at(word)
    if results is None or is_url(word) or not is_below(results, searched_by(word)):
        return files
    kept = [file for file in files if not is_below(file.name, results)]
    if not kept:
        raise Failure(f"{word}: there is no table in it but those of -o {results}", "give the folder of the rows")
    if len(kept) < len(files):
        note(f"-o {results}: what is in it is not read")
    return kept


def searched_by(word: str) -> str:
    """The folder that is looked through for a word that is a folder or a pattern."""
    sign = PATTERN.search(word)
    return word if sign is None or os.path.lexists(word) else os.path.dirname(word[: sign.start()]) or os.curdir


def is_below(path: str, folder: str) -> bool:
    """Whether it is in the folder, or in one below."""
    return os.path.realpath(path).startswith(os.path.join(os.path.realpath(folder), ""))


def files_at(word: str) -> list[GivenFile]:
    """What a word of the command line names. Raises Failure where that is nothing."""
    if os.path.isdir(word):
        return tables_in(word)
    if is_url(word):
        return [named(url) for url in urls_at(word)]
    if PATTERN.search(word) and not os.path.lexists(word):
        matches = sorted(glob.glob(word, recursive=True))
        if not matches:
            raise Failure(f"{word}: no file matches", "see what there is: ls")
        return [file for match in matches for file in (tables_in(match) if os.path.isdir(match) else [named(match)])]
    return [named(word)]


def urls_at(word: str) -> list[str]:
    """The URL, or those that match it where it is a pattern. Raises Failure where there is none."""
    if "*" not in path_in(word) or "::" in word:
        return [word]
    from backprop.cli.batch.input.remote import urls_like  # here, not above: most files are on this machine

    urls = urls_like(word)
    if not urls:
        raise Failure(f"{word}: no file matches")
    return urls


def named(path: str) -> GivenFile:
    return GivenFile(path, (), os.path.basename(path_in(path)))


def tables_in(folder: str) -> list[GivenFile]:
    """The tables in a folder and in those below it, by their names. Raises Failure where there is none."""
    files = [
        GivenFile(os.path.join(folder, below), constants_of(below), below)
        for below in sorted(places_in(folder), key=lambda below: below.split(os.sep))
        if read_format(below) is not None
    ]
    if not files:
        raise Failure(f"{folder}: there is no table in this folder", f"the endings are {' '.join(endings(READ))}")
    return files


def places_in(folder: str) -> Iterator[str]:
    """The files in a folder and below, but for those that programs keep for themselves."""

    def refuse(error: OSError) -> None:
        from backprop.cli.question.value_files import reason_of

        raise Failure(f"{error.filename}: {reason_of(error)}") from None

    for path, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not is_own(name)]
        for name in names:
            if not is_own(name):
                yield os.path.relpath(os.path.join(path, name), folder)


def is_own(name: str) -> bool:
    """Whether it is a file such as `.crc` or `_SUCCESS`; `_year=2024` is none."""
    return name.startswith(".") or (name.startswith("_") and "=" not in name)


def constants_of(below: str) -> tuple[tuple[str, str], ...]:
    """The columns that the names of folders are: `year=2024/month=7/part-0.parquet`."""
    found = [PARTITION.fullmatch(name) for name in below.split(os.sep)[:-1]]
    return tuple((unquote(match[1]), "" if match[2] == NO_VALUE else unquote(match[2])) for match in found if match)


class FileNotes:
    """What is said of several files, of which `file` is looked at: once for all of which it is true."""

    def __init__(self, files: Sequence[GivenFile]) -> None:
        self.files = [file.name for file in files]
        self.file = self.files[0]
        self._texts: dict[str, list[str]] = {}
        self._is_told = False

    def added(self, text: str) -> str:
        """Take a text; what is to be said of it at once: nothing while files are looked at, or where it is known."""
        names = self._texts.setdefault(text, [])
        if self.file in names:
            return ""
        names.append(self.file)
        return f"{self.file}: {text}" if self._is_told else ""

    def told(self) -> Iterator[str]:
        """All of them, with the names of the files where they are not true of all."""
        self._is_told = True
        for text, names in self._texts.items():
            more = f" and {len(names) - SHOWN} more" * (len(names) > SHOWN)
            yield text if names == self.files else f"{', '.join(names[:SHOWN])}{more}: {text}"
