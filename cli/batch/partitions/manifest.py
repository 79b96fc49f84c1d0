"""`_backprop.json` beside the results: by what they were made, from what, and by what they can be told to be whole."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from backprop.autodiff.named_tuple import NamedTuple
from backprop.cli.batch.partitions.options import PartitionOptions
from backprop.cli.output.destination import byte_destination
from backprop.cli.question.argv import SCANNED
from backprop.cli.status import Failure

if TYPE_CHECKING:
    from backprop.cli.batch.input.files import GivenFile
    from backprop.cli.batch.settings import Batch

NAME = "_backprop.json"  # which no reader of a folder of tables takes for one
SCHEMA = 1
LEAST_PAUSE = 1.0  # seconds between two times that it is written: a kill costs the results of that long, at most
SHARE = 20  # and so many times as long as the writing takes
PIECE = 1 << 20  # bytes
# What is asked of the rows but makes no other results, and what the question says better
OTHER_OPTIONS = ("file", "vars", "path", "rejects", "strict", "quiet", *PartitionOptions._fields)
LONGEST_VALUE = 200  # characters of one that is kept as it is


class RowsFile(NamedTuple):
    """A file of rows as it was before it was read; of one that is not on this machine nothing but its name."""

    name: str
    size: int | None
    modified: int | None  # nanoseconds


class Made(NamedTuple):
    """A file of results that is whole, by its size in bytes and its hash; what it was made from, and what was wrong."""

    origin: RowsFile
    size: int
    sha256: str
    rows: int
    bad: int
    nonfinite: int


def origin_of(file: GivenFile) -> RowsFile:
    try:
        status = os.stat(str(file.place))
    except (OSError, ValueError):
        return RowsFile(file.name, None, None)
    return RowsFile(file.name, status.st_size, status.st_mtime_ns)


def hash_of(path: str) -> str:
    """Raises OSError."""
    digest = hashlib.sha256()
    with open(path, "rb", buffering=0) as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()


def is_like(path: str, made: Made) -> bool:
    """Whether a file of that size is there: its bytes are not looked at."""
    with contextlib.suppress(OSError):
        return os.path.getsize(path) == made.size
    return False


def is_whole(path: str, made: Made) -> bool:
    """Whether the file is there as it was made."""
    with contextlib.suppress(OSError):
        return is_like(path, made) and hash_of(path) == made.sha256
    return False


def asked_in(batch: Batch) -> dict[str, str]:
    """All that the results depend on but for the rows, by what it is called."""
    from importlib.metadata import version  # here, not above: it takes 20 ms, and most files of results need none

    question = batch.question
    asked = {"the version": version("backprop-cli")}
    if question.graph is not None:
        asked["the expression"] = str(question.graph.source)
    for name, value in sorted(question.fixed.items()):
        text = json.dumps(value if isinstance(value, float) else value.tolist())
        asked[f"--{name}"] = text if len(text) <= LONGEST_VALUE else hashlib.sha256(text.encode()).hexdigest()
    if click.get_current_context().meta[SCANNED].is_latex:
        asked["--latex"] = "given"
    for name, given in sorted(click.get_current_context().params.items()):
        if name not in OTHER_OPTIONS and given not in (None, False, (), 0):
            text = "given" if given is True else ", ".join(given) if isinstance(given, tuple) else str(given)
            asked[f"--{name.replace('_', '-')}"] = text
    return asked


class Manifest:
    """What is known of the results in a folder, by their paths in it. Written now and then, and at the end."""

    def __init__(self, folder: str, asked: Mapping[str, str]) -> None:
        self.path = os.path.join(folder, NAME)
        self.folder = folder
        self.asked = dict(asked)
        self.files: dict[str, Made] = {}
        self._next_save = 0.0

    def resume(self) -> None:
        """Take what an earlier run has left, if there was one. Raises Failure where that was asked something else."""
        try:
            with open(self.path, encoding="utf-8") as file:
                asked, files = read(json.load(file))
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise Failure(
                f"--resume: {self.path} cannot be used: {' '.join(str(error).split()) or type(error).__name__}",
                "omit --resume, and everything is made anew",
            ) from None
        if asked != self.asked:
            raise Failure(
                f"--resume: what is in {self.folder} was made otherwise: {self._difference_from(asked)}",
                "omit --resume, and everything is made anew, or give -o another folder",
            )
        self.files = files

    def _difference_from(self, asked: Mapping[str, str]) -> str:
        """What the other run was asked, where it differs."""
        differing = [name for name in {**asked, **self.asked} if asked.get(name) != self.asked.get(name)]
        return "; ".join(
            f"{name} was {asked.get(name, 'not given')}, and is {self.asked.get(name, 'not given')} now"
            for name in differing
        )

    def made(self, target: str) -> Made | None:
        return self.files.get(self._place_of(target))

    def add(self, target: str, made: Made) -> None:
        self.files[self._place_of(target)] = made
        if time.monotonic() >= self._next_save:
            self.save()

    def remove(self, target: str) -> None:
        self.files.pop(self._place_of(target), None)

    def save(self) -> None:
        """Write it, whole or not at all. Raises Failure."""
        start = time.monotonic()
        known = {
            place: {**made._asdict(), "origin": made.origin._asdict()} for place, made in sorted(self.files.items())
        }
        text = json.dumps({"schema": SCHEMA, "asked": self.asked, "files": known}, indent=1)
        with byte_destination(self.path) as stream:
            stream.write(f"{text}\n".encode())
        end = time.monotonic()
        self._next_save = end + max(LEAST_PAUSE, SHARE * (end - start))

    def _place_of(self, target: str) -> str:
        return os.path.relpath(target, self.folder)


def read(data: Any) -> tuple[dict[str, str], dict[str, Made]]:
    """What a manifest says. Raises ValueError and its like for one that is none."""
    if data["schema"] != SCHEMA:
        raise ValueError(f"it is of another version, {data['schema']}")
    files = {
        str(place): Made(**{**entry, "origin": RowsFile(**entry["origin"])}) for place, entry in data["files"].items()
    }
    return dict(data["asked"]), files
