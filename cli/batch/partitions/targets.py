"""`-o FOLDER/`: for each file of rows its own file of results, under the same name. Writes nothing."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence

from backprop.cli.batch.input.files import GivenFile, places_in
from backprop.cli.output.destination import named
from backprop.cli.output.formats import FORMATS, PACKED, ending_of, read_format
from backprop.cli.status import Failure, Status


def is_folder(path: str | None) -> bool:
    """Whether it is a folder, or ends with a slash and may become one."""
    if path is None or os.path.isdir(path):
        return path is not None
    return path != "" and not os.path.basename(path) and not os.path.lexists(os.path.dirname(path))


def targets_in(folder: str, files: Sequence[GivenFile], form: str) -> list[str]:
    """The file of results of each file. Raises Failure where two are one, or one is read."""
    if files[0].path in (None, "-"):
        raise Failure(
            f"-o {folder}: is a directory, and the rows come from stdin", f"as in -o {os.path.join(folder, 'out.csv')}"
        )
    targets = [os.path.join(folder, written_as(file.below, form)) for file in files]
    inputs = {os.path.realpath(file.name) for file in files}
    sources: dict[str, str] = {}
    for file, target in zip(files, targets, strict=True):
        place = os.path.realpath(target)
        if place in sources:
            raise Failure(
                f"-o {folder}: the results of {sources[place]} and {file.name} would both be {target}",
                "give the folder that holds both, whose folders are kept, or run batch once for each",
            )
        if place in inputs:
            raise Failure(f"-o {folder}: {target} is among the files to read", "give -o another folder")
        sources[place] = file.name
    return targets


def written_as(name: str, form: str) -> str:
    """The name of a file's results: with an ending of their format, and not packed."""
    stem = os.path.splitext(name)[0] if ending_of(name) in PACKED else name
    if ending_of(stem) in FORMATS[form].endings:
        return stem
    is_known = any(ending_of(stem) in known.endings for known in FORMATS.values())
    return (os.path.splitext(stem)[0] if is_known else stem) + FORMATS[form].endings[0]


def others_in(folder: str, targets: Sequence[str], known: Collection[str]) -> list[str]:
    """The tables in the folder that are not among the targets, nor `known` by their paths in it."""
    mine = {*known, *[os.path.relpath(target, folder) for target in targets]}
    return sorted(place for place in places_in(folder) if place not in mine and read_format(place) is not None)


def make_folder_of(target: str) -> None:
    """Raises Failure."""
    with named("-o", target, Status.WRONG_QUESTION):
        os.makedirs(os.path.dirname(target) or ".", exist_ok=True)
